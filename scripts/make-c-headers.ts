/** Writes those of the C headers in include/ that come from tables. `node scripts/make-c-headers.ts` after a table changed; a test tells when. */

import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { helperDefinitions } from "../src/compiler/c/helper-definitions.ts";

const include = resolve(import.meta.dirname, "../include");
writeFileSync(`${include}/bpf/bpf_helper_defs.h`, helperDefinitions());

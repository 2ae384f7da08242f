/** The interpreter computes what RFC 9669 says. */

import { runRaw } from "../../src/engine/embedded/raw.ts";
import { rfc9669 } from "./rfc9669.ts";

rfc9669("the interpreter", runRaw);

/** Generated code computes what RFC 9669 says, whichever way it is made. */

import { rfc9669 } from "../conformance/rfc9669.ts";
import { runJit, WAYS } from "./run-jit.ts";

for (const [name, way] of WAYS) rfc9669(`generated code, ${name}`, (code, options) => runJit(code, way, options));

/** Numbers as kernels print them in their logs, alone: without the ids and marks of the register that they stand in. */
import type { Bounds } from "../../../src/verifier/numbers/bounds.ts";
import { printRegister } from "../../../src/verifier/print/register.ts";
import { scalar } from "../../../src/verifier/state/register.ts";

export function describeNumber(bounds: Bounds, era: number): string {
  return plain(printRegister(scalar(bounds), 0, era));
}

/** `Pscalar(id=3,umax=5)` is `scalar(umax=5)`. */
export function plain(text: string): string {
  return text
    .replace(/^P/, "")
    .replace(/^scalarP?/, "scalar")
    .replace(/\(id=\d+([+-]\d+)?,?/, "(");
}

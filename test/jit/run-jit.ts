/** The ways of generating code that must all give the same. */

import { type RawJitOptions, runRawJit } from "../../src/engine/embedded/jit/raw.ts";
import type { RawOptions, RawResult } from "../../src/engine/embedded/raw.ts";
import type { Instruction } from "../../src/isa/instruction.ts";

export interface JitWay extends Pick<RawJitOptions, "dispatch" | "shared" | "pieceBlocks"> {
  readonly mode: "bare" | "checked";
}

export const WAYS: readonly (readonly [name: string, way: JitWay])[] = [
  ["bare", { mode: "bare" }],
  ["checked", { mode: "checked" }],
  ["bare, dispatched", { mode: "bare", dispatch: true }],
  ["checked, dispatched", { mode: "checked", dispatch: true }],
  ["bare, in pieces", { mode: "bare", pieceBlocks: 2 }],
  ["checked, in pieces", { mode: "checked", pieceBlocks: 3 }],
  ["checked, in shared memory", { mode: "checked", shared: true }],
];

export function runJit(
  code: Uint8Array | readonly Instruction[],
  way: JitWay,
  options: RawOptions = {},
): Pick<RawResult, "r0" | "memory"> {
  return runRawJit(code, { ...options, ...way });
}

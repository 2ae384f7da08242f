/** Runs bare instructions by generated code: `runRaw` of `../raw.ts`, for conformance suites, fuzzers and experiments. */

import type { Instruction } from "../../../isa/instruction.ts";
import { type RawOptions, type RawResult, runRawOn } from "../raw.ts";
import { JitCode } from "./jit-code.ts";
import { JitProgram } from "./jit-program.ts";
import type { JitMode } from "./module.ts";

/** How the code is generated. */
export interface RawJitOptions extends RawOptions {
  /** Default `checked`. In `bare` mode an endless loop never comes back: only for programs that are known to end. */
  readonly mode?: JitMode;
  /** Every function as a dispatch loop, as those are whose control flow has no structure. Default false. */
  readonly dispatch?: boolean;
  /** Every function in pieces of so many blocks, as very long ones are. */
  readonly pieceBlocks?: number;
  /** In memory that workers could share: atomic instructions become those of WebAssembly. Default false. */
  readonly shared?: boolean;
}

/**
 * @throws as `runRaw`. Fuel counts whole rounds
 *   of loops, and accesses are held against null and the memory's end, not against the byte (see `JitMode`).
 */
export function runRawJit(
  code: Uint8Array | readonly Instruction[],
  options: RawJitOptions = {},
): Omit<RawResult, "instructions"> {
  const { mode = "checked", dispatch = false, shared = false, pieceBlocks } = options;
  const { r0, memory } = runRawOn(
    (program, cpu, helpers) => {
      const compile = {
        mode,
        dispatchAll: dispatch,
        memory: cpu.room.memory,
        helpers,
        maps: [],
        wideResult: true,
        ...(pieceBlocks === undefined ? {} : { pieceBlocks }),
      };
      const jit = new JitProgram(new JitCode(program, compile), cpu);
      return {
        space: jit.space,
        run(r1, r2, fuel) {
          const low = jit.run(r1, r2, fuel);
          return { low, high: jit.resultHigh, instructions: 0 };
        },
      };
    },
    code,
    options,
    shared,
  );
  return { r0, memory };
}

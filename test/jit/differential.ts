/** One random program by the interpreter and by every way of generated code: the same registers and memory, or what differs. */

import { runRaw } from "../../src/engine/embedded/raw.ts";
import { FaultError } from "../../src/engine/errors.ts";
import { printProgram } from "../../src/isa/print.ts";
import { HELPERS, MEMORY_SIZE, randomProgram } from "./random-program.ts";
import { runJit, WAYS } from "./run-jit.ts";

/** Instructions after which a program counts as endless. */
const FUEL = 20_000;
const MEMORY = Uint8Array.from({ length: MEMORY_SIZE }, (_, at) => at * 37);

/** `endless` when the interpreter stopped it: then checked code must be stopped, too. */
export type Verdict = "same" | "endless" | { readonly difference: string };

export function compare(seed: number): Verdict {
  const code = randomProgram(seed);
  const differs = (way: string, what: string): Verdict => ({
    difference: `seed ${seed}, ${way}: ${what}\n${printProgram(code)}`,
  });
  const options = { memory: MEMORY, helpers: HELPERS };
  let expected: ReturnType<typeof runRaw>;
  try {
    expected = runRaw(code, { ...options, fuel: FUEL });
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    if (!error.message.includes("stopped after")) return differs("the interpreter", error.message);
    for (const [name, way] of WAYS) {
      if (way.mode === "bare") continue;
      try {
        runJit(code, way, { ...options, fuel: FUEL });
        if (!endsWith(code, 2 * FUEL)) return differs(name, "came to an end, the interpreter did not");
      } catch (error) {
        if (!(error instanceof FaultError && error.message.includes("stopped after"))) return differs(name, String(error));
      }
    }
    return "endless";
  }
  for (const [name, way] of WAYS) {
    try {
      const { r0, memory } = runJit(code, way, { ...options, fuel: 2 ** 40 });
      if (r0 !== expected.r0) return differs(name, `r0 is 0x${r0.toString(16)}, expected 0x${expected.r0.toString(16)}`);
      const at = memory.findIndex((byte, index) => byte !== expected.memory[index]);
      if (at >= 0) return differs(name, `byte ${at} of the memory is ${memory[at]}, expected ${expected.memory[at]}`);
    } catch (error) {
      return differs(name, String(error));
    }
  }
  return "same";
}

/** Generated code counts what helpers work through apart from instructions, each up to the fuel; the interpreter adds them up. */
function endsWith(code: Parameters<typeof runRaw>[0], fuel: number): boolean {
  try {
    runRaw(code, { memory: MEMORY, helpers: HELPERS, fuel });
    return true;
  } catch (error) {
    if (error instanceof FaultError) return false;
    throw error;
  }
}

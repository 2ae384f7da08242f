/** Programs of the suite with one thing changed: what is nearly right is where verifiers differ. The same for the same seed. */

import type { ProgramSpec, Spec } from "../../src/object/spec.ts";
import { suite } from "./suite/all.ts";

export interface Mutant {
  /** Of the program of the suite that it was. */
  readonly name: string;
  /** Its instructions, as hexadecimal digits. */
  readonly code: string;
}

/** Programs with more slots are left alone. */
const MOST_SLOTS = 60;
const STEPS = [1, -1, 2, -2, 4, -4, 8, -8, 16] as const;
const CONSTANTS = [0, 1, -1, 2, 7, 8, 31, 32, 63, 64, 255, 256, 4096, 0x7fffffff, -0x80000000] as const;
const REGISTERS = 11;

/** @param each how many mutants of each program. */
export function* mutants(seed: number, each: number): Generator<Mutant> {
  const random = new Random(seed);
  for (const { name, spec, program: wanted } of suite()) {
    const program = spec.programs.find((candidate) => candidate.name === wanted);
    if (program === undefined || program.code.length / 8 > MOST_SLOTS || program.core !== undefined) continue;
    for (let index = 0; index < each; index++) {
      const code = change(program, random);
      if (code !== null) yield { name, code: Buffer.from(code).toString("hex") };
    }
  }
}

/** The mutant as loaders and verifiers take it. */
export function specOf(spec: Spec, wanted: string, code: string): { readonly spec: Spec; readonly program: ProgramSpec } {
  const program = spec.programs.find(({ name }) => name === wanted);
  if (program === undefined) throw new Error(`there is no program ${wanted}`);
  const changed = { ...program, code: new Uint8Array(Buffer.from(code, "hex")) };
  return { spec: { ...spec, programs: [changed] }, program: changed };
}

/** Null: what was picked is what a loader fills in. */
function change(program: ProgramSpec, random: Random): Uint8Array | null {
  const code = program.code.slice();
  const view = new DataView(code.buffer);
  const slots = code.length / 8;
  const filledIn = new Set<number>();
  for (const { slot } of program.relocations) filledIn.add(slot).add(slot + 1);
  for (const { slot } of program.externs ?? []) filledIn.add(slot).add(slot + 1);
  const slot = random.below(slots);
  const other = random.below(slots);
  const at = slot * 8;
  if (filledIn.has(slot) || filledIn.has(other)) return null;
  switch (random.below(8)) {
    case 0:
      code[at] = code[at]! ^ (1 << random.below(8));
      break;
    case 1:
      code[at + 1] = (code[at + 1]! & 0xf0) | random.below(REGISTERS);
      break;
    case 2:
      code[at + 1] = (code[at + 1]! & 0x0f) | (random.below(REGISTERS) << 4);
      break;
    case 3:
      view.setInt16(at + 2, view.getInt16(at + 2, true) + random.of(STEPS), true);
      break;
    case 4:
    case 5:
      view.setInt32(at + 4, view.getInt32(at + 4, true) + random.of(STEPS), true);
      break;
    case 6:
      view.setInt32(at + 4, random.of(CONSTANTS), true);
      break;
    default:
      code.copyWithin(at, other * 8, other * 8 + 8);
  }
  return code;
}

/** xorshift32. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  below(limit: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state % limit;
  }

  of<Value>(list: readonly [Value, ...Value[]]): Value {
    return list[this.below(list.length)] ?? list[0];
  }
}

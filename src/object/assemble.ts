/**
 * From functions to a program: the main function, and behind it every function that it reaches, each once, in the order
 * in which the calls are met going depth first. That is libbpf's order (`bpf_object__reloc_code`), so a program here is,
 * instruction for instruction, what libbpf hands to the kernel.
 */

import { type Budget, RECORD_COST } from "./budget.ts";
import type { ObjectFunction } from "./functions.ts";
import { OPCODE_CALL, OPCODE_LOAD_WIDE, PSEUDO_CALL, PSEUDO_FUNCTION, REFERENCE, type References } from "./references.ts";

/** Instructions and references of a section. */
export interface SectionCode {
  /** Little-endian, never changed. */
  readonly code: Uint8Array;
  readonly references: References;
}

/** A function's place in a program. */
export interface Part {
  readonly function: ObjectFunction;
  /** Slots from the start of the program. */
  readonly start: number;
  /** Its references are those from `firstReference` to before `endReference` of its section. */
  readonly firstReference: number;
  readonly endReference: number;
}

export interface Assembled {
  /** Calls and addresses of functions point to where they are now. */
  readonly code: Uint8Array;
  readonly parts: readonly Part[];
}

/** Puts programs together, one after the other, from the same functions. */
export class Assembler {
  readonly #functions: readonly ObjectFunction[];
  readonly #codeOf: (section: number) => SectionCode;
  readonly #budget: Budget;
  /** Function → where it is in the program at hand; -1 when it is not. */
  readonly #start: Int32Array;

  constructor(functions: readonly ObjectFunction[], codeOf: (section: number) => SectionCode, budget: Budget) {
    this.#functions = functions;
    this.#codeOf = codeOf;
    this.#budget = budget;
    this.#start = new Int32Array(functions.length).fill(-1);
  }

  /**
   * @param also a function to append even though nothing calls it: the exception callback
   * @throws ObjectError when a reference is malformed, or the programs together are unreasonably large.
   */
  assemble(main: ObjectFunction, also?: ObjectFunction): Assembled {
    const parts: Part[] = [];
    let length = 0;
    const append = (fn: ObjectFunction): Part => {
      const { references } = this.#codeOf(fn.section.index);
      const firstReference = referenceFrom(references, fn.start);
      const endReference = referenceFrom(references, fn.start + fn.length);
      this.#budget.spend(fn.length * 8 + 2 * RECORD_COST, "instructions", { section: main.section.name, symbol: main.name });
      const part = { function: fn, start: length, firstReference, endReference };
      this.#start[fn.index] = length;
      length += fn.length;
      parts.push(part);
      return part;
    };
    // Its own stack: a chain of calls may be as long as the file allows.
    const open: { part: Part; references: References; next: number }[] = [];
    const enter = (fn: ObjectFunction): void => {
      const part = append(fn);
      open.push({ part, references: this.#codeOf(fn.section.index).references, next: part.firstReference });
    };
    for (const root of also === undefined ? [main] : [main, also]) {
      if (this.#start[root.index]! >= 0) continue;
      enter(root);
      for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
        if (top.next === top.part.endReference) {
          open.pop();
          continue;
        }
        const at = top.next++;
        if (top.references.kind[at] !== REFERENCE.FUNCTION) continue;
        const callee = top.references.target[at]!;
        if (this.#start[callee]! < 0) enter(this.#functions[callee]!);
      }
    }
    const code = this.#join(parts, length);
    for (const part of parts) this.#start[part.function.index] = -1;
    return { code, parts };
  }

  #join(parts: readonly Part[], length: number): Uint8Array {
    const code = new Uint8Array(length * 8);
    const view = new DataView(code.buffer);
    for (const part of parts) {
      const { code: source, references } = this.#codeOf(part.function.section.index);
      const first = part.function.start;
      code.set(source.subarray(first * 8, (first + part.function.length) * 8), part.start * 8);
      for (let at = part.firstReference; at < part.endReference; at++) {
        if (references.kind[at] !== REFERENCE.FUNCTION) continue;
        const slot = part.start + references.slot[at]! - first;
        const opcode = code[slot * 8]!;
        const source = opcode === OPCODE_CALL ? PSEUDO_CALL : opcode === OPCODE_LOAD_WIDE ? PSEUDO_FUNCTION : 0;
        setSource(code, slot, source);
        view.setInt32(slot * 8 + 4, this.#start[references.target[at]!]! - slot - 1, true);
      }
    }
    return code;
  }
}

/** Writes `src_reg`, the upper half of an instruction's second byte. */
export function setSource(code: Uint8Array, slot: number, source: number): void {
  code[slot * 8 + 1] = (code[slot * 8 + 1]! & 0x0f) | (source << 4);
}

function referenceFrom(references: References, slot: number): number {
  let low = 0;
  let high = references.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (references.slot[middle]! < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}

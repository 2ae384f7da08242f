/** Puts the functions of a program behind each other, and completes what they say of each other. */

import type { Instruction } from "../../isa/instruction.ts";
import { slots } from "../../isa/instruction.ts";
import type { Location } from "../ir/ir.ts";
import type { Emitted, Reference } from "./emit.ts";
import { CodegenError } from "./errors.ts";
import type { Frame } from "./frame.ts";

export interface CompiledFunction {
  readonly name: string;
  readonly frame: Frame;
  readonly code: readonly Emitted[];
}

export interface Linked {
  readonly instructions: readonly Instruction[];
  /** Index of each function's first instruction. */
  readonly starts: readonly number[];
  /** What only a loader can complete, by the index of its instruction. Ascending. */
  readonly references: readonly { readonly index: number; readonly reference: Exclude<Reference, { kind: "function" }> }[];
  /** Where instructions come from; each holds until the next. */
  readonly lines: readonly { readonly index: number; readonly location: Location }[];
}

export function link(functions: readonly CompiledFunction[]): Linked {
  const starts: number[] = [];
  const startSlots = new Map<string, number>();
  let index = 0;
  let slot = 0;
  for (const { name, code } of functions) {
    starts.push(index);
    startSlots.set(name, slot);
    index += code.length;
    for (const { instruction } of code) slot += slots(instruction);
  }

  const instructions: Instruction[] = [];
  const references: { index: number; reference: Exclude<Reference, { kind: "function" }> }[] = [];
  const lines: { index: number; location: Location }[] = [];
  const anywhere = functions.flatMap(({ code }) => code).find(({ location }) => location !== null)?.location ?? null;
  slot = 0;
  for (const { name, code } of functions) {
    // A kernel wants to know the line of every function's first instruction, once it knows any.
    const first = code.find(({ location }) => location !== null)?.location ?? lines.at(-1)?.location ?? anywhere;
    if (first !== null) lines.push({ index: instructions.length, location: first });
    for (const { instruction, location, reference } of code) {
      const last = lines.at(-1);
      if (location !== null && last !== undefined && !isSame(location, last.location)) {
        if (last.index === instructions.length) lines.pop();
        lines.push({ index: instructions.length, location });
      }
      if (reference?.kind === "function") {
        const target = startSlots.get(reference.name);
        if (target === undefined) throw new CodegenError(name, `there is no function ${reference.name}`);
        // Both forms count from the slot after the first.
        instructions.push({ ...instruction, imm: target - (slot + 1) });
      } else {
        if (reference !== null) references.push({ index: instructions.length, reference });
        instructions.push(instruction);
      }
      slot += slots(instruction);
    }
  }
  return { instructions, starts, references, lines };
}

function isSame(a: Location, b: Location): boolean {
  return a.line === b.line && a.column === b.column && a.file === b.file;
}

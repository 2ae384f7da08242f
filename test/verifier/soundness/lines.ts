/** A program as fuzzers change it: lines that jump to each other by their place in the list. */

import { BtfBuilder } from "../../../src/btf/builder.ts";
import { encode } from "../../../src/isa/encode.ts";
import { type Instruction, LD_IMM64, slots } from "../../../src/isa/instruction.ts";
import type { FunctionInfo, MapSpec, Relocation, Spec } from "../../../src/object/spec.ts";

export interface Line {
  readonly instruction: Instruction;
  /** Jumps and calls of the program's own functions: the index of the line that comes next; -1 for all others. */
  readonly to: number;
  /** Wide loads: the map whose address it is, or that of its first value; null for all others. */
  readonly map: MapSpec | null;
  readonly isValue: boolean;
}

const map = (name: string, type: MapSpec["type"], valueSize: number, maxEntries: number): MapSpec => ({
  ...{ name, type, keySize: 4, valueSize, maxEntries, flags: 0, keyType: 0, valueType: 0 },
});

/** One value, whose address a program may have without a lookup. */
export const TABLE = map("table", "array", 64, 1);
export const CELLS = map("cells", "array", 16, 8);
export const NOTES = map("notes", "hash", 24, 8);
export const RING: MapSpec = { ...map("ring", "ringbuf", 0, 4096), keySize: 0 };
export const MAPS: readonly MapSpec[] = [TABLE, CELLS, NOTES, RING];

/** Functions have types, as helpers call none without. */
const { types: TYPES, main: MAIN, other: OTHER } = functionTypes();

function functionTypes() {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, { signed: true });
  const long = builder.int("long", 8, { signed: true });
  const prototype = builder.prototype(int, [
    { name: "a", type: long },
    { name: "b", type: long },
  ]);
  const main = builder.function("main", builder.prototype(int, [{ name: "ctx", type: builder.pointer(0) }]), "global");
  const other = builder.function("other", prototype, "static");
  return { types: builder.encode(), main, other };
}

/** Jumps that went beyond the end go to the last line. */
export function specOf(lines: readonly Line[]): Spec {
  const places: number[] = [];
  let next = 0;
  for (const { instruction } of lines) {
    places.push(next);
    next += slots(instruction);
  }
  const relocations: Relocation[] = [];
  const starts = new Set([0]);
  const code = lines.map(({ instruction, to, map, isValue }, at): Instruction => {
    const slot = places[at]!;
    if (map !== null) relocations.push({ slot, kind: isValue ? "map-value" : "map", map: map.name, offset: 0 });
    if (to < 0) return instruction;
    const target = places[Math.min(to, lines.length - 1)]!;
    const distance = target - slot - slots(instruction);
    if (instruction.opcode !== CALL && instruction.opcode !== LD_IMM64) return { ...instruction, offset: distance };
    starts.add(target);
    // The address of a function counts from the second slot of its load, as a call from its only one.
    return { ...instruction, imm: target - slot - 1 };
  });
  const functions = [...starts]
    .sort((a, b) => a - b)
    .map((slot): FunctionInfo => ({ slot, name: slot === 0 ? "main" : `function_${slot}`, type: slot === 0 ? MAIN : OTHER }));
  const used = new Set(relocations.map(({ map }) => map));
  return {
    name: "fuzz",
    license: "GPL",
    types: TYPES,
    maps: MAPS.filter(({ name }) => used.has(name)),
    programs: [
      { name: "main", section: "xdp", type: "xdp", attachType: "xdp", code: encode(code), relocations, functions, lines: [] },
    ],
  };
}

const CALL = 0x85;

/** Without one line; jumps to it go to the next. */
export function without(lines: readonly Line[], index: number): Line[] {
  return lines.flatMap((line, at) => (at === index ? [] : [line.to > index ? { ...line, to: line.to - 1 } : line]));
}

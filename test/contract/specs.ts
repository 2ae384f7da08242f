/** Specs for tests, written in the assembler's text: `r1 = map drops` stands for a reference to a map. */

import { BtfBuilder } from "../../src/btf/builder.ts";
import { assemble } from "../../src/isa/assemble.ts";
import { encode } from "../../src/isa/encode.ts";
import { type Instruction, slots } from "../../src/isa/instruction.ts";
import type { MapSpec, ProgramSpec, Relocation, Spec } from "../../src/object/spec.ts";
import type { MapType } from "../../src/uapi/map-types.ts";

export interface MapShape {
  readonly type: MapType;
  readonly maxEntries: number;
  readonly flags?: number;
  /** `u32`, `u64`, a struct of them, or a number of untyped bytes. */
  readonly key: Shape;
  readonly value: Shape;
}

export type Shape = "u8" | "u16" | "u32" | "u64" | number | { readonly [field: string]: "u8" | "u16" | "u32" | "u64" };

const SIZE = { u8: 1, u16: 2, u32: 4, u64: 8 } as const;

/** A Spec of XDP programs in assembler text, with maps of the given shapes. */
export function specOf(maps: Readonly<Record<string, MapShape>>, programs: Readonly<Record<string, string>>): Spec {
  const btf = new BtfBuilder();
  const mapSpecs = Object.entries(maps).map(([name, shape]): MapSpec => {
    const key = layout(btf, `${name}_key`, shape.key);
    const value = layout(btf, `${name}_value`, shape.value);
    return {
      name,
      type: shape.type,
      keySize: key.size,
      valueSize: value.size,
      maxEntries: shape.maxEntries,
      flags: shape.flags ?? 0,
      keyType: key.type,
      valueType: value.type,
    };
  });
  const context = btf.pointer(0);
  const int = btf.int("int", 4, { signed: true });
  const prototype = btf.prototype(int, [{ name: "ctx", type: context }]);
  const programSpecs = Object.entries(programs).map(([name, text]) =>
    programOf(name, text, btf.function(name, prototype, "global")),
  );
  return { name: "contract", license: "GPL", types: btf.encode(), maps: mapSpecs, programs: programSpecs };
}

/** What `r1 = map NAME` becomes while the text is assembled: a constant that no test uses otherwise. */
const PLACEHOLDER = 0x5eed_0000;

function programOf(name: string, text: string, type: number): ProgramSpec {
  const names: string[] = [];
  const plain = text.replace(/(r\d+) = map (\w+)/g, (_, register: string, map: string) => {
    names.push(map);
    return `${register} = 0x${PLACEHOLDER.toString(16)}${(names.length - 1).toString(16).padStart(8, "0")} ll`;
  });
  const relocations: Relocation[] = [];
  const instructions: Instruction[] = [];
  let slot = 0;
  for (const instruction of assemble(plain)) {
    const map = slots(instruction) === 2 && instruction.high === PLACEHOLDER ? names[instruction.imm] : undefined;
    if (map === undefined) instructions.push(instruction);
    else {
      relocations.push({ slot, kind: "map", map, offset: 0 });
      instructions.push({ ...instruction, src: 1, imm: 0, high: 0 });
    }
    slot += slots(instruction);
  }
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return {
    name,
    section: "xdp",
    type: "xdp",
    attachType: "xdp",
    code: encode(instructions),
    relocations,
    functions: [{ slot: 0, name, type }],
    lines: [{ slot: 0, file: "contract.s", line: 1, column: 1, text: lines[0] ?? "" }],
  };
}

function layout(btf: BtfBuilder, name: string, shape: Shape): { size: number; type: number } {
  if (typeof shape === "number") return { size: shape, type: 0 };
  const int = (kind: keyof typeof SIZE) => btf.int(kind, SIZE[kind], {});
  if (typeof shape === "string") return { size: SIZE[shape], type: int(shape) };
  let size = 0;
  let align = 1;
  const members = Object.entries(shape).map(([field, kind]) => {
    const at = Math.ceil(size / SIZE[kind]) * SIZE[kind];
    size = at + SIZE[kind];
    align = Math.max(align, SIZE[kind]);
    return { name: field, type: int(kind), bitOffset: at * 8 };
  });
  size = Math.ceil(size / align) * align;
  return { size, type: btf.struct(name, size, members) };
}

/**
 * Kernel interfaces implemented by programs: variables of `.struct_ops` (registered) and `.struct_ops.link` (attached by a
 * link), `?` before the name for those made only when asked for. Each becomes a map whose value is the struct; members that
 * point to functions are filled in from relocations.
 *
 * Source: `init_struct_ops_maps` and `bpf_object__collect_st_ops_relos` of libbpf 1.8.
 */

import type { StructType } from "../btf/types.ts";
import { RECORD_COST } from "./budget.ts";
import { type Elf, type ElfSection, SHT, STT } from "./elf.ts";
import { ObjectError } from "./errors.ts";
import type { Functions } from "./functions.ts";
import type { MapSpec, StructOpsSpec } from "./spec.ts";
import type { ObjectTypes } from "./types.ts";

/** `BPF_F_LINK` of linux/bpf.h. Since Linux 6.4. */
const BPF_F_LINK = 1 << 13;

export interface StructOpsMap {
  readonly spec: MapSpec;
  readonly section: ElfSection;
  readonly offset: number;
}

export function isStructOps(section: ElfSection): boolean {
  return section.type === SHT.PROGBITS && section.size > 0 && /^\??\.struct_ops(\.link)?$/.test(section.name);
}

/** @throws ObjectError `map` when a variable is no struct, `relocation` when a member points to what is no program. */
export function readStructOps(elf: Elf, types: ObjectTypes | null, functions: Functions): StructOpsMap[] {
  return elf.sections.filter(isStructOps).flatMap((section) => {
    const id = types?.btf.find(section.name, "section");
    if (types === null || id === undefined) {
      throw new ObjectError("map", "expected the types of the variables, found none; compile with -g", { section: section.name });
    }
    const pointers = functionPointers(elf, section, functions);
    const link = section.name.endsWith(".link");
    return Array.from({ length: types.variableCount(id) }, (_, index) => {
      const { type, offset } = types.variable(id, index);
      const variable = types.btf.type(type);
      const struct = variable.kind === "variable" ? types.btf.type(types.btf.resolve(variable.type)) : variable;
      if (struct.kind !== "struct" || struct.name === "") {
        throw new ObjectError("map", `expected a variable of a named struct, found a ${struct.kind}`, {
          section: section.name,
          symbol: variable.name,
        });
      }
      if (offset + struct.size > section.size) {
        throw new ObjectError("map", `expected ${struct.size} bytes within ${section.size}, found them from ${offset}`, {
          section: section.name,
          symbol: variable.name,
        });
      }
      elf.budget.spend(struct.size + struct.members.length * RECORD_COST, "kernel interfaces", { section: section.name });
      const structOps: StructOpsSpec = {
        type: struct.id,
        typeName: struct.name,
        link,
        functions: membersOf(struct, offset, pointers),
      };
      const spec: MapSpec = {
        name: variable.name,
        type: "struct_ops",
        keySize: 4,
        valueSize: struct.size,
        maxEntries: 1,
        flags: link ? BPF_F_LINK : 0,
        keyType: 0,
        valueType: struct.id,
        section: section.name,
        contents: { kind: "bytes", bytes: section.bytes.slice(offset, offset + struct.size) },
        structOps,
        ...(section.name.startsWith("?") ? { autocreate: false } : {}),
      };
      return { spec, section, offset };
    });
  });
}

/** Offset in the section → name of the function whose address belongs there. */
function functionPointers(elf: Elf, section: ElfSection, functions: Functions): Map<number, string> {
  const found = new Map<number, string>();
  const table = elf.relocations(section);
  if (table === null) return found;
  const view = new DataView(section.bytes.buffer, section.bytes.byteOffset, section.bytes.byteLength);
  for (let index = 0; index < table.count; index++) {
    const symbol = table.symbol[index]!;
    const offset = table.offset[index]!;
    const target = elf.symbols.section[symbol]!;
    let place = elf.symbols.value[symbol]!;
    if (elf.symbols.type[symbol] === STT.SECTION && offset + 8 <= section.size)
      place += Number(view.getBigUint64(offset, elf.littleEndian));
    const pointee = target > 0 && place % 8 === 0 ? functions.at(target, place / 8) : undefined;
    if (pointee === undefined || pointee.start !== place / 8) {
      throw new ObjectError("relocation", "expected a pointer to a function of this object, found one to something else", {
        section: section.name,
        offset,
        symbol: elf.symbols.name(symbol),
      });
    }
    found.set(offset, pointee.name);
  }
  return found;
}

function membersOf(struct: StructType, start: number, pointers: ReadonlyMap<number, string>): StructOpsSpec["functions"] {
  return struct.members.flatMap((member) => {
    const offset = member.bitOffset / 8;
    const program = pointers.get(start + offset);
    return program === undefined ? [] : [{ member: member.name, offset, program }];
  });
}

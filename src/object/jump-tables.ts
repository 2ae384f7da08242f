/**
 * Tables of indirect jumps (`gotox`, after Linux 6.18): the compiler writes them to `.jumptables`, one symbol a table; to
 * the kernel each is a map of instructions. Source: `create_jt_map` of libbpf 1.7.
 */

import type { Part } from "./assemble.ts";
import type { Elf, ElfSection } from "./elf.ts";
import { ObjectError } from "./errors.ts";
import type { MapSpec } from "./spec.ts";

/** `struct bpf_insn_array_value`: u32 instruction, two u32 that the kernel fills in, padding. */
const VALUE_SIZE = 16;
const ENTRY_SIZE = 8;
const MAX_SLOT = 0xffff_ffff;

/**
 * A table as a map: one for each program that the function is in, since its entries are places in the program.
 * @param part where in the program the function is that jumps
 * @throws ObjectError `relocation` when the table does not lie in its section, or an entry is before the program. (One beyond
 *   the function concerns this program alone: the kernel's verifier refuses it.)
 */
export function readJumpTable(
  elf: Elf,
  section: ElfSection,
  symbol: number,
  { function: owner, start }: Part,
  name: string,
): MapSpec {
  const offset = elf.symbols.value[symbol]!;
  const size = elf.symbols.size[symbol]!;
  const place = { section: section.name, symbol: elf.symbols.name(symbol), offset };
  const isWhole = offset % ENTRY_SIZE === 0 && size % ENTRY_SIZE === 0 && size > 0;
  if (!isWhole || !(offset + size <= section.bytes.length)) {
    const message = `expected a table of 8-byte entries within ${section.bytes.length} bytes, found ${size} bytes`;
    throw new ObjectError("relocation", message, place);
  }
  const count = size / ENTRY_SIZE;
  elf.budget.spend(count * VALUE_SIZE, "jump tables", place);
  const bytes = new Uint8Array(count * VALUE_SIZE);
  const values = new DataView(bytes.buffer);
  const entries = new DataView(section.bytes.buffer, section.bytes.byteOffset, section.bytes.byteLength);
  for (let index = 0; index < count; index++) {
    // Bytes from the start of the function's section become slots from the start of the program.
    const from = Number(entries.getBigUint64(offset + index * ENTRY_SIZE, elf.littleEndian));
    const slot = start + from / 8 - owner.start;
    if (!Number.isInteger(slot) || slot < 0 || slot > MAX_SLOT) {
      const message = `expected places in the program of ${owner.name}, found byte ${from} of its section in entry ${index}`;
      throw new ObjectError("relocation", message, place);
    }
    values.setUint32(index * VALUE_SIZE, slot, true);
  }
  return {
    name,
    type: "insn_array",
    keySize: 4,
    valueSize: VALUE_SIZE,
    maxEntries: count,
    flags: 0,
    keyType: 0,
    valueType: 0,
    section: section.name,
    contents: { kind: "bytes", bytes },
    frozen: true,
  };
}

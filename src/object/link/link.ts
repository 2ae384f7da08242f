/**
 * Static linking: several objects become one, as libbpf's `bpf_linker` (and `bpftool gen object`) does it.
 *
 * Sections of one name are put one behind the other; each name gets one definition, and what all said about it must agree;
 * relocations, line information and CO-RE records move along. What nobody defines stays undefined, in the types as in the
 * symbol table, also variables of an arena: it may be the kernel's, or another link's.
 */

import { appendStrings } from "../../btf/append.ts";
import { type ElfRelocations, SHF, SHT, STB, STT } from "../elf.ts";
import type { ExtRecords } from "../ext-info.ts";
import { ElfWriter, R_BPF } from "../write/elf.ts";
import { ExtInfoWriter } from "../write/ext-info.ts";
import { LinkError } from "./errors.ts";
import { Input, type LinkInput } from "./input.ts";
import { join, type MergedSection, MergedSections, type Part } from "./sections.ts";
import { type GlobalSymbol, resolveSymbols } from "./symbols.ts";
import { type MergedTypes, mergeTypes } from "./types.ts";

export type { LinkInput } from "./input.ts";

const CALL = 0x85;
const JUMP_TABLES = ".jumptables";

/**
 * Links objects of one byte order into one object.
 * @throws LinkError when they contradict each other; ObjectError, BtfError when one is malformed.
 */
export function link(inputs: readonly LinkInput[]): Uint8Array {
  if (inputs.length === 0) throw new LinkError("inputs", "expected at least one object to link, found none");
  return new Linker(inputs.map((input) => new Input(input))).link();
}

/** Bytes of a section of code that a lost definition leaves behind: nothing refers to them any more. */
interface Dead {
  readonly start: number;
  readonly end: number;
}

class Linker {
  readonly #inputs: readonly Input[];
  readonly #elf: ElfWriter;
  readonly #sections: MergedSections;
  readonly #globals: ReadonlyMap<string, GlobalSymbol>;
  readonly #numbers = new Map<MergedSection, number>();
  readonly #globalHandles = new Map<string, number>();
  /** Input → its local symbol → the output's handle. */
  readonly #localHandles = new Map<Input, Map<number, number>>();

  constructor(inputs: readonly Input[]) {
    this.#inputs = inputs;
    const first = inputs[0]!;
    const other = inputs.find(({ elf }) => elf.littleEndian !== first.elf.littleEndian);
    if (other !== undefined) {
      const order = ({ elf }: Input): string => (elf.littleEndian ? "little" : "big");
      throw new LinkError("inputs", `expected objects of one byte order, found ${order(first)} and ${order(other)}`, {
        files: [first.name, other.name],
      });
    }
    this.#elf = new ElfWriter(first.elf.littleEndian);
    this.#sections = new MergedSections(inputs);
    this.#globals = resolveSymbols(inputs, this.#sections);
  }

  link(): Uint8Array {
    const types = mergeTypes(this.#inputs, this.#sections, this.#globals, this.#elf.littleEndian);
    for (const merged of this.#sections.all) {
      const { name, type, flags, align, size } = merged;
      this.#numbers.set(merged, this.#elf.section({ name, type, flags, align, bytes: join(merged), size }));
    }
    this.#writeSymbols();
    for (const merged of this.#sections.all) for (const part of merged.parts) this.#relocate(merged, part);
    if (types !== null) this.#writeTypes(types);
    return this.#elf.encode();
  }

  // ── symbols ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #writeSymbols(): void {
    for (const input of this.#inputs) {
      const { symbols } = input.elf;
      const handles = new Map<number, number>();
      this.#localHandles.set(input, handles);
      for (let symbol = 1; symbol < symbols.count; symbol++) {
        const type = symbols.type[symbol]!;
        // Labels within functions are named only where something refers to them.
        if (!input.isLocal(symbol) || (type !== STT.FUNC && type !== STT.OBJECT)) continue;
        const handle = this.#writeLocal(input, symbol);
        if (handle !== null) handles.set(symbol, handle);
      }
    }
    for (const [name, global] of this.#globals) this.#globalHandles.set(name, this.#writeGlobal(global));
  }

  #writeLocal(input: Input, symbol: number): number | null {
    const { symbols } = input.elf;
    const part = this.#sections.partOf(input, symbols.section[symbol]!);
    if (part === undefined) return null;
    return this.#elf.symbol({
      name: symbols.name(symbol),
      section: this.#numbers.get(part.merged)!,
      value: symbols.value[symbol]! + part.base,
      size: symbols.size[symbol]!,
      type: symbols.type[symbol]!,
      binding: STB.LOCAL,
    });
  }

  #writeGlobal({ name, definition, isStrong, visibility }: GlobalSymbol): number {
    const binding = isStrong ? STB.GLOBAL : STB.WEAK;
    if (definition === null)
      return this.#elf.symbol({ name, section: 0, value: 0, size: 0, type: STT.NOTYPE, binding, visibility });
    const { input, symbol } = definition;
    const { symbols } = input.elf;
    const part = this.#sections.partOf(input, symbols.section[symbol]!);
    if (part === undefined) {
      const section = input.elf.sections[symbols.section[symbol]!]!.name;
      throw new LinkError("symbol", "expected a symbol in a section of code or data, found one elsewhere", {
        symbol: name,
        section,
        files: [input.name],
      });
    }
    return this.#elf.symbol({
      name,
      section: this.#numbers.get(part.merged)!,
      value: symbols.value[symbol]! + part.base,
      size: symbols.size[symbol]!,
      type: symbols.type[symbol]!,
      binding,
      visibility,
    });
  }

  // ── relocations ───────────────────────────────────────────────────────────────────────────────────────────────────

  #relocate(merged: MergedSection, part: Part): void {
    const { input, section, base } = part;
    const table = input.elf.relocations(section);
    if (table === null) return;
    const number = this.#numbers.get(merged)!;
    const dead = this.#deadIn(part);
    for (let index = 0; index < table.count; index++) {
      const offset = table.offset[index]!;
      if (isDead(dead, offset)) continue;
      const symbol = this.#targetOf(part, table, index);
      this.#elf.relocation(number, { offset: offset + base, symbol, type: table.type[index]! });
    }
  }

  /** The output's symbol that a relocation means. */
  #targetOf(part: Part, table: ElfRelocations, index: number): number {
    const { input } = part;
    const { symbols } = input.elf;
    const symbol = table.symbol[index]!;
    if (symbol !== 0 && !input.isLocal(symbol)) return this.#globalHandles.get(symbols.name(symbol))!;
    const target = this.#sections.partOf(input, symbols.section[symbol]!);
    if (symbol === 0 || target === undefined) {
      throw new LinkError(
        "relocation",
        `expected a symbol of a section of code or data, found another at byte ${table.offset[index]}`,
        {
          section: part.section.name,
          symbol: symbols.name(symbol),
          files: [input.name],
        },
      );
    }
    this.#moveJumpTable(part, target, symbol);
    const handle = this.#localHandles.get(input)!.get(symbol);
    if (handle !== undefined) return handle;
    // A section, or a label in one: the place counts from the start of the output's section now.
    this.#addInPlace(part, table, index, target.base + symbols.value[symbol]!);
    return this.#elf.sectionSymbol(this.#numbers.get(target.merged)!);
  }

  /** Adds to the number that a relocation finds in place. Bytes; a call counts instructions. */
  #addInPlace({ input, section, base }: Part, table: ElfRelocations, index: number, bytes: number): void {
    if (bytes === 0) return;
    const merged = this.#sections.partOf(input, section.index)!.merged;
    const content = this.#elf.bytesOf(this.#numbers.get(merged)!);
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
    const at = base + table.offset[index]!;
    const little = this.#elf.littleEndian;
    const width =
      (section.flags & SHF.EXECINSTR) !== 0 || table.type[index] === R_BPF.ABS64 || table.type[index] === R_BPF.LOAD64 ? 8 : 4;
    if (section.type === SHT.NOBITS || at + width > content.length) {
      throw new LinkError("relocation", `expected ${width} bytes to change at byte ${table.offset[index]}, found the end`, {
        section: section.name,
        files: [input.name],
      });
    }
    if ((section.flags & SHF.EXECINSTR) !== 0) {
      view.setInt32(at + 4, view.getInt32(at + 4, little) + (content[at] === CALL ? bytes / 8 : bytes), little);
    } else if (width === 8) {
      view.setBigUint64(at, BigInt.asUintN(64, view.getBigUint64(at, little) + BigInt(bytes)), little);
    } else {
      view.setUint32(at, view.getUint32(at, little) + bytes, little);
    }
  }

  readonly #movedTables = new Set<string>();

  /** A jump table counts from the start of the section of the function that uses it. */
  #moveJumpTable(user: Part, target: Part, symbol: number): void {
    const { input } = user;
    if (target.section.name !== JUMP_TABLES || user.base === 0) return;
    const { symbols } = input.elf;
    const start = symbols.value[symbol]! + target.base;
    const key = `${start}`;
    if (this.#movedTables.has(key)) return;
    this.#movedTables.add(key);
    const merged = this.#sections.partOf(input, target.section.index)!.merged;
    const content = this.#elf.bytesOf(this.#numbers.get(merged)!);
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
    const end = Math.min(content.length, start + symbols.size[symbol]!);
    for (let at = start; at + 8 <= end; at += 8) {
      view.setBigUint64(at, view.getBigUint64(at, this.#elf.littleEndian) + BigInt(user.base), this.#elf.littleEndian);
    }
  }

  /** Functions of an input whose name means another's. */
  #deadIn({ input, section }: Part): Dead[] {
    if ((section.flags & SHF.EXECINSTR) === 0) return [];
    const { symbols } = input.elf;
    const dead: Dead[] = [];
    for (const symbol of input.globals()) {
      if (symbols.section[symbol] !== section.index) continue;
      const definition = this.#globals.get(symbols.name(symbol))?.definition;
      if (definition?.input === input && definition.symbol === symbol) continue;
      const start = symbols.value[symbol]!;
      dead.push({ start, end: start + symbols.size[symbol]! });
    }
    return dead;
  }

  // ── types ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #writeTypes(types: MergedTypes): void {
    const extInfo = new ExtInfoWriter();
    for (const merged of this.#sections.all) for (const part of merged.parts) this.#describe(types, merged.name, part, extInfo);
    const { types: bytes, offsets } = appendStrings(types.bytes, extInfo.texts);
    this.#elf.section({ name: ".BTF", type: SHT.PROGBITS, flags: 0, align: 4, bytes });
    if (extInfo.isEmpty) return;
    this.#elf.section({
      name: ".BTF.ext",
      type: SHT.PROGBITS,
      flags: 0,
      align: 4,
      bytes: extInfo.encode(this.#elf.littleEndian, offsets),
    });
  }

  #describe(types: MergedTypes, name: string, part: Part, extInfo: ExtInfoWriter): void {
    const { input, section, base } = part;
    const { btf } = input;
    if (btf === null) return;
    const dead = this.#deadIn(part);
    // Lines share few texts: each is read once.
    const known = new Map<number, number>();
    const text = (offset: number): number => {
      let number = known.get(offset);
      if (number === undefined) {
        number = extInfo.text(btf.string(offset));
        known.set(offset, number);
      }
      return number;
    };
    const each = (records: ExtRecords | undefined, add: (records: ExtRecords, index: number, at: number) => void): void => {
      for (let index = 0; index < (records?.count ?? 0); index++) {
        const offset = records!.offset(index);
        if (!isDead(dead, offset)) add(records!, index, offset + base);
      }
    };
    const functions = extInfo.of("functions", name);
    each(input.extInfo.functions.get(section.index), (records, index, at) => {
      functions.push(at, types.idOf(input, records.word(index, 1)));
    });
    const lines = extInfo.of("lines", name);
    each(input.extInfo.lines.get(section.index), (records, index, at) => {
      lines.push(at, text(records.word(index, 1)), text(records.word(index, 2)), records.word(index, 3));
    });
    const core = extInfo.of("core", name);
    each(input.extInfo.core.get(section.index), (records, index, at) => {
      core.push(at, types.idOf(input, records.word(index, 1)), text(records.word(index, 2)), records.word(index, 3));
    });
  }
}

function isDead(dead: readonly Dead[], offset: number): boolean {
  return dead.some(({ start, end }) => offset >= start && offset < end);
}

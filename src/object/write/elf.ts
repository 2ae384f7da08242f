/**
 * Puts an ELF file together: sections, symbols, relocations. Knows the format and nothing of BPF's use of it.
 *
 * Source: System V ABI, chapter 4 (Object Files), https://gabi.xinuos.com.
 */

import { SHN, SHT, STB, STT, STV } from "../elf.ts";
import { WriteError } from "./errors.ts";

const HEADER_SIZE = 64;
const SECTION_SIZE = 64;
const SYMBOL_SIZE = 24;
const REL_SIZE = 16;
const EM_BPF = 247;
const ET_REL = 1;
/** `sh_info` is the number of a section. */
const SHF_INFO_LINK = 0x40;

/** `R_BPF_*`: relocations of clang's BPF target. */
export const R_BPF = {
  /** A wide load: address of a map, variable or function. */
  LOAD64: 1,
  /** Eight bytes of data: an address. */
  ABS64: 2,
  /** Four bytes of data: an address. */
  ABS32: 3,
  /** Four bytes of data that only tools look at (types, debug information). */
  NODYLD32: 4,
  /** A call. */
  CALL: 10,
} as const;

export interface NewSection {
  readonly name: string;
  /** `SHT_*`. */
  readonly type: number;
  /** `SHF_*`. */
  readonly flags: number;
  /** A power of two. */
  readonly align: number;
  /** Contents; may still be changed until `encode`. */
  readonly bytes: Uint8Array;
  /** Bytes in memory; differs from `bytes.length` only in `NOBITS`. */
  readonly size?: number;
}

export interface NewSymbol {
  readonly name: string;
  /** What `section` returned; 0 for an undefined symbol. */
  readonly section: number;
  /** Offset in its section. */
  readonly value: number;
  readonly size: number;
  /** `STT_*`. */
  readonly type: number;
  /** `STB_*`. */
  readonly binding: number;
  /** `STV_*`; default: visible. */
  readonly visibility?: number;
}

export interface NewRelocation {
  readonly offset: number;
  /** What `symbol` or `sectionSymbol` returned. */
  readonly symbol: number;
  /** `R_BPF_*`. */
  readonly type: number;
}

export class ElfWriter {
  readonly littleEndian: boolean;
  readonly #sections: NewSection[] = [];
  readonly #names = new Set<string>();
  readonly #symbols: NewSymbol[] = [];
  /** Section → its symbol. */
  readonly #sectionSymbols = new Map<number, number>();
  /** Section → what applies to it. */
  readonly #relocations = new Map<number, NewRelocation[]>();

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian;
  }

  /** Adds a section and returns its number. */
  section(section: NewSection): number {
    this.#sections.push(section);
    this.#names.add(section.name);
    return this.#sections.length;
  }

  /** Whether there is a section of that name. */
  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** The contents of a section, to be filled in. */
  bytesOf(section: number): Uint8Array {
    return this.#sections[section - 1]!.bytes;
  }

  /** The section that a symbol lies in. */
  sectionOf(symbol: number): number {
    return this.#symbols[symbol]!.section;
  }

  isGlobal(symbol: number): boolean {
    return this.#symbols[symbol]!.binding !== STB.LOCAL;
  }

  /** Adds a symbol and returns a handle for relocations. */
  symbol(symbol: NewSymbol): number {
    this.#symbols.push(symbol);
    return this.#symbols.length - 1;
  }

  /** The symbol that stands for a section. */
  sectionSymbol(section: number): number {
    let symbol = this.#sectionSymbols.get(section);
    if (symbol === undefined) {
      symbol = this.symbol({ name: "", section, value: 0, size: 0, type: STT.SECTION, binding: STB.LOCAL });
      this.#sectionSymbols.set(section, symbol);
    }
    return symbol;
  }

  relocation(section: number, relocation: NewRelocation): void {
    const known = this.#relocations.get(section);
    if (known === undefined) this.#relocations.set(section, [relocation]);
    else known.push(relocation);
  }

  /** @throws WriteError when there are more sections than a plain section number can name. */
  encode(): Uint8Array {
    const names = new StringTable();
    const order = this.#symbolOrder();
    const headers: Header[] = [];
    for (const { name, type, flags, align, bytes, size = bytes.length } of this.#sections) {
      headers.push({ name, type, flags, align, bytes, size, link: 0, info: 0, entrySize: 0 });
    }
    const symbolTable = headers.length + this.#relocations.size + 1;
    if (symbolTable + 2 >= SHN.LORESERVE)
      throw new WriteError(`expected fewer than ${SHN.LORESERVE} sections, found ${symbolTable + 2}`);
    for (const [section, relocations] of [...this.#relocations].sort(([a], [b]) => a - b)) {
      const bytes = this.#encodeRelocations(relocations, order.position);
      const name = `.rel${this.#sections[section - 1]!.name}`;
      headers.push({
        name,
        type: SHT.REL,
        flags: SHF_INFO_LINK,
        align: 8,
        bytes,
        size: bytes.length,
        link: symbolTable,
        info: section,
        entrySize: REL_SIZE,
      });
    }
    const symbols = this.#encodeSymbols(order.symbols, names);
    headers.push({
      name: ".symtab",
      type: SHT.SYMTAB,
      flags: 0,
      align: 8,
      bytes: symbols,
      size: symbols.length,
      link: symbolTable + 1,
      info: order.firstGlobal,
      entrySize: SYMBOL_SIZE,
    });
    const nameOffsets = [...headers.map(({ name }) => names.add(name)), names.add(".strtab")];
    const strings = names.encode();
    headers.push({
      name: ".strtab",
      type: SHT.STRTAB,
      flags: 0,
      align: 1,
      bytes: strings,
      size: strings.length,
      link: 0,
      info: 0,
      entrySize: 0,
    });
    return this.#encodeFile(headers, nameOffsets);
  }

  /** Local symbols come first, which is what `sh_info` of the table counts. */
  #symbolOrder(): { symbols: NewSymbol[]; position: Uint32Array; firstGlobal: number } {
    const isLocal = (index: number): boolean => this.#symbols[index]!.binding === STB.LOCAL;
    const all = this.#symbols.map((_, index) => index);
    const order = [...all.filter(isLocal), ...all.filter((index) => !isLocal(index))];
    const position = new Uint32Array(order.length);
    order.forEach((index, at) => {
      position[index] = at + 1;
    });
    return { symbols: order.map((index) => this.#symbols[index]!), position, firstGlobal: all.filter(isLocal).length + 1 };
  }

  #encodeSymbols(symbols: readonly NewSymbol[], names: StringTable): Uint8Array {
    const bytes = new Uint8Array((symbols.length + 1) * SYMBOL_SIZE);
    const view = new DataView(bytes.buffer);
    symbols.forEach(({ name, section, value, size, type, binding, visibility = STV.DEFAULT }, index) => {
      const at = (index + 1) * SYMBOL_SIZE;
      view.setUint32(at, names.add(name), this.littleEndian);
      view.setUint8(at + 4, (binding << 4) | type);
      view.setUint8(at + 5, visibility);
      view.setUint16(at + 6, section, this.littleEndian);
      view.setBigUint64(at + 8, BigInt(value), this.littleEndian);
      view.setBigUint64(at + 16, BigInt(size), this.littleEndian);
    });
    return bytes;
  }

  #encodeRelocations(relocations: readonly NewRelocation[], position: Uint32Array): Uint8Array {
    const bytes = new Uint8Array(relocations.length * REL_SIZE);
    const view = new DataView(bytes.buffer);
    [...relocations]
      .sort((a, b) => a.offset - b.offset)
      .forEach(({ offset, symbol, type }, index) => {
        const at = index * REL_SIZE;
        view.setBigUint64(at, BigInt(offset), this.littleEndian);
        // r_info is one u64: symbol in the upper, type in the lower half.
        view.setUint32(at + (this.littleEndian ? 12 : 8), position[symbol]!, this.littleEndian);
        view.setUint32(at + (this.littleEndian ? 8 : 12), type, this.littleEndian);
      });
    return bytes;
  }

  #encodeFile(headers: readonly Header[], nameOffsets: readonly number[]): Uint8Array {
    const little = this.littleEndian;
    let end = HEADER_SIZE;
    const offsets = headers.map(({ align, bytes }) => {
      const start = roundUp(end, align);
      end = start + bytes.length;
      return start;
    });
    const table = roundUp(end, 8);
    const file = new Uint8Array(table + (headers.length + 1) * SECTION_SIZE);
    const view = new DataView(file.buffer);
    file.set([0x7f, 0x45, 0x4c, 0x46, 2, little ? 1 : 2, 1]);
    view.setUint16(16, ET_REL, little);
    view.setUint16(18, EM_BPF, little);
    view.setUint32(20, 1, little);
    view.setBigUint64(40, BigInt(table), little);
    view.setUint16(52, HEADER_SIZE, little);
    view.setUint16(58, SECTION_SIZE, little);
    view.setUint16(60, headers.length + 1, little);
    view.setUint16(62, headers.length, little);
    headers.forEach((header, index) => {
      file.set(header.bytes, offsets[index]!);
      const at = table + (index + 1) * SECTION_SIZE;
      view.setUint32(at, nameOffsets[index]!, little);
      view.setUint32(at + 4, header.type, little);
      view.setBigUint64(at + 8, BigInt(header.flags), little);
      view.setBigUint64(at + 24, BigInt(offsets[index]!), little);
      view.setBigUint64(at + 32, BigInt(header.size), little);
      view.setUint32(at + 40, header.link, little);
      view.setUint32(at + 44, header.info, little);
      view.setBigUint64(at + 48, BigInt(header.align), little);
      view.setBigUint64(at + 56, BigInt(header.entrySize), little);
    });
    return file;
  }
}

interface Header {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly align: number;
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly entrySize: number;
}

class StringTable {
  readonly #offsets = new Map<string, number>([["", 0]]);
  readonly #texts: Uint8Array[] = [];
  #length = 1;

  add(text: string): number {
    let offset = this.#offsets.get(text);
    if (offset === undefined) {
      if (text.includes("\0")) throw new WriteError(`expected a name without NUL, found ${JSON.stringify(text)}`);
      const bytes = new TextEncoder().encode(text);
      offset = this.#length;
      this.#offsets.set(text, offset);
      this.#texts.push(bytes);
      this.#length += bytes.length + 1;
    }
    return offset;
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(this.#length);
    let at = 1;
    for (const text of this.#texts) {
      bytes.set(text, at);
      at += text.length + 1;
    }
    return bytes;
  }
}

export function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

/**
 * 64-bit ELF as compilers write it for BPF: relocatable files, either byte order. Everything is checked against the file
 * before it is used; nothing is copied. Tables are kept as typed arrays: large objects have 100,000 symbols.
 *
 * Source: System V ABI, chapters 4 (Object Files) and 5, https://gabi.xinuos.com; `EM_BPF` from the same registry.
 */

import { Budget } from "./budget.ts";
import { ObjectError, printable } from "./errors.ts";

export const SHT = {
  PROGBITS: 1,
  SYMTAB: 2,
  STRTAB: 3,
  RELA: 4,
  NOBITS: 8,
  REL: 9,
  SYMTAB_SHNDX: 18,
} as const;

/** Section flags. */
export const SHF = { WRITE: 1, ALLOC: 2, EXECINSTR: 4, COMPRESSED: 0x800 } as const;
/** Section numbers of symbols that mean something else than a section. */
export const SHN = { UNDEF: 0, LORESERVE: 0xff00, ABS: 0xfff1, COMMON: 0xfff2, XINDEX: 0xffff } as const;
export const STB = { LOCAL: 0, GLOBAL: 1, WEAK: 2 } as const;
export const STT = { NOTYPE: 0, OBJECT: 1, FUNC: 2, SECTION: 3, FILE: 4 } as const;
export const STV = { DEFAULT: 0, INTERNAL: 1, HIDDEN: 2, PROTECTED: 3 } as const;

const EM_BPF = 247;
const ET_REL = 1;
const HEADER_SIZE = 64;
const SECTION_SIZE = 64;
const SYMBOL_SIZE = 24;
const REL_SIZE = 16;

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  /** `SHT_*`. */
  readonly type: number;
  /** `SHF_*`. */
  readonly flags: number;
  /** Its bytes in the file; empty for `NOBITS`. */
  readonly bytes: Uint8Array;
  /** Bytes it takes in memory: `bytes.length`, or the size of a `NOBITS` section. */
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
}

/** The symbol table, one array a field. Index 0 is the undefined symbol. */
export interface ElfSymbols {
  readonly count: number;
  /** `STB_*`. */
  readonly binding: Uint8Array;
  /** `STT_*`. */
  readonly type: Uint8Array;
  /** `STV_*`. */
  readonly visibility: Uint8Array;
  /** Section index with extended numbers resolved, or -1 for special sections (`SHN_ABS`, `SHN_COMMON`, …). */
  readonly section: Int32Array;
  /** Offset in its section. */
  readonly value: Float64Array;
  readonly size: Float64Array;
  name(index: number): string;
}

/** Relocations of one section (`SHT_REL`: addends are in the relocated bytes), in ascending order of offset. */
export interface ElfRelocations {
  readonly count: number;
  readonly offset: Float64Array;
  readonly symbol: Uint32Array;
  /** `R_BPF_*`. */
  readonly type: Uint32Array;
}

export interface Elf {
  readonly littleEndian: boolean;
  readonly sections: readonly ElfSection[];
  readonly symbols: ElfSymbols;
  /** What is odd but readable, one line each. */
  readonly notes: string[];
  readonly budget: Budget;
  /** The first section of that name. */
  find(name: string): ElfSection | undefined;
  /** Symbols that lie in a section, in order of the table. */
  symbolsIn(section: ElfSection): readonly number[];
  /** Whether the file has relocations that apply to a section. */
  isRelocated(section: ElfSection): boolean;
  /** The relocations that apply to a section, or null when there are none. @throws ObjectError when they are malformed. */
  relocations(section: ElfSection): ElfRelocations | null;
}

/**
 * Opens an ELF file.
 * @throws ObjectError `not-an-object` for other files, `bounds` when a table or section does not lie within the file,
 *   `unsupported` for compressed sections.
 */
export function openElf(bytes: Uint8Array): Elf {
  return new ElfFile(bytes);
}

class ElfFile implements Elf {
  readonly littleEndian: boolean;
  readonly sections: readonly ElfSection[];
  readonly symbols: ElfSymbols;
  readonly notes: string[] = [];
  readonly budget: Budget;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #byName = new Map<string, ElfSection>();
  /** Target section index → the sections that relocate it. */
  readonly #relocating = new Map<number, ElfSection[]>();

  #symbolsIn: Map<number, number[]> | null = null;

  constructor(bytes: Uint8Array) {
    // Seen as a plain array: slicing a Buffer would share its memory, and types are completed in place.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.budget = new Budget(bytes.length);
    this.littleEndian = this.#checkHeader();
    this.sections = this.#readSections();
    for (const section of this.sections) {
      if (!this.#byName.has(section.name)) this.#byName.set(section.name, section);
      if (section.type !== SHT.REL && section.type !== SHT.RELA) continue;
      const relocating = this.#relocating.get(section.info);
      if (relocating === undefined) this.#relocating.set(section.info, [section]);
      else relocating.push(section);
    }
    this.symbols = this.#readSymbols();
  }

  find(name: string): ElfSection | undefined {
    return this.#byName.get(name);
  }

  symbolsIn(section: ElfSection): readonly number[] {
    if (this.#symbolsIn === null) {
      this.#symbolsIn = new Map();
      for (let symbol = 1; symbol < this.symbols.count; symbol++) {
        const index = this.symbols.section[symbol]!;
        const known = this.#symbolsIn.get(index);
        if (known === undefined) this.#symbolsIn.set(index, [symbol]);
        else known.push(symbol);
      }
    }
    return this.#symbolsIn.get(section.index) ?? [];
  }

  isRelocated(section: ElfSection): boolean {
    return this.#relocating.has(section.index);
  }

  relocations(target: ElfSection): ElfRelocations | null {
    const sections = this.#relocating.get(target.index);
    if (sections === undefined || target.index === 0) return null;
    let count = 0;
    for (const section of sections) {
      if (section.type === SHT.RELA) {
        throw new ObjectError(
          "unsupported",
          "expected relocations without addends, as all compilers for BPF write, found some with",
          {
            section: section.name,
          },
        );
      }
      count += recordCount(section, REL_SIZE);
    }
    if (count === 0) return null;
    const offset = new Float64Array(count);
    const symbol = new Uint32Array(count);
    const type = new Uint32Array(count);
    let index = 0;
    let sorted = true;
    for (const section of sections) {
      const view = new DataView(section.bytes.buffer, section.bytes.byteOffset, section.bytes.byteLength);
      for (let at = 0; at < section.size; at += REL_SIZE, index++) {
        // r_info is one u64: symbol in the upper, type in the lower half.
        const type32 = view.getUint32(at + (this.littleEndian ? 8 : 12), this.littleEndian);
        const symbol32 = view.getUint32(at + (this.littleEndian ? 12 : 8), this.littleEndian);
        if (symbol32 >= this.symbols.count) {
          const message = `expected a symbol below ${this.symbols.count}, found ${symbol32}`;
          throw new ObjectError("symbol", message, { section: section.name, offset: at });
        }
        offset[index] = readU64(view, at, this.littleEndian);
        symbol[index] = symbol32;
        type[index] = type32;
        if (!(offset[index]! < target.size)) {
          const message = `expected a relocation within ${target.size} bytes of ${printable(target.name)}, found one at ${offset[index]}`;
          throw new ObjectError("relocation", message, { section: section.name, offset: at });
        }
        if (index > 0 && offset[index]! < offset[index - 1]!) sorted = false;
      }
    }
    const table = { count, offset, symbol, type };
    return sorted ? table : sortRelocations(table);
  }

  #checkHeader(): boolean {
    const bytes = this.#bytes;
    if (bytes.length < 4 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
      throw new ObjectError("not-an-object", "expected an ELF object file (it starts with 7f 45 4c 46), found something else");
    }
    if (bytes.length < HEADER_SIZE) {
      throw new ObjectError(
        "bounds",
        `expected an ELF header of ${HEADER_SIZE} bytes, found the end of the file after ${bytes.length}`,
      );
    }
    if (bytes[4] !== 2)
      throw new ObjectError("not-an-object", "expected a 64-bit ELF file, found a 32-bit one; build it with -target bpf");
    const order = bytes[5]!;
    if (order !== 1 && order !== 2) {
      throw new ObjectError("not-an-object", `expected byte order 1 or 2, found ${order}`, { offset: 5 });
    }
    const littleEndian = order === 1;
    const type = this.#view.getUint16(16, littleEndian);
    const machine = this.#view.getUint16(18, littleEndian);
    if (machine !== EM_BPF && machine !== 0) {
      throw new ObjectError(
        "not-an-object",
        `expected an object for BPF (machine ${EM_BPF}), found machine ${machine}; build it with -target bpf`,
        { offset: 18 },
      );
    }
    if (type !== ET_REL) {
      throw new ObjectError(
        "not-an-object",
        `expected a relocatable file (type ${ET_REL}), found type ${type}; link with "skep link" or "bpftool gen object"`,
        { offset: 16 },
      );
    }
    if (machine === 0)
      this.notes.push(
        "the file does not say that it is for BPF (machine 0), as compilers before LLVM 3.9 did; it is read as if it were",
      );
    return littleEndian;
  }

  #readSections(): ElfSection[] {
    const view = this.#view;
    const little = this.littleEndian;
    const tableOffset = readU64(view, 40, little);
    const entrySize = view.getUint16(58, little);
    let count = view.getUint16(60, little);
    let namesIndex = view.getUint16(62, little);
    if (tableOffset === 0) throw new ObjectError("bounds", "expected a section table, found none", { offset: 40 });
    if (entrySize !== SECTION_SIZE) {
      throw new ObjectError("bounds", `expected section headers of ${SECTION_SIZE} bytes, found ${entrySize}`, { offset: 58 });
    }
    if (!(tableOffset + SECTION_SIZE <= this.#bytes.length)) throw this.#outside("section table", tableOffset, SECTION_SIZE, 40);
    // More than 65,279 sections: the numbers are in the first, otherwise empty header.
    if (count === 0) count = readU64(view, tableOffset + 32, little);
    if (namesIndex === SHN.XINDEX) namesIndex = view.getUint32(tableOffset + 40, little);
    if (!(tableOffset + count * SECTION_SIZE <= this.#bytes.length))
      throw this.#outside("section table", tableOffset, count * SECTION_SIZE, 40);
    if (count > 0 && namesIndex >= count) {
      throw new ObjectError("bounds", `expected the section of section names below ${count}, found ${namesIndex}`, {
        offset: 62,
      });
    }
    let claimed = 0;
    const ranges: { start: number; size: number }[] = [];
    for (let index = 0; index < count; index++) {
      const at = tableOffset + index * SECTION_SIZE;
      const type = view.getUint32(at + 4, little);
      const start = readU64(view, at + 24, little);
      const size = index === 0 ? 0 : readU64(view, at + 32, little);
      const inFile = type === SHT.NOBITS || type === 0 ? 0 : size;
      if (!(start + inFile <= this.#bytes.length) && inFile > 0) throw this.#outside(`section ${index}`, start, inFile, at);
      if (!(size < 2 ** 32)) throw this.#outside(`section ${index}`, start, size, at);
      claimed += inFile;
      ranges.push({ start: inFile > 0 ? start : 0, size: inFile });
    }
    if (claimed > this.#bytes.length) {
      const message = `expected sections that do not overlap, found ${claimed} bytes of sections in a file of ${this.#bytes.length}`;
      throw new ObjectError("bounds", message, { offset: tableOffset });
    }
    const names = ranges[namesIndex];
    const name = nameReader(names === undefined ? new Uint8Array() : this.#slice(names), "section names", this.budget);
    return ranges.map((range, index) => {
      const at = tableOffset + index * SECTION_SIZE;
      const type = view.getUint32(at + 4, little);
      const flags = readU64(view, at + 8, little);
      const text = name(view.getUint32(at, little));
      const section: ElfSection = {
        index,
        name: text,
        type: index === 0 ? 0 : type,
        // The flags that mean anything here are in the lower half.
        flags: (flags % 2 ** 32) | 0,
        bytes: this.#slice(range),
        size: index === 0 ? 0 : type === SHT.NOBITS ? readU64(view, at + 32, little) : range.size,
        link: view.getUint32(at + 40, little),
        info: view.getUint32(at + 44, little),
        align: readU64(view, at + 48, little),
      };
      // Debug information may be compressed: nobody reads it here.
      if ((section.flags & SHF.COMPRESSED) !== 0 && (section.flags & SHF.ALLOC) !== 0) {
        throw new ObjectError(
          "unsupported",
          "expected plain bytes, found a compressed section; build without section compression",
          { section: text },
        );
      }
      return section;
    });
  }

  #readSymbols(): ElfSymbols {
    const tables = this.sections.filter((section) => section.type === SHT.SYMTAB);
    const table = tables[0];
    if (tables.length > 1)
      throw new ObjectError("bounds", `expected one symbol table, found ${tables.length}`, { section: tables[1]!.name });
    const count = table === undefined ? 0 : recordCount(table, SYMBOL_SIZE);
    const binding = new Uint8Array(count);
    const type = new Uint8Array(count);
    const visibility = new Uint8Array(count);
    const section = new Int32Array(count);
    const value = new Float64Array(count);
    const size = new Float64Array(count);
    const nameOffset = new Uint32Array(count);
    if (table === undefined) return { count, binding, type, visibility, section, value, size, name: () => "" };
    const strings = this.sections[table.link];
    if (strings === undefined || strings.type !== SHT.STRTAB) {
      throw new ObjectError("bounds", `expected the names of symbols in a string table, found section ${table.link}`, {
        section: table.name,
      });
    }
    const extended = this.sections.find((other) => other.type === SHT.SYMTAB_SHNDX && other.link === table.index);
    if (extended !== undefined && recordCount(extended, 4) < count) {
      throw new ObjectError("bounds", `expected ${count} extended section numbers, found ${recordCount(extended, 4)}`, {
        section: extended.name,
      });
    }
    const extendedView =
      extended === undefined ? null : new DataView(extended.bytes.buffer, extended.bytes.byteOffset, extended.size);
    const view = new DataView(table.bytes.buffer, table.bytes.byteOffset, table.bytes.byteLength);
    const little = this.littleEndian;
    for (let index = 0; index < count; index++) {
      const at = index * SYMBOL_SIZE;
      nameOffset[index] = view.getUint32(at, little);
      const info = view.getUint8(at + 4);
      binding[index] = info >>> 4;
      type[index] = info & 15;
      visibility[index] = view.getUint8(at + 5) & 3;
      const short = view.getUint16(at + 6, little);
      let number: number = short >= SHN.LORESERVE ? -1 : short;
      if (short === SHN.XINDEX && extendedView !== null) number = extendedView.getUint32(index * 4, little);
      if (number >= this.sections.length) {
        const message = `expected a section below ${this.sections.length}, found ${number}`;
        throw new ObjectError("bounds", message, { section: table.name, offset: at });
      }
      section[index] = number;
      value[index] = readU64(view, at + 8, little);
      size[index] = readU64(view, at + 16, little);
    }
    const read = nameReader(strings.bytes, strings.name, this.budget);
    return { count, binding, type, visibility, section, value, size, name: (index) => read(nameOffset[index]!) };
  }

  #slice({ start, size }: { start: number; size: number }): Uint8Array {
    return this.#bytes.subarray(start, start + size);
  }

  #outside(what: string, start: number, size: number, offset: number): ObjectError {
    const message = `expected the ${what} within the file's ${this.#bytes.length} bytes, found ${size} bytes from ${start}; the file is cut off or damaged`;
    return new ObjectError("bounds", message, { offset });
  }
}

/** As a number: exact below 2^53, and beyond every file above. */
function readU64(view: DataView, at: number, littleEndian: boolean): number {
  const low = view.getUint32(at + (littleEndian ? 0 : 4), littleEndian);
  const high = view.getUint32(at + (littleEndian ? 4 : 0), littleEndian);
  return high * 2 ** 32 + low;
}

function recordCount(section: ElfSection, size: number): number {
  if (section.bytes.length % size !== 0) {
    throw new ObjectError("bounds", `expected a multiple of ${size} bytes, found ${section.bytes.length}`, {
      section: section.name,
    });
  }
  return section.bytes.length / size;
}

function sortRelocations(table: ElfRelocations): ElfRelocations {
  const order = Array.from({ length: table.count }, (_, index) => index);
  order.sort((a, b) => table.offset[a]! - table.offset[b]! || a - b);
  return {
    count: table.count,
    offset: Float64Array.from(order, (index) => table.offset[index]!),
    symbol: Uint32Array.from(order, (index) => table.symbol[index]!),
    type: Uint32Array.from(order, (index) => table.type[index]!),
  };
}

const decoder = new TextDecoder();

/** Reads NUL-terminated names by offset, each once. */
function nameReader(bytes: Uint8Array, section: string, budget: Budget): (offset: number) => string {
  const known = new Map<number, string>();
  return (offset) => {
    const cached = known.get(offset);
    if (cached !== undefined) return cached;
    if (offset === 0 && bytes.length === 0) return "";
    const end = offset < bytes.length ? bytes.indexOf(0, offset) : -1;
    if (end < 0) throw new ObjectError("bounds", `expected a name that ends within ${bytes.length} bytes`, { section, offset });
    budget.spend(end - offset, "names", { section });
    const name = decoder.decode(bytes.subarray(offset, end));
    known.set(offset, name);
    return name;
  };
}

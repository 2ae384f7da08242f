/**
 * Functions of programs and libraries of this machine: from a name to the place in the file where a probe goes. Reads what it needs of the
 * file and nothing else: a Node binary has 120 MB.
 *
 * Format: System V ABI, "Object Files"; 64-bit files only.
 */

/** Reads `length` bytes of a file from `offset`; fewer at its end. */
export type ReadFile = (offset: number, length: number) => Uint8Array;

export interface ElfFunction {
  readonly name: string;
  /** In the file's own addresses. */
  readonly address: number;
  /** Bytes from the file's start. */
  readonly offset: number;
  readonly size: number;
}

/** A symbol of a function, before it is known where in the file it is. */
interface FunctionSymbol {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  /** Other files see it. */
  readonly global: boolean;
  /** `GLIBC_2.14`; null when it has none. */
  readonly version: string | null;
  /** Only those who ask for its version are given it. */
  readonly hidden: boolean;
}

/** What a file is not, for a message: `is no ELF file`. */
export class ElfFileError extends Error {
  override readonly name = "ElfFileError";
}

interface Section {
  readonly type: number;
  readonly name: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly entrySize: number;
}

interface Segment {
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

const SHT = { symbols: 2, dynamicSymbols: 11, versionDefinitions: 0x6fff_fffd, versions: 0x6fff_ffff } as const;
const PT_LOAD = 1;
const ET_DYN = 3;
const STT = { function: 2, indirectFunction: 10 } as const;
const STB_LOCAL = 0;
/** Bytes of an entry of each table. */
const SYMBOL = 24;
const SEGMENT = 56;
const SECTION = 64;

export class ElfSymbols {
  readonly #read: ReadFile;
  readonly #little: boolean;
  readonly #sections: readonly Section[];
  readonly #segments: readonly Segment[];

  /** @throws ElfFileError */
  constructor(read: ReadFile) {
    this.#read = read;
    const header = read(0, 64);
    if (header.length < 64 || header[0] !== 0x7f || header[1] !== 0x45 || header[2] !== 0x4c || header[3] !== 0x46)
      throw new ElfFileError("is no ELF file");
    if (header[4] !== 2) throw new ElfFileError("is a 32-bit ELF file; probes are set in 64-bit files only");
    this.#little = header[5] === 1;
    const view = viewOf(header);
    const little = this.#little;
    const table = (offset: number, size: number, count: number): DataView[] => {
      const bytes = read(offset, size * count);
      return Array.from({ length: Math.floor(bytes.length / size) }, (_, at) => viewOf(bytes, at * size, size));
    };
    const [segments, sections] = [view.getUint16(56, little), view.getUint16(60, little)];
    if ((segments > 0 && view.getUint16(54, little) !== SEGMENT) || (sections > 0 && view.getUint16(58, little) !== SECTION))
      throw new ElfFileError("has damaged headers");
    const number = (from: DataView, at: number): number => Number(from.getBigUint64(at, little));
    this.#segments = table(number(view, 32), SEGMENT, segments)
      .filter((entry) => entry.getUint32(0, little) === PT_LOAD)
      .map((entry) => ({ offset: number(entry, 8), address: number(entry, 16), size: number(entry, 32) }));
    this.#sections = (sections === 0 ? [] : table(number(view, 40), SECTION, sections)).map((entry) => ({
      name: entry.getUint32(0, little),
      type: entry.getUint32(4, little),
      address: number(entry, 16),
      offset: number(entry, 24),
      size: number(entry, 32),
      link: entry.getUint32(40, little),
      entrySize: number(entry, 56),
    }));
  }

  /**
   * The function of that name, of several one that other files see; of several versions that of the one behind `@` (`memcpy@GLIBC_2.14`), else
   * the one that programs get that are linked now. Undefined when there is none.
   */
  find(name: string): ElfFunction | undefined {
    const [wanted = "", version = null] = name.split(/@+/);
    let best: FunctionSymbol | undefined;
    const worth = (symbol: FunctionSymbol | undefined): number =>
      symbol === undefined ? 0 : 1 + (symbol.global ? 1 : 0) + (symbol.hidden ? 0 : 2);
    for (const symbol of this.symbols((candidate) => candidate === wanted)) {
      if (version !== null && symbol.version !== version) continue;
      if (worth(symbol) > worth(best)) best = symbol;
    }
    return best === undefined ? undefined : this.#placed(best);
  }

  /** All functions whose name, without a version, the test takes; each place once. */
  all(test: (name: string) => boolean): readonly ElfFunction[] {
    const found = new Map<number, ElfFunction>();
    for (const symbol of this.symbols(test)) {
      const placed = found.has(symbol.address) ? undefined : this.#placed(symbol);
      if (placed !== undefined) found.set(symbol.address, placed);
    }
    return [...found.values()];
  }

  #placed({ name, address, size }: FunctionSymbol): ElfFunction | undefined {
    const offset = this.offsetOf(address);
    return offset === undefined ? undefined : { name, address, offset, size };
  }

  /** The place in the file of an address as the file's own; undefined when nothing of the file is loaded there. */
  offsetOf(address: number): number | undefined {
    const segment = this.#segments.find((each) => address >= each.address && address < each.address + each.size);
    return segment === undefined ? undefined : address - segment.address + segment.offset;
  }

  /** Numbers are in that order. */
  get littleEndian(): boolean {
    return this.#little;
  }

  /** It is loaded where the dynamic linker wants: a library, or a program that is position-independent (`ET_DYN`). */
  get movable(): boolean {
    return viewOf(this.#read(0, 64)).getUint16(16, this.#little) === ET_DYN;
  }

  /** A section's bytes by its name; undefined when there is none. */
  section(name: string): Uint8Array | undefined {
    const found = this.#section(name);
    return found === undefined ? undefined : this.#read(found.offset, found.size);
  }

  /** The address that a section is loaded at, as the file's own; undefined when there is none. */
  sectionAddress(name: string): number | undefined {
    return this.#section(name)?.address;
  }

  #section(name: string): Section | undefined {
    const names = this.#names();
    return this.#sections.find((section) => textAt(names, section.name) === name);
  }

  #names(): Uint8Array {
    const index = viewOf(this.#read(0, 64)).getUint16(62, this.#little);
    const section = this.#sections[index];
    return section === undefined ? new Uint8Array(0) : this.#read(section.offset, section.size);
  }

  /** It has the symbols that debuggers want, and not those alone that the dynamic linker needs. */
  get hasAllSymbols(): boolean {
    return this.#sections.some(({ type }) => type === SHT.symbols);
  }

  *symbols(test: (name: string) => boolean): Generator<FunctionSymbol> {
    for (const type of [SHT.symbols, SHT.dynamicSymbols]) {
      for (const section of this.#sections) {
        const strings = this.#sections[section.link];
        if (section.type !== type || strings === undefined || section.entrySize !== SYMBOL) continue;
        const names = this.#read(strings.offset, strings.size);
        const bytes = this.#read(section.offset, section.size);
        const view = viewOf(bytes);
        const versions = type === SHT.dynamicSymbols ? this.#versions() : null;
        for (let at = 0; at + SYMBOL <= bytes.length; at += SYMBOL) {
          const info = bytes[at + 4] ?? 0;
          const address = Number(view.getBigUint64(at + 8, this.#little));
          // Section 0: defined elsewhere.
          if (((info & 15) !== STT.function && (info & 15) !== STT.indirectFunction) || address === 0) continue;
          if (view.getUint16(at + 6, this.#little) === 0) continue;
          // Linkers write versions behind names in the table for debuggers: one @ when it is hidden.
          const [name = "", own] = textAt(names, view.getUint32(at, this.#little)).split(/@+(?=[^@]*$)/);
          if (!test(name)) continue;
          const { version = own ?? null, hidden = false } = versions?.(at / SYMBOL) ?? {};
          const size = Number(view.getBigUint64(at + 16, this.#little));
          yield { name, address, size, global: info >> 4 !== STB_LOCAL, version, hidden };
        }
      }
    }
  }

  /**
   * Versions of dynamic symbols by their place (`Elf64_Versym`, `Elf64_Verdef`: LSB Core, "Symbol Versioning"). Null when the file has none.
   */
  #versions(): ((place: number) => { readonly version: string | null; readonly hidden: boolean }) | null {
    const table = this.#sections.find(({ type }) => type === SHT.versions);
    if (table === undefined) return null;
    const places = viewOf(this.#read(table.offset, table.size));
    const names = new Map<number, string>();
    const definitions = this.#sections.find(({ type }) => type === SHT.versionDefinitions);
    const strings = definitions === undefined ? undefined : this.#sections[definitions.link];
    if (definitions !== undefined && strings !== undefined) {
      const texts = this.#read(strings.offset, strings.size);
      const view = viewOf(this.#read(definitions.offset, definitions.size));
      for (let at = 0, next = 1; next !== 0 && at + 20 <= view.byteLength; at += next) {
        const auxiliary = at + view.getUint32(at + 12, this.#little);
        if (auxiliary + 4 > view.byteLength) break;
        names.set(view.getUint16(at + 4, this.#little), textAt(texts, view.getUint32(auxiliary, this.#little)));
        next = view.getUint32(at + 16, this.#little);
      }
    }
    return (place) => {
      const value = place * 2 + 2 <= places.byteLength ? places.getUint16(place * 2, this.#little) : 0;
      return { version: names.get(value & 0x7fff) ?? null, hidden: (value & 0x8000) !== 0 };
    };
  }
}

function viewOf(bytes: Uint8Array, at = 0, length = bytes.length - at): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + at, length);
}

const decoder = new TextDecoder();

function textAt(strings: Uint8Array, at: number): string {
  const end = strings.indexOf(0, at);
  return decoder.decode(strings.subarray(at, end < 0 ? strings.length : end));
}

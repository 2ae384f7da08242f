/** Writes ELF files for tests: whatever is asked for, also what no compiler writes. Little-endian. */

export interface BuiltSection {
  readonly name: string;
  /** `SHT_*`; default 1, `PROGBITS`. */
  readonly type?: number;
  readonly flags?: number;
  /** The bytes, or the size of a `NOBITS` section. */
  readonly data: Uint8Array | number;
  readonly link?: number;
  readonly info?: number;
}

export interface BuiltSymbol {
  readonly name: string;
  /** Name of a section; absent: undefined. */
  readonly section?: string;
  readonly value?: number;
  readonly size?: number;
  /** `STB_*`; default 1, global. */
  readonly binding?: number;
  /** `STT_*`; default 0. */
  readonly type?: number;
  readonly visibility?: number;
}

export interface BuiltRelocation {
  readonly section: string;
  readonly offset: number;
  readonly symbol: string;
  readonly type?: number;
}

export interface BuiltObject {
  readonly sections: readonly BuiltSection[];
  readonly symbols?: readonly BuiltSymbol[];
  readonly relocations?: readonly BuiltRelocation[];
  /** Default 247, `EM_BPF`. */
  readonly machine?: number;
}

export const CODE = 6;

/** The file: header, the sections given, relocations, symbols, names, section headers. */
export function buildElf({ sections, symbols = [], relocations = [], machine = 247 }: BuiltObject): Uint8Array {
  const strings = new Strings();
  const indexOf = new Map(sections.map(({ name }, index) => [name, index + 1]));
  const relocated = [...new Set(relocations.map(({ section }) => section))];
  const symbolTable = sections.length + relocated.length + 1;
  const ordered = [...symbols].sort((a, b) => Math.min(a.binding ?? 1, 1) - Math.min(b.binding ?? 1, 1));
  const symbolIndex = new Map(ordered.map(({ name }, index) => [name, index + 1]));
  const symbolBytes = new Uint8Array((ordered.length + 1) * 24);
  const symbolView = new DataView(symbolBytes.buffer);
  ordered.forEach(({ name, section, value = 0, size = 0, binding = 1, type = 0, visibility = 0 }, index) => {
    const at = (index + 1) * 24;
    symbolView.setUint32(at, strings.offset(name), true);
    symbolView.setUint8(at + 4, (binding << 4) | type);
    symbolView.setUint8(at + 5, visibility);
    symbolView.setUint16(at + 6, section === undefined ? 0 : indexOf.get(section)!, true);
    symbolView.setBigUint64(at + 8, BigInt(value), true);
    symbolView.setBigUint64(at + 16, BigInt(size), true);
  });
  const all: BuiltSection[] = [
    ...sections,
    ...relocated.map((target) => {
      const own = relocations.filter(({ section }) => section === target);
      const data = new Uint8Array(own.length * 16);
      const view = new DataView(data.buffer);
      own.forEach(({ offset, symbol, type = 1 }, index) => {
        view.setBigUint64(index * 16, BigInt(offset), true);
        view.setUint32(index * 16 + 8, type, true);
        view.setUint32(index * 16 + 12, symbolIndex.get(symbol)!, true);
      });
      return { name: `.rel${target}`, type: 9, data, link: symbolTable, info: indexOf.get(target)! };
    }),
    { name: ".symtab", type: 2, data: symbolBytes, link: symbolTable + 1, info: 1 },
  ];
  const nameOffsets = [...all.map(({ name }) => strings.offset(name)), strings.offset(".strtab")];
  all.push({ name: ".strtab", type: 3, data: strings.bytes() });

  let end = 64;
  const starts = all.map(({ data }) => {
    const start = end;
    if (typeof data !== "number") end = Math.ceil((end + data.length) / 8) * 8;
    return start;
  });
  const file = new Uint8Array(end + (all.length + 1) * 64);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 1, true);
  view.setUint16(18, machine, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(40, BigInt(end), true);
  view.setUint16(52, 64, true);
  view.setUint16(58, 64, true);
  view.setUint16(60, all.length + 1, true);
  view.setUint16(62, all.length, true);
  all.forEach(({ type = 1, flags = 0, data, link = 0, info = 0 }, index) => {
    const at = end + (index + 1) * 64;
    view.setUint32(at, nameOffsets[index]!, true);
    view.setUint32(at + 4, type, true);
    view.setBigUint64(at + 8, BigInt(flags), true);
    view.setBigUint64(at + 24, BigInt(starts[index]!), true);
    view.setBigUint64(at + 32, BigInt(typeof data === "number" ? data : data.length), true);
    view.setUint32(at + 40, link, true);
    view.setUint32(at + 44, info, true);
    if (typeof data !== "number") file.set(data, starts[index]!);
  });
  return file;
}

class Strings {
  readonly #offsets = new Map<string, number>();
  readonly #encoder = new TextEncoder();
  readonly #parts: Uint8Array[] = [new Uint8Array(1)];
  #length = 1;

  offset(text: string): number {
    if (text === "") return 0;
    let offset = this.#offsets.get(text);
    if (offset === undefined) {
      offset = this.#length;
      const bytes = this.#encoder.encode(`${text}\0`);
      this.#parts.push(bytes);
      this.#length += bytes.length;
      this.#offsets.set(text, offset);
    }
    return offset;
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/** Instructions from words: opcode, registers (src << 4 | dst), offset, immediate. */
export function code(...instructions: (readonly [number, number, number, number])[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  instructions.forEach(([opcode, registers, offset, immediate], slot) => {
    bytes[slot * 8] = opcode;
    bytes[slot * 8 + 1] = registers;
    view.setInt16(slot * 8 + 2, offset, true);
    view.setInt32(slot * 8 + 4, immediate, true);
  });
  return bytes;
}

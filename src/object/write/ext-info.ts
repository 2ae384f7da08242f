/**
 * Writes `.BTF.ext`: functions, lines and CO-RE relocations, by section. The counterpart of the reader's `ext-info.ts`.
 *
 * Source: Documentation/bpf/btf.rst, section 4.2 (.BTF.ext section).
 */

const MAGIC = 0xeb9f;
const VERSION = 1;
/** With the fields for CO-RE relocations. */
const HEADER_SIZE = 32;

/** Words of each record, and which of them are strings. */
const RECORDS = {
  functions: { width: 2, strings: [] },
  lines: { width: 4, strings: [1, 2] },
  core: { width: 4, strings: [2] },
} as const;

export type RecordKind = keyof typeof RECORDS;

const ORDER: readonly RecordKind[] = ["functions", "lines", "core"];

/** Collects records as flat lists of u32, the first of each the offset in bytes from the start of the section. */
export class ExtInfoWriter {
  readonly #records: Record<RecordKind, Map<string, number[]>> = { functions: new Map(), lines: new Map(), core: new Map() };
  readonly #texts = new Map<string, number>();

  /** The number by which records refer to a string: where it is in `.BTF` is known only when that is finished. */
  text(text: string): number {
    let number = this.#texts.get(text);
    if (number === undefined) {
      number = this.#texts.size;
      this.#texts.set(text, number);
    }
    return number;
  }

  /** The records of a section, to add to; those of one section are in ascending order of offset. */
  of(kind: RecordKind, section: string): number[] {
    let words = this.#records[kind].get(section);
    if (words === undefined) {
      words = [];
      this.#records[kind].set(section, words);
      this.text(section);
    }
    return words;
  }

  get isEmpty(): boolean {
    return ORDER.every((kind) => this.#sections(kind).length === 0);
  }

  /** All strings that must be in `.BTF`. */
  get texts(): readonly string[] {
    return [...this.#texts.keys()];
  }

  /** @param offsets of `texts`, in the strings of `.BTF` */
  encode(littleEndian: boolean, offsets: ArrayLike<number>): Uint8Array {
    const lengths = ORDER.map((kind) => this.#length(kind));
    const bytes = new Uint8Array(HEADER_SIZE + lengths.reduce((sum, length) => sum + length, 0));
    const view = new DataView(bytes.buffer);
    const put = (at: number, value: number): void => view.setUint32(at, value, littleEndian);
    view.setUint16(0, MAGIC, littleEndian);
    view.setUint8(2, VERSION);
    put(4, HEADER_SIZE);
    let at = HEADER_SIZE;
    ORDER.forEach((kind, index) => {
      put(8 + index * 8, at - HEADER_SIZE);
      put(12 + index * 8, lengths[index]!);
      if (lengths[index] === 0) return;
      const { width, strings } = RECORDS[kind];
      const isString = Array.from({ length: width }, (_, column) => (strings as readonly number[]).includes(column));
      put(at, width * 4);
      at += 4;
      for (const [section, words] of this.#sections(kind)) {
        put(at, offsets[this.text(section)]!);
        put(at + 4, words.length / width);
        at += 8;
        for (let word = 0; word < words.length; word++) {
          put(at, isString[word % width] ? offsets[words[word]!]! : words[word]!);
          at += 4;
        }
      }
    });
    return bytes;
  }

  #sections(kind: RecordKind): [string, number[]][] {
    return [...this.#records[kind]].filter(([, words]) => words.length > 0);
  }

  #length(kind: RecordKind): number {
    const sections = this.#sections(kind);
    return sections.length === 0 ? 0 : sections.reduce((length, [, words]) => length + 8 + words.length * 4, 4);
  }
}

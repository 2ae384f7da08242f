/**
 * Writes `.BTF.ext`: functions, lines and CO-RE relocations, by section. The counterpart of the reader's `ext-info.ts`.
 *
 * Source: Documentation/bpf/btf.rst, section 4.2 (.BTF.ext section).
 */

const MAGIC = 0xeb9f;
const VERSION = 1;
/** With the fields for CO-RE relocations. */
const HEADER_SIZE = 32;

/** Words of each record: functions, lines, CO-RE relocations. */
const WIDTHS = { functions: 2, lines: 4, core: 4 } as const;

export type RecordKind = keyof typeof WIDTHS;

const ORDER: readonly RecordKind[] = ["functions", "lines", "core"];

/** Records as flat lists of u32, the first of each the offset in bytes from the start of the section. */
export class ExtInfoWriter {
  readonly #records: Record<RecordKind, Map<string, number[]>> = { functions: new Map(), lines: new Map(), core: new Map() };

  /**
   * Adds a record; those of one section in ascending order of offset.
   * @param words offset and FUNC id; or offset, file, text (strings of `.BTF`), line << 10 | column; or offset, type, access string, kind
   */
  add(kind: RecordKind, section: string, words: readonly number[]): void {
    const known = this.#records[kind].get(section);
    if (known === undefined) this.#records[kind].set(section, [...words]);
    else for (const word of words) known.push(word);
  }

  get isEmpty(): boolean {
    return ORDER.every((kind) => this.#records[kind].size === 0);
  }

  /** @param string offset of a name in the strings of `.BTF` */
  encode(littleEndian: boolean, string: (text: string) => number): Uint8Array {
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
      const width = WIDTHS[kind];
      put(at, width * 4);
      at += 4;
      for (const [section, words] of this.#records[kind]) {
        put(at, string(section));
        put(at + 4, words.length / width);
        at += 8;
        for (const word of words) {
          put(at, word);
          at += 4;
        }
      }
    });
    return bytes;
  }

  #length(kind: RecordKind): number {
    const sections = this.#records[kind];
    if (sections.size === 0) return 0;
    let length = 4;
    for (const words of sections.values()) length += 8 + words.length * 4;
    return length;
  }
}

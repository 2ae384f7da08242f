/**
 * `.BTF.ext`: for each section of instructions, which function starts where, which source line an instruction comes from,
 * and which instructions depend on kernel types.
 *
 * Source: Documentation/bpf/btf.rst, section 4.2 (.BTF.ext section). Records stay where they are in the file; what is made
 * is one index a section.
 */

import type { Elf, ElfSection } from "./elf.ts";
import { ObjectError } from "./errors.ts";

const MAGIC = 0xeb9f;
const NAME = ".BTF.ext";

/** Records of one kind for one section, in ascending order of offset. */
export class ExtRecords {
  readonly count: number;
  readonly #view: DataView;
  readonly #little: boolean;
  /** Where each record starts in the view. */
  readonly #at: Uint32Array;

  constructor(view: DataView, littleEndian: boolean, at: Uint32Array) {
    this.#view = view;
    this.#little = littleEndian;
    this.#at = at;
    this.count = at.length;
  }

  /** Bytes from the start of the section; always a multiple of 8. */
  offset(index: number): number {
    return this.#view.getUint32(this.#at[index]!, this.#little);
  }

  /** A 32-bit word of the record: word 0 is the offset. */
  word(index: number, word: number): number {
    return this.#view.getUint32(this.#at[index]! + word * 4, this.#little);
  }

  /** Index of the first record at or after a byte offset. */
  from(offset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.offset(middle) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export interface ExtInfo {
  /** Section index → `struct bpf_func_info`: offset, FUNC id. */
  readonly functions: ReadonlyMap<number, ExtRecords>;
  /** Section index → `struct bpf_line_info`: offset, file name, source line, line << 10 | column. */
  readonly lines: ReadonlyMap<number, ExtRecords>;
  /** Section index → `struct bpf_core_relo`: offset, type, access string, kind. */
  readonly core: ReadonlyMap<number, ExtRecords>;
}

const NONE: ExtInfo = { functions: new Map(), lines: new Map(), core: new Map() };

/**
 * Reads the index; an object without the section has no records.
 * @param string reads a string of `.BTF`, where section names are
 * @throws ObjectError `ext-info` when it is malformed.
 */
export function readExtInfo(elf: Elf, string: (offset: number) => string): ExtInfo {
  const section = elf.find(NAME);
  if (section === undefined || section.bytes.length === 0) return NONE;
  const { bytes } = section;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24) throw malformed(`expected a header of 24 bytes, found ${bytes.length}`, 0);
  const little = view.getUint16(0, true) === MAGIC;
  if (view.getUint16(0, little) !== MAGIC) throw malformed("expected the magic number 0xeb9f, found something else", 0);
  if (view.getUint8(2) !== 1) throw malformed(`expected version 1, found ${view.getUint8(2)}`, 2);
  const headerSize = view.getUint32(4, little);
  if (headerSize < 24 || headerSize > bytes.length)
    throw malformed(`expected a header length of 24 to ${bytes.length}, found ${headerSize}`, 4);
  const part = (field: number, what: string, minimum: number): Map<number, ExtRecords> => {
    if (field + 8 > headerSize) return new Map();
    const start = headerSize + view.getUint32(field, little);
    const length = view.getUint32(field + 4, little);
    if (length === 0) return new Map();
    if (start + length > bytes.length || length < 4) {
      throw malformed(`expected the ${what} within ${bytes.length} bytes, found ${length} bytes from ${start}`, field);
    }
    return readPart({ elf, view, little, start, end: start + length, what, minimum, string });
  };
  return { functions: part(8, "functions", 8), lines: part(16, "lines", 16), core: part(24, "CO-RE relocations", 16) };
}

interface Part {
  readonly elf: Elf;
  readonly view: DataView;
  readonly little: boolean;
  readonly start: number;
  readonly end: number;
  readonly what: string;
  /** Bytes of the fields that we know of a record; newer compilers may append more. */
  readonly minimum: number;
  readonly string: (offset: number) => string;
}

function readPart({ elf, view, little, start, end, what, minimum, string }: Part): Map<number, ExtRecords> {
  const size = view.getUint32(start, little);
  if (size < minimum || size % 4 !== 0)
    throw malformed(`expected records of at least ${minimum} bytes for ${what}, found ${size}`, start);
  const found = new Map<number, ExtRecords>();
  let at = start + 4;
  while (at < end) {
    if (at + 8 > end) throw malformed(`expected whole ${what}, found ${end - at} bytes at the end`, at);
    const name = string(view.getUint32(at, little));
    const count = view.getUint32(at + 4, little);
    const records = at + 8;
    const next = records + count * size;
    if (next > end)
      throw malformed(
        `expected ${count} records of ${what} for ${name}, found room for ${Math.floor((end - records) / size)}`,
        at,
      );
    at = next;
    const section = elf.find(name);
    if (section === undefined || count === 0) continue;
    const starts = recordStarts(view, little, { section, what, records, count, size });
    const known = found.get(section.index);
    if (known !== undefined) throw malformed(`expected ${what} of a section once, found those of ${name} twice`, records - 8);
    found.set(section.index, new ExtRecords(view, little, starts));
  }
  return found;
}

interface Records {
  readonly section: ElfSection;
  readonly what: string;
  readonly records: number;
  readonly count: number;
  readonly size: number;
}

function recordStarts(view: DataView, little: boolean, { section, what, records, count, size }: Records): Uint32Array {
  const starts = new Uint32Array(count);
  let previous = 0;
  let sorted = true;
  for (let index = 0; index < count; index++) {
    const at = records + index * size;
    const offset = view.getUint32(at, little);
    if (offset % 8 !== 0 || offset >= section.size) {
      throw malformed(`expected ${what} at an instruction of ${section.name} (${section.size} bytes), found ${offset}`, at);
    }
    if (offset < previous) sorted = false;
    previous = offset;
    starts[index] = at;
  }
  return sorted ? starts : starts.sort((a, b) => view.getUint32(a, little) - view.getUint32(b, little) || a - b);
}

function malformed(message: string, offset: number): ObjectError {
  return new ObjectError("ext-info", message, { section: NAME, offset });
}

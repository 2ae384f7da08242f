/**
 * A BTF, read lazily: opening it locates the types, and each is decoded when asked for. Of what was decoded only the widest
 * types are kept, so a kernel's 127,000 types cost half a megabyte over the file, one and a half with the index of names.
 */

import { decodeType } from "./decode.ts";
import { BtfError } from "./errors.ts";
import { type BtfKind, KIND, KINDS, VLEN_MASK } from "./format.ts";
import { type Layout, locateTypes, readHeader } from "./header.ts";
import { checkLongNames } from "./long-names.ts";
import { type NamedRecords, NameIndex, scanFor } from "./names.ts";
import { alignOf, resolve, sizeOf } from "./size.ts";
import type { BtfType } from "./types.ts";

/**
 * Opens BTF data of either byte order: what `/sys/kernel/btf/vmlinux` holds, or the `.BTF` section of an object. With
 * `base`, the data is split BTF (a kernel module's), whose ids and strings continue those of the base.
 *
 * The bytes are kept, not copied: they must not change.
 * @throws BtfError when the header or the shape of a record is wrong. References between types are checked when followed.
 */
export function openBtf(bytes: Uint8Array, base?: Btf): Btf {
  return new Btf(bytes, base ?? null);
}

export class Btf {
  readonly bytes: Uint8Array;
  readonly base: Btf | null;
  readonly littleEndian: boolean;
  /** Id of the first type of its own: 1, or where the base ends. */
  readonly firstId: number;
  /** Ids run from 0 (void) to `count - 1`, those of the base included. */
  readonly count: number;
  /** The same bytes, for readers of records. */
  readonly view: DataView;

  readonly #layout: Layout;
  /** Own index → where its record starts in `bytes`. */
  readonly #starts: Uint32Array;
  /** First string offset of its own: 0, or the number of bytes of the base's strings. */
  readonly #firstString: number;
  #names: NameIndex | null = null;
  /** Types of many members or the like: a file may refer to one 100,000 times, and whoever follows decodes it as often. */
  readonly #wide = new Map<number, BtfType>();
  /** Whether a name was looked up: a command that needs one name needs no index. */
  #asked = false;

  /** Use `openBtf`. */
  constructor(bytes: Uint8Array, base: Btf | null) {
    const layout = readHeader(bytes);
    if (base !== null && base.littleEndian !== layout.littleEndian) {
      throw new BtfError(
        `expected split BTF in the byte order of its base, found ${layout.littleEndian ? "little" : "big"}-endian`,
      );
    }
    this.bytes = bytes;
    this.base = base;
    this.littleEndian = layout.littleEndian;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.firstId = base === null ? 1 : base.count;
    this.#layout = layout;
    this.#starts = locateTypes(this.view, layout, this.firstId);
    this.#firstString = base === null ? 0 : base.stringsLength;
    this.count = this.firstId + this.#starts.length;
    checkLongNames(this.#records());
  }

  /** Bytes of strings, those of the base included: the first string offset that does not exist. */
  get stringsLength(): number {
    return this.#firstString + this.#layout.stringsEnd - this.#layout.stringsStart;
  }

  /**
   * Decodes a type; 0 gives `void`.
   * @throws BtfError when there is no such id, or the record refers to a string or type that is not there.
   */
  type(id: number): BtfType {
    if (id === 0) return VOID;
    const wide = this.#wide.get(id);
    if (wide !== undefined) return wide;
    const owner = this.#ownerOf(id);
    const at = owner.recordStart(id);
    const type = decodeType(owner, this, id, at);
    if ((owner.view.getUint32(at + 4, owner.littleEndian) & VLEN_MASK) >= WIDE) this.#wide.set(id, type);
    return type;
  }

  /** The kind alone, without decoding. */
  kind(id: number): BtfKind {
    return KINDS[this.kindNumber(id)]!;
  }

  /** Empty for void and anonymous types. */
  name(id: number): string {
    if (id === 0) return "";
    const owner = this.#ownerOf(id);
    return owner.string(owner.view.getUint32(owner.recordStart(id), owner.littleEndian));
  }

  /**
   * The lowest id with that exact name, of one kind or of any, in the base first; undefined when there is none. The first
   * call looks through all names (4 ms for a kernel), the second makes an index (10 ms), all others are O(1).
   */
  find(name: string, kind?: BtfKind): number | undefined {
    if (name === "" || name.includes("\0")) return undefined;
    const inBase = this.base?.find(name, kind);
    if (inBase !== undefined) return inBase;
    const bytes = encoder.encode(name);
    const number = kind === undefined ? KIND.void : KIND[kind];
    const once = !this.#asked && this.#names === null;
    this.#asked = true;
    const id = once ? scanFor(this.#records(), bytes, number) : this.#index().find(bytes, number);
    return id < 0 ? undefined : id;
  }

  /**
   * Every id whose name is `name`, both without flavour (`task_struct___old` is a `task_struct`), in ascending order:
   * what CO-RE takes for candidates.
   */
  flavours(name: string): number[] {
    if (name === "" || name.includes("\0")) return [];
    const own = this.#index().flavours(encoder.encode(name));
    return this.base === null ? own : [...this.base.flavours(name), ...own];
  }

  /** Ids of one kind, or all but void, in ascending order, those of the base included. */
  *ids(kind?: BtfKind): IterableIterator<number> {
    if (this.base !== null) yield* this.base.ids(kind);
    const wanted = kind === undefined ? KIND.void : KIND[kind];
    for (let id = this.firstId; id < this.count; id++) {
      if (wanted === KIND.void || this.kindNumber(id) === wanted) yield id;
    }
  }

  /**
   * Bytes that a value of this type takes; 0 for a flexible array.
   * @throws BtfError for void, functions and forward declarations, which have no size, and for endless chains.
   */
  sizeOf(id: number): number {
    return sizeOf(this, id);
  }

  /** Bytes at which C would align it; a struct whose members lie closer (`packed`) is aligned to what they allow. */
  alignOf(id: number): number {
    return alignOf(this, id);
  }

  /**
   * The id behind typedefs, `const`, `volatile`, `restrict` and type tags; `id` itself when it is none of these.
   * @throws BtfError when the chain is longer than 32: it may be endless.
   */
  resolve(id: number): number {
    return resolve(this, id);
  }

  /**
   * The string at an offset of the string section, as names and line information refer to it.
   * @throws BtfError when there is none.
   */
  string(offset: number): string {
    if (offset === 0) return "";
    if (offset < this.#firstString && this.base !== null) return this.base.string(offset);
    const start = this.#layout.stringsStart + offset - this.#firstString;
    if (start >= this.#layout.stringsEnd || !(start >= 0)) {
      throw new BtfError(`expected the offset of a string below ${this.stringsLength}, found ${offset}`);
    }
    return readString(this.bytes, start);
  }

  // ── for readers of records: the rest of this room ─────────────────────────────────────────────────────────────────

  /** The BTF in whose bytes a type other than void lies: this one, or a base. */
  ownerOf(id: number): Btf {
    return this.#ownerOf(id);
  }

  /** Where the record of an own type starts in `bytes`. */
  recordStart(id: number): number {
    return this.#starts[id - this.firstId]!;
  }

  /** Whether the string at an offset is these bytes, which have no NUL. */
  stringIs(offset: number, wanted: Uint8Array): boolean {
    if (offset < this.#firstString && this.base !== null) return this.base.stringIs(offset, wanted);
    const start = this.#layout.stringsStart + offset - this.#firstString;
    const { bytes } = this;
    for (let index = 0; index < wanted.length; index++) if (bytes[start + index] !== wanted[index]) return false;
    return bytes[start + wanted.length] === 0;
  }

  /** `BTF_KIND_*`; 0 for void. */
  kindNumber(id: number): number {
    if (id === 0) return 0;
    const owner = this.#ownerOf(id);
    return (owner.view.getUint32(owner.recordStart(id) + 4, owner.littleEndian) >>> 24) & 31;
  }

  #ownerOf(id: number): Btf {
    if (id >= this.firstId && id < this.count && Number.isInteger(id)) return this;
    if (this.base !== null && id < this.firstId) return this.base.ownerOf(id);
    throw new BtfError(`expected a type id below ${this.count}, found ${id}`);
  }

  #index(): NameIndex {
    this.#names ??= new NameIndex(this.#records());
    return this.#names;
  }

  #records(): NamedRecords {
    const { stringsStart, stringsEnd } = this.#layout;
    return {
      view: this.view,
      littleEndian: this.littleEndian,
      firstId: this.firstId,
      starts: this.#starts,
      strings: this.bytes.subarray(stringsStart, stringsEnd),
      firstString: this.#firstString,
    };
  }
}

/** Parts from which a decoded type is kept. */
const WIDE = 256;
const VOID: BtfType = Object.freeze({ kind: "void", id: 0, name: "" });
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Most names are short and ASCII, where this is several times as fast as a `TextDecoder`. */
function readString(bytes: Uint8Array, start: number): string {
  let text = "";
  for (let at = start; ; at++) {
    const byte = bytes[at]!;
    if (byte === 0) return text;
    if (byte >= 0x80 || at - start === 64) return decoder.decode(bytes.subarray(start, bytes.indexOf(0, start)));
    text += String.fromCharCode(byte);
  }
}

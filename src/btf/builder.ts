/** Makes BTF: call a method for each type, get its id, and `encode` the whole. */

import type { Btf } from "./btf.ts";
import { encodeType, type RecordTarget } from "./encode.ts";
import { BtfError } from "./errors.ts";
import { HEADER_SIZE, type Linkage, MAGIC, VERSION } from "./format.ts";
import type { BtfType, Enum64Type, EnumType, Member, Parameter, SectionVariable } from "./types.ts";

export interface BuilderOptions {
  /** The BTF whose ids and strings these continue: the result is split BTF on it. */
  readonly base?: Btf;
  /** Default true, or as the base is. */
  readonly littleEndian?: boolean;
}

export interface IntOptions {
  readonly signed?: boolean;
  readonly char?: boolean;
  readonly bool?: boolean;
}

/** A member whose width is left out when it is no bit-field. */
export type NewMember = Omit<Member, "bitSize"> & { readonly bitSize?: number };

/**
 * Types without a body of their own (integers, pointers, arrays, typedefs, qualifiers, tags, prototypes) are made once:
 * asking again gives the same id. Structs, unions, enums, functions, variables and sections are new each time.
 *
 * Ids given to it may be of types that come later, which is how a struct refers to itself (`reserve`); `encode` checks
 * that they all exist.
 */
export class BtfBuilder {
  readonly #littleEndian: boolean;
  readonly #firstId: number;
  readonly #firstString: number;
  /** The words of each record; null while only reserved. */
  readonly #records: (readonly number[] | null)[] = [];
  /** The words of a record → its id, for types that are made once. */
  readonly #known = new Map<string, number>();
  /** Text → its offset. */
  readonly #offsets = new Map<string, number>();
  readonly #strings: Uint8Array[] = [];
  #nextString: number;
  #highestReference = 0;
  readonly #target: RecordTarget = { string: (text) => this.string(text), reference: (id) => this.#reference(id) };

  constructor(options: BuilderOptions = {}) {
    const { base } = options;
    this.#littleEndian = options.littleEndian ?? base?.littleEndian ?? true;
    this.#firstId = base?.count ?? 1;
    this.#firstString = base?.stringsLength ?? 0;
    this.#nextString = this.#firstString;
    // A base's strings start with the empty one, which split BTF shares.
    if (base === undefined) this.#appendString("");
  }

  /** The id that the next new type gets. */
  get nextId(): number {
    return this.#firstId + this.#records.length;
  }

  /** Takes an id for a struct or union that is defined later, by passing the id as its `reserved`. */
  reserve(): number {
    this.#records.push(null);
    return this.nextId - 1;
  }

  /** @param size bytes: 1, 2, 4, 8 or 16 */
  int(name: string, size: number, options: IntOptions = {}): number {
    const { signed = false, char = false, bool = false } = options;
    return this.#once({ kind: "int", id: 0, name, size, bits: size * 8, bitOffset: 0, signed, char, bool });
  }

  /** @param type what it points to; 0 for `void *` */
  pointer(type: number): number {
    return this.#once({ kind: "pointer", id: 0, name: "", type });
  }

  /** @param length number of elements; 0 for a flexible array */
  array(element: number, length: number): number {
    // The index type that clang writes.
    const index = this.int("__ARRAY_SIZE_TYPE__", 4);
    return this.#once({ kind: "array", id: 0, name: "", element, index, length });
  }

  /** @param size bytes, padding included */
  struct(name: string, size: number, members: readonly NewMember[], reserved?: number): number {
    return this.#define({ kind: "struct", id: 0, name, size, members: members.map(whole) }, reserved);
  }

  /** @param size bytes, padding included */
  union(name: string, size: number, members: readonly NewMember[], reserved?: number): number {
    return this.#define({ kind: "union", id: 0, name, size, members: members.map(whole) }, reserved);
  }

  /** @param signed default: whether a value is negative */
  enum(name: string, size: number, values: EnumType["values"], signed = values.some(({ value }) => value < 0)): number {
    return this.#push({ kind: "enum", id: 0, name, size, signed, values });
  }

  /** Since Linux 6.0. @param signed default: whether a value is negative */
  enum64(name: string, size: number, values: Enum64Type["values"], signed = values.some(({ value }) => value < 0n)): number {
    return this.#push({ kind: "enum64", id: 0, name, size, signed, values });
  }

  /** @param size bytes: 2, 4, 8, 12 or 16 */
  float(name: string, size: number): number {
    return this.#once({ kind: "float", id: 0, name, size });
  }

  forward(name: string, of: "struct" | "union"): number {
    return this.#once({ kind: "forward", id: 0, name, of });
  }

  typedef(name: string, type: number): number {
    return this.#once({ kind: "typedef", id: 0, name, type });
  }

  volatile(type: number): number {
    return this.#once({ kind: "volatile", id: 0, name: "", type });
  }

  const(type: number): number {
    return this.#once({ kind: "const", id: 0, name: "", type });
  }

  restrict(type: number): number {
    return this.#once({ kind: "restrict", id: 0, name: "", type });
  }

  /** @param result type id of what is returned; 0 for void */
  prototype(result: number, parameters: readonly Parameter[], variadic = false): number {
    return this.#once({ kind: "prototype", id: 0, name: "", result, parameters, variadic });
  }

  /** @param prototype id of its prototype */
  function(name: string, prototype: number, linkage: Linkage): number {
    return this.#push({ kind: "function", id: 0, name, type: prototype, linkage });
  }

  variable(name: string, type: number, linkage: Linkage): number {
    return this.#push({ kind: "variable", id: 0, name, type, linkage });
  }

  /** @param name as the object's section, e.g. `.bss`; the `type` of each variable is the id of a variable */
  section(name: string, size: number, variables: readonly SectionVariable[]): number {
    return this.#push({ kind: "section", id: 0, name, size, variables });
  }

  /** @param component index of the member or parameter; -1 for the whole */
  declTag(name: string, type: number, component = -1): number {
    return this.#once({ kind: "declTag", id: 0, name, type, component, attribute: false });
  }

  typeTag(name: string, type: number): number {
    return this.#once({ kind: "typeTag", id: 0, name, type, attribute: false });
  }

  /**
   * Adds a decoded type as it is, always under a new id; `translate` turns the ids that it refers to into ids here.
   * Void gives 0.
   */
  add(type: BtfType, translate: (id: number) => number): number {
    if (type.kind === "void") return 0;
    const reference = (id: number): number => this.#reference(translate(id));
    this.#records.push(encodeType(type, { string: this.#target.string, reference }));
    return this.nextId - 1;
  }

  /**
   * Adds a string, or finds it again, and returns its offset in the string section.
   * @throws BtfError when it contains a NUL, which ends strings here.
   */
  string(text: string): number {
    if (text === "") return 0;
    return this.#offsets.get(text) ?? this.#appendString(text);
  }

  /**
   * The BTF as bytes: what the kernel takes, or the `.BTF` section of an object. The builder can go on afterwards.
   * @throws BtfError when a type refers to an id that does not exist, or a reserved id was never defined.
   */
  encode(): Uint8Array {
    if (this.#highestReference >= this.nextId) {
      throw new BtfError(`expected type ids below ${this.nextId}, found a reference to ${this.#highestReference}`);
    }
    const records = this.#records.map((record, index) => {
      if (record !== null) return record;
      throw new BtfError("expected every reserved type to be defined, found one that is not", { type: this.#firstId + index });
    });
    const typesSize = 4 * records.reduce((words, record) => words + record.length, 0);
    const stringsSize = this.#nextString - this.#firstString;
    const bytes = new Uint8Array(HEADER_SIZE + typesSize + stringsSize);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, MAGIC, this.#littleEndian);
    view.setUint8(2, VERSION);
    // The types start right after the header, the strings right after the types.
    for (const [at, value] of [
      [4, HEADER_SIZE],
      [8, 0],
      [12, typesSize],
      [16, typesSize],
      [20, stringsSize],
    ] as const) {
      view.setUint32(at, value, this.#littleEndian);
    }
    let at = HEADER_SIZE;
    for (const record of records) {
      for (const word of record) {
        view.setUint32(at, word, this.#littleEndian);
        at += 4;
      }
    }
    for (const string of this.#strings) {
      bytes.set(string, at);
      at += string.length + 1;
    }
    return bytes;
  }

  #push(type: BtfType): number {
    this.#records.push(encodeType(type, this.#target));
    return this.nextId - 1;
  }

  #once(type: BtfType): number {
    const record = encodeType(type, this.#target);
    const key = record.join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#records.push(record);
    const id = this.nextId - 1;
    this.#known.set(key, id);
    return id;
  }

  #define(type: BtfType, reserved: number | undefined): number {
    if (reserved === undefined) return this.#push(type);
    const index = reserved - this.#firstId;
    if (this.#records[index] !== null) {
      throw new BtfError("expected a reserved id that is not defined yet", { type: reserved, typeName: type.name });
    }
    this.#records[index] = encodeType(type, this.#target);
    return reserved;
  }

  #reference(id: number): number {
    if (!Number.isInteger(id) || id < 0 || id > 0xffffffff) throw new BtfError(`expected a type id, found ${id}`);
    if (id > this.#highestReference) this.#highestReference = id;
    return id;
  }

  #appendString(text: string): number {
    if (text.includes("\0")) throw new BtfError(`expected a string without NUL, found ${JSON.stringify(text)}`);
    const bytes = encoder.encode(text);
    const offset = this.#nextString;
    this.#strings.push(bytes);
    this.#nextString += bytes.length + 1;
    this.#offsets.set(text, offset);
    return offset;
  }
}

const encoder = new TextEncoder();

function whole(member: NewMember): Member {
  return { name: member.name, type: member.type, bitOffset: member.bitOffset, bitSize: member.bitSize ?? 0 };
}

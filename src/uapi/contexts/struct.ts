/** Context structs of linux/bpf.h as data: where each field is, and who may read or write it how. */

export interface ContextField {
  readonly name: string;
  /** Bytes. */
  readonly offset: number;
  readonly size: number;
  /** Elements of an array; `size` is of all of them. */
  readonly count: number;
}

export interface ContextStruct {
  /** As in C: `struct __sk_buff`. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly fields: readonly ContextField[];
}

/** Fields one after the other, each aligned to its element as C does it: its size, or `[size, count]`; names in braces are padding. */
export function contextStruct(
  name: string,
  members: Readonly<Record<string, number | readonly [size: number, count: number]>>,
): ContextStruct {
  const fields: ContextField[] = [];
  let at = 0;
  let widest = 1;
  for (const [field, shape] of Object.entries(members)) {
    const [size, count] = typeof shape === "number" ? [shape, 1] : shape;
    at = Math.ceil(at / size) * size;
    widest = Math.max(widest, size);
    if (!field.startsWith("{")) fields.push({ name: field, offset: at, size: size * count, count });
    at += size * count;
  }
  return { name, size: Math.ceil(at / widest) * widest, fields };
}

/**
 * Which accesses of a context the kernel's verifier allows to one program type (`*_is_valid_access` of net/core/filter.c and
 * kernel/bpf/cgroup.c). What is not named may not be touched.
 */
export interface ContextAccess {
  /** May be read, also a byte or half of it (fields of 8 bytes: whole only, but for arrays). */
  readonly read?: readonly string[];
  /** May be read as a whole only. */
  readonly readWhole?: readonly string[];
  /** May be written as a whole. */
  readonly write?: readonly string[];
  /** Arrays of which elements may be written, and two of them at once. */
  readonly writeWords?: readonly string[];
  /** May be written, also a part of it; and two neighbours of an array, or all that is aligned to 8 bytes, at once. */
  readonly writeParts?: readonly string[];
}

/** What a pointer in the context leads to, when it lies right behind it in memory. Bytes. */
export interface ContextAnnex {
  readonly size: number;
  readonly writable: boolean;
}

const NO_ANNEX: ContextAnnex = { size: 0, writable: false };

/** The answer for each offset and size, in a bit each. */
export class ContextRules {
  readonly struct: ContextStruct;
  readonly annex: ContextAnnex;
  readonly writable: boolean;
  /** Of both. */
  readonly size: number;
  /** By offset: bit n set when 2^n bytes may be read, or written. */
  readonly #reads: Uint8Array;
  readonly #writes: Uint8Array;

  constructor(struct: ContextStruct, access: ContextAccess, annex = NO_ANNEX) {
    const { read = [], readWhole = [], write = [], writeWords = [], writeParts = [] } = access;
    this.struct = struct;
    this.annex = annex;
    this.size = struct.size + annex.size;
    this.writable = write.length + writeWords.length + writeParts.length > 0;
    this.#reads = new Uint8Array(struct.size);
    this.#writes = new Uint8Array(struct.size);
    for (const name of read) allow(this.#reads, fieldOf(struct, name), true);
    for (const name of readWhole) allow(this.#reads, fieldOf(struct, name), false);
    for (const name of write) allow(this.#writes, fieldOf(struct, name), false);
    for (const name of writeWords) allow(this.#writes, fieldOf(struct, name), true, 4);
    for (const name of writeParts) allow(this.#writes, fieldOf(struct, name), true);
  }

  /** Whether `size` bytes (1, 2, 4 or 8) at `offset` may be read, or written. Hot in checked mode. */
  allows(offset: number, size: number, write: boolean): boolean {
    if (offset >= this.struct.size) return offset + size <= this.size && (this.annex.writable || !write);
    return ((write ? this.#writes : this.#reads)[offset]! & size) !== 0;
  }
}

/** @throws RangeError, naming what the struct has. */
export function fieldOf(struct: ContextStruct, name: string): ContextField {
  const field = struct.fields.find((each) => each.name === name);
  if (field !== undefined) return field;
  throw new RangeError(`${struct.name} has no field ${name}; it has ${struct.fields.map((each) => each.name).join(", ")}`);
}

function allow(sizes: Uint8Array, { offset, size, count }: ContextField, parts: boolean, least = 1): void {
  const element = size / count;
  const wide = parts && count > 1;
  for (let at = offset; at < offset + size; at++) {
    for (const bytes of [1, 2, 4, 8]) {
      if (bytes < least || at % bytes !== 0 || at + bytes > offset + size) continue;
      const whole = bytes === element && (at - offset) % element === 0;
      if (whole || (parts && element < 8 && bytes < element) || (wide && bytes > element)) sizes[at]! |= bytes;
    }
  }
}

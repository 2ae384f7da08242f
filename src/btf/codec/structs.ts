/**
 * Structs and unions. Members of anonymous structs and unions appear as members of the struct around them, as in C; what
 * remains is a tree of fields in which `all` are there together (struct) or share their place (union).
 */

import { nearest } from "../../nearest.ts";
import { BtfError, ValueError } from "../errors.ts";
import type { TypeCodec } from "./codec.ts";
import { describeValue } from "./describe.ts";
import { readWord } from "./words.ts";

export interface Field {
  readonly kind: "field";
  readonly name: string;
  /** Bytes from the start of the outermost struct. */
  readonly offset: number;
  readonly codec: TypeCodec;
}

export interface Group {
  readonly kind: "all" | "one";
  /** Bytes from the start of the outermost struct. */
  readonly offset: number;
  readonly size: number;
  readonly parts: readonly (Field | Group)[];
}

/**
 * Reads as an object of all fields. `encode` takes an object with every field of a struct and no other; of a union, one
 * field, or several that agree on the bytes (as those of a decoded one do).
 *
 * @throws BtfError when two fields have one name
 * @param typeName for messages, e.g. `struct Ipv4Prefix`
 */
export function structCodec(root: Group, typeName: string): TypeCodec {
  const fields = fieldsOf(root);
  const names = new Set<string>();
  for (const { name } of fields) {
    if (names.has(name)) throw new BtfError(`expected ${typeName} to have each field once, found ${JSON.stringify(name)} twice`);
    names.add(name);
  }
  const tail = fields.reduce((end, { offset, codec }) => Math.max(end, offset + codec.size), 0);
  // A flexible array grows only where nothing follows it.
  const growing = new Set(fields.filter(({ codec, offset }) => codec.flexible && offset + codec.size >= tail));
  const fixed = growing.size === 0;
  const grows = (field: Field): boolean => !fixed && growing.has(field);
  const { size } = root;
  const plain =
    fixed && root.kind === "all" && root.parts.length === fields.length && root.parts.every(({ kind }) => kind === "field");
  const padded = !plain || !fillsAll(fields, size);

  const checkNames = (value: Fields): void => {
    for (const key of Object.keys(value)) if (!names.has(key)) throw unknownField(key, names, typeName);
  };

  const encodePart = (part: Field | Group, value: Fields, bytes: Uint8Array, offset: number, end: number): void => {
    if (part.kind === "field") {
      const given = value[part.name];
      if (given === undefined) {
        // A misspelt name says more than a missing one.
        checkNames(value);
        throw new ValueError(part.name, `a value: ${typeName} has ${list(names)}`, "nothing");
      }
      try {
        part.codec.encode(given, bytes, offset + part.offset, grows(part) ? end : undefined);
      } catch (error) {
        throw error instanceof ValueError ? error.inside(part.name) : error;
      }
    } else if (part.kind === "all") {
      for (const inner of part.parts) encodePart(inner, value, bytes, offset, end);
    } else {
      const given = part.parts.filter((inner) => isGiven(inner, value));
      if (given.length === 0 && part.parts.length > 0) throw new ValueError("", `one of ${list(namesOf(part))}`, "none of them");
      if (given.length === 1) encodePart(given[0]!, value, bytes, offset, end);
      else encodeOverlay(part, given, value, bytes, offset, end);
    }
  };

  /** A struct of fields alone, as most are: no tree to go down. Hot: keys and values of maps. */
  const encodePlain = (value: Fields, bytes: Uint8Array, offset: number): void => {
    let at = 0;
    try {
      for (; at < fields.length; at++) {
        const field = fields[at]!;
        const given = value[field.name];
        if (given === undefined) break;
        field.codec.encode(given, bytes, offset + field.offset);
      }
    } catch (error) {
      throw error instanceof ValueError ? error.inside(fields[at]!.name) : error;
    }
    if (at < fields.length) encodePart(fields[at]!, value, bytes, offset, offset + size);
  };

  const coverPart = (part: Field | Group, mask: Uint8Array, offset: number, end: number): void => {
    if (part.kind !== "field") for (const inner of part.parts) coverPart(inner, mask, offset, end);
    else part.codec.cover(mask, offset + part.offset, grows(part) ? end : offset + part.offset + part.codec.size);
  };

  /** Several fields of one union: each is encoded apart, and the bits that two of them carry must be the same. */
  const encodeOverlay = (
    union: Group,
    given: readonly (Field | Group)[],
    value: Fields,
    bytes: Uint8Array,
    offset: number,
    end: number,
  ): void => {
    const start = offset + union.offset;
    const length = end - start;
    const carried = new Uint8Array(length);
    for (const part of given) {
      const own = new Uint8Array(length);
      const mask = new Uint8Array(length);
      encodePart(part, value, own, -union.offset, length);
      coverPart(part, mask, -union.offset, length);
      for (let index = 0; index < length; index++) {
        const shared = carried[index]! & mask[index]!;
        if (((bytes[start + index]! ^ own[index]!) & shared) !== 0) {
          throw new ValueError(
            "",
            `one of the union's fields ${list(namesOf(union))}`,
            `${list(given.flatMap(namesOf))} that differ`,
          );
        }
        bytes[start + index] = (bytes[start + index]! & ~mask[index]!) | (own[index]! & mask[index]!);
        carried[index]! |= mask[index]!;
      }
    }
  };

  const general: Pick<TypeCodec, "decode" | "decodeInto"> = {
    decode(bytes, offset, end = offset + size) {
      const result: Fields = {};
      for (const field of fields) {
        set(result, field.name, field.codec.decode(bytes, offset + field.offset, grows(field) ? end : undefined));
      }
      return result;
    },
    decodeInto(target, bytes, offset, end = offset + size) {
      const result = isFields(target) ? target : {};
      for (const field of fields) {
        // Of inherited values only that of `__proto__` is an object, and must never be filled.
        const before = field.name === "__proto__" ? undefined : result[field.name];
        const value = field.codec.decodeInto(before, bytes, offset + field.offset, grows(field) ? end : undefined);
        set(result, field.name, value);
      }
      return result;
    },
  };

  return {
    size,
    weight: 1 + fields.reduce((weight, { codec }) => weight + codec.weight, 0),
    flexible: !fixed,
    cover: (mask, offset, end) => coverPart(root, mask, offset, end),
    ...(fixed && fields.length >= WORTH_A_VIEW && !names.has("__proto__") ? readInPlace(fields) : general),
    encode(value, bytes, offset, end = offset + size) {
      if (!isFields(value)) throw new ValueError("", `an object like ${typeName}`, describeValue(value));
      // With as many keys as fields, and no field missing, there is no other: the common case looks up no name.
      if (countKeys(value) !== fields.length) checkNames(value);
      if (padded) bytes.fill(0, offset, offset + size);
      if (plain) encodePlain(value, bytes, offset);
      else encodePart(root, value, bytes, offset, end);
    },
  };
}

/** With fewer fields the view costs more than it brings. */
const WORTH_A_VIEW = 4;

/** Reads structs of a fixed size. Hot: records by the million, maps of many entries. */
function readInPlace(fields: readonly Field[]): Pick<TypeCodec, "decode" | "decodeInto"> {
  const names = fields.map(({ name }) => name);
  const offsets = fields.map(({ offset }) => offset);
  const words = fields.map(({ codec }) => codec.word ?? 0);
  const codecs = fields.map(({ codec }) => codec);
  // To copy an object of all fields is cheaper than to add them one by one.
  const empty: Fields = Object.fromEntries(names.map((name) => [name, undefined]));
  // Who reads many reads most of them from the same bytes.
  let seen: Uint8Array | null = null;
  let view: DataView = new DataView(new ArrayBuffer(0));
  const look = (bytes: Uint8Array): DataView => {
    if (bytes !== seen) {
      view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      seen = bytes;
    }
    return view;
  };
  return {
    decode(bytes, offset) {
      const source = look(bytes);
      const result: Fields = { ...empty };
      for (let index = 0; index < names.length; index++) {
        const word = words[index]!;
        const at = offset + offsets[index]!;
        result[names[index]!] = word === 0 ? codecs[index]!.decode(bytes, at) : readWord(source, at, word);
      }
      return result;
    },
    decodeInto(target, bytes, offset) {
      const source = look(bytes);
      const result: Fields = isFields(target) ? target : { ...empty };
      for (let index = 0; index < names.length; index++) {
        const name = names[index]!;
        const word = words[index]!;
        const at = offset + offsets[index]!;
        result[name] = word === 0 ? codecs[index]!.decodeInto(result[name], bytes, at) : readWord(source, at, word);
      }
      return result;
    },
  };
}

/** Whether there is nothing between and behind fields, which follow each other. */
function fillsAll(fields: readonly Field[], size: number): boolean {
  let end = 0;
  for (const { offset, codec } of fields) {
    if (offset !== end) return false;
    end += codec.size;
  }
  return end === size;
}

type Fields = Record<string, unknown>;

function set(target: Fields, name: string, value: unknown): void {
  if (name === "__proto__") Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function countKeys(value: Fields): number {
  let count = 0;
  for (const _key in value) count++;
  return count;
}

function isGiven(part: Field | Group, value: Fields): boolean {
  return part.kind === "field" ? value[part.name] !== undefined : part.parts.some((inner) => isGiven(inner, value));
}

function fieldsOf(part: Field | Group): Field[] {
  return part.kind === "field" ? [part] : part.parts.flatMap(fieldsOf);
}

function namesOf(part: Field | Group): string[] {
  return fieldsOf(part).map(({ name }) => name);
}

function list(names: Iterable<string>): string {
  const all = [...names];
  return all.length > 12 ? `${all.slice(0, 12).join(", ")}, … (${all.length})` : all.join(", ");
}

function unknownField(key: string, names: ReadonlySet<string>, typeName: string): ValueError {
  const near = nearest(key, names);
  const hint = near === null ? "" : ` (did you mean ${JSON.stringify(near)}?)`;
  return new ValueError("", `the fields of ${typeName}, ${list(names) || "none"}`, `${describeValue(key)}${hint}`);
}

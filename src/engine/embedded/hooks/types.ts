/**
 * How an application says what its hook's context holds: `{ method: u8, path: bytes(64), client: ipv4 }`. The one description gives
 * the TypeScript type of `run`'s argument (`ContextOf`), the layout in memory, the BTF, and declarations for both languages.
 */

/** The most elements of an array: more is beyond what `FixedArray` of the language describes. */
const LONGEST_ARRAY = 999;

export type IntegerName = "u8" | "u16" | "u32" | "u64" | "i8" | "i16" | "i32" | "i64";

export interface IntegerType {
  readonly kind: "integer";
  readonly name: IntegerName;
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

export interface BoolType {
  readonly kind: "bool";
}

/** Bytes as they lie on the wire, never turned around. */
export interface AddressType {
  readonly kind: "address";
  readonly name: "Ipv4Address" | "Ipv6Address" | "MacAddress";
  readonly size: 4 | 6 | 16;
}

export interface BytesType {
  readonly kind: "bytes";
  readonly length: number;
}

export interface TextType {
  readonly kind: "text";
  readonly length: number;
}

export interface ArrayType {
  readonly kind: "array";
  readonly element: FieldType;
  readonly length: number;
}

export interface StructType {
  readonly kind: "struct";
  readonly fields: Fields;
}

export type FieldType = (IntegerType | BoolType | AddressType | BytesType | TextType | ArrayType | StructType) & {
  /** What programs write there comes back to the application. */
  readonly writable?: true;
};

/** In the order in which they lie in memory. */
export type Fields = Readonly<Record<string, FieldType>>;

/** A description that knows what JavaScript value it is for. */
export type Typed<Type extends FieldType, Value> = Type & { readonly "~value"?: Value };

export type ValueOf<Type> = Type extends { readonly "~value"?: infer Value } ? Exclude<Value, undefined> : never;

/** The argument of `run`. Writable fields are changed in it by the programs that ran. */
export type ContextOf<Of extends Fields> = {
  readonly [Name in keyof Of as Of[Name] extends { readonly writable: true } ? never : Name]: ValueOf<Of[Name]>;
} & { [Name in keyof Of as Of[Name] extends { readonly writable: true } ? Name : never]: ValueOf<Of[Name]> };

function integer<Value>(name: IntegerName, size: IntegerType["size"]): Typed<IntegerType, Value> {
  return { kind: "integer", name, size, signed: name.startsWith("i") };
}

/** 0 … 255. */
export const u8 = integer<number>("u8", 1);
export const u16 = integer<number>("u16", 2);
export const u32 = integer<number>("u32", 4);
/** A number up to 2⁵³ - 1 costs nothing to write; a bigint goes all the way. Written back, it is a bigint. */
export const u64 = integer<number | bigint>("u64", 8);
export const i8 = integer<number>("i8", 1);
export const i16 = integer<number>("i16", 2);
export const i32 = integer<number>("i32", 4);
export const i64 = integer<number | bigint>("i64", 8);
export const bool: Typed<BoolType, boolean> = { kind: "bool" };

/** As text (`203.0.113.7`; an IPv4 address in an IPv6 one, as sockets of both have it, counts) or as its four bytes. */
export const ipv4: Typed<AddressType, string | Uint8Array> = { kind: "address", name: "Ipv4Address", size: 4 };
/** As text or as its 16 bytes. The text of an IPv4 address becomes `::ffff:a.b.c.d`. */
export const ipv6: Typed<AddressType, string | Uint8Array> = { kind: "address", name: "Ipv6Address", size: 16 };
export const mac: Typed<AddressType, string | Uint8Array> = { kind: "address", name: "MacAddress", size: 6 };

/**
 * Exactly `length` bytes, 1 … 999. Of a shorter value the rest is zeroes, of a longer one the rest is cut off; text is written as UTF-8,
 * and a character that does not fit whole is left out.
 */
export function bytes(length: number): Typed<BytesType, string | Uint8Array> {
  return { kind: "bytes", length: checked(length) };
}

/**
 * Text that knows its length: in memory `{ length: u16; truncated: bool; bytes: u8[length] }`, with the length in bytes of UTF-8
 * and whether some of it was cut off. 1 … 999 bytes.
 */
export function text(length: number): Typed<TextType, string> {
  return { kind: "text", length: checked(length) };
}

/** Exactly `length` elements, 1 … 999. */
export function array<Element extends FieldType>(
  element: Element,
  length: number,
): Typed<ArrayType, readonly ValueOf<Element>[]> {
  return { kind: "array", element, length: checked(length) };
}

/** A struct in the struct; its own fields cannot be writable one by one. */
export function struct<const Of extends Fields>(fields: Of): Typed<StructType, ContextOf<Of>> {
  return { kind: "struct", fields };
}

/** Of a field of the context itself: programs may assign it, and what they assigned is in the argument of `run` afterwards. */
export function writable<Type extends FieldType>(type: Type): Type & { readonly writable: true } {
  return { ...type, writable: true };
}

function checked(length: number): number {
  if (Number.isInteger(length) && length >= 1 && length <= LONGEST_ARRAY) return length;
  throw new RangeError(`length of a field: expected 1 to ${LONGEST_ARRAY} elements, found ${length}`);
}

/**
 * The types of the language: machine integers, structs laid out as C lays them out, fixed arrays, and references to them.
 *
 * A *stored* type says how bytes in memory are read; a *value* type is what an expression has. They differ in two places:
 * an integer in network order reads as a host-order number, and a struct or array in memory is seen through a reference.
 */

import type { KernelArray, KernelStruct } from "./kernel/structs.ts";
import type { ContextName } from "./library/contexts.ts";
import type { BitField } from "./library/headers.ts";
import type { MapDeclaration } from "./tree.ts";

export type IntName = "u8" | "u16" | "u32" | "u64" | "i8" | "i16" | "i32" | "i64";

/** A host-order integer. An `Ipv4Address` is four bytes as they lie on the wire, not a quantity. */
export interface IntType {
  readonly kind: "int";
  readonly bits: 8 | 16 | 32 | 64;
  readonly signed: boolean;
  readonly name: IntName | "Ipv4Address";
}

export interface BoolType {
  readonly kind: "bool";
}

/** An integer in memory in network byte order; expressions see the host-order `host`. */
export interface NetworkType {
  readonly kind: "network";
  readonly name: "be16" | "be32" | "be64";
  readonly host: IntType;
  /** Bytes that it takes in memory, when it is more than it needs: a port in a word of the kernel's. The others are zero. */
  readonly bytes?: 4;
}

/** An address in memory: of what the kernel has, where no source can declare one, or of something in the arena (`Pointer<Node> | null`). */
export interface PointerType {
  readonly kind: "pointer";
  /** Into an arena it may lead to the struct that it is a field of: it is looked at when all structs are laid out. */
  readonly to: StructType | ArrayType;
  readonly memory: Memory;
  readonly nullable: boolean;
}

export interface Field {
  readonly name: string;
  readonly type: StoredType;
  /** In bytes, from the start of the struct. */
  readonly offset: number;
  /** Declared `readonly`: no assignment changes it or what is in it. */
  readonly constant: boolean;
  /** Of a bit-field, where its bits are; `offset` is then the first byte that has some. */
  readonly bits?: BitField;
}

export interface StructType {
  readonly kind: "struct";
  readonly name: string;
  readonly size: number;
  readonly align: Align;
  /** In ascending order of offset. */
  readonly fields: readonly Field[];
  /** The fields share their place. */
  readonly union?: boolean;
  /** The kernel keeps something in it: a program names it, and neither reads nor writes it. */
  readonly special?: "bpf_spin_lock" | "bpf_timer" | "bpf_wq" | "bpf_dynptr" | "kptr";
  /** A pointer that the program owns, to this. */
  readonly kptr?: KernelStruct;
}

export interface ArrayType {
  readonly kind: "array";
  readonly element: StoredType;
  readonly length: number;
  /** A typedef that gives the bytes a text form, such as `MacAddress`; null for a plain array. */
  readonly name: "MacAddress" | "Ipv6Address" | "FixedString" | null;
}

/** A view of packet bytes: the fields of a protocol header, some of them within bytes. Its layout is in `library/headers.ts`. */
export interface HeaderType {
  readonly kind: "header";
  readonly name: string;
  readonly size: number;
}

export type ScalarType = IntType | BoolType;
export type StoredType = IntType | BoolType | NetworkType | PointerType | StructType | ArrayType;

export type Align = 1 | 2 | 4 | 8;

/**
 * Where a reference points: it decides how long it holds and how the verifier lets it be used. `view`: what the kernel shows of
 * itself, a context or a socket, field by field: the verifier rewrites each access, at an offset that is a constant. `arena`: the
 * value is the address that user space has, too, and cast to the kernel's where it is followed.
 */
export type Memory = "map" | "packet" | "stack" | "context" | "ringbuf" | "view" | "arena";

/** An address of a struct, array or header in memory; with `nullable`, perhaps null. */
export interface ReferenceType {
  readonly kind: "reference";
  readonly to: StructType | ArrayType | HeaderType;
  /** Null for a parameter, which takes any. */
  readonly memory: Memory | null;
  readonly nullable: boolean;
  /** It was reached through a `readonly` field: nothing may be assigned through it. */
  readonly constant?: true;
}

/**
 * How a kernel pointer is read. `direct`: by loads, because the verifier knows what it points to (arguments of typed hooks, results of
 * helpers and kernel functions, and what is read from those). `probe`: by `bpf_probe_read_kernel`, which takes any address. `any`:
 * of a parameter, as whoever calls has it.
 */
export type KernelRead = "direct" | "probe" | "any";

/** A pointer to a struct of the kernel; or `embedded`: a struct or array within what a pointer leads to. */
export interface KernelType {
  readonly kind: "kernel";
  readonly to: KernelStruct | KernelArray;
  readonly read: KernelRead;
  /** Must be compared with null before it is used. Others may be null as well: reading through them gives 0. */
  readonly nullable: boolean;
  readonly embedded: boolean;
}

/** A number or null: what `map.get` gives for a map of numbers. */
export interface NullableType {
  readonly kind: "nullable";
  readonly of: ScalarType;
}

/** The type of an expression. */
export type ValueType =
  | ScalarType
  | ReferenceType
  | KernelType
  | NullableType
  /** A map that was got from a map of maps. */
  | { readonly kind: "map"; readonly map: MapDeclaration; readonly nullable: boolean }
  /** An integer constant that has not met a type yet: it takes the type of what it is used with. */
  | { readonly kind: "literal" }
  | { readonly kind: "null" }
  | { readonly kind: "void" }
  /** The context of a hook, its packet. They exist once in a program and have no representation. */
  | { readonly kind: "context"; readonly name: ContextName }
  | { readonly kind: "packet" }
  /** After an error was reported: agrees with everything, so that one fault gives one message. */
  | { readonly kind: "error" };

function int(name: IntName, bits: IntType["bits"], signed: boolean): IntType {
  return { kind: "int", bits, signed, name };
}

export const INTS: Readonly<Record<IntName, IntType>> = {
  u8: int("u8", 8, false),
  u16: int("u16", 16, false),
  u32: int("u32", 32, false),
  u64: int("u64", 64, false),
  i8: int("i8", 8, true),
  i16: int("i16", 16, true),
  i32: int("i32", 32, true),
  i64: int("i64", 64, true),
};

export const BOOL: BoolType = { kind: "bool" };
export const LITERAL: ValueType = { kind: "literal" };
export const NULL: ValueType = { kind: "null" };
export const VOID: ValueType = { kind: "void" };
export const ERROR: ValueType = { kind: "error" };
export const PACKET: ValueType = { kind: "packet" };

/** The four bytes of an IPv4 address as they lie on the wire, whatever number that makes. */
export const IPV4_ADDRESS: IntType = { kind: "int", bits: 32, signed: false, name: "Ipv4Address" };
export const MAC_ADDRESS: ArrayType = { kind: "array", element: INTS.u8, length: 6, name: "MacAddress" };
export const IPV6_ADDRESS: ArrayType = { kind: "array", element: INTS.u8, length: 16, name: "Ipv6Address" };

/** A `be16` in a word of 4 bytes, as contexts of the kernel have ports and protocols. */
export const WORD_BE16: NetworkType = { kind: "network", name: "be16", host: INTS.u16, bytes: 4 };

export const NETWORK = {
  be16: { kind: "network", name: "be16", host: INTS.u16 },
  be32: { kind: "network", name: "be32", host: INTS.u32 },
  be64: { kind: "network", name: "be64", host: INTS.u64 },
} as const satisfies Record<string, NetworkType>;

/** The names that types of `skep/bpf` have, beside the structs a source declares. */
export const STORED_TYPES: ReadonlyMap<string, StoredType> = new Map<string, StoredType>([
  ...Object.entries(INTS),
  ...Object.entries(NETWORK),
  ["bool", BOOL],
  ["Ipv4Address", IPV4_ADDRESS],
  ["MacAddress", MAC_ADDRESS],
  ["Ipv6Address", IPV6_ADDRESS],
]);

export function reference(to: ReferenceType["to"], memory: Memory | null, nullable: boolean): ReferenceType {
  return { kind: "reference", to, memory, nullable };
}

/** The value that reading a stored type gives. */
export function readAs(type: StoredType, memory: Memory): ScalarType | ReferenceType {
  switch (type.kind) {
    case "network":
      return type.host;
    case "struct":
    case "array":
      return reference(type, memory, false);
    case "pointer":
      return reference(type.to, type.memory, type.nullable);
    default:
      return type;
  }
}

/** The value's type when it is not null. */
export function withoutNull(type: ValueType): ValueType {
  if (type.kind === "nullable") return type.of;
  return (type.kind === "reference" || type.kind === "kernel" || type.kind === "map") && type.nullable
    ? { ...type, nullable: false }
    : type;
}

export function isNullable(type: ValueType): type is Extract<ValueType, { kind: "nullable" | "reference" | "kernel" | "map" }> {
  return (
    type.kind === "nullable" || ((type.kind === "reference" || type.kind === "kernel" || type.kind === "map") && type.nullable)
  );
}

/** MAC and IPv6 addresses: bytes in memory, but values as numbers are: a name for one is a copy. */
export function isAddressBytes(type: ValueType): type is ReferenceType & { readonly to: ArrayType } {
  return type.kind === "reference" && type.to.kind === "array" && type.to.name !== null && type.to.name !== "FixedString";
}

/** Bytes that end with a NUL. */
export function fixedString(length: number): ArrayType {
  return { kind: "array", element: INTS.u8, length, name: "FixedString" };
}

export function isText(type: ValueType): type is ReferenceType & { readonly to: ArrayType } {
  return type.kind === "reference" && type.to.kind === "array" && type.to.name === "FixedString";
}

export function sameStored(a: StoredType | HeaderType, b: StoredType | HeaderType): boolean {
  if (a === b) return true;
  if (a.kind === "pointer" && b.kind === "pointer") return a.memory === b.memory && sameStored(a.to, b.to);
  if (a.kind === "array" && b.kind === "array") {
    return a.length === b.length && a.name === b.name && sameStored(a.element, b.element);
  }
  if (a.kind === "int" && b.kind === "int") return a.name === b.name;
  return a.kind === "header" && b.kind === "header" && a.name === b.name;
}

/** As a person would write it. */
export function typeName(type: ValueType | StoredType | HeaderType): string {
  switch (type.kind) {
    case "int":
    case "network":
    case "struct":
    case "header":
      return type.name;
    case "array":
      if (type.name === "FixedString") return `FixedString<${type.length}>`;
      return type.name ?? `FixedArray<${typeName(type.element)}, ${type.length}>`;
    case "reference": {
      const name = type.memory === "arena" ? `Pointer<${typeName(type.to)}>` : typeName(type.to);
      return type.nullable ? `${name} | null` : name;
    }
    case "kernel":
      return `${kernelName(type.to)}${type.nullable ? " | null" : ""}`;
    case "map":
      return `a map like ${type.map.name}${type.nullable ? " | null" : ""}`;
    case "nullable":
      return `${typeName(type.of)} | null`;
    case "literal":
      return "integer constant";
    case "context":
      return type.name;
    case "pointer":
      return typeName(reference(type.to, type.memory, type.nullable));
    case "packet":
      return "the packet";
    default:
      return type.kind;
  }
}

function kernelName(to: KernelType["to"]): string {
  if (to.kind === "kernel-struct") return to.name === "" ? `an anonymous ${to.form}` : to.name;
  const { element, length } = to;
  if (to.text) return `FixedString<${length}>`;
  const inner =
    element.kind === "kernel-struct" || element.kind === "kernel-array"
      ? kernelName(element)
      : element.kind === "kernel-pointer"
        ? element.to === null
          ? "u64"
          : kernelName(element.to)
        : element.kind === "kernel-enum"
          ? element.int.name
          : element.kind === "kernel-opaque"
            ? `${element.size} bytes`
            : typeName(element);
  return `FixedArray<${inner}, ${length}>`;
}

/** A pointer that may be compared with null: of the kernel, every one. */
export function mayCompareWithNull(type: ValueType): boolean {
  return type.kind === "kernel" ? !type.embedded : isNullable(type);
}

/**
 * A decoded type: plain readonly data, one shape for each kind. Other types are named by id, so decoding one type
 * decodes no other.
 */

import type { BtfKind, Linkage } from "./format.ts";

export type { BtfKind, Linkage } from "./format.ts";

interface Common<Kind extends BtfKind> {
  readonly kind: Kind;
  /** Index in its BTF; 0 is void. */
  readonly id: number;
  /** Empty when anonymous. */
  readonly name: string;
}

interface Refers {
  /** Id of the type referred to; 0 is void. */
  readonly type: number;
}

export type VoidType = Common<"void">;

export interface IntType extends Common<"int"> {
  /** Bytes: 1, 2, 4, 8 or 16. */
  readonly size: number;
  /** Value bits, at most `size * 8`; fewer only in bit-fields as pahole wrote them before Linux 5.0. */
  readonly bits: number;
  /** Where these bits start, counted like `Member.bitOffset`; nearly always 0. */
  readonly bitOffset: number;
  readonly signed: boolean;
  /** Declared as a character. Compilers rarely say so: `char` is better recognised by its name. */
  readonly char: boolean;
  readonly bool: boolean;
}

export interface PointerType extends Common<"pointer">, Refers {}

export interface ArrayType extends Common<"array"> {
  /** Type id of one element. */
  readonly element: number;
  /** Type id of the index: an integer, of no consequence. */
  readonly index: number;
  /** Number of elements; 0 for a flexible array. */
  readonly length: number;
}

export interface Member extends Refers {
  /** Empty for an anonymous struct or union, or a bit-field that only pads. */
  readonly name: string;
  /** From the start of the struct, in bits. On big-endian machines a bit-field's count starts at the most significant bit. */
  readonly bitOffset: number;
  /** Width of a bit-field; 0 for an ordinary member. */
  readonly bitSize: number;
}

export interface StructType extends Common<"struct"> {
  /** Bytes. */
  readonly size: number;
  readonly members: readonly Member[];
}

export interface UnionType extends Common<"union"> {
  /** Bytes. */
  readonly size: number;
  readonly members: readonly Member[];
}

export interface EnumType extends Common<"enum"> {
  /** Bytes: 1, 2, 4 or 8; 0 of one that is declared (`enum name;`) and not defined. */
  readonly size: number;
  /** Written since Linux 6.0; older BTF says false, and negative enumerators read as their unsigned 32 bits. */
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: number }[];
}

/** Enumerators that do not fit 32 bits. Since Linux 6.0. */
export interface Enum64Type extends Common<"enum64"> {
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}

/** `struct name;` without its members. */
export interface ForwardType extends Common<"forward"> {
  readonly of: "struct" | "union";
}

export interface TypedefType extends Common<"typedef">, Refers {}
export interface VolatileType extends Common<"volatile">, Refers {}
export interface ConstType extends Common<"const">, Refers {}
export interface RestrictType extends Common<"restrict">, Refers {}

/** A function of that name; `type` is its prototype. */
export interface FunctionType extends Common<"function">, Refers {
  /** Kernels before 5.6 wrote 0, which reads as `static`. */
  readonly linkage: Linkage;
}

export interface Parameter extends Refers {
  readonly name: string;
}

export interface PrototypeType extends Common<"prototype"> {
  /** Type id of what is returned; 0 is void. */
  readonly result: number;
  readonly parameters: readonly Parameter[];
  /** Ends with `...`. */
  readonly variadic: boolean;
}

/** A global variable. Since Linux 5.2. */
export interface VariableType extends Common<"variable">, Refers {
  readonly linkage: Linkage;
}

export interface SectionVariable extends Refers {
  /** Bytes from the start of the section. Compilers leave 0; loaders fill it in from the symbol table. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** Variables that lie together, e.g. `.bss`; `type` of each is the id of a `VariableType`. Since Linux 5.2. */
export interface SectionType extends Common<"section"> {
  readonly size: number;
  readonly variables: readonly SectionVariable[];
}

/** Since Linux 5.13. */
export interface FloatType extends Common<"float"> {
  /** Bytes: 2, 4, 8, 12 or 16. */
  readonly size: number;
}

/** `__attribute__((btf_decl_tag(name)))`. Since Linux 5.16. */
export interface DeclTagType extends Common<"declTag">, Refers {
  /** Index of the member or parameter tagged; -1 for the whole. */
  readonly component: number;
  /** True when `name` is any other attribute's text, not a `btf_decl_tag`. Since Linux 6.15. */
  readonly attribute: boolean;
}

/** `__attribute__((btf_type_tag(name)))`. Since Linux 5.17. */
export interface TypeTagType extends Common<"typeTag">, Refers {
  /** True when `name` is any other attribute's text, not a `btf_type_tag`. Since Linux 6.15. */
  readonly attribute: boolean;
}

export type BtfType =
  | VoidType
  | IntType
  | PointerType
  | ArrayType
  | StructType
  | UnionType
  | EnumType
  | ForwardType
  | TypedefType
  | VolatileType
  | ConstType
  | RestrictType
  | FunctionType
  | PrototypeType
  | VariableType
  | SectionType
  | FloatType
  | DeclTagType
  | TypeTagType
  | Enum64Type;

/** The type of one kind: `TypeOf<"struct">`. */
export type TypeOf<Kind extends BtfKind> = Extract<BtfType, { readonly kind: Kind }>;

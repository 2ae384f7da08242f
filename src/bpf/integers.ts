/**
 * The machine integers, as an editor sees them: numbers with a flavour. A flavour lists the types whose values all fit, so
 * that narrower assigns to wider and not the other way round; arithmetic gives plain `number`, which assigns to any. What
 * `tsc` lets through the compiler still checks exactly.
 */

import { notCompiled } from "./not-compiled.ts";

/** 0 … 255. */
export type u8 = number & { readonly __int?: "u8" };
/** 0 … 65,535. */
export type u16 = number & { readonly __int?: "u8" | "u16" };
/** 0 … 4,294,967,295. An IPv4 address is one, too. */
export type u32 = number & { readonly __int?: "u8" | "u16" | "Ipv4Address" | "u32" };
/** 0 … 2⁶⁴ - 1. Constants from 2⁵³ on are written as bigint: `u64(1n << 60n)`. On the user side it is a bigint. */
export type u64 = number & { readonly __int?: "u8" | "u16" | "Ipv4Address" | "u32" | "u64" };
/** -128 … 127. */
export type i8 = number & { readonly __int?: "i8" };
/** -32,768 … 32,767. */
export type i16 = number & { readonly __int?: "u8" | "i8" | "i16" };
/** -2,147,483,648 … 2,147,483,647. */
export type i32 = number & { readonly __int?: "u8" | "u16" | "i8" | "i16" | "i32" };
/** -2⁶³ … 2⁶³ - 1. On the user side it is a bigint. */
export type i64 = number & { readonly __int?: "u8" | "u16" | "Ipv4Address" | "u32" | "i8" | "i16" | "i32" | "i64" };
/** One byte, 0 or 1. */
export type bool = boolean;

/** A `u16` in memory in network byte order. Reading it gives the number, writing it stores it turned around. */
export type be16 = u16;
/** A `u32` in memory in network byte order. */
export type be32 = u32;
/** A `u64` in memory in network byte order. */
export type be64 = u64;

/** Any integer; what a cast takes. */
type Castable = number | bigint | boolean;

/** Keeps the low 8 bits. */
export function u8(_value: Castable): u8 {
  return notCompiled("u8");
}

/** Keeps the low 16 bits; extends as the operand's sign says. */
export function u16(_value: Castable): u16 {
  return notCompiled("u16");
}

/** Keeps the low 32 bits; extends as the operand's sign says. */
export function u32(_value: Castable): u32 {
  return notCompiled("u32");
}

/** Extends as the operand's sign says: `u64(i8(-1))` is 2⁶⁴ - 1. Of a pointer to the kernel or into an arena, its address. */
export function u64(_value: Castable | object): u64 {
  return notCompiled("u64");
}

/** Keeps the low 8 bits, the highest of them the sign. */
export function i8(_value: Castable): i8 {
  return notCompiled("i8");
}

/** Keeps the low 16 bits, the highest of them the sign. */
export function i16(_value: Castable): i16 {
  return notCompiled("i16");
}

/** Keeps the low 32 bits, the highest of them the sign. */
export function i32(_value: Castable): i32 {
  return notCompiled("i32");
}

/** Extends as the operand's sign says. */
export function i64(_value: Castable): i64 {
  return notCompiled("i64");
}

/** Whether a number is not 0. */
export function bool(_value: Castable): bool {
  return notCompiled("bool");
}

/**
 * `Length` elements one after the other in memory, 1 … 999. Indices must be proven to be inside: constants, masks
 * (`a[i & 7]`) and counters of `for (let i = 0; i < 8; i++)` are.
 */
export type FixedArray<Element, Length extends number> = Repeat<Element, Length, []> & Elements<Element, Length>;

/** What an array is known to have where its length is a type parameter. */
interface Elements<Element, Length extends number> {
  readonly length: Length;
  [index: number]: Element;
  [Symbol.iterator](): ArrayIterator<Element>;
}

type Repeat<Element, Length extends number, Sofar extends Element[]> = Sofar["length"] extends Length
  ? Sofar
  : Repeat<Element, Length, [...Sofar, Element]>;

/**
 * A text of at most `Size - 1` bytes of UTF-8 and a NUL, in `Size` bytes of memory: a `char name[Size]` of C. Written as `"text"`, compared by
 * `===`, asked `startsWith("/etc")`; helpers fill one (`bpf_get_current_comm(name)`). A name for one is a reference, as for a struct. A byte is
 * written by its index, and read by `charCodeAt`.
 */
export interface FixedString<Size extends number> {
  readonly __size?: Size;
  readonly length: number;
  startsWith(text: string): boolean;
  charCodeAt(index: number): u8;
  /** In templates: filled up with spaces to so many columns. Linux 5.13. */
  padStart(columns: number): string;
  padEnd(columns: number): string;
  [index: number]: u8 | string;
}

/** A field of `Width` bits: `flags: Bits<u32, 3>`. Fields of bits follow each other as in C, each within one integer of its type. */
export type Bits<Value extends number | boolean, Width extends number> = Width extends number ? Value : never;

/**
 * Fields that share their place: `data: Union<{ port: u16; address: Ipv4Address }>`. Reading one sees the bytes that another wrote. A literal
 * gives one of them: `{ port: 5 } as Data`.
 */
export type Union<Fields extends object> = Fields;

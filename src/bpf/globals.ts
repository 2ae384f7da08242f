/** Variables and constants beside the code, and atomic operations on what CPUs share. */

import type { i32, i64, u32, u64 } from "./integers.ts";
import type { Pointer } from "./kernel.ts";
import { notCompiled } from "./not-compiled.ts";

/**
 * A constant that is known when the program is loaded: `export const target = config<u32>(0)`, then
 * `load(spec, { variables: { target: 5 } })` or `skep run --set target=5`. The verifier knows its value: what it rules out costs nothing.
 * It lies in `.rodata`, which nobody writes afterwards.
 */
export function config<Value>(_initial: Value): Value {
  return notCompiled("config");
}

/** What atomic operations work on: a variable, a field of a struct or an element of an array, of 32 or 64 bits. */
type Atomic = u32 | i32 | u64 | i64;

/** Adds; the value before. The old value needs Linux 5.12. */
export function atomicAdd<Value extends Atomic>(_place: Value, _by: NoInfer<Value>): Value {
  return notCompiled("atomicAdd");
}

/** `place &= mask`; the value before. Linux 5.12. */
export function atomicAnd<Value extends Atomic>(_place: Value, _mask: NoInfer<Value>): Value {
  return notCompiled("atomicAnd");
}

/** `place |= bits`; the value before. Linux 5.12. */
export function atomicOr<Value extends Atomic>(_place: Value, _bits: NoInfer<Value>): Value {
  return notCompiled("atomicOr");
}

/** `place ^= bits`; the value before. Linux 5.12. */
export function atomicXor<Value extends Atomic>(_place: Value, _bits: NoInfer<Value>): Value {
  return notCompiled("atomicXor");
}

/** Puts a pointer into the arena, or null, in the place of another; what was there before. */
export function exchange<Target extends object>(
  _place: Pointer<Target> | null,
  _pointer: Pointer<Target> | null,
): Pointer<Target> | null;
/** Puts a value in the place of another; the value before. Linux 5.12. */
export function exchange<Value extends Atomic>(_place: Value, _value: NoInfer<Value>): Value;
export function exchange(): never {
  return notCompiled("exchange");
}

/** Puts a pointer into the arena in the place of `expected`, if that is there; what was there before, which is `expected` when it was. */
export function compareExchange<Target extends object>(
  _place: Pointer<Target> | null,
  _expected: Pointer<Target> | null,
  _pointer: Pointer<Target> | null,
): Pointer<Target> | null;
/** Puts a value in the place of `expected`, if that is there; the value before, which is `expected` when it was. Linux 5.12. */
export function compareExchange<Value extends Atomic>(_place: Value, _expected: NoInfer<Value>, _value: NoInfer<Value>): Value;
export function compareExchange(): never {
  return notCompiled("compareExchange");
}

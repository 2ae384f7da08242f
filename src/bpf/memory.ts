/** What goes with helpers: memory, addresses, the context. */

import type { TracingContext } from "./contexts.ts";
import type { u64 } from "./integers.ts";
import { notCompiled } from "./not-compiled.ts";

/** An address of memory that the verifier knows nothing of: a number, or a pointer. */
export type Address = u64 | object;

declare global {
  /** Structs of the kernel, by name: for what gives pointers to them. What `skep types` writes adds to it. */
  interface SkepKernelStructs {}
}

/** A struct of the kernel; an object of which nothing is known until `skep types` has declared it. */
export type KernelStruct<Name extends string> = Name extends keyof SkepKernelStructs ? SkepKernelStructs[Name] : object;

/** A struct or array of the program's own, all zeroes: `const path = zeroed<FixedArray<u8, 64>>()`. What helpers fill in begins so. */
export function zeroed<T extends object>(): T {
  return notCompiled("zeroed");
}

/** The context of a program whose parameters are those of a function (`fentry`, `tpBtf`, `lsm` …): what helpers take. */
export function context(): TracingContext {
  return notCompiled("context");
}

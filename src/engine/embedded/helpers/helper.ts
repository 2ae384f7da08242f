/**
 * The shape of a helper function: its prototype as data, and what it does. One file of this folder a subject; which helpers a
 * program type has, its kind says (`programs/`).
 */

import { HELPER, type HelperName } from "../../../uapi/helpers.ts";
import type { AddressSpace } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import type { MapStore } from "../maps/store.ts";
import type { Memory } from "../memory.ts";

/**
 * What an argument must be; the interpreter checks it before the call, as the kernel's verifier proves it (`enum
 * bpf_arg_type` of linux/bpf.h).
 *
 * - `number`: any 32-bit number; an upper half is ignored. `wide`: its upper half counts too (`HelperCall.highOf`).
 * - `context`: the program's context.
 * - `map`: a map of the program. `key`, `value`: readable memory of that map's key or value size.
 * - `read`, `write`: memory as long as the next argument says, which is a `size`.
 * - `read?`: the same, or null with size 0.
 */
export type Argument = "number" | "wide" | "context" | "map" | "key" | "value" | "read" | "read?" | "write" | "size";

/**
 * How the 32 bits that `run` returns become r0: `int` sign-extended (0, or a negated error number), `u32` and `address`
 * zero-extended, `u64` with `HelperCall.high` as its upper half.
 */
export type Result = "int" | "u32" | "u64" | "address";

/** What a helper sees of the program that calls it. */
export interface HelperCall {
  readonly memory: Memory;
  readonly space: AddressSpace;
  readonly cpu: Cpu;
  /** Maps of the program. */
  readonly maps: readonly MapStore[];
  /** A `u64` helper leaves the upper half of its result here. */
  high: number;
  /** The map that a checked `map` argument is. */
  mapAt(handle: number): MapStore;
  /** The upper half of argument 1 to 5. */
  highOf(argument: number): number;
}

export interface Helper {
  readonly name: string;
  /** As in `enum bpf_func_id`. */
  readonly id: number;
  readonly args: readonly Argument[];
  readonly result: Result;
  /** Arguments are the low halves, as i32; unused ones are what the registers hold. Hot for map helpers. */
  run(call: HelperCall, a: number, b: number, c: number, d: number, e: number): number;
}

/** By id. */
export type HelperTable = readonly (Helper | undefined)[];

/** A row of a table. */
export function helper(name: HelperName, args: readonly Argument[], result: Result, run: Helper["run"]): Helper {
  return { name, id: HELPER[name], args, result, run };
}

/** Of two with one number the last counts: a kind's own before the general one. */
export function helperTable(helpers: readonly Helper[]): HelperTable {
  const rows: (Helper | undefined)[] = new Array(Math.max(...helpers.map(({ id }) => id)) + 1).fill(undefined);
  for (const helper of helpers) rows[helper.id] = helper;
  return rows;
}

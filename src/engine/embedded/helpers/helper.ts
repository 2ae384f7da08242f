/**
 * The shape of a helper function or kfunc: its prototype as data, and what it does. One file of this folder a subject (kfuncs: in
 * `kfuncs/`); which ones a program type has, its kind says (`programs/`).
 */

import { HELPER, type HelperName } from "../../../uapi/helpers.ts";
import { KFUNCS, type KfuncName } from "../../../uapi/kfuncs.ts";
import type { FaultError } from "../../errors.ts";
import type { AddressSpace } from "../access.ts";
import type { Cpu } from "../cpu.ts";
import type { MapStore } from "../maps/store.ts";
import type { Memory } from "../memory.ts";
import type { PreparedProgram } from "../program.ts";
import type { Obligation } from "./ledger.ts";

/**
 * What an argument must be; it is checked before the call, as the kernel's verifier proves it (`enum bpf_arg_type` of
 * linux/bpf.h, `enum kfunc_ptr_arg_type` of kernel/bpf/verifier.c).
 *
 * - `number`: any 32-bit number; an upper half is ignored. `wide`: its upper half counts too (`HelperCall.highOf`).
 * - `context`: the program's context.
 * - `map`: a map of the program. `key`, `value`: readable memory of that map's key or value size; `value!`: writable;
 *   `value?`: null allowed.
 * - `read`, `write`: memory as long as the next argument says, which is a `size`.
 * - `read?`, `write?`: the same, or null with size 0. `buffer?`: writable, or null with any size.
 * - `string`: readable memory with a NUL in it.
 * - `callback`: a function of the program, for `HelperCall.callback`. `stack?`: what is handed on to it: an address in the stack, or null.
 * - `{ memory }`: readable memory of so many bytes; writable with `write`, null allowed with `optional`. What a dynptr (16 bytes), an
 *   iterator, an address or a structure is.
 * - `{ held }`: the address of something that the program acquired and has not released (`HelperCall.acquire`); null allowed with
 *   `optional`.
 */
export type Argument =
  | "number"
  | "wide"
  | "context"
  | "map"
  | "key"
  | "value"
  | "value!"
  | "value?"
  | "read"
  | "read?"
  | "write"
  | "write?"
  | "buffer?"
  | "size"
  | "string"
  | "callback"
  | "stack?"
  | MemoryArgument
  | HeldArgument;

export interface MemoryArgument {
  /** Bytes. */
  readonly memory: number;
  readonly write?: boolean;
  readonly optional?: boolean;
}

export interface HeldArgument {
  readonly held: Obligation;
  readonly optional?: boolean;
}

/**
 * How the 32 bits that `run` returns become r0: `int` sign-extended (0, or a negated error number), `u32` and `address`
 * zero-extended, `u64` with `HelperCall.high` as its upper half; `void` is 0, whatever is returned.
 */
export type Result = "int" | "u32" | "u64" | "address" | "void";

/** What a helper sees of the program that calls it. */
export interface HelperCall {
  readonly memory: Memory;
  /** What the program may touch. A helper that gives it memory opens that here (`grant`), until it is taken back or the run ends. */
  readonly space: AddressSpace;
  readonly cpu: Cpu;
  readonly program: PreparedProgram;
  /** Whether nobody has proven the program: what a prototype cannot say of its arguments is to be checked. */
  readonly checked: boolean;
  /** Maps of the program. */
  readonly maps: readonly MapStore[];
  /** A `u64` helper leaves the upper half of its result here. */
  high: number;
  /** The map that a checked `map` argument is. */
  mapAt(handle: number): MapStore;
  /** The upper half of argument 1 to 5. Read it before calling back. */
  highOf(argument: number): number;
  /**
   * Calls a function of the program (a `callback` argument) with these in r1 to r5, zero-extended. Its other registers are 0 when it
   * begins, and the caller's are untouched by it. Takes one of the frames, and fuel. Only helpers with `callsBack` may.
   * @returns the lower half of r0, as i32.
   * @throws FaultError when the program is stopped in it: let it pass.
   */
  callback(target: number, a: number, b: number, c: number, d: number, e: number): number;
  /** A function of the program (a `callback` argument) that may be run later, when no program runs on this CPU. */
  later(target: number): Later;
  /**
   * The program must release this before its end (a record, a reference, a lock, an iterator), or the run ends with a fault that says
   * so. Costs nothing in programs that a verifier has proven.
   */
  acquire(what: Obligation, address: number): void;
  /** @throws FaultError when the program does not hold it. */
  release(what: Obligation, address: number): void;
  /** @throws FaultError when the program does not hold it. */
  hold(what: Obligation, address: number): void;
  /** Takes the fuel that working through so many bytes is worth, where arguments do not say it (`read` and the like do). */
  work(bytes: number): void;
  /** To throw, when the program does what no verifier would have let pass: names the instruction that calls. */
  fault(why: string): FaultError;
}

/**
 * Runs it once, with these in r1 to r3; `keySize` bytes from `key` on are open to it.
 * @returns how many instructions it took; 0 in programs that a verifier has proven, which are not counted.
 * @throws FaultError when the program is stopped.
 */
export type Later = (map: number, key: number, value: number, keySize: number) => number;

export interface Helper {
  readonly name: string;
  /** As in `enum bpf_func_id`; of a kfunc: `KFUNC_BASE` and its place in the list of names. */
  readonly id: number;
  readonly args: readonly Argument[];
  readonly result: Result;
  /** Whether it calls a function of the program before it returns. */
  readonly callsBack: boolean;
  /** Whether it may be called while a lock is held. Absent: no. */
  readonly underLock?: boolean;
  /** Arguments are the low halves, as i32; unused ones are what the registers hold. Hot for map helpers. */
  run(call: HelperCall, a: number, b: number, c: number, d: number, e: number): number;
}

/** By id. */
export type HelperTable = readonly (Helper | undefined)[];

/** Kfuncs are numbered from here on, so that calling one is calling a helper. */
export const KFUNC_BASE = 1024;

/** In every table: a kfunc that is not there, which a program may name (weakly) as long as it does not call it. */
export const ABSENT_KFUNC = KFUNC_BASE - 1;

/** In every table: stands where a program needs a part of a kernel type that the room's types do not have (CO-RE). */
export const ABSENT_TYPE = KFUNC_BASE - 2;

const stopper = (id: number, name: string, why: string): Helper => ({
  name,
  id,
  args: [],
  result: "void",
  callsBack: false,
  run(call) {
    throw call.fault(why);
  },
});

const ABSENT: readonly Helper[] = [
  stopper(
    ABSENT_KFUNC,
    "a kernel function that is not here",
    "the embedded engine does not offer this kernel function; the program declares it weak and must not call it",
  ),
  stopper(
    ABSENT_TYPE,
    "a part of a kernel type that is not here",
    "the kernel types of the room do not have what is used here; the program must ask whether they do (bpf_core_field_exists)",
  ),
];

const KFUNC_NUMBERS: ReadonlyMap<string, number> = new Map(KFUNCS.map((name, index) => [name, KFUNC_BASE + index]));

/** The number of a kfunc by the kernel's name; undefined for one that no program type of the kernel has. */
export const kfuncNumber = (name: string): number | undefined => KFUNC_NUMBERS.get(name);

/** A row of a table. */
export function helper(name: HelperName, args: readonly Argument[], result: Result, run: Helper["run"]): Helper {
  return { name, id: HELPER[name], args, result, callsBack: false, run };
}

/** A row that is a kfunc. */
export function kfunc(name: KfuncName, args: readonly Argument[], result: Result, run: Helper["run"]): Helper {
  return { name, id: KFUNC_BASE + KFUNCS.indexOf(name), args, result, callsBack: false, run };
}

/** The same row, of one that calls a function of the program before it returns. */
export const callingBack = (row: Helper): Helper => ({ ...row, callsBack: true });

/** Of two with one number the last counts: a kind's own before the general one. */
export function helperTable(helpers: readonly Helper[]): HelperTable {
  const rows: (Helper | undefined)[] = new Array(Math.max(ABSENT_KFUNC, ...helpers.map(({ id }) => id)) + 1).fill(undefined);
  for (const helper of [...ABSENT, ...helpers]) rows[helper.id] = helper;
  return rows;
}

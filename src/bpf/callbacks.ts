/** Helpers of the kernel that call a function of the program, and loops over ranges of numbers. */

import type { MapDeclaration } from "../object/module.ts";
import type { i64, u32, u64 } from "./integers.ts";
import type { KernelStruct } from "./memory.ts";
import { notCompiled } from "./not-compiled.ts";

/** What a callback gives: `true` (or 1) ends the loop, `false`, 0 or nothing goes on. */
export type Stop = boolean | number | void;

/**
 * Calls `step` for 0, 1, … until it gives true, at most `times` times; gives how often it was called. More than 8,388,608 are refused by the
 * kernel (-E2BIG). `step` may use and change variables around it; `state` is passed to it as it is. Linux 5.17.
 */
export function bpf_loop<State>(_times: u32, _step: (index: u32, state: State) => Stop, _state?: State): i64 {
  return notCompiled("bpf_loop");
}

/**
 * Calls `visit` for each entry of a map until it gives true; gives how often it was called. A key is read-only; a struct value is the map's
 * own, a number a copy. For hashes and arrays, per-CPU ones too (this CPU's values). Linux 5.13.
 */
export function bpf_for_each_map_elem<Map extends MapDeclaration, State>(
  _map: Map,
  _visit: (map: Map, key: Map["~map"]["key"], value: Map["~map"]["value"], state: State) => Stop,
  _state?: State,
): i64 {
  return notCompiled("bpf_for_each_map_elem");
}

/**
 * Calls `visit` with the area of a task's memory that an address lies in: 0; -ENOENT (-2) when there is none, -EBUSY (-16) when the task's memory is
 * locked. Linux 5.17.
 */
export function bpf_find_vma<State>(
  _task: KernelStruct<"task_struct">,
  _address: u64,
  _visit: (task: KernelStruct<"task_struct">, vma: KernelStruct<"vm_area_struct">, state: State) => Stop,
  _state?: State,
): i64 {
  return notCompiled("bpf_find_vma");
}

/**
 * True, until the program has looped for so long that the kernel wants it to end: after 8,388,608 turns, on newer kernels a quarter of a second. So verifiers
 * take a loop whose end they do not know: `for (let node = head; node !== null && canLoop(); node = node.next)`. Linux 6.9. (`may_goto`)
 */
export function canLoop(): boolean {
  return notCompiled("canLoop");
}

/** What a range between constants is of. */
type Counted<Number> = number extends Number ? Number : u32;

/**
 * The numbers from 0 (or `from`) up to `to`, which is not among them: `for (const i of range(n)) { … }`. At most 8,388,608 of them. Bounds
 * need not be constant. How it becomes a loop that verifiers follow: docs/language.md.
 */
export function range<Number extends number>(_to: Number): Iterable<Counted<Number>>;
export function range<Number extends number>(_from: Number, _to: Number): Iterable<Counted<Number>>;
export function range(_from: number, _to?: number): Iterable<never> {
  return notCompiled("range");
}

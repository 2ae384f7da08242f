/** Fields of map values that the kernel keeps something in: locks, timers, work queues. */

import type { MapDeclaration } from "../object/module.ts";
import type { MapType } from "../uapi/map-types.ts";
import type { i64, u64 } from "./integers.ts";
import type { KernelMap } from "./maps.ts";
import { notCompiled } from "./not-compiled.ts";

/**
 * A lock, as a field of a map's value: one in a value. `{}` in a literal. What lies beside it may be changed by one CPU at a time
 * between `bpf_spin_lock(v.lock)` and `bpf_spin_unlock(v.lock)`. Not in programs that trace. Linux 5.1, `struct bpf_spin_lock`.
 */
export interface SpinLock {
  readonly "~special"?: "bpf_spin_lock";
}

/** A timer, as a field of a map's value: one in a value. `{}` in a literal. Not in programs that trace. Linux 5.15, `struct bpf_timer`. */
export interface Timer {
  readonly "~special"?: "bpf_timer";
}

/** Work that is done later by a thread that may sleep, as a field of a map's value. `{}` in a literal. Linux 6.10, `struct bpf_wq`. */
export interface Workqueue {
  readonly "~special"?: "bpf_wq";
}

/** Waits until no other CPU holds the lock. Until it is given back, no function may be called. Linux 5.1. */
export function bpf_spin_lock(_lock: SpinLock): void {
  notCompiled("bpf_spin_lock");
}

/** Gives the lock back. Linux 5.1. */
export function bpf_spin_unlock(_lock: SpinLock): void {
  notCompiled("bpf_spin_unlock");
}

/**
 * Makes a timer of the field; `map` is the map that it lies in. `flags` is the clock: 0 is CLOCK_REALTIME, 1 CLOCK_MONOTONIC, 7 CLOCK_BOOTTIME.
 * 0, or an error below 0: -EBUSY (-16) when it was one already, -EPERM (-1) when nothing in user space holds the map. Linux 5.15.
 */
export function bpf_timer_init(_timer: Timer, _map: MapDeclaration, _flags: u64): i64 {
  return notCompiled("bpf_timer_init");
}

/** What is called when the timer expires, with the entry that it lies in. It uses no variables of the program around it: that has ended. Linux 5.15. */
export function bpf_timer_set_callback<Key, Value>(
  _timer: Timer,
  _callback: (map: KernelMap<MapType, Key, Value>, key: Key, value: Value) => void,
): i64 {
  return notCompiled("bpf_timer_set_callback");
}

/** Starts it, again if it runs: it expires after so many nanoseconds. `flags`: 1 (BPF_F_TIMER_ABS) for a time of the clock. Linux 5.15. */
export function bpf_timer_start(_timer: Timer, _nanoseconds: u64, _flags?: u64): i64 {
  return notCompiled("bpf_timer_start");
}

/** Stops it, and waits for a callback that runs on another CPU: 1 when it was running, 0 when not. Linux 5.15. */
export function bpf_timer_cancel(_timer: Timer): i64 {
  return notCompiled("bpf_timer_cancel");
}

/** Makes a work queue of the field; `map` is the map that it lies in. 0, or an error below 0. Linux 6.10. */
export function bpf_wq_init(_work: Workqueue, _map: MapDeclaration, _flags?: u64): i64 {
  return notCompiled("bpf_wq_init");
}

/** What is done later, with the entry that the field lies in. It uses no variables of the program around it. Linux 6.10. */
export function bpf_wq_set_callback<Key, Value>(
  _work: Workqueue,
  _callback: (map: KernelMap<MapType, Key, Value>, key: Key, value: Value) => void,
): i64 {
  return notCompiled("bpf_wq_set_callback");
}

/** Has it done, soon. 0, or an error below 0. Linux 6.10. */
export function bpf_wq_start(_work: Workqueue, _flags?: u64): i64 {
  return notCompiled("bpf_wq_start");
}

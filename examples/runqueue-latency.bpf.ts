// How long threads that could run wait for a CPU: a histogram for each process.
//
//   sudo skep run examples/runqueue-latency.bpf.ts
//   sudo skep run examples/runqueue-latency.bpf.ts --set target=1234

import {
  atomicAdd,
  type bool,
  bpf_ktime_get_ns,
  cast,
  config,
  type FixedArray,
  type FixedString,
  field,
  hash,
  type i64,
  tpBtf,
  u32,
  type u64,
} from "skep/bpf";
import type { task_struct } from "skep/vmlinux";
import { log2 } from "./lib/log2.bpf.ts";

const TASK_RUNNING = 0;
const SLOTS = 26;

/** Only threads of this process; 0: all. */
export const target = config<u32>(0);

interface Histogram {
  comm: FixedString<16>;
  /** Waits of 2^i microseconds to 2^(i+1). */
  slots: FixedArray<u32, 26>;
}

/** Since when a thread waits. */
export const waiting = hash<u32, u64>({ maxEntries: 10_240 });

/** By process. */
export const histograms = hash<u32, Histogram>({ maxEntries: 4_096 });

const empty: Histogram = { comm: "", slots: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] };

/**
 * Before 5.14 the field had another name.
 * @kernel
 */
interface task_struct___old {
  state: i64;
}

function stateOf(task: task_struct): u32 {
  if (field(task, "__state")) return task.__state;
  return u32(cast<task_struct___old>(task).state);
}

function waits(task: task_struct): void {
  // The idle thread never waits.
  if (task.pid === 0 || (target !== 0 && u32(task.tgid) !== target)) return;
  waiting.set(u32(task.pid), bpf_ktime_get_ns());
}

export const woken = tpBtf("sched_wakeup", (task: task_struct) => {
  waits(task);
});

export const wokenNew = tpBtf("sched_wakeup_new", (task: task_struct) => {
  waits(task);
});

export const switched = tpBtf("sched_switch", (_preempt: bool, previous: task_struct, next: task_struct) => {
  // Who was put off the CPU, and did not ask for it, waits again.
  if (stateOf(previous) === TASK_RUNNING) waits(previous);

  const pid = u32(next.pid);
  const since = waiting.get(pid);
  if (since === null) return;
  const microseconds = (bpf_ktime_get_ns() - since) / 1_000;
  waiting.delete(pid);

  const process = u32(next.tgid);
  let histogram = histograms.get(process);
  if (histogram === null) {
    histograms.set(process, empty);
    histogram = histograms.get(process);
    if (histogram === null) return;
    histogram.comm = next.comm;
  }
  atomicAdd(histogram.slots[Math.min(log2(microseconds), SLOTS - 1)]!, 1);
});

// A record of 64 bytes for each getppid(2) of one process: for bench/events-kernel.ts, where C and we read it.

import {
  atomicAdd,
  bpf_get_current_comm,
  bpf_get_current_pid_tgid,
  bpf_ktime_get_ns,
  type FixedString,
  type i32,
  rawTracepoint,
  ringBuffer,
  u32,
  type u64,
} from "skep/bpf";

interface Event {
  /** Nanoseconds since boot. */
  time: u64;
  /** Counts from 1: whoever reads sees whether one is missing. */
  number: u64;
  pid: u32;
  kind: u32;
  from: u64;
  size: u64;
  result: i32;
  flags: u32;
  comm: FixedString<16>;
}

/** The process, and the number of its system call. */
export let target: u32 = 0;
export let call: u32 = 0;
export let written: u64 = 0;
export let lost: u64 = 0;

export const events = ringBuffer<Event>({ maxEntries: 8 * 1024 * 1024 });

export const entered = rawTracepoint("sys_enter", (ctx) => {
  if (u32(ctx.args[1]) !== call || u32(bpf_get_current_pid_tgid() >> 32) !== target) return;
  const event = events.reserve();
  if (event === null) {
    atomicAdd(lost, 1);
    return;
  }
  written += 1;
  event.time = bpf_ktime_get_ns();
  event.number = written;
  event.pid = target;
  event.kind = 1;
  event.from = 0;
  event.size = 0;
  event.result = 0;
  event.flags = 0;
  bpf_get_current_comm(event.comm);
  events.submit(event);
});

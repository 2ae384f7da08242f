// Which files are opened and which programs are started, as it happens.
//
//   sudo skep run examples/open-exec.bpf.ts
//   sudo skep run examples/open-exec.bpf.ts --set target=1234

import {
  atomicAdd,
  bpf_get_current_comm,
  bpf_get_current_pid_tgid,
  bpf_get_current_uid_gid,
  bpf_ktime_get_ns,
  bpf_probe_read_kernel_str,
  bpf_probe_read_user_str,
  config,
  type FixedString,
  ringBuffer,
  tracepoint,
  u32,
  u64,
} from "skep/bpf";
import type { trace_event_raw_sched_process_exec } from "skep/vmlinux";

/** Only this process; 0: all. */
export const target = config<u32>(0);

/** Kinds of events. */
const OPEN = 0;
const EXEC = 1;

interface Event {
  /** Nanoseconds since boot. */
  time: u64;
  kind: u32;
  pid: u32;
  uid: u32;
  /** Of an open: O_RDONLY, O_CREAT … of fcntl.h. */
  flags: u32;
  comm: FixedString<16>;
  path: FixedString<256>;
}

export const events = ringBuffer<Event>({ maxEntries: 256 * 1024 });

/** Events that found no room: read slower than they came. */
export let lost: u64 = 0;

function begin(kind: u32): Event | null {
  const pid = u32(bpf_get_current_pid_tgid() >> 32);
  if (target !== 0 && pid !== target) return null;
  const event = events.reserve();
  if (event === null) {
    atomicAdd(lost, 1);
    return null;
  }
  event.time = bpf_ktime_get_ns();
  event.kind = kind;
  event.pid = pid;
  event.uid = u32(bpf_get_current_uid_gid());
  event.flags = 0;
  bpf_get_current_comm(event.comm);
  return event;
}

export const opened = tracepoint("syscalls/sys_enter_openat", (ctx) => {
  const event = begin(OPEN);
  if (event === null) return;
  event.flags = u32(ctx.args[2]);
  bpf_probe_read_user_str(event.path, ctx.args[1]);
  events.submit(event);
});

export const executed = tracepoint<trace_event_raw_sched_process_exec>("sched/sched_process_exec", (ctx) => {
  const event = begin(EXEC);
  if (event === null) return;
  // Where the text lies in the event: its offset in the low half.
  bpf_probe_read_kernel_str(event.path, u64(ctx) + u64(ctx.__data_loc_filename & 0xffff));
  events.submit(event);
});

// Where time goes: what runs on the CPUs, by process and stack, sampled.
//
//   sudo skep run examples/profiler.bpf.ts --frequency 99
//   sudo skep run examples/profiler.bpf.ts --frequency 99 --set target=1234

import {
  BPF_F_USER_STACK,
  bpf_get_current_comm,
  bpf_get_current_pid_tgid,
  config,
  type FixedString,
  hash,
  i32,
  perfEvent,
  stackTrace,
  u32,
  type u64,
} from "skep/bpf";

/** Only this process; 0: all but the idle thread. */
export const target = config<u32>(0);

interface Hit {
  pid: u32;
  /** Numbers of `stacks`; negative where there is none. */
  user: i32;
  kernel: i32;
  comm: FixedString<16>;
}

export const stacks = stackTrace({ maxEntries: 16_384, depth: 127 });

/** How often each was seen. */
export const samples = hash<Hit, u64>({ maxEntries: 16_384 });

export const profile = perfEvent((ctx) => {
  const pid = u32(bpf_get_current_pid_tgid() >> 32);
  if (pid === 0 || (target !== 0 && pid !== target)) return;

  const hit: Hit = { pid, user: 0, kernel: 0, comm: "" };
  bpf_get_current_comm(hit.comm);
  hit.kernel = i32(stacks.id(ctx, 0));
  hit.user = i32(stacks.id(ctx, BPF_F_USER_STACK));
  samples.increment(hit);
});

// How often each process got a CPU, with the kernel's own types: fields are found on the kernel that runs, whatever its version.

import { hash, tpBtf, u32, type u64 } from "skep/bpf";
import type { task_struct } from "skep/vmlinux";

/** Switches by process id. */
export const switches = hash<u32, u64>({ maxEntries: 10_240 });

export const onSwitch = tpBtf("sched_switch", (_preempt: boolean, _previous: task_struct, next: task_struct) => {
  switches.increment(u32(next.tgid));
});

// Goes through all threads once, and counts them by process.

import { hash, iterator, u32, type u64 } from "skep/bpf";
import type { bpf_iter__task } from "skep/vmlinux";

/** Threads by process id. */
export const threads = hash<u32, u64>({ maxEntries: 65_536 });

export const each = iterator("task", (ctx: bpf_iter__task) => {
  const task = ctx.task;
  // After the last one the program is called once more, without a task.
  if (task === null) return 0;
  threads.increment(u32(task.tgid));
  return 0;
});

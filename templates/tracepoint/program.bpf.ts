// Counts the system calls that open files, by result.

import { hash, type i64, tracepoint, type u64 } from "skep/bpf";

/** Calls by what they returned: 0 for a file that was opened, else the negative error. */
export const results = hash<i64, u64>({ maxEntries: 256 });

export const opened = tracepoint("syscalls/sys_exit_openat", (ctx) => {
  results.increment(ctx.ret < 0 ? ctx.ret : 0);
});

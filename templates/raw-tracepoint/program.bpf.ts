// Counts system calls by number, at the tracepoint that all of them pass.

import { hash, rawTracepoint, u32, type u64 } from "skep/bpf";

/** Calls by number; `ausyscall --dump` knows their names. */
export const calls = hash<u32, u64>({ maxEntries: 1024 });

export const entered = rawTracepoint("sys_enter", (ctx) => {
  calls.increment(u32(ctx.args[1]));
});

// Counts files that are removed by name, and how many of these calls fail: a probe at a function of the kernel's, and one at its end.

import { kprobe, kretprobe, type u64 } from "skep/bpf";

export let calls: u64 = 0;
export let failures: u64 = 0;

export const removing = kprobe("do_unlinkat", () => {
  calls += 1;
});

export const removed = kretprobe("do_unlinkat", (ctx) => {
  if (ctx.returnValue !== 0) failures += 1;
});

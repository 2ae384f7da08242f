// What a process asks of its heap: sizes given to malloc, calloc and realloc, as a histogram for each.
//
//   sudo skep run examples/uprobe-libc.bpf.ts --set target=1234

import { bpf_get_current_pid_tgid, config, type FixedArray, perCpuArray, u32, type u64, uprobe } from "skep/bpf";
import { log2 } from "./lib/log2.bpf.ts";

/** Only this process; 0: all. */
export const target = config<u32>(0);

const MALLOC = 0;
const CALLOC = 1;
const REALLOC = 2;

interface Requests {
  calls: u64;
  bytes: u64;
  /** Requests of 2^i bytes to 2^(i+1). */
  slots: FixedArray<u64, 32>;
}

/** By function: malloc, calloc, realloc. */
export const requested = perCpuArray<Requests>({ maxEntries: 3 });

function request(call: u32, size: u64): void {
  if (target !== 0 && u32(bpf_get_current_pid_tgid() >> 32) !== target) return;
  const requests = requested.get(call);
  if (requests === null) return;
  requests.calls += 1;
  requests.bytes += size;
  requests.slots[Math.min(log2(size), 31)]! += 1;
}

export const allocate = uprobe("libc.so.6:malloc", (ctx) => {
  request(MALLOC, ctx.argument(0));
});

export const allocateZeroed = uprobe("libc.so.6:calloc", (ctx) => {
  request(CALLOC, ctx.argument(0) * ctx.argument(1));
});

export const reallocate = uprobe("libc.so.6:realloc", (ctx) => {
  request(REALLOC, ctx.argument(1));
});

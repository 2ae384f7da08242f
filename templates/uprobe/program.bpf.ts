// How much memory processes ask the C library for: a probe at a function in a file, with its arguments.

import { hash, type u32, type u64, uprobe } from "skep/bpf";

/** Calls of malloc by size: the key n counts those of less than 2ⁿ bytes (and not less than half of it). */
export const sizes = hash<u32, u64>({ maxEntries: 64 });

export const allocated = uprobe("libc.so.6:malloc", (ctx) => {
  let size = ctx.argument(0);
  let bits: u32 = 0;
  for (let i = 0; i < 63; i++) {
    if (size === 0) break;
    size = size >>> 1;
    bits += 1;
  }
  sizes.increment(bits);
});

// Keeps the processes of a control group from connecting to ports that are not allowed.

import { cgroupConnect4, hash, type u16, type u64 } from "skep/bpf";

/** Ports that may be connected to; the value is free for the operator's use. */
export const allowed = hash<u16, u64>({ maxEntries: 1024 });

/** Connections that were refused, by port. */
export const refused = hash<u16, u64>({ maxEntries: 1024 });

export const guard = cgroupConnect4((ctx) => {
  if (allowed.has(ctx.user_port)) return 1;
  refused.increment(ctx.user_port);
  return 0;
});

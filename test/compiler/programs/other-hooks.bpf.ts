/** Maps that only programs of some hooks use: sockets, control groups, call chains, and what tasks and sockets carry. */

import {
  BPF_F_CURRENT_CPU,
  BPF_F_USER_STACK,
  cgroupArray,
  hash,
  type i64,
  perfEvent,
  perfEventArray,
  print,
  reuseportArray,
  ringBuffer,
  skMsg,
  skReuseport,
  skSkbVerdict,
  sockHash,
  sockMap,
  sockOps,
  stackTrace,
  tc,
  tracepoint,
  type u32,
  u64,
  XDP_PASS,
  xdp,
  xskMap,
} from "skep/bpf";

interface Stack {
  kernel: i64;
  user: i64;
}

interface Seen {
  length: u32;
}

export const stacks = stackTrace({ maxEntries: 1024, depth: 64 });
export const samples = hash<Stack, u64>({ maxEntries: 1024 });
export const events = ringBuffer<Stack>({ maxEntries: 4096 });
export const groups = cgroupArray({ maxEntries: 4 });
export const peers = sockMap({ maxEntries: 16 });
export const byPort = sockHash<u32>({ maxEntries: 16 });
export const listeners = reuseportArray({ maxEntries: 4 });
export const rx = xskMap({ maxEntries: 8 });
export const lengths = perfEventArray<Seen>();

export const profile = perfEvent((ctx) => {
  const stack: Stack = { kernel: stacks.id(ctx), user: stacks.id(ctx, BPF_F_USER_STACK) };
  samples.increment(stack);
  events.output(stack);
  if (groups.hasCurrentTask(0)) print("in the group");
});

export const opened = tracepoint("syscalls/sys_enter_openat", (ctx) => {
  const record = events.reserve();
  if (record === null) return;
  record.kernel = stacks.id(ctx);
  record.user = -1;
  events.submit(record);
});

export const classify = tc((ctx) => {
  lengths.output(ctx, { length: ctx.len }, u64(BPF_F_CURRENT_CPU) | (u64(14) << 32));
  return groups.hasPacket(ctx, 1) ? 2 : 0;
});

export const sockets = sockOps((ctx) => {
  peers.update(ctx, 0);
  byPort.update(ctx, ctx.local_port);
  return 1;
});

export const message = skMsg((ctx) => {
  if (ctx.local_port === 5) return u32Of(byPort.redirect(ctx, ctx.local_port));
  return u32Of(peers.redirect(ctx, 0));
});

export const stream = skSkbVerdict((ctx) => {
  if (ctx.local_port === 5) return u32Of(byPort.redirect(ctx, ctx.local_port));
  return u32Of(peers.redirect(ctx, 0));
});

export const choose = skReuseport((ctx) => (listeners.select(ctx, ctx.hash & 3) ? 1 : 0));

export const queued = xdp((ctx) => rx.redirect(ctx.rx_queue_index, XDP_PASS));

function u32Of(verdict: i64): u32 {
  return verdict === 1 ? 1 : 0;
}

// Records for events.guest.ts: a ring and perf buffers, written once for each packet that it is run on.

import { perfEventArray, ringBuffer, type u64, XDP_DROP, XDP_PASS, xdp } from "skep/bpf";

interface Item {
  number: u64;
}

export const ring = ringBuffer<Item>({ maxEntries: 4096 });
export const perf = perfEventArray<Item>();

export const to_ring = xdp(() => {
  const item = ring.reserve();
  if (item === null) return XDP_DROP;
  item.number = 7;
  ring.submit(item);
  return XDP_PASS;
});

export const to_perf = xdp((ctx) => (perf.output(ctx, { number: 9 }) ? XDP_PASS : XDP_DROP));

/** Every kind of map that an XDP program can use, with every method. */

import {
  arrayOfMaps,
  BPF_EXIST,
  BPF_NOEXIST,
  bloomFilter,
  bpf_get_smp_processor_id,
  cpuMap,
  deviceHashMap,
  deviceMap,
  type FixedString,
  hash,
  hashOfMaps,
  perCpuArray,
  programArray,
  queue,
  ringBuffer,
  stack,
  type u32,
  type u64,
  userRingBuffer,
  XDP_ABORTED,
  XDP_DROP,
  XDP_PASS,
  xdp,
} from "skep/bpf";

interface Job {
  id: u32;
  name: FixedString<12>;
}

export const jobs = queue<Job>({ maxEntries: 8 });
export const numbers = stack<u64>({ maxEntries: 8 });
export const seen = bloomFilter<u32>({ maxEntries: 100, hashes: 3 });
export const next = programArray({ maxEntries: 2 });
export const steps = programArray({ maxEntries: 4, programs: () => [null, filters, again] });
export const counts = hash<u32, u64>({ maxEntries: 16 });
export const others = hash<u32, u64>({ maxEntries: 16 });
export const perInterface = arrayOfMaps(counts, { maxEntries: 4 });
export const filled = arrayOfMaps(counts, { maxEntries: 4, maps: [counts, null, others] });
export const perName = hashOfMaps<FixedString<8>, typeof counts>(counts, { maxEntries: 4 });
export const rings = arrayOfMaps(ringBuffer<Job>({ maxEntries: 4096 }), { maxEntries: 2 });
export const ports = deviceMap({ maxEntries: 8 });
export const anyPort = deviceHashMap({ maxEntries: 8 });
export const cpus = cpuMap({ maxEntries: 8 });
export const commands = userRingBuffer<Job>({ maxEntries: 4096 });
export const bare = userRingBuffer<u32>({ maxEntries: 4096 });
export const perCpu = perCpuArray<u64>({ maxEntries: 2 });

export const queues = xdp((ctx) => {
  jobs.push({ id: ctx.packet.length, name: "first" });
  jobs.push({ id: 2, name: "second" }, BPF_EXIST);
  const peeked = jobs.peek();
  const job = jobs.pop();
  if (job === null || peeked === null) return XDP_ABORTED;
  job.id += 1;
  numbers.push(job.id);
  numbers.push(peeked.id);
  const top = numbers.pop();
  if (top === null) return XDP_ABORTED;
  return (numbers.peek() ?? 0) === top + 1 && job.name === "first" ? XDP_PASS : XDP_DROP;
});

export const filters = xdp((ctx) => {
  const before = seen.has(ctx.packet.length);
  if (!seen.add(ctx.packet.length)) return XDP_ABORTED;
  return before || !seen.has(ctx.packet.length) ? XDP_DROP : XDP_PASS;
});

export const tails = xdp((ctx) => {
  next.tailCall(ctx, 1);
  return XDP_DROP;
});

export const nested = xdp((ctx) => {
  const inner = perInterface.get(ctx.ingress_ifindex & 3);
  if (inner === null) return XDP_DROP;
  inner.increment(ctx.packet.length);
  const count = inner.get(ctx.packet.length) ?? 0;
  const named = perName.get("lo");
  if (named !== null) named.set(1, count);
  const ring = rings.get(0);
  if (ring) {
    const record = ring.reserve();
    if (record !== null) {
      record.id = 9;
      record.name = "ring";
      ring.submit(record);
    }
  }
  return XDP_PASS;
});

export const flags = xdp(() => {
  const first = counts.set(7, 1, BPF_NOEXIST);
  const second = counts.set(7, 2, BPF_NOEXIST);
  if (!first || second) return XDP_DROP;
  if (counts.update(8, 1) || !counts.update(7, 3)) return XDP_ABORTED;
  perCpu.increment(1, 5);
  return (perCpu.getOn(1, bpf_get_smp_processor_id()) ?? 0) === 5 ? XDP_PASS : XDP_DROP;
});

export const redirects = xdp((ctx) => {
  if (ctx.packet.length === 100) return ports.redirect(1, XDP_PASS);
  if (ctx.packet.length === 101) return anyPort.redirect(1000, XDP_DROP);
  return cpus.redirect(0, XDP_PASS);
});

export const obey = xdp((ctx) => {
  let sum: u64 = 0;
  const taken = commands.drain((command) => {
    sum += command.id;
    counts.set(command.id, ctx.packet.length);
    return command.name === "stop";
  });
  bare.drain((number) => {
    sum += number;
  });
  counts.set(1000, sum);
  return taken === 2 ? XDP_PASS : XDP_DROP;
});

export const again = xdp((ctx) => {
  const second = filled.get(2);
  if (second !== null) second.increment(ctx.packet.length);
  steps.tailCall(ctx, 1);
  return XDP_DROP;
});

export const begin = xdp((ctx) => {
  steps.tailCall(ctx, 0);
  steps.tailCall(ctx, 2);
  return XDP_ABORTED;
});

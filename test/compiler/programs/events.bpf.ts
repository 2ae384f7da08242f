/** Everything that tells user space something: ring buffers, a perf event array, and lines of text. */

import {
  BPF_F_CURRENT_CPU,
  BPF_RB_AVAIL_DATA,
  BPF_RB_NO_WAKEUP,
  type be16,
  bpf_ktime_get_ns,
  perfEventArray,
  print,
  ringBuffer,
  type u8,
  type u32,
  u64,
  XDP_ABORTED,
  XDP_DROP,
  XDP_PASS,
  xdp,
} from "skep/bpf";
import { Ethernet, Ipv4, type Ipv4Address, Ipv6, type MacAddress } from "skep/bpf/net";

interface Arrival {
  kind: u8;
  length: u32;
  time: u64;
}

interface Packet {
  source: Ipv4Address;
  mac: MacAddress;
  type: be16;
  arrival: Arrival;
}

export const arrivals = ringBuffer<Arrival>({ maxEntries: 1 << 16 });
export const packets = ringBuffer<Packet>({ maxEntries: 4096 });
export const lengths = ringBuffer<u32>({ maxEntries: 4096 });
export const perCpu = perfEventArray<Packet>();

function begin(kind: u8): Arrival | null {
  const record = arrivals.reserve();
  if (record === null) return null;
  record.kind = kind;
  record.time = bpf_ktime_get_ns();
  return record;
}

function finish(record: Arrival, length: u32): void {
  record.length = length;
  arrivals.submit(record, BPF_RB_NO_WAKEUP);
}

export const tell = xdp((ctx) => {
  if (arrivals.query(BPF_RB_AVAIL_DATA) > 60_000) return XDP_ABORTED;
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null) return XDP_DROP;
  const record = begin(1);
  if (record !== null) {
    if (ctx.packet.length > 1000) arrivals.discard(record);
    else finish(record, ctx.packet.length);
  }
  lengths.output(ctx.packet.length);
  const ip = ctx.packet.at(Ipv4, Ethernet.size);
  if (ip === null) return XDP_PASS;
  const packet: Packet = {
    source: ip.source,
    mac: eth.source,
    type: eth.type,
    arrival: { kind: 2, length: ctx.packet.length, time: 0 },
  };
  if (!packets.output(packet)) print("no room");
  perCpu.output(ctx, packet);
  const whole = ctx.packet.length;
  perCpu.output(ctx, packet, u64(BPF_F_CURRENT_CPU) | (u64(whole) << 32));
  return XDP_PASS;
});

export const say = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  const ip = ctx.packet.at(Ipv4, Ethernet.size);
  const six = ctx.packet.at(Ipv6, 0);
  if (eth === null || ip === null || six === null) return XDP_DROP;
  print("one line");
  print(`${ctx.packet.length} bytes, 100% of ${u64(1n << 40n)} and ${eth.type.toString(16)}`);
  print(`${ip.source} to ${ip.destination}`);
  print(`from ${eth.source}, ${six.source}, ${ip.dontFragment}, ${bpf_ktime_get_ns()}`);
  return XDP_PASS;
});

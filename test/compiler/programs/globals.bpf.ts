/** Variables, tables and configuration beside the code. */

import {
  atomicAdd,
  type bool,
  config,
  type FixedArray,
  type i32,
  type u16,
  type u32,
  type u64,
  XDP_DROP,
  XDP_PASS,
  xdp,
} from "skep/bpf";
import { Ethernet, type Ipv4Address, ipv4, type MacAddress, mac } from "skep/bpf/net";

interface Flow {
  packets: u64;
  bytes: u64;
  ports: FixedArray<u16, 4>;
}

interface Limit {
  port: u16;
  rate: u32;
}

export let total: u64 = 0;
export let next: u32 = 7;
export let signed: i32 = -5;
export let running: bool = true;
export let last: Flow;
export let lengths: FixedArray<u64, 64>;
export let gateway: MacAddress = mac("02:00:00:00:00:01");
let hidden = 3;

export const target = config<u32>(0);
export const enabled = config<bool>(true);
export const allowed = config<Limit>({ port: 80, rate: 1000 });
export const address = config<Ipv4Address>(ipv4("10.0.0.1"));

export const table: FixedArray<u16, 4> = [1, 10, 100, 1000];
const limits: FixedArray<Limit, 2> = [
  { port: 53, rate: 5 },
  { port: 443, rate: 7 },
];

export const count = xdp((ctx) => {
  if (!enabled || !running) return XDP_DROP;
  const size = ctx.packet.length;
  total += 1;
  atomicAdd(last.packets, 1);
  last.bytes += size;
  last.ports[size & 3] = table[size & 3]!;
  lengths[size & 63]! += 1;
  hidden += 1;
  running = size < 9000;
  signed -= 1;
  next = table[2] + limits[1].rate + limits[size & 1]!.port + hidden;
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth !== null) gateway = eth.source;
  return target === 5 && allowed.port === 80 && address === ipv4("10.0.0.1") ? XDP_DROP : XDP_PASS;
});

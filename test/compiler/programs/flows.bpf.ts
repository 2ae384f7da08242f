// Both directions of a flow in one entry: structs in structs, chosen references, and ports as keys.

import { type be16, lruHash, type u8, u16, u32, type u64, XDP_PASS, xdp } from "skep/bpf";
import { ETH_P_IP, Ethernet, IPPROTO_TCP, IPPROTO_UDP, Ipv4, type Ipv4Address } from "skep/bpf/net";

interface Endpoint {
  address: Ipv4Address;
  port: be16;
}
interface Flow {
  a: Endpoint;
  b: Endpoint;
  protocol: u8;
}
interface Direction {
  packets: u64;
  bytes: u64;
}
interface Stats {
  forward: Direction;
  backward: Direction;
  state: u8;
  minSize: u16;
  maxSize: u16;
}

export const flows = lruHash<Flow, Stats>({ maxEntries: 1024 });

export const track = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null || eth.type !== ETH_P_IP) return XDP_PASS;
  const ip = ctx.packet.at(Ipv4, Ethernet.size);
  if (ip === null) return XDP_PASS;
  if (ip.protocol !== IPPROTO_TCP && ip.protocol !== IPPROTO_UDP) return XDP_PASS;
  const l4 = Ethernet.size + ip.headerLength;
  const sport = ctx.packet.u16(l4),
    dport = ctx.packet.u16(l4 + 2);
  if (sport === null || dport === null) return XDP_PASS;
  const swap = sport > dport || (sport === dport && u32(ip.source) > u32(ip.destination));
  const flow: Flow = swap
    ? { a: { address: ip.destination, port: dport }, b: { address: ip.source, port: sport }, protocol: ip.protocol }
    : { a: { address: ip.source, port: sport }, b: { address: ip.destination, port: dport }, protocol: ip.protocol };
  const size = u16(ctx.packet.length);
  const stats = flows.get(flow);
  if (!stats) {
    const first: Direction = { packets: 1, bytes: size };
    const none: Direction = { packets: 0, bytes: 0 };
    flows.set(flow, { forward: swap ? none : first, backward: swap ? first : none, state: 0, minSize: size, maxSize: size });
    return XDP_PASS;
  }
  const direction = swap ? stats.backward : stats.forward;
  direction.packets += 1;
  direction.bytes += size;
  stats.minSize = Math.min(stats.minSize, size);
  if (size > stats.maxSize) stats.maxSize = size;
  return XDP_PASS;
});

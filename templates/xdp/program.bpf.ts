// Counts packets by the port that they are sent to, as they come in at an interface.

import { hash, type u8, type u16, type u32, type u64, XDP_PASS, type XdpContext, xdp } from "skep/bpf";
import { ETH_P_IP, Ethernet, IPPROTO_TCP, IPPROTO_UDP, Ipv4, Tcp, Udp } from "skep/bpf/net";

/** Packets by destination port. */
export const ports = hash<u16, u64>({ maxEntries: 65_536 });

/** The destination port at an offset; 0 when the protocol has none. */
function portAt(ctx: XdpContext, protocol: u8, offset: u32): u16 {
  if (protocol === IPPROTO_TCP) return ctx.packet.at(Tcp, offset)?.destinationPort ?? 0;
  if (protocol === IPPROTO_UDP) return ctx.packet.at(Udp, offset)?.destinationPort ?? 0;
  return 0;
}

export const count = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null || eth.type !== ETH_P_IP) return XDP_PASS;
  const ip = ctx.packet.at(Ipv4, Ethernet.size);
  if (ip === null) return XDP_PASS;
  const port = portAt(ctx, ip.protocol, Ethernet.size + ip.headerLength);
  if (port !== 0) ports.increment(port);
  return XDP_PASS;
});

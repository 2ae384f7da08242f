// Answers pings where they arrive: swaps addresses in place, and mends the checksum (RFC 1624).

import { array, u16, type u32, type u64, XDP_PASS, XDP_TX, xdp } from "skep/bpf";
import { ETH_P_IP, Ethernet, ICMP_ECHO, ICMP_ECHO_REPLY, Icmp, IPPROTO_ICMP, Ipv4 } from "skep/bpf/net";

export const answered = array<u64>({ maxEntries: 1 });

export const pong = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null || eth.type !== ETH_P_IP) return XDP_PASS;
  const ip = ctx.packet.at(Ipv4, Ethernet.size);
  if (ip === null || ip.protocol !== IPPROTO_ICMP) return XDP_PASS;
  const icmp = ctx.packet.at(Icmp, Ethernet.size + ip.headerLength);
  if (icmp === null || icmp.type !== ICMP_ECHO) return XDP_PASS;

  const mac = eth.source;
  eth.source = eth.destination;
  eth.destination = mac;
  const address = ip.source;
  ip.source = ip.destination;
  ip.destination = address;
  icmp.type = ICMP_ECHO_REPLY;
  // incremental checksum (RFC 1624)
  let sum: u32 = icmp.checksum + 0x0800;
  sum = (sum & 0xffff) + (sum >> 16);
  icmp.checksum = u16(sum);
  answered.increment(0);
  return XDP_TX;
});

// Counts bytes by protocol on their way out of an interface, and keeps plain DNS from leaving.

import { hash, TC_ACT_OK, TC_ACT_SHOT, tc, type u8, u64 } from "skep/bpf";
import { ETH_P_IP, Ethernet, IPPROTO_UDP, Ipv4, Udp } from "skep/bpf/net";

/** Bytes by protocol of IPv4. */
export const bytes = hash<u8, u64>({ maxEntries: 256 });

export const shape = tc((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null || eth.type !== ETH_P_IP) return TC_ACT_OK;
  const ip = ctx.packet.at(Ipv4, Ethernet.size);
  if (ip === null) return TC_ACT_OK;
  bytes.increment(ip.protocol, u64(ctx.len));
  if (ip.protocol !== IPPROTO_UDP) return TC_ACT_OK;
  return ctx.packet.at(Udp, Ethernet.size + ip.headerLength)?.destinationPort === 53 ? TC_ACT_SHOT : TC_ACT_OK;
});

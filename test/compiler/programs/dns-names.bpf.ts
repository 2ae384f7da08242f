// Sixteen bytes of each packet, one by one, any of which may be missing: the verifier must not walk every combination.

import { type FixedArray, hash, type u8, type u64, XDP_PASS, xdp } from "skep/bpf";
import { ETH_P_IP, Ethernet, IPPROTO_UDP, Ipv4, Udp } from "skep/bpf/net";

const DNS_PORT = 53;
const DNS_HEADER = 12;

interface Name {
  length: u8;
  bytes: FixedArray<u8, 16>;
}

export const queries = hash<Name, u64>({ maxEntries: 1000 });

/** Counts queries by the first label of the name, in lower case. */
export const dns = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null || eth.type !== ETH_P_IP) return XDP_PASS;
  const ip = ctx.packet.at(Ipv4, Ethernet.size);
  if (ip === null || ip.protocol !== IPPROTO_UDP || ip.fragmentOffset !== 0) return XDP_PASS;
  const start = Ethernet.size + ip.headerLength;
  const udp = ctx.packet.at(Udp, start);
  if (udp === null || udp.destinationPort !== DNS_PORT) return XDP_PASS;

  const name = start + Udp.size + DNS_HEADER;
  const length = ctx.packet.u8(name);
  if (length === null) return XDP_PASS;
  const key: Name = { length, bytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] };
  for (let i = 0; i < 16; i++) {
    if (i >= length) break;
    let letter = ctx.packet.u8(name + 1 + i) ?? 0;
    if (letter >= 0x41 && letter <= 0x5a) letter += 0x20;
    key.bytes[i] = letter;
  }
  queries.increment(key);
  return XDP_PASS;
});

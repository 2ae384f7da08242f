// What is asked of a name server: DNS queries over UDP, counted by name and type.
//
//   skep run examples/dns-counter.bpf.ts --replay examples/captures/office.pcap

import { type FixedString, lruHash, type u8, type u16, type u32, type u64, XDP_PASS, xdp } from "skep/bpf";
import { Dns, ETH_P_IP, ETH_P_IPV6, Ethernet, IPPROTO_UDP, Ipv4, Ipv6, Udp } from "skep/bpf/net";

const DNS_PORT = 53;

/** Room for a name as text: longer ones are counted under their first 64 bytes. */
const NAME_LENGTH = 64;
/** No name has more bytes (RFC 1035 §3.1). */
const LONGEST_NAME = 255;

interface Query {
  /** 1 is A, 28 is AAAA, 15 is MX … */
  type: u16;
  /** In lower case, without the dot at the end. */
  name: FixedString<64>;
}

export const queries = lruHash<Query, u64>({ maxEntries: 16_384 });

export const dnsCounter = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null) return XDP_PASS;

  let offset: u32 = Ethernet.size;
  if (eth.type === ETH_P_IP) {
    const ip = ctx.packet.at(Ipv4, offset);
    if (ip === null || ip.protocol !== IPPROTO_UDP || ip.fragmentOffset !== 0) return XDP_PASS;
    offset += ip.headerLength;
  } else if (eth.type === ETH_P_IPV6) {
    const ip = ctx.packet.at(Ipv6, offset);
    if (ip === null || ip.nextHeader !== IPPROTO_UDP) return XDP_PASS;
    offset += Ipv6.size;
  } else {
    return XDP_PASS;
  }
  const udp = ctx.packet.at(Udp, offset);
  if (udp === null || udp.destinationPort !== DNS_PORT) return XDP_PASS;
  offset += Udp.size;

  const dns = ctx.packet.at(Dns, offset);
  if (dns === null || dns.response || dns.questions === 0) return XDP_PASS;
  offset += Dns.size;

  // Labels, each behind its length, until one that is empty; as text they have dots between them.
  const query: Query = { type: 0, name: "" };
  let left: u32 = 0;
  for (let i = 0; i < LONGEST_NAME; i++) {
    const read = ctx.packet.u8(offset);
    if (read === null) return XDP_PASS;
    offset += 1;
    let byte: u8 = read;
    if (left === 0) {
      left = byte;
      if (left === 0) {
        const type = ctx.packet.u16(offset);
        if (type === null) return XDP_PASS;
        query.type = type;
        queries.increment(query);
        return XDP_PASS;
      }
      byte = 0x2e; // "."
    } else {
      left -= 1;
      if (byte >= 0x41 && byte <= 0x5a) byte += 0x20;
    }
    // The dot before the first label has no place.
    if (i > 0 && i <= NAME_LENGTH) query.name[i - 1] = byte;
  }
  return XDP_PASS;
});

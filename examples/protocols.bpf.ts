// What is on the wire: packets and bytes by network protocol, transport protocol and destination port.
//
//   skep run examples/protocols.bpf.ts --replay examples/captures/office.pcap

import { perCpuHash, type u8, type u16, type u32, type u64, XDP_PASS, type XdpContext, xdp } from "skep/bpf";
import { ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6, Ethernet, IPPROTO_TCP, IPPROTO_UDP, Ipv4, Ipv6, Tcp, Udp, Vlan } from "skep/bpf/net";

/** What is counted together. Parts that a packet does not have are 0. */
interface Kind {
  /** What the frame carries, below a VLAN tag when there is one: `ETH_P_IP`, `ETH_P_ARP`, … */
  etherType: u16;
  /** Destination port of TCP and UDP. */
  port: u16;
  /** What IPv4 and IPv6 carry: `IPPROTO_TCP`, `IPPROTO_ICMP`, … */
  protocol: u8;
}

interface Traffic {
  packets: u64;
  bytes: u64;
}

export const traffic = perCpuHash<Kind, Traffic>({ maxEntries: 16_384 });

/** The destination port at an offset; 0 when the protocol has none, or the packet is cut off before it. */
function portAt(ctx: XdpContext, protocol: u8, offset: u32): u16 {
  if (protocol === IPPROTO_TCP) {
    const tcp = ctx.packet.at(Tcp, offset);
    return tcp === null ? 0 : tcp.destinationPort;
  }
  if (protocol === IPPROTO_UDP) {
    const udp = ctx.packet.at(Udp, offset);
    return udp === null ? 0 : udp.destinationPort;
  }
  return 0;
}

function count(kind: Kind, bytes: u32): void {
  const known = traffic.get(kind);
  if (known === null) {
    traffic.set(kind, { packets: 1, bytes });
  } else {
    known.packets += 1;
    known.bytes += bytes;
  }
}

export const protocols = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null) return XDP_PASS;

  let etherType = eth.type;
  let offset: u32 = Ethernet.size;
  if (etherType === ETH_P_8021Q) {
    const vlan = ctx.packet.at(Vlan, offset);
    if (vlan === null) return XDP_PASS;
    etherType = vlan.type;
    offset += Vlan.size;
  }

  let protocol: u8 = 0;
  let port: u16 = 0;
  if (etherType === ETH_P_IP) {
    const ip = ctx.packet.at(Ipv4, offset);
    if (ip === null) return XDP_PASS;
    protocol = ip.protocol;
    // Only the first fragment of a packet has the ports.
    if (ip.fragmentOffset === 0) port = portAt(ctx, protocol, offset + ip.headerLength);
  } else if (etherType === ETH_P_IPV6) {
    const ip = ctx.packet.at(Ipv6, offset);
    if (ip === null) return XDP_PASS;
    protocol = ip.nextHeader;
    port = portAt(ctx, protocol, offset + Ipv6.size);
  }

  count({ etherType, protocol, port }, ctx.packet.length);
  return XDP_PASS;
});

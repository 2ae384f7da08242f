// A small load balancer for TCP and UDP over IPv4: what comes for a service goes to one of its backends, and the answers come back
// under the service's address. A flow keeps its backend.
//
// It sees both directions of an interface, so an application attaches it:
//
//   maps.services.set({ address: "192.0.2.1", port: 80, protocol: 6 }, { first: 0, count: 1 });
//   maps.backends.set(0, { address: "192.0.2.1", port: 8080 });
//   await programs.ingress.attach({ interface: "eth0", direction: "ingress" });
//   await programs.egress.attach({ interface: "eth0", direction: "egress" });

import {
  array,
  BPF_F_MARK_MANGLED_0,
  BPF_F_PSEUDO_HDR,
  type be16,
  type bool,
  bpf_l3_csum_replace,
  bpf_l4_csum_replace,
  bpf_skb_store_bytes,
  hash,
  lruHash,
  perCpuArray,
  TC_ACT_OK,
  type TcContext,
  tc,
  type u8,
  type u16,
  u32,
  type u64,
  zeroed,
} from "skep/bpf";
import { ETH_P_IP, Ethernet, htons, IPPROTO_TCP, IPPROTO_UDP, Ipv4, type Ipv4Address, Udp } from "skep/bpf/net";

interface Service {
  address: Ipv4Address;
  port: be16;
  protocol: u16;
}

/** Which of `backends`. */
interface Pool {
  first: u32;
  count: u32;
}

interface Endpoint {
  address: Ipv4Address;
  port: be16;
}

/** A flow as the backend's answers have it. */
interface Flow {
  backend: Ipv4Address;
  client: Ipv4Address;
  backendPort: be16;
  clientPort: be16;
  protocol: u32;
}

export const services = hash<Service, Pool>({ maxEntries: 1_024 });
export const backends = array<Endpoint>({ maxEntries: 4_096 });

/** What the client takes the backend for. */
export const flows = lruHash<Flow, Endpoint>({ maxEntries: 65_536 });

/** Packets sent on, at 0, and answers, at 1. */
export const packets = perCpuArray<u64>({ maxEntries: 2 });

/** Where addresses and ports are in their headers, and the checksums. */
const IP_SOURCE = 12;
const IP_DESTINATION = 16;
const IP_CHECKSUM = 10;
const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const TCP_CHECKSUM = 16;
const UDP_CHECKSUM = 6;

/** What is looked at of a packet of TCP or UDP over IPv4. */
interface Packet {
  source: Ipv4Address;
  destination: Ipv4Address;
  sourcePort: u16;
  destinationPort: u16;
  protocol: u8;
  /** Where the transport header begins. */
  offset: u32;
}

/** What is written into a packet, in its order of bytes. */
interface AddressBytes {
  address: Ipv4Address;
}

interface PortBytes {
  port: be16;
}

/** False for other packets; fragments behind the first have no ports. */
function parse(ctx: TcContext, found: Packet): bool {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null || eth.type !== ETH_P_IP) return false;
  const ip = ctx.packet.at(Ipv4, Ethernet.size);
  if (ip === null || ip.fragmentOffset !== 0) return false;
  if (ip.protocol !== IPPROTO_TCP && ip.protocol !== IPPROTO_UDP) return false;
  found.protocol = ip.protocol;
  found.source = ip.source;
  found.destination = ip.destination;
  found.offset = Ethernet.size + ip.headerLength;

  // Both begin with the ports.
  const ports = ctx.packet.at(Udp, found.offset);
  if (ports === null) return false;
  found.sourcePort = ports.sourcePort;
  found.destinationPort = ports.destinationPort;
  return true;
}

/** Every bit of the result depends on every bit of the value (lowbias32 of Chris Wellons' hash-prospector). */
function mixed(value: u32): u32 {
  let mix = (value ^ (value >>> 16)) * 0x7feb352d;
  mix = (mix ^ (mix >>> 15)) * 0x846ca68b;
  return mix ^ (mix >>> 16);
}

/** Puts an address and a port in the place of others, and mends the checksums. */
function rewrite(
  ctx: TcContext,
  packet: Packet,
  addressAt: u32,
  portAt: u32,
  before: Ipv4Address,
  portBefore: u16,
  to: Endpoint,
): void {
  const isUdp = packet.protocol === IPPROTO_UDP;
  const checksumAt = packet.offset + (isUdp ? UDP_CHECKSUM : TCP_CHECKSUM);
  // A datagram without a checksum stays without.
  const kind: u64 = isUdp ? BPF_F_MARK_MANGLED_0 : 0;
  const address: AddressBytes = { address: to.address };
  const port: PortBytes = { port: to.port };
  bpf_l4_csum_replace(ctx, checksumAt, before, address.address, kind | BPF_F_PSEUDO_HDR | 4);
  bpf_l4_csum_replace(ctx, checksumAt, htons(portBefore), htons(port.port), kind | 2);
  bpf_l3_csum_replace(ctx, Ethernet.size + IP_CHECKSUM, before, address.address, 4);
  bpf_skb_store_bytes(ctx, Ethernet.size + addressAt, address, 0);
  bpf_skb_store_bytes(ctx, packet.offset + portAt, port, 0);
}

export const ingress = tc((ctx) => {
  const packet = zeroed<Packet>();
  if (!parse(ctx, packet)) return TC_ACT_OK;

  const pool = services.get({ address: packet.destination, port: packet.destinationPort, protocol: packet.protocol });
  if (pool === null || pool.count === 0) return TC_ACT_OK;

  // The same flow always goes to the same backend.
  const ports = (u32(htons(packet.sourcePort)) << 16) | htons(packet.destinationPort);
  const index = pool.first + (mixed(u32(packet.source) ^ ports) % pool.count);
  const backend = backends.get(index);
  if (backend === null || backend.port === 0) return TC_ACT_OK;

  const flow: Flow = {
    backend: backend.address,
    client: packet.source,
    backendPort: backend.port,
    clientPort: packet.sourcePort,
    protocol: packet.protocol,
  };
  flows.set(flow, { address: packet.destination, port: packet.destinationPort });

  packets.increment(0);
  rewrite(ctx, packet, IP_DESTINATION, DESTINATION_PORT, packet.destination, packet.destinationPort, backend);
  return TC_ACT_OK;
});

export const egress = tc((ctx) => {
  const packet = zeroed<Packet>();
  if (!parse(ctx, packet)) return TC_ACT_OK;

  const front = flows.get({
    backend: packet.source,
    client: packet.destination,
    backendPort: packet.sourcePort,
    clientPort: packet.destinationPort,
    protocol: packet.protocol,
  });
  if (front === null) return TC_ACT_OK;

  packets.increment(1);
  rewrite(ctx, packet, IP_SOURCE, SOURCE_PORT, packet.source, packet.sourcePort, front);
  return TC_ACT_OK;
});

/** What a device knows of a packet besides its bytes (net/core/xdp.c, Linux 6.3): when it came, and the hash of its flow. */

import type { HelperCall } from "../helpers/helper.ts";
import { type Helper, kfunc } from "../helpers/helper.ts";
import { flowHash } from "../room/flow-hash.ts";

const ENODATA = 61;
const EOPNOTSUPP = 95;
const INGRESS_IFINDEX = 12;
const ETHERNET = 14;
const IPV4 = 0x0008;
const IPV6 = 0xdd86;

/** `enum xdp_rss_hash_type`. */
const RSS = { ipv4: 1, ipv6: 2, transport: 8, tcp: 16, udp: 32, sctp: 64 } as const;
const TRANSPORT: Readonly<Record<number, number>> = { 6: RSS.tcp, 17: RSS.udp, 132: RSS.sctp };

const deviceOf = ({ cpu, memory, space }: HelperCall) =>
  cpu.room.packets.byIndex(memory.view.getUint32(space.contextStart + INGRESS_IFINDEX, true));

/** The packet's own time, when whoever gave it to the device said one. A test run has no device that could know. */
function timestamp(call: HelperCall, _context: number, to: number): number {
  const device = deviceOf(call);
  if (device === null) return -EOPNOTSUPP;
  const { seconds, nanoseconds = 0 } = device.arrival;
  if (seconds === undefined) return -ENODATA;
  call.memory.view.setBigUint64(to >>> 0, BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds), true);
  return 0;
}

/** Of addresses and ports, with the engine's seed: what `bpf_get_hash_recalc` finds for the same packet in tc. */
function hash(call: HelperCall, _context: number, to: number, type: number): number {
  if (deviceOf(call) === null) return -EOPNOTSUPP;
  const { memory, space, cpu } = call;
  const { packetData, packetEnd } = space;
  const protocol = memory.view.getUint16(packetData + 12, true);
  const network = packetData + ETHERNET;
  let kind = 0;
  if (protocol === IPV4 && network + 20 <= packetEnd) {
    const l4 = TRANSPORT[memory.bytes[network + 9]!];
    kind = RSS.ipv4 | (l4 === undefined ? 0 : RSS.transport | l4);
  } else if (protocol === IPV6 && network + 40 <= packetEnd) {
    const l4 = TRANSPORT[memory.bytes[network + 6]!];
    kind = RSS.ipv6 | (l4 === undefined ? 0 : RSS.transport | l4);
  }
  memory.view.setUint32(to >>> 0, flowHash(memory.bytes, network, packetEnd, protocol, cpu.room.hashSeed), true);
  memory.view.setUint32(type >>> 0, kind, true);
  return 0;
}

/** A tag is in the packet here when XDP sees it, as nothing took it out. */
function vlanTag(call: HelperCall): number {
  return deviceOf(call) === null ? -EOPNOTSUPP : -ENODATA;
}

const word = (memory: number) => ({ memory, write: true });

export const XDP_METADATA: readonly Helper[] = [
  kfunc("bpf_xdp_metadata_rx_timestamp", ["context", word(8)], "int", timestamp),
  kfunc("bpf_xdp_metadata_rx_hash", ["context", word(4), word(4)], "int", hash),
  kfunc("bpf_xdp_metadata_rx_vlan_tag", ["context", word(2), word(2)], "int", vlanTag),
];

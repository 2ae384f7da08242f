/** Packets by layers: written, read, compared. */

export { type Data, hex } from "./bytes.ts";
export { describePacket, packetDifference } from "./difference.ts";
export { type DnsAnswer, type DnsOptions, type DnsQuestion, dns } from "./dns.ts";
export { PacketError } from "./errors.ts";
export type { Layer, ParsedLayer } from "./layer.ts";
export { arp, ethernet, vlan } from "./link.ts";
export { ipv4, ipv6, ipv6Extension, ipv6Fragment } from "./network.ts";
export { LAYER_NAMES, layersOf, packet, padding, payload } from "./packet.ts";
export { icmp, icmpv6, type TcpOptions, tcp, udp } from "./transport.ts";
export { gre, vxlan } from "./tunnels.ts";

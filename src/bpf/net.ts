/**
 * What a `.bpf.ts` file imports from "skep/bpf/net": protocol headers as views of the packet, addresses, constants.
 *
 * Numbers of more than one byte are in network order in the packet and ordinary numbers here: `tcp.destinationPort === 443`.
 * Addresses are bytes in the order of the wire, never turned around, so they are right as keys of maps and tries.
 */

import { NET_CONSTANTS } from "../compiler/typescript/library/constants.ts";
import { HEADERS } from "../compiler/typescript/library/headers.ts";
import type { be16, be32, bool, FixedArray, u8, u16, u32 } from "./integers.ts";
import { notCompiled } from "./not-compiled.ts";
import type { Header } from "./packet.ts";

/**
 * An IPv4 address: its four bytes as they lie in the packet, as the machine reads them. Only `===`, `!==` and masking with
 * another address mean something. On the user side it is dotted text.
 */
export type Ipv4Address = number & { readonly __int?: "Ipv4Address" };
/** An IPv6 address: sixteen bytes. `===` compares them all. On the user side it is text. */
export type Ipv6Address = FixedArray<u8, 16> & { readonly "~text": "ipv6" };
/** A hardware address: six bytes. `===` compares them all. On the user side it is text. */
export type MacAddress = FixedArray<u8, 6> & { readonly "~text": "mac" };

/** The address written as text, known when compiling: `ipv4("203.0.113.1")`. */
export function ipv4(_text: string): Ipv4Address {
  return notCompiled("ipv4");
}

/** The address written as text, known when compiling: `ipv6("2001:db8::1")`. */
export function ipv6(_text: string): Ipv6Address {
  return notCompiled("ipv6");
}

/** A number as it lies in the packet: fields of headers are turned around by themselves, arguments of helpers are not. */
export function htons(_value: u16): u16 {
  return notCompiled("htons");
}

/** A number as it lies in the packet: fields of headers are turned around by themselves, arguments of helpers are not. */
export function htonl(_value: u32): u32 {
  return notCompiled("htonl");
}

/** The number that lies in the packet like this. */
export function ntohs(_value: u16): u16 {
  return notCompiled("ntohs");
}

/** The number that lies in the packet like this. */
export function ntohl(_value: u32): u32 {
  return notCompiled("ntohl");
}

/** An IPv4 address as an IPv6 one, `::ffff:192.0.2.1` (RFC 4291 §2.5.5.2): for keys and records that hold either. */
export function ipv4Mapped(_address: Ipv4Address): Ipv6Address {
  return notCompiled("ipv4Mapped");
}

/** The address written as text, known when compiling: `mac("02:00:00:00:00:01")`. */
export function mac(_text: string): MacAddress {
  return notCompiled("mac");
}

/** IEEE 802.3: what every frame begins with. */
export interface Ethernet {
  destination: MacAddress;
  source: MacAddress;
  /** What follows: one of the `ETH_P_` constants. */
  type: be16;
}

/** IEEE 802.1Q: what follows an Ethernet header of the type ETH_P_8021Q or ETH_P_8021AD. */
export interface Vlan {
  /** 0 … 7. */
  priority: u8;
  dropEligible: bool;
  /** Number of the network, 0 … 4,095. */
  id: u16;
  /** What follows: one of the `ETH_P_` constants. */
  type: be16;
}

/** RFC 826, for IPv4 over Ethernet. */
export interface Arp {
  hardwareType: be16;
  protocolType: be16;
  hardwareLength: u8;
  protocolLength: u8;
  /** ARP_REQUEST or ARP_REPLY. */
  operation: be16;
  senderHardware: MacAddress;
  senderProtocol: Ipv4Address;
  targetHardware: MacAddress;
  targetProtocol: Ipv4Address;
}

/** RFC 791 §3.1, without options: they follow when `headerLength` is more than 20. */
export interface Ipv4 {
  /** 4. */
  version: u8;
  /** In bytes, 20 … 60: where the payload begins. Read-only. */
  readonly headerLength: u8;
  /** Differentiated services, RFC 2474. */
  dscp: u8;
  /** Congestion notification, RFC 3168. */
  ecn: u8;
  /** Bytes of header and payload. */
  totalLength: be16;
  identification: be16;
  dontFragment: bool;
  moreFragments: bool;
  /** In bytes: of all fragments but the first it is not 0, and no transport header follows. Read-only. */
  readonly fragmentOffset: u16;
  ttl: u8;
  /** What follows: one of the `IPPROTO_` constants. */
  protocol: u8;
  checksum: be16;
  source: Ipv4Address;
  destination: Ipv4Address;
}

/** RFC 8200 §3. */
export interface Ipv6 {
  /** 6. */
  version: u8;
  trafficClass: u8;
  flowLabel: u32;
  /** Bytes after this header, extension headers included. */
  payloadLength: be16;
  /** What follows: an `IPPROTO_` constant, or an extension header. */
  nextHeader: u8;
  hopLimit: u8;
  source: Ipv6Address;
  destination: Ipv6Address;
}

/** RFC 9293 §3.1, without options: they follow when `headerLength` is more than 20. */
export interface Tcp {
  sourcePort: be16;
  destinationPort: be16;
  sequence: be32;
  acknowledgement: be32;
  /** In bytes, 20 … 60: where the data begins. Read-only. */
  readonly headerLength: u8;
  /** All eight flags: `tcp.flags & (TCP_SYN | TCP_ACK)`. */
  flags: u8;
  fin: bool;
  syn: bool;
  rst: bool;
  psh: bool;
  ack: bool;
  urg: bool;
  ece: bool;
  cwr: bool;
  window: be16;
  checksum: be16;
  urgentPointer: be16;
}

/** RFC 768. */
export interface Udp {
  sourcePort: be16;
  destinationPort: be16;
  /** Bytes of header and data. */
  length: be16;
  checksum: be16;
}

/** RFC 792. */
export interface Icmp {
  /** ICMP_ECHO, … */
  type: u8;
  code: u8;
  checksum: be16;
  /** Depends on the type: of an echo, identifier and sequence number. */
  rest: be32;
}

/** RFC 4443 §2.1. */
export interface Icmpv6 {
  /** ICMPV6_ECHO_REQUEST, … */
  type: u8;
  code: u8;
  checksum: be16;
  /** Depends on the type: of an echo, identifier and sequence number. */
  rest: be32;
}

/** RFC 8200 §4.3, §4.4, §4.6: hop-by-hop options, routing, destination options. `extraLength` more bytes follow. */
export interface Ipv6Extension {
  /** What follows: an `IPPROTO_` constant. */
  nextHeader: u8;
  /** Bytes beyond these eight. Read-only. */
  readonly extraLength: u16;
}

/** RFC 8200 §4.5. */
export interface Ipv6Fragment {
  /** What follows, in the first fragment. */
  nextHeader: u8;
  /** In bytes. Read-only. */
  readonly fragmentOffset: u16;
  moreFragments: bool;
  identification: be32;
}

/** RFC 2784, RFC 2890. For each of the first three that is there, four bytes follow, in this order. */
export interface Gre {
  checksumPresent: bool;
  keyPresent: bool;
  sequencePresent: bool;
  /** 0; 1 is that of PPTP. */
  version: u8;
  /** What follows: one of the `ETH_P_` constants. */
  protocol: be16;
}

/** RFC 7348 §5: behind UDP, port 4789. An Ethernet header follows. */
export interface Vxlan {
  hasVni: bool;
  /** Number of the network, 24 bits. */
  vni: u32;
}

/** RFC 8926 §3.4: behind UDP, port 6081. `optionsLength` bytes of options follow. */
export interface Geneve {
  version: u8;
  /** In bytes. Read-only. */
  readonly optionsLength: u8;
  control: bool;
  critical: bool;
  /** What follows: one of the `ETH_P_` constants. */
  protocol: be16;
  /** Number of the network, 24 bits. */
  vni: u32;
}

/** RFC 3032 §2.1: one label. */
export interface Mpls {
  label: u32;
  trafficClass: u8;
  /** No other label follows. */
  bottomOfStack: bool;
  ttl: u8;
}

/** RFC 9260 §3.1. Chunks follow. */
export interface Sctp {
  sourcePort: be16;
  destinationPort: be16;
  verificationTag: be32;
  /** CRC-32C. */
  checksum: be32;
}

/** RFC 4303 §2: what is encrypted follows. */
export interface Esp {
  spi: be32;
  sequence: be32;
}

/** RFC 4302 §2, without the check value. */
export interface Ah {
  /** What follows: an `IPPROTO_` constant. */
  nextHeader: u8;
  /** Bytes of the header beyond its first eight. Read-only. */
  readonly extraLength: u16;
  spi: be32;
  sequence: be32;
}

/** RFC 2236 §2. */
export interface Igmp {
  type: u8;
  maximumResponse: u8;
  checksum: be16;
  group: Ipv4Address;
}

/** RFC 1035 §4.1.1: behind UDP, port 53. Questions follow. */
export interface Dns {
  id: be16;
  response: bool;
  opcode: u8;
  authoritative: bool;
  truncated: bool;
  recursionDesired: bool;
  recursionAvailable: bool;
  /** 0 when there was no error, 3 when there is no such name. */
  responseCode: u8;
  /** How many there are. */
  questions: be16;
  answers: be16;
  authorities: be16;
  additional: be16;
}

/** 14 bytes. */
export const Ethernet: Header<Ethernet> = { size: HEADERS.Ethernet.size };
/** 4 bytes. */
export const Vlan: Header<Vlan> = { size: HEADERS.Vlan.size };
/** 28 bytes. */
export const Arp: Header<Arp> = { size: HEADERS.Arp.size };
/** 20 bytes. */
export const Ipv4: Header<Ipv4> = { size: HEADERS.Ipv4.size };
/** 40 bytes. */
export const Ipv6: Header<Ipv6> = { size: HEADERS.Ipv6.size };
/** 20 bytes. */
export const Tcp: Header<Tcp> = { size: HEADERS.Tcp.size };
/** 8 bytes. */
export const Udp: Header<Udp> = { size: HEADERS.Udp.size };
/** 8 bytes. */
export const Icmp: Header<Icmp> = { size: HEADERS.Icmp.size };
/** 8 bytes. */
export const Icmpv6: Header<Icmpv6> = { size: HEADERS.Icmpv6.size };
/** 8 bytes. */
export const Ipv6Extension: Header<Ipv6Extension> = { size: HEADERS.Ipv6Extension.size };
/** 8 bytes. */
export const Ipv6Fragment: Header<Ipv6Fragment> = { size: HEADERS.Ipv6Fragment.size };
/** 4 bytes. */
export const Gre: Header<Gre> = { size: HEADERS.Gre.size };
/** 8 bytes. */
export const Vxlan: Header<Vxlan> = { size: HEADERS.Vxlan.size };
/** 8 bytes. */
export const Geneve: Header<Geneve> = { size: HEADERS.Geneve.size };
/** 4 bytes. */
export const Mpls: Header<Mpls> = { size: HEADERS.Mpls.size };
/** 12 bytes. */
export const Sctp: Header<Sctp> = { size: HEADERS.Sctp.size };
/** 8 bytes. */
export const Esp: Header<Esp> = { size: HEADERS.Esp.size };
/** 12 bytes. */
export const Ah: Header<Ah> = { size: HEADERS.Ah.size };
/** 8 bytes. */
export const Igmp: Header<Igmp> = { size: HEADERS.Igmp.size };
/** 12 bytes. */
export const Dns: Header<Dns> = { size: HEADERS.Dns.size };

export const {
  ETH_P_IP,
  ETH_P_ARP,
  ETH_P_8021Q,
  ETH_P_IPV6,
  ETH_P_8021AD,
  ETH_P_MPLS_UC,
  ETH_P_LLDP,
  IPPROTO_ICMP,
  IPPROTO_IGMP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_GRE,
  IPPROTO_ESP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  TCP_FIN,
  TCP_SYN,
  TCP_RST,
  TCP_PSH,
  TCP_ACK,
  TCP_URG,
  TCP_ECE,
  TCP_CWR,
  ARP_REQUEST,
  ARP_REPLY,
  ICMP_ECHO_REPLY,
  ICMP_DEST_UNREACH,
  ICMP_ECHO,
  ICMP_TIME_EXCEEDED,
  ICMPV6_DEST_UNREACH,
  ICMPV6_ECHO_REQUEST,
  ICMPV6_ECHO_REPLY,
  ETH_P_ALL,
  ETH_P_TEB,
  ETH_P_MPLS_MC,
  ETH_P_PPP_DISC,
  ETH_P_PPP_SES,
  ETH_P_PAE,
  ETH_P_1588,
  IPPROTO_HOPOPTS,
  IPPROTO_IPIP,
  IPPROTO_IPV6,
  IPPROTO_ROUTING,
  IPPROTO_FRAGMENT,
  IPPROTO_AH,
  IPPROTO_NONE,
  IPPROTO_DSTOPTS,
  IPPROTO_UDPLITE,
  IPPROTO_MPLS,
  ICMP_REDIRECT,
  ICMP_PARAMETERPROB,
  ICMP_NET_UNREACH,
  ICMP_HOST_UNREACH,
  ICMP_PROT_UNREACH,
  ICMP_PORT_UNREACH,
  ICMP_FRAG_NEEDED,
  ICMPV6_PKT_TOOBIG,
  ICMPV6_TIME_EXCEED,
  ICMPV6_PARAMPROB,
  NDISC_ROUTER_SOLICITATION,
  NDISC_ROUTER_ADVERTISEMENT,
  NDISC_NEIGHBOUR_SOLICITATION,
  NDISC_NEIGHBOUR_ADVERTISEMENT,
  NDISC_REDIRECT,
} = NET_CONSTANTS;

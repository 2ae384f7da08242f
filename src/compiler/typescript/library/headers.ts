/**
 * Protocol headers as views of packet bytes. Integers of more than one byte are in network order on the wire and host-order
 * numbers in the language; addresses are never swapped.
 */

import {
  type ArrayType,
  BOOL,
  type BoolType,
  INTS,
  type IntType,
  IPV4_ADDRESS,
  IPV6_ADDRESS,
  MAC_ADDRESS,
  NETWORK,
  type NetworkType,
} from "../types.ts";

export interface Header {
  /** Bytes of the fixed part: what `Header.size` is and `packet.at` checks. */
  readonly size: number;
  readonly fields: Readonly<Record<string, HeaderField>>;
}

export type HeaderField = ByteField | BitField;

/** Whole bytes. */
export interface ByteField {
  readonly kind: "bytes";
  readonly offset: number;
  readonly type: IntType | NetworkType | ArrayType;
}

/** Some bits of an integer: `(unit >> shift & mask) * scale`. With a scale other than 1 it is read-only. */
export interface BitField {
  readonly kind: "bits";
  readonly offset: number;
  /** How the integer that holds the bits lies on the wire. */
  readonly unit: IntType | NetworkType;
  readonly shift: number;
  readonly bits: number;
  readonly scale: number;
  readonly type: IntType | BoolType;
}

function at(offset: number, type: ByteField["type"]): ByteField {
  return { kind: "bytes", offset, type };
}

function bits(offset: number, unit: BitField["unit"], shift: number, count: number, type: BitField["type"], scale = 1): BitField {
  return { kind: "bits", offset, unit, shift, bits: count, scale, type };
}

const { u8, u16, u32 } = INTS;
const { be16, be32 } = NETWORK;

export const HEADERS = {
  /** IEEE 802.3, without preamble and frame check sequence. */
  Ethernet: {
    size: 14,
    fields: { destination: at(0, MAC_ADDRESS), source: at(6, MAC_ADDRESS), type: at(12, be16) },
  },
  /** What follows an Ethernet header whose type is ETH_P_8021Q or ETH_P_8021AD: IEEE 802.1Q. */
  Vlan: {
    size: 4,
    fields: {
      priority: bits(0, be16, 13, 3, u8),
      dropEligible: bits(0, be16, 12, 1, BOOL),
      id: bits(0, be16, 0, 12, u16),
      type: at(2, be16),
    },
  },
  /** RFC 826, for IPv4 over Ethernet. */
  Arp: {
    size: 28,
    fields: {
      hardwareType: at(0, be16),
      protocolType: at(2, be16),
      hardwareLength: at(4, u8),
      protocolLength: at(5, u8),
      operation: at(6, be16),
      senderHardware: at(8, MAC_ADDRESS),
      senderProtocol: at(14, IPV4_ADDRESS),
      targetHardware: at(18, MAC_ADDRESS),
      targetProtocol: at(24, IPV4_ADDRESS),
    },
  },
  /** RFC 791 §3.1, without options. */
  Ipv4: {
    size: 20,
    fields: {
      version: bits(0, u8, 4, 4, u8),
      headerLength: bits(0, u8, 0, 4, u8, 4),
      dscp: bits(1, u8, 2, 6, u8),
      ecn: bits(1, u8, 0, 2, u8),
      totalLength: at(2, be16),
      identification: at(4, be16),
      dontFragment: bits(6, be16, 14, 1, BOOL),
      moreFragments: bits(6, be16, 13, 1, BOOL),
      fragmentOffset: bits(6, be16, 0, 13, u16, 8),
      ttl: at(8, u8),
      protocol: at(9, u8),
      checksum: at(10, be16),
      source: at(12, IPV4_ADDRESS),
      destination: at(16, IPV4_ADDRESS),
    },
  },
  /** RFC 8200 §3. */
  Ipv6: {
    size: 40,
    fields: {
      version: bits(0, u8, 4, 4, u8),
      trafficClass: bits(0, be16, 4, 8, u8),
      flowLabel: bits(0, be32, 0, 20, u32),
      payloadLength: at(4, be16),
      nextHeader: at(6, u8),
      hopLimit: at(7, u8),
      source: at(8, IPV6_ADDRESS),
      destination: at(24, IPV6_ADDRESS),
    },
  },
  /** RFC 9293 §3.1, without options. */
  Tcp: {
    size: 20,
    fields: {
      sourcePort: at(0, be16),
      destinationPort: at(2, be16),
      sequence: at(4, be32),
      acknowledgement: at(8, be32),
      headerLength: bits(12, u8, 4, 4, u8, 4),
      flags: at(13, u8),
      fin: bits(13, u8, 0, 1, BOOL),
      syn: bits(13, u8, 1, 1, BOOL),
      rst: bits(13, u8, 2, 1, BOOL),
      psh: bits(13, u8, 3, 1, BOOL),
      ack: bits(13, u8, 4, 1, BOOL),
      urg: bits(13, u8, 5, 1, BOOL),
      ece: bits(13, u8, 6, 1, BOOL),
      cwr: bits(13, u8, 7, 1, BOOL),
      window: at(14, be16),
      checksum: at(16, be16),
      urgentPointer: at(18, be16),
    },
  },
  /** RFC 768. */
  Udp: {
    size: 8,
    fields: { sourcePort: at(0, be16), destinationPort: at(2, be16), length: at(4, be16), checksum: at(6, be16) },
  },
  /** RFC 792. `rest` depends on the type: of an echo, identifier and sequence number. */
  Icmp: {
    size: 8,
    fields: { type: at(0, u8), code: at(1, u8), checksum: at(2, be16), rest: at(4, be32) },
  },
  /** RFC 4443 §2.1, with the four bytes of the body that every message has. */
  Icmpv6: {
    size: 8,
    fields: { type: at(0, u8), code: at(1, u8), checksum: at(2, be16), rest: at(4, be32) },
  },
  /** RFC 8200 §4.3, §4.4, §4.6: hop-by-hop options, routing, destination options. `extraLength` more bytes follow. */
  Ipv6Extension: {
    size: 8,
    fields: {
      nextHeader: at(0, u8),
      extraLength: bits(1, u8, 0, 8, u16, 8),
    },
  },
  /** RFC 8200 §4.5. */
  Ipv6Fragment: {
    size: 8,
    fields: {
      nextHeader: at(0, u8),
      fragmentOffset: bits(2, be16, 3, 13, u16, 8),
      moreFragments: bits(2, be16, 0, 1, BOOL),
      identification: at(4, be32),
    },
  },
  /** RFC 2784, RFC 2890. For each of the first three that is there, four bytes follow, in this order. */
  Gre: {
    size: 4,
    fields: {
      checksumPresent: bits(0, be16, 15, 1, BOOL),
      keyPresent: bits(0, be16, 13, 1, BOOL),
      sequencePresent: bits(0, be16, 12, 1, BOOL),
      version: bits(0, be16, 0, 3, u8),
      protocol: at(2, be16),
    },
  },
  /** RFC 7348 §5: behind UDP, port 4789. An Ethernet header follows. */
  Vxlan: {
    size: 8,
    fields: {
      hasVni: bits(0, u8, 3, 1, BOOL),
      vni: bits(4, be32, 8, 24, u32),
    },
  },
  /** RFC 8926 §3.4: behind UDP, port 6081. `optionsLength` bytes of options follow. */
  Geneve: {
    size: 8,
    fields: {
      version: bits(0, u8, 6, 2, u8),
      optionsLength: bits(0, u8, 0, 6, u8, 4),
      control: bits(1, u8, 7, 1, BOOL),
      critical: bits(1, u8, 6, 1, BOOL),
      protocol: at(2, be16),
      vni: bits(4, be32, 8, 24, u32),
    },
  },
  /** RFC 3032 §2.1: one label. */
  Mpls: {
    size: 4,
    fields: {
      label: bits(0, be32, 12, 20, u32),
      trafficClass: bits(0, be32, 9, 3, u8),
      bottomOfStack: bits(0, be32, 8, 1, BOOL),
      ttl: bits(0, be32, 0, 8, u8),
    },
  },
  /** RFC 9260 §3.1. Chunks follow. */
  Sctp: {
    size: 12,
    fields: {
      sourcePort: at(0, be16),
      destinationPort: at(2, be16),
      verificationTag: at(4, be32),
      checksum: at(8, be32),
    },
  },
  /** RFC 4303 §2: what is encrypted follows. */
  Esp: {
    size: 8,
    fields: {
      spi: at(0, be32),
      sequence: at(4, be32),
    },
  },
  /** RFC 4302 §2, without the check value. */
  Ah: {
    size: 12,
    fields: {
      nextHeader: at(0, u8),
      extraLength: bits(1, u8, 0, 8, u16, 4),
      spi: at(4, be32),
      sequence: at(8, be32),
    },
  },
  /** RFC 2236 §2. */
  Igmp: {
    size: 8,
    fields: {
      type: at(0, u8),
      maximumResponse: at(1, u8),
      checksum: at(2, be16),
      group: at(4, IPV4_ADDRESS),
    },
  },
  /** RFC 1035 §4.1.1: behind UDP, port 53. Questions follow. */
  Dns: {
    size: 12,
    fields: {
      id: at(0, be16),
      response: bits(2, be16, 15, 1, BOOL),
      opcode: bits(2, be16, 11, 4, u8),
      authoritative: bits(2, be16, 10, 1, BOOL),
      truncated: bits(2, be16, 9, 1, BOOL),
      recursionDesired: bits(2, be16, 8, 1, BOOL),
      recursionAvailable: bits(2, be16, 7, 1, BOOL),
      responseCode: bits(2, be16, 0, 4, u8),
      questions: at(4, be16),
      answers: at(6, be16),
      authorities: at(8, be16),
      additional: at(10, be16),
    },
  },
} as const satisfies Record<string, Header>;

export type HeaderName = keyof typeof HEADERS;

export function headerNamed(name: string): Header | null {
  return Object.hasOwn(HEADERS, name) ? HEADERS[name as HeaderName] : null;
}

/** IPv4, IPv6 and its extension headers. */

import { parseIpv4, parseIpv6 } from "../btf/addresses.ts";
import { bytesOf, type Data } from "./bytes.ts";
import { checksum } from "./checksum.ts";
import { PacketError } from "./errors.ts";
import { address, bits, type FieldsOf, flag, number } from "./fields.ts";
import { type Layer, layer, type ParsedLayer, type Protocol, type Surroundings } from "./layer.ts";
import { byIpProtocol } from "./registry.ts";

const IPV4 = {
  version: bits(0, 4),
  headerLength: bits(4, 4, 4),
  dscp: bits(8, 6),
  ecn: bits(14, 2),
  totalLength: number(2, 2),
  identification: number(4, 2),
  reserved: flag(48),
  dontFragment: flag(49),
  moreFragments: flag(50),
  fragmentOffset: bits(51, 13, 8),
  ttl: number(8, 1),
  protocol: number(9, 1),
  checksum: number(10, 2),
  source: address("ipv4", 12),
  destination: address("ipv4", 16),
} as const;

const IPV6 = {
  version: bits(0, 4),
  trafficClass: bits(4, 8),
  flowLabel: bits(12, 20),
  payloadLength: number(4, 2),
  nextHeader: number(6, 1),
  hopLimit: number(7, 1),
  source: address("ipv6", 8),
  destination: address("ipv6", 24),
} as const;

const EXTENSION = { nextHeader: number(0, 1), length: { ...bits(8, 8, 8) } } as const;

const FRAGMENT = {
  nextHeader: number(0, 1),
  fragmentOffset: bits(16, 13, 8),
  moreFragments: flag(31),
  identification: number(4, 4),
} as const;

/** Nothing follows (RFC 8200 §4.7). */
const NO_NEXT_HEADER = 59;
/** RFC 3692: for experiments; what a payload by itself is said to be. */
const EXPERIMENT = 253;

const protocolOf = ({ inner }: Surroundings): number => inner?.protocol.ipProtocol ?? EXPERIMENT;
const nextOf = ({ inner }: Surroundings): number => inner?.protocol.ipProtocol ?? NO_NEXT_HEADER;

export const ipv4Protocol: Protocol = {
  name: "ipv4",
  table: IPV4,
  size: 20,
  etherType: 0x0800,
  ipProtocol: 4,
  complete: ({ extra }, where) => ({
    version: 4,
    headerLength: 20 + extra.length,
    totalLength: 20 + extra.length + where.body.length,
    ttl: 64,
    protocol: protocolOf(where),
    source: "192.0.2.1",
    destination: "192.0.2.2",
  }),
  seal(header, { given }) {
    if (given["checksum"] === undefined) new DataView(header.buffer).setUint16(10, checksum(header));
  },
  length: (bytes, at) => (bytes[at]! & 15) * 4,
  next({ offset, size, fields }, _bytes, end) {
    const total = Number(fields["totalLength"]);
    const last = total < size ? end : Math.min(end, offset + total);
    // Of later fragments only the first has headers.
    return { protocol: fields["fragmentOffset"] === 0 ? byIpProtocol(Number(fields["protocol"])) : null, end: last };
  },
};

export const ipv6Protocol: Protocol = {
  name: "ipv6",
  table: IPV6,
  size: 40,
  etherType: 0x86dd,
  ipProtocol: 41,
  complete: (_layer, where) => ({
    version: 6,
    payloadLength: where.body.length,
    nextHeader: nextOf(where),
    hopLimit: 64,
    source: "2001:db8::1",
    destination: "2001:db8::2",
  }),
  next({ offset, fields }, _bytes, end) {
    const last = Math.min(end, offset + 40 + Number(fields["payloadLength"]));
    return { protocol: byIpProtocol(Number(fields["nextHeader"])), end: last };
  },
};

const afterExtension = ({ fields }: ParsedLayer, _bytes: Uint8Array, end: number) => ({
  protocol: byIpProtocol(Number(fields["nextHeader"])),
  end,
});

function extension(name: string, ipProtocol: number): Protocol {
  return {
    name,
    table: EXTENSION,
    size: 2,
    ipProtocol,
    // In units of 8 bytes, the first not counted: the field's scale is 8.
    complete: ({ extra }, where) => ({ nextHeader: nextOf(where), length: extra.length - 6 }),
    length: (bytes, at) => (bytes[at + 1]! + 1) * 8,
    next: afterExtension,
  };
}

export const EXTENSIONS = {
  hopByHop: extension("hopByHop", 0),
  routing: extension("routing", 43),
  destinationOptions: extension("destinationOptions", 60),
} as const;

export const fragmentProtocol: Protocol = {
  name: "ipv6Fragment",
  table: FRAGMENT,
  size: 8,
  ipProtocol: 44,
  complete: (_layer, where) => ({ nextHeader: nextOf(where) }),
  next: ({ fields }, _bytes, end) => ({
    protocol: fields["fragmentOffset"] === 0 ? byIpProtocol(Number(fields["nextHeader"])) : null,
    end,
  }),
};

/** RFC 791. Lengths, protocol and checksum follow unless given. `options`: bytes, filled up to a multiple of 4 with zeroes. */
export function ipv4({ options, ...fields }: FieldsOf<typeof IPV4> & { readonly options?: Data } = {}): Layer {
  const given = options === undefined ? new Uint8Array() : bytesOf(options, "ipv4.options");
  if (given.length > 40) throw new PacketError("ipv4.options", "at most 40 bytes", given.length);
  return layer(ipv4Protocol, fields, filled(given, Math.ceil(given.length / 4) * 4));
}

/** RFC 8200. */
export const ipv6 = (fields: FieldsOf<typeof IPV6> = {}): Layer => layer(ipv6Protocol, fields);

/**
 * An extension header of IPv6 that says how long it is. `data`: what follows the first two bytes, filled up with zeroes (an option Pad1
 * each) to a multiple of 8 in all; default: padding alone.
 */
export function ipv6Extension(
  kind: keyof typeof EXTENSIONS,
  { data, ...fields }: FieldsOf<typeof EXTENSION> & { readonly data?: Data } = {},
): Layer {
  // A PadN option of four bytes.
  const given = data === undefined ? Uint8Array.of(1, 4, 0, 0, 0, 0) : bytesOf(data, `${kind}.data`);
  if (given.length > 2046) throw new PacketError(`${kind}.data`, "at most 2046 bytes", given.length);
  return layer(EXTENSIONS[kind], fields, filled(given, Math.ceil((given.length + 2) / 8) * 8 - 2));
}

/** RFC 8200 §4.5. */
export const ipv6Fragment = (fields: FieldsOf<typeof FRAGMENT> = {}): Layer => layer(fragmentProtocol, fields);

function filled(bytes: Uint8Array, size: number): Uint8Array {
  const whole = new Uint8Array(size);
  whole.set(bytes);
  return whole;
}

/** Source and destination of the innermost network layer around, as bytes; null when there is none. */
export function addressesOf(around: readonly Layer[]): { readonly source: Uint8Array; readonly destination: Uint8Array } | null {
  const network = around.findLast(({ protocol }) => protocol === ipv4Protocol || protocol === ipv6Protocol);
  if (network === undefined) return null;
  const parse = network.protocol === ipv4Protocol ? parseIpv4 : parseIpv6;
  const defaults = network.protocol.complete(network, { around: [], inner: null, body: new Uint8Array() });
  const of = (name: string) => parse(String(network.given[name] ?? defaults[name])) ?? new Uint8Array();
  return { source: of("source"), destination: of("destination") };
}

/** TCP, UDP, ICMP, ICMPv6. */

import { bytesOf, concat } from "./bytes.ts";
import { checksum, pseudoHeader } from "./checksum.ts";
import { PacketError } from "./errors.ts";
import { bits, type FieldsOf, type FieldValue, flag, number } from "./fields.ts";
import { type FoundField, type Layer, layer, NO_BYTES, type Protocol, type Surroundings } from "./layer.ts";
import { addressesOf } from "./network.ts";
import { byPort } from "./registry.ts";

const TCP = {
  sourcePort: number(0, 2),
  destinationPort: number(2, 2),
  sequence: number(4, 4),
  acknowledgement: number(8, 4),
  headerLength: bits(96, 4, 4),
  cwr: flag(104),
  ece: flag(105),
  urg: flag(106),
  ack: flag(107),
  psh: flag(108),
  rst: flag(109),
  syn: flag(110),
  fin: flag(111),
  window: number(14, 2),
  checksum: number(16, 2),
  urgentPointer: number(18, 2),
} as const;

const FLAGS = ["cwr", "ece", "urg", "ack", "psh", "rst", "syn", "fin"] as const;

const UDP = {
  sourcePort: number(0, 2),
  destinationPort: number(2, 2),
  length: number(4, 2),
  checksum: number(6, 2),
} as const;

const ICMP = {
  type: number(0, 1),
  code: number(1, 1),
  checksum: number(2, 2),
  identifier: number(4, 2),
  sequence: number(6, 2),
} as const;

/** Computes a checksum over pseudo header, header and body, unless one is given. */
function sealed(at: number, protocol: number, header: Uint8Array, { given }: Layer, { around, body }: Surroundings): void {
  const network = addressesOf(around);
  // Without an IP layer there is no pseudo header, and whoever wants a checksum gives it.
  if (given["checksum"] !== undefined || network === null) return;
  const pseudo = pseudoHeader(network.source, network.destination, protocol, header.length + body.length);
  const sum = checksum(concat(pseudo, header, body));
  // RFC 768: zero says that there is none.
  new DataView(header.buffer).setUint16(at, sum === 0 && protocol === 17 ? 0xffff : sum);
}

export const tcpProtocol: Protocol = {
  name: "tcp",
  table: TCP,
  size: 20,
  ipProtocol: 6,
  complete: ({ given, extra }) => ({
    sourcePort: 40_000,
    destinationPort: 80,
    headerLength: 20 + extra.length,
    // What opens a connection, unless flags are given.
    ...(FLAGS.some((name) => given[name] !== undefined) ? {} : { syn: true }),
    window: 65_535,
  }),
  seal: (header, layer, where) => sealed(16, 6, header, layer, where),
  length: (bytes, at) => (bytes[at + 12]! >>> 4) * 4,
  read: readTcpOptions,
};

export const udpProtocol: Protocol = {
  name: "udp",
  table: UDP,
  size: 8,
  ipProtocol: 17,
  complete: (_layer, { inner, body }) => ({
    sourcePort: 40_000,
    destinationPort: PORT_OF[inner?.protocol.name ?? ""] ?? 53,
    length: 8 + body.length,
  }),
  seal: (header, layer, where) => sealed(6, 17, header, layer, where),
  next({ offset, fields }, _bytes, end) {
    const { sourcePort, destinationPort, length } = fields;
    const last = Number(length) < 8 ? end : Math.min(end, offset + Number(length));
    return { protocol: byPort(Number(destinationPort)) ?? byPort(Number(sourcePort)), end: last };
  },
};

/** Where messages go by default. */
const PORT_OF: Readonly<Record<string, number>> = { dns: 53, vxlan: 4789 };

export const icmpProtocol: Protocol = {
  name: "icmp",
  table: ICMP,
  size: 8,
  ipProtocol: 1,
  complete: () => ({ type: 8, identifier: 1, sequence: 1 }),
  seal(header, { given }, { body }) {
    if (given["checksum"] === undefined) new DataView(header.buffer).setUint16(2, checksum(concat(header, body)));
  },
};

export const icmpv6Protocol: Protocol = {
  name: "icmpv6",
  table: ICMP,
  size: 8,
  ipProtocol: 58,
  complete: () => ({ type: 128, identifier: 1, sequence: 1 }),
  seal: (header, layer, where) => sealed(2, 58, header, layer, where),
};

export interface TcpOptions {
  /** Maximum segment size. */
  readonly mss?: number;
  /** 0 … 14. */
  readonly windowScale?: number;
  readonly sackPermitted?: boolean;
  /** Value and echo reply (RFC 7323). */
  readonly timestamps?: readonly [number, number];
}

/** RFC 9293. `options`: named ones, or bytes; filled up to a multiple of 4. Without any flag it is a SYN. */
export function tcp({
  options,
  ...fields
}: FieldsOf<typeof TCP> & { readonly options?: TcpOptions | Uint8Array | readonly number[] } = {}): Layer {
  if (options === undefined) return layer(tcpProtocol, fields);
  const given =
    options instanceof Uint8Array || Array.isArray(options)
      ? bytesOf(options, "tcp.options")
      : encodeOptions(options as TcpOptions);
  if (given.length > 40) throw new PacketError("tcp.options", "at most 40 bytes", given.length);
  const whole = new Uint8Array(Math.ceil(given.length / 4) * 4);
  whole.set(given);
  return layer(tcpProtocol, fields, whole);
}

/** RFC 768. */
export const udp = (fields: FieldsOf<typeof UDP> = {}): Layer => layer(udpProtocol, fields);

/** RFC 792: an echo request unless `type` says otherwise. */
export const icmp = (fields: FieldsOf<typeof ICMP> = {}): Layer => layer(icmpProtocol, fields);

/** RFC 4443: an echo request unless `type` says otherwise. */
export const icmpv6 = (fields: FieldsOf<typeof ICMP> = {}): Layer => layer(icmpv6Protocol, fields);

function encodeOptions({ mss, windowScale, sackPermitted, timestamps }: TcpOptions): Uint8Array {
  const parts: Uint8Array[] = [];
  const integer = (name: string, value: number, most: number): number => {
    if (Number.isInteger(value) && value >= 0 && value <= most) return value;
    throw new PacketError(`tcp.options.${name}`, `a whole number from 0 to ${most}`, value);
  };
  const words = (...values: number[]): number[] =>
    values.flatMap((value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);
  if (mss !== undefined) parts.push(Uint8Array.of(2, 4, ...words(integer("mss", mss, 0xffff)).slice(2)));
  if (sackPermitted === true) parts.push(Uint8Array.of(4, 2));
  if (timestamps !== undefined) {
    const [value, echo] = timestamps;
    parts.push(
      Uint8Array.of(8, 10, ...words(integer("timestamps", value, 0xffff_ffff), integer("timestamps", echo, 0xffff_ffff))),
    );
  }
  if (windowScale !== undefined) parts.push(Uint8Array.of(1, 3, 3, integer("windowScale", windowScale, 14)));
  return parts.length === 0 ? NO_BYTES : concat(...parts);
}

/** The named ones, as fields of the layer; what is malformed ends them. */
function readTcpOptions(data: Uint8Array): readonly FoundField[] {
  const fields: FoundField[] = [];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let offset = 0; offset < data.length && data[offset] !== 0; ) {
    if (data[offset] === 1) {
      offset++;
      continue;
    }
    const size = data[offset + 1] ?? 0;
    if (size < 2 || offset + size > data.length) break;
    const found = (name: string, value: FieldValue) => fields.push({ name, value, offset, size });
    if (data[offset] === 2 && size === 4) found("mss", view.getUint16(offset + 2));
    if (data[offset] === 3 && size === 3) found("windowScale", data[offset + 2]!);
    if (data[offset] === 4 && size === 2) found("sackPermitted", true);
    if (data[offset] === 8 && size === 10) found("timestamps", `${view.getUint32(offset + 2)}, ${view.getUint32(offset + 6)}`);
    offset += size;
  }
  return fields;
}

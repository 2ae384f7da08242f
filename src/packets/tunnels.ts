/** GRE and VXLAN: whole packets in packets. */

import { concat } from "./bytes.ts";
import { checksum } from "./checksum.ts";
import { bits, type FieldsOf, type FieldValue, flag, number } from "./fields.ts";
import { type Layer, layer, type ParsedLayer, type Protocol } from "./layer.ts";
import { ethernetProtocol } from "./link.ts";
import { byEtherType } from "./registry.ts";

const GRE = {
  checksumPresent: flag(0),
  keyPresent: flag(2),
  sequencePresent: flag(3),
  version: bits(13, 3),
  protocol: number(2, 2),
} as const;

const VXLAN = { flags: number(0, 1), vni: bits(32, 24) } as const;

/** Which of the optional words are there (RFC 2890 §2), by the first byte of a header. */
const wordsOf = (first: number): number => ((first >>> 7) & 1) + ((first >>> 5) & 1) + ((first >>> 4) & 1);

export const greProtocol: Protocol = {
  name: "gre",
  table: GRE,
  size: 4,
  ipProtocol: 47,
  complete: (_layer, { inner }) => ({ protocol: inner?.protocol.etherType ?? 0 }),
  seal(header, _layer, { body }) {
    if ((header[0]! & 0x80) !== 0 && header.length >= 8) new DataView(header.buffer).setUint16(4, checksum(concat(header, body)));
  },
  length: (bytes, at) => 4 + wordsOf(bytes[at]!) * 4,
  next: ({ fields }: ParsedLayer, _bytes, end) => ({ protocol: byEtherType(Number(fields["protocol"])), end }),
};

export const vxlanProtocol: Protocol = {
  name: "vxlan",
  table: VXLAN,
  size: 8,
  // The I flag: the network identifier is valid.
  complete: () => ({ flags: 8 }),
  next: (_layer, _bytes, end) => ({ protocol: ethernetProtocol, end }),
};

/** RFC 2784 and 2890: with a checksum, a key or a sequence number where they are wanted. */
export function gre({
  key,
  sequence,
  withChecksum = false,
  ...fields
}: FieldsOf<typeof GRE> & { readonly key?: number; readonly sequence?: number; readonly withChecksum?: boolean } = {}): Layer {
  const words = [
    ...(withChecksum ? [0] : []),
    ...(key === undefined ? [] : [key]),
    ...(sequence === undefined ? [] : [sequence]),
  ];
  const extra = new Uint8Array(words.length * 4);
  words.forEach((word, index) => {
    new DataView(extra.buffer).setUint32(index * 4, word);
  });
  const present: Record<string, FieldValue> = {
    checksumPresent: withChecksum,
    keyPresent: key !== undefined,
    sequencePresent: sequence !== undefined,
  };
  return layer(greProtocol, { ...present, ...fields }, extra);
}

/** RFC 7348: in UDP to port 4789; an Ethernet frame is inside. */
export const vxlan = (fields: FieldsOf<typeof VXLAN> = {}): Layer => layer(vxlanProtocol, fields);

/** The simple part of DNS (RFC 1035 §4.1): the header, and the first question. */

import type { PacketField } from "./layers.ts";

const HEADER = 12;
/** Names and types that are met every day (RFC 1035 §3.2.2, RFC 3596, RFC 9460). */
const TYPES: Readonly<Record<number, string>> = {
  1: "A",
  2: "NS",
  5: "CNAME",
  6: "SOA",
  12: "PTR",
  15: "MX",
  16: "TXT",
  28: "AAAA",
  33: "SRV",
  65: "HTTPS",
};
const CODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

/** Fields of the message at an offset, or null when it is none. */
export function decodeDns(packet: Uint8Array, offset: number): readonly PacketField[] | null {
  if (offset + HEADER > packet.length) return null;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const word = (at: number) => view.getUint16(offset + at);
  const field = (name: string, at: number, value: bigint | boolean | string, meaning?: string): PacketField => ({
    name,
    offset: offset + at,
    size: 2,
    value,
    ...(meaning === undefined ? {} : { meaning }),
  });
  const code = word(2) & 15;
  const fields = [
    field("id", 0, BigInt(word(0))),
    field("response", 2, word(2) >= 0x8000),
    field("code", 2, BigInt(code), CODES[code]),
    field("questions", 4, BigInt(word(4))),
    field("answers", 6, BigInt(word(6))),
  ];
  if (word(4) === 0) return fields;
  const name = questionName(packet, offset + HEADER);
  if (name === null || name.end + 4 > packet.length) return fields;
  const size = name.end - offset - HEADER;
  const type = view.getUint16(name.end);
  fields.push({ name: "name", offset: offset + HEADER, size, value: name.text });
  fields.push(field("type", name.end - offset, BigInt(type), TYPES[type]));
  return fields;
}

/** Labels up to the root; null when they are compressed (a question's are not), too long or cut off. */
function questionName(packet: Uint8Array, start: number): { readonly text: string; readonly end: number } | null {
  const labels: string[] = [];
  let at = start;
  while (at < packet.length && at - start < 255) {
    const length = packet[at++]!;
    if (length === 0) return { text: labels.join(".") || ".", end: at };
    if (length > 63 || at + length > packet.length) return null;
    labels.push([...packet.subarray(at, at + length)].map(visible).join(""));
    at += length;
  }
  return null;
}

/** Names hold any bytes; what is no printable ASCII is shown as RFC 1035 §5.1 writes it, so that no terminal obeys it. */
function visible(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, "0")}`;
}

/** DNS messages: header and questions by name (RFC 1035 §4.1); answers of addresses and names. */

import { formatIpv4Bytes, formatIpv6, parseIpv4, parseIpv6 } from "../btf/addresses.ts";
import { concat } from "./bytes.ts";
import { PacketError } from "./errors.ts";
import { bits, type FieldsOf, flag, number } from "./fields.ts";
import { type FoundField, type Layer, layer, type Protocol } from "./layer.ts";

const DNS = {
  id: number(0, 2),
  response: flag(16),
  opcode: bits(17, 4),
  authoritative: flag(21),
  truncated: flag(22),
  recursionDesired: flag(23),
  recursionAvailable: flag(24),
  responseCode: bits(28, 4),
  questions: number(4, 2),
  answers: number(6, 2),
  authorities: number(8, 2),
  additional: number(10, 2),
} as const;

/** RFC 1035 §3.2.2, RFC 3596, RFC 2782, RFC 9460. */
const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, HTTPS: 65, ANY: 255 } as const;

export type DnsType = keyof typeof TYPES;

export interface DnsQuestion {
  readonly name: string;
  /** Default A. */
  readonly type?: DnsType;
}

export interface DnsAnswer {
  readonly name: string;
  readonly type: "A" | "AAAA" | "CNAME" | "NS" | "PTR";
  /** An address, or a name. */
  readonly data: string;
  /** Seconds; default 300. */
  readonly ttl?: number;
}

export interface DnsOptions extends Omit<FieldsOf<typeof DNS>, "questions" | "answers"> {
  readonly questions?: readonly DnsQuestion[];
  readonly answers?: readonly DnsAnswer[];
}

export const dnsProtocol: Protocol = {
  name: "dns",
  table: DNS,
  size: 12,
  complete: () => ({ id: 1 }),
  // The whole message is its header.
  length: (_bytes, at, end) => end - at,
  read: readRecords,
};

/** A message: a query that wants recursion, unless fields say otherwise; a response when it has answers. */
export function dns({ questions = [], answers = [], ...fields }: DnsOptions = {}): Layer {
  const parts = [
    ...questions.map(({ name, type = "A" }) => concat(encodeName(name), words(TYPES[type], 1))),
    ...answers.map(({ name, type, data, ttl = 300 }) => {
      const bytes = encodeData(type, data);
      return concat(encodeName(name), words(TYPES[type], 1, ttl >>> 16, ttl & 0xffff, bytes.length), bytes);
    }),
  ];
  const counts = { questions: questions.length, answers: answers.length };
  const kind = { recursionDesired: true, response: answers.length > 0 };
  return layer(dnsProtocol, { ...counts, ...kind, ...fields }, concat(...parts));
}

const words = (...values: readonly number[]): Uint8Array =>
  Uint8Array.from(values.flatMap((value) => [value >>> 8, value & 255]));

/** `example.org` as labels, each with its length. */
function encodeName(name: string): Uint8Array {
  const labels = name
    .replace(/\.$/, "")
    .split(".")
    .filter((label, _at, all) => all.length > 1 || label !== "");
  const parts = labels.map((label) => {
    const bytes = new TextEncoder().encode(label);
    if (bytes.length < 1 || bytes.length > 63) throw new PacketError("dns.name", "labels of 1 to 63 bytes", name);
    return concat(Uint8Array.of(bytes.length), bytes);
  });
  const whole = concat(...parts, new Uint8Array(1));
  if (whole.length > 255) throw new PacketError("dns.name", "at most 255 bytes", name);
  return whole;
}

function encodeData(type: DnsAnswer["type"], data: string): Uint8Array {
  if (type !== "A" && type !== "AAAA") return encodeName(data);
  const address = type === "A" ? parseIpv4(data) : parseIpv6(data);
  if (address === null) throw new PacketError("dns.answers.data", type === "A" ? "an IPv4 address" : "an IPv6 address", data);
  return address;
}

/** First question and first answer, as text; what is malformed is left out. `data` begins behind the twelve bytes. */
function readRecords(data: Uint8Array): readonly FoundField[] {
  const name = readName(data, 0);
  if (name === null || name.end + 4 > data.length) return [];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const question: readonly FoundField[] = [
    { name: "name", value: name.text, offset: 0, size: name.end },
    { name: "type", value: typeNamed(view.getUint16(name.end)), offset: name.end, size: 2 },
  ];
  const owner = readName(data, name.end + 4);
  if (owner === null || owner.end + 10 > data.length) return question;
  const [offset, size] = [owner.end + 10, view.getUint16(owner.end + 8)];
  const value = offset + size > data.length ? null : answerOf(typeNamed(view.getUint16(owner.end)), data, offset, size);
  return value === null ? question : [...question, { name: "answer", value, offset, size }];
}

function answerOf(type: string, data: Uint8Array, at: number, size: number): string | null {
  if (type === "A" && size === 4) return formatIpv4Bytes(data, at);
  if (type === "AAAA" && size === 16) return formatIpv6(data, at);
  return type === "CNAME" || type === "NS" || type === "PTR" ? (readName(data, at)?.text ?? "") : null;
}

const typeNamed = (type: number): string => Object.entries(TYPES).find(([, number]) => number === type)?.[0] ?? `type ${type}`;

/** A name, and where it ends; pointers (§4.1.4) count from the start of the message, twelve bytes before `data`. */
function readName(data: Uint8Array, start: number): { readonly text: string; readonly end: number } | null {
  const labels: string[] = [];
  let at = start;
  let end = -1;
  for (let steps = 0; steps < 128; steps++) {
    const size = data[at];
    if (size === undefined) return null;
    if (size === 0) return { text: labels.join(".") || ".", end: end === -1 ? at + 1 : end };
    if (size >= 0xc0) {
      const low = data[at + 1];
      if (low === undefined) return null;
      if (end === -1) end = at + 2;
      at = (((size & 0x3f) << 8) | low) - 12;
      if (at < 0) return null;
      continue;
    }
    if (size > 63 || at + 1 + size > data.length) return null;
    labels.push([...data.subarray(at + 1, at + 1 + size)].map(visible).join(""));
    at += 1 + size;
  }
  return null;
}

/** Names hold any bytes; what is no printable ASCII is shown as RFC 1035 §5.1 writes it, so that no terminal obeys it. */
function visible(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, "0")}`;
}

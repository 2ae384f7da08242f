/**
 * A packet's layers, by the headers that programs know (`skep/bpf/net`): names, places and values of their fields. What is
 * cut off, unknown or malformed ends the list with a note; nothing here throws.
 */

import { formatIpv4Bytes, formatIpv6, formatMac } from "../../../btf/addresses.ts";
import { NET_CONSTANTS } from "../../../compiler/typescript/library/constants.ts";
import {
  type BitField,
  type ByteField,
  HEADERS,
  type HeaderField,
  type HeaderName,
} from "../../../compiler/typescript/library/headers.ts";
import { IPV4_ADDRESS, IPV6_ADDRESS, MAC_ADDRESS } from "../../../compiler/typescript/types.ts";
import { decodeDns } from "./dns.ts";

export interface PacketField {
  readonly name: string;
  /** Bytes from the start of the packet, and how many the field lies in. */
  readonly offset: number;
  readonly size: number;
  readonly value: bigint | boolean | string;
  /** What the value means: `IPv4`, `UDP`, `SYN, ACK`. */
  readonly meaning?: string;
}

/** How expressions call a layer: `ip.source`. */
export type LayerName = "eth" | "vlan" | "arp" | "ip" | "ipv6" | "tcp" | "udp" | "icmp" | "icmpv6" | "dns" | "payload";

export interface PacketLayer {
  readonly name: LayerName;
  readonly title: string;
  readonly offset: number;
  readonly size: number;
  readonly fields: readonly PacketField[];
  /** What is odd about it, or not shown. */
  readonly note?: string;
}

export const LAYER_NAMES: readonly LayerName[] = ["eth", "vlan", "arp", "ip", "ipv6", "tcp", "udp", "icmp", "icmpv6", "dns"];

/** Extension headers of IPv6 that say what follows and how long they are (RFC 8200 §4): hop-by-hop, routing, destination. */
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60]);
const FRAGMENT = 44;

const ETHER_TYPES: Readonly<Record<number, string>> = namesOf("ETH_P_");
const PROTOCOLS: Readonly<Record<number, string>> = namesOf("IPPROTO_");
const FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

function namesOf(prefix: string): Record<number, string> {
  const entries = Object.entries(NET_CONSTANTS).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, value]) => [value, name]));
}

/** From the Ethernet header on. */
export function packetLayers(packet: Uint8Array): readonly PacketLayer[] {
  return new Dissector(packet).run();
}

class Dissector {
  readonly #packet: Uint8Array;
  readonly #view: DataView;
  readonly #layers: PacketLayer[] = [];
  #at = 0;

  constructor(packet: Uint8Array) {
    this.#packet = packet;
    this.#view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  }

  run(): readonly PacketLayer[] {
    if (this.#header("eth", "Ethernet", "Ethernet")) this.#network();
    if (this.#at < this.#packet.length) {
      const size = this.#packet.length - this.#at;
      this.#layers.push({ name: "payload", title: "payload", offset: this.#at, size, fields: [] });
    }
    return this.#layers;
  }

  #network(): void {
    let type = this.#number("type");
    while (type === NET_CONSTANTS.ETH_P_8021Q || type === NET_CONSTANTS.ETH_P_8021AD) {
      if (!this.#header("vlan", "VLAN", "Vlan")) return;
      type = this.#number("type");
    }
    if (type === NET_CONSTANTS.ETH_P_ARP) this.#header("arp", "ARP", "Arp");
    if (type === NET_CONSTANTS.ETH_P_IP && this.#header("ip", "IPv4", "Ipv4")) {
      this.#extend(this.#number("headerLength"));
      if (this.#number("fragmentOffset") === 0) this.#transport(this.#number("protocol"));
    }
    if (type === NET_CONSTANTS.ETH_P_IPV6 && this.#header("ipv6", "IPv6", "Ipv6")) this.#afterIpv6(this.#number("nextHeader"));
  }

  /** Extension headers count as part of the header before them. */
  #afterIpv6(first: number): void {
    let next = first;
    let end = this.#at;
    let isFirst = true;
    while ((EXTENSIONS.has(next) || next === FRAGMENT) && isFirst && end + 8 <= this.#packet.length) {
      if (next === FRAGMENT) isFirst = this.#view.getUint16(end + 2) < 8;
      const size = next === FRAGMENT ? 8 : (this.#packet[end + 1]! + 1) * 8;
      next = this.#packet[end]!;
      end += size;
    }
    this.#extend(end - this.#layers.at(-1)!.offset, "extension headers");
    if (isFirst && end <= this.#packet.length) this.#transport(next);
  }

  #transport(protocol: number): void {
    if (protocol === NET_CONSTANTS.IPPROTO_TCP && this.#header("tcp", "TCP", "Tcp")) this.#extend(this.#number("headerLength"));
    if (protocol === NET_CONSTANTS.IPPROTO_ICMP) this.#header("icmp", "ICMP", "Icmp");
    if (protocol === NET_CONSTANTS.IPPROTO_ICMPV6) this.#header("icmpv6", "ICMPv6", "Icmpv6");
    if (protocol === NET_CONSTANTS.IPPROTO_UDP && this.#header("udp", "UDP", "Udp")) {
      if (this.#number("sourcePort") !== 53 && this.#number("destinationPort") !== 53) return;
      const fields = decodeDns(this.#packet, this.#at);
      if (fields === null) return;
      const size = this.#packet.length - this.#at;
      this.#layers.push({ name: "dns", title: "DNS", offset: this.#at, size, fields });
      this.#at = this.#packet.length;
    }
  }

  /** Adds a layer. @returns false when the packet ends before its header does. */
  #header(name: LayerName, title: string, header: HeaderName): boolean {
    const { size, fields } = HEADERS[header];
    const offset = this.#at;
    if (offset + size > this.#packet.length) {
      const left = this.#packet.length - offset;
      if (left > 0) {
        const note = `cut off: ${left} of ${size} bytes`;
        this.#layers.push({ name: "payload", title: `${title}?`, offset, size: left, fields: [], note });
      }
      this.#at = this.#packet.length;
      return false;
    }
    const all: [string, HeaderField][] = Object.entries(fields);
    this.#layers.push({ name, title, offset, size, fields: all.map(([key, field]) => this.#field(key, field, offset)) });
    this.#at = offset + size;
    return true;
  }

  /** The last header is longer than its fixed part. */
  #extend(length: number, what = "options"): void {
    const layer = this.#layers.at(-1)!;
    const size = Math.min(length, this.#packet.length - layer.offset);
    if (size <= layer.size) return;
    this.#layers[this.#layers.length - 1] = { ...layer, size, note: `${size - layer.size} bytes of ${what}` };
    this.#at = layer.offset + size;
  }

  /** A number of the last layer. */
  #number(name: string): number {
    return Number(this.#layers.at(-1)?.fields.find((field) => field.name === name)?.value ?? 0);
  }

  #field(name: string, field: HeaderField, base: number): PacketField {
    const offset = base + field.offset;
    if (field.kind === "bits") {
      const size = sizeOf(field.unit);
      const bits = (this.#integer(offset, size) >> BigInt(field.shift)) & ((1n << BigInt(field.bits)) - 1n);
      return { name, offset, size, value: field.type.kind === "bool" ? bits !== 0n : bits * BigInt(field.scale) };
    }
    const packet = this.#packet;
    if (field.type === IPV4_ADDRESS) return { name, offset, size: 4, value: formatIpv4Bytes(packet, offset) };
    if (field.type === IPV6_ADDRESS) return { name, offset, size: 16, value: formatIpv6(packet, offset) };
    if (field.type === MAC_ADDRESS) return { name, offset, size: 6, value: formatMac(packet, offset) };
    const size = sizeOf(field.type);
    const value = this.#integer(offset, size);
    const meaning = meaningOf(name, Number(value));
    return { name, offset, size, value, ...(meaning === undefined ? {} : { meaning }) };
  }

  /** In network order. */
  #integer(offset: number, size: number): bigint {
    let value = 0n;
    for (let at = 0; at < size; at++) value = (value << 8n) | BigInt(this.#packet[offset + at]!);
    return value;
  }
}

function sizeOf(type: BitField["unit"] | ByteField["type"]): number {
  if (type.kind === "array") return type.length;
  return (type.kind === "network" ? type.host : type).bits / 8;
}

function meaningOf(field: string, value: number): string | undefined {
  if (field === "type" || field === "protocolType") return ETHER_TYPES[value];
  if (field === "protocol" || field === "nextHeader") return PROTOCOLS[value];
  if (field === "flags") return FLAGS.filter((_, bit) => ((value >>> bit) & 1) === 1).join(", ");
  return undefined;
}

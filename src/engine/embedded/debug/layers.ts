/**
 * A packet's layers for the debugger: those of `src/packets`, named as programs know them (`skep/bpf/net`), with what values mean. What
 * is cut off, unknown or malformed is a payload with a note; nothing here throws.
 */

import { NET_CONSTANTS } from "../../../compiler/typescript/library/constants.ts";
import { type FieldTable, flag, number, placeOf, readFields } from "../../../packets/fields.ts";
import { LAYER_NAMES as ALL_NAMES, layersOf } from "../../../packets/index.ts";
import { type ParsedLayer, type Protocol, placesOf } from "../../../packets/layer.ts";

export interface PacketField {
  readonly name: string;
  /** Bytes from the start of the packet, and how many the field lies in. */
  readonly offset: number;
  readonly size: number;
  readonly value: bigint | boolean | string;
  /** What the value means: `IPPROTO_UDP`, `SYN, ACK`. */
  readonly meaning?: string;
}

export interface PacketLayer {
  /** How expressions call it: `ip`, as in `ip.source`. */
  readonly name: string;
  readonly title: string;
  readonly offset: number;
  readonly size: number;
  readonly fields: readonly PacketField[];
  /** What is odd about it, or not shown. */
  readonly note?: string;
}

/** Short names of what every expression is about. */
const SHORT: Readonly<Record<string, string>> = { ethernet: "eth", ipv4: "ip" };

const nameOf = (layer: string): string => SHORT[layer] ?? layer;
const titleOf = (layer: string): string => TITLES[layer] ?? layer;

export const LAYER_NAMES: readonly string[] = ALL_NAMES.map(nameOf);

const TITLES: Readonly<Record<string, string>> = {
  ethernet: "Ethernet",
  vlan: "VLAN",
  arp: "ARP",
  ipv4: "IPv4",
  ipv6: "IPv6",
  hopByHop: "hop-by-hop options",
  routing: "routing header",
  destinationOptions: "destination options",
  ipv6Fragment: "fragment header",
  tcp: "TCP",
  udp: "UDP",
  icmp: "ICMP",
  icmpv6: "ICMPv6",
  gre: "GRE",
  vxlan: "VXLAN",
  dns: "DNS",
};

/** Views of programs that have fields which overlap others. */
const VIEWS: Readonly<Record<string, FieldTable>> = {
  tcp: { flags: number(13, 1) },
  icmp: { rest: number(4, 4) },
  icmpv6: { rest: number(4, 4) },
  vxlan: { hasVni: flag(4) },
};

const ETHER_TYPES = namesOf("ETH_P_");
const PROTOCOLS = namesOf("IPPROTO_");
const FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
const RESPONSE_CODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

function namesOf(prefix: string): Readonly<Record<number, string>> {
  const entries = Object.entries(NET_CONSTANTS).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, value]) => [value, name]));
}

/** From the Ethernet header on. */
export function packetLayers(packet: Uint8Array): readonly PacketLayer[] {
  return layersOf(packet).map((layer) =>
    layer.broken === undefined ? whole(layer, packet) : broken(layer, layer.broken, packet),
  );
}

function whole(layer: ParsedLayer, packet: Uint8Array): PacketLayer {
  const { name, offset, size, data } = layer;
  const hasOptions = (name === "ipv4" || name === "tcp") && data.length > 0;
  return {
    name: nameOf(name),
    title: titleOf(name),
    offset,
    size,
    fields: fieldsOf(layer, packet),
    ...(hasOptions ? { note: `${data.length} bytes of options` } : {}),
  };
}

/** A header that is not what it should be; its fixed part is shown if it is there. */
function broken({ offset, size }: ParsedLayer, { name, table, size: fixed }: Protocol, packet: Uint8Array): PacketLayer {
  const title = `${titleOf(name)}?`;
  if (size < fixed) {
    return { name: "payload", title, offset, size, fields: [], note: `cut off: ${size} of ${fixed} bytes` };
  }
  const header = { name, offset, fields: readFields(packet, offset, table), places: placesOf(table, offset) };
  return { name: nameOf(name), title, offset, size, fields: fieldsOf(header, packet), note: "its length cannot be" };
}

/** In the order in which they lie in the packet. */
function fieldsOf(
  { name, offset, fields, places }: Pick<ParsedLayer, "name" | "offset" | "fields" | "places">,
  packet: Uint8Array,
): readonly PacketField[] {
  const views = VIEWS[name] ?? {};
  return Object.entries({ ...fields, ...readFields(packet, offset, views) })
    .map(([field, value]) => {
      const place = places[field] ?? placeOf(views[field]!, offset);
      const meaning = typeof value === "number" ? meaningOf(name, field, value) : undefined;
      const shown = typeof value === "number" ? BigInt(value) : value;
      return { name: field, ...place, value: shown, ...(meaning === undefined ? {} : { meaning }) };
    })
    .sort((one, other) => one.offset - other.offset);
}

function meaningOf(layer: string, field: string, value: number): string | undefined {
  if (layer === "tcp" && field === "flags") return FLAGS.filter((_, bit) => ((value >>> bit) & 1) === 1).join(", ");
  if (field === "type" || field === "protocolType" || (layer === "gre" && field === "protocol")) return ETHER_TYPES[value];
  if (field === "protocol" || field === "nextHeader") return PROTOCOLS[value];
  if (field === "responseCode") return RESPONSE_CODES[value];
  return undefined;
}

/** Packets from layers, and layers from packets. */

import { bytesOf, concat, type Data } from "./bytes.ts";
import { dnsProtocol } from "./dns.ts";
import { PacketError } from "./errors.ts";
import { type Layer, layer, type ParsedLayer, type Protocol, readHeader, writeHeader } from "./layer.ts";
import { arpProtocol, ethernetProtocol, serviceVlanProtocol, vlanProtocol } from "./link.ts";
import { EXTENSIONS, fragmentProtocol, ipv4Protocol, ipv6Protocol } from "./network.ts";
import { register } from "./registry.ts";
import { icmpProtocol, icmpv6Protocol, tcpProtocol, udpProtocol } from "./transport.ts";
import { greProtocol, vxlanProtocol } from "./tunnels.ts";

/** Longest packet of either engine. */
const LONGEST = 65_535;

/** Layers that one packet may be parsed into: each takes bytes, so this only keeps lists short. */
const MOST_LAYERS = 64;

const BY_NUMBER: readonly Protocol[] = [
  ethernetProtocol,
  serviceVlanProtocol,
  vlanProtocol,
  arpProtocol,
  ipv4Protocol,
  ipv6Protocol,
  ...Object.values(EXTENSIONS),
  fragmentProtocol,
  tcpProtocol,
  udpProtocol,
  icmpProtocol,
  icmpv6Protocol,
  greProtocol,
];
const BY_PORT = { 53: dnsProtocol, 4789: vxlanProtocol } as const;

register(BY_NUMBER, BY_PORT);

/** What `layersOf` may call a layer that has fields. */
export const LAYER_NAMES: readonly string[] = [
  ...new Set([...BY_NUMBER, ...Object.values(BY_PORT)].map(({ name }: Protocol) => name)),
];

const payloadProtocol: Protocol = { name: "payload", table: {}, size: 0, complete: () => ({}) };
const paddingProtocol: Protocol = { name: "padding", table: {}, size: 0, complete: () => ({}) };

/** Bytes that no protocol here knows. Text stands for its UTF-8. */
export const payload = (data: Data): Layer => layer(payloadProtocol, {}, bytesOf(data, "payload"));

/** At the end of a packet: zeroes that make it `size` bytes long, as an Ethernet frame has at least 60 on the wire. */
export const padding = (size = 60): Layer => layer(paddingProtocol, { size });

/**
 * A packet from its layers, the outermost first: `packet(ethernet(), ipv4({ ttl: 3 }), udp(), payload("x"))`. Lengths, types and checksums follow
 * from the layers, unless they are given: then they are what they are, right or wrong.
 * @throws PacketError for a value that does not fit its field, or more than 65,535 bytes.
 */
export function packet(...layers: readonly Layer[]): Uint8Array<ArrayBuffer> {
  const last = layers.at(-1);
  const pad = last?.protocol === paddingProtocol ? Number(last.given["size"]) : 0;
  const inside = pad > 0 ? layers.slice(0, -1) : layers;
  if (inside.some(({ protocol }) => protocol === paddingProtocol))
    throw new PacketError("padding", "padding at the end", "layers behind it");
  let body = new Uint8Array();
  for (let index = inside.length - 1; index >= 0; index--) {
    const layer = inside[index]!;
    const header = writeHeader(layer, { around: inside.slice(0, index), inner: inside[index + 1] ?? null, body });
    body = concat(header, body);
  }
  if (body.length > LONGEST || pad > LONGEST)
    throw new PacketError("packet", `at most ${LONGEST} bytes`, Math.max(body.length, pad));
  return body.length < pad ? concat(body, new Uint8Array(pad - body.length)) : body;
}

/** What is in a packet, from its Ethernet header on; unknown, cut off or malformed things are a `payload`, what lies behind all a `padding`. */
export function layersOf(bytes: Uint8Array): readonly ParsedLayer[] {
  const layers: ParsedLayer[] = [];
  let protocol: Protocol | null = ethernetProtocol;
  let at = 0;
  let end = bytes.length;
  let broken: Protocol | null = null;
  while (protocol !== null && layers.length < MOST_LAYERS) {
    const layer: ParsedLayer | null = readHeader(protocol, bytes, at, end);
    if (layer === null) {
      broken = protocol;
      break;
    }
    layers.push(layer);
    at = layer.offset + layer.size;
    const next: { protocol: Protocol | null; end: number } = protocol.next?.(layer, bytes, end) ?? { protocol: null, end };
    protocol = next.protocol;
    end = Math.max(at, next.end);
  }
  if (at < end) layers.push({ ...rest("payload", bytes, at, end), ...(broken === null ? {} : { broken }) });
  if (end < bytes.length) layers.push(rest("padding", bytes, end, bytes.length));
  return layers;
}

function rest(name: string, bytes: Uint8Array, from: number, to: number): ParsedLayer {
  return { name, offset: from, size: to - from, fields: {}, places: {}, data: bytes.slice(from, to) };
}

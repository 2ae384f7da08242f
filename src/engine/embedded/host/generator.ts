/**
 * Traffic out of nothing: packets of a number of flows, the same from the same seed, given to a device as fast as it takes them or so
 * many a second.
 *
 *     const traffic = packets({ flows: 100, destination: "192.0.2.0/24", size: [64, 1500], seed: 1 });
 *     const { verdicts } = await drive(device, traffic, { count: 10_000, perSecond: 1000 });
 */

import { FaultError } from "../../errors.ts";
import { Random } from "../random.ts";
import { macOf, masked, prefixOf } from "../room/fib.ts";
import type { PacketDevice } from "../room/packet-host.ts";
import { complement, sumOf } from "./internet-checksum.ts";

export interface TrafficOptions {
  /** How many different conversations; default 16. Each has addresses, ports and a protocol of its own. */
  readonly flows?: number;
  /** Networks that addresses are taken from, both IPv4 or both IPv6; default `10.0.0.0/8` and `192.0.2.0/24`. */
  readonly source?: string;
  readonly destination?: string;
  /** One of these at random for each flow; default all three. */
  readonly protocols?: readonly ("udp" | "tcp" | "icmp")[];
  /** Destination ports, one at random for each flow; default 53, 80, 443, 8080. */
  readonly ports?: readonly number[];
  /** Bytes from the Ethernet header on, 64 to 65,535: always the same, or anything between the two. Default 64 to 1514. */
  readonly size?: number | readonly [least: number, most: number];
  /** Hardware addresses; default 02:00:00:00:00:01 and :02. */
  readonly sourceMac?: string;
  readonly destinationMac?: string;
  /** Default 1. */
  readonly seed?: number;
}

const ETHERNET = 14;
const SHORTEST = 64;
const LONGEST = 65_535;
const PROTOCOL = { udp: 17, tcp: 6, icmp: 1 } as const;
const ICMPV6 = 58;
/** Bytes of each transport header, and where its checksum is. */
const TRANSPORT = { udp: { size: 8, sum: 6 }, tcp: { size: 20, sum: 16 }, icmp: { size: 8, sum: 2 } } as const;

interface Flow {
  readonly kind: keyof typeof TRANSPORT;
  /** Headers as they are in every packet of the flow; lengths and checksums are not. */
  readonly headers: Uint8Array;
  sequence: number;
}

/**
 * Endless. Every packet is whole, its checksums right. What it gives is a view that the next packet overwrites.
 * @throws RangeError for options that make no sense.
 */
export function* packets(options: TrafficOptions = {}): Generator<Uint8Array, never, void> {
  const { flows: count = 16, size = [SHORTEST, 1514], seed = 1 } = options;
  const random = new Random(seed);
  const below = (limit: number): number => random.next() % limit;
  const [least, most] = typeof size === "number" ? [size, size] : size;
  if (!(Number.isInteger(least) && Number.isInteger(most) && least >= SHORTEST && most >= least && most <= LONGEST))
    throw new RangeError(`size: expected ${SHORTEST} to ${LONGEST} bytes, found ${least} to ${most}`);
  if (!Number.isInteger(count) || count < 1 || count > 1_000_000)
    throw new RangeError(`flows: expected 1 to 1000000, found ${count}`);
  const flows = Array.from({ length: count }, () => makeFlow(options, below));
  const buffer = new Uint8Array(LONGEST);
  for (;;) {
    const flow = flows[below(count)]!;
    const length = Math.max(least + below(most - least + 1), flow.headers.length);
    fill(buffer.subarray(0, length), flow, random.next());
    yield buffer.subarray(0, length);
  }
}

function makeFlow(options: TrafficOptions, below: (limit: number) => number): Flow {
  const { source = "10.0.0.0/8", destination = "192.0.2.0/24", protocols = ["udp", "tcp", "icmp"] } = options;
  const { ports = [53, 80, 443, 8080], sourceMac = "02:00:00:00:00:01", destinationMac = "02:00:00:00:00:02" } = options;
  const from = pick(source, below);
  const to = pick(destination, below);
  if (from.length !== to.length) throw new RangeError(`source ${source} and destination ${destination} are of two families`);
  const kind = protocols[below(protocols.length)];
  if (kind === undefined || TRANSPORT[kind] === undefined)
    throw new RangeError(`protocols: expected udp, tcp or icmp, found ${kind}`);
  const network = from.length === 4 ? 20 : 40;
  const headers = new Uint8Array(ETHERNET + network + TRANSPORT[kind].size);
  const view = new DataView(headers.buffer);
  headers.set(macOf(destinationMac), 0);
  headers.set(macOf(sourceMac), 6);
  view.setUint16(12, network === 20 ? 0x0800 : 0x86dd);
  if (network === 20) {
    headers[ETHERNET] = 0x45;
    headers[ETHERNET + 8] = 64;
    headers[ETHERNET + 9] = PROTOCOL[kind];
    headers.set(from, ETHERNET + 12);
    headers.set(to, ETHERNET + 16);
  } else {
    headers[ETHERNET] = 0x60;
    headers[ETHERNET + 6] = kind === "icmp" ? ICMPV6 : PROTOCOL[kind];
    headers[ETHERNET + 7] = 64;
    headers.set(from, ETHERNET + 8);
    headers.set(to, ETHERNET + 24);
  }
  const at = ETHERNET + network;
  if (kind === "icmp") {
    headers[at] = network === 20 ? 8 : 128;
    view.setUint16(at + 4, below(65_536));
  } else {
    const port = ports[below(ports.length)];
    if (port === undefined || !Number.isInteger(port) || port < 0 || port > 65_535)
      throw new RangeError(`ports: expected 0 to 65535, found ${port}`);
    view.setUint16(at, 32_768 + below(28_232));
    view.setUint16(at + 2, port);
    if (kind === "tcp") {
      headers[at + 12] = 0x50;
      headers[at + 13] = 0x10;
      view.setUint16(at + 14, 65_535);
    }
  }
  return { kind, headers, sequence: below(0x7fff_ffff) };
}

/** An address of a network. @throws RangeError */
function pick(network: string, below: (limit: number) => number): Uint8Array {
  const { address, length } = prefixOf(network);
  const base = masked(address, length);
  const inside = masked(new Uint8Array(address.length).fill(0xff), length);
  return base.map((byte, at) => byte | (below(256) & ~inside[at]! & 0xff));
}

function fill(packet: Uint8Array, { kind, headers, ...flow }: Flow, noise: number): void {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  packet.set(headers);
  packet.fill(noise & 0xff, headers.length);
  const { sum } = TRANSPORT[kind];
  const transport = headers.length - TRANSPORT[kind].size;
  const isIpv4 = transport === ETHERNET + 20;
  const length = packet.length - transport;
  if (isIpv4) {
    view.setUint16(ETHERNET + 2, packet.length - ETHERNET);
    view.setUint16(ETHERNET + 4, noise >>> 16);
    view.setUint16(ETHERNET + 10, complement(sumOf(view, ETHERNET, transport)));
  } else view.setUint16(ETHERNET + 4, length);
  if (kind === "udp") view.setUint16(transport + 4, length);
  if (kind === "tcp") view.setUint32(transport + 4, flow.sequence);
  if (kind === "icmp") view.setUint16(transport + 6, noise >>> 16);
  let total = sumOf(view, transport, packet.length);
  // Addresses, protocol and length: of all but ICMP for IPv4.
  if (kind !== "icmp" || !isIpv4) {
    const addresses = isIpv4 ? 8 : 32;
    const protocol = isIpv4 ? packet[ETHERNET + 9]! : packet[ETHERNET + 6]!;
    total += sumOf(view, transport - addresses, transport) + protocol + length;
  }
  const checksum = complement(total);
  view.setUint16(transport + sum, checksum === 0 && kind === "udp" ? 0xffff : checksum);
}

// ── into a device ───────────────────────────────────────────────────────────────────────────────────────────────────

export interface DriveOptions {
  readonly count: number;
  /** Packet n comes n / perSecond seconds after the first, by the engine's clock, which must be virtual. Default: no time passes. */
  readonly perSecond?: number;
  /** With `perSecond`: in real time, too. Default false: as fast as the device takes them. */
  readonly realTime?: boolean;
  /** Whole seconds that the clock shows at the first packet; default 0. */
  readonly start?: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

export interface Driven {
  readonly packets: number;
  readonly bytes: number;
  /** Packets by verdict; those that a program was stopped on count as 0. */
  readonly verdicts: ReadonlyMap<number, number>;
  readonly faults: { readonly packets: number; readonly first: FaultError | null };
  /** Nanoseconds in the device, all together. */
  readonly time: number;
}

/** How long other work waits at most, in milliseconds. */
const PATIENCE = 20;
const GROUP = 64;

/** @throws RangeError for options that make no sense, and for packets that are too short or too long. */
export async function drive(
  device: Pick<PacketDevice, "receive">,
  traffic: Iterable<Uint8Array>,
  { count, perSecond, realTime = false, start = 0, signal }: DriveOptions,
): Promise<Driven> {
  if (perSecond !== undefined && !(perSecond > 0 && Number.isFinite(perSecond)))
    throw new RangeError(`perSecond: expected a number above 0, found ${perSecond}`);
  const verdicts = new Map<number, number>();
  const faults: { packets: number; first: FaultError | null } = { packets: 0, first: null };
  const when = { seconds: start, nanoseconds: 0 };
  const began = performance.now();
  let breathed = began;
  let time = 0;
  let bytes = 0;
  let given = 0;
  if (count > 0)
    for (const packet of traffic) {
      const due = perSecond === undefined ? 0 : given / perSecond;
      if (realTime && perSecond !== undefined) {
        const early = began + due * 1000 - performance.now();
        if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
      }
      when.seconds = start + Math.floor(due);
      when.nanoseconds = Math.floor((due % 1) * 1e9);
      const before = performance.now();
      let verdict = 0;
      try {
        verdict = perSecond === undefined ? device.receive(packet) : device.receive(packet, when);
      } catch (error) {
        if (!(error instanceof FaultError)) throw error;
        faults.packets++;
        faults.first ??= error;
      }
      time += performance.now() - before;
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      bytes += packet.length;
      if (++given === count || signal?.aborted === true) break;
      if (given % GROUP === 0 && performance.now() - breathed > PATIENCE) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        breathed = performance.now();
      }
    }
  return { packets: given, bytes, verdicts, faults, time: time * 1e6 };
}

/** Routing from a program: `bpf_fib_lookup` and `bpf_check_mtu` over the room's routes and neighbours (net/core/filter.c, Linux 6.18). */

import { AF } from "../../../uapi/contexts/sock.ts";
import { ETHERNET_HEADER, type LinkFacts, LOOPBACK, skbOf } from "../contexts/skb.ts";
import type { Device } from "../room/device.ts";
import { type Fib, type Route, TABLE } from "../room/fib.ts";
import { EAFNOSUPPORT, EINVAL, ENODEV } from "./errors.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";

/** `struct bpf_fib_lookup`: offsets. */
const FIB = {
  family: 0,
  tot_len: 6,
  ifindex: 8,
  rt_metric: 12,
  source: 16,
  destination: 32,
  vlan: 48,
  tbid: 48,
  smac: 52,
  dmac: 58,
  size: 64,
} as const;

/** `BPF_FIB_LOOKUP_*`. */
const FLAG = { direct: 1, output: 2, skipNeighbour: 4, table: 8, source: 16, mark: 32 } as const;
const ALL_FLAGS = 63;

/** `BPF_FIB_LKUP_RET_*`. */
const RESULT = {
  success: 0,
  blackhole: 1,
  unreachable: 2,
  prohibit: 3,
  notForwarded: 4,
  forwardingDisabled: 5,
  noNeighbour: 7,
  fragmentationNeeded: 8,
  noSource: 9,
} as const;

const VLAN_HEADER = 4;
/** `IPV6_MIN_MTU` of linux/ipv6.h. */
const LEAST_IPV6_MTU = 1280;

class Lookup {
  readonly #call: HelperCall;
  readonly #at: number;
  readonly #flags: number;
  /** The device that the packet leaves from; null until a route was found. */
  device: Device | null = null;

  constructor(call: HelperCall, at: number, flags: number) {
    this.#call = call;
    this.#at = at;
    this.#flags = flags;
  }

  get totalLength(): number {
    return this.#call.memory.view.getUint16(this.#at + FIB.tot_len, true);
  }

  /** @returns a result, or a negated error number. */
  run(checkMtu: boolean): number {
    const { view, bytes } = this.#call.memory;
    const at = this.#at;
    const size = bytes[at] === AF.inet ? 4 : bytes[at] === AF.inet6 ? 16 : 0;
    if (size === 0) return -EAFNOSUPPORT;
    if (size === 16 && (staysOnLink(bytes, at + FIB.destination) || staysOnLink(bytes, at + FIB.source)))
      return RESULT.notForwarded;
    const { packets } = this.#call.cpu.room;
    const ingress = packets.byIndex(view.getUint32(at + FIB.ifindex, true));
    if (ingress === null) return -ENODEV;
    if (!ingress.forwarding) return RESULT.forwardingDisabled;
    const destination = bytes.slice(at + FIB.destination, at + FIB.destination + size);
    const route = this.#route(packets.fib, destination, ingress.ifindex);
    const refused = refusal(route);
    if (route === null || refused !== RESULT.success) return refused;
    const device = packets.byIndex(route.ifindex);
    if (device === null) return RESULT.notForwarded;
    const mtu = route.mtu === 0 ? device.mtu : size === 16 ? Math.max(route.mtu, LEAST_IPV6_MTU) : route.mtu;
    if (checkMtu && this.totalLength > mtu) {
      view.setUint16(at + FIB.tot_len, mtu, true);
      return RESULT.fragmentationNeeded;
    }
    this.device = device;
    view.setUint32(at + FIB.rt_metric, route.metric, true);
    view.setUint32(at + FIB.ifindex, device.ifindex, true);
    if ((this.#flags & FLAG.source) !== 0) {
      const source = route.source ?? packets.fib.localAddress(device.ifindex, size);
      if (source === null || source.length !== size) return RESULT.noSource;
      bytes.set(source, at + FIB.source);
    }
    const hop = route.via ?? destination;
    if (route.via !== null) {
      view.setUint8(at + FIB.family, route.via.length === 4 ? AF.inet : AF.inet6);
      bytes.set(route.via, at + FIB.destination);
    }
    if ((this.#flags & FLAG.skipNeighbour) === 0) {
      const mac = packets.fib.neighbour(hop, device.ifindex);
      if (mac === null) return RESULT.noNeighbour;
      bytes.set(mac, at + FIB.dmac);
      bytes.set(device.mac, at + FIB.smac);
    }
    view.setUint32(at + FIB.vlan, 0, true);
    if (checkMtu) view.setUint16(at + FIB.tot_len, mtu, true);
    return RESULT.success;
  }

  #route(fib: Fib, destination: Uint8Array, ifindex: number): Route | null {
    const { view } = this.#call.memory;
    if ((this.#flags & FLAG.direct) !== 0) {
      let table: number = TABLE.main;
      if ((this.#flags & FLAG.table) !== 0) {
        table = view.getUint32(this.#at + FIB.tbid, true);
        view.setUint32(this.#at + FIB.tbid, 0, true);
      }
      return fib.find(destination, table);
    }
    return fib.route(destination, (this.#flags & FLAG.output) === 0 ? 0 : ifindex);
  }
}

/** `rt6_need_strict`: multicast, or link-local. */
function staysOnLink(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xff || (bytes[at] === 0xfe && (bytes[at + 1]! & 0xc0) === 0x80);
}

function refusal(route: Route | null): number {
  switch (route?.type) {
    case "unicast":
      return RESULT.success;
    case "blackhole":
      return RESULT.blackhole;
    case "unreachable":
      return RESULT.unreachable;
    case "prohibit":
      return RESULT.prohibit;
    default:
      return RESULT.notForwarded;
  }
}

function lookupOfSkb(call: HelperCall, _skb: number, params: number, size: number, flags: number): number {
  if (size < FIB.size || (flags & ~ALL_FLAGS) !== 0) return -EINVAL;
  const lookup = new Lookup(call, params >>> 0, flags);
  const checkMtu = lookup.totalLength !== 0;
  const result = lookup.run(checkMtu);
  if (result !== RESULT.success || checkMtu || lookup.device === null) return result;
  // Without a length, the packet itself is measured (`is_skb_forwardable`).
  const { mtu } = lookup.device;
  call.memory.view.setUint16((params >>> 0) + FIB.tot_len, mtu, true);
  const skb = skbOf(call.cpu);
  const fits = skb.length <= mtu + ETHERNET_HEADER + VLAN_HEADER || skb.isSegmented;
  return fits && lookup.device.up ? result : RESULT.fragmentationNeeded;
}

function lookupOfFrame(call: HelperCall, _context: number, params: number, size: number, flags: number): number {
  if (size < FIB.size || (flags & ~ALL_FLAGS) !== 0) return -EINVAL;
  return new Lookup(call, params >>> 0, flags).run(true);
}

const FITS = 0;
const TOO_LONG = 1;
const SEGMENTS_TOO_LONG = 2;
const CHECK_SEGMENTS = 1;

/** @param own the device that the packet is at. @param length of the packet now. */
function checkMtu(call: HelperCall, own: LinkFacts, length: number, ifindex: number, at: number, difference: number): number {
  const device = ifindex === 0 || ifindex === own.ifindex ? own : call.cpu.room.packets.byIndex(ifindex >>> 0);
  if (device === null) return -ENODEV;
  const { view } = call.memory;
  const given = view.getUint32(at, true);
  const size = (given === 0 ? length : given + ETHERNET_HEADER) + difference;
  view.setUint32(at, device.mtu, true);
  return size <= device.mtu + ETHERNET_HEADER ? FITS : TOO_LONG;
}

function checkMtuOfSkb(call: HelperCall, _skb: number, ifindex: number, mtu: number, difference: number, flags: number): number {
  const skb = skbOf(call.cpu);
  const at = mtu >>> 0;
  if (call.highOf(5) !== 0 || (flags & ~CHECK_SEGMENTS) !== 0) return -EINVAL;
  if (flags !== 0 && (difference !== 0 || call.memory.view.getUint32(at, true) !== 0)) return -EINVAL;
  const result = checkMtu(call, skb.link, skb.length, ifindex, at, difference);
  if (result !== TOO_LONG || !skb.isSegmented) return result;
  return flags === 0 ? FITS : SEGMENTS_TOO_LONG;
}

function checkMtuOfFrame(
  call: HelperCall,
  _context: number,
  ifindex: number,
  mtu: number,
  difference: number,
  flags: number,
): number {
  if (call.highOf(5) !== 0 || flags !== 0) return -EINVAL;
  const { memory, space, cpu } = call;
  const own = cpu.room.packets.byIndex(memory.view.getUint32(space.contextStart + INGRESS_IFINDEX, true)) ?? LOOPBACK;
  return checkMtu(call, own, space.packetEnd - space.packetData, ifindex, mtu >>> 0, difference);
}

/** Of `struct xdp_md`. */
const INGRESS_IFINDEX = 12;

const PARAMS = ["context", "write", "size", "number"] as const;
const MTU = ["context", "number", { memory: 4, write: true }, "number", "wide"] as const;

/** Linux 4.18 and 5.12. */
export const tcRouting: readonly Helper[] = [
  helper("bpf_fib_lookup", PARAMS, "int", lookupOfSkb),
  helper("bpf_check_mtu", MTU, "int", checkMtuOfSkb),
];

export const xdpRouting: readonly Helper[] = [
  helper("bpf_fib_lookup", PARAMS, "int", lookupOfFrame),
  helper("bpf_check_mtu", MTU, "int", checkMtuOfFrame),
];

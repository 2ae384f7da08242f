/**
 * Routes and neighbours of a machine room: what `bpf_fib_lookup` and `bpf_redirect_neigh` ask. The longest prefix wins, of equally
 * long ones the smallest metric. Small: looked through one by one, as a room has some dozens.
 */

import { parseIpv4, parseIpv6, parseMac } from "../../../btf/addresses.ts";
import type { NeighbourDescription, RouteDescription } from "./network-description.ts";

/** Numbers of linux/rtnetlink.h: `RT_TABLE_MAIN`, `RT_TABLE_LOCAL`. */
export const TABLE = { main: 254, local: 255 } as const;

/** What the kernel gives IPv6 routes that have none (`IP6_RT_PRIO_USER`, `IP6_RT_PRIO_ADDRCONF` of net/ip6_route.h). */
export const IPV6_METRIC = { route: 1024, address: 256 } as const;

export interface Route {
  /** 4 or 16 bytes, in the order of the wire. */
  readonly network: Uint8Array;
  readonly length: number;
  readonly type: NonNullable<RouteDescription["type"]>;
  /** 0: leads nowhere. */
  readonly ifindex: number;
  /** May be of the other family. */
  readonly via: Uint8Array | null;
  readonly source: Uint8Array | null;
  readonly metric: number;
  readonly table: number;
  /** 0: the device's. */
  readonly mtu: number;
}

interface Neighbour {
  readonly address: Uint8Array;
  readonly mac: Uint8Array;
  readonly ifindex: number;
}

export class Fib {
  #routes: readonly Route[] = [];
  #neighbours: readonly Neighbour[] = [];

  /** The best route to an address (4 or 16 bytes) in a table, or null. @param through only this device's; 0: any. */
  find(address: Uint8Array, table: number, through = 0): Route | null {
    // The kernel keeps IPv4's local and main routes in one trie, and finds both in either.
    const merged = address.length === 4 && (table === TABLE.main || table === TABLE.local);
    let best: Route | null = null;
    for (const route of this.#routes) {
      const isThere = route.table === table || (merged && (route.table === TABLE.main || route.table === TABLE.local));
      if (!isThere || route.network.length !== address.length || !covers(route, address)) continue;
      if (through !== 0 && route.ifindex !== through && route.ifindex !== 0) continue;
      if (best === null || route.length > best.length || (route.length === best.length && route.metric < best.metric))
        best = route;
    }
    return best;
  }

  /**
   * By the rules that every kernel begins with: the local table, then the main one.
   * @param through only this device's, of IPv4; 0: any.
   */
  route(address: Uint8Array, through = 0): Route | null {
    if (address.length === 4) return this.find(address, TABLE.main, through);
    return this.find(address, TABLE.local) ?? this.find(address, TABLE.main);
  }

  /** The first address of a device, of 4 or 16 bytes, or null. */
  localAddress(ifindex: number, size: number): Uint8Array | null {
    const local = this.#routes.find(
      ({ table, network, ...route }) => table === TABLE.local && route.ifindex === ifindex && network.length === size,
    );
    return local?.network ?? null;
  }

  /** The hardware address of a neighbour at a device, or null. */
  neighbour(address: Uint8Array, ifindex: number): Uint8Array | null {
    const found = this.#neighbours.find((each) => each.ifindex === ifindex && sameBytes(each.address, address));
    return found?.mac ?? null;
  }

  add(route: Route): void {
    this.#routes = [...this.#routes, route];
  }

  /** All that leads through a device. */
  removeDevice(ifindex: number): void {
    this.#routes = this.#routes.filter((route) => route.ifindex !== ifindex);
    this.#neighbours = this.#neighbours.filter((each) => each.ifindex !== ifindex);
  }

  /** Adds or replaces. */
  setNeighbour(address: Uint8Array, ifindex: number, mac: Uint8Array): void {
    const others = this.#neighbours.filter((each) => each.ifindex !== ifindex || !sameBytes(each.address, address));
    this.#neighbours = [...others, { address, ifindex, mac }];
  }

  /** @returns whether there were any. */
  removeRoutes(network: Uint8Array, length: number, table: number): boolean {
    const before = this.#routes.length;
    this.#routes = this.#routes.filter(
      (route) => route.table !== table || route.length !== length || !sameBytes(route.network, network),
    );
    return this.#routes.length < before;
  }

  removeNeighbour(address: Uint8Array, ifindex: number): boolean {
    const before = this.#neighbours.length;
    this.#neighbours = this.#neighbours.filter((each) => each.ifindex !== ifindex || !sameBytes(each.address, address));
    return this.#neighbours.length < before;
  }
}

/** From its description. @throws RangeError for what is no network, no address or no number. */
export function routeOf(description: RouteDescription, ifindexOf: (name: string) => number): Route {
  const { to, device, via, source, table = TABLE.main, mtu = 0, type = "unicast" } = description;
  const { address, length } = prefixOf(to === "default" ? "0.0.0.0/0" : to);
  const { metric = address.length === 16 ? IPV6_METRIC.route : 0 } = description;
  const leads = type === "unicast" || type === "local";
  if (leads && device === undefined) throw new RangeError(`route to ${to}: name the device that it leads through`);
  for (const [name, number] of Object.entries({ metric, table, mtu })) {
    if (!Number.isInteger(number) || number < 0 || number > 0xffff_ffff)
      throw new RangeError(`route to ${to}: ${name}: expected 0 to 4294967295, found ${number}`);
  }
  return {
    network: masked(address, length),
    length,
    type,
    ifindex: leads && device !== undefined ? ifindexOf(device) : 0,
    via: via === undefined ? null : addressOf(via),
    source: source === undefined ? null : addressOf(source),
    metric,
    table,
    mtu,
  };
}

export function neighbourOf({ address, mac }: NeighbourDescription): { readonly address: Uint8Array; readonly mac: Uint8Array } {
  return { address: addressOf(address), mac: macOf(mac) };
}

/** @throws RangeError */
export function macOf(text: string): Uint8Array {
  const bytes = parseMac(text);
  if (bytes === null) throw new RangeError(`expected a hardware address like 02:00:5e:10:00:01, found ${JSON.stringify(text)}`);
  return bytes;
}

/** Four or sixteen bytes. @throws RangeError */
export function addressOf(text: string): Uint8Array {
  const bytes = parseIpv4(text) ?? parseIpv6(text);
  if (bytes === null) throw new RangeError(`expected an address like 192.0.2.1 or 2001:db8::1, found ${JSON.stringify(text)}`);
  return bytes;
}

/** An address with its prefix length; without one, all of it. @throws RangeError */
export function prefixOf(text: string): { readonly address: Uint8Array; readonly length: number } {
  const [first = "", rest, ...more] = text.split("/");
  const address = addressOf(first);
  const longest = address.length * 8;
  const length = rest === undefined ? longest : /^\d{1,3}$/.test(rest) ? Number(rest) : -1;
  if (length < 0 || length > longest || more.length > 0)
    throw new RangeError(`expected a prefix like 192.0.2.0/24 or 2001:db8::/32, found ${JSON.stringify(text)}`);
  return { address, length };
}

/** With zeroes behind the prefix. */
export function masked(address: Uint8Array, length: number): Uint8Array {
  return address.map((byte, at) => byte & (0xff00 >> Math.min(8, Math.max(0, length - at * 8))));
}

/** With ones behind the prefix. */
export function filled(address: Uint8Array, length: number): Uint8Array {
  return address.map((byte, at) => byte | (0xff >> Math.min(8, Math.max(0, length - at * 8))));
}

function covers({ network, length }: Route, address: Uint8Array): boolean {
  const whole = length >>> 3;
  for (let at = 0; at < whole; at++) if (network[at] !== address[at]) return false;
  const rest = length & 7;
  return rest === 0 || ((network[whole]! ^ address[whole]!) & (0xff00 >> rest) & 0xff) === 0;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

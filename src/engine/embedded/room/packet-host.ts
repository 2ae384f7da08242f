/** The packet devices of one engine, how packets get from one to another, and where they are routed. */

import { AttachError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { type Attachment, Device, type PacketDevice, type PacketHandler } from "./device.ts";
import type { RingHost } from "./device-rings.ts";
import { addressOf, Fib, filled, IPV6_METRIC, masked, neighbourOf, prefixOf, routeOf, TABLE } from "./fib.ts";
import type { DeviceDescription, NeighbourDescription, NetworkDescription, RouteDescription } from "./network-description.ts";
import { Traffic } from "./traffic.ts";

export type { Attachment, DeviceCounters, PacketDevice, PacketHandler, PacketMeta } from "./device.ts";

/** What may be changed of a room's network. */
export type Network = Pick<PacketHost, "addRoute" | "removeRoute" | "setNeighbour" | "removeNeighbour">;

export class PacketHost {
  readonly fib = new Fib();
  readonly traffic: Traffic;
  readonly #devices = new Map<string, Device>();
  readonly #byIndex = new Map<number, Device>();
  readonly #clock: Clock;
  readonly #rings: RingHost;

  constructor(clock: Clock, room: RingHost) {
    this.#clock = clock;
    this.#rings = room;
    this.traffic = new Traffic(this, room.cpus);
  }

  get devices(): readonly PacketDevice[] {
    return [...this.#devices.values()];
  }

  /** @throws RangeError for a description that makes no sense; AttachError when two devices have one name or number. */
  describe({ devices = [], routes = [], neighbours = [] }: NetworkDescription): void {
    for (const device of devices) this.add(device);
    for (const device of devices) {
      if (device.peer !== undefined) this.find(device.name).connect(this.find(device.peer));
    }
    for (const route of routes) this.addRoute(route);
    for (const neighbour of neighbours) this.setNeighbour(neighbour);
  }

  /**
   * Its addresses are local from now on, and their networks are reached through it.
   * @throws AttachError when there is a device of that name or number; RangeError for a description that makes no sense.
   */
  add(description: DeviceDescription): Device {
    const { name, addresses = [] } = description;
    if (this.#devices.has(name)) throw new AttachError(`${name}: there is a packet device of that name already`);
    const ifindex = description.ifindex ?? this.#freeIndex();
    const twin = this.byIndex(ifindex);
    if (twin !== null) throw new AttachError(`${name}: ${twin.name} has the ifindex ${ifindex} already`);
    const prefixes = addresses.map(prefixOf);
    const device = new Device(description, ifindex, this.#clock, this.#rings, this.traffic);
    this.#devices.set(name, device);
    this.#byIndex.set(ifindex, device);
    for (const { address, length } of prefixes) {
      const base = { ifindex, via: null, source: address, metric: 0, mtu: 0 };
      this.fib.add({ ...base, network: address, length: address.length * 8, type: "local", table: TABLE.local });
      const metric = address.length === 16 ? IPV6_METRIC.address : 0;
      if (length < address.length * 8)
        this.fib.add({ ...base, metric, network: masked(address, length), length, type: "unicast", table: TABLE.main });
      // The network's broadcast address (`fib_add_ifaddr`).
      if (address.length === 4 && length < 31)
        this.fib.add({ ...base, network: filled(address, length), length: 32, type: "local", table: TABLE.local });
    }
    return device;
  }

  /** Takes a device away, with its routes and neighbours: nothing comes in there or leaves any more. Harmless the second time. */
  remove(device: PacketDevice): void {
    const known = this.#devices.get(device.name);
    if (known !== device) return;
    this.#devices.delete(known.name);
    this.#byIndex.delete(known.ifindex);
    known.up = false;
    known.disconnect();
    this.fib.removeDevice(known.ifindex);
  }

  /** @throws RangeError, AttachError when the device is not there. */
  addRoute(route: RouteDescription): void {
    this.fib.add(routeOf(route, (name) => this.find(name).ifindex));
  }

  /** @returns whether there was one. @throws RangeError */
  removeRoute(to: string, table: number = TABLE.main): boolean {
    const { address, length } = prefixOf(to === "default" ? "0.0.0.0/0" : to);
    return this.fib.removeRoutes(masked(address, length), length, table);
  }

  /** Adds or replaces. @throws RangeError, AttachError when the device is not there. */
  setNeighbour(description: NeighbourDescription): void {
    const { address, mac } = neighbourOf(description);
    this.fib.setNeighbour(address, this.find(description.device).ifindex, mac);
  }

  /** @returns whether it was there. @throws RangeError, AttachError when the device is not there. */
  removeNeighbour(address: string, device: string): boolean {
    return this.fib.removeNeighbour(addressOf(address), this.find(device).ifindex);
  }

  /** The device with this number, or null. Hot. */
  byIndex(ifindex: number): Device | null {
    return this.#byIndex.get(ifindex) ?? null;
  }

  /** Resolves when nothing runs any more that was attached before this call, on whichever CPU. */
  async settle(): Promise<void> {
    await this.#rings.threads?.settle();
  }

  /** @throws AttachError when there is no such device, or it is taken. */
  attach(name: string, handler: PacketHandler): Attachment {
    return this.find(name).attach(handler);
  }

  /** @throws AttachError when there is no such device. */
  find(name: string): Device {
    const device = this.#devices.get(name);
    if (device !== undefined) return device;
    const known = [...this.#devices.keys()];
    const there =
      known.length === 0
        ? "the engine has none; add one with addDevice"
        : `there ${known.length === 1 ? "is" : "are"} ${known.join(", ")}`;
    throw new AttachError(`no packet device ${name}: ${there}`);
  }

  #freeIndex(): number {
    let ifindex = 1;
    while (this.byIndex(ifindex) !== null) ifindex++;
    return ifindex;
  }
}

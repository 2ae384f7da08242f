/**
 * Packet devices: where an engine's XDP programs sit and packets come in. A capture replay, a generator or a test
 * pushes packets through `receive`; what is attached decides, in place in the engine's memory.
 */

import { AttachError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import type { Memory } from "../memory.ts";
import { PacketRing, type RingOptions, type RingServer } from "./packet-ring.ts";
import { RING } from "./ring-memory.ts";

/** What is known of a packet besides its bytes. */
export interface PacketMeta {
  /** When it arrived: whole seconds and nanoseconds (0 … 999,999,999). Moves the engine's clock when that is virtual. */
  readonly seconds?: number;
  readonly nanoseconds?: number;
  /** Which CPU handles it, 0 ≤ cpu < the engine's `cpus`. Default 0. */
  readonly cpu?: number;
  /** `xdp_md.rx_queue_index`. Default 0. */
  readonly queue?: number;
}

export interface PacketDevice {
  readonly name: string;
  /** From 1, as the device was added; `xdp_md.ingress_ifindex`. */
  readonly ifindex: number;
  /** What is attached, or null. */
  readonly attached: string | null;
  /**
   * Lets the attached program decide about a packet; without one, everything passes.
   * @param packet 14 to 65,535 bytes from the Ethernet header on; copied.
   * @returns the verdict, u32: `XDP_ABORTED` 0, `XDP_DROP` 1, `XDP_PASS` 2, `XDP_TX` 3, `XDP_REDIRECT` 4; the program
   *   may return anything.
   * @throws FaultError when the program was stopped: count the packet as `XDP_ABORTED`, the next one may be fine.
   *   RangeError when the packet is too short or too long.
   */
  receive(packet: Uint8Array, meta?: PacketMeta): number;
  /**
   * The last packet as the program left it, with what it grew or shrank: a view of the engine's memory, valid until the
   * next packet on the same CPU.
   */
  readonly packet: Uint8Array;
  /**
   * Frames in the engine's memory that packets of this device are received into, without a copy (`docs/embedded.md`). The attached XDP
   * program decides about them.
   * @throws RangeError for options that make no sense; MapError `memory` when there is no room.
   */
  openRing(options?: RingOptions): PacketRing;
}

/** What sits on a device. Hot: once a packet. */
export interface PacketHandler {
  readonly description: string;
  receive(packet: Uint8Array, ifindex: number, queue: number, cpu: number): number;
  /** The same for `count` packets that lie in a ring, from number `first` on. Faults are counted there. */
  receiveRing(ring: PacketRing, first: number, count: number): void;
  /** The packet of the last `receive`, as it is now. */
  packetOf(cpu: number): Uint8Array;
}

/** A place on a device that is taken. */
export interface Attachment {
  /** From the next packet on. @throws AttachError when it was taken off. */
  replace(handler: PacketHandler): void;
  /** Takes it off; harmless the second time. */
  take(): void;
}

const XDP_PASS = 2;
const NOWHERE: PacketMeta = {};

class Device implements PacketDevice, RingServer {
  readonly name: string;
  readonly ifindex: number;
  readonly #clock: Clock;
  readonly #memory: Memory;
  #handler: PacketHandler | null = null;
  #cpu = 0;
  #passed: Uint8Array = new Uint8Array(0);

  constructor(name: string, ifindex: number, clock: Clock, memory: Memory) {
    this.name = name;
    this.ifindex = ifindex;
    this.#clock = clock;
    this.#memory = memory;
  }

  get attached(): string | null {
    return this.#handler?.description ?? null;
  }

  get packet(): Uint8Array {
    return this.#handler?.packetOf(this.#cpu) ?? this.#passed;
  }

  receive(packet: Uint8Array, meta: PacketMeta = NOWHERE): number {
    if (meta.seconds !== undefined) this.#clock.set?.(meta.seconds, meta.nanoseconds ?? 0);
    const handler = this.#handler;
    if (handler === null) {
      this.#passed = packet;
      return XDP_PASS;
    }
    this.#cpu = meta.cpu ?? 0;
    return handler.receive(packet, this.ifindex, meta.queue ?? 0, this.#cpu);
  }

  openRing(options: RingOptions = {}): PacketRing {
    const { cpu = 0 } = options;
    if (cpu !== 0) throw new RangeError(`cpu: expected 0, found ${cpu}`);
    return new PacketRing(this.#memory, options, this.ifindex, this);
  }

  // ── as the server of its rings ────────────────────────────────────────────────────────────────────────────────────

  submitted(ring: PacketRing, first: number, count: number): void {
    try {
      if (this.#handler !== null) this.#handler.receiveRing(ring, first, count);
      else passAll(ring, first, count);
    } finally {
      Atomics.store(ring.control, RING.completed, (first + count) | 0);
    }
  }

  async done(): Promise<void> {}

  async closed(): Promise<void> {}

  // ── what is attached ──────────────────────────────────────────────────────────────────────────────────────────────

  attach(handler: PacketHandler): Attachment {
    if (this.#handler !== null) {
      throw new AttachError(`${this.name}: ${this.#handler.description} is attached there already; detach it first`);
    }
    this.#handler = handler;
    let mine: PacketHandler | null = handler;
    return {
      replace: (next) => {
        if (mine === null) throw new AttachError(`${this.name}: the link was detached; attach the program anew`);
        this.#handler = mine = next;
      },
      take: () => {
        if (mine !== null) this.#handler = null;
        mine = null;
      },
    };
  }
}

/** Without a program everything passes, as it is. */
function passAll(ring: PacketRing, first: number, count: number): void {
  ring.layOut(first, count);
  for (let at = 0; at < count; at++) ring.verdicts[(first + at) & ring.mask] = XDP_PASS;
}

/** The devices of one engine. */
export class PacketHost {
  readonly #devices = new Map<string, Device>();
  readonly #clock: Clock;
  readonly #memory: Memory;

  constructor(clock: Clock, memory: Memory) {
    this.#clock = clock;
    this.#memory = memory;
  }

  get devices(): readonly PacketDevice[] {
    return [...this.#devices.values()];
  }

  /** @throws AttachError when there is a device of that name. */
  add(name: string): PacketDevice {
    if (this.#devices.has(name)) throw new AttachError(`${name}: there is a packet device of that name already`);
    const device = new Device(name, this.#devices.size + 1, this.#clock, this.#memory);
    this.#devices.set(name, device);
    return device;
  }

  /** @throws AttachError when there is no such device, or it is taken. */
  attach(name: string, handler: PacketHandler): Attachment {
    const device = this.#devices.get(name);
    if (device === undefined) {
      const known = [...this.#devices.keys()];
      const there =
        known.length === 0
          ? "the engine has none; add one with addDevice"
          : `there ${known.length === 1 ? "is" : "are"} ${known.join(", ")}`;
      throw new AttachError(`no packet device ${name}: ${there}`);
    }
    return device.attach(handler);
  }
}

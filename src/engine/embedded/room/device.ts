/**
 * A packet device: where packets come in and leave, and programs sit.
 *
 *     comes in ──▶ XDP ──▶ tc ingress ──▶ the stack (onDeliver)
 *                   │TX        │redirect
 *     leaves   ◀────┴──────────┴──── tc egress ◀── send()          (onTransmit, and the peer)
 *
 * A capture replay, a generator, a socket or a test pushes packets through `receive`; what is attached decides, in place in the engine's
 * memory.
 */

import { AttachError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import type { LinkFacts, Skb } from "../contexts/skb.ts";
import type { Frame } from "../contexts/xdp.ts";
import { DeviceRings, type RingHost } from "./device-rings.ts";
import { macOf } from "./fib.ts";
import { type Handler, Hook } from "./hook.ts";
import type { DeviceDescription } from "./network-description.ts";
import type { PacketRing, RingOptions } from "./packet-ring.ts";
import type { ReceivedMany, ReceiveManyOptions } from "./receive-many.ts";
import type { Traffic } from "./traffic.ts";

/** What is known of a packet besides its bytes. */
export interface PacketMeta {
  /** When it arrived: whole seconds and nanoseconds (0 … 999,999,999). Moves the engine's clock when that is virtual. */
  readonly seconds?: number;
  readonly nanoseconds?: number;
  /** Which CPU handles it, 0 ≤ cpu < the engine's `cpus`. Default 0. */
  readonly cpu?: number;
  /** `xdp_md.rx_queue_index`. Default 0. */
  readonly queue?: number;
  /** `send`: the control group of the process that sends it, `/web`, for `bpf_skb_cgroup_id`. Default: nobody's. */
  readonly cgroup?: string;
}

/** What became of packets, in packets. */
export interface DeviceCounters {
  /** Came in: from outside, from the peer, or redirected here. */
  readonly received: number;
  /** Reached the stack. */
  readonly delivered: number;
  /** Left. */
  readonly transmitted: number;
  /** Ended here: a program's verdict, a device that is down, a redirect that leads nowhere. */
  readonly dropped: number;
  /** Went to another device, or back out of this one. */
  readonly redirected: number;
  /** A program was stopped on them. */
  readonly faulted: number;
}

/** Told of packets; the bytes are a copy, its to keep. */
export type PacketListener = (packet: Uint8Array) => void;

export interface PacketDevice {
  readonly name: string;
  /** From 1, as the device was added; `xdp_md.ingress_ifindex`. */
  readonly ifindex: number;
  readonly mtu: number;
  /** Six bytes. */
  readonly mac: Uint8Array;
  /** Nothing comes in or leaves while it is down. */
  up: boolean;
  /** The XDP program that is attached, or null. */
  readonly attached: string | null;
  readonly counters: DeviceCounters;
  /**
   * Lets the attached programs decide about a packet; without any, everything passes. Copies that they redirect arrive before this
   * returns.
   * @param packet 14 to 65,535 bytes from the Ethernet header on; copied.
   * @returns the verdict of the hook that had the last word (`decidedBy`), u32. Of XDP: `XDP_ABORTED` 0, `XDP_DROP` 1, `XDP_PASS` 2,
   *   `XDP_TX` 3, `XDP_REDIRECT` 4; of tc: `TCX_PASS` 0, `TCX_DROP` 2, `TCX_REDIRECT` 7, `TCX_NEXT` 0xffffffff. A program may return
   *   anything.
   * @throws FaultError when the program was stopped: count the packet as `XDP_ABORTED`, the next one may be fine.
   *   RangeError when the packet is too short or too long.
   */
  receive(packet: Uint8Array, meta?: PacketMeta): number;
  /** Which hook's verdict the last `receive` or `send` returned: `none` when nothing is attached, `socket` when only socket filters are (the
   * verdict is then how many bytes the last of them keeps). */
  readonly decidedBy: "none" | "xdp" | "socket" | "ingress" | "egress";
  /**
   * The stack sends a packet from here: through the programs on what leaves.
   * @returns the verdict of tc, u32, as `receive`.
   * @throws as `receive`.
   */
  send(packet: Uint8Array, meta?: PacketMeta): number;
  /** Tells of each packet that leaves. @returns ends that. */
  onTransmit(listener: PacketListener): () => void;
  /** Tells of each packet that passed all programs. @returns ends that. */
  onDeliver(listener: PacketListener): () => void;
  /** Tells of each packet that a socket filter keeps. @returns ends that. */
  onCapture(listener: CaptureListener): () => void;
  /**
   * The last packet as the program left it, with what it grew or shrank: a view of the engine's memory, valid until the
   * next packet on the same CPU.
   */
  readonly packet: Uint8Array;
  /**
   * Where programs on that CPU find packets: who writes one there and gives `receive` a view of it saves the copy. Valid for good; its
   * contents until the next packet on that CPU. 65,535 bytes.
   * @throws RangeError when there is no such CPU.
   */
  inbox(cpu?: number): Uint8Array;
  /**
   * Frames in the engine's memory that packets of this device are received into, without a copy (`docs/embedded.md`). The attached XDP
   * program decides about them, and its verdicts are the host's: nothing goes on to tc, and `counters` do not count them, unless the
   * options say `carryOut`.
   * @throws RangeError for options that make no sense; MapError `memory` when there is no room.
   */
  openRing(options?: RingOptions): PacketRing;
  /**
   * Gives packets to CPUs, each flow to one of them, through rings that are there as long as it takes. As with `openRing`, XDP decides
   * and nothing goes on. Packets are copied into the rings.
   * @throws RangeError for a packet or an option that cannot be, CpuError when a CPU's thread ends, and what `packets` throws.
   */
  receiveMany(packets: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, options?: ReceiveManyOptions): Promise<ReceivedMany>;
}

/** What sits on a device. Hot: once a packet. */
export interface PacketHandler {
  readonly description: string;
  receive(packet: Uint8Array, ifindex: number, queue: number, cpu: number): number;
  /** The same for `count` packets that lie in a ring, from number `first` on. Faults are counted there. */
  receiveRing(ring: PacketRing, first: number, count: number): void;
  /** The packet of the last `receive`, as it is now. */
  packetOf(cpu: number): Uint8Array;
  /** How many bytes of metadata are before it. */
  metaSizeOf(cpu: number): number;
  /** The packet of the last `receive` or `passOn`, as a copy. */
  frameOf(cpu: number): Frame;
  /**
   * Decides about a packet that another program redirected, as the program of an entry of a device or CPU map.
   * @param ingress where it came in. @param egress where it leaves, or 0. @returns the verdict, u32. @throws FaultError
   */
  passOn(frame: Frame, ingress: number, egress: number, cpu: number): number;
}

/** Whether it is such a one. */
export const isPacketHandler = (program: object): program is PacketHandler => "passOn" in program;

/** A program on socket buffers at a device. */
export interface SkbHandler extends Handler {
  /** @returns the verdict, u32. @throws FaultError */
  decide(skb: Skb): number;
}

/** A filter of a socket that listens at a device. */
export interface TapHandler extends Handler {
  /** @returns how many bytes of the packet it keeps; 0: none of it. @throws FaultError */
  tap(skb: Skb): number;
}

/** Told of packets that a socket filter kept: as many bytes as it wanted, and which program that was. */
export type CaptureListener = (packet: Uint8Array, program: string) => void;

/** A place on a device that is taken. */
export interface Attachment {
  /** From the next packet on. @throws AttachError when it was taken off. */
  replace(handler: PacketHandler): void;
  /** Takes it off; harmless the second time. */
  take(): void;
}

export const XDP_PASS = 2;
const TCX_DROP = 2;
const TCX_REDIRECT = 7;
const NOWHERE: PacketMeta = {};
const LONGEST_NAME = 15;
const NO_PACKET = new Uint8Array(0);

export class Device implements PacketDevice, LinkFacts {
  readonly name: string;
  readonly ifindex: number;
  readonly mtu: number;
  readonly mac: Uint8Array;
  readonly broadcast: Uint8Array = new Uint8Array(6).fill(0xff);
  readonly forwarding: boolean;
  up: boolean;
  readonly counters = { received: 0, delivered: 0, transmitted: 0, dropped: 0, redirected: 0, faulted: 0 };
  /** Sockets that listen: to what comes in, before tc, and to what leaves, behind it. */
  readonly taps: Hook<TapHandler>;
  /** tc, on what comes in and on what leaves. */
  readonly ingress: Hook<SkbHandler>;
  readonly egress: Hook<SkbHandler>;
  peer: Device | null = null;
  decidedBy: PacketDevice["decidedBy"] = "none";
  /** Whether anything comes after XDP. */
  #goesOn = false;
  #transmits: readonly PacketListener[] = [];
  #delivers: readonly PacketListener[] = [];
  #captures: readonly CaptureListener[] = [];
  /** What was said of the last packet that came from outside. */
  arrival: PacketMeta = NOWHERE;
  readonly #clock: Clock;
  readonly #rings: DeviceRings;
  readonly #traffic: Traffic;
  #handler: PacketHandler | null = null;
  #cpu = 0;
  /** The last packet; null: it is in the socket buffer, or the XDP program has it. */
  #last: Uint8Array | null = NO_PACKET;
  #skb: Skb | null = null;

  /** @throws RangeError for a description that makes no sense. */
  constructor(description: DeviceDescription, ifindex: number, clock: Clock, rings: RingHost, traffic: Traffic) {
    const { name, mtu = 1500, up = true, forwarding = true, mac } = description;
    if (name.length === 0 || new TextEncoder().encode(name).length > LONGEST_NAME || /[\s/]/.test(name))
      throw new RangeError(
        `a device's name has 1 to ${LONGEST_NAME} bytes, without / and white space; found ${JSON.stringify(name)}`,
      );
    if (!Number.isInteger(ifindex) || ifindex < 1 || ifindex > 0x7fff_ffff)
      throw new RangeError(`${name}: ifindex: expected 1 to 2147483647, found ${ifindex}`);
    if (!Number.isInteger(mtu) || mtu < 68 || mtu > 65_536)
      throw new RangeError(`${name}: mtu: expected 68 to 65536, found ${mtu}`);
    this.name = name;
    this.ifindex = ifindex;
    this.mtu = mtu;
    this.mac = mac === undefined ? Uint8Array.of(2, 0, 0, 0, (ifindex >>> 8) & 0xff, ifindex & 0xff) : macOf(mac);
    this.up = up;
    this.forwarding = forwarding;
    this.taps = new Hook(`socket filter on ${name} (embedded)`, () => this.#looksOn());
    this.ingress = new Hook(`tc ingress on ${name} (embedded)`, () => this.#looksOn());
    this.egress = new Hook(`tc egress on ${name} (embedded)`);
    this.#clock = clock;
    this.#rings = new DeviceRings(rings, this);
    this.#traffic = traffic;
  }

  get attached(): string | null {
    return this.#handler?.description ?? null;
  }

  get packet(): Uint8Array {
    return this.#last ?? this.#skb?.packet ?? this.#handler?.packetOf(this.#cpu) ?? NO_PACKET;
  }

  receive(packet: Uint8Array, meta: PacketMeta = NOWHERE): number {
    if (meta.seconds !== undefined) this.#clock.set?.(meta.seconds, meta.nanoseconds ?? 0);
    this.arrival = meta;
    const cpu = meta.cpu ?? 0;
    const verdict = this.enter(packet, meta.queue ?? 0, cpu, 0);
    if (this.#traffic.waiting) this.#traffic.drain();
    return verdict;
  }

  /**
   * A packet comes in from outside. Hot: what has no program behind XDP returns at once.
   * @param hops devices that it came through. @throws as `receive`.
   */
  enter(packet: Uint8Array, queue: number, cpu: number, hops: number): number {
    const { counters } = this;
    counters.received++;
    if (!this.up) {
      counters.dropped++;
      this.decidedBy = "none";
      this.#last = packet;
      return 0;
    }
    const handler = this.#handler;
    let verdict = XDP_PASS;
    if (handler === null) {
      this.decidedBy = "none";
      this.#last = packet;
    } else {
      this.decidedBy = "xdp";
      this.#last = this.#skb = null;
      this.#cpu = cpu;
      try {
        verdict = handler.receive(packet, this.ifindex, queue, cpu);
      } catch (error) {
        counters.faulted++;
        throw error;
      }
      if (verdict !== XDP_PASS) {
        this.#traffic.afterXdp(this, verdict, () => handler.frameOf(cpu), cpu, hops);
        return verdict;
      }
    }
    if (!this.#goesOn) {
      counters.delivered++;
      return verdict;
    }
    const inner = handler === null ? packet : handler.packetOf(cpu);
    const skb = this.#traffic.receive(this, inner, queue, cpu, handler === null ? 0 : handler.metaSizeOf(cpu));
    return this.comeIn(skb, verdict, hops);
  }

  /** @internal XDP has decided about a packet of a ring; what `enter` does then. */
  carryOut(ring: PacketRing, index: number, stopped: boolean): void {
    const { counters } = this;
    const { cpu, queue } = ring.shape;
    const verdict = ring.verdicts[index]!;
    counters.received++;
    this.decidedBy = this.#handler === null ? "none" : "xdp";
    this.#last = ring.packet(index);
    if (stopped) counters.faulted++;
    else if (!this.up) counters.dropped++;
    else if (verdict !== XDP_PASS) this.#traffic.afterXdp(this, verdict, () => ring.frameOf(index), cpu, 0);
    else if (this.#goesOn) this.#traffic.toStack(this, ring.frameOf(index), queue, cpu, 0);
    else counters.delivered++;
    if (this.#traffic.waiting) this.#traffic.drain();
  }

  /** A packet that is in a socket buffer goes through tc to the stack. @param before the verdict without any program. */
  comeIn(skb: Skb, before: number, hops: number): number {
    const kept = this.#listen(skb, before);
    const { handlers } = this.ingress;
    if (handlers.length === 0) {
      this.#traffic.deliver(this, skb);
      return kept;
    }
    this.decidedBy = "ingress";
    const code = this.#traffic.run(this, handlers, skb);
    this.#last = null;
    this.#skb = skb;
    this.#traffic.afterTc(this, code, skb, hops, false);
    return code;
  }

  /** Sockets listen. @returns how many bytes the last of them keeps; `otherwise` when there is none. */
  #listen(skb: Skb, otherwise: number): number {
    const { handlers } = this.taps;
    let kept = otherwise;
    for (const handler of handlers) {
      try {
        kept = handler.tap(skb);
      } catch (error) {
        this.counters.faulted++;
        throw error;
      }
      if (kept > 0) for (const listener of this.#captures) listener(skb.packet.slice(0, kept), handler.description);
    }
    if (handlers.length > 0 && this.decidedBy === "none") this.decidedBy = "socket";
    return kept;
  }

  send(packet: Uint8Array, meta: PacketMeta = NOWHERE): number {
    if (meta.seconds !== undefined) this.#clock.set?.(meta.seconds, meta.nanoseconds ?? 0);
    const skb = this.#traffic.prepare(this, packet, meta.queue ?? 0, meta.cpu ?? 0);
    if (meta.cgroup !== undefined) skb.cgroup = skb.cpu.room.cgroups.at(meta.cgroup);
    const code = this.goOut(skb, 0);
    if (this.#traffic.waiting) this.#traffic.drain();
    return code;
  }

  /** A packet that is in a socket buffer goes through tc to the wire. */
  goOut(skb: Skb, hops: number): number {
    const { handlers } = this.egress;
    if (handlers.length === 0) {
      this.decidedBy = "none";
      this.#last = null;
      this.#skb = skb;
      const kept = this.#listen(skb, 0);
      this.#traffic.transmit(this, skb.wirePacket(), skb.cpu.id, hops);
      return kept;
    }
    this.decidedBy = "egress";
    const code = this.#traffic.run(this, handlers, skb);
    this.#last = null;
    this.#skb = skb;
    if (code !== TCX_DROP && code !== TCX_REDIRECT) this.#listen(skb, 0);
    this.#traffic.afterTc(this, code, skb, hops, true);
    return code;
  }

  onTransmit(listener: PacketListener): () => void {
    this.#transmits = [...this.#transmits, listener];
    return () => {
      this.#transmits = this.#transmits.filter((each) => each !== listener);
    };
  }

  onDeliver(listener: PacketListener): () => void {
    this.#delivers = [...this.#delivers, listener];
    this.#looksOn();
    return () => {
      this.#delivers = this.#delivers.filter((each) => each !== listener);
      this.#looksOn();
    };
  }

  onCapture(listener: CaptureListener): () => void {
    this.#captures = [...this.#captures, listener];
    return () => {
      this.#captures = this.#captures.filter((each) => each !== listener);
    };
  }

  /** @internal Told by the traffic. */
  left(packet: Uint8Array): void {
    for (const listener of this.#transmits) listener(packet);
  }

  /** @internal */
  arrived(packet: () => Uint8Array): void {
    for (const listener of this.#delivers) listener(packet());
  }

  /** A cable between the two. @throws RangeError when one has a cable already. */
  connect(other: Device): void {
    if (this.peer === other) return;
    if (other === this) throw new RangeError(`${this.name}: a device is no peer of itself`);
    for (const end of [this, other]) {
      if (end.peer !== null) throw new RangeError(`${end.name}: its peer is ${end.peer.name} already`);
    }
    this.peer = other;
    other.peer = this;
  }

  /** The cable is cut. */
  disconnect(): void {
    if (this.peer !== null) this.peer.peer = null;
    this.peer = null;
  }

  #looksOn(): void {
    this.#goesOn = this.ingress.handlers.length > 0 || this.taps.handlers.length > 0 || this.#delivers.length > 0;
  }

  inbox(cpu = 0): Uint8Array {
    return this.#traffic.inbox(cpu);
  }

  openRing(options: RingOptions = {}): PacketRing {
    return this.#rings.open(options);
  }

  receiveMany(
    packets: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    options: ReceiveManyOptions = {},
  ): Promise<ReceivedMany> {
    return this.#rings.receiveMany(packets, options);
  }

  // ── what is attached ──────────────────────────────────────────────────────────────────────────────────────────────

  attach(handler: PacketHandler): Attachment {
    if (this.#handler !== null) {
      throw new AttachError(`${this.name}: ${this.#handler.description} is attached there already; detach it first`);
    }
    this.#set(handler);
    let mine: PacketHandler | null = handler;
    return {
      replace: (next) => {
        if (mine === null) throw new AttachError(`${this.name}: the link was detached; attach the program anew`);
        mine = next;
        this.#set(next);
      },
      take: () => {
        if (mine !== null) this.#set(null);
        mine = null;
      },
    };
  }

  #set(handler: PacketHandler | null): void {
    this.#handler = handler;
    this.#rings.attached(handler);
  }
}

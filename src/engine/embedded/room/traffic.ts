/**
 * What becomes of packets when programs have decided: dropped, delivered, sent out, redirected.
 *
 * A packet that goes to another device waits in a queue until the one at hand is done, as a CPU has one packet area; so the order is
 * the same in every run, and nothing here calls itself. A packet ends after `MOST_HOPS` devices, as in the kernel.
 */

import { FaultError } from "../../errors.ts";
import { type RedirectTarget, redirectOf } from "../contexts/redirect-target.ts";
import { ETHERNET_HEADER, PROTOCOL, SKB, type Skb, skbOf } from "../contexts/skb.ts";
import type { Frame } from "../contexts/xdp.ts";
import { type Cpu, HEAD_ROOM, LONGEST_PACKET } from "../cpu.ts";
import type { Device, SkbHandler } from "./device.ts";
import { FrameRedirects, packetIn, type Redirected, VLAN_HEADER, XDP_REDIRECT } from "./frame-redirect.ts";
import type { PacketHost } from "./packet-host.ts";

/** Return values of tc programs that mean something (`enum tcx_action_base`); all others are `next`. */
const TCX = { next: -1, pass: 0, drop: 2, redirect: 7 } as const;
const XDP_TX = 3;

/** `XMIT_RECURSION_LIMIT`. */
const MOST_HOPS = 8;

const OUTGOING = 4;

/** What a packet keeps on its way from one device to another, by the words of its context. */
const KEPT = [SKB.mark, SKB.priority, SKB.tc_index, SKB.hash, SKB.tstamp, SKB.tstamp + 1, SKB.queue_mapping];
const CB_WORDS = 5;

/** Where a waiting packet goes: in from the wire, in behind XDP, out through tc. */
type Entrance = "wire" | "ingress" | "egress";

interface Waiting {
  readonly device: Device;
  readonly entrance: Entrance;
  readonly packet: Uint8Array;
  readonly cpu: number;
  readonly hops: number;
  readonly kept: Kept | null;
}

interface Kept {
  readonly words: readonly number[];
  readonly hashed: boolean;
  readonly tunnel: Skb["tunnel"];
}

export class Traffic {
  readonly #host: PacketHost;
  readonly #cpus: readonly Cpu[];
  readonly #frames: FrameRedirects;
  #queue: (Waiting | Redirected)[] = [];
  #draining = false;

  constructor(host: PacketHost, cpus: readonly Cpu[]) {
    this.#host = host;
    this.#cpus = cpus;
    this.#frames = new FrameRedirects(host, cpus, (redirected) => this.#push(redirected));
  }

  get waiting(): boolean {
    return this.#queue.length > 0;
  }

  /** @throws RangeError when there is no such CPU. */
  inbox(cpu: number): Uint8Array {
    const { memory } = this.#skb(cpu).cpu.room;
    const start = this.#cpus[cpu]!.packetArea + HEAD_ROOM;
    return memory.bytes.subarray(start, start + LONGEST_PACKET);
  }

  // ── into a socket buffer ──────────────────────────────────────────────────────────────────────────────────────────

  /** A packet that passed XDP. @throws RangeError when there is no such CPU, or the packet is too short or too long. */
  receive(device: Device, packet: Uint8Array, queue: number, cpu: number, metaSize: number): Skb {
    const skb = this.#skb(cpu);
    skb.receive(packet, device);
    skb.metaSize = metaSize;
    skb.set(SKB.ingress_ifindex, device.ifindex);
    skb.set(SKB.queue_mapping, queue + 1);
    skb.untag();
    return skb;
  }

  /** A packet of the stack's own. @throws as `receive`. */
  prepare(device: Device, packet: Uint8Array, queue: number, cpu: number): Skb {
    const skb = this.#skb(cpu);
    skb.receive(packet, device);
    skb.set(SKB.pkt_type, OUTGOING);
    skb.set(SKB.queue_mapping, queue);
    return skb;
  }

  #skb(cpu: number): Skb {
    const found = this.#cpus[cpu];
    if (found === undefined) throw new RangeError(`cpu: expected 0 to ${this.#cpus.length - 1}, found ${cpu}`);
    return skbOf(found);
  }

  // ── verdicts ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Runs programs until one has an opinion (`tcx_run`, `tcx_action_code` of net/core/dev.c).
   * @returns pass, drop, redirect or next, u32. @throws FaultError, counted.
   */
  run(device: Device, handlers: readonly SkbHandler[], skb: Skb): number {
    let code: number = TCX.next;
    try {
      for (const handler of handlers) {
        code = handler.decide(skb) | 0;
        if (code !== TCX.next) break;
      }
    } catch (error) {
      device.counters.faulted++;
      throw error;
    }
    if (code === TCX.pass) skb.set(SKB.tc_index, skb.get(SKB.tc_classid) & 0xffff);
    return (code === TCX.pass || code === TCX.drop || code === TCX.redirect ? code : TCX.next) >>> 0;
  }

  afterTc(device: Device, code: number, skb: Skb, hops: number, leaving: boolean): void {
    if (code === TCX.drop) device.counters.dropped++;
    else if (code === TCX.redirect) this.#redirectSkb(device, skb, hops);
    else if (leaving) this.transmit(device, skb.wirePacket(), skb.cpu.id, hops);
    else this.deliver(device, skb);
  }

  /** For verdicts other than pass. */
  afterXdp(device: Device, verdict: number, frame: () => Frame, cpu: number, hops: number): void {
    if (verdict === XDP_TX) {
      device.counters.redirected++;
      this.transmit(device, packetIn(frame()), cpu, hops);
    } else if (verdict === XDP_REDIRECT) this.#frames.redirect(device, frame(), cpu, hops);
    else device.counters.dropped++;
  }

  deliver(device: Device, skb: Skb): void {
    device.counters.delivered++;
    device.arrived(() => skb.wirePacket());
  }

  /** Onto the wire, behind all programs. The packet is its own. */
  transmit(device: Device, packet: Uint8Array, cpu: number, hops: number): void {
    if (!device.up) {
      device.counters.dropped++;
      return;
    }
    device.counters.transmitted++;
    device.left(packet);
    if (device.peer !== null) this.#wait(device.peer, "wire", packet, cpu, hops + 1, null);
  }

  // ── redirects ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** `bpf_clone_redirect`: a copy of the packet at hand. @returns false when the device is down. */
  clone(skb: Skb, ifindex: number, ingress: boolean): boolean {
    const device = this.#host.byIndex(ifindex);
    if (device === null || !device.up) return false;
    this.#wait(device, ingress ? "ingress" : "egress", skb.wirePacket(), skb.cpu.id, 1, keep(skb));
    return true;
  }

  /** `skb_do_redirect`. */
  #redirectSkb(device: Device, skb: Skb, hops: number): void {
    const target = redirectOf(skb.cpu);
    const to = this.#destination(target, skb);
    const { way } = target;
    target.reset();
    const tooLong = to !== null && way === "ingress" && skb.length > to.mtu + ETHERNET_HEADER + VLAN_HEADER;
    if (to === null || !to.up || tooLong) {
      device.counters.dropped++;
      return;
    }
    device.counters.redirected++;
    const entrance = way === "ingress" || way === "peer" ? "ingress" : "egress";
    this.#wait(to, entrance, skb.wirePacket(), skb.cpu.id, hops + 1, keep(skb));
  }

  /** The device that a redirect means, with the Ethernet addresses of the next hop written where they are asked for. */
  #destination(target: RedirectTarget, skb: Skb): Device | null {
    const device = this.#host.byIndex(target.ifindex);
    if (device === null) return null;
    if (target.way === "peer") return device.peer;
    if (target.way === "neighbour" && !this.#address(device, target.nextHop, skb)) return null;
    return device;
  }

  /** `__bpf_redirect_neigh`: false when nobody knows the next hop's address. */
  #address(device: Device, nextHop: Uint8Array | null, skb: Skb): boolean {
    const { fib } = this.#host;
    const { bytes } = skb.cpu.room.memory;
    const protocol = skb.get(SKB.protocol);
    const from = protocol === PROTOCOL.ipv4 ? skb.network + 16 : skb.network + 24;
    const size = protocol === PROTOCOL.ipv4 ? 4 : protocol === PROTOCOL.ipv6 ? 16 : 0;
    if (size === 0 || from + size > skb.end) return false;
    let hop: Uint8Array;
    if (nextHop === null) {
      const destination = bytes.slice(from, from + size);
      const route = fib.route(destination);
      if (route === null || route.type !== "unicast" || route.ifindex !== device.ifindex) return false;
      hop = route.via ?? destination;
    } else {
      // struct bpf_redir_neigh: u32 nh_family, then the address.
      const family = nextHop[0]! | (nextHop[1]! << 8);
      if (family !== 2 && family !== 10) return false;
      hop = nextHop.slice(4, family === 2 ? 8 : 20);
    }
    const mac = fib.neighbour(hop, device.ifindex);
    if (mac === null) return false;
    bytes.set(mac, skb.data);
    bytes.set(device.mac, skb.data + 6);
    return true;
  }

  // ── the queue ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #wait(device: Device, entrance: Entrance, packet: Uint8Array, cpu: number, hops: number, kept: Kept | null): boolean {
    const goes = this.#push({ device, entrance, packet, cpu, hops, kept });
    if (!goes) device.counters.dropped++;
    return goes;
  }

  #push(waiting: Waiting | Redirected): boolean {
    if (waiting.hops > MOST_HOPS) return false;
    this.#queue.push(waiting);
    return true;
  }

  /** Until nothing waits. A program that is stopped ends its packet, not the others. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let at = 0; at < this.#queue.length; at++) {
        try {
          const waiting = this.#queue[at]!;
          if ("frame" in waiting) this.#goOn(waiting);
          else this.#go(waiting);
        } catch (error) {
          if (!(error instanceof FaultError)) throw error;
        }
      }
    } finally {
      this.#queue = [];
      this.#draining = false;
    }
  }

  #go({ device, entrance, packet, cpu, hops, kept }: Waiting): void {
    if (entrance === "wire") {
      device.enter(packet, 0, cpu, hops);
      return;
    }
    if (entrance === "egress") {
      const skb = this.prepare(device, packet, 0, cpu);
      if (kept !== null) restore(skb, kept);
      device.goOut(skb, hops);
      return;
    }
    device.counters.received++;
    const skb = this.receive(device, packet, 0, cpu, 0);
    if (kept !== null) restore(skb, kept);
    device.comeIn(skb, 0, hops);
  }

  /** Behind an XDP redirect. */
  #goOn(redirected: Redirected): void {
    const { from, to, cpu, hops } = redirected;
    const frame = this.#frames.decide(redirected);
    if (frame === null) return;
    if (to !== null) {
      this.transmit(to, packetIn(frame), cpu, hops);
      return;
    }
    this.toStack(from, frame, 0, cpu, hops);
  }

  /** From behind XDP, with the metadata that it left, through tc. */
  toStack(device: Device, frame: Frame, queue: number, cpu: number, hops: number): void {
    const { packetArea, room } = this.#cpus[cpu]!;
    const start = packetArea + frame.at;
    room.memory.bytes.set(frame.bytes, start);
    const packet = room.memory.bytes.subarray(start + frame.metaSize, start + frame.bytes.length);
    device.comeIn(this.receive(device, packet, queue, cpu, frame.metaSize), 0, hops);
  }
}

function keep(skb: Skb): Kept {
  const words = KEPT.map((word) => skb.get(word));
  for (let word = 0; word < CB_WORDS; word++) words.push(skb.get(SKB.cb + word));
  return { words, hashed: skb.hashed, tunnel: skb.tunnel };
}

function restore(skb: Skb, { words, hashed, tunnel }: Kept): void {
  KEPT.forEach((word, at) => {
    skb.set(word, words[at]!);
  });
  for (let word = 0; word < CB_WORDS; word++) skb.set(SKB.cb + word, words[KEPT.length + word]!);
  skb.hashed = hashed;
  skb.tunnel = tunnel;
}

/** The rings of a packet device: who works on each, and what is attached. */

import type { Cpu } from "../cpu.ts";
import type { Memory } from "../memory.ts";
import type { PacketHandler } from "./device.ts";
import { PacketRing, type RingOptions, type RingServer } from "./packet-ring.ts";
import { type ReceivedMany, type ReceiveManyOptions, receiveMany } from "./receive-many.ts";
import { passAll, RING } from "./ring-memory.ts";

/** CPUs that are threads, as far as rings need them. */
export interface RingThreads extends RingServer {
  /** How many CPUs there are, that of the engine's own thread included. */
  readonly cpus: number;
  /** What the threads know a handler by; 0 for none. */
  numberOf(handler: PacketHandler | null): number;
  opened(ring: PacketRing): void;
  /** Resolves when no thread runs any more what was attached before this call. */
  settle(): Promise<void>;
}

/** What the devices of an engine have in common: its room. */
export interface RingHost {
  readonly memory: Memory;
  readonly hashSeed: number;
  /** Those of the engine's own thread, by number; they may come later. */
  readonly cpus: readonly Cpu[];
  readonly threads: RingThreads | null;
}

/** The device, as far as rings need it. */
export interface RingDevice {
  readonly ifindex: number;
  readonly up: boolean;
  /** XDP has decided about a packet. @param stopped whether the program was, on it. */
  carryOut(ring: PacketRing, frame: number, stopped: boolean): void;
}

export class DeviceRings implements RingServer {
  readonly #host: RingHost;
  /** Those of threads. */
  readonly #away = new Set<PacketRing>();
  readonly #device: RingDevice;
  #handler: PacketHandler | null = null;

  constructor(host: RingHost, device: RingDevice) {
    this.#host = host;
    this.#device = device;
  }

  /** @throws RangeError when there is no such CPU, and what `PacketRing` throws. */
  open(options: RingOptions): PacketRing {
    const { memory, cpus, threads } = this.#host;
    const { cpu = 0 } = options;
    const most = threads?.cpus ?? cpus.length;
    if (!Number.isInteger(cpu) || cpu < 0 || cpu >= most) throw new RangeError(`cpu: expected 0 to ${most - 1}, found ${cpu}`);
    if (options.carryOut === true && cpu >= cpus.length)
      throw new RangeError(`carryOut: cpu ${cpu} is a thread, and packets go on in the engine's own: leave cpu out, or carryOut`);
    const ring = new PacketRing(memory, options, this.#device.ifindex, this);
    if (cpu < cpus.length || threads === null) return ring;
    this.#away.add(ring);
    ring.control[RING.program] = threads.numberOf(this.#handler);
    threads.opened(ring);
    return ring;
  }

  /** As `PacketDevice.receiveMany`. */
  async receiveMany(
    packets: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    { cpus, onVerdict, frames = 256, ...shape }: ReceiveManyOptions,
  ): Promise<ReceivedMany> {
    const { threads, hashSeed } = this.#host;
    const away = Array.from({ length: (threads?.cpus ?? 1) - 1 }, (_, at) => at + 1);
    const chosen = cpus ?? (away.length > 0 ? away : [0]);
    if (chosen.length === 0) throw new RangeError("cpus: expected at least one");
    const rings: PacketRing[] = [];
    try {
      for (const [queue, cpu] of chosen.entries()) rings.push(this.open({ ...shape, frames, cpu, queue }));
      return await receiveMany(packets, rings, hashSeed, onVerdict);
    } finally {
      for (const ring of rings) await ring.close();
    }
  }

  /** What decides from the next packet on. */
  attached(handler: PacketHandler | null): void {
    this.#handler = handler;
    const number = this.#host.threads?.numberOf(handler) ?? 0;
    for (const ring of this.#away) Atomics.store(ring.control, RING.program, number);
  }

  // ── as their server ───────────────────────────────────────────────────────────────────────────────────────────────

  submitted(ring: PacketRing, first: number, count: number): void {
    if (this.#away.has(ring)) {
      this.#host.threads?.submitted(ring, first, count);
      return;
    }
    try {
      if (ring.carryOut) for (let at = 0; at < count; at++) this.#one(ring, first + at);
      else this.#run(ring, first, count);
    } finally {
      Atomics.store(ring.control, RING.completed, (first + count) | 0);
    }
  }

  #run(ring: PacketRing, first: number, count: number): void {
    if (this.#handler !== null) this.#handler.receiveRing(ring, first, count);
    else passAll(ring, first, count);
  }

  #one(ring: PacketRing, packet: number): void {
    const { packets } = ring.faults;
    const frame = packet & ring.mask;
    if (this.#device.up) this.#run(ring, packet, 1);
    else {
      ring.layOut(packet, 1);
      ring.verdicts[frame] = 0;
    }
    this.#device.carryOut(ring, frame, ring.faults.packets !== packets);
  }

  async done(ring: PacketRing, left: number): Promise<void> {
    if (this.#away.has(ring)) await this.#host.threads?.done(ring, left);
  }

  async closed(ring: PacketRing): Promise<void> {
    if (this.#away.delete(ring)) await this.#host.threads?.closed(ring);
  }
}

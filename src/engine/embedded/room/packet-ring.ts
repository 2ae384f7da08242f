/**
 * Packets received in place: whoever brings them (a capture, a socket, a generator) writes them into frames that lie in the engine's
 * memory, where the program finds them. Nothing is copied and nothing allocated for a packet.
 *
 *     const ring = device.openRing({ frames: 64 });
 *     ring.lengths[0] = readSync(file, ring.frame(0));
 *     ring.submit(1);
 *     await ring.done();
 *     if (ring.verdicts[0] === XDP_PASS) writeSync(out, ring.packet(0));
 *
 * Packets are counted: the next one goes into frame `ring.next`, and so round and round. Of a CPU that is a thread, the host may fill
 * frames while the CPU works on others.
 */

import { FaultError } from "../../errors.ts";
import { type Frame, XDP_MD } from "../contexts/xdp.ts";
import { HEAD_ROOM } from "../cpu.ts";
import type { Memory, Region } from "../memory.ts";
import { CONTEXT_STRIDE, RING, RingMemory, type RingShape, ringBytes } from "./ring-memory.ts";

export interface RingOptions {
  /** A power of two; default 64. */
  readonly frames?: number;
  /** Longest packet in bytes, 14 to 65,535; default 1,536. */
  readonly size?: number;
  /** How many bytes a program may add behind the longest packet; default 128. Before a packet it has 256, as in the kernel. */
  readonly tailRoom?: number;
  /** Which CPU works on it; default 0, which is the thread that opened the engine. */
  readonly cpu?: number;
  /** `xdp_md.rx_queue_index`; default 0. */
  readonly queue?: number;
  /**
   * Verdicts are carried out as `receive` does: XDP_TX and XDP_REDIRECT send the packet, XDP_PASS lets it go on to tc and the stack, and the
   * device counts it. Each packet is then done before the next one runs, and what goes on is copied. Default false: verdicts are the host's.
   */
  readonly carryOut?: boolean;
}

/** The CPU's side of a ring. */
export interface RingServer {
  /** Packets were handed over: `count` from number `first` on. A CPU of this thread works on them now, another one is woken. */
  submitted(ring: PacketRing, first: number, count: number): void;
  /** Resolves when of all that was handed over at most `left` packets are not done. */
  done(ring: PacketRing, left: number): Promise<void>;
  closed(ring: PacketRing): Promise<void>;
}

const SHORTEST = 14;

export class PacketRing extends RingMemory implements AsyncDisposable {
  /** Packets that a program was stopped on (their verdict is 0, XDP_ABORTED), and why it was at the first. */
  readonly faults: { packets: number; first: FaultError | null } = { packets: 0, first: null };
  /** Whether the device carries verdicts out. */
  readonly carryOut: boolean;
  readonly #region: Region;
  readonly #server: RingServer;
  readonly #views: Uint8Array[] = [];
  #submitted = 0;
  #open = true;

  /** Use `PacketDevice.openRing`. @throws RangeError for options that make no sense, MapError `memory`. */
  constructor(memory: Memory, options: RingOptions, ifindex: number, server: RingServer) {
    const { frames = 64, size = 1536, tailRoom = 128, cpu = 0, queue = 0, carryOut = false } = options;
    if (!Number.isInteger(queue) || queue < 0 || queue > 0xffff_ffff)
      throw new RangeError(`queue: expected a u32, found ${queue}`);
    const bytes = ringBytes({ frames, size, tailRoom });
    const region = memory.allocate(bytes, `packets of a ring (cpu ${cpu})`, "packet ring");
    const shape: RingShape = { start: region.start, frames, size, tailRoom, cpu, ifindex, queue };
    super(memory, shape);
    this.carryOut = carryOut;
    this.#region = region;
    this.#server = server;
    // From the start every frame has a packet, of no bytes; these words stay.
    this.layOut(0, frames);
    for (let frame = 0; frame < frames; frame++) {
      const context = this.contexts + frame * CONTEXT_STRIDE;
      memory.view.setUint32(context + XDP_MD.ingress_ifindex, ifindex, true);
      memory.view.setUint32(context + XDP_MD.rx_queue_index, queue, true);
    }
  }

  /** How many frames there are. */
  get frames(): number {
    return this.shape.frames;
  }

  /** The frame that the next packet goes into. */
  get next(): number {
    return this.#submitted & this.mask;
  }

  /** How many packets may be handed over now. */
  get free(): number {
    return this.frames - this.pending;
  }

  /** Packets that were handed over, and are not done. */
  get pending(): number {
    return (this.#submitted - Atomics.load(this.control, RING.completed)) >>> 0;
  }

  /** Where a packet belongs: as many bytes as the longest one has. The same view for the ring's life. */
  frame(index: number): Uint8Array {
    const known = this.#views[index];
    if (known !== undefined) return known;
    if (!Number.isInteger(index) || index < 0 || index >= this.frames)
      throw new RangeError(`frame: expected 0 to ${this.frames - 1}, found ${index}`);
    const data = this.frameAddress(index) + HEAD_ROOM;
    return (this.#views[index] = this.memory.bytes.subarray(data, data + this.shape.size));
  }

  /** The packet in a frame as the program left it: a view, valid until the frame is filled again. */
  packet(index: number): Uint8Array {
    const context = (this.contexts >>> 2) + index * 8;
    const { words, bytes } = this.memory;
    return bytes.subarray(words[context]!, words[context + 1]!);
  }

  /** The same with its metadata, as a copy that may go on. */
  frameOf(index: number): Frame {
    const { words, bytes } = this.memory;
    const context = (this.contexts + index * CONTEXT_STRIDE) >>> 2;
    const [data, end, start] = [words[context]!, words[context + 1]!, words[context + 2]!];
    return { bytes: bytes.slice(start, end), metaSize: data - start, at: start - this.frameAddress(index) };
  }

  /**
   * Hands the next `count` packets over: frames are filled, and `lengths` says how far. A CPU of this thread works on them at once.
   * @throws RangeError when fewer frames are free, or a length is not 14 bytes to the ring's `size`; nothing is handed over then.
   */
  submit(count = 1): void {
    if (!this.#open) throw new RangeError("submit: the ring was closed");
    if (!Number.isInteger(count) || count < 0 || count > this.free)
      throw new RangeError(`submit: expected 0 to ${this.free} packets, as many as frames are free; found ${count}`);
    const first = this.#submitted;
    const wrong = this.#findWrong(first, count);
    if (wrong >= 0) {
      const found = this.lengths[wrong];
      throw new RangeError(`length of packet ${wrong}: expected ${SHORTEST} to ${this.shape.size} bytes, found ${found}`);
    }
    this.#submitted = (first + count) >>> 0;
    Atomics.store(this.control, RING.submitted, this.#submitted);
    this.#server.submitted(this, first, count);
  }

  /** The first frame whose length cannot be, or -1; verdicts become 0 until there are others. Hot. */
  #findWrong(first: number, count: number): number {
    const { lengths, verdicts, mask } = this;
    const { size } = this.shape;
    for (let at = 0; at < count; at++) {
      const frame = (first + at) & mask;
      const length = lengths[frame]!;
      if (length < SHORTEST || length > size) return frame;
      verdicts[frame] = 0;
    }
    return -1;
  }

  /**
   * Everything that was handed over is done, and what was printed and what went wrong meanwhile has been reported.
   * @param left resolve when this many packets are left: to fill frames again while the CPU works on others. Default 0.
   * @throws CpuError when the CPU's thread has ended.
   */
  done(left = 0): Promise<void> {
    return this.#server.done(this, left);
  }

  /** A program was stopped on this many packets; `error` is of the first. */
  fault(error: FaultError, packets = 1): void {
    this.faults.packets += packets;
    this.faults.first ??= error;
  }

  /** Gives its memory back, when the CPU has let go of it. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#server.closed(this);
    this.memory.release(this.#region);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** What a run of a ring does with an error: faults are counted, all others are the host's. */
export function countFault(ring: PacketRing, error: unknown): void {
  if (!(error instanceof FaultError)) throw error;
  ring.fault(error);
}

/**
 * Where the packets of a ring lie in linear memory. The host that fills it and the CPU that empties it look at the same bytes, each
 * through an object of its own, perhaps in threads of their own.
 *
 *     control    3 lines of 64 bytes: what the host writes, what the CPU writes, what the host wants to hear of
 *     lengths    u32 a frame
 *     verdicts   u32 a frame
 *     contexts   32 bytes a frame: what r1 points at. After the run it says where the packet now begins and ends
 *     frames     head room (256 bytes), the packet, tail room
 *
 * A frame takes an odd number of cache lines: with a page for each, the first bytes of all packets would share a few sets of the
 * first cache.
 */

import { HEAD_ROOM, LONGEST_PACKET } from "../cpu.ts";
import { ALIGNMENT, type Memory } from "../memory.ts";

/** Bytes of a context. */
export const CONTEXT_STRIDE = 32;

/** Words of the control lines. Counts go from 0 on and wrap at 2^32; packet n is in frame n modulo `frames`. */
export const RING = {
  /** By the host: packets that were handed over. */
  submitted: 0,
  /** By the host: number of the program that is attached, 0 for none. */
  program: 1,
  /** By the CPU: packets that it is done with. */
  completed: 16,
  /** By the host: wake it when `completed` reaches this. */
  wanted: 32,
  /** 1 while it waits for that. */
  waiting: 33,
} as const;

const CONTROL_BYTES = 3 * 64;

/** What there is to know of a ring. May be sent to workers. */
export interface RingShape {
  /** Where it begins. */
  readonly start: number;
  /** How many: a power of two. */
  readonly frames: number;
  /** Longest packet in bytes. */
  readonly size: number;
  /** How much a program may add at the end of the longest packet. */
  readonly tailRoom: number;
  readonly cpu: number;
  readonly ifindex: number;
  readonly queue: number;
}

type Dimensions = Pick<RingShape, "frames" | "size" | "tailRoom">;

/** Bytes from one frame to the next. */
function strideOf({ size, tailRoom }: Dimensions): number {
  const lines = Math.ceil((HEAD_ROOM + size + tailRoom) / ALIGNMENT);
  return (lines + 1 - (lines % 2)) * ALIGNMENT;
}

const wholeLines = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Bytes that a ring takes. @throws RangeError for dimensions that make no sense. */
export function ringBytes(dimensions: Dimensions): number {
  const { frames, size, tailRoom } = dimensions;
  const whole = (value: number, least: number, most: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;
  if (!whole(frames, 1, 65_536) || (frames & (frames - 1)) !== 0)
    throw new RangeError(`frames: expected a power of two from 1 to 65536, found ${frames}`);
  if (!whole(size, 14, LONGEST_PACKET)) throw new RangeError(`size: expected 14 to ${LONGEST_PACKET} bytes, found ${size}`);
  if (!whole(tailRoom, 0, LONGEST_PACKET))
    throw new RangeError(`tailRoom: expected 0 to ${LONGEST_PACKET} bytes, found ${tailRoom}`);
  return CONTROL_BYTES + 2 * wholeLines(4 * frames) + CONTEXT_STRIDE * frames + strideOf(dimensions) * frames;
}

export class RingMemory {
  readonly shape: RingShape;
  readonly memory: Memory;
  /** By frame: bytes of its packet. */
  readonly lengths: Uint32Array;
  /** By frame: what the program returned. */
  readonly verdicts: Uint32Array;
  /** `control[RING.…]`; for Atomics. */
  readonly control: Int32Array;
  /** Address of the first context, and of the head room of the first frame. */
  readonly contexts: number;
  readonly firstFrame: number;
  /** Bytes from one frame to the next. */
  readonly stride: number;
  /** Of a packet's number: which frame it is in. */
  readonly mask: number;

  constructor(memory: Memory, shape: RingShape) {
    const { start, frames } = shape;
    this.shape = shape;
    this.memory = memory;
    this.mask = frames - 1;
    this.stride = strideOf(shape);
    this.control = new Int32Array(memory.buffer, start, CONTROL_BYTES / 4);
    const lengths = start + CONTROL_BYTES;
    const verdicts = lengths + wholeLines(4 * frames);
    this.lengths = new Uint32Array(memory.buffer, lengths, frames);
    this.verdicts = new Uint32Array(memory.buffer, verdicts, frames);
    this.contexts = verdicts + wholeLines(4 * frames);
    this.firstFrame = this.contexts + CONTEXT_STRIDE * frames;
  }

  /** Lays out the contexts (`struct xdp_md`) of `count` packets from number `first` on. Hot. */
  layOut(first: number, count: number): void {
    // All at once, and from locals: a nanosecond a packet, where one by one they take five.
    const { lengths, mask, contexts, firstFrame, stride } = this;
    const { words } = this.memory;
    for (let at = 0; at < count; at++) {
      const frame = (first + at) & mask;
      const data = firstFrame + frame * stride + HEAD_ROOM;
      const context = (contexts + frame * CONTEXT_STRIDE) >>> 2;
      words[context] = data;
      words[context + 1] = data + lengths[frame]!;
      words[context + 2] = data;
    }
  }

  /** Where the head room of a frame begins. */
  frameAddress(index: number): number {
    return this.firstFrame + index * this.stride;
  }
}

const XDP_PASS = 2;

/** Without a program everything passes, as it is. */
export function passAll(ring: RingMemory, first: number, count: number): void {
  ring.layOut(first, count);
  for (let at = 0; at < count; at++) ring.verdicts[(first + at) & ring.mask] = XDP_PASS;
}

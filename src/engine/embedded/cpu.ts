/**
 * One CPU of the engine: the memory that a program running on it uses besides maps. Those of an engine run in its own
 * thread, one program at a time; or each but the first is a thread of its own (`threads/`).
 *
 *     stack     48 frames of 512 bytes; frame 0 at the top, r10 points behind its frame
 *     context   what r1 points at
 *     packet    256 bytes of head room, the packet, tail room up to a page
 */

import { FRAME_SIZE } from "./access.ts";
import type { RedirectTarget } from "./contexts/redirect-target.ts";
import type { Skb } from "./contexts/skb.ts";
import type { Region } from "./memory.ts";
import { Random } from "./random.ts";
import type { Room } from "./room/room.ts";

/** XDP_PACKET_HEADROOM of linux/bpf.h. */
export const HEAD_ROOM = 256;
/** The kernel keeps a `struct xdp_frame` at the start of the head room, so programs cannot use all of it. */
export const FRAME_HEADER = 40;
/** Longest packet, in bytes. */
export const LONGEST_PACKET = 65_535;
/**
 * Bytes from the start of the head room to where the tail room ends: a page, less what the kernel keeps at its end
 * (`struct skb_shared_info`). A longer packet has no tail room.
 */
export const PACKET_FRAME = 4096 - 320;

/**
 * Frames of a CPU's stack: a program has eight, and one of its functions that makes a tail call leaves the frames above it in place.
 * Functions may do so 33 times; the kernel bounds the bytes (256 for each of them), we the frames.
 */
const STACK_FRAMES = 48;

/** What calls between programs keep in the CPU's memory, from `Cpu.calls` on: offsets in bytes. */
export const CALLS = {
  /** u32: tail calls of this run so far. */
  count: 0,
  /** u32: upper half of the result of the program that ended last, where a tail call began it. */
  high: 4,
  /** f64: the fuel that it left. */
  fuel: 8,
  /** u32: lowest address that the frames of the running program may take. */
  bottom: 16,
} as const;
const CALLS_SIZE = 24;

/** Bytes of a place of `Cpu.keys`. */
export const KEY_SIZE = 16;

/** Bytes of the context area: the longest context, and what it points to. */
const CONTEXT_SIZE = 512;

export class Cpu {
  readonly id: number;
  /** What it has in common with the others. */
  readonly room: Room;
  readonly random: Random;
  /** Where what `CALLS` says lies. */
  readonly calls: number;
  /** Lowest address of the stack. */
  readonly stackStart: number;
  /** Address behind the stack, where r10 of a program's main function points. */
  readonly stackEnd: number;
  readonly context: number;
  /** 16 bytes for each depth of calls (`KEY_SIZE`): the key of an array, or the dynptr, that helpers show a callback. */
  readonly keys: number;
  /** Where the head room begins. */
  readonly packetArea: number;
  /** True while a program runs: a second one would use the same stack. */
  busy = false;
  /** The packet of programs on socket buffers (`skbOf`). */
  skb: Skb | null = null;
  /** Where the running program wants its packet to go (`redirectOf`). */
  redirect: RedirectTarget | null = null;
  /** What it took, in that order. */
  readonly regions: readonly Region[];

  /** @throws MapError `memory` when the engine's memory has no room for it. */
  constructor(id: number, room: Room, seed: number) {
    this.id = id;
    this.room = room;
    room.cpus[id] = this;
    this.random = new Random(seed);
    const { memory } = room;
    const stack = memory.allocate(STACK_FRAMES * FRAME_SIZE, `stack (cpu ${id})`, "engine");
    const context = memory.allocate(CONTEXT_SIZE, `context (cpu ${id})`, "engine");
    const calls = memory.allocate(CALLS_SIZE + STACK_FRAMES * KEY_SIZE, `calls (cpu ${id})`, "engine");
    const packet = memory.allocate(HEAD_ROOM + LONGEST_PACKET, `packet (cpu ${id})`, "engine");
    this.regions = [stack, context, calls, packet];
    this.stackStart = stack.start;
    this.stackEnd = stack.start + stack.size;
    this.context = context.start;
    this.calls = calls.start;
    this.keys = calls.start + CALLS_SIZE;
    this.packetArea = packet.start;
  }

  dispose(): void {
    for (const region of this.regions) this.room.memory.release(region);
  }
}

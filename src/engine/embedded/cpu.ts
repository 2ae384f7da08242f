/**
 * One CPU of the engine: the memory that a program running on it uses besides maps. Those of an engine run in its own
 * thread, one program at a time; or each but the first is a thread of its own (`threads/`).
 *
 *     stack     8 frames of 512 bytes; frame 0 at the top, r10 points behind its frame
 *     context   what r1 points at
 *     packet    256 bytes of head room, the packet, tail room up to a page
 */

import { FRAME_SIZE, FRAMES } from "./access.ts";
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

/** Bytes of the context area: the longest context, and what it points to. */
const CONTEXT_SIZE = 512;

export class Cpu {
  readonly id: number;
  /** What it has in common with the others. */
  readonly room: Room;
  readonly random: Random;
  /** Address behind the stack, where r10 of a program's main function points. */
  readonly stackEnd: number;
  readonly context: number;
  /** Eight bytes for each depth of calls: the key that `bpf_for_each_map_elem` shows a callback. */
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
    const stack = memory.allocate(FRAMES * FRAME_SIZE, `stack (cpu ${id})`, "engine");
    const context = memory.allocate(CONTEXT_SIZE, `context (cpu ${id})`, "engine");
    const keys = memory.allocate(FRAMES * 8, `keys (cpu ${id})`, "engine");
    const packet = memory.allocate(HEAD_ROOM + LONGEST_PACKET, `packet (cpu ${id})`, "engine");
    this.regions = [stack, context, keys, packet];
    this.stackEnd = stack.start + stack.size;
    this.context = context.start;
    this.keys = keys.start;
    this.packetArea = packet.start;
  }

  dispose(): void {
    for (const region of this.regions) this.room.memory.release(region);
  }
}

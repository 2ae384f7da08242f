/**
 * XDP: `struct xdp_md` of linux/bpf.h, and the helpers that move a packet's ends (net/core/filter.c).
 *
 *     hard start          data_meta        data              data_end           hard end
 *         | 40 bytes taken |  head room … meta |  packet       | tail room           |
 */

import type { AddressSpace } from "../access.ts";
import { type Cpu, FRAME_HEADER, HEAD_ROOM, LONGEST_PACKET, PACKET_FRAME } from "../cpu.ts";
import { type Helper, type HelperCall, helper } from "../helpers/helper.ts";
import { EINVAL } from "../maps/errno.ts";

/** `struct xdp_md`: six u32, by byte offset. Programs may only read it. */
export const XDP_MD = {
  data: 0,
  data_end: 4,
  data_meta: 8,
  ingress_ifindex: 12,
  rx_queue_index: 16,
  egress_ifindex: 20,
  size: 24,
} as const;

export const XDP_ABORTED = 0;

/** An Ethernet header: the least that must be left of a packet. */
const SHORTEST_PACKET = 14;
/** The longest metadata before a packet, in bytes. */
const LONGEST_META = 252;
const EACCES = 13;
const EFAULT = 14;

/**
 * Puts a packet where programs on `cpu` find it.
 * @throws RangeError when it is shorter than an Ethernet header or longer than 65,535 bytes.
 */
export function placePacket(cpu: Cpu, packet: Uint8Array): void {
  const { length } = packet;
  if (length < SHORTEST_PACKET || length > LONGEST_PACKET) {
    throw new RangeError(`packet: expected ${SHORTEST_PACKET} to ${LONGEST_PACKET} bytes, found ${length}`);
  }
  const { bytes } = cpu.room.memory;
  const at = cpu.packetArea + HEAD_ROOM;
  // It may have been received right there. Asking a small array for its buffer costs more than copying it: only when it must be.
  if (packet.byteOffset !== at || packet.buffer !== bytes.buffer) bytes.set(packet, at);
}

/** For a run that shall find nothing of the last packet. */
export function clearHeadRoom(cpu: Cpu): void {
  cpu.room.memory.bytes.fill(0, cpu.packetArea, cpu.packetArea + HEAD_ROOM);
}

/** Lays out the context of a packet of `length` bytes that is in place, and opens context and packet to the program. Hot. */
export function enterXdp(cpu: Cpu, space: AddressSpace, length: number, ingress: number, queue: number): void {
  const { context, packetArea } = cpu;
  const { words } = cpu.room.memory;
  const data = packetArea + HEAD_ROOM;
  const end = data + length;
  const base = context >>> 2;
  words[base] = data;
  words[base + 1] = end;
  words[base + 2] = data;
  words[base + 3] = ingress;
  words[base + 4] = queue;
  words[base + 5] = 0;
  openPacket(space, context, packetArea, data, end, Math.max(packetArea + PACKET_FRAME, end));
}

/** A packet on its way from one program to the next, as it lay on the CPU. */
export interface Frame {
  /** The metadata, then the packet. */
  readonly bytes: Uint8Array;
  readonly metaSize: number;
  /** Where that began, in bytes from the start of the CPU's packet area: what is free before it is free again. */
  readonly at: number;
}

/** The packet that a program has, as a copy. */
export function frameOf({ packetArea }: Cpu, space: AddressSpace, bytes: Uint8Array): Frame {
  const { packetStart, packetData, packetEnd } = space;
  return { bytes: bytes.slice(packetStart, packetEnd), metaSize: packetData - packetStart, at: packetStart - packetArea };
}

/** As `enterXdp`, for a packet that other programs have had. @param egress where it leaves, or 0. */
export function enterFrame(cpu: Cpu, space: AddressSpace, frame: Frame, ingress: number, egress: number): void {
  const { context, packetArea } = cpu;
  const { bytes, words } = cpu.room.memory;
  const start = packetArea + frame.at;
  const data = start + frame.metaSize;
  const end = start + frame.bytes.length;
  bytes.set(frame.bytes, start);
  words.set([data, end, start, ingress, 0, egress], context >>> 2);
  openPacket(space, context, packetArea, data, end, Math.max(packetArea + PACKET_FRAME, end));
  space.packetStart = start;
}

/**
 * Opens a context that is laid out, and its packet, to the program.
 * @param head where the head room begins. @param limit how far the packet may grow.
 */
export function openPacket(space: AddressSpace, context: number, head: number, data: number, end: number, limit: number): void {
  space.contextStart = context;
  space.contextEnd = context + XDP_MD.size;
  space.packetHead = head;
  space.packetStart = data;
  space.packetData = data;
  space.packetEnd = end;
  space.packetLimit = limit;
}

/** Moves the ends of the packet, for the program and in its context. */
function setPacket({ space, memory }: HelperCall, meta: number, data: number, end: number): void {
  space.packetStart = meta;
  space.packetData = data;
  space.packetEnd = end;
  const base = space.contextStart >>> 2;
  memory.words[base] = data;
  memory.words[base + 1] = end;
  memory.words[base + 2] = meta;
}

/** Moves the start of the packet; metadata before it moves along. Linux 4.10. */
function adjustHead(call: HelperCall, _context: number, delta: number): number {
  const { space, memory } = call;
  const metaSize = space.packetData - space.packetStart;
  const data = space.packetData + delta;
  if (data < space.packetHead + FRAME_HEADER + metaSize || data > space.packetEnd - SHORTEST_PACKET) return -EINVAL;
  if (metaSize > 0) memory.bytes.copyWithin(data - metaSize, space.packetStart, space.packetData);
  setPacket(call, data - metaSize, data, space.packetEnd);
  return 0;
}

/** Moves the end; what is added is zero. Linux 4.18; grows since 5.8. */
function adjustTail(call: HelperCall, _context: number, delta: number): number {
  const { space, memory } = call;
  const end = space.packetEnd + delta;
  if (end > space.packetLimit || end < space.packetData + SHORTEST_PACKET) return -EINVAL;
  if (delta > 0) memory.bytes.fill(0, space.packetEnd, end);
  setPacket(call, space.packetStart, space.packetData, end);
  return 0;
}

/** Moves the start of the metadata, which is a multiple of 4 bytes long. Linux 4.15. */
function adjustMeta(call: HelperCall, _context: number, delta: number): number {
  const { space } = call;
  const meta = space.packetStart + delta;
  if (meta < space.packetHead + FRAME_HEADER || meta > space.packetData) return -EINVAL;
  const size = space.packetData - meta;
  if (size % 4 !== 0 || size > LONGEST_META) return -EACCES;
  setPacket(call, meta, space.packetData, space.packetEnd);
  return 0;
}

/** Zero when `size` bytes at `offset` are in the packet. */
function refusal(space: AddressSpace, offset: number, size: number): number {
  if (offset > 0xffff || size > 0xffff) return -EFAULT;
  return space.packetData + offset + size > space.packetEnd ? -EINVAL : 0;
}

function loadBytes(call: HelperCall, _context: number, offset: number, to: number, size: number): number {
  const refused = refusal(call.space, offset >>> 0, size >>> 0);
  if (refused !== 0) return refused;
  const from = call.space.packetData + offset;
  call.memory.bytes.copyWithin(to >>> 0, from, from + size);
  return 0;
}

function storeBytes(call: HelperCall, _context: number, offset: number, from: number, size: number): number {
  const refused = refusal(call.space, offset >>> 0, size >>> 0);
  if (refused !== 0) return refused;
  call.memory.bytes.copyWithin(call.space.packetData + offset, from >>> 0, (from >>> 0) + size);
  return 0;
}

/** The helpers that only XDP programs have. */
export const xdpHelpers: readonly Helper[] = [
  helper("bpf_xdp_adjust_head", ["context", "number"], "int", adjustHead),
  helper("bpf_xdp_adjust_tail", ["context", "number"], "int", adjustTail),
  helper("bpf_xdp_adjust_meta", ["context", "number"], "int", adjustMeta),
  helper("bpf_xdp_get_buff_len", ["context"], "u32", ({ space }) => space.packetEnd - space.packetData),
  helper("bpf_xdp_load_bytes", ["context", "number", "write", "size"], "int", loadBytes),
  helper("bpf_xdp_store_bytes", ["context", "number", "read", "size"], "int", storeBytes),
];

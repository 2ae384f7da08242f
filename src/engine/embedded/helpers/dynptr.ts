/** Helpers on dynptrs (kernel/bpf/helpers.c, kernel/bpf/ringbuf.c). Linux 5.19. */

import { clearDynptr, DYNPTR, Dynptr, initDynptr, LONGEST_DYNPTR } from "../dynptr.ts";
import { E2BIG, EINVAL } from "../maps/errno.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";
import type { Obligation } from "./ledger.ts";
import { ringHolding, ringOf } from "./rings.ts";

/** Also where nothing could be reserved: the kernel wants even an empty one submitted or discarded. */
const RING_DYNPTR: Obligation = {
  name: "dynptr of a ring buffer",
  acquired: "reserved",
  missing: "neither submitted nor discarded",
};

const NEW = { memory: 16, write: true } as const;
const KNOWN = { memory: 16 } as const;

function fromMemory(call: HelperCall, data: number, size: number, flags: number, to: number): number {
  const refused = size >>> 0 > LONGEST_DYNPTR ? -E2BIG : (flags | call.highOf(3)) !== 0 ? -EINVAL : 0;
  if (refused !== 0) clearDynptr(call, to >>> 0);
  else initDynptr(call, to >>> 0, DYNPTR.local, data, size >>> 0);
  return refused;
}

/** `__bpf_dynptr_read`, also for kfuncs. Sizes and offsets are u32. */
export function readDynptr(call: HelperCall, to: number, length: number, source: Dynptr, offset: number): number {
  if (source.data === 0) return -EINVAL;
  const refused = source.refuse(offset, length);
  if (refused !== 0) return refused;
  const from = source.locate(offset, length, false);
  if (from < 0) return from;
  call.memory.bytes.copyWithin(to, from, from + length);
  return 0;
}

/** `__bpf_dynptr_write` */
export function writeDynptr(call: HelperCall, target: Dynptr, offset: number, from: number, length: number): number {
  if (target.data === 0 || target.isReadOnly) return -EINVAL;
  const refused = target.refuse(offset, length);
  if (refused !== 0) return refused;
  const to = target.locate(offset, length, true);
  if (to < 0) return to;
  call.memory.bytes.copyWithin(to, from, from + length);
  return 0;
}

function read(call: HelperCall, to: number, length: number, source: number, offset: number, flags: number): number {
  if ((flags | call.highOf(5)) !== 0) return -EINVAL;
  return readDynptr(call, to >>> 0, length >>> 0, new Dynptr(call, source >>> 0), offset >>> 0);
}

function write(call: HelperCall, target: number, offset: number, from: number, length: number, flags: number): number {
  const dynptr = new Dynptr(call, target >>> 0);
  // Flags are for what a socket buffer does with its checksum, which has none here.
  if (dynptr.type !== DYNPTR.skb && (flags | call.highOf(5)) !== 0) return -EINVAL;
  return writeDynptr(call, dynptr, offset >>> 0, from >>> 0, length >>> 0);
}

/** The address itself, of memory that never moves; null for packets, which have slices. */
function data(call: HelperCall, source: number, offset: number, length: number): number {
  const dynptr = new Dynptr(call, source >>> 0);
  if (dynptr.data === 0 || dynptr.refuse(offset >>> 0, length >>> 0) !== 0 || dynptr.isReadOnly || dynptr.isPacket) return 0;
  return dynptr.locate(offset >>> 0, length >>> 0, true);
}

function reserve(call: HelperCall, map: number, size: number, flags: number, to: number): number {
  const at = to >>> 0;
  call.acquire(RING_DYNPTR, at);
  const ring = ringOf(call, map);
  let refused = (flags | call.highOf(3)) !== 0 ? -EINVAL : size >>> 0 > LONGEST_DYNPTR ? -E2BIG : 0;
  const record = refused === 0 ? ring.reserve(size >>> 0) : 0;
  if (refused === 0 && record === 0) refused = -EINVAL;
  if (refused !== 0) {
    clearDynptr(call, at);
    return refused;
  }
  call.space.grant(record, size >>> 0, true);
  initDynptr(call, at, DYNPTR.ring, record, size >>> 0);
  return 0;
}

function commit(call: HelperCall, at: number, flags: number, discard: boolean): number {
  call.release(RING_DYNPTR, at);
  const record = new Dynptr(call, at).data;
  if (record === 0) return 0;
  call.space.revoke(record);
  ringHolding(call, record)?.commit(record, flags, discard);
  clearDynptr(call, at);
  return 0;
}

export const DYNPTRS: readonly Helper[] = [
  helper("bpf_dynptr_from_mem", ["write", "size", "wide", NEW], "int", fromMemory),
  helper("bpf_dynptr_read", ["write", "size", KNOWN, "number", "wide"], "int", read),
  helper("bpf_dynptr_write", [KNOWN, "number", "read", "size", "wide"], "int", write),
  helper("bpf_dynptr_data", [KNOWN, "number", "number"], "address", data),
  helper("bpf_ringbuf_reserve_dynptr", ["map", "number", "wide", NEW], "int", reserve),
  helper("bpf_ringbuf_submit_dynptr", [NEW, "number"], "void", (call, at, flags) => commit(call, at >>> 0, flags, false)),
  helper("bpf_ringbuf_discard_dynptr", [NEW, "number"], "void", (call, at, flags) => commit(call, at >>> 0, flags, true)),
];

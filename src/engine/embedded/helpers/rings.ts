/** Records for user space: ring buffers (kernel/bpf/ringbuf.c) and perf event arrays (kernel/trace/bpf_trace.c, net/core/filter.c). */

import { EINVAL } from "../maps/errno.ts";
import { PerfEventArrayMap } from "../maps/perf-events.ts";
import type { Ring } from "../maps/ring.ts";
import { RingBufferMap } from "../maps/ring-buffer.ts";
import { EFAULT } from "./errors.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";
import type { Obligation } from "./ledger.ts";

/** A record that a program reserved. */
const RING_RECORD: Obligation = {
  name: "ring buffer record",
  acquired: "reserved",
  missing: "neither submitted nor discarded",
};

/** Upper half of the flags of output for packets: how many of its bytes go along (BPF_F_CTXLEN_MASK). */
const PACKET_BYTES = 0xf_ffff;

/** The ring that a `map` argument is. @throws FaultError for a map of another kind. */
export function ringOf(call: HelperCall, handle: number): Ring {
  const map = call.mapAt(handle >>> 0);
  if (map instanceof RingBufferMap) return map.ring;
  throw call.fault(`${map.name} is a ${map.type}, not a ring buffer`);
}

/** The ring of a record that a program holds: the one of the engine whose data it lies in. */
export function ringHolding(call: HelperCall, record: number): Ring | null {
  for (const map of call.maps) if (map instanceof RingBufferMap && map.ring.holds(record)) return map.ring;
  for (const map of call.cpu.room.maps.all()) if (map instanceof RingBufferMap && map.ring.holds(record)) return map.ring;
  return null;
}

function reserve(call: HelperCall, map: number, size: number, flags: number): number {
  const ring = ringOf(call, map);
  if ((call.highOf(2) | call.highOf(3) | flags) !== 0) return 0;
  const at = ring.reserve(size >>> 0);
  if (at === 0) return 0;
  call.space.grant(at, size >>> 0, true);
  call.acquire(RING_RECORD, at);
  return at;
}

function commit(call: HelperCall, record: number, flags: number, discard: boolean): number {
  const at = record >>> 0;
  call.release(RING_RECORD, at);
  call.space.revoke(at);
  ringHolding(call, at)?.commit(at, flags, discard);
  return 0;
}

function query(call: HelperCall, map: number, what: number): number {
  const store = call.mapAt(map >>> 0);
  call.high = 0;
  if (!(store instanceof RingBufferMap) || call.highOf(2) !== 0) return 0;
  const { ring } = store;
  if (what === 2) call.high = ring.consumedHigh;
  if (what === 3) call.high = ring.producedHigh;
  return store.query(what);
}

/**
 * `bpf_perf_event_output`: a record for the buffer of a CPU, which is this one, and as many bytes of the packet behind it as the upper
 * half of the flags says.
 */
function perfOutput(call: HelperCall, handle: number, index: number, data: number, size: number): number {
  const map = call.mapAt(handle >>> 0);
  if (!(map instanceof PerfEventArrayMap)) throw call.fault(`${map.name} is a ${map.type}, not a perf event array`);
  const packet = call.highOf(3);
  if ((packet & ~PACKET_BYTES) !== 0) return -EINVAL;
  const { packetData, packetEnd } = call.space;
  if (packet !== 0 && packetEnd === 0) return -EINVAL;
  if (packet > packetEnd - packetData) return -EFAULT;
  return map.output(index, call.cpu.id, data >>> 0, size >>> 0, packetData, packet);
}

/** Linux 5.8; perf events 4.4. */
export const RINGS: readonly Helper[] = [
  helper("bpf_ringbuf_output", ["map", "read", "size", "wide"], "int", (call, map, data, size, flags) =>
    call.highOf(4) !== 0 ? -EINVAL : ringOf(call, map).output(data >>> 0, size >>> 0, flags),
  ),
  helper("bpf_ringbuf_reserve", ["map", "wide", "wide"], "address", reserve),
  helper("bpf_ringbuf_submit", [{ held: RING_RECORD }, "number"], "void", (call, record, flags) =>
    commit(call, record, flags, false),
  ),
  helper("bpf_ringbuf_discard", [{ held: RING_RECORD }, "number"], "void", (call, record, flags) =>
    commit(call, record, flags, true),
  ),
  helper("bpf_ringbuf_query", ["map", "wide"], "u64", query),
  helper("bpf_perf_event_output", ["context", "map", "wide", "read", "size"], "int", (call, _context, map, flags, data, size) =>
    perfOutput(call, map, flags, data, size),
  ),
];

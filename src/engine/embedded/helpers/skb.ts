/** Helpers on the bytes of a socket buffer (net/core/filter.c, Linux 6.18): load, store, and move its ends. */

import { SKB, skbOf } from "../contexts/skb.ts";
import { EFAULT, EINVAL, ENOMEM } from "./errors.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";

const RECOMPUTE_CSUM = 1 << 0;
const INVALIDATE_HASH = 1 << 1;
const OTHER_HOST = 3;

/** Copies `size` bytes from an address of the packet, or zeroes the buffer when they are not all there. */
function copyOut(call: HelperCall, start: number, offset: number, to: number, size: number): number {
  const { bytes } = call.memory;
  const from = start + offset;
  if (offset > 0x7fff_ffff || from < start || from + size > call.space.packetEnd) {
    bytes.fill(0, to, to + size);
    return -EFAULT;
  }
  bytes.copyWithin(to, from, from + size);
  return 0;
}

function load(call: HelperCall, _skb: number, offset: number, to: number, size: number): number {
  return copyOut(call, call.space.packetData, offset >>> 0, to >>> 0, size >>> 0);
}

function loadRelative(call: HelperCall, _skb: number, offset: number, to: number, size: number, header: number): number {
  const skb = skbOf(call.cpu);
  const known = header === 0 || header === 1;
  const at = known && offset >>> 0 <= 0xffff ? offset : -1;
  return copyOut(call, header === 1 ? skb.network : skb.mac, at >>> 0, to >>> 0, size >>> 0);
}

function store(call: HelperCall, _skb: number, offset: number, from: number, size: number, flags: number): number {
  if (call.highOf(5) !== 0 || (flags & ~(RECOMPUTE_CSUM | INVALIDATE_HASH)) !== 0) return -EINVAL;
  const { space, memory } = call;
  const at = space.packetData + (offset >>> 0);
  if (offset < 0 || at + (size >>> 0) > space.packetEnd) return -EFAULT;
  memory.bytes.copyWithin(at, from >>> 0, (from >>> 0) + (size >>> 0));
  if ((flags & INVALIDATE_HASH) !== 0) skbOf(call.cpu).clearHash();
  return 0;
}

/** Packets are in one piece here: only whether it is long enough can be asked. */
function pullData(call: HelperCall, _skb: number, length: number): number {
  return length >>> 0 > call.space.packetEnd - call.space.packetData ? -ENOMEM : 0;
}

function changeTail(call: HelperCall, _skb: number, length: number, flags: number): number {
  const skb = skbOf(call.cpu);
  const wanted = length >>> 0;
  const least = Math.max(0, skb.network - skb.data);
  if (flags !== 0 || call.highOf(3) !== 0 || wanted > skb.longest || wanted < least) return -EINVAL;
  if (!skb.resize(wanted)) return -ENOMEM;
  skb.forgetSegments();
  return 0;
}

function changeHead(call: HelperCall, _skb: number, size: number, flags: number): number {
  const skb = skbOf(call.cpu);
  if (flags !== 0 || call.highOf(3) !== 0 || size < 0 || (!skb.isSegmented && skb.length + size > skb.longest)) return -EINVAL;
  if (!skb.push(size)) return -ENOMEM;
  call.memory.bytes.fill(0, skb.data, skb.data + size);
  skb.mac = skb.data;
  return 0;
}

function changeType(call: HelperCall, _skb: number, type: number): number {
  const skb = skbOf(call.cpu);
  if (skb.get(SKB.pkt_type) > OTHER_HOST || type >>> 0 > OTHER_HOST) return -EINVAL;
  skb.set(SKB.pkt_type, type);
  return 0;
}

export const loadBytes = helper("bpf_skb_load_bytes", ["context", "number", "write", "size"], "int", load);
export const loadBytesRelative = helper(
  "bpf_skb_load_bytes_relative",
  ["context", "number", "write", "size", "number"],
  "int",
  loadRelative,
);
export const pull = helper("bpf_skb_pull_data", ["context", "number"], "int", pullData);

/** For programs that may write packets. */
export const storeHelpers: readonly Helper[] = [
  helper("bpf_skb_store_bytes", ["context", "number", "read", "size", "wide"], "int", store),
  helper("bpf_skb_change_tail", ["context", "number", "wide"], "int", changeTail),
  helper("bpf_skb_change_head", ["context", "number", "wide"], "int", changeHead),
];
export const changeTypeHelper = helper("bpf_skb_change_type", ["context", "number"], "int", changeType);

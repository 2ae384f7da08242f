/** The internet checksum (RFC 1071) as the kernel computes it, zeros of both signs included, and the helpers that mend it. */

import { skbOf } from "../contexts/skb.ts";
import { EACCES, EFAULT, EINVAL, ENOTSUPP } from "./errors.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";

/** `csum_add`: of two u32; the carry comes in again at the end. */
function addWithCarry(a: number, b: number): number {
  const sum = a + b;
  return sum > 0xffff_ffff ? sum - 0xffff_ffff : sum;
}

/** `csum_fold`: to 16 bits, complemented. */
function fold(sum: number): number {
  const folded = (sum + (((sum >>> 16) | (sum << 16)) >>> 0)) % 2 ** 32;
  return ~(folded >>> 16) & 0xffff;
}

/** `csum_partial`: the one's complement sum of 32-bit words, the last one filled up with zeroes. */
function sumBytes(view: DataView, from: number, size: number, seed: number): number {
  let sum = seed;
  let at = from;
  for (const end = from + (size & ~3); at < end; at += 4) sum = addWithCarry(sum, view.getUint32(at, true));
  let last = 0;
  for (let byte = 0; byte < (size & 3); byte++) last |= view.getUint8(at + byte) << (byte * 8);
  return addWithCarry(sum, last);
}

/**
 * The one's complement sum of `to` minus that of `from`, plus `seed`, folded to 16 bits (as Linux does since 6.13; before,
 * it was not folded, and sizes had to be multiples of 4, up to 512 bytes together). Both zeros of one's complement come out as in
 * the kernel, whose steps these are.
 */
function difference(call: HelperCall, from: number, fromSize: number, to: number, toSize: number, seed: number): number {
  const { view } = call.memory;
  let sum = seed >>> 0;
  if (fromSize > 0 && toSize > 0) {
    sum = addWithCarry(sumBytes(view, to >>> 0, toSize, sum), ~sumBytes(view, from >>> 0, fromSize, 0) >>> 0);
  } else if (toSize > 0) {
    sum = sumBytes(view, to >>> 0, toSize, sum);
  } else if (fromSize > 0) {
    sum = ~sumBytes(view, from >>> 0, fromSize, ~sum >>> 0) >>> 0;
  }
  return ((sum + ((sum >>> 16) | (sum << 16))) >>> 0) >>> 16;
}

// Flags of the replacing helpers.
const FIELD_SIZE = 0xf;
const PSEUDO_HEADER = 1 << 4;
const MARK_MANGLED_0 = 1 << 5;
const MARK_ENFORCE = 1 << 6;
const IPV6 = 1 << 7;
const MANGLED_0 = 0xffff;

/** The address of a checksum at `offset`, or 0 when it is not in the packet, or odd. */
function checksumAt(call: HelperCall, offset: number): number {
  const at = offset >>> 0;
  const { packetData, packetEnd } = call.space;
  return at > 0xffff || (at & 1) === 1 || packetData + at + 2 > packetEnd ? 0 : packetData + at;
}

/** `csum_replace4`: what becomes of a checksum when the u32 `from` becomes `to`. */
function replaced4(sum: number, from: number, to: number): number {
  return fold(addWithCarry(addWithCarry(~sum >>> 0, ~from >>> 0), to >>> 0));
}

/** `csum_replace2`, in 16-bit arithmetic of its own. */
function replaced2(sum: number, from: number, to: number): number {
  const without = add16(~sum & 0xffff, ~from & 0xffff);
  return ~add16(without, to & 0xffff) & 0xffff;
}

function add16(a: number, b: number): number {
  const sum = (a + b) & 0xffff;
  return (sum + (sum < b ? 1 : 0)) & 0xffff;
}

/** `csum_replace_by_diff`. */
function replacedBy(sum: number, difference: number): number {
  return fold(addWithCarry(difference >>> 0, ~sum >>> 0));
}

function replaceInHeader(call: HelperCall, _skb: number, offset: number, from: number, to: number, flags: number): number {
  if (call.highOf(5) !== 0 || (flags & ~FIELD_SIZE) !== 0) return -EINVAL;
  const at = checksumAt(call, offset);
  if (at === 0) return -EFAULT;
  const { view } = call.memory;
  const sum = view.getUint16(at, true);
  switch (flags & FIELD_SIZE) {
    case 0:
      if (from !== 0 || call.highOf(3) !== 0) return -EINVAL;
      view.setUint16(at, replacedBy(sum, to), true);
      return 0;
    case 2:
      view.setUint16(at, replaced2(sum, from, to), true);
      return 0;
    case 4:
      view.setUint16(at, replaced4(sum, from, to), true);
      return 0;
    default:
      return -EINVAL;
  }
}

function replaceInTransport(call: HelperCall, _skb: number, offset: number, from: number, to: number, flags: number): number {
  const known = FIELD_SIZE | PSEUDO_HEADER | MARK_MANGLED_0 | MARK_ENFORCE | IPV6;
  if (call.highOf(5) !== 0 || (flags & ~known) !== 0) return -EINVAL;
  const at = checksumAt(call, offset);
  if (at === 0) return -EFAULT;
  const { view } = call.memory;
  const sum = view.getUint16(at, true);
  const marks = (flags & MARK_MANGLED_0) !== 0;
  if (marks && (flags & MARK_ENFORCE) === 0 && sum === 0) return 0;
  let result: number;
  switch (flags & FIELD_SIZE) {
    case 0:
      if (from !== 0 || call.highOf(3) !== 0) return -EINVAL;
      result = replacedBy(sum, to);
      break;
    case 2:
      result = replaced4(sum, from & 0xffff, to & 0xffff);
      break;
    case 4:
      result = replaced4(sum, from, to);
      break;
    default:
      return -EINVAL;
  }
  view.setUint16(at, marks && result === 0 ? MANGLED_0 : result, true);
  return 0;
}

/** Whether hardware checked the checksums: this engine's devices are none, so it is as the program made it. */
function level(call: HelperCall, _skb: number, change: number): number {
  const skb = skbOf(call.cpu);
  if (call.highOf(2) !== 0) return -EINVAL;
  switch (change) {
    case 0: // BPF_CSUM_LEVEL_QUERY
      return skb.checksumLevel < 0 ? -EACCES : skb.checksumLevel;
    case 1: // BPF_CSUM_LEVEL_INC
      skb.checksumLevel = Math.min(skb.checksumLevel + 1, 3);
      return 0;
    case 2: // BPF_CSUM_LEVEL_DEC
      skb.checksumLevel = Math.max(skb.checksumLevel - 1, -1);
      return 0;
    case 3: // BPF_CSUM_LEVEL_RESET
      skb.checksumLevel = -1;
      return 0;
    default:
      return -EINVAL;
  }
}

export const checksumDifference = helper("bpf_csum_diff", ["read?", "size", "read?", "size", "number"], "int", difference);

/** For programs that may write packets; Linux 4.1, `bpf_csum_update` 4.9, `bpf_csum_level` 5.8. */
export const checksumHelpers: readonly Helper[] = [
  helper("bpf_l3_csum_replace", ["context", "number", "wide", "wide", "wide"], "int", replaceInHeader),
  helper("bpf_l4_csum_replace", ["context", "number", "wide", "wide", "wide"], "int", replaceInTransport),
  // It adds to the sum that hardware computed over the whole packet (CHECKSUM_COMPLETE); there is none.
  helper("bpf_csum_update", ["context", "number"], "int", () => -ENOTSUPP),
];

export const checksumLevel = helper("bpf_csum_level", ["context", "wide"], "int", level);

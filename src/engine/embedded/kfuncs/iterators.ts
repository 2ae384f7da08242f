/** Open-coded iterators over numbers and bits (kernel/bpf/bpf_iter.c, kernel/bpf/helpers.c). Linux 6.4; bits 6.11. */

import { EFAULT } from "../helpers/errors.ts";
import { type Helper, type HelperCall, kfunc } from "../helpers/helper.ts";
import type { Obligation } from "../helpers/ledger.ts";
import { E2BIG, EINVAL, ENOMEM } from "../maps/errno.ts";

/** BPF_MAX_LOOPS: rounds of one iterator. */
const MOST_ROUNDS = 8 * 1024 * 1024;

const ITERATOR: Obligation = { name: "iterator", acquired: "begun", missing: "not destroyed" };

/** `struct bpf_iter_num_kern`: s32 the number before the next one, s32 the end. */
const NUM = { memory: 8, write: true } as const;

function numNew(call: HelperCall, iterator: number, start: number, end: number): number {
  const at = iterator >>> 0;
  call.acquire(ITERATOR, at);
  const { view } = call.memory;
  const refused = start > end ? -EINVAL : end - start > MOST_ROUNDS ? -E2BIG : 0;
  view.setInt32(at, refused === 0 ? start - 1 : 0, true);
  view.setInt32(at + 4, refused === 0 ? end : 0, true);
  return refused;
}

/** Where the next number is. Hot: once for each round of a loop. */
function numNext(call: HelperCall, iterator: number): number {
  const at = iterator >>> 0;
  call.hold(ITERATOR, at);
  const { view } = call.memory;
  const next = (view.getInt32(at, true) + 1) | 0;
  if (next < view.getInt32(at + 4, true)) {
    view.setInt32(at, next, true);
    return at;
  }
  view.setInt32(at, 0, true);
  view.setInt32(at + 4, 0, true);
  return 0;
}

function numDestroy(call: HelperCall, iterator: number): number {
  const at = iterator >>> 0;
  call.release(ITERATOR, at);
  call.memory.view.setInt32(at, 0, true);
  call.memory.view.setInt32(at + 4, 0, true);
  return 0;
}

/**
 * `struct bpf_iter_bits_kern`: u64 the bits themselves, or of more than 64 the address of a copy; s32 how many there are; s32 the last
 * one that was given.
 */
const BITS = { memory: 16, write: true } as const;
const BITS_COUNT = 8;
const BITS_LAST = 12;
/** BITS_ITER_NR_WORDS_MAX */
const MOST_WORDS = 511;

function bitsNew(call: HelperCall, iterator: number, source: number, words: number): number {
  const at = iterator >>> 0;
  call.acquire(ITERATOR, at);
  const { view, bytes } = call.memory;
  bytes.fill(0, at, at + BITS_LAST);
  view.setInt32(at + BITS_LAST, -1, true);
  if ((source | call.highOf(2)) === 0 || words === 0) return -EINVAL;
  if (words >>> 0 > MOST_WORDS) return -E2BIG;
  const size = words * 8;
  if (call.highOf(2) !== 0 || !call.space.allows(source >>> 0, size, false)) return -EFAULT;
  let to = at;
  if (words > 1) {
    to = call.cpu.room.heap.allocate(size);
    if (to === 0) return -ENOMEM;
    view.setUint32(at, to, true);
  }
  bytes.copyWithin(to, source >>> 0, (source >>> 0) + size);
  call.work(size);
  view.setInt32(at + BITS_COUNT, words * 64, true);
  return 0;
}

/** Where the number of the next bit that is set is. */
function bitsNext(call: HelperCall, iterator: number): number {
  const at = iterator >>> 0;
  call.hold(ITERATOR, at);
  const { view } = call.memory;
  const count = view.getInt32(at + BITS_COUNT, true);
  const from = bitsAt(call, at, count);
  let bit = view.getInt32(at + BITS_LAST, true);
  if (count === 0 || bit >= count) return 0;
  for (bit = Math.max(bit + 1, 0); bit < count; bit++) {
    const rest = view.getUint32(from + ((bit >>> 5) << 2), true) >>> (bit & 31);
    if (rest !== 0) {
      bit += 31 - Math.clz32(rest & -rest);
      break;
    }
    bit |= 31;
  }
  view.setInt32(at + BITS_LAST, bit, true);
  return bit < count ? at + BITS_LAST : 0;
}

/** Where the bits are. @throws FaultError when the program wrote its iterator. */
function bitsAt(call: HelperCall, at: number, count: number): number {
  if (count <= 64) return at;
  const copy = call.memory.view.getUint32(at, true);
  if (count > MOST_WORDS * 64 || call.cpu.room.heap.sizeOf(copy) < count / 8)
    throw call.fault("the iterator was written by the program");
  return copy;
}

function bitsDestroy(call: HelperCall, iterator: number): number {
  const at = iterator >>> 0;
  call.release(ITERATOR, at);
  const count = call.memory.view.getInt32(at + BITS_COUNT, true);
  if (count > 64) call.cpu.room.heap.free(bitsAt(call, at, count));
  call.memory.bytes.fill(0, at, at + 16);
  return 0;
}

export const ITERATORS: readonly Helper[] = [
  kfunc("bpf_iter_num_new", [NUM, "number", "number"], "int", numNew),
  kfunc("bpf_iter_num_next", [NUM], "address", numNext),
  kfunc("bpf_iter_num_destroy", [NUM], "void", numDestroy),
  kfunc("bpf_iter_bits_new", [BITS, "wide", "number"], "int", bitsNew),
  kfunc("bpf_iter_bits_next", [BITS], "address", bitsNext),
  kfunc("bpf_iter_bits_destroy", [BITS], "void", bitsDestroy),
];

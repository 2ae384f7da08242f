/**
 * Reading memory that a program has no proof for: another process's, the kernel's (kernel/trace/bpf_trace.c, mm/maccess.c, Linux 6.18,
 * x86-64). Addresses are values. What the program itself may touch and the room's kernel objects are in the engine's memory; what the
 * host presents of a process or of the kernel is looked up; everything else fails as in the kernel, and the destination is zeroed.
 */

import { FRAME_SIZE, FRAMES } from "../access.ts";
import { currentOf } from "./current.ts";
import { EFAULT, EINVAL, ERANGE } from "./errors.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";

const EPERM = 1;
const ESRCH = 3;

/** Upper half of the first kernel address: the upper half of the canonical address space. */
const KERNEL_HALF = 0xffff_8000;

const NO_BYTES = new Uint8Array(0);

type Side = "user" | "kernel";

/** Bytes at an address, copied to `to` in the engine's memory. @returns how many of `size` are there. */
function fetch(call: HelperCall, side: Side, high: number, low: number, size: number, to: number): number {
  return fetchTo(call, side, high, low, size, call.memory.bytes, to);
}

function fetchTo(call: HelperCall, side: Side, high: number, low: number, size: number, target: Uint8Array, to: number): number {
  const { bytes } = call.memory;
  if (side === "user") return currentOf(call).memory.read(high, low, size, target, to);
  if (high !== 0) return call.cpu.room.kernel.presented.read(high, low, size, target, to);
  // A whole object is the rule; of text that begins in one, what is there.
  let there = isOwn(call, low, size) ? size : 0;
  if (there === 0) while (there < size && isOwn(call, low + there, 1)) there++;
  // The two may overlap.
  target.set(bytes.subarray(low, low + there), to);
  return there;
}

/** Memory of the engine that the kernel would read for this program: its stack and maps, and the kernel's objects. */
function isOwn({ space, cpu }: HelperCall, low: number, size: number): boolean {
  const end = low + size;
  if (low >= cpu.stackEnd - FRAMES * FRAME_SIZE && end <= cpu.stackEnd) return true;
  return cpu.room.kernel.holds(low, end) || (end > 65_536 && space.allows(low, size, false));
}

/** Why nothing is there: a kernel read of what can be no kernel address is out of range, before anybody looks. */
function failure(side: Side, high: number): number {
  return side === "kernel" && high >>> 0 < KERNEL_HALF ? -ERANGE : -EFAULT;
}

/** Reading no bytes: the address is looked at all the same. */
function nothingAt(call: HelperCall, side: Side, high: number, low: number): number {
  const isKernel = high >= KERNEL_HALF || (high === 0 && isOwn(call, low, 0));
  if (side === "user") return high >= KERNEL_HALF ? -EFAULT : 0;
  return isKernel ? 0 : -ERANGE;
}

function read(call: HelperCall, side: Side, to: number, size: number, low: number): number {
  const high = call.highOf(3) >>> 0;
  const start = to >>> 0;
  if (size === 0) return nothingAt(call, side, high, low >>> 0);
  if (fetch(call, side, high, low >>> 0, size, start) === size) return 0;
  call.memory.bytes.fill(0, start, start + size);
  return failure(side, high);
}

/**
 * Text up to its NUL, or as much of it as there is room for, the last byte then a NUL. @returns its length with the NUL.
 */
function readText(call: HelperCall, side: Side, to: number, size: number, low: number): number {
  const high = call.highOf(3) >>> 0;
  const start = to >>> 0;
  if (size === 0) return 0;
  const { bytes } = call.memory;
  const length = textLength(call, side, high, low >>> 0, size);
  if (length === 0) {
    bytes.fill(0, start, start + size);
    return failure(side, high);
  }
  fetch(call, side, high, low >>> 0, length, start);
  bytes[start + length - 1] = 0;
  // What is behind the text stays as it is; but user text is copied by words, whose rest is zeroed.
  const word = side === "user" ? Math.ceil(length / 8) * 8 : length;
  if (word <= size) bytes.fill(0, start + length, start + word);
  return length;
}

/** As `PresentedMemory.textLength`. */
function textLength(call: HelperCall, side: Side, high: number, low: number, limit: number): number {
  if (side === "user") return currentOf(call).memory.textLength(high, low, limit);
  if (high !== 0) return call.cpu.room.kernel.presented.textLength(high, low, limit);
  const { bytes } = call.memory;
  for (let length = 0; length < limit; length++) {
    if (!isOwn(call, low + length, 1)) return 0;
    if (bytes[low + length] === 0) return length + 1;
  }
  return limit;
}

/** Of the helpers that were there before the two kinds were told apart: x86 tells by the address. */
const either = (call: HelperCall): Side => sideOf(call.highOf(3) >>> 0);

function sideOf(high: number): Side {
  // Addresses of the engine stand for kernel addresses.
  return high === 0 || high >= KERNEL_HALF ? "kernel" : "user";
}

/** Text at an address, without its NUL, of at most `limit` bytes with it; empty where it cannot be read. */
export function fetchText(call: HelperCall, side: Side | "either", address: bigint, limit: number): Uint8Array {
  const high = Number(address >> 32n);
  const low = Number(address & 0xffff_ffffn);
  const from = side === "either" ? sideOf(high) : side;
  const bytes: number[] = [];
  const scratch = new Uint8Array(1);
  while (bytes.length < limit - 1) {
    const at = low + bytes.length;
    if (fetchTo(call, from, high + Math.floor(at / 2 ** 32), at >>> 0, 1, scratch, 0) === 0) return NO_BYTES;
    if (scratch[0] === 0) break;
    bytes.push(scratch[0]!);
  }
  return Uint8Array.from(bytes);
}

/** Bytes of the kernel at an address; zeroes where they cannot be read. */
export function fetchBytes(call: HelperCall, address: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  if (fetchTo(call, "kernel", Number(address >> 32n), Number(address & 0xffff_ffffn), size, bytes, 0) < size) bytes.fill(0);
  return bytes;
}

export const PROBE_READ: readonly Helper[] = [
  helper("bpf_probe_read_user", ["write", "size", "wide"], "int", (call, to, size, from) => read(call, "user", to, size, from)),
  helper("bpf_probe_read_kernel", ["write", "size", "wide"], "int", (call, to, size, from) =>
    read(call, "kernel", to, size, from),
  ),
  helper("bpf_probe_read_user_str", ["write", "size", "wide"], "int", (call, to, size, from) =>
    readText(call, "user", to, size, from),
  ),
  helper("bpf_probe_read_kernel_str", ["write", "size", "wide"], "int", (call, to, size, from) =>
    readText(call, "kernel", to, size, from),
  ),
];

/** For programs that trace. */
export const PROBE_MORE: readonly Helper[] = [
  helper("bpf_probe_read", ["write", "size", "wide"], "int", (call, to, size, from) => {
    const result = read(call, either(call), to, size, from);
    return result === -ERANGE ? -EFAULT : result;
  }),
  helper("bpf_probe_read_str", ["write", "size", "wide"], "int", (call, to, size, from) => {
    const result = readText(call, either(call), to, size, from);
    return result === -ERANGE ? -EFAULT : result;
  }),
  helper("bpf_probe_write_user", ["wide", "read", "size"], "int", (call, to, from, size) => {
    const process = currentOf(call);
    if (process.isKernel) return -EPERM;
    return process.memory.write(call.highOf(1) >>> 0, to >>> 0, size, call.memory.bytes, from >>> 0) ? 0 : -EFAULT;
  }),
];

/** For programs that may sleep: `bpf_copy_from_user`, Linux 5.10; of another task, 5.18. */
export const COPY_FROM_USER: readonly Helper[] = [
  helper("bpf_copy_from_user", ["write", "size", "wide"], "int", (call, to, size, from) => read(call, "user", to, size, from)),
  helper("bpf_copy_from_user_task", ["write", "size", "wide", "wide", "wide"], "int", (call, to, size, from, task, flags) => {
    if (flags !== 0 || call.highOf(5) !== 0) return -EINVAL;
    const process = call.highOf(4) === 0 ? call.cpu.room.kernel.processAt(task >>> 0) : undefined;
    if (process === undefined) throw call.fault("argument 4 of bpf_copy_from_user_task: expected a task");
    if (process.isKernel) return -ESRCH;
    const start = to >>> 0;
    if (process.memory.read(call.highOf(3) >>> 0, from >>> 0, size, call.memory.bytes, start) === size) return 0;
    call.memory.bytes.fill(0, start, start + size);
    return -EFAULT;
  }),
];

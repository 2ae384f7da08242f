/** Stacks that the event brought along (`__bpf_get_stack` in kernel/bpf/stackmap.c, Linux 6.18). */

import { EINVAL } from "../maps/errno.ts";
import { BPF_F_FAST_STACK_CMP, BPF_F_REUSE_STACKID, StackTraceMap } from "../maps/stack-traces.ts";
import type { Mapping, Process } from "../room/processes.ts";
import { currentOf } from "./current.ts";
import { EFAULT } from "./errors.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";

/** BPF_F_SKIP_FIELD_MASK, BPF_F_USER_STACK, BPF_F_USER_BUILD_ID of linux/bpf.h. */
const SKIP_MASK = 0xff;
const USER_STACK = 1 << 8;
const USER_BUILD_ID = 1 << 11;

/** `struct bpf_stack_build_id`: status, 20 bytes of build id, offset in the file or address. */
const BUILD_ID_SIZE = 32;
const STATUS = { valid: 1, ip: 2 } as const;

/** The unwinder goes no deeper (`sysctl_perf_event_max_stack`, as it is by default). */
const DEEPEST = 127;

/** Addresses of one side of a stack, the innermost first; null when the event carries none. */
function stackOf(call: HelperCall, user: boolean): readonly (number | bigint)[] | null {
  const stack = call.cpu.room.events.running[call.cpu.id]?.meta.stack;
  return (user ? stack?.user : stack?.kernel)?.slice(0, DEEPEST) ?? null;
}

/** Writes one entry of a stack by build id: where in which file, or the address alone where nothing is mapped. */
function writeBuildId(call: HelperCall, at: number, address: bigint): void {
  const { view, bytes } = call.memory;
  const mapping = mappingAt(currentOf(call), address);
  bytes.fill(0, at, at + BUILD_ID_SIZE);
  view.setInt32(at, mapping === null ? STATUS.ip : STATUS.valid, true);
  if (mapping !== null) bytes.set(mapping.buildId.subarray(0, 20), at + 4);
  const place = mapping === null ? address : address - BigInt(mapping.start) + BigInt(mapping.offset);
  view.setBigUint64(at + 24, BigInt.asUintN(64, place), true);
}

function mappingAt(process: Process, address: bigint): Mapping | null {
  return process.description.mappings?.find(({ start, end }) => address >= BigInt(start) && address < BigInt(end)) ?? null;
}

/** @returns how many bytes it wrote; what is left of the buffer is zeroed. */
function getStack(call: HelperCall, _context: number, to: number, size: number, flags: number): number {
  const { view, bytes } = call.memory;
  const start = to >>> 0;
  const user = (flags & USER_STACK) !== 0;
  const byBuildId = (flags & USER_BUILD_ID) !== 0;
  const fail = (error: number): number => {
    bytes.fill(0, start, start + size);
    return -error;
  };
  const element = byBuildId ? BUILD_ID_SIZE : 8;
  if ((flags & ~(SKIP_MASK | USER_STACK | USER_BUILD_ID)) !== 0 || call.highOf(4) !== 0) return fail(EINVAL);
  if ((byBuildId && !user) || size % element !== 0) return fail(EINVAL);
  const skip = flags & SKIP_MASK;
  const stack = stackOf(call, user);
  if (stack === null || stack.length < skip) return fail(EFAULT);
  const count = Math.min(stack.length - skip, size / element);
  for (let index = 0; index < count; index++) {
    const address = BigInt.asUintN(64, BigInt(stack[skip + index]!));
    const at = start + index * element;
    if (byBuildId) writeBuildId(call, at, address);
    else view.setBigUint64(at, address, true);
  }
  bytes.fill(0, start + count * element, start + size);
  return count * element;
}

const EOPNOTSUPP = 95;

/** The stack of a task: the room knows that of the current one. Linux 5.9. */
function getTaskStack(call: HelperCall, task: number, to: number, size: number, flags: number): number {
  const process = call.highOf(1) === 0 ? call.cpu.room.kernel.processAt(task >>> 0) : undefined;
  if (process === undefined) throw call.fault("argument 1 of bpf_get_task_stack: expected a task");
  if (process === currentOf(call)) return getStack(call, 0, to, size, flags);
  call.memory.bytes.fill(0, to >>> 0, (to >>> 0) + size);
  return (flags & USER_STACK) !== 0 ? -EOPNOTSUPP : -EFAULT;
}

/** The number of a stack in a map of stacks. Linux 4.6. */
function getStackId(call: HelperCall, _context: number, handle: number, flags: number): number {
  const map = call.mapAt(handle >>> 0);
  if (!(map instanceof StackTraceMap)) throw call.fault(`${map.name} is a ${map.type}, not a stack_trace`);
  const known = SKIP_MASK | USER_STACK | BPF_F_FAST_STACK_CMP | BPF_F_REUSE_STACKID;
  if ((flags & ~known) !== 0 || call.highOf(3) !== 0) return -EINVAL;
  const skip = flags & SKIP_MASK;
  const stack = stackOf(call, (flags & USER_STACK) !== 0);
  if (stack === null || stack.length <= skip) return -EFAULT;
  const { contexts } = call.cpu.room;
  const at = contexts.scratch(call.cpu);
  const kept = stack.slice(skip);
  kept.forEach((address, index) => {
    call.memory.view.setBigUint64(at + index * 8, BigInt.asUintN(64, BigInt(address)), true);
  });
  return map.put(at, kept.length, flags);
}

export const STACKS: readonly Helper[] = [
  helper("bpf_get_stack", ["context", "write", "size", "wide"], "int", getStack),
  helper("bpf_get_task_stack", ["wide", "write", "size", "wide"], "int", getTaskStack),
  helper("bpf_get_stackid", ["context", "map", "wide"], "int", getStackId),
];

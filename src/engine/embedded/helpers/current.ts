/**
 * Helpers about who runs on the CPU: the process that the room says is current (kernel/bpf/helpers.c, kernel/trace/bpf_trace.c, Linux
 * 6.18).
 */

import { writeUserRegisters } from "../contexts/registers.ts";
import { EINVAL } from "../maps/errno.ts";
import { ancestorAt } from "../room/cgroup-tree.ts";
import type { KernelObject } from "../room/kernel-objects.ts";
import { COMM_SIZE, type Process } from "../room/processes.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";
import { storageHelpers } from "./storage.ts";

const EPERM = 1;

/** Of the longer `struct pt_regs`, that of arm64. */
const REGISTERS_SIZE = 320;

/** The last signal (_NSIG). */
const LAST_SIGNAL = 64;

export const currentOf = ({ cpu }: HelperCall): Process => cpu.room.processes.current(cpu.id);

function task(call: HelperCall): number {
  return call.cpu.room.kernel.taskOf(currentOf(call));
}

/** For programs that run in the context of a process, of whatever type. */
export const CURRENT: readonly Helper[] = [
  helper("bpf_get_current_pid_tgid", [], "u64", (call) => {
    const { pid, tid } = currentOf(call);
    call.high = pid;
    return tid;
  }),
  helper("bpf_get_current_uid_gid", [], "u64", (call) => {
    const { uid, gid } = currentOf(call);
    call.high = gid;
    return uid;
  }),
  helper("bpf_get_current_comm", ["write", "size"], "int", (call, to, size) => {
    const { bytes } = call.memory;
    const { comm } = currentOf(call);
    const start = to >>> 0;
    bytes.fill(0, start, start + size);
    // The last byte is a NUL however short the buffer is.
    bytes.set(comm.subarray(0, Math.max(Math.min(COMM_SIZE, size - 1), 0)), start);
    return 0;
  }),
  helper("bpf_get_current_cgroup_id", [], "u64", (call) => {
    call.high = 0;
    return currentOf(call).cgroup.id;
  }),
  helper("bpf_get_current_ancestor_cgroup_id", ["number"], "u64", (call, level) => {
    call.high = 0;
    return ancestorAt(currentOf(call).cgroup, level)?.id ?? 0;
  }),
  helper("bpf_get_ns_current_pid_tgid", ["wide", "wide", "write", "size"], "int", namespaceIds),
];

/** Registers of the process as it entered the kernel: an object for each room that asks, filled by each event. Linux 5.15. */
const registers = new WeakMap<object, KernelObject>();

function taskRegisters(call: HelperCall, address: number): number {
  const { room } = call.cpu;
  const given = room.events.running[call.cpu.id]?.meta.registers;
  if (given === undefined || address >>> 0 !== task(call) || call.highOf(1) !== 0)
    throw call.fault("the registers of a process are those of the current one, when the event brings them along (registers)");
  let object = registers.get(call.cpu);
  if (object === undefined) registers.set(call.cpu, (object = room.kernel.bytes(new Uint8Array(REGISTERS_SIZE))));
  object.bytes.fill(0);
  writeUserRegisters(room.architecture, given, call.memory.view, object.address);
  return object.address;
}

const isTask = (call: HelperCall, address: number): boolean => call.cpu.room.kernel.processAt(address) !== undefined;

/** Addresses of tasks: for programs that trace. */
export const TASKS: readonly Helper[] = [
  helper("bpf_task_pt_regs", ["wide"], "address", taskRegisters),
  ...storageHelpers("task", isTask),
  helper("bpf_get_current_task", [], "address", task),
  helper("bpf_get_current_task_btf", [], "address", task),
  helper("bpf_send_signal", ["number"], "int", (call, signal) => sendSignal(call, signal, false)),
  helper("bpf_send_signal_thread", ["number"], "int", (call, signal) => sendSignal(call, signal, true)),
];

/** `struct bpf_pidns_info`: pid and tgid as the namespace counts them. */
function namespaceIds(call: HelperCall, device: number, inode: number, to: number, size: number): number {
  const { view, bytes } = call.memory;
  const start = to >>> 0;
  const process = currentOf(call);
  const { namespace } = process;
  // No device has more than 32 bits; the kernel compares all 64.
  const matches =
    device >>> 0 === namespace.device && call.highOf(1) === 0 && inode >>> 0 === namespace.inode && call.highOf(2) === 0;
  if (size !== 8 || !matches) {
    bytes.fill(0, start, start + size);
    return -EINVAL;
  }
  view.setUint32(start, namespace.tid ?? process.tid, true);
  view.setUint32(start + 4, namespace.pid ?? process.pid, true);
  return 0;
}

/** Recorded with the process, for the host. Linux 5.3. */
function sendSignal(call: HelperCall, signal: number, thread: boolean): number {
  const process = currentOf(call);
  if (process.isKernel || process.pid === 1) return -EPERM;
  if (signal >>> 0 > LAST_SIGNAL) return -EINVAL;
  process.signals.push({ signal, thread });
  return 0;
}

/**
 * References to tasks and control groups of the room (kernel/bpf/helpers.c, Linux 6.18). What a program takes it must give back, as in
 * the kernel; here nothing goes away before that, because nothing else happens while a program runs.
 */

import { currentOf } from "../helpers/current.ts";
import { type Helper, type HelperCall, kfunc } from "../helpers/helper.ts";
import type { Obligation } from "../helpers/ledger.ts";
import { groupAt, isUnder } from "../helpers/objects.ts";
import { ancestorAt, type Cgroup } from "../room/cgroup-tree.ts";
import type { Process } from "../room/processes.ts";

const TASK: Obligation = { name: "reference to a task", acquired: "taken", missing: "not released" };
const GROUP: Obligation = { name: "reference to a control group", acquired: "taken", missing: "not released" };

function taskAt(call: HelperCall, argument: number, address: number): Process {
  const process = call.highOf(argument) === 0 ? call.cpu.room.kernel.processAt(address >>> 0) : undefined;
  if (process === undefined) throw call.fault(`argument ${argument}: expected a task, found 0x${(address >>> 0).toString(16)}`);
  return process;
}

function groupOf(call: HelperCall, argument: number, address: number): Cgroup {
  const group = call.highOf(argument) === 0 ? groupAt(call, address >>> 0) : undefined;
  if (group === undefined)
    throw call.fault(`argument ${argument}: expected a control group, found 0x${(address >>> 0).toString(16)}`);
  return group;
}

function takeTask(call: HelperCall, process: Process | undefined): number {
  if (process === undefined) return 0;
  const address = call.cpu.room.kernel.taskOf(process);
  call.acquire(TASK, address);
  return address;
}

function takeGroup(call: HelperCall, group: Cgroup | null | undefined): number {
  if (group === null || group === undefined) return 0;
  const address = call.cpu.room.kernel.cgroupOf(group);
  call.acquire(GROUP, address);
  return address;
}

/** The thread that has that number in the namespace of who runs. */
function byNumber(call: HelperCall, number: number): Process | undefined {
  const { device, inode } = currentOf(call).namespace;
  for (const process of call.cpu.room.processes) {
    const { namespace } = process;
    if (namespace.device !== device || namespace.inode !== inode) continue;
    if ((namespace.tid ?? process.tid) === number) return process;
  }
  return undefined;
}

/** Linux 6.2; `bpf_task_under_cgroup` 6.5, `bpf_task_from_vpid` 6.14. */
export const REFERENCES: readonly Helper[] = [
  kfunc("bpf_task_acquire", ["wide"], "address", (call, task) => takeTask(call, taskAt(call, 1, task))),
  kfunc("bpf_task_release", [{ held: TASK }], "void", (call, task) => {
    call.release(TASK, task >>> 0);
    return 0;
  }),
  kfunc("bpf_task_from_pid", ["number"], "address", (call, pid) =>
    takeTask(call, pid === 0 ? undefined : call.cpu.room.processes.get(pid)),
  ),
  kfunc("bpf_task_from_vpid", ["number"], "address", (call, pid) => takeTask(call, byNumber(call, pid))),
  kfunc("bpf_task_under_cgroup", ["wide", "wide"], "int", (call, task, group) =>
    isUnder(taskAt(call, 1, task).cgroup, groupOf(call, 2, group)) ? 1 : 0,
  ),
  kfunc("bpf_cgroup_acquire", ["wide"], "address", (call, group) => takeGroup(call, groupOf(call, 1, group))),
  kfunc("bpf_cgroup_release", [{ held: GROUP }], "void", (call, group) => {
    call.release(GROUP, group >>> 0);
    return 0;
  }),
  kfunc("bpf_cgroup_ancestor", ["wide", "number"], "address", (call, group, level) =>
    takeGroup(call, ancestorAt(groupOf(call, 1, group), level)),
  ),
  kfunc("bpf_cgroup_from_id", ["wide"], "address", (call, id) =>
    takeGroup(call, call.highOf(1) === 0 ? call.cpu.room.cgroups.withId(id >>> 0) : undefined),
  ),
];

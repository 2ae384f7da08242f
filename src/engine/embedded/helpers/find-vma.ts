/** What is mapped at an address of a process (kernel/bpf/task_iter.c, Linux 6.18): `mappings` of its description. Linux 5.17. */

import { EINVAL, ENOENT } from "../maps/errno.ts";
import { callingBack, type HelperCall, helper } from "./helper.ts";

function findVma(call: HelperCall, task: number, address: number, callback: number, context: number, flags: number): number {
  if ((flags | call.highOf(5)) !== 0) return -EINVAL;
  if ((task | call.highOf(1)) === 0) return -ENOENT;
  const { kernel } = call.cpu.room;
  const process = call.highOf(1) === 0 ? kernel.processAt(task >>> 0) : undefined;
  if (process === undefined) throw call.fault(`argument 1: expected a task, found 0x${(task >>> 0).toString(16)}`);
  const at = (BigInt(call.highOf(2) >>> 0) << 32n) | BigInt(address >>> 0);
  const mapping = process.description.mappings?.find(({ start, end }) => BigInt(start) <= at && at < BigInt(end));
  if (mapping === undefined) return -ENOENT;
  if (kernel.types === null) throw call.fault("the callback gets a struct vm_area_struct, and the room has no kernel types");
  const { start, end, offset } = mapping;
  return kernel.temporary(() => {
    const fields = { vm_start: start, vm_end: end, vm_pgoff: BigInt(offset) / 4096n };
    call.callback(callback, task, kernel.fitting("vm_area_struct", fields).address, context, 0, 0);
    return 0;
  });
}

export const FIND_VMA = callingBack(helper("bpf_find_vma", ["wide", "wide", "callback", "stack?", "wide"], "int", findVma));

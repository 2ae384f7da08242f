/** Helpers of programs that decide for control groups (kernel/bpf/cgroup.c, Linux 6.18). */

import { SYSCTL } from "../../../uapi/contexts/cgroup.ts";
import { fieldOf } from "../../../uapi/contexts/struct.ts";
import { runOf } from "../contexts/fields.ts";
import { E2BIG, EINVAL } from "./errors.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";

/** Linux 5.18. */
export const retvalHelpers: readonly Helper[] = [
  helper("bpf_get_retval", [], "int", (call) => runOf(call.cpu).retval),
  helper("bpf_set_retval", ["number"], "int", (call, retval) => {
    runOf(call.cpu).retval = retval;
    return 0;
  }),
];

const BASE_NAME = 1;
const LONGEST_VALUE = 4095;
const WRITE = fieldOf(SYSCTL, "write").offset;

/** `copy_sysctl_value`: its length, or -E2BIG for what was cut off; always with a NUL behind. */
function copyOut(call: HelperCall, to: number, size: number, value: Uint8Array | undefined): number {
  const { bytes } = call.memory;
  const at = to >>> 0;
  if (size === 0) return -E2BIG;
  bytes.fill(0, at, at + size);
  if (value === undefined || value.length === 0) return -EINVAL;
  if (size > value.length) {
    bytes.set(value, at);
    return value.length;
  }
  bytes.set(value.subarray(0, size - 1), at);
  return -E2BIG;
}

function getName(call: HelperCall, _context: number, to: number, size: number, flags: number): number {
  const name = runOf(call.cpu).texts.get("name");
  if (name === undefined || (flags & BASE_NAME) === 0) return copyOut(call, to, size, name);
  return copyOut(call, to, size, name.subarray(name.lastIndexOf(SLASH) + 1));
}

const SLASH = 0x2f;

const isWritten = (call: HelperCall): boolean => call.memory.view.getUint32(call.space.contextStart + WRITE, true) !== 0;

function getNew(call: HelperCall, _context: number, to: number, size: number): number {
  if (isWritten(call)) return copyOut(call, to, size, runOf(call.cpu).texts.get("newValue"));
  call.memory.bytes.fill(0, to >>> 0, (to >>> 0) + size);
  return -EINVAL;
}

function setNew(call: HelperCall, _context: number, from: number, size: number): number {
  const { texts } = runOf(call.cpu);
  if (!isWritten(call) || !texts.has("newValue") || size === 0) return -EINVAL;
  if (size > LONGEST_VALUE) return -E2BIG;
  texts.set("newValue", call.memory.bytes.slice(from >>> 0, (from >>> 0) + size));
  return 0;
}

/** Linux 5.2. The names and values are of the event: `name`, `value` and `newValue` of its context. */
export const sysctlHelpers: readonly Helper[] = [
  helper("bpf_sysctl_get_name", ["context", "write", "size", "wide"], "int", getName),
  helper("bpf_sysctl_get_current_value", ["context", "write", "size"], "int", (call, _context, to, size) =>
    copyOut(call, to, size, runOf(call.cpu).texts.get("value")),
  ),
  helper("bpf_sysctl_get_new_value", ["context", "write", "size"], "int", getNew),
  helper("bpf_sysctl_set_new_value", ["context", "read", "size"], "int", setNew),
];

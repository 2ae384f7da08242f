/**
 * Who may sleep, and what a program may be written for: `check_attach_btf_id` and `bpf_check_attach_target` of
 * kernel/bpf/verifier.c, as far as the kernel's types and lists of names tell.
 */

import { attachTarget } from "../memory/attach-target.ts";
import type { Program } from "../program.ts";
import { refuse } from "../refusal.ts";
import {
  DENIED,
  INJECTABLE_AWAKE,
  isDisabledHook,
  isInjectable,
  isSleepableHook,
  MODIFIABLE,
  MODIFIABLE_ASLEEP,
  NEVER_RETURN,
} from "./attach-lists.ts";

/** @throws Refused */
export function checkAttachment(program: Program): void {
  const { type, sleepable, gpl, kernelTypes } = program;
  if (type === "syscall") {
    if (!sleepable) refuse("Syscall programs can only be sleepable", "EINVAL");
    return;
  }
  if (sleepable) checkSleepable(program);
  if (type === "struct_ops" && !gpl) refuse("struct ops programs must have a GPL compatible license", "EINVAL");
  if (type !== "tracing" && type !== "lsm" && type !== "ext") return;
  const name = program.source.target ?? "";
  if (name === "") refuse("Tracing programs must provide btf_id", "EINVAL");
  // What a program of another object has is not known here; what the kernel has, only by its types.
  if (type === "ext" || kernelTypes === null) return;
  if (attachTarget(program) === null) refuse(`the kernel has no ${name} to attach to`, "ENOENT");
  if (type === "lsm") checkHook(program, name);
  else checkFunction(program, name);
}

function checkSleepable({ type, attachType, era }: Program): void {
  if (era < 602) {
    if (type !== "tracing" && type !== "lsm" && type !== "kprobe")
      refuse("Only fentry/fexit/fmod_ret, lsm, and kprobe/uprobe programs can be sleepable", "EINVAL");
    if (type === "lsm" && attachType === "lsm_cgroup") refuse("BPF_LSM_CGROUP programs cannot be sleepable", "EINVAL");
  } else if (!maySleep(type, attachType))
    refuse("Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable", "EINVAL");
}

function maySleep(type: Program["type"], attachType: Program["attachType"]): boolean {
  if (type === "tracing") {
    return (
      attachType === "trace_fentry" ||
      attachType === "trace_fexit" ||
      attachType === "modify_return" ||
      attachType === "trace_iter"
    );
  }
  if (type === "lsm") return attachType !== "lsm_cgroup";
  return type === "kprobe" || type === "struct_ops";
}

function checkHook({ sleepable, era, gpl }: Program, hook: string): void {
  const name = `bpf_lsm_${hook}`;
  if (sleepable && !isSleepableHook(hook, era)) refuse(`${name} is not sleepable`, "EINVAL");
  if (!gpl) refuse("LSM programs must have a GPL compatible license", "EINVAL");
  if (isDisabledHook(hook)) refuse(`${name} points to disabled hook`, "EINVAL");
}

function checkFunction({ attachType, sleepable, era }: Program, name: string): void {
  if (attachType !== "trace_fentry" && attachType !== "trace_fexit" && attachType !== "modify_return") return;
  if (sleepable) {
    const may = (isInjectable(name) && !INJECTABLE_AWAKE.has(name)) || MODIFIABLE_ASLEEP.has(name);
    if (!may) refuse(`${name} is not sleepable`, "EINVAL");
  } else if (attachType === "modify_return") {
    const may = isInjectable(name) || name.startsWith("security_") || MODIFIABLE.has(name) || MODIFIABLE_ASLEEP.has(name);
    if (!may) refuse(`${name}() is not modifiable`, "EINVAL");
  }
  if (DENIED.has(name)) refuse(`Attaching tracing programs to function '${name}' is rejected.`, "EINVAL");
  if (attachType === "trace_fentry" || era < 612 || !NEVER_RETURN.has(name)) return;
  refuse(
    era < 617
      ? "Attaching fexit/fmod_ret to __noreturn functions is rejected."
      : `Attaching fexit/fmod_ret to __noreturn function '${name}' is rejected.`,
    "EINVAL",
  );
}

/**
 * Who may sleep, and what a program may be written for: `check_attach_btf_id` and `bpf_check_attach_target` of
 * kernel/bpf/verifier.c, as far as the kernel's types and lists of names tell.
 */

import type { Btf } from "../../btf/btf.ts";
import type { PrototypeType } from "../../btf/types.ts";
import { attachTarget, structOpsMember } from "../memory/attach-target.ts";
import type { Program } from "../program.ts";
import { refuse } from "../refusal.ts";
import {
  DENIED,
  isDisabledHook,
  isIterated,
  isSleepableHook,
  MODIFIABLE,
  MODIFIABLE_ASLEEP,
  NEVER_RETURN,
  NO_HOOKS,
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
  if (type === "struct_ops") checkMember(program);
  if (type !== "tracing" && type !== "lsm" && type !== "ext") return;
  const name = program.source.target ?? "";
  if (name === "") refuse("Tracing programs must provide btf_id", "EINVAL");
  // What a program of another object has is not known here; what the kernel has, only by its types.
  if (type === "ext" || kernelTypes === null) return;
  const target = attachTarget(program);
  if (target === null) refuse(`the kernel has no ${name} to attach to`, "ENOENT");
  if (program.attachType === "trace_raw_tp") return;
  checkPrototype(kernelTypes, target.name, target.prototype);
  if (program.attachType === "trace_iter") {
    const { iterates = (what) => isIterated(what, program.era) } = program.target;
    if (!iterates(name)) refuse(`there is no iterator over ${name}`, "EINVAL");
  } else if (type === "lsm") checkHook(program, name, kernelTypes);
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

/** Members that only the kernel implements. */
const UNSUPPORTED: ReadonlySet<string> = new Set(["tcp_congestion_ops.get_info"]);

/** `check_struct_ops_btf_id`: a struct that programs may implement is part of one that the kernel wraps around it. */
function checkMember(program: Program): void {
  const { kernelTypes } = program;
  const used = structOpsMember(program.spec, program.source);
  if (kernelTypes === null || used === null) refuse("attach_btf_id 0 is not a supported struct", "ENOTSUPP");
  if (kernelTypes.find(`bpf_struct_ops_${used.struct}`, "struct") === undefined)
    refuse(`attach_btf_id ${kernelTypes.find(used.struct, "struct") ?? 0} is not a supported struct`, "ENOTSUPP");
  if (attachTarget(program) === null) refuse(`attach to invalid member ${used.member} of struct ${used.struct}`, "EINVAL");
  const text = `attach to unsupported member ${used.member} of struct ${used.struct}`;
  if (UNSUPPORTED.has(`${used.struct}.${used.member}`)) refuse(text, "ENOTSUPP");
  // One member of the struct that is there for tests is for programs that sleep.
  if (program.sleepable && used.struct === "bpf_dummy_ops" && used.member !== "test_sleepable") refuse(text, "EINVAL");
}

function checkHook({ sleepable, era, gpl }: Program, hook: string, types: Btf): void {
  const name = `bpf_lsm_${hook}`;
  if (sleepable && !isSleepableHook(hook, era)) refuse(`${name} is not sleepable`, "EINVAL");
  if (!gpl) refuse("LSM programs must have a GPL compatible license", "EINVAL");
  const what = `attach_btf_id ${types.find(name, "function") ?? 0} points to`;
  if (isDisabledHook(hook)) refuse(`${what} disabled hook ${name}`, "EINVAL");
  if (NO_HOOKS.has(hook)) refuse(`${what} wrong type name ${name}`, "EINVAL");
}

function checkFunction({ attachType, sleepable, era }: Program, name: string): void {
  if (attachType !== "trace_fentry" && attachType !== "trace_fexit" && attachType !== "modify_return") return;
  if (sleepable) {
    if (era < 602 || !MODIFIABLE_ASLEEP.has(name)) refuse(`${name} is not sleepable`, "EINVAL");
  } else if (attachType === "modify_return") {
    const may = name.startsWith("security_") || (era >= 602 && (MODIFIABLE.has(name) || MODIFIABLE_ASLEEP.has(name)));
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

/** `MAX_BPF_FUNC_ARGS`: arguments that a trampoline passes on. */
const MOST_ARGUMENTS = 12;
/** Bytes of a struct that is passed in registers. */
const LARGEST_ARGUMENT = 16;

/** `btf_distill_func_proto`. */
function checkPrototype(types: Btf, name: string, { parameters, result, variadic }: PrototypeType): void {
  if (parameters.length > MOST_ARGUMENTS) refuse(`The function ${name} has ${parameters.length} arguments. Too many.`, "EINVAL");
  const returned = result === 0 ? null : types.type(types.resolve(result));
  if (returned !== null && returned.kind !== "pointer" && !isNumber(returned.kind))
    refuse(`The function ${name} return type ${returned.kind.toUpperCase()} is unsupported.`, "EINVAL");
  for (const [index, { type: id }] of parameters.entries()) {
    const type = types.type(types.resolve(id));
    const passed =
      type.kind === "pointer" ||
      isNumber(type.kind) ||
      ((type.kind === "struct" || type.kind === "union") && type.size <= LARGEST_ARGUMENT);
    if (!passed) refuse(`The function ${name} arg${index} type ${type.kind.toUpperCase()} is unsupported.`, "EINVAL");
  }
  if (variadic) refuse(`The function ${name} with variable args is unsupported.`, "EINVAL");
}

function isNumber(kind: string): boolean {
  return kind === "int" || kind === "enum" || kind === "enum64";
}

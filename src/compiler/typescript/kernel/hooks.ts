/** What the kernel's types say of hooks: the structs that programs are given, and parameters of what they are attached to. */

import type { Btf } from "../../../btf/btf.ts";
import type { Parameter } from "../../../btf/types.ts";
import type { Hook } from "../library/hooks.ts";
import type { ValueType } from "../types.ts";
import { readOf } from "./access.ts";
import type { KernelState } from "./state.ts";

/** A struct of the kernel as a program's context; null when there is none of that name, or no types are at hand. */
export function kernelContext({ types }: KernelState, name: string): ValueType | null {
  const to = types?.struct(name) ?? null;
  return to === null ? null : { kind: "kernel", to, read: "direct", nullable: false, embedded: false };
}

/** Types of the positional parameters of a hook, in order; null where there is no such target. */
export function kernelParameters({ types }: KernelState, hook: Hook, target: string): readonly (ValueType | null)[] | null {
  const parameters = types === null ? null : parametersOf(types.btf, hook, target);
  if (types === null || parameters === null) return null;
  return parameters.map(({ type }) => (type === 0 ? null : readOf(types.stored(type), { read: "direct" })));
}

function parametersOf(btf: Btf, { attachType }: Hook, target: string): readonly Parameter[] | null {
  if (attachType === "trace_raw_tp") {
    // `typedef void (*btf_trace_sched_switch)(void *, bool, struct task_struct *, …)`: the first is the tracepoint's own.
    const id = btf.find(`btf_trace_${target}`, "typedef");
    const prototype = id === undefined ? null : btf.type(btf.resolve(id));
    const behind = prototype?.kind === "pointer" ? btf.type(btf.resolve(prototype.type)) : null;
    return behind?.kind === "prototype" ? behind.parameters.slice(1) : null;
  }
  const name = attachType === "lsm_mac" || attachType === "lsm_cgroup" ? `bpf_lsm_${target}` : target;
  const id = btf.find(name, "function");
  const fn = id === undefined ? null : btf.type(id);
  const prototype = fn?.kind === "function" ? btf.type(fn.type) : null;
  if (prototype?.kind !== "prototype") return null;
  const { parameters, result } = prototype;
  return attachType === "trace_fexit" && result !== 0 ? [...parameters, { name: "", type: result }] : parameters;
}

/**
 * What a program is verified for: a function, a tracepoint or an interface of the kernel, by its number among the kernel's types
 * (`attach_btf_id`). libbpf.c: `libbpf_find_attach_btf_id`.
 */

import type { Btf } from "../../../btf/btf.ts";
import type { BtfKind } from "../../../btf/format.ts";
import { nearest } from "../../../nearest.ts";
import type { ProgramSpec } from "../../../object/spec.ts";
import { AttachError, FeatureError } from "../../errors.ts";
import type { Kernel } from "../kernel.ts";

export interface AttachTarget {
  readonly id: number;
  /** The module whose types it is of; null: the kernel's own. */
  readonly module: string | null;
}

/** `BTF_TRACE_PREFIX`, `BTF_LSM_PREFIX`, `BTF_ITER_PREFIX` of linux/btf_ids.h: what the kernel puts before a hook's name. */
const PREFIX: Readonly<Record<string, readonly [prefix: string, kind: BtfKind]>> = {
  trace_raw_tp: ["btf_trace_", "typedef"],
  lsm_mac: ["bpf_lsm_", "function"],
  lsm_cgroup: ["bpf_lsm_", "function"],
  trace_iter: ["bpf_iter_", "function"],
};

/** Null for programs that have no such target. @throws AttachError, FeatureError */
export function attachTarget(kernel: Kernel, program: ProgramSpec): AttachTarget | null {
  if (program.type !== "tracing" && program.type !== "lsm") return null;
  const { vmlinux } = kernel.types;
  const what = `program ${program.name}`;
  if (vmlinux === null)
    throw new FeatureError("BTF", "5.4", `${what}: it is attached by the kernel's types, and this kernel does not tell them`);
  const target = program.target ?? "";
  if (target === "") throw new AttachError(`${what}: its section names no target: expected ${program.section}/NAME`);
  // fentry/MODULE:FUNCTION
  const [module, function_] = target.includes(":")
    ? [target.slice(0, target.indexOf(":")), target.slice(target.indexOf(":") + 1)]
    : [null, target];
  const [prefix, kind] = PREFIX[program.attachType ?? ""] ?? ["", "function" as const];
  const name = prefix + function_;
  const own = module === null || module === "vmlinux" ? vmlinux.find(name, kind) : undefined;
  if (own !== undefined) return { id: own, module: null };
  for (const candidate of module === null ? kernel.types.modules : module === "vmlinux" ? [] : [module]) {
    const id = kernel.types.module(candidate)?.find(name, kind);
    if (id !== undefined) return { id, module: candidate };
  }
  const near = nearest(name, namesOf(vmlinux, kind, prefix));
  const meant = near === null ? "" : `; did you mean ${near.slice(prefix.length)}?`;
  throw new AttachError(`${what} (${program.section}): this kernel has no such target${meant}`);
}

function* namesOf(types: Btf, kind: BtfKind, prefix: string): Generator<string> {
  for (const id of types.ids(kind)) {
    const name = types.name(id);
    if (name.startsWith(prefix)) yield name;
  }
}

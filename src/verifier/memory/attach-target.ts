/** The kernel function, tracepoint, hook or member that a program is written for: what its arguments are. */

import type { Btf } from "../../btf/btf.ts";
import type { Parameter, PrototypeType } from "../../btf/types.ts";
import type { Program } from "../program.ts";

export interface AttachTarget {
  /** As the kernel's messages call it. */
  readonly name: string;
  readonly btf: Btf;
  readonly prototype: PrototypeType;
  /** Without the data pointer that tracepoints have first. */
  readonly parameters: readonly Parameter[];
  /** struct_ops: parameters of the function that stands in for the member, whose names say more. Else null. */
  readonly stub: readonly Parameter[] | null;
}

/** Null when the kernel's types do not have it, or nobody has them. */
export function attachTarget(program: Program): AttachTarget | null {
  let target = known.get(program);
  if (target === undefined) {
    target = find(program);
    known.set(program, target);
  }
  return target;
}

const known = new WeakMap<Program, AttachTarget | null>();

function find(program: Program): AttachTarget | null {
  const btf = program.kernelTypes;
  const name = program.source.target ?? "";
  if (btf === null) return null;
  if (program.type === "struct_ops") return member(program, btf);
  if (program.type === "lsm") return functionTarget(btf, `bpf_lsm_${name}`);
  if (program.type !== "tracing") return null;
  switch (program.attachType) {
    case "trace_raw_tp":
      return tracepoint(btf, name);
    case "trace_iter":
      return functionTarget(btf, `bpf_iter_${name}`);
    default:
      return functionTarget(btf, name);
  }
}

function functionTarget(btf: Btf, name: string): AttachTarget | null {
  const id = btf.find(name, "function");
  const type = id === undefined ? null : btf.type(id);
  if (type?.kind !== "function") return null;
  const prototype = btf.type(type.type);
  return prototype.kind === "prototype" ? { name, btf, prototype, parameters: prototype.parameters, stub: null } : null;
}

/** `typedef void (*btf_trace_NAME)(void *__data, …)`. */
function tracepoint(btf: Btf, name: string): AttachTarget | null {
  const id = btf.find(`btf_trace_${name}`, "typedef");
  const prototype = id === undefined ? null : behindPointer(btf, id);
  return prototype === null ? null : { name, btf, prototype, parameters: prototype.parameters.slice(1), stub: null };
}

/** What a program of struct_ops implements; null when no map of the object says. */
export function structOpsMember(
  spec: Pick<Program["spec"], "maps">,
  source: { readonly name?: string },
): { readonly struct: string; readonly member: string } | null {
  for (const { structOps } of spec.maps) {
    const used = structOps?.functions.find((entry) => entry.program === source.name);
    // A flavour (`tcp_congestion_ops___old`) is the same struct to the kernel.
    if (structOps !== undefined && used !== undefined) {
      return { struct: structOps.typeName.replace(/___.*$/, ""), member: used.member };
    }
  }
  return null;
}

function member(program: Program, btf: Btf): AttachTarget | null {
  const used = structOpsMember(program.spec, program.source);
  const id = used === null ? undefined : btf.find(used.struct, "struct");
  const struct = id === undefined ? null : btf.type(id);
  if (used === null || struct?.kind !== "struct") return null;
  const found = struct.members.find(({ name }) => name === used.member);
  const prototype = found === undefined ? null : behindPointer(btf, found.type);
  if (prototype === null) return null;
  const stub = functionTarget(btf, `${used.struct}__${used.member}`);
  return { name: used.member, btf, prototype, parameters: prototype.parameters, stub: stub?.parameters ?? null };
}

function behindPointer(btf: Btf, id: number): PrototypeType | null {
  const pointer = btf.type(btf.resolve(id));
  if (pointer.kind !== "pointer") return null;
  const prototype = btf.type(btf.resolve(pointer.type));
  return prototype.kind === "prototype" ? prototype : null;
}

/** What a kernel function wants of an argument, as its types and the suffixes of its parameters' names say (`get_kfunc_ptr_arg_type`). */

import type { Btf } from "../../btf/btf.ts";
import type { Parameter } from "../../btf/types.ts";
import { isNull } from "../calls/arguments.ts";
import { refuse } from "../refusal.ts";
import {
  BASE_TYPE,
  CONST_PTR_TO_MAP,
  PTR_TO_BTF_ID,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  SCALAR,
} from "../state/types.ts";
import { isContextType } from "../walk/context-types.ts";
import type { Walk } from "../walk/walk.ts";
import type { KfuncCall } from "./call.ts";

export type KfuncArgumentKind =
  | "context"
  | "null"
  | "allocated"
  | "refcounted"
  | "dynptr"
  | "iterator"
  | "list-head"
  | "list-node"
  | "rb-root"
  | "rb-node"
  | "string"
  | "map"
  | "work-queue"
  | "timer"
  | "task-work"
  | "irq-flag"
  | "res-spin-lock"
  | "object"
  | "callback"
  | "memory-and-size"
  | "memory";

/** Structs that are what their name says. */
const BY_STRUCT: Readonly<Record<string, KfuncArgumentKind>> = {
  bpf_dynptr: "dynptr",
  bpf_list_head: "list-head",
  bpf_list_node: "list-node",
  bpf_rb_root: "rb-root",
  bpf_rb_node: "rb-node",
  bpf_wq: "work-queue",
  bpf_task_work: "task-work",
  bpf_res_spin_lock: "res-spin-lock",
};

/** Types of pointers of which the kernel knows the struct (`reg2btf_ids`). */
const STRUCTS: ReadonlyMap<number, string> = new Map([
  [PTR_TO_SOCKET, "sock"],
  [PTR_TO_SOCK_COMMON, "sock_common"],
  [PTR_TO_TCP_SOCK, "tcp_sock"],
  [CONST_PTR_TO_MAP, "bpf_map"],
]);

/** Name of the struct that a pointer which is no PTR_TO_BTF_ID points at all the same. */
export function structOf(type: number): string | undefined {
  return STRUCTS.get(type & BASE_TYPE);
}

export function hasSuffix(parameter: Parameter | undefined, suffix: string): boolean {
  const name = parameter?.name ?? "";
  return name.length > suffix.length && name.endsWith(suffix);
}

export function isScalarType(btf: Btf, id: number): boolean {
  const kind = btf.kind(btf.resolve(id));
  return kind === "int" || kind === "enum" || kind === "enum64";
}

/** The pointer's target, resolved. */
export function pointee(btf: Btf, id: number): number {
  return btf.resolve(pointed(btf, id));
}

/** The pointer's target, as it is written. */
function pointed(btf: Btf, id: number): number {
  const type = btf.type(btf.resolve(id));
  return type.kind === "pointer" ? type.type : 0;
}

/** @param at of the argument, from 0. It is a pointer. */
export function kindOf(walk: Walk, call: KfuncCall, at: number): KfuncArgumentKind {
  const { btf, parameters } = call;
  const parameter = parameters[at]!;
  const reg = walk.reg(at + 1);
  const target = pointee(btf, parameter.type);
  const name = btf.name(target);
  const kind = btf.kind(target);
  if (call.name === "bpf_cast_to_kern_ctx" || isContextType(walk.program, btf, pointed(btf, parameter.type))) return "context";
  const next = parameters[at + 1];
  const sized =
    next !== undefined &&
    isScalarType(btf, next.type) &&
    walk.reg(at + 2).type === SCALAR &&
    (hasSuffix(next, "__sz") || hasSuffix(next, "__szk"));
  if (hasSuffix(parameter, "__nullable") && isNull(reg) && !sized) return "null";
  if (hasSuffix(parameter, "__alloc")) return "allocated";
  if (hasSuffix(parameter, "__refcounted_kptr")) return "refcounted";
  if (kind === "struct" && name === "bpf_dynptr") return "dynptr";
  const { flags } = call;
  if (((flags.iteratorNew || flags.iteratorNext || flags.iteratorDestroy) && at === 0) || hasSuffix(parameter, "__iter"))
    return "iterator";
  const special = kind === "struct" ? BY_STRUCT[name] : undefined;
  if (
    special !== undefined &&
    special !== "dynptr" &&
    special !== "work-queue" &&
    special !== "task-work" &&
    special !== "res-spin-lock"
  )
    return special;
  if (hasSuffix(parameter, "__str")) return "string";
  if (hasSuffix(parameter, "__map")) return "map";
  if (special !== undefined) return special;
  if (hasSuffix(parameter, "__irq_flag")) return "irq-flag";
  const base = reg.type & BASE_TYPE;
  if (base === PTR_TO_BTF_ID || STRUCTS.has(base)) {
    if (kind !== "struct" && kind !== "union")
      refuse(`kernel function ${call.name} args#${at} pointer type ${spellKind(kind)} ${name} is not supported`, "EINVAL");
    return "object";
  }
  if (kind === "prototype") return "callback";
  if (!isPlain(btf, target, 0) && !(sized && kind === "void"))
    refuse(
      `arg#${at} pointer type ${spellKind(kind)} ${name} must point to ${sized ? "void, " : ""}scalar, or struct with scalar`,
      "EINVAL",
    );
  return sized ? "memory-and-size" : "memory";
}

/** `btf_type_str`. */
export function spellKind(kind: string): string {
  const names: Readonly<Record<string, string>> = {
    void: "UNKN",
    pointer: "PTR",
    struct: "STRUCT",
    union: "UNION",
    int: "INT",
    enum: "ENUM",
    enum64: "ENUM64",
    array: "ARRAY",
    forward: "FWD",
    function: "FUNC",
    prototype: "FUNC_PROTO",
    float: "FLOAT",
  };
  return names[kind] ?? kind.toUpperCase();
}

/** A number, or a struct of nothing but numbers, four deep at most (`__btf_type_is_scalar_struct`). */
export function isPlain(btf: Btf, id: number, depth: number): boolean {
  if (depth === 0 && isScalarType(btf, id)) return true;
  const type = btf.type(btf.resolve(id));
  if (type.kind !== "struct" && type.kind !== "union") return false;
  return type.members.every((member) => {
    const inner = btf.type(btf.resolve(member.type));
    if (inner.kind === "struct" || inner.kind === "union") return depth < 3 && isPlain(btf, inner.id, depth + 1);
    if (inner.kind === "array") return inner.length > 0 && isScalarType(btf, inner.element);
    return isScalarType(btf, inner.id);
  });
}

/**
 * What programs are given at hooks whose types the kernel's BTF has: tracepoints (`btf_trace_NAME`), functions, LSM hooks
 * (`bpf_lsm_NAME`), iterators (`bpf_iter__NAME`).
 */

import { INTS, typeName, type ValueType } from "../types.ts";
import { readOf } from "./access.ts";
import { type KernelMember, type KernelStored, type KernelStruct, type KernelTypes, sizeOfKernel } from "./structs.ts";

/** Hooks whose programs have the parameters of a function, by the name of their section. */
export const TYPED_SECTIONS = ["tp_btf", "fentry", "fexit", "fmod_ret", "lsm", "lsm_cgroup"] as const;
export type TypedSection = (typeof TYPED_SECTIONS)[number];

export interface KernelParameter {
  readonly name: string;
  readonly type: ValueType;
  /** Which of the context's words it begins in; a struct passed by value may take two. */
  readonly word: number;
}

export interface KernelSignature {
  readonly parameters: readonly KernelParameter[];
  /** What the function returns; null when that is nothing. */
  readonly result: ValueType | null;
}

/** The parameters of programs at a target; null when the kernel has none of that name. */
export function signatureOf(types: KernelTypes, section: TypedSection, target: string): KernelSignature | null {
  const { btf } = types;
  if (section === "tp_btf") {
    const typedef = btf.find(`btf_trace_${target}`, "typedef");
    const pointer = typedef === undefined ? null : btf.type(btf.resolve(typedef));
    if (pointer?.kind !== "pointer") return null;
    // Its parameters have no names, those of the function that calls programs do. The first is what was registered, which programs do not get.
    const caller = functionNamed(types, `__traceiter_${target}`);
    const named = caller === null ? null : prototype(types, caller, 1, "none");
    const own = prototype(types, pointer.type, 1, "none");
    return named !== null && named.parameters.length === own?.parameters.length ? named : own;
  }
  const name = section === "lsm" || section === "lsm_cgroup" ? `bpf_lsm_${target}` : target;
  const id = functionNamed(types, name);
  return id === null ? null : prototype(types, id, 0, section === "fentry" ? "none" : "last");
}

/** A function that a member of a struct points to: what programs in its place are given, and its types as declared. */
export interface MemberSignature extends KernelSignature {
  readonly declared: {
    readonly parameters: readonly { readonly name: string; readonly stored: KernelStored }[];
    /** Null: nothing. */
    readonly result: KernelStored | null;
  };
}

/**
 * The function of a member; null when it is none. What stands in for it in the kernel, `STRUCT__MEMBER`, has names for its parameters, and says
 * by them what may be null.
 */
export function memberSignature(types: KernelTypes, struct: KernelStruct, member: KernelMember): MemberSignature | null {
  const id = member.declared === null ? null : pointedPrototype(types, member.declared);
  if (id === null) return null;
  const own = types.btf.type(id);
  const signature = prototype(types, id, 0, "none");
  if (own.kind !== "prototype" || signature === null) return null;
  const stub = functionNamed(types, `${struct.name}__${member.name}`);
  const stubbed = stub === null ? null : types.btf.type(stub);
  const names = stubbed?.kind === "prototype" ? stubbed.parameters.map(({ name }) => name) : [];
  return {
    ...signature,
    parameters: signature.parameters.map((parameter, index): KernelParameter => {
      const [, name = parameter.name, nullable] = /^(.*?)(__nullable)?$/.exec(names[index] ?? parameter.name) ?? [];
      const { type } = parameter;
      return { ...parameter, name, type: nullable !== undefined && type.kind === "kernel" ? { ...type, nullable: true } : type };
    }),
    declared: {
      parameters: own.parameters.map(({ name, type }) => ({ name, stored: types.stored(type) })),
      result: own.result === 0 ? null : types.stored(own.result),
    },
  };
}

function pointedPrototype({ btf }: KernelTypes, id: number): number | null {
  const pointer = btf.type(btf.resolve(id));
  if (pointer.kind !== "pointer") return null;
  const target = btf.resolve(pointer.type);
  return btf.type(target).kind === "prototype" ? target : null;
}

/** The id of a function's prototype; null when there is none of that name. */
function functionNamed({ btf }: KernelTypes, name: string): number | null {
  const id = btf.find(name, "function");
  const fn = id === undefined ? null : btf.type(id);
  return fn?.kind === "function" ? fn.type : null;
}

/** @param result `last`: programs get what was returned, or would be, as one more parameter */
function prototype(types: KernelTypes, id: number, skip: number, result: "none" | "last"): KernelSignature | null {
  const type = types.btf.type(id);
  if (type.kind !== "prototype") return null;
  const parameters: KernelParameter[] = [];
  let word = 0;
  const taken = new Set<string>();
  for (const [index, parameter] of type.parameters.slice(skip).entries()) {
    const stored = types.stored(parameter.type);
    let name = parameter.name === "" ? `argument${index}` : parameter.name;
    while (taken.has(name)) name = `${name}_`;
    taken.add(name);
    parameters.push({ name, type: argument(stored), word });
    word += Math.max(1, Math.ceil(sizeOfKernel(stored) / 8));
  }
  const returned = type.result === 0 ? null : argument(types.stored(type.result));
  if (result === "last" && returned !== null)
    parameters.push({ name: taken.has("result") ? "returned" : "result", type: returned, word });
  return { parameters, result: returned };
}

/** What arrives in a word: a number, or a pointer that the verifier knows. Of a struct passed by value, its first 8 bytes; its only member, as in `kuid_t`. */
function argument(stored: KernelStored): ValueType {
  if (stored.kind === "kernel-struct") {
    const [only, more] = stored.members;
    return only?.type.kind === "int" && more === undefined ? only.type : INTS.u64;
  }
  return (stored.kind === "kernel-array" ? null : readOf(stored, { read: "direct" })) ?? INTS.u64;
}

/** As a person writes it: `(preempt: bool, prev: task_struct)`. */
export function signatureText({ parameters }: KernelSignature): string {
  return `(${parameters.map(({ name, type }) => `${name}: ${typeName(type)}`).join(", ")})`;
}

/** The struct that a program of an iterator, or of netfilter, is given; null when the kernel has none. */
export function contextOf(types: KernelTypes, name: string): ValueType | null {
  const to = types.struct(name);
  return to === null ? null : { kind: "kernel", to, read: "direct", nullable: false, embedded: false };
}

/** Names that a hook can be attached to, for suggestions. */
export function targetsOf({ btf }: KernelTypes, section: TypedSection | "iter"): string[] {
  const names: string[] = [];
  const [kind, prefix] =
    section === "tp_btf"
      ? (["typedef", "btf_trace_"] as const)
      : section === "iter"
        ? (["struct", "bpf_iter__"] as const)
        : (["function", section === "lsm" || section === "lsm_cgroup" ? "bpf_lsm_" : ""] as const);
  for (const id of btf.ids(kind)) {
    const name = btf.name(id);
    // `bpf_iter__task__safe_trusted` is the verifier's.
    if (name.startsWith(prefix) && !name.slice(prefix.length).includes("__")) names.push(name.slice(prefix.length));
  }
  return names;
}

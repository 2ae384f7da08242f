/** What a global function takes, by its types and their `arg:` tags: it is walked by itself, for any arguments like these. */

import type { Btf } from "../../btf/btf.ts";
import { declTags } from "../prepare/decl-tags.ts";
import type { Program } from "../program.ts";
import { refuse } from "../refusal.ts";
import { MEM_RDONLY, PTR_MAYBE_NULL, PTR_TRUSTED, PTR_UNTRUSTED } from "../state/types.ts";
import { checkContextTag, isContextType } from "./context-types.ts";

/** One argument. `flags` as registers have them. */
export type SignatureArgument =
  | { readonly kind: "scalar" | "context" | "dynptr" | "arena" }
  | { readonly kind: "memory"; readonly flags: number; readonly size: number }
  /** A kernel object; `id` in the kernel's types. */
  | { readonly kind: "object"; readonly flags: number; readonly id: number };

/** Arguments in registers. */
const MOST_ARGUMENTS = 5;
/** Tags and the first kernel that has each. */
const TAGS: Readonly<Record<string, number>> = {
  ctx: 608,
  nonnull: 608,
  nullable: 608,
  trusted: 608,
  arena: 609,
  untrusted: 617,
};

/**
 * The arguments of subprogram `index`, which is global (`btf_prepare_func_args`).
 * @throws Refused when it cannot be called from anywhere.
 */
export function signatureOf(program: Program, index: number): readonly SignatureArgument[] {
  const { types } = program;
  const { func, name } = program.subprograms[index]!;
  if (types === null || func === 0) refuse("Global functions need valid BTF", "EFAULT");
  const declared = types.type(func);
  if (declared.kind !== "function") refuse(`BTF of func#${index} doesn't point to KIND_FUNC`, "EFAULT");
  const prototype = types.type(declared.type);
  if (prototype.kind !== "prototype") refuse(`Invalid type of function ${name}()`, "EFAULT");
  const { parameters } = prototype;
  if (parameters.length > MOST_ARGUMENTS)
    refuse(`Global function ${name}() with ${parameters.length} > ${MOST_ARGUMENTS} args. Buggy compiler.`, "EINVAL");
  const result = types.kind(types.resolve(prototype.result));
  if (!isNumber(result)) refuse(`Global function ${name}() doesn't return scalar. Only those are supported.`, "EINVAL");
  return parameters.map(({ type }, at) => argumentOf(program, types, func, name, at, type));
}

function isNumber(kind: string): boolean {
  return kind === "int" || kind === "enum" || kind === "enum64";
}

function argumentOf(program: Program, types: Btf, func: number, name: string, at: number, typeId: number): SignatureArgument {
  const { era } = program;
  const tags = era >= 608 ? declTags(types, func, at, "arg:") : [];
  for (const tag of tags) {
    const since = TAGS[tag];
    if (since === undefined || era < since) refuse(`arg#${at} has unsupported set of tags`, "EOPNOTSUPP");
  }
  const type = types.type(types.resolve(typeId));
  if (type.kind === "pointer") return pointerArgument(program, types, at, type.type, tags);
  if (tags.length > 0) refuse(`arg#${at} has pointer tag, but is not a pointer type`, "EINVAL");
  if (isNumber(type.kind)) return { kind: "scalar" };
  return refuse(`Arg#${at} type ${type.kind.toUpperCase()} in ${name}() is not supported yet.`, "EINVAL");
}

function pointerArgument(program: Program, types: Btf, at: number, pointee: number, tags: readonly string[]): SignatureArgument {
  const has = (tag: string) => tags.includes(tag);
  const only = (...allowed: readonly string[]) => tags.every((tag) => allowed.includes(tag));
  const invalid = (): never => refuse(`arg#${at} has invalid combination of tags`, "EINVAL");
  const target = types.resolve(pointee);
  if (has("ctx") || isContextType(program, types, pointee)) {
    if (!only("ctx")) invalid();
    if (has("ctx")) checkContextTag(program, types, at, pointee);
    return { kind: "context" };
  }
  if (types.kind(target) === "struct" && types.name(target) === "bpf_dynptr") {
    if (tags.length > 0) invalid();
    return { kind: "dynptr" };
  }
  if (has("trusted")) {
    if (has("nonnull")) invalid();
    return {
      kind: "object",
      flags: PTR_TRUSTED | (has("nullable") ? PTR_MAYBE_NULL : 0),
      id: kernelStruct(program, types, target, at),
    };
  }
  if (has("untrusted")) {
    if (!only("untrusted")) invalid();
    const kind = types.kind(target);
    if (kind === "struct" || kind === "union")
      return { kind: "object", flags: PTR_UNTRUSTED, id: kernelStruct(program, types, target, at) };
    return { kind: "memory", flags: MEM_RDONLY | PTR_UNTRUSTED, size: 0 };
  }
  if (has("arena")) {
    if (!only("arena")) refuse(`arg#${at} arena cannot be combined with any other tags`, "EINVAL");
    return { kind: "arena" };
  }
  if (has("nullable")) invalid();
  return { kind: "memory", flags: has("nonnull") ? 0 : PTR_MAYBE_NULL, size: sizeOf(types, target, at) };
}

function sizeOf(types: Btf, type: number, at: number): number {
  const { kind } = types.type(type);
  // What BTF gives a size; void, functions and forward declarations have none.
  if (kind !== "void" && kind !== "function" && kind !== "prototype" && kind !== "forward") return types.sizeOf(type);
  return refuse(`arg#${at} reference type('${spell(kind)} ${types.name(type)}') size cannot be determined: -22`, "EINVAL");
}

/** `btf_type_str` of what has no size. */
function spell(kind: string): string {
  const names: Readonly<Record<string, string>> = { void: "UNKNOWN", function: "FUNC", prototype: "FUNC_PROTO", forward: "FWD" };
  return names[kind] ?? kind.toUpperCase();
}

function kernelStruct(program: Program, types: Btf, type: number, at: number): number {
  const kernel = program.kernelTypes;
  const name = types.name(type).replace(/___.*$/, "");
  const { kind } = types.type(type);
  if (kind !== "struct" && kind !== "union") refuse(`arg#${at} type ${name} is not a struct`, "EINVAL");
  const id = kernel?.find(name, kind);
  return id ?? refuse(`arg#${at} type ${name} is not found in kernel's types`, "ENOENT");
}

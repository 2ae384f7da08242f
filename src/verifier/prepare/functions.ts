/** Where a program's functions begin: `add_subprog_and_kfunc` of kernel/bpf/verifier.c, and what BTF says of them. */

import type { ProgramSpec } from "../../object/spec.ts";
import type { Code, Subprogram } from "../program.ts";
import { refuse } from "../refusal.ts";
import { CALL, LD_IMM64, PSEUDO_CALL, PSEUDO_FUNC, PSEUDO_KFUNC_CALL } from "../shape/opcodes.ts";
import { declTags } from "./decl-tags.ts";
import type { ProgramTypes } from "./types.ts";

/** `BPF_MAX_SUBPROGS`. */
const MOST_SUBPROGRAMS = 256;

/**
 * Function information goes along when every function has a type; loaders leave it away otherwise, and so must what
 * depends on it (callbacks, global functions).
 */
export function functionTypes(source: ProgramSpec, types: ProgramTypes | null): ProgramSpec["functions"] | null {
  if (types === null || source.functions.length === 0) return null;
  return source.functions.every(({ type }) => type !== 0) ? source.functions : null;
}

/** `check_btf_func_early`: before anything is looked for in the code. */
export function checkFunctionTypes(functions: ProgramSpec["functions"], { btf }: ProgramTypes): void {
  let previous = 0;
  for (const [index, { slot, type }] of functions.entries()) {
    if (index === 0 && slot !== 0) refuse(`nonzero insn_off ${slot} for the first func info record`, "EINVAL");
    if (index > 0 && slot <= previous)
      refuse(`same or smaller insn offset (${slot}) than previous func info record (${previous})`, "EINVAL");
    if (type >= btf.count || btf.kind(type) !== "function") refuse(`invalid type id ${type} in func info`, "EINVAL");
    previous = slot;
  }
}

/**
 * Finds the functions in the order in which the kernel meets them, so that it is the same one that is too many.
 *
 * @param kfunc is called for every call of a kernel function, between the others.
 */
export function findSubprograms(
  code: Code,
  functions: ProgramSpec["functions"] | null,
  types: ProgramTypes | null,
  era: number,
  kfunc: (slot: number) => void,
): Subprogram[] {
  const starts = new Set<number>([0]);
  const { length, opcode, src, imm } = code;
  const add = (start: number, slot: number): void => {
    if (start >= length || start < 0) refuse("call to invalid destination", "EINVAL", slot);
    if (starts.has(start)) return;
    if (starts.size >= MOST_SUBPROGRAMS) refuse("too many subprograms", "E2BIG", slot);
    starts.add(start);
  };
  for (let slot = 0; slot < length; slot++) {
    const operation = opcode[slot]!;
    if (operation === CALL) {
      const kind = src[slot]!;
      if (kind === PSEUDO_CALL) add(slot + imm[slot]! + 1, slot);
      else if (kind === PSEUDO_KFUNC_CALL) kfunc(slot);
    } else if (operation === LD_IMM64 && src[slot] === PSEUDO_FUNC) add(slot + imm[slot]! + 1, slot);
  }
  const callback = exceptionCallback(functions, types, era);
  if (callback !== null) add(callback, callback);

  const sorted = [...starts].sort((a, b) => a - b);
  return sorted.map((start, index) => {
    const info = functions?.find(({ slot }) => slot === start);
    const type = info === undefined || types === null ? undefined : types.btf.type(info.type);
    const linkage = type?.kind === "function" ? type.linkage : "static";
    return { index, start, end: sorted[index + 1] ?? length, name: type?.name ?? "", func: info?.type ?? 0, linkage };
  });
}

/** The slot of the function that a tag of the main program says takes exceptions, or null. Since 6.7. */
export function exceptionCallback(
  functions: ProgramSpec["functions"] | null,
  types: ProgramTypes | null,
  era: number,
): number | null {
  const [main] = functions ?? [];
  if (era < 607 || main === undefined || functions === null || types === null) return null;
  const { btf } = types;
  const names = declTags(btf, main.type, -1, "exception_callback:");
  const [name] = names;
  if (name === undefined) return null;
  if (names.length > 1) refuse("multiple exception callback tags for main subprog", "EINVAL");
  const id = btf.find(name, "function");
  if (id === undefined) refuse(`exception callback '${name}' could not be found in BTF`, "ENOENT");
  const type = btf.type(id);
  if (type.kind !== "function" || type.linkage !== "global")
    refuse(`exception callback '${name}' must have global linkage`, "EINVAL");
  const info = functions.findLast((candidate) => candidate.type === id);
  if (info === undefined) refuse("exception callback type id not found in func_info", "EINVAL");
  if (info.slot === 0) refuse("invalid exception callback insn_off in func_info: 0", "EINVAL");
  return info.slot;
}

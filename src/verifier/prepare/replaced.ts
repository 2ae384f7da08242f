/**
 * An `ext` program is verified as a program of the type whose function it replaces (`resolve_prog_type`). Which program that is, only the loader
 * knows; the context that its own signature names tells the type.
 */

import type { Btf } from "../../btf/btf.ts";
import type { ProgramSpec } from "../../object/spec.ts";
import type { AttachType } from "../../uapi/attach-types.ts";
import type { ProgramType } from "../../uapi/program-types.ts";

const TYPES: Readonly<Record<string, readonly [ProgramType, AttachType | null]>> = {
  xdp_md: ["xdp", "xdp"],
  __sk_buff: ["sched_cls", null],
};

/** What a program is judged as: itself, but for `ext` programs that are given a context of a known type. */
export function judgedAs(
  { type, functions }: ProgramSpec,
  attachType: AttachType | null,
  types: Btf | null,
): readonly [ProgramType, AttachType | null] {
  const id = functions[0]?.type ?? 0;
  const own = [type, attachType] as const;
  if (type !== "ext" || types === null || id === 0 || id >= types.count) return own;
  const fn = types.type(id);
  const prototype = fn.kind === "function" ? types.type(fn.type) : fn;
  const [first] = prototype.kind === "prototype" ? prototype.parameters : [];
  const pointer = first === undefined ? null : types.type(types.resolve(first.type));
  return (pointer?.kind === "pointer" ? TYPES[types.name(types.resolve(pointer.type))] : undefined) ?? own;
}

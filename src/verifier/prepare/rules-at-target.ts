/** What holds for a program beyond its type, because of what it attaches to. */

import { attachTarget } from "../memory/attach-target.ts";
import type { Program } from "../program.ts";
import type { ProgramRules } from "../target.ts";
import { hookReturns } from "../targets/attach-targets.ts";

/** What of the rules depends on the hook, or on the member of a struct: what is returned. */
export function rulesAtTarget(program: Program): ProgramRules {
  const { rules, type, attachType, era } = program;
  if (type !== "lsm" && type !== "struct_ops") return rules;
  const target = attachTarget(program);
  if (target === null) return rules;
  const nothing = target.prototype.result === 0;
  if (type === "struct_ops") return nothing ? { ...rules, returnsVoid: true } : rules;
  // A program of a cgroup that stands at a hook which returns nothing cannot refuse.
  if (attachType === "lsm_cgroup") return nothing ? { ...rules, returns: { min: 1, max: 1 } } : rules;
  if (nothing) return { ...rules, returnsVoid: true };
  return { ...rules, returns: hookReturns(era, program.source.target ?? "") };
}

/** All rules, in the order in which they are asked; and what is said of a text that none of them knows. */

import type { Case } from "../case.ts";
import { ARGUMENT_RULES } from "./arguments.ts";
import { BOUNDS_RULES } from "./bounds.ts";
import { CALL_RULES } from "./calls.ts";
import { CONTEXT_RULES } from "./context.ts";
import { LOADING_RULES } from "./loading.ts";
import { MEMORY_RULES } from "./memory.ts";
import { PACKET_RULES } from "./packets.ts";
import { POLICY_RULES } from "./policy.ts";
import { REGION_RULES } from "./regions.ts";
import { REGISTER_RULES } from "./registers.ts";
import { RESOURCE_RULES } from "./resources.ts";
import { blamed, type Finding, type Rule } from "./rule.ts";
import { SIZE_RULES } from "./sizes.ts";
import { STACK_RULES } from "./stack.ts";
import { STRUCTURE_RULES } from "./structure.ts";

const RULES: readonly Rule[] = [
  ...PACKET_RULES,
  ...BOUNDS_RULES,
  ...SIZE_RULES,
  ...MEMORY_RULES,
  ...STACK_RULES,
  ...CONTEXT_RULES,
  ...RESOURCE_RULES,
  ...REGION_RULES,
  ...ARGUMENT_RULES,
  ...REGISTER_RULES,
  ...CALL_RULES,
  ...STRUCTURE_RULES,
  ...LOADING_RULES,
  ...POLICY_RULES,
];

/** The first rule that knows a line of the verdict, the first line first. */
export function ruleFor(verdict: readonly string[]): { readonly rule: Rule; readonly match: RegExpExecArray } | null {
  for (const line of verdict) {
    for (const rule of RULES) {
      const match = rule.pattern.exec(line.trim());
      if (match !== null) return { rule, match };
    }
  }
  return null;
}

/** What is said where no rule knows the text: new ones, and none. */
export function codeOfUnknown(verdict: readonly string[]): string {
  return verdict.length === 0 ? "silent" : "unknown";
}

/** What there is to say of a text that is new. */
export function unknown(one: Case): Finding {
  const text = one.verdict.join("; ");
  const register = blamed(text);
  return {
    problem: text === "" ? "the program is refused, and the log does not say why" : text,
    reason:
      text === ""
        ? "The log may have been cut: ask for it again with a larger buffer."
        : "The verifier's own words; this text is not in Skep's table.",
    blame: register,
  };
}

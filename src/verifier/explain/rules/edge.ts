/** Fixes on one side of a branch: other paths to the same place stay as they are. */

import type { Case } from "../case.ts";
import type { Step } from "../log/path.ts";
import type { Fix } from "./rule.ts";

/** The last branch of the path at which `holds` is true, and the step after it; null when there is none. */
export function lastBranch(one: Case, holds: (step: Step) => boolean): { readonly branch: Step; readonly taken: boolean } | null {
  let next = one.step;
  for (let step = one.step?.previous ?? null; step !== null; next = step, step = step.previous) {
    const { kind, jump } = step.instruction;
    if (kind !== "jump" || jump === null || jump === 0 || step.frame !== 0 || !holds(step)) continue;
    return { branch: step, taken: next?.slot === step.slot + 1 + jump };
  }
  return null;
}

/** `code` where this path leaves the branch. It must not need r0 to r5 afterwards. */
export function onEdge({ branch, taken }: { readonly branch: Step; readonly taken: boolean }, code: string, text: string): Fix {
  const condition = branch.instruction.text.replace(/ goto .*$/, "");
  const target = branch.slot + 1 + (taken ? (branch.instruction.jump ?? 0) : 0);
  return {
    text,
    slot: branch.slot,
    code: taken
      ? `${condition} goto act\ngoto next\nact: ${code}\ngoto @${target}`
      : `${condition} goto @${target + (branch.instruction.jump ?? 0)}\n${code}`,
    replaces: true,
  };
}

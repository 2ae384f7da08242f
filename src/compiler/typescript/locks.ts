/**
 * Follows the spin lock along the statements of a function: on every path it is given back, once, and nothing is called while
 * it is held.
 */

import type { Reporter } from "./report.ts";
import { follow, type Rule } from "./sections.ts";
import type { Expression, FunctionDeclaration } from "./tree.ts";

export function checkLocks(reporter: Reporter, declaration: FunctionDeclaration): void {
  follow(reporter, declaration, LOCK);
}

const LOCK: Rule = {
  code: "SK2407",
  does: (value) => {
    if (value.kind !== "special-call") return null;
    return value.name === "bpf_spin_lock" ? "takes" : value.name === "bpf_spin_unlock" ? "gives" : null;
  },
  forbids: calls,
  told: {
    atEnd: (line) => ({
      problem: `the lock that is taken in line ${line} is still held where the function ends here`,
      instead: "give it back on every path: bpf_spin_unlock(value.lock)",
    }),
    twice: (line) => ({ problem: `a lock is held already, since line ${line}`, instead: "give that one back first" }),
    free: () => ({
      problem: "the lock may not be held here",
      instead: "take it first, on every path: bpf_spin_lock(value.lock)",
    }),
    forbidden: (line) => ({
      problem: `something is called while the lock is held, since line ${line}`,
      instead: "do it before or after, and keep the result in a const",
    }),
  },
};

/** Whether an expression is a call of the kernel, which it refuses while a lock is held. */
function calls({ kind }: Expression): boolean {
  return (
    kind.startsWith("map-") ||
    kind === "helper" ||
    kind === "special-call" ||
    kind === "call-back" ||
    kind === "print" ||
    kind === "extern"
  );
}

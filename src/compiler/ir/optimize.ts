/** All passes, until nothing changes. */

import { canonical } from "./canonical.ts";
import type { IrFunction } from "./ir.ts";
import { addConstantsLast } from "./passes/addresses.ts";
import { simplifyControlFlow } from "./passes/control-flow.ts";
import { removeDeadCode } from "./passes/dead-code.ts";
import { removeDeadStores } from "./passes/dead-stores.ts";
import { decideBranches } from "./passes/known-branches.ts";
import { moveLoopInvariants } from "./passes/loop-invariants.ts";
import { mergeStores } from "./passes/merge-stores.ts";
import { combinePacketChecks } from "./passes/packet-checks.ts";
import { promoteSlots } from "./passes/promote-slots.ts";
import { removeRedundantLoads } from "./passes/redundant-loads.ts";
import { shareSlots } from "./passes/share-slots.ts";
import { simplify } from "./passes/simplify.ts";
import { removeTrivialParameters } from "./passes/trivial-parameters.ts";
import { unrollLoops } from "./passes/unroll-loops.ts";
import { numberValues } from "./passes/value-numbering.ts";

export interface Pass {
  readonly name: string;
  /**
   * True when it changed something; it leaves a function that `verifyFunction` accepts after `canonical`. `isProgram`: the function is
   * a program, whose parameter is its context.
   */
  readonly run: (fn: IrFunction, isProgram: boolean) => boolean;
}

/** What is done again after everything else, because everything else leaves work for it. In the order in which they run. */
const CLEANING: readonly Pass[] = [
  { name: "simplify", run: simplify },
  { name: "control-flow", run: simplifyControlFlow },
  { name: "trivial-parameters", run: removeTrivialParameters },
  { name: "value-numbering", run: numberValues },
  { name: "dead-code", run: removeDeadCode },
];

/** What looks at the whole function. Each is followed by cleaning when it changed something. */
const SEARCHING: readonly Pass[] = [
  { name: "promote-slots", run: promoteSlots },
  { name: "redundant-loads", run: removeRedundantLoads },
  { name: "known-branches", run: decideBranches },
  { name: "addresses", run: addConstantsLast },
  { name: "packet-checks", run: combinePacketChecks },
  { name: "dead-stores", run: removeDeadStores },
  { name: "merge-stores", run: mergeStores },
  { name: "unroll-loops", run: unrollLoops },
  { name: "loop-invariants", run: moveLoopInvariants },
];

export interface OptimizeOptions {
  /** The function is a program: its parameter is its context. Else nothing is known of what parameters point at. */
  readonly isProgram?: boolean;
  /** Called after each pass that changed something, for tests and for `--emit`. */
  readonly observe?: (pass: string, fn: IrFunction) => void;
}

/** Every round makes the function smaller or simpler, or has a loop less; this many are a fault that must not become an endless compilation. */
const MOST_ROUNDS = 32;

/** The function, optimized. `fn` is not changed. */
export function optimize(fn: IrFunction, { isProgram = false, observe }: OptimizeOptions = {}): IrFunction {
  let current = canonical(fn);
  const run = (pass: Pass): boolean => {
    if (!pass.run(current, isProgram)) return false;
    current = canonical(current);
    observe?.(pass.name, current);
    return true;
  };
  const clean = (): boolean => {
    let changed = false;
    for (const pass of CLEANING) if (run(pass)) changed = true;
    return changed;
  };
  for (let round = 0; round < MOST_ROUNDS && clean(); round++);
  // A pass need not look again at what nobody changed since.
  let idle = 0;
  for (let turn = 0; idle < SEARCHING.length && turn < MOST_ROUNDS * SEARCHING.length; turn++) {
    if (!run(SEARCHING[turn % SEARCHING.length]!)) {
      idle++;
      // What one cleaning leaves for the next is seen to before the end.
      if (idle === SEARCHING.length && clean()) idle = 0;
      continue;
    }
    clean();
    idle = 0;
  }
  run({ name: "share-slots", run: shareSlots });
  return current;
}

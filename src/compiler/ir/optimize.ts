/** All passes, until nothing changes. */

import { canonical } from "./canonical.ts";
import type { IrFunction } from "./ir.ts";
import { addConstantsLast } from "./passes/addresses.ts";
import { simplifyControlFlow } from "./passes/control-flow.ts";
import { removeDeadCode } from "./passes/dead-code.ts";
import { removeDeadStores } from "./passes/dead-stores.ts";
import { decideBranches } from "./passes/known-branches.ts";
import { mergeStores } from "./passes/merge-stores.ts";
import { combinePacketChecks } from "./passes/packet-checks.ts";
import { promoteSlots } from "./passes/promote-slots.ts";
import { removeRedundantLoads } from "./passes/redundant-loads.ts";
import { simplify } from "./passes/simplify.ts";
import { removeTrivialParameters } from "./passes/trivial-parameters.ts";
import { numberValues } from "./passes/value-numbering.ts";

/** In the order in which they run; each is true when it changed something, and leaves a function that `verifyFunction` accepts after `canonical`. */
export const PASSES: readonly {
  readonly name: string;
  /** `isProgram`: the function is a program, whose parameter is its context. */
  readonly run: (fn: IrFunction, isProgram: boolean) => boolean;
}[] = [
  { name: "promote-slots", run: promoteSlots },
  { name: "simplify", run: simplify },
  { name: "addresses", run: addConstantsLast },
  { name: "packet-checks", run: combinePacketChecks },
  { name: "known-branches", run: decideBranches },
  { name: "control-flow", run: simplifyControlFlow },
  { name: "trivial-parameters", run: removeTrivialParameters },
  { name: "value-numbering", run: numberValues },
  { name: "redundant-loads", run: removeRedundantLoads },
  { name: "dead-stores", run: removeDeadStores },
  { name: "merge-stores", run: mergeStores },
  { name: "dead-code", run: removeDeadCode },
];

/** Every round makes the function smaller or simpler; this many are a fault that must not become an endless compilation. */
const MOST_ROUNDS = 32;

export interface OptimizeOptions {
  /** The function is a program: its parameter is its context. Else nothing is known of what parameters point at. */
  readonly isProgram?: boolean;
  /** Called after each pass that changed something, for tests and for `--emit`. */
  readonly observe?: (pass: string, fn: IrFunction) => void;
}

/** The function, optimized. `fn` is not changed. */
export function optimize(fn: IrFunction, { isProgram = false, observe }: OptimizeOptions = {}): IrFunction {
  let current = canonical(fn);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let changed = false;
    for (const pass of PASSES) {
      if (!pass.run(current, isProgram)) continue;
      changed = true;
      current = canonical(current);
      observe?.(pass.name, current);
    }
    if (!changed) break;
  }
  return current;
}

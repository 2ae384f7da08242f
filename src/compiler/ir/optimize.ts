/** All passes, until nothing changes. */

import { canonical } from "./canonical.ts";
import type { IrFunction } from "./ir.ts";
import { simplifyControlFlow } from "./passes/control-flow.ts";
import { removeDeadCode } from "./passes/dead-code.ts";
import { simplify } from "./passes/simplify.ts";
import { removeTrivialParameters } from "./passes/trivial-parameters.ts";
import { numberValues } from "./passes/value-numbering.ts";

/** In the order in which they run; each is true when it changed something, and leaves a function that `verifyFunction` accepts after `canonical`. */
export const PASSES: readonly { readonly name: string; readonly run: (fn: IrFunction) => boolean }[] = [
  { name: "simplify", run: simplify },
  { name: "control-flow", run: simplifyControlFlow },
  { name: "trivial-parameters", run: removeTrivialParameters },
  { name: "value-numbering", run: numberValues },
  { name: "dead-code", run: removeDeadCode },
];

/** Every round makes the function smaller or simpler; this many are a fault that must not become an endless compilation. */
const MOST_ROUNDS = 32;

/** The function, optimized. `fn` is not changed. `observe` is called after each pass that changed something, for tests and for `--emit`. */
export function optimize(fn: IrFunction, observe?: (pass: string, fn: IrFunction) => void): IrFunction {
  let current = canonical(fn);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let changed = false;
    for (const pass of PASSES) {
      if (!pass.run(current)) continue;
      changed = true;
      current = canonical(current);
      observe?.(pass.name, current);
    }
    if (!changed) break;
  }
  return current;
}

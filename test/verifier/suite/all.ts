/** All programs of the suite. */

import { buildSpec } from "./build.ts";
import type { Case } from "./case.ts";
import { objectPrograms, type SuiteProgram } from "./objects.ts";
import { btf } from "./programs/btf.ts";
import { callbacks } from "./programs/callbacks.ts";
import { calls } from "./programs/calls.ts";
import { contexts } from "./programs/context.ts";
import { changes, convergingCallbacks, convergingIterators, convergingLoops } from "./programs/convergence.ts";
import { core } from "./programs/core.ts";
import { deeper } from "./programs/deeper.ts";
import { dynptrs } from "./programs/dynptrs.ts";
import { helpers } from "./programs/helpers.ts";
import { iterators, kfuncs } from "./programs/kfuncs.ts";
import { irq, locks, rcu } from "./programs/locks.ts";
import { loops } from "./programs/loops.ts";
import { numbers } from "./programs/numbers.ts";
import { packets } from "./programs/packets.ts";
import { pointers } from "./programs/pointers.ts";
import { references } from "./programs/references.ts";
import { shape } from "./programs/shape.ts";

const RULES = [
  core,
  shape,
  numbers,
  pointers,
  packets,
  helpers,
  contexts,
  calls,
  loops,
  references,
  locks,
  irq,
  rcu,
  callbacks,
  dynptrs,
  btf,
  kfuncs,
  iterators,
  deeper,
  changes,
  convergingCallbacks,
  convergingIterators,
  convergingLoops,
];

export function allCases(): readonly Case[] {
  const cases = RULES.flatMap((rules) => rules.cases);
  const names = new Set<string>();
  for (const { name } of cases) {
    if (names.has(name)) throw new Error(`two programs are called ${name}`);
    names.add(name);
  }
  return cases;
}

/** In a fixed order. Made one by one: a mistake in one does not hide the others. */
export function* suite(): Generator<SuiteProgram> {
  for (const one of allCases())
    yield { name: one.name, category: one.category, expected: one.accepted, spec: buildSpec(one), program: "main" };
  yield* objectPrograms();
}

/** All programs of the suite. */

import { buildSpec } from "./build.ts";
import type { Case } from "./case.ts";
import { objectPrograms, type SuiteProgram } from "./objects.ts";
import { atomics } from "./programs/atomics.ts";
import { bpfLoop } from "./programs/bpf-loop.ts";
import { btf } from "./programs/btf.ts";
import { byType } from "./programs/by-type.ts";
import { callbacks } from "./programs/callbacks.ts";
import { calls } from "./programs/calls.ts";
import { contexts } from "./programs/context.ts";
import { changes, convergingCallbacks, convergingIterators, convergingLoops } from "./programs/convergence.ts";
import { core } from "./programs/core.ts";
import { deeper } from "./programs/deeper.ts";
import { differences, looseTracepoints } from "./programs/differences.ts";
import { dynptrSlots } from "./programs/dynptr-slots.ts";
import { dynptrs } from "./programs/dynptrs.ts";
import { eachAndTimers } from "./programs/each-and-timers.ts";
import { earlyReturns } from "./programs/early-returns.ts";
import { deepEdges, edges, kfuncEdges } from "./programs/edges.ts";
import { formats } from "./programs/formats.ts";
import { frames } from "./programs/frames.ts";
import { heldLocks } from "./programs/held-locks.ts";
import { helperMemory } from "./programs/helper-memory.ts";
import { helperTypes } from "./programs/helper-types.ts";
import { helpers } from "./programs/helpers.ts";
import { hooks } from "./programs/hooks.ts";
import { arenas, casts, flagSlots, iteratorSlots } from "./programs/kernel-functions.ts";
import { kernelPointerFields } from "./programs/kernel-pointers.ts";
import { iterators, kfuncs } from "./programs/kfuncs.ts";
import { kprobeDynptrs } from "./programs/kprobe-dynptrs.ts";
import { irq, locks, rcu } from "./programs/locks.ts";
import { loops } from "./programs/loops.ts";
import { mapHelpers } from "./programs/map-helpers.ts";
import { mapKinds } from "./programs/map-kinds.ts";
import { numbers } from "./programs/numbers.ts";
import { packets } from "./programs/packets.ts";
import { pointers } from "./programs/pointers.ts";
import { records } from "./programs/records.ts";
import { references } from "./programs/references.ts";
import {
  globalFunctions,
  irqAcrossCalls,
  pulledPackets,
  sleepingFunctions,
  taggedContexts,
  thrown,
} from "./programs/sections.ts";
import { shape } from "./programs/shape.ts";
import { socketFields } from "./programs/socket-fields.ts";
import { sockets } from "./programs/sockets.ts";
import { stackSlots } from "./programs/stack-slots.ts";
import { tailCalls } from "./programs/tail-calls.ts";
import { tasks } from "./programs/tasks.ts";
import { values } from "./programs/values.ts";

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
  atomics,
  bpfLoop,
  byType,
  differences,
  looseTracepoints,
  dynptrSlots,
  eachAndTimers,
  frames,
  heldLocks,
  helperMemory,
  arenas,
  casts,
  flagSlots,
  iteratorSlots,
  kernelPointerFields,
  kprobeDynptrs,
  mapHelpers,
  records,
  socketFields,
  sockets,
  stackSlots,
  tailCalls,
  tasks,
  values,
  formats,
  helperTypes,
  hooks,
  mapKinds,
  edges,
  deepEdges,
  kfuncEdges,
  thrown,
  earlyReturns,
  globalFunctions,
  irqAcrossCalls,
  sleepingFunctions,
  taggedContexts,
  pulledPackets,
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

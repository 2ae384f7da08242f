/** States that were stored to compare others with, by instruction and call. */

import type { LoopVisit, State } from "../state/state.ts";
import type { Walk } from "../walk/walk.ts";
import type { Comparison } from "./equal.ts";
import { IdMap } from "./ids.ts";
import { callsBack } from "./trace-instruction.ts";

export interface Stored {
  readonly state: State;
  hits: number;
  misses: number;
  /** What is not live was taken out of it. */
  cleaned: boolean;
}

/** What was stored at an instruction, of one call of its function. */
interface AtSlot {
  readonly callsite: number;
  readonly stored: Stored[];
}

/** What an instruction does that a loop may hang on. */
export type LoopKind = "plain" | "iterator-next" | "may-goto" | "callback";

const MAY_GOTO = 0xe5;

/** Of one walk. */
export class Explored {
  readonly comparison: Comparison & { lastId: number };
  /** Loops that were entered, by the calls that led to them. */
  readonly loops: Map<string, LoopVisit> = new Map();
  /** `Facts.jumps` and `Facts.processed` when a state was last stored. */
  jumpsBefore = 0;
  processedBefore = 0;
  total = 0;
  peak = 0;
  longest = 0;
  #now = 0;
  readonly #bySlot: AtSlot[][];
  readonly #kinds: Map<number, LoopKind> = new Map();

  constructor(walk: Walk) {
    this.#bySlot = Array.from({ length: walk.program.code.length }, () => []);
    this.comparison = {
      ids: new IdMap(),
      lastId: 0,
      liveRegisters: walk.flow.liveRegisters,
      readsUninitialised: walk.era >= 603,
      conditions: walk.facts.conditions,
    };
  }

  /** The oldest first. */
  at(slot: number, callsite: number): Stored[] {
    const places = this.#bySlot[slot]!;
    for (const place of places) if (place.callsite === callsite) return place.stored;
    const stored: Stored[] = [];
    places.push({ callsite, stored });
    return stored;
  }

  /** One more is kept. */
  stored(): void {
    this.total++;
    this.#now++;
    this.peak = Math.max(this.peak, this.#now);
  }

  evict(stored: Stored[], at: number): void {
    stored.splice(at, 1);
    this.#now--;
  }

  kindOf(walk: Walk, slot: number): LoopKind {
    let kind = this.#kinds.get(slot);
    if (kind === undefined) {
      kind = kindOf(walk, slot);
      this.#kinds.set(slot, kind);
    }
    return kind;
  }
}

function kindOf(walk: Walk, slot: number): LoopKind {
  const { code, referents, target } = walk.program;
  if (code.opcode[slot] === MAY_GOTO) return "may-goto";
  if (callsBack(walk, slot)) return "callback";
  const called = referents.get(slot);
  if (called?.kind === "kfunc" && target.kfunc(called.name)?.flags.iteratorNext === true) return "iterator-next";
  return "plain";
}

const byWalk: WeakMap<Walk, Explored> = new WeakMap();

export function exploredOf(walk: Walk): Explored {
  let explored = byWalk.get(walk);
  if (explored === undefined) {
    explored = new Explored(walk);
    byWalk.set(walk, explored);
  }
  explored.comparison.lastId = walk.facts.lastId;
  return explored;
}

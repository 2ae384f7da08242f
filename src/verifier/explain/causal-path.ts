/** How it came to a refusal: which way the path went at each branch, and what happened to the value that it is about. */

import { branchOf } from "./branches.ts";
import type { Case } from "./case.ts";
import type { PathStep } from "./explanation.ts";
import type { Step } from "./log/path.ts";
import type { Finding } from "./rules/rule.ts";

/** Branches that are shown: the last ones. */
const MOST_BRANCHES = 12;
/** Steps that are shown: the first, where the value comes from, and so many of the last. */
const MOST_STEPS = 24;
/** So many instructions after a branch another line must begin, to say where it goes on. */
const LOOK_AHEAD = 64;

/** In the order in which it happened, from where the value comes from. */
export function causalPath(one: Case, finding: Finding): readonly PathStep[] {
  const notes = new Map<Step, Omit<PathStep, "at">>(
    finding.blame == null ? [] : one.lineage(finding.blame, finding.follow).notes,
  );
  for (const { slot, kind, text } of finding.marks ?? []) {
    const step = one.stepAt(slot);
    if (step !== null) notes.set(step, { kind, text });
  }
  // What holds for the program as a whole holds on every path.
  if (finding.slot === 0 || (finding.blame == null && notes.size === 0 && one.step === null)) return [];
  const steps = one.steps();
  const first = Math.max(
    0,
    steps.findIndex((step) => notes.has(step)),
  );
  const path: Counted[] = [];
  /** A loop goes past its branches again and again: the last time is shown, and how often. */
  const known = new Map<string, Counted>();
  const add = (step: PathStep) => {
    const key = `${step.at.slot} ${step.text}`;
    const found = known.get(key);
    if (found !== undefined) {
      found.times++;
      return false;
    }
    const counted = { step, times: 1 };
    known.set(key, counted);
    path.push(counted);
    return true;
  };
  let branches = 0;
  for (let index = steps.length - 1; index >= first; index--) {
    const step = steps[index]!;
    const noted = notes.get(step);
    if (noted !== undefined) add({ ...noted, at: one.place(step.slot) });
    else if (step.instruction.kind === "jump" && branches < MOST_BRANCHES) {
      const branch = branchOf(one, step, steps.slice(index + 1, index + 1 + LOOK_AHEAD));
      if (branch !== null && add(branch)) branches++;
    }
  }
  return shortened(path.reverse().map(said));
}

interface Counted {
  readonly step: PathStep;
  times: number;
}

function said({ step, times }: Counted): PathStep {
  return times === 1 ? step : { ...step, text: `${step.text} (${times} times)` };
}

function shortened(path: readonly PathStep[]): readonly PathStep[] {
  const [first, ...rest] = path;
  if (first === undefined || path.length <= MOST_STEPS) return path;
  const last = rest.slice(2 - MOST_STEPS);
  const left = rest.length - last.length;
  return [first, { kind: "note", at: last[0]!.at, text: `… ${left} steps more` }, ...last];
}

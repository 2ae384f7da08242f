/**
 * The path that led to a refusal. A log walks all paths, depth first; `from A to B:` goes back to the last branch that was left
 * open at A. (At level 1 the kernel cuts finished paths out, so the log is the path.)
 */

import { type LogInstruction, writes } from "./instruction.ts";
import type { LogEvent, SourceLine } from "./read.ts";
import type { LogValue } from "./values.ts";

export interface Step {
  readonly slot: number;
  readonly instruction: LogInstruction;
  readonly source: SourceLine | null;
  /** Null at the beginning of the path, or of what the log has of it. */
  readonly previous: Step | null;
  /** What the log says of values after it, by `frame:name`. */
  readonly after: Map<string, LogValue>;
  /** The frame that it runs in. */
  readonly frame: number;
  references: readonly string[] | null;
}

export interface Path {
  /** The last instruction, or null when the log has none. */
  readonly last: Step | null;
  /** Values known before the first step. */
  readonly initial: ReadonlyMap<string, LogValue>;
}

export function pathOf(events: readonly LogEvent[]): Path {
  const initial = new Map<string, LogValue>();
  /** Branches that may be taken up again. */
  const open: Step[] = [];
  let tip: Step | null = null;
  let frame = 0;
  const keep = (step: Step | null, from: Extract<LogEvent, { state: unknown }>["state"]) => {
    if (from === null) return;
    frame = from.frame;
    const values = step === null ? initial : step.after;
    for (const [name, value] of from.values) values.set(`${from.frame}:${name}`, value);
    if (step !== null && from.references !== null) step.references = from.references;
  };
  for (const event of events) {
    if (event.kind === "instruction") {
      const step: Step = {
        slot: event.slot,
        instruction: event.instruction,
        source: event.source,
        previous: tip,
        after: new Map(),
        frame,
        references: tip?.references ?? null,
      };
      const { kind } = event.instruction;
      if (kind === "jump" || kind === "call") open.push(step);
      tip = step;
      if (event.state === null) {
        if (kind === "local-call") frame++;
        else if (kind === "exit" && frame > 0) frame--;
      } else keep(step, event.state);
      continue;
    }
    if (event.kind === "from") {
      if (event.safe) continue;
      const back = tip?.slot === event.from ? tip : lastAt(open, event.from);
      // The other side of a branch: what its first side learnt does not hold here.
      tip = back === null ? null : { ...back, after: new Map() };
    }
    keep(tip, event.state);
  }
  return { last: tip, initial };
}

function lastAt(open: Step[], slot: number): Step | null {
  for (let step = open.pop(); step !== undefined; step = open.pop()) if (step.slot === slot) return step;
  return null;
}

/** What the log says of a value before (or, with `after`, also after) a step; null when it says nothing since it was written. */
export function valueAt(path: Path, step: Step | null, name: string, frame: number): LogValue | null {
  const key = `${frame}:${name}`;
  for (let at = step; at !== null; at = at.previous) {
    const found = at.after.get(key);
    if (found !== undefined) return found;
    if (at.frame === frame && name.startsWith("r") && writes(at.instruction, Number(name.slice(1)))) return null;
  }
  return path.initial.get(key) ?? null;
}

/** From the first step to the last. */
export function stepsOf(path: Path): Step[] {
  const steps: Step[] = [];
  for (let step = path.last; step !== null; step = step.previous) steps.push(step);
  return steps.reverse();
}

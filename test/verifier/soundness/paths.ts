/**
 * What the verifier knows at each instruction on every path, with no path left out: states that were seen before are walked again.
 * So whatever a program does, at each instruction its registers and stack must lie inside of one of these states.
 */

import type { Spec } from "../../../src/object/spec.ts";
import { prepare } from "../../../src/verifier/prepare.ts";
import { KernelLog } from "../../../src/verifier/print/log.ts";
import type { Program } from "../../../src/verifier/program.ts";
import { analyseFlow } from "../../../src/verifier/shape/analyse.ts";
import { checkShape } from "../../../src/verifier/shape/check.ts";
import type { Flow } from "../../../src/verifier/shape/flow.ts";
import { Frame } from "../../../src/verifier/state/frame.ts";
import { pointer, type Reg } from "../../../src/verifier/state/register.ts";
import type { Slot } from "../../../src/verifier/state/slot.ts";
import { State } from "../../../src/verifier/state/state.ts";
import { PTR_TO_CTX } from "../../../src/verifier/state/types.ts";
import type { Target } from "../../../src/verifier/target.ts";
import { run } from "../../../src/verifier/walk/run.ts";
import { framePointer } from "../../../src/verifier/walk/subprograms.ts";
import { Facts, Walk } from "../../../src/verifier/walk/walk.ts";

/** A function's registers and stack as they were; frames change, what stands in them does not. */
export interface FrameThen {
  readonly regs: readonly Reg[];
  readonly stack: readonly Slot[];
  readonly callsite: number;
}

export type StateThen = readonly FrameThen[];

/** The walk takes longer than it may. */
export class TooLong extends Error {}

/** Is told of each instruction as a log is. */
class Observer extends KernelLog {
  walk: Walk | null = null;
  readonly #states: StateThen[][];
  #left: number;

  constructor(program: Program, states: StateThen[][], most: number) {
    super(program);
    this.#states = states;
    this.#left = most;
  }

  override text(): void {}

  override from(): void {}

  override state(): void {}

  override source(): void {}

  override instruction(slot: number): void {
    if (--this.#left < 0) throw new TooLong();
    const { state } = this.walk!;
    const { frames } = state;
    this.#states[slot]!.push(frames.map(({ regs, stack, callsite }) => ({ regs: regs.slice(), stack: stack.slice(), callsite })));
    // No states are compared, so nobody asks what mattered: nothing is traced back.
    state.history = null;
    state.steps = 0;
    state.firstSlot = slot;
    this.walk!.step = null;
  }
}

/**
 * States by slot.
 * @param most instructions to be walked. @throws TooLong; Refused when the program is refused on a path.
 */
export function everyPath(spec: Spec, target: Target, most: number): readonly (readonly StateThen[])[] {
  const program = prepare(spec, spec.programs[0]!, target);
  checkShape(program);
  const flow: Flow = { ...analyseFlow(program), prunePoint: new Uint8Array(program.code.length) };
  const states: StateThen[][] = Array.from({ length: program.code.length }, () => []);
  const frame = new Frame(-1, 0, 0);
  frame.regs[1] = pointer(PTR_TO_CTX);
  frame.regs[10] = framePointer(0);
  const observer = new Observer(program, states, most);
  const walk = new Walk(program, flow, new Facts(program.code.length, program.subprograms.length), new State([frame]), observer);
  observer.walk = walk;
  run(walk);
  return states;
}

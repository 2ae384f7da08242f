/** One program, one target, one verdict. */

import type { ProgramSpec, Spec } from "../object/spec.ts";
import { prepare } from "./prepare.ts";
import { KernelLog } from "./print/log.ts";
import type { Program } from "./program.ts";
import { Differences } from "./prune/differences.ts";
import { statisticsOf } from "./prune/visited.ts";
import { Refused, refuse } from "./refusal.ts";
import { analyseFlow } from "./shape/analyse.ts";
import { checkShape } from "./shape/check.ts";
import type { Flow } from "./shape/flow.ts";
import { checkRemovedFunctions } from "./shape/removed-functions.ts";
import { checkStackDepth } from "./shape/stack-depth.ts";
import { Frame } from "./state/frame.ts";
import { pointer } from "./state/register.ts";
import { State } from "./state/state.ts";
import { PTR_TO_CTX } from "./state/types.ts";
import type { Target } from "./target.ts";
import type { Verdict, VerifyOptions } from "./verdict.ts";
import { entryRegisters } from "./walk/global.ts";
import { run } from "./walk/run.ts";
import { framePointer } from "./walk/subprograms.ts";
import { Facts, Walk } from "./walk/walk.ts";

/** What is found out on the way, whether the program is refused or not. */
interface Course {
  program: Program | null;
  facts: Facts | null;
  walk: Walk | null;
  log: KernelLog | null;
  readonly logFrom: number;
  stackDepth: number;
  states: number;
  peakStates: number;
  longest: number;
}

/**
 * Proves one program of a Spec safe on a target, or says why not. Needs no kernel. The Spec's CO-RE relocations must have been
 * applied with the target's types where the program has any.
 *
 * Never throws for what is wrong with the program: that is the verdict.
 */
export function verify(spec: Spec, source: ProgramSpec, target: Target, options: VerifyOptions = {}): Verdict {
  const course: Course = {
    program: null,
    facts: null,
    walk: null,
    log: null,
    logFrom: options.logFrom ?? 0,
    stackDepth: 0,
    states: 0,
    peakStates: 0,
    longest: 0,
  };
  try {
    prove(spec, source, target, options, course);
    return verdictOf(source, target, course, null);
  } catch (error) {
    return verdictOf(source, target, course, refusalOf(error, course));
  }
}

function prove(spec: Spec, source: ProgramSpec, target: Target, options: VerifyOptions, course: Course): void {
  const program = prepare(spec, source, target);
  course.program = program;
  if (options.log === true) course.log = new KernelLog(program);
  checkShape(program);
  const flow = analyseFlow(program);
  const facts = new Facts(
    program.code.length,
    program.subprograms.length,
    options.profile === true ? new Differences(program.era) : null,
  );
  course.facts = facts;
  // Before 6.8 global functions were walked first, called or not.
  const all = program.era < 608;
  if (all) walkGlobals(program, flow, facts, course, all);
  walkFunction(program, flow, facts, 0, course);
  if (!all) walkGlobals(program, flow, facts, course, all);
  if (facts.missing >= 0) refuse("invalid kernel function call not eliminated in verifier pass", "EINVAL", facts.missing);
  course.walk = null;
  course.stackDepth = checkStackDepth(program, flow, facts.stackDepth);
  checkRemovedFunctions(program, facts.visits);
}

/** Global functions by themselves (`do_check_subprogs`). One that is called may call more of them. */
function walkGlobals(program: Program, flow: Flow, facts: Facts, course: Course, all: boolean): void {
  for (let found = true; found; ) {
    found = false;
    for (const { index, linkage, name } of program.subprograms) {
      const wanted = all || facts.called[index] === 1 || flow.subprograms[index]!.isExceptionCallback;
      if (index === 0 || linkage !== "global" || !wanted || facts.called[index] === WALKED) continue;
      walkFunction(program, flow, facts, index, course);
      const named = program.era < 608 ? "" : ` ('${name}')`;
      course.log?.text(`Func#${index}${named} is safe for any args that match its prototype`);
      facts.called[index] = WALKED;
      found = true;
    }
  }
}

/** In `Facts.called`: it was called, and walked. */
const WALKED = 2;

function walkFunction(program: Program, flow: Flow, facts: Facts, index: number, course: Course): void {
  const frame = new Frame(-1, 0, index);
  const state = new State([frame]);
  const { start, name } = program.subprograms[index]!;
  state.firstSlot = start;
  state.inSleepable = program.sleepable;
  const walk = new Walk(program, flow, facts, state, course.log, course.logFrom);
  walk.slot = start;
  course.walk = walk;
  frame.regs[10] = framePointer(0);
  if (index === 0 && !program.replaces) frame.regs[1] = pointer(PTR_TO_CTX);
  else {
    course.log?.text(`Validating ${name}() func#${index}...`);
    frame.inExceptionCallback = flow.subprograms[index]!.isExceptionCallback;
    entryRegisters(walk, index);
  }
  try {
    run(walk);
  } finally {
    const { total, peak, longest } = statisticsOf(walk);
    course.states += total;
    course.peakStates = Math.max(course.peakStates, peak);
    course.longest = Math.max(course.longest, longest);
  }
}

/** A fault of ours is no verdict about the program, but nothing that we failed at may run. */
function refusalOf(error: unknown, { walk }: Course): Refused {
  const slot = walk?.slot ?? -1;
  if (error instanceof Refused) return error.slot >= 0 || slot < 0 ? error : new Refused(error.message, error.code, slot);
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new Refused(`verifier bug: ${what}`, "EFAULT", slot);
}

function verdictOf(source: ProgramSpec, target: Target, course: Course, refused: Refused | null): Verdict {
  const { facts, log } = course;
  const processed = facts?.processed ?? 0;
  if (log !== null) {
    if (refused !== null) log.text(refused.message);
    log.statistics({
      processed,
      maxStatesPerInstruction: course.longest,
      totalStates: course.states,
      peakStates: course.peakStates,
      markRead: 0,
    });
  }
  return {
    program: source.name,
    target: target.name,
    accepted: refused === null,
    refusal: refused === null ? null : { text: refused.message, code: refused.code, slot: refused.slot },
    processed,
    states: course.states,
    peakStates: course.peakStates,
    visits: facts?.visits ?? new Uint32Array(source.code.length / 8),
    differences: facts?.differences?.all() ?? null,
    conditions: facts?.conditions ?? null,
    stackDepth: course.stackDepth,
    log: log?.lines ?? null,
  };
}

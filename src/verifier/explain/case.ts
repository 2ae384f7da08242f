/** One refusal under examination: the log, the path, the program, and what the rules ask of them. */

import { decode } from "../../isa/decode.ts";
import { IsaError } from "../../isa/errors.ts";
import { slotTable } from "../../isa/instruction.ts";
import { print } from "../../isa/print.ts";
import { lineAt } from "../../object/lines.ts";
import type { MapSpec, ProgramSpec, Spec } from "../../object/spec.ts";
import { helperName } from "../../uapi/helpers.ts";
import type { Place } from "./explanation.ts";
import { type Lineage, traceBack } from "./lineage.ts";
import { type Path, pathOf, type Step, stepsOf, valueAt } from "./log/path.ts";
import type { ReadLog, SourceLine } from "./log/read.ts";
import { type LogValue, offsetOf } from "./log/values.ts";
import { Names } from "./names.ts";

/** Verdicts of passes that look at the code before it is walked carry the place in their text. */
const NAMED_INSTRUCTION =
  /\b(?:unreachable insn|jump out of range from insn|back-edge from insn|infinite loop detected at insn|middle of ldimm64 insn|alloc_insn=|insn|instruction|at insn|call at insn)[ #]?(\d+)\b/;

export class Case {
  readonly log: ReadLog;
  /** The verifier's sentences, in their order. */
  readonly verdict: readonly string[];
  readonly path: Path;
  readonly names: Names;
  readonly program: ProgramSpec | null;
  /** The instruction that was refused as the walk came to it, or null. */
  readonly step: Step | null;
  readonly slot: number | null;
  /** How often each slot was walked, or null: as far as the log shows. */
  readonly visits: Uint32Array | null;
  /** What the log quotes of the source, by slot. */
  readonly #sources = new Map<number, SourceLine>();
  readonly #instructions = new Map<number, string>();
  #decoded: ReadonlyMap<number, string> | null = null;

  constructor(log: ReadLog, program: ProgramSpec | null, spec: Spec | null, slot: number | null, visits?: Uint32Array) {
    this.log = log;
    this.visits = visits ?? null;
    this.verdict = log.verdict;
    this.program = program;
    this.names = new Names(program, spec);
    for (const event of log.events) {
      if (event.kind !== "instruction") continue;
      this.#instructions.set(event.slot, event.instruction.text);
      if (event.source !== null) this.#sources.set(event.slot, event.source);
    }
    this.path = pathOf(log.events);
    const named = log.verdict
      .map((line) => (/Unreleased/.test(line) ? null : NAMED_INSTRUCTION.exec(line)))
      .find((m) => m !== null);
    const told = slot ?? (named === undefined || named === null ? null : Number(named[1]));
    const last = this.path.last;
    this.step = told === null || last?.slot === told ? last : null;
    this.slot = told ?? last?.slot ?? null;
  }

  /** The refused instruction's frame. */
  get frame(): number {
    return this.step?.frame ?? 0;
  }

  /** What a register held before the refused instruction. */
  value(register: number): LogValue | null {
    // Before 5.17 the kernel prints the state below the instruction that it is about to refuse.
    const printed = this.step === this.path.last ? this.step?.after.get(`${this.frame}:r${register}`) : undefined;
    return printed ?? this.valueBefore(this.step, register);
  }

  valueBefore(step: Step | null, register: number): LogValue | null {
    return step === null ? null : valueAt(this.path, step.previous, `r${register}`, step.frame);
  }

  valueAfter(step: Step, register: number): LogValue | null {
    return valueAt(this.path, step, `r${register}`, step.frame);
  }

  /** Where a register's value came from. `offset`: of what was added to a pointer, rather than the pointer. */
  lineage(register: number, follow: "value" | "offset" = "value"): Lineage {
    return traceBack(this, this.step, register, follow);
  }

  steps(): Step[] {
    return stepsOf(this.path);
  }

  /** The last step of the path at a slot. */
  stepAt(slot: number): Step | null {
    for (let step = this.path.last; step !== null; step = step.previous) if (step.slot === slot) return step;
    return null;
  }

  /** Whatever is known of a place. */
  place(slot: number | null): Place {
    const line = slot === null || this.program === null ? null : lineAt(this.program.lines, slot);
    const quoted = slot === null ? undefined : this.#sources.get(slot);
    const instruction = slot === null ? null : this.#textAt(slot);
    return {
      slot,
      instruction,
      file: line?.file ?? quoted?.file ?? null,
      line: line?.line ?? quoted?.line ?? 0,
      column: line?.column ?? 0,
      text: line?.text.trim() || (quoted?.text ?? ""),
      function: slot === null ? null : this.functionAt(slot),
    };
  }

  /** The instruction as the log prints it; else as the program has it. */
  #textAt(slot: number): string | null {
    const logged = this.#instructions.get(slot);
    if (logged !== undefined) return logged;
    this.#decoded ??= decoded(this.program);
    return this.#decoded.get(slot) ?? null;
  }

  functionAt(slot: number): string | null {
    return this.program?.functions.findLast((one) => one.slot <= slot)?.name ?? null;
  }

  /** `line 41`, or `instruction 17` where lines are not known. */
  where(slot: number): string {
    const { line } = this.place(slot);
    return line > 0 ? `line ${line}` : `instruction ${slot}`;
  }

  /** The map that a register's value belongs to before a step: by the log's own name for it, or by the lookup that gave it. */
  mapOf(value: LogValue | null, register: number | null, at: Step | null = this.step): MapSpec | null {
    const named = value?.fields.get("map");
    if (named !== undefined) {
      const found = this.names.map(named);
      if (found !== null) return found;
    }
    if (register === null) return null;
    const { origin } = traceBack(this, at, register, "value");
    return origin === null ? null : this.mapOfCall(origin);
  }

  /** The map that a call is given in r1 (or r2), by the load that put it there. */
  mapOfCall(call: Step): MapSpec | null {
    for (const register of [1, 2]) {
      const value = this.valueBefore(call, register);
      const named = value?.fields.get("map");
      const found = named === undefined ? null : this.names.map(named);
      if (found !== null) return found;
      const { origin } = traceBack(this, call, register, "value");
      const loaded = origin === null ? null : this.names.mapAt(origin.slot);
      if (loaded !== null) return loaded;
    }
    return null;
  }

  /** Where on the stack a memory operand points, in bytes from the frame pointer; null when it is elsewhere. */
  stackOffset(step: Step): number | null {
    const { memory } = step.instruction;
    if (memory === null) return null;
    if (memory.base === 10) return memory.offset;
    const base = this.valueBefore(step, memory.base);
    return base?.type === "fp" && !base.fields.has("var_off") ? offsetOf(base) + memory.offset : null;
  }
}

/** By slot, as the kernel prints it. Nothing for a program that is malformed: then that is what the refusal is about. */
function decoded(program: ProgramSpec | null): ReadonlyMap<number, string> {
  const texts = new Map<number, string>();
  if (program === null) return texts;
  try {
    const instructions = decode(program.code);
    const at = slotTable(instructions);
    for (const [index, instruction] of instructions.entries()) texts.set(at[index]!, print(instruction, { helperName }));
  } catch (error) {
    if (!(error instanceof IsaError)) throw error;
  }
  return texts;
}

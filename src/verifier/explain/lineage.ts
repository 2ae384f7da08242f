/**
 * Where a value comes from: back along the path through copies, arithmetic, spills and reloads, to the load, call or constant
 * that made it.
 */

import type { Case } from "./case.ts";
import type { PathStep, StepKind } from "./explanation.ts";
import type { Step } from "./log/path.ts";
import { constantOf, isPointer, isScalar, type LogValue, offsetOf } from "./log/values.ts";
import { describeValue } from "./words.ts";

export interface Lineage {
  /** The step that made the value, or null: it was there from the start, or the log does not reach so far. */
  readonly origin: Step | null;
  /** What made it, in words: `read from the packet`, `returned by bpf_map_lookup_elem`. */
  readonly originText: string | null;
  /** The call that made the register unreadable, or null. */
  readonly clobberedBy: Step | null;
  /** The step at which a variable number was added to the pointer, or null; and the register added. */
  readonly addition: Step | null;
  readonly index: number | null;
  /** By step: what it did to the value. */
  readonly notes: ReadonlyMap<Step, Omit<PathStep, "at">>;
}

interface Target {
  /** A register's number, or a stack slot's offset from the frame pointer (negative). */
  readonly at: number;
  readonly stack: boolean;
  readonly frame: number;
}

export function traceBack(one: Case, from: Step | null, register: number, follow: "value" | "offset"): Lineage {
  const notes = new Map<Step, Omit<PathStep, "at">>();
  const note = (step: Step, kind: StepKind, text: string) => notes.set(step, { kind, text });
  let target: Target = { at: register, stack: false, frame: from?.frame ?? 0 };
  let addition: Step | null = null;
  let index: number | null = null;
  const end = (origin: Step | null, originText: string | null, clobberedBy: Step | null = null): Lineage => {
    if (origin !== null && originText !== null) note(origin, "origin", originText);
    return { origin, originText, clobberedBy, addition, index, notes };
  };
  for (let step = from?.previous ?? null; step !== null; step = step.previous) {
    const { instruction } = step;
    if (instruction.kind === "exit" && step.frame === target.frame + 1 && !target.stack) {
      // A function returned: r0 is what it left there.
      if (target.at === 0) target = { ...target, frame: step.frame };
      else if (target.at <= 5) return clobbered(step);
      continue;
    }
    if (instruction.kind === "local-call" && step.frame === target.frame - 1 && !target.stack) {
      if (target.at === 0 || target.at > 5) return end(null, null);
      note(step, "copy", `passed as the ${["", "first", "second", "third", "fourth", "fifth"][target.at]} argument`);
      target = { ...target, frame: step.frame };
      continue;
    }
    if (step.frame !== target.frame) continue;
    if (target.stack) {
      if (instruction.kind !== "store" && instruction.kind !== "atomic") continue;
      const at = one.stackOffset(step);
      const size = instruction.memory?.size ?? 0;
      if (at === null || target.at < at || target.at >= at + size) continue;
      if (instruction.src === null || instruction.kind === "atomic")
        return end(step, `the constant ${instruction.imm ?? "?"} is stored`);
      note(step, "spill", `kept on the stack (fp${at})`);
      target = { at: instruction.src, stack: false, frame: target.frame };
      continue;
    }
    switch (instruction.kind) {
      case "call":
        if (target.at === 0) return end(step, returned(one, step));
        if (target.at <= 5) return clobbered(step);
        continue;
      case "local-call":
        if (target.at === 0) return end(step, "returned by the function");
        if (target.at <= 5) return clobbered(step);
        continue;
      case "move":
        if (instruction.dst !== target.at || instruction.src === null) continue;
        note(
          step,
          "copy",
          `copied from r${instruction.src} to r${instruction.dst}${instruction.narrow ? ", its lower 32 bits" : ""}`,
        );
        target = { ...target, at: instruction.src };
        continue;
      case "constant": {
        if (instruction.dst !== target.at) continue;
        const loaded = one.names.mapAt(step.slot);
        return end(step, loaded === null ? `set to ${instruction.imm}` : `the map \`${loaded.name}\``);
      }
      case "alu": {
        if (instruction.dst !== target.at) continue;
        const source = instruction.src === null ? null : one.valueBefore(step, instruction.src);
        const before = one.valueBefore(step, instruction.dst);
        const adds = instruction.operator === "+=" || instruction.operator === "-=";
        if (
          follow === "offset" &&
          adds &&
          instruction.src !== null &&
          (before === null || isPointer(before) || (source !== null && isPointer(source)))
        ) {
          const swapped = source !== null && isPointer(source);
          const added = swapped ? instruction.dst : instruction.src;
          const number = swapped ? before : source;
          if (number === null || constantOf(number) === null) {
            addition ??= step;
            index ??= added;
            note(
              step,
              "change",
              `added to the pointer${number !== null && isScalar(number) ? `: ${describeValue(number)}` : ""}`,
            );
            target = { ...target, at: added };
            continue;
          }
        }
        const after = one.valueAfter(step, instruction.dst);
        note(step, "change", `${instruction.text}${after !== null && isScalar(after) ? `: now ${describeValue(after)}` : ""}`);
        continue;
      }
      case "load": {
        if (instruction.dst !== target.at) continue;
        const at = one.stackOffset(step);
        if (at !== null) {
          note(step, "reload", `read back from the stack (fp${at})`);
          target = { at, stack: true, frame: target.frame };
          continue;
        }
        return end(step, readFrom(one, step));
      }
      case "atomic":
      case "other":
        if (instruction.dst === target.at) return end(step, `set by \`${instruction.text}\``);
        continue;
      default:
        continue;
    }
  }
  return end(null, null);

  function clobbered(step: Step): Lineage {
    note(step, "lost", "the call overwrites r1 to r5");
    return end(null, null, step);
  }
}

function returned(one: Case, step: Step): string {
  const callee = step.instruction.callee ?? "the call";
  const map = /map_lookup/.test(callee) ? one.mapOfCall(step) : null;
  return `returned by ${callee}${map === null ? "" : ` of \`${map.name}\``}`;
}

/** What a load reads, in words: `read from the packet: a number from 0 to 255`. */
function readFrom(one: Case, step: Step): string {
  const { memory, dst } = step.instruction;
  if (memory === null) return "read from memory";
  const base = one.valueBefore(step, memory.base);
  const after = dst === null ? null : one.valueAfter(step, dst);
  const what = after === null ? "" : `: ${describeValue(after)}`;
  return `read from ${base === null ? "memory" : placeIn(one, step, base, memory.base, memory.offset)}${what}`;
}

/** `the packet`, `` `ctx->data` ``, `` `packets` of a value of `counters` ``. */
function placeIn(one: Case, step: Step, base: LogValue, register: number, offset: number): string {
  const at = offsetOf(base) + offset;
  if (base.type === "ctx") {
    const field = one.names.contextField(at);
    return field === null ? `the context at byte ${at}` : `\`ctx->${field.name}\``;
  }
  if (/^pkt/.test(base.type)) return "the packet";
  if (/^map_value/.test(base.type)) {
    const map = one.mapOf(base, register, step);
    if (map === null) return "a value of a map";
    const variable = one.names.variable(map, at);
    if (variable !== null) return `the variable \`${variable.name}\``;
    const field = one.names.inValue(map, at);
    return field !== null && !("padding" in field)
      ? `\`${field.path.replace("[]", "[…]")}\` of a value of \`${map.name}\``
      : `a value of \`${map.name}\``;
  }
  return describeValue(base);
}

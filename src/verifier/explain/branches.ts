/** Which way a path went at a branch, in words. */

import type { Case } from "./case.ts";
import type { PathStep } from "./explanation.ts";
import type { LogInstruction } from "./log/instruction.ts";
import type { Step } from "./log/path.ts";
import { mayBeNull } from "./log/values.ts";

const OPPOSITE: Readonly<Record<string, string>> = {
  "==": "!=",
  "!=": "==",
  ">": "<=",
  "<=": ">",
  "<": ">=",
  ">=": "<",
  "s>": "s<=",
  "s<=": "s>",
  "s<": "s>=",
  "s>=": "s<",
};

/** @param after what the path went through behind it. Null for a jump that has no other way. */
export function branchOf(one: Case, step: Step, after: readonly Step[]): PathStep | null {
  const { jump } = step.instruction;
  const next = after[0];
  if (jump === null || jump === 0 || next === undefined) return null;
  const taken = next.slot === step.slot + 1 + jump;
  const at = one.place(step.slot);
  const line = after.map(({ slot }) => one.place(slot).line).find((candidate) => candidate > 0 && candidate !== at.line);
  const outcome = meaning(one, step, taken) ?? condition(step.instruction, taken);
  return { kind: "branch", at, text: line === undefined ? outcome : `${outcome}: goes on in line ${line}` };
}

/** What pointers are compared for: with NULL, and with the packet's end. */
function meaning(one: Case, step: Step, taken: boolean): string | null {
  const { dst, src, operator, imm } = step.instruction;
  if (dst === null) return "the loop goes on";
  const left = one.valueBefore(step, dst);
  if (left !== null && mayBeNull(left) && imm === 0) {
    if (operator === "==" || operator === "!=") return (operator === "==") === taken ? "it is NULL" : "it is not NULL";
  }
  const right = src === null ? null : one.valueBefore(step, src);
  if (left === null || right === null) return null;
  const swapped = left.type === "pkt_end";
  if (!swapped && right.type !== "pkt_end") return null;
  // `pointer > end` and `end < pointer` say that the packet is too short.
  const short = operator === ">" || operator === ">=" ? !swapped : operator === "<" || operator === "<=" ? swapped : null;
  return short === null ? null : short === taken ? "the packet is too short" : "the packet is long enough";
}

/** The condition as it was on this path. */
function condition({ dst, src, operator, imm, narrow }: LogInstruction, taken: boolean): string {
  const register = (number: number | null) => `${narrow ? "w" : "r"}${number}`;
  const right = src === null ? String(imm) : register(src);
  if (operator === "&") return `${register(dst)} & ${right} is ${taken ? "not 0" : "0"}`;
  return `${register(dst)} ${taken ? operator : (OPPOSITE[operator] ?? `not ${operator}`)} ${right}`;
}

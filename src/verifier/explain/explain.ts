/** From a verifier's log to an explanation. */

import type { ProgramSpec, Spec } from "../../object/spec.ts";
import { Case } from "./case.ts";
import { causalPath } from "./causal-path.ts";
import { readDiagnostics } from "./diagnostics.ts";
import type { Explanation, Suggestion } from "./explanation.ts";
import { leavingOf } from "./leaving.ts";
import { readLog } from "./log/read.ts";
import { codeOfUnknown, ruleFor, unknown } from "./rules/index.ts";
import type { Finding } from "./rules/rule.ts";
import { type Accepts, tryFix } from "./try.ts";

export interface ExplainOptions {
  /** The program that was refused: gives source lines with columns, names of functions and maps. */
  readonly program?: ProgramSpec;
  /** What it is part of: gives names of fields. */
  readonly spec?: Spec;
  /** The instruction it is about, where that is known better than from the log. */
  readonly slot?: number;
  /** The refusal's text, where it is known without the log. */
  readonly text?: string;
  /** How often each slot was walked, where that is known better than from the log. */
  readonly visits?: Uint32Array;
  /** Asks a verifier: suggestions are tried on the instructions, and those that pass say so. Needs `program`. */
  readonly accepts?: Accepts;
}

/**
 * Explains a refusal by the log of a kernel (classic of level 1 or 2 of any version since 5.4, or the newer form with
 * "Verification failed: …"), or of Skep's own verifier, which writes the same notation.
 *
 * @param log line by line, or as the kernel gives it.
 */
export function explain(log: readonly string[] | string, options: ExplainOptions = {}): Explanation {
  const lines = typeof log === "string" ? log.replace(/\0[\s\S]*$/, "").split("\n") : log;
  const { rest, found } = readDiagnostics(lines);
  const read = readLog(rest);
  const verdict =
    options.text === undefined
      ? read.verdict
      : options.text.split("\n").filter((line) => line !== "" && !/^(?:cur|old) state:/.test(line));
  const one = new Case(
    { ...read, verdict },
    options.program ?? null,
    options.spec ?? null,
    options.slot ?? found?.at.slot ?? null,
    options.visits,
  );
  const known = ruleFor(verdict);
  const finding = known === null ? unknown(one) : careful(one, () => known.rule.explain(one, known.match));
  const suggestions = suggestionsOf(finding, options);
  const at = one.place(finding.slot ?? one.slot);
  if (found !== null) {
    return {
      category: found.category,
      code: known?.rule.code ?? found.category.toLowerCase().replaceAll(" ", "-"),
      problem: known === null ? found.problem : finding.problem,
      reason: known === null || options.program === undefined ? found.reason : finding.reason,
      at: found.at.line > 0 || at.line === 0 ? { ...at, ...found.at } : at,
      path: found.path.length > 0 ? found.path : causalPath(one, finding),
      suggestions: [...suggestions, ...found.suggestions.map((text) => ({ text, checked: null }))],
      kernelText: verdict.length > 0 ? verdict.join("\n") : `${found.title}: ${found.problem}`,
    };
  }
  return {
    category: known?.rule.category ?? "Program Structure",
    code: known?.rule.code ?? codeOfUnknown(verdict),
    problem: finding.problem,
    reason: finding.reason,
    at,
    path: causalPath(one, finding),
    suggestions,
    kernelText: verdict.join("\n"),
  };
}

/** Logs come from anywhere, and may have been cut or edited: an explanation that fails must not hide the refusal. */
function careful(one: Case, find: () => Finding): Finding {
  try {
    return find();
  } catch {
    return unknown(one);
  }
}

function suggestionsOf(finding: Finding, { program, accepts }: ExplainOptions): Suggestion[] {
  const tried = (finding.fixes ?? []).map((fix) => ({
    text: fix.text,
    checked: program === undefined || accepts === undefined ? null : tryFix(fix, program, accepts),
  }));
  const all: Suggestion[] = [...tried, ...(finding.suggestions ?? []).map((text) => ({ text, checked: null }))];
  const leave = program === undefined ? null : leavingOf(program.type).text;
  const named = all.map((one) => (leave === null ? one : { ...one, text: one.text.replaceAll("return …;", `return ${leave};`) }));
  const once = named.filter(({ text }, at) => named.findIndex((other) => other.text === text) === at);
  // What is known to work comes first; what was tried and is not enough comes last: in the source it may still be a part of it.
  const rank = ({ checked }: Suggestion) => (checked === true ? 0 : checked === null ? 1 : 2);
  return once.sort((a, b) => rank(a) - rank(b));
}

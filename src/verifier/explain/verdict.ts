/** From a verdict of Skep's own verifier to an explanation: it verifies once more with its log, and tries what it suggests. */

import type { ProgramSpec, Spec } from "../../object/spec.ts";
import type { Target } from "../target.ts";
import type { Verdict, VerifyOptions } from "../verdict.ts";
import { verify } from "../verify.ts";
import { explain } from "./explain.ts";
import type { Explanation } from "./explanation.ts";

/** A program that took more steps than this to be refused is not verified again and again for its suggestions. */
const MOST_TO_TRY = 20_000;

/** Instructions before the refusal that are looked at for where its values come from. */
const MOST_LOGGED = 20_000;

/** The same verdict with its log: of a long walk, the end. */
export function logged(spec: Spec, program: ProgramSpec, target: Target, verdict: Verdict, options: VerifyOptions = {}): Verdict {
  if (verdict.log !== null) return verdict;
  return verify(spec, program, target, { ...options, log: true, logFrom: verdict.processed - MOST_LOGGED });
}

/** Null when the program is accepted. @param verdict what was said of it before, with or without a log. */
export function explainVerdict(
  spec: Spec,
  program: ProgramSpec,
  target: Target,
  verdict: Verdict,
  options: VerifyOptions = {},
): Explanation | null {
  if (verdict.refusal === null) return null;
  const { log } = logged(spec, program, target, verdict, options);
  const { text, slot } = verdict.refusal;
  return explain(log ?? [], {
    program,
    spec,
    text,
    visits: verdict.visits,
    ...(slot >= 0 ? { slot } : {}),
    ...(verdict.processed > MOST_TO_TRY
      ? {}
      : { accepts: (patched: ProgramSpec) => verify(spec, patched, target, options).accepted }),
  });
}

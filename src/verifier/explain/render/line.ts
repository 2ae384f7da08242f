/** An explanation in one line: for build logs and CI, and as an error's message. */

import type { Explanation } from "../explanation.ts";
import { spot } from "./terminal.ts";

/** `file:line:column: error: problem [code]`, as compilers print it. */
export function errorLine(explanation: Explanation): string {
  return `${spot(explanation.at)}: error: ${oneLine(explanation.problem)} [${explanation.code}]`;
}

/** A workflow command of GitHub Actions, which puts it beside the line in a review. */
export function githubLine(explanation: Explanation): string {
  const { at, problem, reason, code } = explanation;
  const place =
    at.file === null || at.line === 0
      ? ""
      : `file=${property(at.file)},line=${at.line}${at.column > 0 ? `,col=${at.column}` : ""},`;
  return `::error ${place}title=${property(`refused [${code}]`)}::${data(`${problem}. ${reason}`)}`;
}

/** More of the verifier's words than this is a log, not a sentence. */
const LONGEST = 240;

/** What was refused by whom, where, why, and what to do: the message of `VerifierError`. @param who e.g. `the kernel's verifier`. */
export function messageOf(who: string, program: string, explanation: Explanation): string {
  const { at, problem, suggestions, kernelText } = explanation;
  const where = at.file !== null && at.line > 0 ? ` at ${spot(at)}` : "";
  const quoted = at.text === "" ? "" : `, in \`${at.text}\``;
  const [first] = suggestions;
  const instead = first === undefined ? "" : `; ${first.text}${first.checked === true ? " (checked: passes with this)" : ""}`;
  const words = oneLine(kernelText);
  const said = words === oneLine(problem) || words === "" ? [] : [words.length > LONGEST ? `…${words.slice(-LONGEST)}` : words];
  const instruction = at.slot === null ? [] : [`instruction ${at.slot}${at.instruction === null ? "" : `: ${at.instruction}`}`];
  const more = [...said, ...instruction].join("; ");
  return oneLine(
    `program ${program}: refused by ${who}${where}: ${problem}${quoted}${instead}${more === "" ? "" : ` (${more})`}`,
  );
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, "; ");
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** What `skep verify` shows: a line a kernel, then what was refused, each cause once. */

import { printable, shortened } from "../compiler/typescript/excerpt.ts";
import type { ProgramSpec } from "../object/spec.ts";
import { renderExplanation } from "../verifier/explain/render/terminal.ts";
import type { Difference, Verdict } from "../verifier/verdict.ts";
import { count, counted, type Style, table } from "./terminal.ts";
import { grouped, profileOf, reasonsOf, type Verification } from "./verification.ts";

export interface VerificationView {
  readonly style: Style;
  readonly color: boolean;
  readonly source: (file: string) => readonly string[] | null;
}

/** All results of one program. */
export function renderVerification(results: readonly Verification[], { style, color, source }: VerificationView): string {
  const [first] = results;
  if (first === undefined) return "";
  const { name, section, type } = first.program;
  const lines = [`${style.bold(printable(name))} ${style.dim(`(${printable(section === "" ? type : section)})`)}`];
  for (const { kernel, verdict, unfit } of results) {
    const answer = verdict?.accepted === true ? style.green("accepted") : style.red("refused ");
    lines.push(`  ${kernel.padEnd(8)}  ${answer}  ${style.dim(verdict === null ? (unfit ?? "") : numbers(verdict))}`);
  }
  for (const group of grouped(results.filter(({ explanation }) => explanation !== null))) {
    const explanation = group[0]?.explanation;
    if (explanation == null) continue;
    const kernels = group.map(({ kernel }) => kernel).join(", ");
    lines.push("");
    if (group.length < results.length) lines.push(style.bold(`On ${kernels}:`));
    lines.push(renderExplanation(explanation, { color, source }));
  }
  return `${lines.join("\n")}\n`;
}

function numbers({ accepted, processed, states, stackDepth }: NonNullable<Verification["verdict"]>): string {
  const walked = `${counted(processed, "instruction")} walked, ${counted(states, "state")}`;
  return accepted ? `${walked}, ${stackDepth} bytes of stack` : walked;
}

/** Lines that are shown of a profile, at most. */
const LONGEST = 20;

/** Reasons to walk a path again that are shown, at most. */
const MOST_DIFFERENCES = 10;
/** Of what was known, the beginning tells two apart mostly. */
const WIDEST_VALUE = 40;

/** Where the verifier's steps went in one program, on one kernel. */
export function renderProfile({ program, kernel, verdict }: Verification, style: Style): string {
  if (verdict === null) return "";
  const lines = profileOf(program, verdict.visits);
  const total = lines.reduce((sum, { steps }) => sum + steps, 0);
  const rows = lines
    .slice(0, LONGEST)
    .map(({ file, line, text, slot, steps, visits }) => [
      count(steps),
      `${((100 * steps) / Math.max(1, total)).toFixed(1)} %`,
      count(visits),
      line > 0 ? `${file}:${line}` : `#${slot}`,
      shortened(text),
    ]);
  const columns = [
    { title: "steps", align: "right" },
    { title: "share", align: "right" },
    { title: "visits", align: "right" },
    { title: "line", align: "left" },
    { title: "source", align: "left" },
  ] as const;
  const more = lines.length > LONGEST ? [style.dim(`  … and ${count(lines.length - LONGEST)} more lines`)] : [];
  return [
    `${style.bold(printable(program.name))} ${style.dim(`on ${kernel}: ${counted(verdict.processed, "instruction")} walked, ${counted(verdict.states, "state")} kept, at most ${count(verdict.peakStates)} at a time`)}`,
    ...table(columns, rows, style),
    ...more,
    ...differencesOf(program, verdict, style),
    "",
  ].join("\n");
}

/** Why paths were walked again that met others. */
function differencesOf(program: ProgramSpec, { differences }: Verdict, style: Style): string[] {
  if (differences === null || differences.length === 0) return [];
  const reasons = reasonsOf(program, differences);
  const rows = reasons
    .slice(0, MOST_DIFFERENCES)
    .map(({ reason, line }) => [
      count(reason.count),
      placeOf(reason),
      known(reason, reason.before),
      known(reason, reason.now),
      line === null ? `#${reason.slot}` : `${line.file}:${line.line}`,
      shortened(line?.text.trim() ?? ""),
    ]);
  const columns = [
    { title: "times", align: "right" },
    { title: "what", align: "left" },
    { title: "was", align: "left" },
    { title: "and then", align: "left" },
    { title: "before line", align: "left" },
    { title: "source", align: "left" },
  ] as const;
  const rest = reasons.length - MOST_DIFFERENCES;
  return [
    "",
    style.dim("  Walked again where paths meet, because they knew something otherwise (the first two that differed are shown):"),
    ...table(columns, rows, style),
    ...(rest > 0 ? [style.dim(`  … and ${count(rest)} more`)] : []),
  ];
}

function placeOf({ frame, register, stackOffset }: Difference): string {
  const place = register !== null ? `R${register}` : stackOffset !== null ? `fp${stackOffset}` : "references, locks or calls";
  return frame === 0 ? place : `frame${frame} ${place}`;
}

function known({ register, stackOffset }: Difference, text: string | null): string {
  if (text === null) return register === null && stackOffset === null ? "" : "nothing";
  const shown = printable(text);
  return shown.length > WIDEST_VALUE ? `${shown.slice(0, WIDEST_VALUE)}…` : shown;
}

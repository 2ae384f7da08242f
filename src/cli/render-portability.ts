/** What `skep portability` prints for people. */

import type { Finding, PortabilityReport } from "../object/requirements/portability.ts";
import type { MinimumKernel, Requirement } from "../object/requirements/requirements.ts";
import { minimumText, placesText, requirementText } from "./requirements.ts";
import { count, type Style, table } from "./terminal.ts";

export interface FoundPortability {
  readonly reports: readonly PortabilityReport[];
  readonly requirements: readonly Requirement[];
  readonly minimum: MinimumKernel;
  readonly hasRelocations: boolean;
}

export function renderPortability(found: FoundPortability, style: Style, options: { verbose: boolean }): string {
  const { reports, minimum, requirements } = found;
  const out: string[] = [];
  for (const report of reports) {
    out.push(...renderReport(report, found.hasRelocations, style, options.verbose));
  }
  out.push(`minimum kernel ${minimumText(minimum.version, minimum.because)}`);
  if (reports.length === 0 || options.verbose) {
    const rows = requirements
      .filter(({ demand }) => options.verbose || demand !== "optional")
      .map((one) => [one.since ?? "?", requirementText(one), one.demand === "always" ? "" : one.demand, placesText(one.where)]);
    const columns = ["since", "what", "demand", "where"].map((title) => ({ title, align: "left" as const }));
    out.push(...table(columns, rows, style));
  }
  return `${out.join("\n")}\n`;
}

function renderReport(report: PortabilityReport, hasRelocations: boolean, style: Style, verbose: boolean): string[] {
  const { target, loads, findings, relocations } = report;
  const verdict = loads ? style.green("loads") : style.red("does not load");
  const shown = findings.filter(({ effect }) => verbose || effect !== "unreached");
  const facts: string[] = [];
  if (relocations !== null && hasRelocations) {
    const { found, absent, poisoned, failed } = relocations;
    const some = (number: number, what: string) => (number === 0 ? [] : [`${count(number)} ${what}`]);
    facts.push(
      `relocations: ${[`${count(found)} found`, ...some(absent, "absent"), ...some(poisoned + failed, "missing")].join(", ")}`,
    );
  } else if (hasRelocations) facts.push("relocations not checked: that needs its types (--btf)");
  const hidden = findings.length - shown.length;
  if (hidden > 0) facts.push(`${count(hidden)} missing where it never gets`);
  return [
    `${style.bold(target)}: ${verdict}${facts.length === 0 ? "" : style.dim(` (${facts.join("; ")})`)}`,
    ...shown.map((finding) => `  ${finding.effect === "fails" ? style.red("✗") : "·"} ${findingText(finding, style)}`),
  ];
}

const EFFECTS: Readonly<Record<Finding["effect"], string>> = {
  fails: "",
  guarded: ", guarded",
  unreached: ", never reached",
  "on request": ", loaded on request",
};

function findingText({ kind, subject, reason, effect, where }: Finding, style: Style): string {
  const what = kind === "relocation" ? subject : requirementText({ kind, name: subject });
  return `${what}: ${reason}${EFFECTS[effect]}  ${style.dim(placesText(where))}`;
}

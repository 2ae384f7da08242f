/** `skep features NAME…`: single things, looked up in a report by the names that people use. */

import type { Callables, Feature, FeatureReport } from "../engine/kernel-features.ts";
import { nearest } from "../nearest.ts";
import { HELPER, type HelperName } from "../uapi/helpers.ts";
import { KFUNCS } from "../uapi/kfuncs.ts";
import { helperSince, type KernelVersion, KFUNC_SINCE } from "../uapi/since.ts";
import { CliError, EXIT } from "./exit.ts";

export interface FeatureAnswer {
  readonly kind: Feature["kind"] | "helper" | "kernel function";
  readonly name: string;
  readonly available: Feature["available"];
  readonly since: KernelVersion | null;
  readonly reason: string | null;
  /** Of helpers and kernel functions: the programs that may call it. */
  readonly programs?: readonly string[];
}

/**
 * One answer a thing; a name may mean several (`perf_event` is a program type and an attach type).
 * @throws CliError (usage) for a name that nothing has, with the nearest.
 */
export function answersTo(report: FeatureReport, names: readonly string[]): readonly FeatureAnswer[] {
  return names.flatMap((name) => {
    const found = [...features(report, name), ...callables(report, name)];
    if (found.length > 0) return found;
    const near = nearest(name, namesOf(report));
    throw new CliError(
      EXIT.usage,
      `there is no feature ${JSON.stringify(name)}${near === null ? "" : `; did you mean ${near}?`} ("skep features --verbose" lists them)`,
    );
  });
}

/** `BPF_MAP_TYPE_RINGBUF` is `ringbuf`. */
function plain(name: string): string {
  return name.replace(/^BPF_(PROG_TYPE|MAP_TYPE|LINK_TYPE)_/i, "").toLowerCase();
}

function features(report: FeatureReport, name: string): FeatureAnswer[] {
  const wanted = plain(name);
  const short = wanted.replace(/^bpf_/, "");
  return report.features
    .filter((feature) => [wanted, short].includes(feature.name.toLowerCase()))
    .map(({ kind, name: own, available, since, reason }) => ({ kind, name: own, available, since, reason }));
}

function callables(report: FeatureReport, name: string): FeatureAnswer[] {
  if (isHelper(name)) return [callable("helper", name, report.helpers, helperSince(HELPER[name]))];
  const listed = report.kernelFunctions.some(({ available, unknown }) => available.includes(name) || unknown.includes(name));
  if (listed || KNOWN_FUNCTIONS.has(name))
    return [callable("kernel function", name, report.kernelFunctions, KFUNC_SINCE.get(name) ?? null)];
  return [];
}

function callable(
  kind: "helper" | "kernel function",
  name: string,
  groups: readonly Callables[],
  since: KernelVersion | null,
): FeatureAnswer {
  const programs = groups.filter(({ available }) => available.includes(name)).map((group) => group.programs);
  const open = groups.some(({ unknown }) => unknown.includes(name));
  const available = programs.length > 0 ? "yes" : open ? "unknown" : "no";
  const reason =
    available === "yes" ? null : available === "no" ? "this kernel gives it to no type of program" : "only a probe can tell";
  return { kind, name, available, since, reason, programs };
}

const KNOWN_FUNCTIONS: ReadonlySet<string> = new Set(KFUNCS);
const isHelper = (name: string): name is HelperName => name in HELPER;

function namesOf(report: FeatureReport): readonly string[] {
  return [...report.features.map(({ name }) => name), ...Object.keys(HELPER), ...KFUNCS];
}

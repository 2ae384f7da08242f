/** What `skep features` prints for people. */

import type { Callables, Feature, FeatureReport, SystemFacts } from "../engine/kernel-features.ts";
import type { FeatureAnswer } from "./feature-answers.ts";
import { bytes, type Column, counted, type Style, table } from "./terminal.ts";

/** Columns of text that wraps. */
const WIDTH = 110;

const TITLES: Readonly<Record<Feature["kind"], string>> = {
  "program type": "Types of programs",
  "map type": "Types of maps",
  "attach type": "Attach types",
  "link type": "Links",
  command: "Commands of bpf(2)",
  "map flag": "Flags of maps",
  "program flag": "Flags of programs",
  instructions: "Instructions",
  types: "Kinds of types (BTF)",
  hook: "Hooks",
  other: "Other",
};

export function renderFeatures(report: FeatureReport, style: Style, { verbose }: { verbose: boolean }): string {
  const out = [...system(report, style)];
  for (const [kind, title] of Object.entries(TITLES)) {
    const features = report.features.filter((feature) => feature.kind === kind);
    out.push(
      "",
      ...(verbose ? everyFeature(title, features, style) : features.length === 0 ? [] : someFeatures(title, features, style)),
    );
  }
  out.push("", ...callables("Helpers", report.helpers, style, verbose));
  out.push("", ...callables("Functions of the kernel", report.kernelFunctions, style, verbose));
  return `${out.join("\n")}\n`;
}

// ── the system ──────────────────────────────────────────────────────────────────────────────────────────────────────

function system({ system: facts, probed }: FeatureReport, style: Style): string[] {
  const how = probed ? "asked by probes" : "known from its types, configuration and version; probes need CAP_BPF";
  const rows: [string, string][] = [
    ["capabilities", capabilities(facts)],
    ["unprivileged bpf", unprivileged(facts)],
    ["lockdown", facts.lockdown ?? "not visible (securityfs)"],
    ["security modules", facts.securityModules?.join(", ") ?? "not visible (securityfs)"],
    ["JIT", jit(facts)],
    ["types (BTF)", types(facts)],
    ["locked memory", memory(facts)],
    ["seccomp", facts.process.seccomp ?? "unknown"],
    ["perf_event_paranoid", String(facts.perfEventParanoid ?? "unknown")],
    ["mounted", mounts(facts)],
    ...(facts.delegated.length === 0
      ? []
      : [["tokens from", facts.delegated.map(delegation).join("; ")] satisfies [string, string]]),
    ["configuration", facts.configuration === null ? "not told (no /boot/config-…, no /proc/config.gz)" : "told"],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `${style.bold(`Linux ${facts.release}`)} ${style.dim(`${facts.architecture}; ${how}`)}`,
    ...rows.map(([name, value]) => `  ${style.dim(name.padEnd(width))}  ${value}`),
  ];
}

/** Those that bpf(2) and what goes with it ask for. */
const RELEVANT = [
  "CAP_BPF",
  "CAP_PERFMON",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_SYS_ADMIN",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_PTRACE",
  "CAP_SYSLOG",
] as const;

function capabilities({ process: { capabilities: held, userNamespace } }: SystemFacts): string {
  if (held === null) return "unknown";
  const inside = userNamespace ? " (inside a user namespace only)" : "";
  const has = RELEVANT.filter((name) => held.includes(name));
  const lacks = RELEVANT.filter((name) => !held.includes(name));
  if (has.length === 0) return `none that matters here${inside}`;
  return `${has.join(" ")}${lacks.length === 0 ? "" : `; not ${lacks.join(" ")}`}${inside}`;
}

function unprivileged({ unprivilegedDisabled }: SystemFacts): string {
  switch (unprivilegedDisabled) {
    case null:
      return "not to be read (kernel.unprivileged_bpf_disabled)";
    case 0:
      return "allowed: socket filters and cgroup_skb programs";
    case 1:
      return "off until the next boot (kernel.unprivileged_bpf_disabled = 1)";
    default:
      return `off (kernel.unprivileged_bpf_disabled = ${unprivilegedDisabled})`;
  }
}

function jit({ jit: { enabled, always, harden, kallsyms, limit } }: SystemFacts): string {
  const state = always === true ? "always on" : enabled === null ? "not to be read" : enabled === 0 ? "off" : "on";
  const more = [
    harden === null ? null : harden === 0 ? "not hardened" : harden === 1 ? "hardened for the unprivileged" : "hardened for all",
    kallsyms === null ? null : kallsyms === 0 ? "symbols hidden" : "symbols in kallsyms",
    limit === null ? null : `${bytes(limit)} at most`,
  ].filter((part) => part !== null);
  return [state, ...more].join(", ");
}

function types({ types: { vmlinux, modules } }: SystemFacts): string {
  if (vmlinux === null) return "none (CONFIG_DEBUG_INFO_BTF): no CO-RE";
  return `${bytes(vmlinux)}, ${modules.length === 0 ? "no modules" : counted(modules.length, "module")}`;
}

function memory({ process: { memoryLock, memoryLockCounts } }: SystemFacts): string {
  const limit = memoryLock === null ? "unknown" : memoryLock === "unlimited" ? memoryLock : bytes(memoryLock);
  return `${limit}${memoryLockCounts ? ", which counts (before 5.11)" : ", which does not count (since 5.11)"}`;
}

function delegation({ path, what }: SystemFacts["delegated"][number]): string {
  const parts = Object.entries(what).map(([name, value]) => `${name} ${value}`);
  return `${path} (${parts.join(", ")})`;
}

function mounts({ mounts: all }: SystemFacts): string {
  return Object.entries(all)
    .map(([type, places]) => `${type} ${places[0] ?? "nowhere"}`)
    .join(", ");
}

// ── features ────────────────────────────────────────────────────────────────────────────────────────────────────────

const COLUMNS: readonly Column[] = ["name", "here", "since", "known from", "why"].map((title) => ({ title, align: "left" }));

function everyFeature(title: string, features: readonly Feature[], style: Style): string[] {
  const rows = features.map(({ name, available, since, evidence, reason }) => [
    name,
    available,
    since ?? "",
    evidence ?? "",
    reason ?? "",
  ]);
  return [heading(title, features, style), ...table(COLUMNS, rows, style)];
}

/** The names of what is there; of what is not, the reasons. */
function someFeatures(title: string, features: readonly Feature[], style: Style): string[] {
  const there = features.filter(({ available }) => available === "yes").map(({ name }) => name);
  const rest = features.filter(({ available }) => available !== "yes");
  const width = Math.max(...rest.map(({ name }) => name.length), 0);
  return [
    heading(title, features, style),
    ...wrapped(there, title === TITLES.other || title === TITLES.instructions ? ", " : " "),
    ...rest.map(
      ({ name, available, reason }) =>
        `  ${(available === "no" ? style.red : style.yellow)(available.padEnd(7))}  ${name.padEnd(width)}  ${reason ?? ""}`,
    ),
  ];
}

function heading(title: string, features: readonly Feature[], style: Style): string {
  const there = features.filter(({ available }) => available === "yes").length;
  return `${style.bold(title)} ${style.dim(`${there} of ${features.length}`)}`;
}

function callables(title: string, groups: readonly Callables[], style: Style, verbose: boolean): string[] {
  const line = `${style.bold(title)} ${style.dim("by type of program")}`;
  if (verbose)
    return [
      line,
      ...groups.flatMap(({ programs, available, unknown }) => [
        `  ${programs} ${style.dim(String(available.length))}`,
        ...wrapped(available, " ", "    "),
        ...(unknown.length === 0 ? [] : [`    ${style.yellow("unknown")}`, ...wrapped(unknown, " ", "    ")]),
      ]),
    ];
  const counts = groups.map(
    ({ programs, available, unknown }) =>
      `${programs} ${available.length}${unknown.length === 0 ? "" : ` (+${unknown.length}?)`}`,
  );
  return [line, ...wrapped(counts, ", ")];
}

function wrapped(words: readonly string[], between: string, indent = "  "): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (line !== "" && line.length + between.length + word.length > WIDTH) {
      lines.push(indent + line + between.trimEnd());
      line = "";
    }
    line += line === "" ? word : between + word;
  }
  return line === "" ? lines : [...lines, indent + line];
}

// ── single things ───────────────────────────────────────────────────────────────────────────────────────────────────

export function renderAnswers(answers: readonly FeatureAnswer[], style: Style): string {
  const paint = { yes: style.green, no: style.red, unknown: style.yellow };
  const lines = answers.flatMap(({ kind, name, available, since, reason, programs }) => {
    const version = since === null ? "" : ` ${style.dim(`since Linux ${since}`)}`;
    const why = reason === null || reason.startsWith("since Linux") ? "" : `: ${reason}`;
    const line = `${paint[available](available)}  ${kind} ${style.bold(name)}${why}${version}`;
    return programs === undefined || programs.length === 0 ? [line] : [line, ...wrapped(programs, " ", "     ")];
  });
  return `${lines.join("\n")}\n`;
}

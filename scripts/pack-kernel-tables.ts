/**
 * Packs what scripts/probe-kernel.ts measured into src/verifier/targets/tables/ and src/uapi/offers/table.ts.
 *
 *     node scripts/pack-kernel-tables.ts DIRECTORY
 *
 * DIRECTORY holds `ctx_VERSION.jsonl` and `helpers_VERSION.jsonl` for 6.1, 6.12 and 6.18, as the prober prints them. docs/verifier-targets.md says how to measure a kernel.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

interface ContextRow {
  readonly type: string;
  readonly off: number;
  readonly size: number;
  readonly rw: "r" | "w";
  /** The register after a load, as the log has it. */
  readonly reg?: string;
  /** Why this kernel has no such program. */
  readonly error?: string;
}

interface HelperRow {
  readonly type: string;
  readonly helpers: readonly number[];
}

const ERAS = [
  { era: 601, version: "6.1" },
  { era: 612, version: "6.12" },
  { era: 618, version: "6.18" },
] as const;

/** The prober tries offsets below this; where the last ones are allowed, the limit is a law of the type, which contexts.ts knows. */
const PROBED = 512;

/** Contexts that BTF describes: nothing of them is a table. */
const BY_BTF = /^(tp_btf|iter)\//;

const directory = process.argv[2];
if (directory === undefined) throw new Error("usage: node scripts/pack-kernel-tables.ts DIRECTORY");
const tables = resolve(import.meta.dirname, "../src/verifier/targets/tables");

function rows<Row>(table: string, version: string): Row[] {
  const path = join(directory as string, `${table}_${version}.jsonl`);
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);
}

/** `scalar(…)`: its range follows from the size, on every kernel; else the type's name without what log lines add. */
function register(row: ContextRow): string {
  if (row.reg === undefined) return "";
  const type = /^[a-z_]+/.exec(row.reg)?.[0] ?? "";
  return type === "scalar" ? "" : `:${type}`;
}

/** Ascending numbers as `0-8/4,20`: from, to (inclusive), step. */
function runs(numbers: readonly number[], step: number): string {
  const parts: string[] = [];
  for (let i = 0; i < numbers.length; ) {
    let end = i;
    while (end + 1 < numbers.length && numbers[end + 1] === (numbers[end] ?? 0) + step) end++;
    const from = numbers[i] ?? 0;
    const to = numbers[end] ?? 0;
    if (end - i < 2) end = i;
    const open = to + step >= PROBED ? "" : `${to}`;
    parts.push(end === i ? `${from}` : step === 1 ? `${from}-${open}` : `${from}-${open}/${step}`);
    i = end + 1;
  }
  return parts.join(",");
}

/** One type's rules: `r4 0-8/4,20;r8:pkt 0;w4 8`. */
function contextRules(of: readonly ContextRow[]): string {
  const groups = new Map<string, number[]>();
  for (const row of of) {
    const key = `${row.rw}${row.size}${register(row)}`;
    const offsets = groups.get(key);
    if (offsets === undefined) groups.set(key, [row.off]);
    else offsets.push(row.off);
  }
  return [...groups]
    .map(
      ([key, offsets]) =>
        `${key} ${runs(
          offsets.sort((a, b) => a - b),
          Number(key[1]),
        )}`,
    )
    .join(";");
}

/** By era and type. A type whose table equals that of an earlier type or era is told by reference. */
function packContexts(): string {
  const lines: string[] = [];
  const newest = new Map<string, string>();
  for (const { era, version } of [...ERAS].reverse()) {
    const byType = new Map<string, ContextRow[]>();
    for (const row of rows<ContextRow>("ctx", version)) {
      if (BY_BTF.test(row.type) || row.error !== undefined) continue;
      const of = byType.get(row.type);
      if (of === undefined) byType.set(row.type, [row]);
      else of.push(row);
    }
    const seen = new Map<string, string>();
    const own: string[] = [];
    for (const [type, of] of byType) {
      const rules = contextRules(of);
      if (era === 618) newest.set(type, rules);
      else if (newest.get(type) === rules) continue;
      const same = seen.get(rules);
      if (same === undefined) seen.set(rules, type);
      own.push(`    "${type}": "${same === undefined ? rules : `=${same}`}",`);
    }
    if (era !== 618) for (const type of newest.keys()) if (!byType.has(type)) own.push(`    "${type}": null,`);
    lines.push(`  ${era}: {`, ...own, "  },");
  }
  return `${header("What programs may read and write in their contexts, by era and type of program: rules as ../contexts.ts reads them. An era\n// older than the newest holds what differs from the newest; null: no such type.")}
export const CONTEXT_RULES: Readonly<Record<number, Readonly<Record<string, string | null>>>> = {
${lines.join("\n")}
};
`;
}

function ranges(numbers: readonly number[]): string {
  const parts: string[] = [];
  const sorted = [...numbers].sort((a, b) => a - b);
  for (let i = 0; i < sorted.length; ) {
    let end = i;
    while (end + 1 < sorted.length && sorted[end + 1] === (sorted[end] ?? 0) + 1) end++;
    parts.push(end === i ? `${sorted[i]}` : `${sorted[i]}-${sorted[end]}`);
    i = end + 1;
  }
  return parts.join(",");
}

/** What all types of an era have, and what each has beside it. */
function packSets<Item>(
  sets: readonly (readonly [string, readonly Item[]])[],
  text: (items: readonly Item[]) => string,
): string[] {
  const common = [...(sets[0]?.[1] ?? [])].filter((item) => sets.every(([, items]) => items.includes(item)));
  const seen = new Map<string, string>();
  const lines = [`    all: ${JSON.stringify(text(common))},`];
  for (const [type, items] of sets) {
    const own = text(items.filter((item) => !common.includes(item)));
    const same = seen.get(own);
    if (same === undefined) seen.set(own, type);
    lines.push(`    ${JSON.stringify(type)}: ${JSON.stringify(same === undefined || own === "" ? own : `=${same}`)},`);
  }
  return lines;
}

function packHelpers(): string {
  const lines = ERAS.flatMap(({ era, version }) => {
    const sets = rows<HelperRow>("helpers", version).map((row) => [row.type, row.helpers] as const);
    return [`  ${era}: {`, ...packSets(sets, ranges), "  },"];
  });
  return `${header("Which helpers programs may call, by era and type of program: those of all types, and of each type beside them. `=type`: as that type.")}
export const HELPERS_OFFERED: Readonly<Record<number, Readonly<Record<string, string>>>> = {
${lines.join("\n")}
};
`;
}

function header(what: string): string {
  return `// Generated by scripts/pack-kernel-tables.ts from measurements of kernels: do not edit.\n// ${what}\n`;
}

writeFileSync(join(tables, "contexts.ts"), packContexts());
writeFileSync(resolve(tables, "../../../uapi/offers/table.ts"), packHelpers());

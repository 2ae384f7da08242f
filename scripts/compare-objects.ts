/**
 * Holds objects, other people's above all, against libbpf: which become a Spec, and is what we would hand to the kernel what
 * libbpf would hand to it? No program reaches a kernel (`test/object/oracle/libbpf.c` answers libbpf's system calls).
 *
 *   node scripts/compare-objects.ts FOLDER|FILE… [--btf FILE] [--oracle PROGRAM]
 *
 * With `--btf`, CO-RE relocations are applied for those types on both sides; without, instructions that have one are left
 * out. `--oracle`: that program built by hand, with another libbpf than the installed one. Exit code 1: there is a difference.
 */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { type Btf, openBtf } from "../src/btf/btf.ts";
import { relocate } from "../src/object/core/relocate.ts";
import { readObject } from "../src/object/read.ts";
import type { Spec } from "../src/object/spec.ts";
import { type Answer, ask, buildOracle, differences } from "../test/object/libbpf-oracle.ts";

type Outcome = "same" | "differs" | "libbpf alone reads it" | "we alone read it" | "neither reads it";

interface Result {
  readonly outcome: Outcome;
  readonly reasons: readonly string[];
}

const { values, positionals } = parseArgs({
  options: { btf: { type: "string" }, oracle: { type: "string" } },
  allowPositionals: true,
});
const built = values.oracle === undefined ? buildOracle() : { path: values.oracle };
if (positionals.length === 0 || "missing" in built) {
  console.error("missing" in built ? `Missing: ${built.missing}.` : "Expected folders or objects to compare.");
  process.exit(2);
}
const target = values.btf === undefined ? null : openBtf(new Uint8Array(readFileSync(values.btf)));

const tally = new Map<Outcome, number>();
for (const file of positionals.flatMap(objectsIn)) {
  const { outcome, reasons } = compare(file, ask(built.path, file, "", values.btf), target);
  tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
  if (outcome !== "same") console.log(`${outcome}: ${file}\n${reasons.map((reason) => `    ${reason}\n`).join("")}`);
}
console.log([...tally].map(([outcome, count]) => `${outcome}: ${count}`).join(", "));
process.exitCode = tally.has("differs") || tally.has("libbpf alone reads it") ? 1 : 0;

function objectsIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith(".o"))
    .sort()
    .map((name) => join(path, name));
}

function compare(file: string, answer: Answer, types: Btf | null): Result {
  const theirs = refusal(answer);
  let spec: Spec;
  try {
    spec = readObject(new Uint8Array(readFileSync(file)), { name: basename(file) });
    if (types !== null) spec = relocate(spec, types, { programs: () => true });
  } catch (error) {
    const ours = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return theirs === null
      ? { outcome: "libbpf alone reads it", reasons: [ours] }
      : { outcome: "neither reads it", reasons: [ours, theirs] };
  }
  if (theirs !== null) return { outcome: "we alone read it", reasons: [theirs] };
  const found = differences(spec, answer);
  return { outcome: found.length === 0 ? "same" : "differs", reasons: found };
}

/** Why libbpf does not load it, or null when it does. */
function refusal({ lines, log }: Answer): string | null {
  const done = lines.find((line) => line.kind === "done");
  if (done?.error === 0) return null;
  const last = log.trimEnd().split("\n").at(-1);
  return last === undefined || last === "" ? "libbpf ended without a word" : last;
}

/**
 * Holds object files, other people's above all, against a kernel's verifier: does it say of every program what ours says, in the
 * same words, and after as many instructions?
 *
 *   node scripts/compare-verdicts.ts [--kernel 6.12 | --no-kernel] [--all] [--program NAME] FOLDER|FILE…
 *
 * Asks the kernel that runs here, in a child process (root), or with `--kernel` that of a Debian package in QEMU
 * (see test/guest). `--all` prints every program, not the differences alone. Programs that the kernel
 * refuses to look at (no privileges for their hook, no such map or function there) are counted and left out. `--no-kernel` asks
 * our verifier alone, for the newest kernel, and prints what it refuses. Exit code 1: there is another verdict.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { release, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { printTable } from "../bench/measure.ts";
import type { Spec } from "../src/object/spec.ts";
import { runHere, runInGuest } from "../test/guest/run.ts";
import { type ObjectAnswer, objectFiles, readWhole } from "../test/verifier/objects.ts";
import { OurVerifier } from "../test/verifier/ours.ts";
import { KERNELS } from "../test/verifier/recorded.ts";

const LOAD = fileURLToPath(new URL("../test/verifier/load-objects.ts", import.meta.url));

const { values, positionals } = parseArgs({
  options: {
    kernel: { type: "string" },
    all: { type: "boolean", default: false },
    program: { type: "string" },
    "no-kernel": { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const alone = values["no-kernel"];
const newest = alone ? KERNELS.at(-1) : undefined;
const kernel = KERNELS.find(
  (name) => name === values.kernel || (values.kernel === undefined && release().startsWith(`${name}.`)),
);
const asked = kernel ?? newest;
if (asked === undefined || positionals.length === 0) {
  console.error(`Expected objects, and a kernel of ${KERNELS.join(", ")}; this is ${release()}.`);
  process.exit(2);
}

const verifier = new OurVerifier(asked);
const specs = new Map<string, Spec>();
const rows: string[][] = [];
const notes: string[] = [];
const tally = { verdict: 0, text: 0, processed: 0, states: 0, notAsked: 0, programs: 0 };
for (const theirs of alone ? unasked() : askKernel()) {
  const { file, program: name } = theirs;
  if (values.program !== undefined && values.program !== name) continue;
  const spec = specs.get(file) ?? readWhole(file, asked);
  specs.set(file, spec);
  if (theirs.failed !== undefined || (!theirs.accepted && theirs.text === "")) {
    tally.notAsked++;
    const refusal = alone ? verifier.ask(spec, name) : null;
    if (refusal?.verdict?.accepted === false || refusal?.verdict === null)
      notes.push(`${basename(file)} ${name}\n    ours:   ${refusal.verdict?.refusal?.text ?? refusal.threw}`);
    else if (values.all) notes.push(`${basename(file)} ${name}: not asked, ${theirs.failed ?? theirs.errno}`);
    continue;
  }
  tally.programs++;
  const { verdict, threw, milliseconds } = verifier.ask(spec, name);
  const ours = verdict?.refusal?.text ?? threw;
  const other: string[] = [];
  const differs = (what: keyof typeof tally, word: string) => {
    tally[what]++;
    other.push(word);
  };
  if (verdict === null || verdict.accepted !== theirs.accepted) differs("verdict", "VERDICT");
  else if (!theirs.accepted && ours !== theirs.text && !theirs.text.endsWith(`\n${ours}`)) differs("text", "text");
  if (verdict?.processed !== theirs.processed) differs("processed", "processed");
  else if (verdict?.states !== theirs.states) differs("states", "states");
  if (other.includes("VERDICT") || other.includes("text"))
    notes.push(`${basename(file)} ${name}\n    ours:   ${ours || "accepts"}\n    kernel: ${theirs.text || "accepts"}`);
  if (other.length === 0 && !values.all) continue;
  const slots = spec.programs.find((program) => program.name === name)!.code.length / 8;
  const each = (microseconds: number, count: number) => (count === 0 ? "" : (microseconds / count).toFixed(2));
  rows.push([
    ...[basename(file), name, `${slots}`, theirs.accepted ? "accepted" : "refused", `${verdict?.processed ?? "-"}`],
    ...[`${theirs.processed}`, `${verdict?.states ?? "-"}`, `${theirs.states}`],
    ...[each(milliseconds * 1000, verdict?.processed ?? 0), each(theirs.time, theirs.processed), other.join(" ")],
  ]);
}
if (rows.length > 0)
  printTable(
    [
      ...["object", "program", "slots", "the kernel", "processed", "kernel", "states", "kernel"],
      ...["µs each", "kernel", "differs"],
    ],
    rows,
  );
for (const note of notes) console.log(note);
console.log(
  `${tally.programs} programs, kernel ${asked}: other verdict ${tally.verdict}, other words ${tally.text}, ` +
    `other count of instructions ${tally.processed}, other count of states ${tally.states}; not asked ${tally.notAsked}`,
);
process.exitCode = tally.verdict > 0 ? 1 : 0;

/** A kernel's answers, object by object. What ends the child that asks costs that object alone. */
function askKernel(): ObjectAnswer[] {
  const answers: ObjectAnswer[] = [];
  const folder = mkdtempSync(join(tmpdir(), "skep-verdicts-"));
  const list = join(folder, "files");
  for (let left = objectFiles(positionals); left.length > 0; ) {
    writeFileSync(list, `${left.join("\n")}\n`);
    const said = values.kernel === undefined ? runHere(LOAD, list) : runInGuest(values.kernel, LOAD, list);
    const lines = said.split("\n").filter((line) => line.endsWith("}"));
    const begun = lines.map((line) => JSON.parse(line) as ObjectAnswer | { readonly begins: string });
    answers.push(...begun.filter((line) => "program" in line));
    const last = begun.findLast((line) => "begins" in line);
    left = last === undefined ? [] : left.slice(left.indexOf(last.begins) + 1);
  }
  rmSync(folder, { recursive: true });
  return answers;
}

function unasked(): ObjectAnswer[] {
  return objectFiles(positionals).flatMap((file) =>
    readWhole(file, asked!).programs.map(({ name }) => ({
      ...{ file, program: name, accepted: false, errno: "", processed: 0, states: 0, time: 0, text: "", failed: "no kernel" },
    })),
  );
}

/**
 * Loads every program of every object in a folder into the kernel that runs here, and compares its verdicts, counts and times with
 * ours: `node scripts/compare-verdicts.ts FOLDER [--all] [--no-kernel]`, as root.
 *
 * For objects that people wrote; they are loaded, never attached, each in a process of its own. Folders are searched, too. Prints
 * one line a program that differs (`--all`: every program), then totals. Programs that the kernel cannot be asked about (a type
 * that it was not built with, no such function) are counted apart. `--no-kernel` asks our verifier alone, for the newest kernel.
 */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readObject } from "../src/object/read.ts";
import type { Spec } from "../src/object/spec.ts";
import { type Answer, openLoader } from "../test/verifier/kernel.ts";
import { OurVerifier } from "../test/verifier/ours.ts";
import { KERNELS, type Recorded, recordedOf } from "../test/verifier/recorded.ts";

/** What a child prints for a program. */
type Line = Answer & { readonly program: string; readonly milliseconds: number };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: "boolean", default: false },
    "no-kernel": { type: "boolean", default: false },
    child: { type: "string" },
  },
});

if (options.child !== undefined) await loadAll(options.child);
else compare(positionals[0] ?? ".");

/** In a child process: the log of level 4 has the refusal and the count, and costs no time. */
async function loadAll(file: string): Promise<void> {
  const loader = await openLoader();
  const spec = read(file);
  for (const program of spec.programs) {
    const start = performance.now();
    const answer = loader.load(spec, program, 4);
    const line: Line = { program: program.name, milliseconds: performance.now() - start, ...answer };
    console.log(JSON.stringify(line));
  }
}

function compare(folder: string): void {
  const kernel = KERNELS.find((name) => release().startsWith(`${name}.`)) ?? KERNELS.at(-1)!;
  const verifier = new OurVerifier(kernel);
  const totals = { programs: 0, agree: 0, unsound: 0, strict: 0, threw: 0, sameCount: 0, unasked: 0, unreadable: 0 };
  let ourTime = 0;
  let theirTime = 0;
  for (const file of objectsIn(folder)) {
    let spec: Spec;
    try {
      spec = read(file);
    } catch (error) {
      totals.unreadable++;
      console.log(`${relative(folder, file)}: ${error instanceof Error ? error.message : error}`);
      continue;
    }
    const theirs = options["no-kernel"] ? new Map<string, Line>() : askKernel(file);
    for (const { name } of spec.programs) {
      const their = theirs.get(name);
      const { verdict, threw, milliseconds } = verifier.ask(spec, name);
      const ours =
        verdict === null ? `threw ${threw}` : describe(verdict.accepted, verdict.processed, verdict.refusal?.text ?? "");
      const line = (mark: string, said: string) =>
        console.log(
          `${mark.padEnd(9)}${relative(folder, file)} ${name}\n  ours:   ${milliseconds.toFixed(1)} ms  ${ours}\n  kernel: ${said}`,
        );
      totals.programs++;
      if (their === undefined || their.failed !== undefined) {
        totals.unasked++;
        if (options.all || (options["no-kernel"] && verdict?.accepted !== true)) line("unasked", their?.failed ?? "not asked");
        continue;
      }
      const recorded = recordedOf(their);
      const said = `${their.milliseconds.toFixed(1)} ms  ${describe(recorded.accepted, recorded.processed, reasonOf(recorded))}`;
      if (verdict === null) {
        totals.threw++;
        line("THREW", said);
        continue;
      }
      ourTime += milliseconds;
      theirTime += their.milliseconds;
      const same = verdict.accepted === recorded.accepted;
      if (same) totals.agree++;
      else if (verdict.accepted) totals.unsound++;
      else totals.strict++;
      if (verdict.processed === recorded.processed) totals.sameCount++;
      if (!same) line(verdict.accepted ? "UNSOUND" : "strict", said);
      else if (options.all) line(verdict.processed === recorded.processed ? "same" : "count", said);
    }
  }
  const asked = totals.programs - totals.unasked;
  console.log(
    `${totals.programs} programs, ${totals.unasked} that the kernel cannot be asked about, ${totals.unreadable} objects not read`,
  );
  console.log(
    `${totals.agree} of ${asked} verdicts agree, ${totals.sameCount} counts; ${totals.unsound} are accepted here only, ${totals.strict} there only, ${totals.threw} threw`,
  );
  console.log(`ours ${ourTime.toFixed(0)} ms, kernel ${theirTime.toFixed(0)} ms (maps and types of each program included)`);
}

function askKernel(file: string): Map<string, Line> {
  const self = fileURLToPath(import.meta.url);
  const { stdout } = spawnSync(process.execPath, ["--no-warnings", self, "--child", file], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: 120_000,
  });
  const lines = stdout.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"));
  return new Map(lines.map((line) => JSON.parse(line) as Line).map((line) => [line.program, line]));
}

function describe(accepted: boolean, processed: number, text: string): string {
  return `${accepted ? "accepts" : "refuses"}, ${processed} processed${accepted ? "" : `: ${text.replaceAll("\n", " / ")}`}`;
}

function reasonOf({ errno, text }: Recorded): string {
  return text === "" ? errno : text;
}

function objectsIn(folder: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile() && entry.name.endsWith(".o")) found.push(join(entry.parentPath, entry.name));
  return found.sort();
}

function read(file: string): Spec {
  return readObject(new Uint8Array(readFileSync(file)), { name: file });
}

/**
 * How long programs take to verify, beside the kernel that runs here: the same objects, the kernel's own count and time (log level 4, in
 * a child process). Run as root on 6.1, 6.12 or 6.18: `node bench/verifier.ts`; `--compile` compiles `programs/long.bpf.c` anew.
 *
 * Small programs are those of the verifier's suite, as they are; tools what Debian's xdp-tools installs, examples ours. Times are of
 * the second and later times, as for a process that verifies more than once; "first" is the very first program of a process.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { compileSource } from "../src/compiler/compile.ts";
import { readObject } from "../src/object/read.ts";
import type { Spec } from "../src/object/spec.ts";
import { openLoader } from "../test/verifier/kernel.ts";
import { OurVerifier } from "../test/verifier/ours.ts";
import { KERNELS } from "../test/verifier/recorded.ts";
import { suite } from "../test/verifier/suite/all.ts";
import { median, printTable } from "./measure.ts";

const PROGRAMS = join(import.meta.dirname, "programs");
const EXAMPLES = join(import.meta.dirname, "../examples");
const LARGE = join(import.meta.dirname, "../test/verifier/large");
const TOOLS = "/usr/lib/x86_64-linux-gnu/bpf";
const ROUNDS = 5;

interface Subject {
  readonly group: "small" | "tools" | "examples" | "long";
  readonly spec: Spec;
  readonly program: string;
}

/** What a verifier said, and how long it took in milliseconds. */
interface Answer {
  readonly accepted: boolean;
  readonly processed: number;
  readonly time: number;
}

function subjects(): Subject[] {
  const objects = (group: Subject["group"], folder: string, files: readonly string[]): Subject[] =>
    files.flatMap((file) => {
      const spec = readObject(new Uint8Array(readFileSync(join(folder, file))), { name: file.replace(/\..*/, "") });
      return spec.programs.map(({ name }) => ({ group, spec, program: name }));
    });
  const examples = readdirSync(EXAMPLES).filter((file) => file.endsWith(".bpf.ts"));
  return [
    ...suite().map(({ spec, program }) => ({ group: "small" as const, spec, program })),
    ...(existsSync(TOOLS)
      ? objects(
          "tools",
          TOOLS,
          readdirSync(TOOLS).filter((file) => file.endsWith(".o")),
        )
      : []),
    ...examples.flatMap((file) => {
      const spec = compileSource(readFileSync(join(EXAMPLES, file), "utf8"), { file });
      return spec.programs.map(({ name }) => ({ group: "examples" as const, spec, program: name }));
    }),
    ...objects("long", PROGRAMS, ["long.o"]),
    ...objects("long", LARGE, ["balance.o", "profile.o", "text.o"]),
  ];
}

/** In the child: a line of JSON for each program, null where the kernel was not asked. */
async function askKernel(): Promise<void> {
  const loader = await openLoader();
  for (const { spec, program: name } of subjects()) {
    const program = spec.programs.find((program) => program.name === name)!;
    const rounds = Array.from({ length: ROUNDS }, () => loader.load(spec, program, 4));
    const times = rounds.map(({ log }) => Number(/^verification time (\d+) usec/m.exec(log)?.[1]) / 1000);
    const { accepted, log, failed } = rounds[0]!;
    const answer = { accepted, processed: Number(/^processed (\d+) insns/m.exec(log)?.[1] ?? 0), time: median(times) };
    console.log(JSON.stringify(failed === undefined && Number.isFinite(answer.time) ? answer : null));
  }
}

function ours(verifier: OurVerifier, { spec, program }: Subject): Answer {
  const rounds = Array.from({ length: ROUNDS }, () => verifier.ask(spec, program));
  const { verdict } = rounds[0]!;
  const time = median(rounds.map(({ milliseconds }) => milliseconds));
  return { accepted: verdict?.accepted ?? false, processed: verdict?.processed ?? 0, time };
}

function compile(): void {
  const flags = ["-target", "bpfel", "-mcpu=v3", "-g", "-O2", "-Wall", "-Werror", "-fdebug-compilation-dir=.", "-fno-ident"];
  for (const [tool, args] of [
    ["clang-19", [...flags, "-c", "long.bpf.c", "-o", "long.o"]],
    ["llvm-strip-19", ["-g", "long.o"]],
  ] as const) {
    const { status, stderr } = spawnSync(tool, args, { cwd: PROGRAMS, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  }
}

async function compare(): Promise<void> {
  const kernel = KERNELS.find((name) => release().startsWith(`${name}.`));
  if (kernel === undefined || process.getuid?.() !== 0) {
    console.log(`needs root and a kernel ${KERNELS.join(", ")}; this is ${release()}`);
    return;
  }
  const { stdout, status, stderr } = spawnSync(process.execPath, ["--no-warnings", import.meta.filename, "--ask-kernel"], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr);
  const theirs = stdout
    .trimEnd()
    .split("\n")
    .map((line): Answer | null => JSON.parse(line));
  const all = subjects();
  const verifier = new OurVerifier(kernel);
  const first = verifier.ask(all[0]!.spec, all[0]!.program).milliseconds;
  const answers = all.map((subject) => ours(verifier, subject));
  const rows = (["small", "tools", "examples"] as const).map((group) => {
    const pairs = all.flatMap((subject, at) => {
      const their = theirs[at];
      return subject.group === group && their !== null && their !== undefined ? [{ our: answers[at]!, their }] : [];
    });
    const times = pairs.map(({ our }) => our.time);
    return [
      `${group} (${pairs.length})`,
      `${pairs.filter(({ our, their }) => our.accepted === their.accepted).length}`,
      `${pairs.filter(({ our, their }) => our.processed === their.processed).length}`,
      `${median(pairs.map(({ our }) => our.processed))}`,
      ...[median(times), median(pairs.map(({ their }) => their.time)), Math.max(...times)].map((time) => time.toFixed(3)),
    ];
  });
  console.log(`kernel ${release()}, milliseconds; the first program of a process: ${first.toFixed(0)}\n`);
  printTable(["programs", "same verdict", "same count", "processed", "median", "the kernel's", "longest"], rows);
  const long = all.flatMap((subject, at) => {
    const [our, their] = [answers[at]!, theirs[at]];
    if (subject.group !== "long" || their === null || their === undefined) return [];
    const same = our.accepted === their.accepted && our.processed === their.processed;
    return [
      [
        ...[subject.program, our.accepted ? "accepted" : "refused", same ? "the same" : `${their.processed}`, `${our.processed}`],
        ...[our.time.toFixed(1), their.time.toFixed(1)],
        ...[our, their].map(({ time, processed }) => ((time * 1000) / processed).toFixed(2)),
      ],
    ];
  });
  console.log("");
  printTable(["long programs", "verdict", "kernel", "processed", "ms", "the kernel's", "µs each", "the kernel's"], long);
}

if (process.argv.includes("--compile")) compile();
if (process.argv.includes("--ask-kernel")) await askKernel();
else await compare();

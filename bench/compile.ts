/**
 * What compiling costs, from the import of the compiler to a Spec. Cold is a new process: of the sources, whose types Node
 * strips as it goes, and of one bundle, as a package would ship it. Warm is the median of many runs; the target is 60 ms
 * (issue 6). Run: `node bench/compile.ts`.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { compileSource } from "../src/compiler/compile.ts";
import { median, printTable } from "./measure.ts";

const COMPILER = new URL("../src/compiler/compile.ts", import.meta.url);
const EXAMPLES = ["firewall", "protocols", "rate-limit"];
const ROUNDS = 9;

interface Cold {
  readonly imported: number;
  readonly compiled: number;
}

/** What a new process runs: imports a compiler, compiles one file, tells how long each took. */
async function cold(compiler: string, file: string): Promise<Cold> {
  const source = readFileSync(file, "utf8");
  const start = performance.now();
  const module: { readonly compileSource: typeof compileSource } = await import(compiler);
  const imported = performance.now();
  module.compileSource(source, { file });
  return { imported: imported - start, compiled: performance.now() - imported };
}

const COLD = `const cold = ${cold.toString()};
const { readFileSync } = await import("node:fs");
process.stdout.write(JSON.stringify(await cold(process.argv[1], process.argv[2])));`;

function measureCold(compiler: string, file: string): string {
  const runs = Array.from({ length: ROUNDS }, (): Cold => {
    const child = spawnSync(process.execPath, ["--input-type=module", "--eval", COLD, compiler, file], { encoding: "utf8" });
    return JSON.parse(child.stdout);
  });
  return `${ms(median(runs.map(({ imported }) => imported)))} + ${ms(median(runs.map(({ compiled }) => compiled)))}`;
}

function measureWarm(source: string, file: string): string {
  const times = Array.from({ length: 200 }, () => {
    const start = performance.now();
    compileSource(source, { file });
    return performance.now() - start;
  });
  return ms(median(times.slice(100)));
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

const folder = mkdtempSync(join(tmpdir(), "skep-bench-"));
try {
  const bundle = join(folder, "compile.mjs");
  await build({
    entryPoints: [fileURLToPath(COMPILER)],
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    outfile: bundle,
  });
  const rows = EXAMPLES.map((name) => {
    const file = fileURLToPath(new URL(`../examples/${name}.bpf.ts`, import.meta.url));
    const source = readFileSync(file, "utf8");
    const slots = (compileSource(source, { file }).programs[0]?.code.length ?? 0) / 8;
    return [
      name,
      `${slots}`,
      measureCold(COMPILER.href, file),
      measureCold(pathToFileURL(bundle).href, file),
      measureWarm(source, file),
    ];
  });
  printTable(["program", "instructions", "cold, sources (import + compile)", "cold, bundled", "warm"], rows);
} finally {
  rmSync(folder, { recursive: true });
}

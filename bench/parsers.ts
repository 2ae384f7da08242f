/**
 * Which parser reads `.bpf.ts`: import, first parse, warm parse and resident memory of the candidates, a fresh process each.
 * Installs them in a temporary folder, so it needs the npm registry. Run: `node bench/parsers.ts`.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { median, printTable } from "./measure.ts";

const SAMPLE = resolve(import.meta.dirname, "../examples/firewall.bpf.ts");
const ROUNDS = 5;

const CANDIDATES: readonly { readonly name: string; readonly packages: readonly string[]; readonly load: string }[] = [
  {
    name: "oxc-parser",
    packages: ["oxc-parser"],
    load: `const m = await import("oxc-parser"); return () => m.parseSync("x.ts", source).program`,
  },
  {
    name: "@swc/core",
    packages: ["@swc/core"],
    load: `const m = await import("@swc/core"); return () => m.parseSync(source, { syntax: "typescript" })`,
  },
  {
    name: "acorn-typescript",
    packages: ["acorn", "@sveltejs/acorn-typescript"],
    load: `const a = await import("acorn"), m = await import("@sveltejs/acorn-typescript"); const P = a.Parser.extend(m.tsPlugin());
      return () => P.parse(source, { sourceType: "module", ecmaVersion: "latest", locations: true })`,
  },
  {
    name: "@babel/parser",
    packages: ["@babel/parser"],
    load: `const m = await import("@babel/parser"); return () => m.parse(source, { sourceType: "module", plugins: ["typescript"], errorRecovery: true })`,
  },
  {
    name: "@lezer/javascript",
    packages: ["@lezer/javascript"],
    load: `const m = await import("@lezer/javascript"); const P = m.parser.configure({ dialect: "ts" }); return () => P.parse(source)`,
  },
  {
    name: "typescript 5.9",
    packages: ["typescript@5.9"],
    load: `const { default: m } = await import("typescript"); return () => m.createSourceFile("x.ts", source, 99, true)`,
  },
];

const folder = mkdtempSync(join(tmpdir(), "parsers-"));
try {
  writeFileSync(join(folder, "package.json"), `{ "private": true, "type": "module" }`);
  execFileSync("npm", ["install", "--no-audit", "--no-fund", ...CANDIDATES.flatMap(({ packages }) => packages)], {
    cwd: folder,
    stdio: "ignore",
  });
  const rows = CANDIDATES.map(({ name, load }) => {
    const script = join(folder, `${name.replace(/\W/g, "-")}.js`);
    writeFileSync(script, program(load));
    const runs = Array.from({ length: ROUNDS }, () => {
      const { stdout } = spawnSync(process.execPath, [script, SAMPLE], { cwd: folder, encoding: "utf8" });
      return JSON.parse(stdout) as number[];
    });
    return [name, ...[0, 1, 2, 3].map((at) => median(runs.map((run) => run[at] ?? Number.NaN)).toFixed(at === 2 ? 2 : 1))];
  });
  printTable(["parser", "import ms", "first parse ms", "warm parse ms", "RSS MB"], rows);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function program(load: string): string {
  return `import { readFileSync } from "node:fs";
const source = readFileSync(process.argv[2], "utf8");
const t0 = performance.now();
const parse = await (async () => { ${load} })();
const t1 = performance.now();
parse();
const t2 = performance.now();
for (let i = 0; i < 200; i++) parse();
const t3 = performance.now();
console.log(JSON.stringify([t1 - t0, t2 - t1, (t3 - t2) / 200, process.memoryUsage().rss / 1e6]));`;
}

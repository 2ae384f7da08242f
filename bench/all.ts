/** Every benchmark, one after the other. Run: `npm run bench`, or one of them by itself: `node bench/capture.ts`. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Not by itself: what the others share, this file, and what needs the npm registry. */
const APART = new Set(["measure.ts", "all.ts", "parsers.ts"]);

for (const name of readdirSync(import.meta.dirname).sort()) {
  if (!name.endsWith(".ts") || APART.has(name)) continue;
  const path = join(import.meta.dirname, name);
  const [, about = ""] = /\/\*\*\s*\*?\s*(.*?)\s*(?:\*\/|\n)/.exec(readFileSync(path, "utf8")) ?? [];
  console.log(`\n── bench/${name} ── ${about}`);
  const { status } = spawnSync(process.execPath, [path], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}

/**
 * The walls of the house (docs/architecture.md): which room may import which. `npm run lint` runs it.
 *
 * Rooms are listed from the ground up; a file imports from its own room and from rooms below it. Portable rooms run in a
 * browser: no `node:` module. Native code is reached through `engine/linux/sys` alone.
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

interface Room {
  readonly path: string;
  readonly portable: boolean;
  /** npm packages that may be imported here. */
  readonly packages: readonly string[];
}

const ROOMS: readonly Room[] = [
  { path: "nearest.ts", portable: true, packages: [] },
  { path: "package-folder.ts", portable: false, packages: [] },
  { path: "uapi", portable: true, packages: [] },
  { path: "isa", portable: true, packages: [] },
  { path: "btf", portable: true, packages: [] },
  { path: "packets", portable: true, packages: [] },
  { path: "object", portable: true, packages: [] },
  { path: "compiler", portable: true, packages: ["@babel/parser", "@babel/types"] },
  { path: "verifier/numbers", portable: true, packages: [] },
  { path: "verifier", portable: true, packages: [] },
  { path: "verifier/explain", portable: true, packages: [] },
  { path: "verifier/check.ts", portable: true, packages: [] },
  { path: "verifier/index.ts", portable: true, packages: [] },
  { path: "engine/maps.ts", portable: true, packages: [] },
  { path: "engine/attach-options.ts", portable: true, packages: [] },
  { path: "engine/link-info.ts", portable: true, packages: [] },
  { path: "engine/engine.ts", portable: true, packages: [] },
  { path: "engine/errors.ts", portable: true, packages: [] },
  { path: "engine/map-operations.ts", portable: true, packages: [] },
  { path: "engine/attach-all.ts", portable: true, packages: [] },
  { path: "engine/codecs.ts", portable: true, packages: [] },
  { path: "engine/numbers.ts", portable: true, packages: [] },
  { path: "engine/arena-structs.ts", portable: true, packages: [] },
  { path: "engine/variables.ts", portable: true, packages: [] },
  { path: "engine/context-input.ts", portable: true, packages: [] },
  { path: "engine/iteration.ts", portable: true, packages: [] },
  { path: "engine/record-reader.ts", portable: true, packages: [] },
  { path: "engine/reading.ts", portable: true, packages: [] },
  { path: "engine/kernel-config.ts", portable: true, packages: [] },
  { path: "engine/layout-difference.ts", portable: true, packages: [] },
  { path: "engine/embedded", portable: true, packages: ["pako"] },
  { path: "engine/linux/sys", portable: false, packages: ["koffi"] },
  { path: "engine/linux", portable: false, packages: [] },
  { path: "engine/dry-run.ts", portable: false, packages: [] },
  { path: "engine/kernel-features.ts", portable: false, packages: [] },
  { path: "engine/open.ts", portable: false, packages: [] },
  { path: "kernels", portable: false, packages: [] },
  { path: "clang", portable: false, packages: [] },
  { path: "live", portable: false, packages: [] },
  { path: "bpf", portable: true, packages: [] },
  { path: "tools", portable: false, packages: [] },
  { path: "agent", portable: false, packages: [] },
  { path: "console", portable: false, packages: [] },
  { path: "threads", portable: false, packages: [] },
  { path: "embedded.ts", portable: true, packages: [] },
  { path: "hooks.ts", portable: true, packages: [] },
  { path: "testkit", portable: true, packages: [] },
  { path: "source-files.ts", portable: false, packages: [] },
  { path: "compile.ts", portable: false, packages: [] },
  { path: "testkit/node.ts", portable: false, packages: [] },
  { path: "index.ts", portable: false, packages: [] },
  { path: "cli", portable: false, packages: [] },
];

/** Both engines stand on one floor: neither may know the other. */
const STRANGERS: readonly (readonly [string, string])[] = [
  ["engine/linux", "engine/embedded"],
  ["engine/linux/sys", "engine/embedded"],
];

const source = resolve(dirname(fileURLToPath(import.meta.url)), "../src");

/** Static and dynamic imports and re-exports, with their specifier. */
const IMPORT = /(?:^|[\n;}])\s*(?:import|export)\s(?:[^"'`;]*?\sfrom\s*)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/g;

const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

function roomOf(file: string): number {
  const path = relative(source, file);
  let best = -1;
  ROOMS.forEach((room, at) => {
    const inside = path === room.path || path.startsWith(`${room.path}/`);
    if (inside && room.path.length > (ROOMS[best]?.path.length ?? 0)) best = at;
  });
  return best;
}

function problemsOf(file: string): string[] {
  const at = roomOf(file);
  const room = ROOMS[at];
  if (room === undefined) return [`${relative(source, file)}: in no room; add it to scripts/walls.ts and docs/architecture.md`];
  const problems: string[] = [];
  const complain = (specifier: string, why: string) => problems.push(`${relative(source, file)}: imports ${specifier}: ${why}`);
  const code = readFileSync(file, "utf8").replace(COMMENT, "");
  for (const match of code.matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2] ?? "";
    if (specifier.startsWith("node:")) {
      if (room.portable) complain(specifier, `${room.path} is portable (a browser runs it)`);
    } else if (specifier.startsWith(".")) {
      const other = roomOf(resolve(dirname(file), specifier));
      const name = ROOMS[other]?.path ?? "";
      if (other < 0) complain(specifier, "it leads out of src/");
      else if (other > at) complain(specifier, `imports go down only, and ${name} is above ${room.path}`);
      else if (STRANGERS.some(([one, two]) => one === room.path && two === name))
        complain(specifier, `${room.path} and ${name} must not know each other`);
      if (!specifier.endsWith(".ts")) complain(specifier, "write the file's ending (.ts): Node runs the sources as they are");
    } else if (!room.packages.includes(specifier)) {
      complain(specifier, `a package that ${room.path} may not use`);
    }
  }
  return problems;
}

const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.includes("fixtures/"))
  .map((path) => join(source, path));
const problems = files.flatMap(problemsOf);
for (const problem of problems) console.error(problem);
console.log(`walls: ${files.length} files, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

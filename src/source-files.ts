/** Where imports of `.bpf.ts` files lead: beside the importing file, or into packages of npm, as Node finds them. */

import { readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";

/** What a package's `exports` may say besides `default`: `bpf` for files that are only for programs. */
const CONDITIONS: ReadonlySet<string> = new Set(["bpf", "skep", "import", "default"]);

/**
 * For `CompileOptions.resolve`, of the program whose own file is `main`. Files are named as `main` is: from the working
 * directory, or absolutely.
 *
 * `./parse.bpf.ts` is the file itself; `./parse.bpf.js` and `./parse.bpf` mean it, too, as TypeScript reads them. `package/x` is looked for in
 * `node_modules` of the file's folder and those around it: what `exports` of its package.json gives for the condition `bpf`
 * (or `import`, `default`), else the file of that path in the package.
 */
export function resolveFrom(main: string): (specifier: string, from: string) => { file: string; text: string } | null {
  const own = resolve(main);
  const nameOf = (path: string) => (path === own ? main : isAbsolute(main) ? path : relative(process.cwd(), path));
  return (specifier, from) => {
    const folder = dirname(resolve(from));
    const path = /^\.{0,2}\//.test(specifier) ? sourceAt(resolve(folder, specifier)) : inPackage(specifier, folder);
    return path === null ? null : { file: nameOf(path), text: readFileSync(path, "utf8") };
  };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** The source that a path means; null when there is none. */
function sourceAt(path: string): string | null {
  const candidates = path.endsWith(".ts") ? [path] : [path.replace(/\.js$/, ".ts"), `${path}.ts`, `${path}.bpf.ts`];
  return candidates.find((candidate) => candidate.endsWith(".ts") && isFile(candidate)) ?? null;
}

function inPackage(specifier: string, folder: string): string | null {
  const [, name, rest = ""] = /^((?:@[^/]+\/)?[^/@][^/]*)(\/.*)?$/.exec(specifier) ?? [];
  if (name === undefined) return null;
  for (let at = folder; ; at = dirname(at)) {
    const root = join(at, "node_modules", name);
    const description = join(root, "package.json");
    if (isFile(description)) {
      const exported = exportOf(readPackage(description), `.${rest}`);
      return sourceAt(join(root, exported ?? rest));
    }
    if (dirname(at) === at) return null;
  }
}

function readPackage(path: string): unknown {
  try {
    const content: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof content === "object" && content !== null && "exports" in content ? content.exports : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The path that a package's `exports` give a subpath (`.` or `./…`); null when they name none. */
function exportOf(exports: unknown, subpath: string): string | null {
  if (typeof exports !== "object" || exports === null || !Object.keys(exports).some((key) => key.startsWith(".")))
    return subpath === "." ? conditional(exports) : null;
  for (const [key, value] of Object.entries(exports)) {
    if (key === subpath) return conditional(value);
    const [before = "", after] = key.split("*");
    if (after === undefined || !subpath.startsWith(before) || !subpath.endsWith(after)) continue;
    const middle = subpath.slice(before.length, subpath.length - after.length);
    const target = conditional(value);
    if (middle !== "" && target !== null) return target.replaceAll("*", middle);
  }
  return null;
}

/** The first of the conditions that holds, in the order of the package. */
function conditional(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  for (const [condition, inner] of Object.entries(value)) {
    const found = CONDITIONS.has(condition) ? conditional(inner) : null;
    if (found !== null) return found;
  }
  return null;
}

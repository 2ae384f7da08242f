#!/usr/bin/env node
// Starts the command line. The published package has only `dist/`; a checkout has sources too, which Node runs as they are. There the
// bundle of `npm ci` is used as long as no source is newer: it opens one file instead of 200.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `skep needs Node.js 22.12 or newer; this is ${process.versions.node}. In a checkout, "npx skep" finds the right one after "npm ci".\n`,
  );
  process.exit(1);
}
// To import from "node:fs" here would load its streams, too: milliseconds.
const { existsSync, readFileSync, statSync } = process.getBuiltinModule("node:fs");
const { join } = process.getBuiltinModule("node:path");
process.getBuiltinModule("node:module").enableCompileCache?.();

const root = join(import.meta.dirname, "..");
const bundle = join(root, "dist/cli/skep.cjs");
const { main } = isCurrent() ? await bundled() : await import(new URL("../src/cli/main.ts", import.meta.url).href);
await main(process.argv.slice(2));

async function bundled() {
  const { runCached } = await import("./cached.js");
  const args = process.argv.slice(2);
  // Commands use different parts of it, and of the compiler only what they compile needs.
  const source = args.find((arg) => /\.(ts|c|o)$/.test(arg));
  const use = [/^[a-z]+$/.exec(args[0] ?? "")?.[0] ?? "skep", source?.split(".").at(-1) ?? ""].filter((part) => part !== "");
  return runCached(bundle, new URL("../dist/cli/main.js", import.meta.url).href, use.join(".")).exports;
}

/** Nothing that the bundle was made of has changed since. A published package has no sources. */
function isCurrent() {
  const built = changed(bundle);
  if (built === undefined) return false;
  if (!existsSync(join(root, "src"))) return true;
  const list = join(root, "dist/cli/skep.sources");
  if (!existsSync(list)) return false; // of before there was such a list
  return readFileSync(list, "latin1")
    .split("\n")
    .every((source) => changed(`${root}/${source}`) <= built);
}

function changed(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

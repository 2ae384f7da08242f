#!/usr/bin/env node
// Starts the command line. In a checkout the sources run as they are (Node strips the types); the published package has only `dist/`.
import { existsSync } from "node:fs";
import module from "node:module";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `skep needs Node.js 22.12 or newer; this is ${process.versions.node}. In a checkout, "npx skep" finds the right one after "npm ci".\n`,
  );
  process.exit(1);
}
module.enableCompileCache?.();
const source = new URL("../src/cli/main.ts", import.meta.url);
const { main } = await import(existsSync(source) ? source.href : "../dist/cli/main.js");
await main(process.argv.slice(2));

/**
 * Makes `dist/`: JavaScript bundled with shared chunks (few files to open is what makes a start quick) and declarations. `npm ci` runs
 * it in a checkout, where `bin/skep.js` uses the bundle until a source changes, and so does publishing.
 */

import { execFileSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const dist = join(root, "dist");
// Made beside it and moved in place whole: a Skep that is starting at this moment finds the old or the new one.
const made = join(root, `.dist-${process.pid}`);

const esbuild = await import("esbuild").catch(() => null);
if (esbuild === null) {
  console.error("no bundle: esbuild is not installed (npm ci --omit=dev); the sources run as they are");
  process.exit(0);
}

try {
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [
      "src/index.ts",
      "src/bpf/index.ts",
      "src/bpf/net.ts",
      "src/isa/index.ts",
      "src/embedded.ts",
      "src/verifier/index.ts",
      "src/hooks.ts",
      "src/threads/node.ts",
      "src/threads/node-cpu.ts",
      "src/testkit/index.ts",
      "src/testkit/node.ts",
      "src/cli/main.ts",
    ],
    outbase: "src",
    outdir: made,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22.12",
    external: ["koffi"],
    legalComments: "none",
  });
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", made], { cwd: root, stdio: "inherit" });
  const old = `${made}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(made, dist);
  rmSync(old, { recursive: true, force: true });
} finally {
  rmSync(made, { recursive: true, force: true });
}

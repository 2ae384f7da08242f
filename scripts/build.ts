/**
 * Makes `dist/`: JavaScript bundled with shared chunks (few files to open is what makes a start quick) and declarations. `npm ci` runs
 * it in a checkout, where `bin/skep.js` uses the bundle until a source changes, and so does publishing.
 */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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
  // The command line, once more, as one script: V8's cache of a script can hold functions that ran, that of a module cannot (bin/cached.js).
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: ["src/cli/main.ts"],
    outfile: `${made}/cli/skep.cjs`,
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node22.12",
    define: { "import.meta.url": "bundleUrl" },
    // Node warns of imports that a script makes.
    supported: { "dynamic-import": false },
    metafile: true,
    // A quarter less to read; names stay as they are, for traces.
    minifyWhitespace: true,
    lineLimit: 160,
    external: ["koffi"],
    legalComments: "none",
  });
  const script = readFileSync(`${made}/cli/skep.cjs`, "utf8");
  const hash = createHash("sha256").update(script).digest("hex").slice(0, 16);
  writeFileSync(`${made}/cli/skep.cjs`, `// ${hash}\n${script}`);
  // What it was made of: bin/skep.js looks whether any of that is newer.
  const sources = Object.keys(metafile.inputs).filter((path) => path.startsWith("src/"));
  writeFileSync(`${made}/cli/skep.sources`, sources.join("\n"));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", made], { cwd: root, stdio: "inherit" });
  const old = `${made}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(made, dist);
  rmSync(old, { recursive: true, force: true });
} finally {
  rmSync(made, { recursive: true, force: true });
}

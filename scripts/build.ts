/**
 * Makes `dist/`, what is published: JavaScript bundled with shared chunks (few files to open is what makes a start quick)
 * and declarations. In a checkout nobody needs it: Node runs the sources as they are.
 */

import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
rmSync(join(root, "dist"), { recursive: true, force: true });

await build({
  absWorkingDir: root,
  entryPoints: ["src/index.ts", "src/bpf/index.ts", "src/bpf/net.ts", "src/isa/index.ts", "src/embedded.ts", "src/cli/main.ts"],
  outbase: "src",
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22.12",
  external: ["koffi"],
  legalComments: "none",
});
execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});

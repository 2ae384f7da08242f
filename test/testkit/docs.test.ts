/** docs/testing.md works as it is written: each of its tests passes in its runner, in a project that has installed the package. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/testing.md"), "utf8");
const TESTS = [...PAGE.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)].map(([, name = "", text = ""]) => ({ name, text }));

describe("docs/testing.md", () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-testing-"));
  before(() => {
    // As `npm install skep` leaves it, but with the sources of this checkout (condition `source`).
    writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(ROOT, join(folder, "node_modules/skep"));
    for (const name of ["firewall", "rate-limit"]) cpSync(join(ROOT, `examples/${name}.bpf.ts`), join(folder, `${name}.bpf.ts`));
    for (const { name, text } of TESTS) writeFileSync(join(folder, name), text);
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (command: string, args: readonly string[]) => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    return spawnSync(command, args, { cwd: folder, encoding: "utf8", env: { ...env, NO_COLOR: "1" }, timeout: 100_000 });
  };

  for (const { name } of TESTS.filter(({ name }) => name.endsWith(".test.ts"))) {
    test(`${name} in node:test`, () => {
      const { status, stdout, stderr } = run(process.execPath, ["--conditions=source", "--test", "--test-reporter=tap", name]);
      assert.equal(status, 0, stdout + stderr);
      assert.match(stdout, /# pass 1\n/);
      if (name === "coverage.test.ts") assert.match(readFileSync(join(folder, "lcov.info"), "utf8"), /^SF:firewall\.bpf\.ts$/m);
    });
  }

  test("and they type-check", () => {
    const options = {
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions: { typeRoots: [join(ROOT, "node_modules/@types")] },
      include: ["*.test.ts"],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(options));
    const { status, stdout } = run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder]);
    assert.equal(status, 0, stdout);
  });

  test("firewall.vitest.ts in vitest", (t) => {
    const installed = run("npm", [
      "install",
      "--no-save",
      "--no-audit",
      "--no-fund",
      "--ignore-scripts",
      "--prefer-offline",
      "--fetch-retries=0",
      "vitest@4",
    ]);
    if (installed.status !== 0) return t.skip("needs vitest, which could not be installed");
    // npm takes away what it does not know.
    rmSync(join(folder, "node_modules/skep"), { recursive: true, force: true });
    symlinkSync(ROOT, join(folder, "node_modules/skep"));
    const config = `export default { test: { include: ["*.vitest.ts"], testTimeout: 60_000, server: { deps: { inline: [/src/] } } }, ssr: { resolve: { conditions: ["source", "node", "import"] } } };`;
    writeFileSync(join(folder, "vitest.config.mjs"), config);
    const { status, stdout, stderr } = run(process.execPath, [join(folder, "node_modules/vitest/vitest.mjs"), "run"]);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /1 passed/);
  });
});

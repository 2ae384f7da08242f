/** A leak fails the test file that it happened in; and every file that uses the kernel looks for leaks. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { MARK } from "./census.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const probe = probeLinux();

/** A test file that makes a map, and lets go of it or not. */
function run(clean: boolean): { readonly status: number | null; readonly output: string } {
  const folder = mkdtempSync(join(tmpdir(), "skep-leaks-"));
  const url = (path: string): string => JSON.stringify(pathToFileURL(join(ROOT, path)).href);
  const map = { name: "leaky", type: "hash", keySize: 4, valueSize: 4, maxEntries: 4, flags: 0, keyType: 0, valueType: 0 };
  writeFileSync(
    join(folder, "it.test.mjs"),
    `import ${url("test/kernel/leaks.ts")};
     import { test } from "node:test";
     import { openLinux } from ${url("src/engine/linux/engine.ts")};
     test("it", async () => {
       const engine = await openLinux();
       await engine.load({ name: "x", license: "GPL", types: null, programs: [], maps: [${JSON.stringify(map)}] });
       if (${clean}) await engine[Symbol.asyncDispose]();
     });`,
  );
  // Neither this file's mark nor its runner is that one's.
  const { NODE_TEST_CONTEXT: _, [MARK]: __, ...environment } = process.env;
  const env = { ...environment, SKEP_LEAK_PATIENCE: "1000" };
  const { status, stdout } = spawnSync(process.execPath, ["--no-warnings", "--test", join(folder, "it.test.mjs")], {
    encoding: "utf8",
    env,
  });
  rmSync(folder, { recursive: true });
  return { status, output: stdout };
}

describe("leaks", { skip: probe.available ? false : probe.reason }, () => {
  test("a test file that leaves a map open fails", () => {
    const { status, output } = run(false);
    assert.equal(status, 1, output);
    assert.match(output, /left in the kernel: map \d+ \(leaky\)/);
  });

  test("one that does not passes", () => {
    const { status, output } = run(true);
    assert.equal(status, 0, output);
  });
});

test("every test file that uses the kernel looks for leaks", () => {
  const files = globSync("test/**/*.test.ts", { cwd: ROOT });
  const using = files.filter((file) => {
    if (/^test\/(kernel|linux)\/[^/]*$/.test(file)) return true;
    return /probeLinux|openLinux|kernel\/child\.ts/.test(readFileSync(join(ROOT, file), "utf8"));
  });
  assert.ok(using.length > 20, `${using.length} files`);
  const careless = using.filter(
    (file) => !/leaks\.ts"/.test(readFileSync(join(ROOT, file), "utf8")) && file !== "test/kernel/leaks.test.ts",
  );
  assert.deepEqual(careless, [], 'import "../kernel/leaks.ts"');
});

/** docs/maps.md works as it is written: every script prints what its comments say. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/maps.md"), "utf8");

test("the scripts of docs/maps.md", () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-maps-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const scripts = [...PAGE.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = ""]) => text);
    assert.equal(scripts.length, 2);
    for (const script of scripts) {
      const promised = [...script.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, value]) => value);
      assert.ok(promised.length >= 4);
      writeFileSync(join(folder, "script.ts"), script.replace('"skep/embedded"', JSON.stringify(join(ROOT, "src/embedded.ts"))));
      const node = ["--conditions=source", "--disable-warning=ExperimentalWarning", "script.ts"];
      const { stdout, stderr, status } = spawnSync(process.execPath, node, { cwd: folder, encoding: "utf8" });
      assert.equal(status, 0, stderr);
      assert.deepEqual(stdout.trim().split("\n"), promised);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

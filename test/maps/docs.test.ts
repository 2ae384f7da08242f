/** docs/maps.md works as it is written: every script prints what its comments say. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/maps.md"), "utf8");
const LANGUAGE = readFileSync(join(ROOT, "docs/language.md"), "utf8");

/** What the scripts import, and where it is. */
const MODULES = { '"skep"': "src/index.ts", '"skep/embedded"': "src/embedded.ts" };

function withModules(script: string): string {
  return Object.entries(MODULES).reduce((text, [name, file]) => text.replace(name, JSON.stringify(join(ROOT, file))), script);
}

test("the scripts of docs/maps.md", () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-maps-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const scripts = [...PAGE.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = ""]) => text);
    assert.equal(scripts.length, 3);
    writeFileSync(join(folder, "list.bpf.ts"), /## Arenas\n.*?^```ts\n(.*?)^```$/ms.exec(LANGUAGE)?.[1] ?? "");
    for (const script of scripts) {
      const promised = [...script.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, value]) => value);
      assert.ok(promised.length >= 4);
      writeFileSync(join(folder, "script.ts"), withModules(script));
      const node = ["--conditions=source", "--disable-warning=ExperimentalWarning", "script.ts"];
      const { stdout, stderr, status } = spawnSync(process.execPath, node, { cwd: folder, encoding: "utf8" });
      assert.equal(status, 0, stderr);
      assert.deepEqual(stdout.trim().split("\n"), promised);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** docs/room.md works as it is written: its scripts print what their comments say. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, test } from "node:test";
import { compileFile, missingCompiler } from "../kernel/same-bytes/objects.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/room.md"), "utf8");
const NODE = ["--conditions=source", "--disable-warning=ExperimentalWarning"];

const blocks = [...PAGE.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(([, language = "", name = "", text = ""]) => ({
  language,
  name,
  text,
}));

/** What a script prints; `skep` is this checkout. */
function run(folder: string, text: string): string {
  const sources = { "skep/embedded": "embedded.ts", skep: "index.ts" };
  let script = text;
  for (const [specifier, file] of Object.entries(sources))
    script = script.replaceAll(` from "${specifier}";`, ` from "${join(ROOT, "src", file)}";`);
  writeFileSync(join(folder, "script.ts"), script);
  const { stdout, stderr, status } = spawnSync(process.execPath, [...NODE, "script.ts"], { cwd: folder, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

describe("docs/room.md", () => {
  const scripts = blocks.filter(({ language, text }) => language === "ts" && text.includes("openEmbedded("));
  const needs = (text: string): string | false => (text.includes('.o"') ? (missingCompiler() ?? false) : false);

  for (const { text } of scripts) {
    const promised = [...text.matchAll(/console\.log\(.*\/\/ (.+)$/gm)].map(([, value]) => value);
    test(promised.join(", "), { skip: needs(text) }, () => {
      const folder = mkdtempSync(join(tmpdir(), "skep-room-"));
      try {
        writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
        cpSync(join(ROOT, "examples/firewall.bpf.ts"), join(folder, "firewall.bpf.ts"));
        const [source] = blocks.filter(({ language }) => language === "c");
        if (needs(text) === false && text.includes('.o"')) {
          writeFileSync(join(folder, source!.name), source!.text);
          writeFileSync(join(folder, "router.o"), compileFile(join(folder, source!.name)));
        }
        assert.deepEqual(run(folder, text).split("\n"), promised);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  test("has both scripts, and the source of one", () => {
    assert.equal(scripts.length, 2);
    assert.equal(blocks.filter(({ language }) => language === "c").length, 1);
  });
});

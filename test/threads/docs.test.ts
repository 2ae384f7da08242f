/** The scripts of docs/embedded.md about rings and threads print what their comments say. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/embedded.md"), "utf8");
const SOURCES = { "skep/embedded": "embedded.ts", "skep/threads": "threads/node.ts", skep: "index.ts" };

function section(title: string): string {
  const start = PAGE.indexOf(`\n## ${title}\n`);
  assert.ok(start >= 0, title);
  const end = PAGE.indexOf("\n## ", start + 1);
  return PAGE.slice(start, end < 0 ? undefined : end);
}

/** What a script prints; `skep` is this checkout. */
function run(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), "skep-threads-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    cpSync(join(ROOT, "examples/firewall.bpf.ts"), join(folder, "firewall.bpf.ts"));
    cpSync(join(ROOT, "examples/captures/office.pcap"), join(folder, "office.pcap"));
    let text = script;
    for (const [specifier, file] of Object.entries(SOURCES))
      text = text.replaceAll(new RegExp(`^(import .*) from "${specifier}";$`, "gm"), `$1 from "${join(ROOT, "src", file)}";`);
    writeFileSync(join(folder, "script.ts"), text);
    const node = ["--conditions=source", "--disable-warning=ExperimentalWarning", "script.ts"];
    const { stdout, stderr, status } = spawnSync(process.execPath, node, { cwd: folder, encoding: "utf8", timeout: 60_000 });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const title of ["Packets in place", "Threads"]) {
  test(`docs/embedded.md: ${title}`, () => {
    const scripts = [...section(title).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = ""]) => text);
    assert.equal(scripts.length, 1);
    for (const script of scripts) {
      const promised = [...script.matchAll(/console\.log\(.*\); +\/\/ (.*)$/gm)].map(([, value]) => value);
      assert.ok(promised.length > 0);
      assert.equal(run(script), promised.join("\n"));
    }
  });
}

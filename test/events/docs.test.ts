/** docs/events.md works as it is written: its commands and its code run, in order, in a folder with its files. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { Folder, ROOT } from "../cli/skep.ts";

const PAGE = readFileSync(join(ROOT, "docs/events.md"), "utf8");

const blocks = (language: string): string[] =>
  [...PAGE.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, found, text = ""]) => (found === language ? [text] : []));

function folderOfThePage(): Folder {
  const folder = new Folder();
  for (const name of ["syscalls", "tasks", "profile", "opens", "iterators"])
    copyFileSync(join(import.meta.dirname, `fixtures/${name}.bpf.o`), join(folder.path, `${name}.o`));
  folder.file("events.jsonl", blocks("jsonl")[0] ?? "");
  return folder;
}

const node = (folder: Folder, args: readonly string[]) =>
  spawnSync(process.execPath, args, { cwd: folder.path, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });

/** A script of the page, run where its imports are found. */
function script(folder: Folder, text: string) {
  const source = (name: string) => pathToFileURL(join(ROOT, "src", name)).href;
  const code = text.replaceAll('"skep/embedded"', `"${source("embedded.ts")}"`).replaceAll('"skep"', `"${source("index.ts")}"`);
  const { status, stdout, stderr } = node(folder, ["--no-warnings", folder.file("script.ts", code)]);
  assert.equal(status, 0, stderr);
  return stdout;
}

test("commands", () => {
  using folder = folderOfThePage();
  const printed = (blocks("sh")[0] ?? "")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [command = ""] = line.split("#");
      const { status, stdout, stderr } = node(folder, [join(ROOT, "bin/skep.js"), ...command.trim().split(/ +/).slice(2)]);
      assert.equal(status, 0, `${command}: ${stdout}${stderr}`);
      return stdout;
    });
  const [all = "", one = "", samples = "", records = ""] = printed;
  assert.match(all, /7 +\/etc\/passwd +1\n/);
  assert.equal(JSON.parse(one).runs, 1);
  assert.match(samples, /^sampled on events\.jsonl: 4 events, /);
  assert.match(records, /^events: "/);
});

test("an application", () => {
  using folder = folderOfThePage();
  assert.equal(script(folder, blocks("ts")[0] ?? ""), "1 { pid: 7, file: '/etc/passwd' }\n");
});

test("kernel types", { skip: existsSync("/sys/kernel/btf/vmlinux") ? false : "no types of a kernel" }, () => {
  using folder = folderOfThePage();
  const printed = script(folder, blocks("ts")[1] ?? "");
  assert.match(printed, /pid: 7,\s+parent: 1,\s+uid: 1000,\s+result: 0,\s+pages: 321n,\s+never: 0n,\s+comm: 'sh'/);
  assert.match(printed, /pid: 8,\s+parent: 7,\s+uid: 1000,\s+result: 0,\s+pages: 0n,\s+never: 0n,\s+comm: 'cat'/);
});

test("iterators", { skip: existsSync("/sys/kernel/btf/vmlinux") ? false : "no types of a kernel" }, () => {
  using folder = folderOfThePage();
  assert.equal(script(folder, blocks("ts")[2] ?? ""), "7 7 sh\n7 9 helper\n1: that is all\n0: 5 = 50\nend 0 1\n16\n");
});

test("counters", () => {
  using folder = folderOfThePage();
  assert.equal(script(folder, blocks("ts")[3] ?? ""), "500\n");
});

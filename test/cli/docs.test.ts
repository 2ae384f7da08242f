/** docs/objects.md works as it is written: its commands and its code run, in order, in a folder with its files. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { pathToFileURL } from "node:url";
import { object } from "./fixtures.ts";
import { Folder, ROOT } from "./skep.ts";
import { kernelTypes } from "./types.ts";

const PAGE = readFileSync(join(ROOT, "docs/objects.md"), "utf8");

interface Block {
  readonly language: string;
  readonly text: string;
}

function blocks(page: string): Block[] {
  return [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = "", text = ""]) => ({ language, text }));
}

/** `npx skep inspect main.o   # status 7: …`: the arguments, and the status that it says. */
function commands({ text }: Block): { args: string[]; status: number }[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [command = "", comment = ""] = line.split("#");
      assert.match(command, /^npx skep /, line);
      const status = Number(/^ status (\d+)/.exec(comment)?.[1] ?? 0);
      return { args: command.trim().split(/ +/).slice(2), status };
    });
}

it("docs/objects.md", () => {
  using folder = new Folder();
  copyFileSync(object("counter"), join(folder.path, "main.o"));
  copyFileSync(object("note"), join(folder.path, "note.o"));
  copyFileSync(object("questions"), join(folder.path, "trace.o"));
  folder.file("6.0.btf", kernelTypes({ task: { pid: "int", __state: "u32" }, lastHelper: "bpf_tcp_raw_check_syncookie_ipv6" }));
  folder.file(
    "6.1.btf",
    kernelTypes({ task: { pid: "int", __state: "u32", prio: "int" }, lastHelper: "bpf_user_ringbuf_drain" }),
  );
  const run = (args: readonly string[]) =>
    spawnSync(process.execPath, args, { cwd: folder.path, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
  const index = pathToFileURL(join(ROOT, "src/index.ts")).href;
  let number = 0;
  for (const block of blocks(PAGE)) {
    if (block.language === "sh") {
      for (const { args, status } of commands(block)) {
        const ended = run([join(ROOT, "bin/skep.js"), ...args]);
        assert.equal(ended.status, status, `skep ${args.join(" ")}: ${ended.stdout}${ended.stderr}`);
        assert.equal(ended.stderr, "");
      }
    } else {
      const script = join(folder.path, `${++number}.ts`);
      writeFileSync(script, block.text.replaceAll('from "skep"', `from "${index}"`));
      const { status, stdout, stderr } = run([script]);
      assert.equal(status, 0, `${block.text}\n${stderr}`);
      // What the page says is printed, is.
      for (const [, said = ""] of block.text.matchAll(/console\.log\(.*\); +\/\/ (.*)$/gm))
        assert.ok(stdout.includes(said), `${said} in:\n${stdout}`);
    }
  }
});

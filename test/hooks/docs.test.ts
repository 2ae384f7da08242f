/** docs/hooks.md works as it is written; the example's server answers and exchanges its programs as the page shows. */

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/hooks.md"), "utf8");

/** Sources run as they are, here as in any checkout: by the condition that names them. */
const NODE = ["--conditions=source", "--disable-warning=ExperimentalWarning"];

const blocks = [...PAGE.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(([, language = "", name = "", text = ""]) => ({
  language,
  name,
  text,
}));

class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "skep-hooks-"));

  constructor() {
    // As in a project that has installed it.
    writeFileSync(join(this.path, "package.json"), '{ "type": "module" }');
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

/** What a script prints; `skep` is this checkout. */
function run(folder: string, name: string, text: string): string {
  const sources = { "skep/embedded": "embedded.ts", "skep/hooks": "hooks.ts", skep: "index.ts" };
  let script = text;
  for (const [specifier, file] of Object.entries(sources)) {
    // Not in the source of a program, which is a template string with lines of its own.
    script = script.replaceAll(new RegExp(`^(import .*) from "${specifier}";$`, "gm"), `$1 from "${join(ROOT, "src", file)}";`);
  }
  writeFileSync(join(folder, name), script);
  const { stdout, stderr, status } = spawnSync(process.execPath, [...NODE, name], { cwd: folder, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout;
}

test("every script of the page prints what its comments say", () => {
  using folder = new Folder();
  for (const { language, name, text } of blocks)
    if (language === "ts" && name !== "") writeFileSync(join(folder.path, name), text);
  const scripts = blocks.filter(({ language, name }) => language === "ts" && name === "");
  assert.equal(scripts.length, 2);
  for (const [index, { text }] of scripts.entries()) {
    const promised = [...text.matchAll(/\/\/ (\d+|logged \d+)$/gm)].map(([, value]) => value);
    assert.ok(promised.length > 0);
    assert.equal(run(folder.path, `${index}.ts`, text).trim(), promised.join("\n"));
  }
});

test("the server of the example", async () => {
  const [transcript] = blocks.filter(({ language }) => language === "text");
  const expected = transcript!.text.trim().split("\n");
  using folder = new Folder();
  for (const name of ["limit.bpf.ts", "route.bpf.ts"]) cpSync(join(ROOT, "examples/http", name), join(folder.path, name));
  const child = spawn(process.execPath, [...NODE, join(ROOT, "examples/http/server.ts"), "0", folder.path], { cwd: folder.path });
  const lines = new Lines(child);
  try {
    const address = await lines.next();
    assert.match(address, /^http:\/\/127\.0\.0\.1:\d+$/);
    const told = [expected[0]!];
    const ask = async (path: string) => {
      await answer(`${address}${path}`);
      told.push(await lines.next());
    };
    const edit = async (from: string, to: string) => {
      const path = join(folder.path, "limit.bpf.ts");
      const text = readFileSync(path, "utf8");
      assert.ok(text.includes(from));
      writeFileSync(path, text.replace(from, to));
      told.push((await lines.next()).replaceAll(`${folder.path}/`, ""));
    };
    await ask("/");
    await ask("/api/users");
    await ask("/shop/api/cart");
    await ask("/shop/cart");
    await edit("BURST = 3", "BURST = 5");
    // A token arrives.
    await new Promise((done) => setTimeout(done, 1100));
    await ask("/shop/cart");
    await edit("BURST = 5", "BURST = x");
    assert.deepEqual(told, expected);
  } finally {
    child.kill();
    await new Promise((done) => child.once("exit", done));
  }
});

function answer(url: string): Promise<void> {
  return new Promise((done, fail) => {
    get(url, { agent: false }, (response) => response.resume().on("end", done)).on("error", fail);
  });
}

/** What a process prints, line by line. */
class Lines {
  readonly #lines: string[] = [];
  #rest = "";
  #wake: (() => void) | null = null;
  #ended = false;

  constructor(child: ChildProcess) {
    const take = (chunk: Buffer) => {
      const parts = (this.#rest + chunk.toString()).split("\n");
      this.#rest = parts.pop() ?? "";
      this.#lines.push(...parts);
      this.#wake?.();
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    child.once("exit", () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  async next(): Promise<string> {
    while (this.#lines.length === 0) {
      assert.ok(!this.#ended, "the process ended");
      await new Promise<void>((done) => {
        this.#wake = done;
      });
    }
    return this.#lines.shift()!;
  }
}

/** `skep btf`: types as text, and what changed. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { object, readerObject } from "./fixtures.ts";
import { Folder, ROOT, skep } from "./skep.ts";
import { kernelTypes } from "./types.ts";

const withoutKernel = existsSync("/sys/kernel/btf/vmlinux") ? false : "this kernel tells no types";

describe("skep btf dump", () => {
  it("an object's types as C", async () => {
    const { status, stdout } = await skep(["btf", "dump", readerObject("maps"), "--type", "value"]);
    assert.equal(status, 0);
    assert.match(stdout, /struct value \{\n\tu64 packets;\n\tu64 bytes;\n\};/);
    assert.match(stdout, /typedef long long unsigned int u64;|typedef unsigned long long u64;/);
    assert.doesNotMatch(stdout, /__VMLINUX_H__|struct key/);
  });

  it("functions as C", async () => {
    const { stdout } = await skep(["btf", "dump", object("note"), "--type", "note"]);
    assert.match(stdout, /^extern int note\(u64 \*count\);$/m);
  });

  it("as TypeScript, for the program or for its user", async () => {
    const program = await skep(["btf", "dump", readerObject("maps"), "--format", "dts", "--type", "struct value"]);
    assert.match(program.stdout, /export interface value \{\n {2}packets: u64;/);
    const user = await skep(["btf", "dump", readerObject("maps"), "--format", "dts", "--side", "user", "--type", "value"]);
    assert.match(user.stdout, /packets: \w+;/);
    assert.doesNotMatch(user.stdout, /type u64 = number/);
  });

  it("as JSON, a type and what it needs", async () => {
    const { stdout } = await skep(["btf", "dump", readerObject("maps"), "--format", "json", "--type", "value"]);
    const types: { name: string; kind: string }[] = JSON.parse(stdout);
    assert.deepEqual(types.map(({ kind, name }) => `${kind} ${name}`).sort(), [
      "int unsigned long long",
      "struct value",
      "typedef u64",
    ]);
  });

  it("of a source, of raw types, gzipped too", async () => {
    using folder = new Folder();
    const types = kernelTypes({ task: { pid: "int" } });
    const source = await skep(["btf", "dump", "examples/firewall.bpf.ts", "--type", "Ipv4Prefix"]);
    assert.match(source.stdout, /struct Ipv4Prefix \{/);
    const raw = await skep(["btf", "dump", folder.file("raw.btf", types), "--type", "task_struct"]);
    const packed = await skep(["btf", "dump", folder.file("raw.btf.gz", gzipSync(types)), "--type", "task_struct"]);
    assert.match(raw.stdout, /struct task_struct \{\n\tint pid;/);
    assert.equal(packed.stdout, raw.stdout);
  });

  it("of the running kernel", { skip: withoutKernel }, async () => {
    const { status, stdout } = await skep(["btf", "dump", "--type", "list_head"]);
    assert.equal(status, 0);
    assert.match(stdout, /struct list_head \{\n\tstruct list_head \*next;/);
  });

  it("a reader that goes away is no error", { skip: withoutKernel }, async () => {
    const child = spawn(process.execPath, [join(ROOT, "bin/skep.js"), "btf", "dump", "kernel"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let complaints = "";
    child.stderr.on("data", (text) => {
      complaints += text;
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const [status] = await once(child, "close");
    assert.deepEqual([status, complaints], [0, ""]);
  });
});

describe("skep btf diff", () => {
  it("tells what changed, by type and field", async () => {
    using folder = new Folder();
    const before = folder.file(
      "before.btf",
      kernelTypes({ task: { pid: "int", state: "u32", prio: "int" }, functions: ["old"] }),
    );
    const after = folder.file(
      "after.btf",
      kernelTypes({ task: { pid: "u32", flags: "int", more: "u64", prio: "int" }, functions: ["fresh"] }),
    );
    const { status, stdout } = await skep(["btf", "diff", before, after]);
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^~ struct task_struct\n {4}size 24 → 32\n {2}~ pid: int → u32 at 0\n {2}- state: u32 at 8\n {2}\+ flags: int at 8\n {2}\+ more: u64 at 16\n {4}1 field moved$/m,
    );
    assert.match(stdout, /^\+ function fresh$/m);
    assert.match(stdout, /^- function old$/m);
    assert.match(stdout, /^1 added, 1 removed, 1 changed$/m);
    const one = await skep(["btf", "diff", before, after, "--type", "task_struct", "--verbose"]);
    assert.match(one.stdout, /^ {2}~ prio: int at 16 → 24$/m);
    assert.doesNotMatch(one.stdout, /function/);
    const data = JSON.parse((await skep(["btf", "diff", before, after, "--json", "--type", "struct task_struct"])).stdout);
    assert.deepEqual(data[0].parts[0], { part: "size", from: 24, to: 32 });
  });
});

describe("what is refused: one line, and status", () => {
  for (const { what, args, status, says } of [
    { what: "no verb", args: [], status: 2, says: /dump or diff/ },
    { what: "another verb", args: ["show"], status: 2, says: /dump or diff, found "show"/ },
    { what: "another format", args: ["dump", object("note"), "--format", "rust"], status: 2, says: /c, dts, json/ },
    { what: "one side of a difference", args: ["diff", object("note")], status: 2, says: /two sources of types, found 1/ },
    { what: "a missing file", args: ["dump", "nosuch.btf"], status: 4, says: /nosuch\.btf: no such file/ },
    { what: "a file without types", args: ["dump", "package.json"], status: 4, says: /package\.json: / },
    {
      what: "a type that is not there",
      args: ["dump", readerObject("maps"), "--type", "valeu"],
      status: 4,
      says: /did you mean value\?/,
    },
    {
      what: "a type that neither side has",
      args: ["diff", object("note"), object("note"), "--type", "no"],
      status: 4,
      says: /neither/,
    },
    { what: "a module with a path", args: ["dump", "kernel:../x"], status: 2, says: /name of a module/ },
    {
      what: "a function as TypeScript",
      args: ["dump", object("note"), "-t", "note", "-f", "dts"],
      status: 2,
      says: /note is a function/,
    },
  ]) {
    it(what, async () => {
      const ended = await skep(["btf", ...args]);
      assert.equal(ended.status, status, ended.stderr);
      assert.match(ended.stderr, says);
      assert.equal(ended.stderr.trimEnd().split("\n").length, 1);
      assert.equal(ended.stdout, "");
    });
  }
});

/** `skep compile`: what a source became, in every form, for a target and an instruction set. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { compile } from "../../src/compile.ts";
import { decode, print } from "../../src/isa/index.ts";
import { readObject } from "../../src/object/read.ts";
import { object, readerObject } from "./fixtures.ts";
import { Folder, skep } from "./skep.ts";

const SOURCE = `import { array, hash, type u16, type u32, type u64, XDP_DROP, XDP_PASS, xdp } from "skep/bpf";
import { Ethernet } from "skep/bpf/net";
interface Total { frames: u64; last: u16; }
export const totals = hash<u16, Total>({ maxEntries: 64 });
export const limits = array<u32>({ maxEntries: 4 });
export let seen: u64 = 0;
export let last: u16 = 0;
export const first = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null) return XDP_DROP;
  seen += 1;
  last = eth.type;
  return XDP_PASS;
});
export const second = xdp((ctx) => (limits.get(0) === null ? XDP_DROP : XDP_PASS));
`;

async function made(folder: Folder, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await skep(["compile", "a.bpf.ts", ...args], { cwd: folder.path });
  assert.equal(status, 0, stderr);
  return stdout;
}

describe("skep compile", () => {
  const folder = new Folder();
  after(() => folder[Symbol.dispose]());
  const path = folder.file("a.bpf.ts", SOURCE);
  const read = (name: string) => readFileSync(join(folder.path, name));

  it("-o a.o writes an object that says the same as the source", async () => {
    await made(folder, "-o", "a.o");
    const [spec, written] = [await compile(path), readObject(read("a.o"), { name: "a.o" })];
    assert.deepEqual(
      written.programs.map(({ name, section, code }) => [name, section, code.length]),
      spec.programs.map(({ name, section, code }) => [name, section, code.length]),
    );
    assert.deepEqual(written.maps.map(({ name }) => name).sort(), spec.maps.map(({ name }) => name).sort());
  });

  it("of some programs alone", async () => {
    await made(folder, "-o", "one.o", "--program", "second");
    assert.deepEqual(
      readObject(read("one.o")).programs.map(({ name }) => name),
      ["second"],
    );
  });

  it("--emit chooses, else the ending of -o does, else it is text", async () => {
    assert.match(await made(folder), /^first xdp, \d+ instructions\n/);
    await made(folder, "-o", "a.json");
    assert.equal(JSON.parse(read("a.json").toString()).name, "a");
    await made(folder, "-o", "a.json", "--emit", "asm");
    assert.match(read("a.json").toString(), /^first xdp/);
    await made(folder, "-o", "first.bin", "--program", "first");
    assert.equal(print(decode(read("first.bin")).at(-1)!), "exit");
  });

  it("--emit ir shows what the optimizer made, or what it was given", async () => {
    const [after, before] = [await made(folder, "--emit", "ir"), await made(folder, "--emit", "ir", "--no-optimize")];
    for (const text of [after, before]) assert.match(text, /^function first\(v0: ptr\) -> i32 \{$/m);
    assert.ok(after.length < before.length);
    const only = await made(folder, "--emit", "ir", "--program", "second");
    assert.doesNotMatch(only, /function first/);
  });

  it("--emit dts has the types of maps, variables and programs", async () => {
    const text = await made(folder, "-o", "a.d.ts");
    assert.equal(text, "");
    const types = read("a.d.ts").toString();
    assert.match(types, /^export declare const totals: MapDeclaration<"hash", UserSide<u16>, UserSide<Total>>;$/m);
    assert.match(types, /^export declare const seen: UserSide<u64>;$/m);
    assert.match(types, /^export declare const first: ProgramDeclaration<"xdp">;$/m);
  });

  const compiler = ["cc", "gcc", "clang-19"].find((name) => spawnSync(name, ["--version"]).status === 0);
  it("--emit c-header has structs for C in user space, of the same layout", {
    skip: compiler === undefined && "no C compiler",
  }, async () => {
    await made(folder, "-o", "a.h");
    const spec = await compile(path);
    const total = spec.maps.find(({ name }) => name === "totals");
    const [seen, last] = ["seen", "last"].map((name) => spec.globals?.find((global) => global.name === name));
    const program = folder.file(
      "user.c",
      `#include <stddef.h>
#include "a.h"
_Static_assert(sizeof(struct Total) == ${total?.valueSize}, "");
_Static_assert(offsetof(struct Total, last) == 8, "");
_Static_assert(offsetof(struct a_bss, seen) == ${seen?.offset}, "");
_Static_assert(offsetof(struct a_bss, last) == ${last?.offset}, "");
int main(void) { struct a_bss b = { .seen = 1 }; return b.last; }
`,
    );
    execFileSync(compiler ?? "cc", ["-Wall", "-Werror", "-fsyntax-only", program]);
  });

  it("--cpu chooses the instruction set", async () => {
    const jumps = async (cpu: string) => {
      await made(folder, "--emit", "bytes", "--program", "first", "--cpu", cpu, "-o", "cpu.bin");
      return decode(read("cpu.bin")).some((instruction) => /^if w\d/.test(print(instruction)));
    };
    assert.equal(await jumps("v2"), false);
    for (const [args, message] of [
      [["--cpu", "5"], /--cpu takes v1, v2, v3 or v4, found "5"/],
      [["--emit", "elf"], /--emit takes asm, obj/],
      [["--target", "5.4"], /--target takes 6\.1, 6\.12, 6\.18 and embedded, found "5\.4"/],
      [["--no-optimize"], /goes with --emit ir/],
    ] as const) {
      const { status, stderr } = await skep(["compile", path, ...args]);
      assert.equal(status, 2);
      assert.match(stderr, message);
    }
    const { status, stderr } = await skep(["compile", object("counter"), "--emit", "ir"]);
    assert.deepEqual([status, /for \.bpf\.ts sources/.test(stderr)], [2, true]);
  });

  it("--target: what it does not accept is told, and nothing is written", async () => {
    await made(folder, "-o", "good.o", "--target", "kernel,embedded");
    assert.ok(existsSync(join(folder.path, "good.o")));
    const { status, stdout, stderr } = await skep(["compile", readerObject("exceptions"), "-o", "bad.o", "--target", "6.1"], {
      cwd: folder.path,
    });
    assert.equal(status, 5);
    assert.equal(stdout, "");
    assert.match(stderr, /6\.1 +refused/);
    assert.ok(!existsSync(join(folder.path, "bad.o")));
  });

  it("skep verify asks about what is compiled for the oldest kernel that it asks", async () => {
    const loop =
      'import { range, type u64, XDP_PASS, xdp } from "skep/bpf";\nexport let total: u64 = 0;\nexport const p = xdp((ctx) => { for (const i of range(ctx.packet.length)) total += i; return XDP_PASS; });';
    const file = folder.file("loop.bpf.ts", loop);
    for (const kernels of ["6.1", "6.18", "6.18,6.1"]) {
      const { status, stdout } = await skep(["verify", file, "--kernel", kernels]);
      assert.equal(status, 0, stdout);
    }
  });

  it("--target embedded leaves programs of an application's hooks to the application", async () => {
    const hook = folder.file(
      "hook.bpf.ts",
      `import { hook, type u32 } from "skep/bpf";\ninterface Request { readonly size: u32; }\nexport const limit = hook<Request>("request", (request) => (request.size > 5 ? 1 : 0));\n`,
    );
    assert.equal((await skep(["compile", hook, "--target", "embedded"])).status, 0);
    assert.equal((await skep(["compile", hook, "--target", "kernel"])).status, 5);
  });
});

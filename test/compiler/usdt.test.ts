/** `ctx.argument(n)` of USDT programs: asked of whoever attaches, where a kprobe's is in a register. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { compileSource } from "../../src/compiler/compile.ts";
import { openEngine } from "../../src/engine/open.ts";

const source = (body: string, more = "") => `import { i32, type u64, usdt, type UsdtContext } from "skep/bpf";
export let number: i32 = 0;
export let wide: u64 = 0;
${more}
export const probe = usdt("/bin/app:app:work", (ctx) => {
  ${body}
});`;
const compiled = (text: string) => compileSource(text, { file: "probe.bpf.ts" });
const SPECS = "__bpf_usdt_specs";

test("a program that asks for arguments has the map that says where they are, with the fields that loaders write", () => {
  const spec = compiled(source("number = i32(ctx.argument(0));"));
  const map = spec.maps.find(({ name }) => name === SPECS);
  assert.deepEqual([map?.type, map?.keySize, map?.maxEntries], ["array", 4, 256]);
  assert.equal(spec.programs[0]?.section, "usdt//bin/app:app:work");
});

test("one that asks for none has no such map", () => {
  assert.deepEqual(
    compiled(source("wide++;")).maps.map(({ name }) => name),
    [".bss"].map((name) => `probe${name}`),
  );
});

test("a probe of another kind that is asked for its arguments brings no such map, whatever its file imports", () => {
  const spec = compiled(`import * as bpf from "skep/bpf";
export let first: bpf.u64 = 0;
export const probe = bpf.kprobe("do_unlinkat", (ctx) => { first = ctx.argument(0); });`);
  assert.ok(!spec.maps.some(({ name }) => name === SPECS));
  // Nor does the word alone, in a file with USDT programs.
  assert.ok(!compiled(source("wide++; // .argument(0)")).maps.some(({ name }) => name === SPECS));
});

test("a file that knows the context by another name, and no word of USDT, asks for arguments as well; there is one map for all", async () => {
  const files: Readonly<Record<string, string>> = {
    "./names.bpf.ts": 'export type { UsdtContext as Probe } from "skep/bpf";',
    "./second.bpf.ts": `import type { u64 } from "skep/bpf";
import type { Probe } from "./names.bpf.ts";
export function second(ctx: Probe): u64 { return ctx.argument(1); }`,
  };
  const text = source("wide = second(ctx) + ctx.argument(0);", 'import { second } from "./second.bpf.ts";');
  const resolve = (file: string) => (files[file] === undefined ? null : { file, text: files[file] });
  const spec = compileSource(text, { file: "probe.bpf.ts", resolve });
  assert.deepEqual(
    spec.maps.map(({ name }) => name).filter((name) => name === SPECS),
    [SPECS],
  );
  await using engine = await openEngine("embedded");
  await using collection = await engine.load(spec);
  collection.programs["probe"]?.run({ context: { args: [4, 9] } });
  assert.equal(collection.variables["wide"]?.get(), 13n);
});

test("arguments in the embedded engine are those of the event; there are as many as registers for them", async () => {
  const helper = "function second(ctx: UsdtContext): u64 { return ctx.argument(1); }";
  await using engine = await openEngine("embedded");
  await using collection = await engine.load(
    compiled(source("number = i32(ctx.argument(0)); wide = second(ctx) + ctx.argument(6);", helper)),
  );
  collection.programs["probe"]?.run({ context: { args: [-7, 9] } });
  assert.deepEqual([collection.variables["number"]?.get(), collection.variables["wide"]?.get()], [-7, 9n]);
});

test("an argument may be chosen when it runs", async () => {
  await using engine = await openEngine("embedded");
  await using collection = await engine.load(compiled(source("wide = ctx.argument(u32(wide));").replace("i32,", "i32, u32,")));
  collection.variables["wide"]?.set(2n);
  collection.programs["probe"]?.run({ context: { args: [1, 2, 3] } });
  assert.equal(collection.variables["wide"]?.get(), 3n);
});

test("what is wrong with a call is said where it is", () => {
  assert.throws(() => compiled(source('wide = ctx.argument("first");')), /probe\.bpf\.ts:6:23: expected u32, found a text/);
  assert.throws(() => compiled(source("wide = ctx.argument();")), /ctx\.argument\(index\): u64/);
});

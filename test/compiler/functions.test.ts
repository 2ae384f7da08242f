/** Functions: sub-programs, callbacks and loops, as kernels see them, and what is refused. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBtf } from "../../src/btf/btf.ts";
import { compileSource } from "../../src/compiler/compile.ts";
import { openKernelTarget } from "../../src/kernels/types.ts";
import type { KernelName } from "../../src/verifier/index.ts";
import { check as checkProgram } from "../../src/verifier/index.ts";
import { computing, withImports } from "./program.ts";
import { beside, check, inside } from "./refusals.ts";
import { GROUPS } from "./rows.ts";

describe("kernels take", () => {
  const groups = {
    "functions that are called": ["6.1", "6.12", "6.18"],
    "functions that helpers call back": ["6.1", "6.12", "6.18"],
    ranges: ["6.12", "6.18"],
  } as const satisfies Record<string, readonly KernelName[]>;
  for (const [name, kernels] of Object.entries(groups)) {
    test(`${name}: ${kernels.join(", ")}`, async () => {
      const found = GROUPS.filter((group) => group.name.startsWith(name));
      assert.equal(found.length, 1);
      for (const { rows, top } of found) {
        for (const [body] of rows) {
          const spec = compileSource(computing(body, top), { file: "row.bpf.ts" });
          for (const kernel of kernels) {
            const { verdict, explanation } = await checkProgram(spec, spec.programs[0]!, openKernelTarget(kernel));
            assert.ok(verdict?.accepted, `${kernel}: ${body}\n${explanation?.reason}`);
          }
        }
      }
    });
  }
});

test("a sub-program is there once, and is described with its parameters", () => {
  const spec = compileSource(
    withImports(`interface Pair { a: u32; b: u64 }
      /** @noinline */
      function sum(pair: Pair, by: u8, ctx: XdpContext): u64 { return pair.a + pair.b + by + ctx.packet.length; }
      export const p = xdp((ctx) => {
        const pair: Pair = { a: 1, b: 2 };
        return sum(pair, 1, ctx) + sum(pair, 2, ctx) === 5 ? XDP_PASS : XDP_DROP;
      });`),
    { file: "test.bpf.ts" },
  );
  const [program] = spec.programs;
  assert.ok(program !== undefined && spec.types !== null);
  assert.deepEqual(
    program.functions.map(({ name }) => name),
    ["p", "sum"],
  );
  const btf = openBtf(spec.types);
  const fn = btf.type(program.functions[1]?.type ?? 0);
  assert.ok(fn.kind === "function" && fn.linkage === "static");
  const prototype = btf.type(fn.type);
  assert.ok(prototype.kind === "prototype");
  assert.deepEqual(
    prototype.parameters.map(({ name }) => name),
    ["pair", "by", "ctx"],
  );
});

describe("what is refused", () => {
  test("callbacks", () =>
    check([
      inside("SK2402", "bpf_loop(3, 5);", "5", /\(index, state\)/),
      inside("SK2402", "bpf_loop(3, (i, state, more) => {});", "more"),
      inside("SK2106", "bpf_loop(3, (i, state) => {});", "state", /state\)/),
      inside("SK2101", "bpf_loop(3, (i: u64) => {});", "i", /annotation/),
      inside("SK2403", "bpf_loop(3, (i) => { return i; });", "return i;", /true to stop/),
      inside("SK2403", "bpf_loop(3, (i) => i * 2);", "i * 2", /true to stop/),
      inside("SK2106", "bpf_loop(3);", "bpf_loop(3)"),
      inside("SK2101", "bpf_for_each_map_elem(ctx, (map, key) => {});", "ctx", /hash or an array/),
      inside("SK2012", "for (let i = 0; i < 3; i++) bpf_loop(3, () => { break; });", "break;"),
      inside(
        "SK2301",
        "let v = m.get(1); bpf_loop(3, () => { if (v === 5) v = null; if (v !== null) v += 1; v += 1; });",
        "v",
        /check it/,
      ),
      beside(
        "SK2114",
        "interface K { a: u32 } export const n = hash<K, u32>({ maxEntries: 1 }); function f(): void { bpf_for_each_map_elem(n, (map, key) => { key.a = 1; }); }",
        "key.a",
      ),
      beside("SK2011", "function f(): void { bpf_loop(3, () => { f(); }); }", "f()"),
      beside("SK2101", "interface A { a: u32 } function step(a: A): void {} function f(): void { bpf_loop(3, step); }", "step"),
    ]));

  test("ranges", () =>
    check([
      inside("SK2106", "for (const i of range()) {}", "range()", /range\(from, to\)/),
      inside("SK2101", "for (const i of range(true)) {}", "true", /integers/),
      inside("SK2301", "const n = m.get(1); for (const i of range(n)) {}", "n"),
      inside("SK2103", "const a: i32 = 1; for (const i of range(a, ctx.packet.length)) {}", "a, ctx.packet.length", /cast/),
      inside("SK2004", "for (const i of range(3)) i = 2;", "i"),
      inside("SK2007", "const r = range;", "range", /call it/),
      inside("SK2101", "for (const i of 5) {}", "5", /range\(n\)/),
      inside("SK1101", "for (const i: u32 of range(3)) {}", ": u32"),
      inside("SK2207", "for (const i of range(-1, 18446744073709551615n)) {}", "18446744073709551615n"),
    ]));

  test("generics", () =>
    check([
      beside("SK2405", "function none<T>(): u32 { return 1; } function f(): u32 { return none(); }", "none()", /none<T>/),
      beside(
        "SK2405",
        "function g<T>(a: T): T { return a; } function f(): u32 { return g<u32, u32>(1); }",
        "g<u32, u32>(1)",
        /g<T>/,
      ),
      beside("SK2102", "function g<T>(a: T, b: T): T { return b; } function f(x: u32): u8 { return g(x, x); }", "g(x, x)"),
      beside(
        "SK2104",
        "interface A { a: u32 } function g<T>(a: T): T { return a + 1; } function f(a: A): void { g(a); }",
        "a",
        /integers/,
      ),
      beside(
        "SK2011",
        "function g<T>(a: T): u32 { return g<FixedArray<u32, 2>>([1, 2]); } function f(): u32 { return g(1); }",
        "g<FixedArray<u32, 2>>([1, 2])",
      ),
      beside("SK3003", "interface P<T> { a: T } interface Q { p: P }", "P", /P<T>/),
      beside("SK3003", "interface P<T> { a: T } interface Q { p: P<u32, u8> }", "P<u32, u8>", /P<T>/),
      beside("SK1101", "interface P { a: u32 } interface Q { p: P<u32> }", "<u32>", /leave it out/),
      beside("SK2111", "interface P<T> { a: P<FixedArray<T, 2>> } interface Q { p: P<u32> }", "P"),
      beside("SK2405", "function g<T>(i: u32): void {} function f(): void { bpf_loop(3, g); }", "g"),
      beside("SK1101", "const f = (a: u32) => { bpf_loop(a, <T>(i) => {}); };", "<T>"),
    ]));
});

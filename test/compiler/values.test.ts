/** Values that are more than a number: texts, copies of structs, structs that let holds. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBtf } from "../../src/btf/btf.ts";
import { compileSource } from "../../src/compiler/compile.ts";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import type { Collection } from "../../src/engine/engine.ts";
import { counted, withImports } from "./program.ts";
import { check, row } from "./refusals.ts";

const MORE = 'import { type Bits, type FixedString, type Union } from "skep/bpf";\n';

/** What a program's body leaves in `out`, as each instruction set version. */
async function outcome(top: string, body: string, size = 64): Promise<readonly unknown[]> {
  const source = withImports(`${MORE}${top}
    export let out: FixedArray<i64, 12>;
    export const p = xdp((ctx) => {
      ${body}
      return XDP_PASS;
    });`);
  const results: unknown[] = [];
  for (const cpu of [1, 3, 4] as const) {
    const engine = await openEmbedded();
    const collection: Collection = await engine.load(compileSource(source, { file: "a.bpf.ts", cpu }));
    assert.equal(collection.programs["p"]?.run({ packet: counted(size) }).verdict, 2);
    results.push(collection.variables["out"]?.get());
  }
  for (const result of results) assert.deepEqual(result, results[0]);
  return (results[0] as bigint[]).map(Number);
}

/** `out[0] = …; out[1] = …` of conditions, as 1 and 0. */
function asked(conditions: readonly string[]): string {
  return conditions.map((condition, index) => `out[${index}] = i64(${condition});`).join("\n");
}

describe("texts", () => {
  const top = `interface Named { id: u32; name: FixedString<16> }
    const SHORT: FixedString<8> = "bash";
    export let who: FixedString<16> = "nobody";`;

  test("are compared as far as they go", async () => {
    const conditions = [
      'who === "nobody"',
      'who === "nobod"',
      'who === "nobodys"',
      '"nobody" !== who',
      'who.startsWith("no")',
      'who.startsWith("on")',
      'who === ""',
      "local === SHORT",
      "who === local",
      "n.name === who",
      "who !== local",
      'n.name.startsWith("")',
    ];
    const body = `const local: FixedString<16> = "bash"; const n: Named = { id: 1, name: who }; ${asked(conditions)}`;
    assert.deepEqual(await outcome(top, body), [1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 1]);
  });

  test("end at their NUL, whatever lies behind it", async () => {
    const body = `let a: FixedString<16> = "a long text";
      let b: FixedString<8> = "ab";
      const n: Named = { id: 0, name: "0123456789abcde" };
      n.name = "ab";
      ${asked(["a === b", "n.name === b", 'b === "ab"', "b === n.name"])}
      a = "ab";
      out[4] = i64(a === b);
      out[5] = b.charCodeAt(1);
      for (let i = 0; i < 8; i++) out[6] += b.charCodeAt(i);`;
    assert.deepEqual((await outcome(top, body)).slice(0, 7), [0, 1, 1, 1, 1, 98, 97 + 98]);
  });

  test("are keys and values of maps, and text to user space", async () => {
    const source = withImports(`${MORE}${top}
      export const names = hash<FixedString<16>, Named>({ maxEntries: 4 });
      export const p = xdp(() => {
        const n: Named = { id: 1, name: "bash" };
        names.set("key", n);
        names.set(n.name, { ...n, id: 2 });
        const found = names.get("bash");
        if (found === null) return XDP_ABORTED;
        who = found.name;
        return XDP_PASS;
      });`);
    const engine = await openEmbedded();
    const { programs, maps, variables } = await engine.load(compileSource(source, { file: "a.bpf.ts" }));
    assert.equal(programs["p"]?.run({ packet: counted() }).verdict, 2);
    assert.deepEqual(
      new Map(maps["names"]),
      new Map([
        ["key", { id: 1, name: "bash" }],
        ["bash", { id: 2, name: "bash" }],
      ]),
    );
    assert.equal(variables["who"]?.get(), "bash");
    variables["who"]?.set("somebody");
    assert.equal(variables["who"]?.get(), "somebody");
  });

  test("that do not fit, or are no texts, are refused", () => {
    const body = (statement: string) => `${MORE}${top}\nexport const p = xdp((ctx) => {\n  ${statement}\n  return XDP_PASS;\n});`;
    check([
      row("SK3108", body('const x: FixedString<4> = "four";'), '"four"', /FixedString<5>/),
      row("SK3108", body('const x = who === "a text that is too long";'), '"a text that is too long"'),
      row("SK1101", body('const x = "text";'), '"text"', /FixedString<5>/),
      row("SK2101", body('const x: u32 = "text";'), '"text"'),
      row("SK2104", body('if (ctx.packet.length === "5") return XDP_DROP;'), "ctx.packet.length"),
      row("SK2009", body("const x = who.length;"), "length"),
      row("SK2113", body("const x = who.charCodeAt(16);"), "16", /15/),
      row("SK3003", `${MORE}interface A { name: FixedString }\nexport const p = xdp(() => XDP_PASS);`, "FixedString", /16/),
      row("SK1101", `${MORE}const x = "text";\nexport const p = xdp(() => XDP_PASS);`, '"text"', /FixedString<5>/),
    ]);
  });
});

describe("copies", () => {
  const top = `interface Inner { a: u8; b: u32 }
    interface Outer { inner: Inner; list: FixedArray<u16, 3>; c: u64 }
    export const m = hash<u32, Outer>({ maxEntries: 2 });`;

  test("of structs and arrays stay as they were", async () => {
    const body = `const o: Outer = { inner: { a: 1, b: 2 }, list: [3, 4, 5], c: 6 };
      const copy = { ...o };
      const changed: Outer = { ...o, c: 7, inner: { ...o.inner, b: 8 } };
      const list = [...o.list];
      o.c = 100; o.inner.b = 101; o.list[2] = 102;
      m.set(1, { ...changed, list });
      const there = m.get(1);
      if (there === null) return XDP_ABORTED;
      const mine = { ...there };
      there.c = 50;
      out[0] = i64(copy.c); out[1] = copy.inner.b; out[2] = copy.list[2];
      out[3] = i64(changed.c); out[4] = changed.inner.b; out[5] = changed.inner.a;
      out[6] = list[2]; out[7] = i64(mine.c); out[8] = mine.list[2];`;
    assert.deepEqual((await outcome(top, body)).slice(0, 9), [6, 2, 5, 7, 8, 1, 5, 7, 5]);
  });

  test("let holds a struct of its own, which another may replace", async () => {
    const body = `let x: Inner = { a: 1, b: 2 };
      let list: FixedArray<u16, 3> = [1, 2, 3];
      for (let i: u32 = 0; i < 3; i++) {
        let turn: Inner = { a: 0, b: i };
        turn.b += 1;
        x = { a: x.a, b: x.b + turn.b };
        turn = ctx.packet.length > 10 ? { a: 1, b: 1 } : { a: 2, b: 2 };
        x = { ...x, a: u8(x.a + turn.a) };
        list = [list[1], list[2], list[0]];
      }
      x.b += 1;
      out[0] = x.a; out[1] = x.b; out[2] = list[0]; out[3] = list[1]; out[4] = list[2];`;
    assert.deepEqual((await outcome(top, body)).slice(0, 5), [4, 2 + 1 + 2 + 3 + 1, 1, 2, 3]);
  });

  test("what would be a second name for something is said to be one", () => {
    const body = (statement: string) => `${MORE}${top}\nexport const p = xdp((ctx) => {\n  ${statement}\n  return XDP_PASS;\n});`;
    const make = "const o: Inner = { a: 1, b: 2 }; ";
    check([
      row("SK2112", body(`${make}let x = o; x.a = 2;`), "x", /\{ \.\.\.name \}/),
      row("SK2112", body(`${make}let x: Inner = { a: 3, b: 4 }; x = o;`), "o", /\{ \.\.\.name \}/),
      row("SK2116", body("let x: Inner = { a: 3, b: 4 }; const y = x; y.a = 1;"), "x", /\{ \.\.\.name \}/),
      row("SK2104", body("const y = { ...ctx.packet.length };"), "ctx.packet.length"),
      row("SK2101", body(`${make}const y: Outer = { ...o };`), "o"),
    ]);
  });
});

describe("bit-fields and unions", () => {
  const top = `interface A { a: Bits<u32, 3>; b: Bits<u32, 5>; c: Bits<u32, 30>; d: u8 }
    interface B { a: Bits<u8, 3>; b: Bits<u16, 9>; c: Bits<u64, 40>; d: Bits<i32, 7>; e: Bits<bool, 1> }
    interface C { x: u8; a: Bits<u32, 4>; b: Bits<u32, 28>; z: Bits<u64, 60>; y: u8 }
    /** @union */ interface D { a: u32; b: FixedArray<u8, 6>; c: Bits<u32, 3> }
    interface E { kind: u8; data: Union<{ port: u16; bytes: FixedArray<u8, 4>; a: A }>; d: D }
    const table: FixedArray<B, 2> = [{ a: 1, b: 2, c: 3, d: -4, e: false }, { a: 7, b: 511, c: 9, d: 63, e: true }];
    export const m = hash<A, u32>({ maxEntries: 4 });
    export let b: B = { a: 5, b: 300, c: 0xffffffff12n, d: -5, e: true };
    export let e: E;`;

  // What clang-19 says of the same structs in C.
  test("lie where C puts them", () => {
    const sources = ["A", "B", "C", "D"].map((name) => `export const map${name} = array<${name}>({ maxEntries: 1 });`).join("\n");
    const source = withImports(`${MORE}${top}\n${sources}\nexport const p = xdp(() => XDP_PASS);`);
    const types = openBtf(compileSource(source, { file: "a.bpf.ts" }).types ?? new Uint8Array());
    const layout = (name: string, kind: "struct" | "union") => {
      const type = types.type(types.find(name, kind) ?? 0);
      if (type.kind !== kind) return null;
      return [type.size, type.members.map((member) => `${member.name} ${member.bitOffset}:${member.bitSize}`).join(", ")];
    };
    assert.deepEqual(layout("A", "struct"), [12, "a 0:3, b 3:5, c 32:30, d 64:0"]);
    assert.deepEqual(layout("B", "struct"), [8, "a 0:3, b 3:9, c 12:40, d 52:7, e 59:1"]);
    assert.deepEqual(layout("C", "struct"), [24, "x 0:0, a 8:4, b 32:28, z 64:60, y 128:0"]);
    assert.deepEqual(layout("D", "union"), [8, "a 0:0, b 0:0, c 0:3"]);
  });

  test("keep their neighbours, their signs and their widths", async () => {
    const body = `const n = ctx.packet.length;
      b.d -= 1;
      b.b += 500;
      const c: C = { x: 1, a: 15, b: 0xfffffff, z: (1n << 60n) - 1n, y: 3 };
      c.b = 1;
      const t = table[n & 1];
      out[0] = b.a; out[1] = b.b; out[2] = i64(b.c); out[3] = b.d; out[4] = i64(b.e);
      out[5] = c.a; out[6] = c.b; out[7] = i64(c.z === (1n << 60n) - 1n);
      out[8] = t.d; out[9] = t.b; out[10] = table[0].d; out[11] = c.x + c.y;`;
    assert.deepEqual(await outcome(top, body, 65), [5, 288, 0xffffffff12, -6, 1, 15, 1, 1, 63, 511, -4, 4]);
  });

  test("make keys that are equal where their fields are", async () => {
    const body = `const a: A = { a: ctx.packet.length, b: 31, c: 5, d: 1 };
      m.set(a, 7);
      m.set({ ...a, a: 3 }, 8);
      out[0] = m.get({ a: 0, b: 31, c: 5, d: 1 }) ?? 0;
      out[1] = m.get({ a: 3, b: 31, c: 5, d: 1 }) ?? 0;`;
    assert.deepEqual((await outcome(top, body)).slice(0, 2), [7, 8]);
  });

  test("unions see the bytes that another field wrote", async () => {
    const body = `e = { kind: 2, data: { port: 443 }, d: { b: [1, 2, 3, 4, 5, 6] } };
      out[0] = e.data.bytes[0]; out[1] = e.data.bytes[1]; out[2] = e.d.a; out[3] = e.d.c;
      e.data.a.b = 3;
      out[4] = e.data.bytes[0];
      e.d = { c: 5 };
      out[5] = e.d.b[0]; out[6] = e.d.b[5];`;
    assert.deepEqual((await outcome(top, body)).slice(0, 7), [187, 1, 0x04030201, 1, 27, 5, 0]);
  });

  test("that cannot be are refused", () => {
    const body = (statement: string) => `${MORE}${top}\nexport const p = xdp((ctx) => {\n  ${statement}\n  return XDP_PASS;\n});`;
    const type = (declaration: string) => `${MORE}${declaration}\nexport const p = xdp(() => XDP_PASS);`;
    check([
      row("SK2201", body("const x: A = { a: 8, b: 1, c: 1, d: 1 };"), "8"),
      row("SK2201", body("const x: B = { a: 1, b: 1, c: 1, d: 64, e: true };"), "64"),
      row("SK2117", body("const x: D = { a: 1, b: [1, 2, 3, 4, 5, 6] };"), "{ a: 1, b: [1, 2, 3, 4, 5, 6] }", /one of a, b, c/),
      row("SK3003", type("interface X { a: Bits<u8, 9> }"), "Bits<u8, 9>"),
      row("SK3003", type("interface X { a: Bits<FixedString<4>, 2> }"), "Bits<FixedString<4>, 2>"),
      row("SK3003", type("interface X { a: Union<u32> }"), "Union<u32>"),
      row("SK1101", type("/** @packed */ interface X { a: Bits<u8, 3> }"), "X", /@packed/),
      row("SK3107", body("atomicAdd(b.d, 1);").replace("FixedString,", "FixedString, atomicAdd,"), "b.d"),
    ]);
  });

  test("arrays of arrays, of structs, of texts", async () => {
    const body = `let grid: FixedArray<FixedArray<u16, 4>, 3> = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]];
      const names: FixedArray<FixedString<8>, 2> = ["one", "two"];
      for (let i = 0; i < 3; i++) for (let j = 0; j < 4; j++) out[0] += grid[i][j];
      grid[1][ctx.packet.length & 3] = 100;
      out[1] = grid[1][0];
      grid[2] = grid[0];
      out[2] = grid[2][3];
      out[3] = i64(names[ctx.packet.length & 1] === "one");`;
    assert.deepEqual((await outcome(top, body)).slice(0, 4), [78, 100, 4, 1]);
  });
});

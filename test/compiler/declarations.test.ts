/** What the compiler refuses of types, declarations, maps and programs. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compileSource } from "../../src/compiler/compile.ts";
import { beside, check, diagnose, IMPORTS, inside, row } from "./refusals.ts";

describe("types", () => {
  test("nothing is lost without a cast", () =>
    check([
      inside("SK2102", "const a: u8 = ctx.packet.length;", "ctx.packet.length", /u8\(/),
      inside("SK2102", "let a: u32 = 1; a += bpf_ktime_get_ns();", "bpf_ktime_get_ns()", /u32\(/),
      inside("SK2102", "m.increment(bpf_ktime_get_ns());", "bpf_ktime_get_ns()"),
      inside("SK2103", "const a = i32(ctx.packet.length) + ctx.packet.length;", "i32(ctx.packet.length) + ctx.packet.length"),
      inside("SK2103", "const a = i64(1) < bpf_ktime_get_ns();", "i64(1) < bpf_ktime_get_ns()", /cast/),
      inside("SK2201", "const a: u8 = 256;", "256", /wider/),
      inside("SK2201", "const a = ctx.packet.length + -1;", "-1"),
      inside("SK2201", "const a = ctx.packet.length < 0x1_0000_0000;", "0x1_0000_0000"),
      inside("SK2202", "const a = 1.5;", "1.5", /integers/),
      inside("SK2203", "const a = 9007199254740993;", "9007199254740993", /9007199254740993n/),
      inside("SK2204", "const a = ctx.packet.length << 32;", "32", /wider/),
      inside("SK2205", "const a = ctx.packet.length / 0;", "0"),
      inside("SK2104", "const a = -ctx.packet.length;", "ctx.packet.length", /i32/),
      inside("SK2104", "const a = true + 1;", "true", /u32/),
      inside("SK2101", "const a: bool = 1;", "1", /!== 0/),
      inside("SK2101", "const a: u32 = true;", "true", /u32\(/),
      inside("SK2101", "const a: Ipv4Address = 5;", "5", /ipv4\("/),
      inside("SK2104", 'const a = ipv4("10.0.0.1") + 1;', 'ipv4("10.0.0.1") + 1', /network order/),
      inside("SK3010", 'const a = ipv4("10.0.0");', '"10.0.0"', /ipv4\("/),
    ]));

  test("structs have all of their fields and no others", () => {
    const top = "interface K { a: u32; b: u8 } export const k = hash<K, u32>({ maxEntries: 1 });\n";
    const program = (statement: string) => `${top}export const p = xdp(() => {\n  ${statement}\n  return XDP_PASS;\n});`;
    check([
      row("SK2107", program("k.increment({ a: 1 });"), "{ a: 1 }", /a, b/),
      row("SK2108", program("k.increment({ a: 1, b: 2, c: 3 });"), "c", /a, b/),
      row("SK2201", program("k.increment({ a: 1, b: 256 });"), "256"),
      row("SK2101", program("k.increment(5);"), "5"),
      row("SK2112", program("const k: K = { a: 1, b: 2 }; let x = k; x.a = 2;"), "x", /\.\.\./),
      row("SK2114", program("k.increment({ a: 1, b: 2 }); Ethernet.size = 3;"), "Ethernet.size"),
      beside("SK2110", "interface A {}", "A"),
      beside("SK2111", "interface A { a: A }", "A"),
      beside("SK1101", "interface A extends B { a: u32 } interface B { b: u32 }", "B", /field/),
      beside("SK1101", "interface A { a?: u32 }", "a?: u32"),
    ]);
  });

  test("functions are called as they are declared", () => {
    const top = "function add(a: u32, b: u32): u32 { return a + b; }\n";
    const program = (statement: string) => `${top}export const p = xdp((ctx) => {\n  ${statement}\n  return XDP_PASS;\n});`;
    check([
      row("SK2106", program("const x = add(1);"), "add(1)", /a: u32, b: u32/),
      row("SK2102", program("const x = add(1, bpf_ktime_get_ns());"), "bpf_ktime_get_ns()"),
      beside("SK2105", "function f(a): u32 { return 1; }", "a", /a: u32/),
      beside("SK2302", "function f(a: u32): u32 { if (a > 1) return 1; }", "}", /return/),
      beside("SK2303", "function f(a: u32): u32 { if (a > 1) return; return 1; }", "return;"),
    ]);
  });

  test("indices are proven to be inside", () => {
    const top = "interface S { a: FixedArray<u8, 8> } export const s = hash<u32, S>({ maxEntries: 1 });\n";
    const program = (statement: string) =>
      `${top}export const p = xdp((ctx) => {\n  const v = s.get(1);\n  if (!v) return XDP_PASS;\n  ${statement}\n  return XDP_PASS;\n});`;
    check([
      row("SK2113", program("v.a[8] = 1;"), "8", /7/),
      row("SK2113", program("v.a[ctx.packet.length] = 1;"), "ctx.packet.length", /i & 7/),
      row("SK2113", program("for (let i = 0; i <= 8; i++) v.a[i] = 1;"), "i"),
      row("SK2113", program("for (let i = 0; i < 8; i++) { i += 1; v.a[i] = 1; }"), "i"),
      row("SK2113", program("for (let i: u8 = 100; i < 108; i += 60) v.a[i - 100] = 1;"), "i - 100"),
      row("SK2113", program("for (let i: u8 = 248; i <= 255; i++) v.a[i - 248] = 1;"), "i - 248"),
    ]);
  });
});

describe("maps and programs", () => {
  test("are exported from the top level, with sizes and types that work", () =>
    check([
      inside("SK3001", "const x = hash<u32, u32>({ maxEntries: 1 });", "hash<u32, u32>({ maxEntries: 1 })", /export const/),
      beside("SK3001", "const x = hash<u32, u32>({ maxEntries: 1 });", "x", /export/),
      beside("SK3002", "export const x = hash<u32, u32>({ size: 1 });", "size: 1", /maxEntries/),
      beside("SK3002", "export const x = hash<u32, u32>({ maxEntries: 0 });", "0"),
      beside("SK2201", "export const x = hash<u32, u32>({ maxEntries: -1 });", "-1"),
      beside("SK3003", "export const x = hash<u32>({ maxEntries: 1 });", "<u32>", /Key, Value/),
      beside("SK3003", "export const x = array<u8, u32>({ maxEntries: 1 });", "u8"),
      beside("SK3003", "export const x = lpmTrie<u32, u32>({ maxEntries: 1 });", "u32", /Key, Value/),
      inside("SK3004", "m.put(1, 2);", "put"),
      row("SK3005", "export const p = xdp(5);", "5", /xdp\(\(ctx\)/),
      row("SK3007", "const a = 1;", "i"),
      inside("SK3009", "const x = Ethernet;", "Ethernet", /ctx\.packet\.at/),
    ]));

  test("a frame that is too large says what fills it", () => {
    const [d] = diagnose(`${IMPORTS}interface Big { a: FixedArray<u64, 70> }
      export const big = hash<u32, Big>({ maxEntries: 1 });
      export const p = xdp(() => { const v: Big = { a: [${Array(70).fill(0)}] }; big.set(1, v); return XDP_PASS; });`);
    assert.equal(d?.code, "SK4002");
    assert.match(d?.message ?? "", /Big 560 \(line 4\)/);
  });

  test("calls that double and double are stopped, unless they may be calls", () => {
    const source = (tag: string) => {
      const functions = Array.from(
        { length: 30 },
        (_, n) => `${tag} function f${n + 1}(x: u32): u32 { return f${n}(x) + f${n}(x); }`,
      );
      return `${IMPORTS}function f0(x: u32): u32 { return x; }\n${functions.join("\n")}\nexport const p = xdp((ctx) => f30(ctx.packet.length) > 3 ? XDP_PASS : XDP_DROP);`;
    };
    assert.equal(diagnose(source("/** @inline */"))[0]?.code, "SK4001");
    const spec = compileSource(source(""), { file: "double.bpf.ts" });
    assert.ok((spec.programs[0]?.functions.length ?? 0) > 1);
    assert.ok((spec.programs[0]?.code.length ?? 0) < 100_000);
  });

  test("what cannot be passed to a sub-program, or come back", () =>
    check([
      beside("SK2401", "/** @noinline */ function f(a: u32, b: u32 | null, c: u64, d: u64, e: u64): void {}", "f", /struct/),
      beside(
        "SK2401",
        "interface A { a: u32 } /** @noinline */ export const f = (a: u32): A => { const x: A = { a }; return x; };",
        "f",
        /fill it in/,
      ),
      beside("SK2401", "interface A { a: u32 } /** @noinline */ function f(x: A): A { return x; }", "f", /parameter/),
    ]));
});

describe("conversions, in every place that has a type", () => {
  test("say what was expected and how to get it", () =>
    check([
      inside("SK2101", "const a: u32 = null;", "null", /u32 \| null/),
      inside("SK2101", "const a: u32 = ctx.packet.length === 1 ? 1 : true;", "true", /one type/),
      inside("SK2304", "const a = ctx.packet.length ?? 1;", "ctx.packet.length"),
      inside("SK2301", "const e = ctx.packet.at(Ethernet, m.get(1));", "m.get(1)"),
      inside("SK2301", "const t = ctx.packet.at(Ethernet, 0).type;", "ctx.packet.at(Ethernet, 0)"),
      inside("SK2301", "m.set(1, 1 + m.get(1));", "m.get(1)"),
      inside("SK2301", "const x = u8(m.get(1));", "m.get(1)"),
      inside("SK2102", "ctx.packet.u8(bpf_ktime_get_ns());", "bpf_ktime_get_ns()", /u32\(/),
      inside("SK2104", "const x = ctx.packet.length && true;", "ctx.packet.length", /compare/),
      inside("SK2104", "const x = ~true;", "true"),
      inside("SK2104", "const x = true << 1;", "true"),
      inside("SK2104", "const x = 1 << true;", "true"),
      inside("SK2104", "const x = Math.min(true, 1);", "true"),
      inside("SK2104", 'const x = Math.max(ipv4("1.2.3.4"), 1);', 'ipv4("1.2.3.4")', /machine/),
      inside("SK2104", 'if (ipv4("1.2.3.4") < ipv4("1.2.3.5")) return XDP_DROP;', 'ipv4("1.2.3.4") < ipv4("1.2.3.5")', /===/),
      inside("SK2104", 'if (ipv4("1.2.3.4") === u64(5)) return XDP_DROP;', 'ipv4("1.2.3.4") === u64(5)', /ipv4/),
      inside("SK2104", 'const x = ipv4("1.2.3.4") << 8;', 'ipv4("1.2.3.4")', /u32/),
      inside(
        "SK2104",
        "const e = ctx.packet.at(Ethernet, 0); const f = ctx.packet.at(Ethernet, 1); if (e && f && e === f) return XDP_DROP;",
        "e === f",
      ),
      inside("SK2204", "let x: u32 = 1; x <<= 32;", "32"),
      inside("SK2205", "let x: u32 = 1; x %= 0;", "0"),
      inside("SK2201", "let x: u8 = 1; x += 256;", "256"),
      inside("SK2104", "let x = true; x += 1;", "x"),
      inside("SK2104", "let x: u32 = 1; x += true;", "true"),
      inside("SK1101", "let x: u32 = 1; x **= 2;", "x **= 2"),
      inside("SK1101", "const x = typeof 1;", "typeof 1"),
      inside("SK1101", "const x = 1 in m;", "1 in m"),
      inside("SK2207", "const x = (1 << 63) * 4;", "(1 << 63) * 4"),
      inside("SK2204", "const x = 1 << 65;", "65"),
      inside("SK2205", "const x = 1 / 0;", "0"),
      inside("SK1101", "let x;", "x", /let x: u32 = 0/),
      inside("SK2105", "let x = null;", "x", /Name \| null/),
      inside("SK2009", "const x = Math.sqrt(4);", "sqrt", /min and max/),
      inside("SK2009", "const x = ctx.packet.u64(4);", "u64", /u32|u8/),
      inside("SK2009", "const x = m.get;", "get", /m\.get/),
      inside("SK2009", "const x = Ethernet.length;", "length"),
      inside(
        "SK2009",
        "const e = ctx.packet.at(Ethernet, 0); if (e && e.sourse === e.source) return XDP_DROP;",
        "sourse",
        /source/,
      ),
      inside("SK2101", "const e = ctx.packet.at(m, 0);", "m", /Ethernet/),
      inside("SK2106", "const e = ctx.packet.at(Ethernet);", "ctx.packet.at(Ethernet)", /Header, offset/),
      inside("SK2106", "const x = ipv4();", "ipv4()"),
      inside("SK2206", "const x = mac(5);", "5"),
      inside("SK3010", 'const x = mac("1:2");', '"1:2"', /mac\("/),
      inside("SK3004", "m.increment(1, 1); m.push(1);", "push"),
      inside("SK2114", "ctx.rxQueue = 1;", "ctx.rxQueue"),
      inside("SK2114", "const ip = ctx.packet.at(Ipv4, 0); if (ip) ip.headerLength = 20;", "ip.headerLength", /byte/),
      inside("SK2004", "XDP_DROP = 1;", "XDP_DROP"),
      inside("SK2104", "switch (true) { default: }", "true"),
      inside("SK2206", "switch (1) { case ctx.packet.length: }", "ctx.packet.length"),
      inside("SK1101", "switch (1) { case 1: const a = 1; }", "const a = 1;", /braces/),
    ]));
});

describe("declarations", () => {
  test("have plain types", () =>
    check([
      beside("SK1101", "type A = { a: u32 } | { b: u32 };\ninterface B { a: A }", "{ a: u32 } | { b: u32 }", /null/),
      beside("SK1101", "interface A { a(): u32 }", "a(): u32"),
      beside("SK1101", "interface A { a: u32[] }", "u32[]", /FixedArray/),
      beside("SK1101", "interface A { a: string }", "string", /FixedArray/),
      beside("SK2105", "interface A { a }", "a"),
      beside("SK2002", "interface A { a: u32; a: u8 }", "a: u8"),
      beside("SK2008", "interface A { a: Ethernet }", "Ethernet", /fields/),
      beside("SK3003", "interface A { a: FixedArray<u8> }", "FixedArray<u8>"),
      beside("SK3003", "interface A { a: FixedArray<u8, 0> }", "0"),
      beside("SK1101", "function f(a: u32 | u64): void {}", "u32 | u64"),
      beside("SK2206", "function f(a: u32 = bpf_ktime_get_ns() === 1 ? 2 : 3): void {}", "bpf_ktime_get_ns() === 1 ? 2 : 3"),
      beside("SK2201", "function f(a: u8 = 256): void {}", "256"),
      beside(
        "SK1101",
        "interface V { x: u32 } /** @packed */ interface O { t: u8; v: V } function f(v: V): u32 { return v.x; } function g(): u32 { const o: O = { t: 1, v: { x: 2 } }; return f(o.v); }",
        "o.v",
        /fields/,
      ),
      beside("SK1101", "interface A { a: u32 } function f({ a = 1 }: A): u32 { return a; }", "a = 1", /always there/),
      beside("SK1101", "interface A { a: u32; b: u32 } function f({ a, ...b }: A): u32 { return a; }", "...b", /name each/),
      beside("SK2009", "interface A { a: u32 } function f({ b }: A): void {}", "b", /fields are a/),
      beside("SK1101", "function f(...a: u32): void {}", "...a: u32"),
      beside("SK1101", "function* f() {}", "function* f() {}", /loop/),
      beside("SK2101", "function f(): void { return 1; }", "return 1;"),
      beside("SK2105", "function f(a: bool) { if (a) return 1; return true; }", "true", /annotate/),
      beside("SK2002", "function f(a: u32): void { const a = 1; }", "a"),
      beside("SK2002", "const a = 1;\nfunction a(): void {}", "a"),
      beside("SK2206", "const a = bpf_ktime_get_ns();", "bpf_ktime_get_ns()"),
      beside("SK2201", "const a: u8 = 300;", "300"),
      beside("SK1101", 'const a = "text";', '"text"', /FixedString/),
      beside("SK1101", 'const license = "GPL";', '"GPL"', /export const license/),
      beside("SK1101", 'export const license = "";', '""'),
      beside("SK1101", "const { a } = b;", "{ a }"),
      beside("SK1101", 'import all from "skep/bpf";', "all", /by name/),
      beside("SK2007", "const b = FixedArray;", "FixedArray", /import/),
      beside("SK2007", "const b = FixedArray(5);", "FixedArray", /import/),
    ]));

  test("maps and programs take what they need", () =>
    check([
      beside("SK3002", "export const x = hash<u32, u32>(16);", "16", /maxEntries/),
      beside("SK3002", "export const x = hash<u32, u32>({});", "{}", /maxEntries/),
      beside("SK2206", "export const x = hash<u32, u32>({ maxEntries: u32(bpf_ktime_get_ns()) });", "u32(bpf_ktime_get_ns())"),
      beside("SK3003", "interface K { a: FixedArray<u64, 70> }\nexport const x = hash<K, u32>({ maxEntries: 1 });", "K", /Key/),
      beside("SK3003", "interface K { prefixLength: u32 }\nexport const x = lpmTrie<K, u32>({ maxEntries: 1 });", "K"),
      beside("SK3005", "export const größe = hash<u32, u32>({ maxEntries: 1 });", "größe", /letters/),
      beside("SK3008", `export const ${"x".repeat(128)} = hash<u32, u32>({ maxEntries: 1 });`, "x".repeat(128)),
      row("SK3005", "export const p = xdp((a, b) => XDP_PASS);", "b", /ctx/),
      row("SK3005", "export const p = xdp();", "xdp()", /ctx/),
      row("SK3005", "export const p = xdp((ctx): bool => XDP_PASS);", ": bool"),
      row("SK2101", "export const p = xdp((ctx: u32) => XDP_PASS);", "ctx"),
      row("SK2303", "export const p = xdp((ctx) => { return; });", "return;"),
    ]));

  test("an array is not deleted from, small integers are not counted across CPUs, tries do not count", () => {
    const top =
      "interface K { prefixLength: u32; a: u32 } export const a = array<u32>({ maxEntries: 1 }); export const b = hash<u32, u8>({ maxEntries: 1 }); export const t = lpmTrie<K, u32>({ maxEntries: 1 }); export const s = hash<u32, K>({ maxEntries: 1 });\n";
    const program = (statement: string) => `${top}export const p = xdp(() => {\n  ${statement}\n  return XDP_PASS;\n});`;
    check([
      row("SK3004", program("a.delete(1);"), "delete", /zero/),
      row("SK3004", program("b.increment(1);"), "increment", /u32 or u64/),
      row("SK3004", program("t.increment({ prefixLength: 1, a: 1 });"), "increment", /longest/),
      row("SK3004", program("s.increment(1);"), "increment", /field/),
      row("SK2007", program("s.set(1, { ...s });"), "s"),
      row("SK1101", program("s.set(1, { [1]: 1, prefixLength: 1, a: 1 });"), "[1]: 1"),
      row("SK2101", program("s.set({ a: 1 }, { prefixLength: 1, a: 1 });"), "{ a: 1 }"),
    ]);
  });
});

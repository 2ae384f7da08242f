/** What the compiler refuses: each row a source, and where and how it is refused. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { CompileError, compileSource, DIAGNOSTICS, type Diagnostic, renderDiagnostic } from "../compile.ts";

const IMPORTS =
  'import { array, bool, hash, i32, i64, lpmTrie, perCpuHash, u8, u16, u32, u64, bpf_ktime_get_ns, type FixedArray, type XdpContext, xdp, XDP_DROP, XDP_PASS } from "skep/bpf"; import { Ethernet, Ipv4, ipv4, mac, type Ipv4Address } from "skep/bpf/net";\n';

function diagnose(source: string): readonly Diagnostic[] {
  try {
    compileSource(source, { file: "test.bpf.ts" });
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics;
    throw error;
  }
  return [];
}

/** `place` is the text that the caret must stand under, from its first character to its last. */
interface Row {
  readonly code: keyof typeof DIAGNOSTICS;
  readonly source: string;
  readonly place: string;
  readonly hint?: RegExp;
}

function row(code: Row["code"], source: string, place: string, hint?: RegExp): Row {
  return { code, source, place, ...(hint === undefined ? {} : { hint }) };
}

/** A statement inside of a program. */
function inside(code: Row["code"], statement: string, place: string, hint?: RegExp): Row {
  return row(
    code,
    `export const m = hash<u32, u64>({ maxEntries: 1 });\nexport const p = xdp((ctx) => {\n  ${statement}\n  return XDP_PASS;\n});`,
    place,
    hint,
  );
}

/** Something at the top level, beside a program that is fine. */
function beside(code: Row["code"], declaration: string, place: string, hint?: RegExp): Row {
  return row(code, `${declaration}\nexport const p = xdp(() => XDP_PASS);`, place, hint);
}

function check(rows: readonly Row[]): void {
  for (const { code, source, place, hint } of rows) {
    const found = diagnose(IMPORTS + source);
    const [first] = found;
    assert.ok(first, `refused: ${source}`);
    const told = `${source}\n${found.map((d) => renderDiagnostic(d, { color: false })).join("\n")}`;
    assert.equal(first.code, code, told);
    const end = first.endLine === first.line ? first.endColumn : first.text.length + 1;
    assert.equal(first.text.slice(first.column - 1, end - 1), place, told);
    assert.equal(first.text, (IMPORTS + source).split("\n")[first.line - 1], told);
    assert.equal(found.length, 1, `one fault, one message: ${told}`);
    assert.doesNotMatch(`${first.message}${first.hint}`, /\{\w+\}|undefined|\[object/, told);
    if (hint !== undefined) assert.match(first.hint, hint, told);
  }
}

describe("the text", () => {
  test("a syntax error has a place", () =>
    check([row("SK1001", "export const p = xdp((ctx) => { return XDP_PASS; };", ";"), row("SK1001", "const = 1;", "=")]));

  test("nesting has a limit, and reaching it is no crash", () => {
    for (const deep of [
      `${"(".repeat(20_000)}1${")".repeat(20_000)}`,
      `1${" + 1".repeat(20_000)}`,
      `${"!".repeat(20_000)}1`,
      `${"-".repeat(1)}${"(-".repeat(900)}1${")".repeat(900)}`,
      `u32(${"u32(".repeat(900)}1${")".repeat(900)})`,
    ]) {
      const found = diagnose(`${IMPORTS}export const p = xdp((ctx) => { const x = ${deep}; return XDP_PASS; });`);
      assert.deepEqual([...new Set(found.map(({ code }) => code))], ["SK1002"]);
    }
    const blocks = `export const p = xdp(() => { ${"{".repeat(3_000)}${"}".repeat(3_000)} return XDP_PASS; });`;
    assert.deepEqual(diagnose(IMPORTS + blocks)[0]?.code, "SK1002");
  });

  test("several faults are told in one run, in their order", () => {
    const found = diagnose(
      `${IMPORTS}export const p = xdp((ctx) => {\n  const a: u8 = 256;\n  const b = nothing;\n  var c = a + b;\n  return XDP_PASS;\n});`,
    );
    assert.deepEqual(
      found.map(({ code, line }) => [code, line]),
      [
        ["SK2201", 3],
        ["SK2001", 4],
        ["SK1101", 5],
      ],
    );
  });
});

describe("constructs that the language does not have", () => {
  test("each is named, with a way out", () =>
    check([
      inside("SK1101", "var x = 1;", "var x = 1;", /const/),
      inside("SK1101", "try { m.set(1, 1); } catch {}", "try { m.set(1, 1); } catch {}", /null/),
      inside("SK1101", "throw 1;", "throw 1;", /return/),
      inside("SK1101", "const x = new Map();", "new Map()", /map/),
      inside("SK1101", 'const x = "text";', '"text"', /ipv4/),
      inside("SK1101", "const x = `text`;", "`text`"),
      inside("SK1101", "const x = /a/;", "/a/"),
      inside("SK1101", "const f = () => 1;", "() => 1", /top level/),
      inside("SK1106", "function f() {}", "function f() {}", /top level/),
      inside("SK1101", "const { packet } = ctx;", "{ packet }", /const x = s\.x/),
      inside("SK1101", "const x = { a: 1 };", "{ a: 1 }", /type/),
      inside("SK1101", "const x = [1, 2];", "[1, 2]", /FixedArray/),
      inside("SK1101", "for (const k of m) {}", "for (const k of m) {}", /for \(let/),
      inside("SK1101", "for (const k in m) {}", "for (const k in m) {}"),
      inside("SK1101", "class A {}", "class A {}", /interface/),
      inside("SK1101", "const e = ctx.packet.at(Ethernet, 0)!;", "ctx.packet.at(Ethernet, 0)!", /=== null/),
      inside("SK1101", "const e = ctx.packet.at(Ethernet, 0)?.type;", "ctx.packet.at(Ethernet, 0)?.type", /=== null/),
      inside("SK1101", "const x: any = 1;", "any", /u32/),
      inside("SK1101", "const x: number = 1;", "number", /u8/),
      inside("SK2007", "const x = m[1];", "m", /m\.get/),
      inside("SK1101", "const x = 2 ** 3;", "2 ** 3", /multiply/),
      inside("SK1101", "m.set(...[1, 2]);", "m.set(...[1, 2])", /arguments/),
      beside("SK1101", "async function f() {}", "async function f() {}"),
      beside("SK1101", "function f<T>(x: T): void {}", "<T>", /each type/),
      beside("SK1101", "enum E { A }", "enum E { A }", /const/),
      beside("SK1101", "let counter = 0;", "let counter = 0;", /map/),
      beside("SK1101", "export default 1;", "export default 1;"),
      beside("SK1107", "if (1) {}", "if (1) {}"),
    ]));

  test("what has a better form", () =>
    check([
      inside("SK1102", "if (ctx.packet.length == 1) return XDP_DROP;", "ctx.packet.length == 1", /===/),
      inside("SK1103", "let x: u32 = 0; if ((x = 1)) return XDP_DROP;", "x = 1"),
      inside("SK1104", "ctx.packet.length;", "ctx.packet.length"),
      inside("SK1105", "m.get(1);", "m.get(1)"),
      inside("SK1105", "bpf_ktime_get_ns();", "bpf_ktime_get_ns()"),
    ]));
});

describe("names", () => {
  test("are declared once, before they are used, and imported from skep", () =>
    check([
      inside("SK2001", "const x = lenght;", "lenght"),
      inside(
        "SK2001",
        "const x = bpf_get_prandom_u32();",
        "bpf_get_prandom_u32",
        /import \{ bpf_get_prandom_u32 \} from "skep\/bpf"/,
      ),
      inside("SK2002", "const a = 1; const b = 2; const a = 3;", "a"),
      inside("SK2003", "const a = b; const b = u32(1);", "b", /move/),
      inside("SK2004", "const a: u32 = ctx.packet.length; a = 2;", "a", /let/),
      inside("SK2007", "const a = m;", "m", /m\.get/),
      inside("SK2009", "const a = ctx.paket;", "paket", /packet/),
      inside("SK2010", "const x = p();", "p"),
      inside("SK2012", "break;", "break;"),
      beside("SK2005", 'import { readFile } from "node:fs";', '"node:fs"', /skep\/bpf/),
      beside("SK2006", 'import { XDP_PAS } from "skep/bpf";', "XDP_PAS", /XDP_PASS/),
      beside("SK2006", 'import { Tcp } from "skep/bpf";', "Tcp", /skep\/bpf\/net/),
      beside("SK2008", "interface A { a: xdp }", "xdp"),
      beside("SK2001", "interface A { a: u3 }", "u3", /u32|u8/),
      beside("SK2003", "const a = b;\nconst b = a;", "a"),
    ]));

  test("a function that calls itself is shown with the way round", () => {
    const found = diagnose(
      `${IMPORTS}function a(x: u32): u32 { return b(x); }\nfunction b(x: u32): u32 { return a(x); }\nexport const p = xdp(() => XDP_PASS);`,
    );
    assert.deepEqual(
      found.map(({ code }) => code),
      ["SK2011"],
    );
    assert.match(found[0]?.message ?? "", /a → b → a/);
  });
});

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
      row("SK2112", program("let x: K = { a: 1, b: 2 }; x.a = 2;"), "x", /const/),
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

describe("null and flow", () => {
  test("what may be null is checked first", () =>
    check([
      inside("SK2301", "const a = m.get(1) + 1;", "m.get(1)", /const/),
      inside("SK2301", "const e = ctx.packet.at(Ethernet, 0); const t = e.type;", "e", /if \(e === null\)/),
      inside("SK2301", "const e = ctx.packet.at(Ethernet, 0); if (e === null && e.type === 1) return XDP_DROP;", "e"),
      inside(
        "SK2301",
        "let e = ctx.packet.at(Ethernet, 0); if (!e) return XDP_DROP; for (let i = 0; i < 2; i++) { e.type = 1; e = ctx.packet.at(Ethernet, 1); }",
        "e",
      ),
      inside("SK2304", "if (ctx.packet.length === null) return XDP_DROP;", "ctx.packet.length"),
      inside("SK2305", "if (m.get(1)) return XDP_DROP;", "m.get(1)", /null/),
    ]));

  test("what was checked is known on every path", () => {
    for (const statement of [
      "const e = ctx.packet.at(Ethernet, 0); if (e === null) return XDP_DROP; e.type = 1;",
      "const e = ctx.packet.at(Ethernet, 0); if (e !== null && e.type === 1) return XDP_DROP;",
      "const e = ctx.packet.at(Ethernet, 0); if (e === null || e.type === 1) return XDP_DROP; e.type = 2;",
      "const e = ctx.packet.at(Ethernet, 0); if (!(e === null)) { e.type = 2; }",
      "const e = ctx.packet.at(Ethernet, 0); const t = e ? e.type : 0; if (t > 1) return XDP_DROP;",
      "let e = ctx.packet.at(Ethernet, 0); while (e === null) { e = ctx.packet.at(Ethernet, 1); if (ctx.packet.length > 5) return XDP_DROP; } e.type = 1;",
      "const n = m.get(1); if (n === null) { return XDP_DROP; } else { m.set(1, n + 1); } m.set(2, n);",
    ]) {
      const source = `${IMPORTS}export const m = hash<u32, u64>({ maxEntries: 1 });\nexport const p = xdp((ctx) => {\n${statement}\nreturn XDP_PASS;\n});`;
      assert.deepEqual(diagnose(source), [], statement);
    }
  });

  test("every path of a program returns a verdict", () =>
    check([
      row("SK2302", "export const p = xdp((ctx) => {\n  if (ctx.packet.length > 1) return XDP_PASS;\n});", "}"),
      row("SK3006", "export const p = xdp((ctx) => 7);", "7", /XDP_PASS/),
      row("SK2101", "export const p = xdp((ctx) => true);", "true"),
      inside("SK2306", "switch (ctx.packet.length) { case 1: break; case 1: break; }", "1"),
    ]));
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
    assert.match(d?.message ?? "", /Big \(560\)/);
  });

  test("calls that double and double are stopped", () => {
    const functions = Array.from({ length: 30 }, (_, n) => `function f${n + 1}(x: u32): u32 { return f${n}(x) + f${n}(x); }`);
    const [d] = diagnose(
      `${IMPORTS}function f0(x: u32): u32 { return x; }\n${functions.join("\n")}\nexport const p = xdp((ctx) => f30(ctx.packet.length) > 3 ? XDP_PASS : XDP_DROP);`,
    );
    assert.equal(d?.code, "SK4001");
  });
});

test("a diagnostic is shown with its line, a caret and the way out", () => {
  const [d] = diagnose(`${IMPORTS}export const p = xdp((ctx) => {\n\tconst a: u8 = ctx.packet.length;\n\treturn XDP_PASS;\n});`);
  assert.ok(d);
  assert.equal(
    renderDiagnostic(d, { color: false }),
    [
      "test.bpf.ts:3:16: error SK2102: u32 does not fit into u8 without loss",
      "3 | \tconst a: u8 = ctx.packet.length;",
      "  | \t              ^^^^^^^^^^^^^^^^^",
      "  = instead: write u8(…) to keep the low bits on purpose, or use a wider type",
    ].join("\n"),
  );
  assert.ok(renderDiagnostic(d, { color: true }).includes("\u001b[31m^^^"));
});

test("every code is in docs/language.md", () => {
  const page = readFileSync(new URL("../../../docs/language.md", import.meta.url), "utf8");
  for (const [code, { title }] of Object.entries(DIAGNOSTICS)) assert.ok(page.includes(`| ${code} | ${title} |`), code);
});

/** What the compiler refuses, where, and what it says: text, constructs, names, flow. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { DIAGNOSTICS, renderDiagnostic } from "../../src/compiler/compile.ts";
import { beside, check, diagnose, IMPORTS, inside, row } from "./refusals.ts";

describe("the text", () => {
  test("a syntax error has a place", () =>
    check([row("SK1001", "export const p = xdp((ctx) => { return XDP_PASS; };", ";"), row("SK1001", "const = 1;", "=")]));

  test("over which the parser stumbles is no TypeScript", () => {
    const [d] = diagnose("namespace void");
    assert.equal(d?.code, "SK1001");
  });

  test("is UTF-8, with or without a byte order mark, and lines end as they like", () => {
    const program = "export const p = xdp((ctx) => {\n  return ctx.lenth;\n});";
    for (const text of [program, program.replaceAll("\n", "\r\n"), program.replaceAll("\n", "\r"), `\ufeff${program}`]) {
      const [first] = diagnose(text.replace("export", `${IMPORTS.trim()} export`));
      assert.deepEqual([first?.line, first?.column, first?.text], [2, 14, "  return ctx.lenth;"]);
    }
    const [utf16] = diagnose("\ufffd\ufffde\0x\0p\0");
    assert.match(utf16?.message ?? "", /UTF-8/);
  });

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
      inside("SK1101", 'const x = "text";', '"text"', /FixedString<5>/),
      inside("SK1101", "const x = `text`;", "`text`"),
      inside("SK1101", "const x = /a/;", "/a/"),
      inside("SK1101", "const f = () => 1;", "() => 1", /top level/),
      inside("SK1106", "function f() {}", "function f() {}", /top level/),
      inside("SK2101", "const [a] = ctx;", "[a]", /names of its fields/),
      inside("SK1101", "const { packet: { length = 5 } } = ctx;", "length = 5", /always there/),
      inside("SK1101", "const { packet, ...others } = ctx;", "...others", /each part/),
      inside("SK2009", "const { pocket } = ctx;", "pocket", /packet/),
      inside("SK2301", "const { type } = ctx.packet.at(Ethernet, 0);", "ctx.packet.at(Ethernet, 0)", /=== null/),
      inside("SK1101", "const x = { a: 1 };", "{ a: 1 }", /type/),
      inside("SK1101", "const x = [1, 2];", "[1, 2]", /FixedArray/),
      inside("SK2101", "for (const k of m) {}", "m", /bpf_for_each_map_elem/),
      inside("SK1101", "for (const k in m) {}", "for (const k in m) {}"),
      inside("SK1101", "class A {}", "class A {}", /interface/),
      inside("SK1101", "const e = ctx.packet.at(Ethernet, 0)!;", "ctx.packet.at(Ethernet, 0)!", /=== null/),
      inside("SK1101", "const e = ctx.packet.at(Ethernet, 0)?.type;", "ctx.packet.at(Ethernet, 0)?.type", /\?\? 0/),
      inside("SK1101", "if (ctx.packet.at(Ethernet, 0)?.type === null) return 1;", "ctx.packet.at(Ethernet, 0)?.type", /\?\? 0/),
      inside("SK2304", "if (ctx.packet?.length === 5) return 1;", "ctx.packet"),
      inside(
        "SK2301",
        "const e = ctx.packet.at(Ethernet, 0); if (e?.type !== 5 || e.type) m.set(1, 1); m.set(e.type, 2);",
        "e",
        /e === null/,
      ),
      inside("SK1101", "const x: any = 1;", "any", /u32/),
      inside("SK1101", "const x: number = 1;", "number", /u8/),
      inside("SK2007", "const x = m[1];", "m", /m\.get/),
      inside("SK1101", "const x = 2 ** 3;", "2 ** 3", /multiply/),
      inside("SK1101", "m.set(...[1, 2]);", "m.set(...[1, 2])", /arguments/),
      beside("SK1101", "async function f() {}", "async function f() {}"),
      inside("SK1101", "enum E { A }", "enum E { A }", /top level/),
      inside("SK2114", "m.get(1) += 1;", "m.get(1)", /m\.increment/),
      inside("SK2009", "m.set(1, Math.floor(ctx.packet.length / 2));", "floor", /rounds/),
      inside("SK2114", "m.get(1)++;", "m.get(1)", /m\.increment/),
      inside("SK2301", "let n = m.get(1) || 0; m.set(1, n);", "m.get(1)", /\?\?/),
      inside("SK2001", 'console.log("hi");', "console", /print/),
      inside("SK2009", "const x = ctx.at(Ipv4, 14);", "at", /ctx\.packet\.at/),
      inside("SK2307", "while (true) {}", "while (true) {}", /bound/),
      inside("SK2307", "for (;;) m.set(1, 1);", "for (;;) m.set(1, 1);", /break/),
      inside("SK3006", "return -1;", "-1", /XDP_DROP/),
      beside("SK1101", 'enum E { A = "a" }', '"a"', /numbers/),
      beside("SK2002", "enum E { A, A }", "A"),
      beside("SK2206", "enum E { A = bpf_ktime_get_ns() }", "bpf_ktime_get_ns()"),
      inside(
        "SK2009",
        "m.set(Color.Bleu, 1);\n  return 1;\n} );\nenum Color { Blue, Red }\nexport const q = xdp(() => {",
        "Bleu",
        /Blue/,
      ),
      inside(
        "SK2007",
        "m.set(Color, 1);\n  return XDP_PASS;\n} );\nenum Color { Blue, Red }\nexport const q = xdp(() => {",
        "Color",
        /Color\.Blue/,
      ),
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
      row("SK2302", "export const p = xdp((ctx) => {\n  if (ctx.packet.length > 1) return XDP_PASS;\n});", "}", /XDP_PASS/),
      row("SK3006", "export const p = xdp((ctx) => 7);", "7", /XDP_PASS/),
      row("SK3006", "export const p = xdp((ctx) => true);", "true", /XDP_PASS/),
      row("SK3006", 'export const p = xdp((ctx) => "drop");', '"drop"', /XDP_DROP/),
      row("SK3006", 'export const p = xdp((ctx) => { return "drop"; });', '"drop"', /XDP_DROP/),
      inside("SK2306", "switch (ctx.packet.length) { case 1: break; case 1: break; }", "1"),
    ]));
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
  const page = readFileSync(new URL("../../docs/language.md", import.meta.url), "utf8");
  for (const [code, { title }] of Object.entries(DIAGNOSTICS)) assert.ok(page.includes(`| ${code} | ${title} |`), code);
});

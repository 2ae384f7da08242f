/** What the compiler says of programs at hooks that an application declares, and of the application's functions. */

import { describe, test } from "node:test";
import { check, row } from "./refusals.ts";

const HEAD =
  'import { hook } from "skep/bpf"; interface Inner { a: u32 } interface C { readonly kind: u8; readonly name: FixedArray<u8, 8>; readonly in: Inner; delay: u32; list: FixedArray<u16, 4> }\n';
const one = (code: Parameters<typeof row>[0], body: string, place: string, hint?: RegExp) =>
  row(code, `${HEAD}export const p = hook<C>("a.b", (c) => {\n  ${body}\n  return 0;\n});`, place, hint);
const top = (code: Parameters<typeof row>[0], line: string, place: string, hint?: RegExp) =>
  row(code, `${HEAD}${line}\nexport const p = hook<C>("a.b", () => 0);`, place, hint);

describe("programs at hooks of an application", () => {
  test("what is readonly is not assigned, by whatever way", () =>
    check([
      one("SK2114", "c.kind = 1;", "c.kind", /not readonly/),
      one("SK2114", "c.name[0] = 1;", "c.name[0]"),
      one("SK2114", "c.in.a += 1;", "c.in.a"),
      one("SK2114", "const n = c.name; n[2]++;", "n[2]"),
      row(
        "SK2114",
        `${HEAD}function clear(n: FixedArray<u8, 8>): void { const m = n; m[0] = 0; }\nfunction through(n: FixedArray<u8, 8>): void { clear(n); }\nexport const p = hook<C>("a.b", (c) => {\n  through(c.name);\n  return 0;\n});`,
        "c.name",
        /copy/,
      ),
    ]));

  test("fields are known by name, indices proven", () =>
    check([
      one("SK2009", "const a = c.kid + 1;", "kid", /did you mean kind/),
      one("SK2113", "const a = c.name[c.kind] === 0;", "c.kind", /& 7/),
      one("SK2102", "const k: u8 = c.delay;", "c.delay"),
    ]));

  test("the declaration is a type, a name and a function", () =>
    check([
      row("SK3005", `${HEAD}export const p = hook("a.b", () => 0);`, "hook", /hook<HttpRequest>/),
      row("SK3005", `${HEAD}export const p = hook<C>("A b", () => 0);`, '"A b"', /hook<HttpRequest>/),
      row("SK3005", `${HEAD}export const p = hook<u32>("a.b", () => 0);`, "u32"),
      row("SK3005", `${HEAD}export const p = hook<C>("a.b");`, 'hook<C>("a.b")'),
      row("SK3001", `${HEAD}const p = hook<C>("a.b", () => 0);`, "p", /export/),
    ]));

  test("functions of the application take and give small integers", () =>
    check([
      top("SK3011", "declare function f(a: u64): u32;", ": u64", /32 bits/),
      top("SK3011", "declare function f(a: u32);", "declare function f(a: u32);"),
      top("SK3011", "declare function f(a: u8, b: u8, c: u8, d: u8, e: u8, g: u8): u32;", "g"),
      top("SK1101", "function f(a: u32): u32;", "function f(a: u32): u32;", /declare function/),
      row(
        "SK2106",
        `${HEAD}declare function f(a: u32): u32;\nexport const p = hook<C>("a.b", () => {\n  f();\n  return 0;\n});`,
        "f()",
      ),
    ]));
});

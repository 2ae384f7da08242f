/** Assignments to patterns: each does what JavaScript does with the same text. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { run } from "./program.ts";
import { check, inside } from "./refusals.ts";

/** What the statements find: the names that are also JavaScript's. */
const HEAD = `let a: u64 = 10; let b: u64 = 20; let c: u64 = 30;
  const s: Outer = { a: 1, b: 2, inner: { x: 3, y: 4 }, list: [5, 6, 7], other: { x: 8, y: 9 } };`;
const JS_HEAD = `let a = 10, b = 20, c = 30;
  const s = { a: 1, b: 2, inner: { x: 3, y: 4 }, list: [5, 6, 7], other: { x: 8, y: 9 } };`;
const TAIL = [
  "a",
  "b",
  "c",
  "s.a",
  "s.b",
  "s.inner.x",
  "s.inner.y",
  "s.list[0]",
  "s.list[1]",
  "s.list[2]",
  "s.other.x",
  "s.other.y",
];

const STATEMENTS = [
  "({ a, b } = s);",
  "({ b: a, a: b } = s);",
  "({ a, inner: { x: b, y: c } } = s);",
  "({ inner: { x: s.inner.y, y: s.inner.x } } = s);",
  "[a, , c] = s.list;",
  "({ list: [a, b] } = s);",
  "[a, b] = [b, a];",
  "[a, b, c] = [c, a, b];",
  "[s.list[0], s.list[2]] = [s.list[2], s.list[0]];",
  "[s.inner, s.other] = [s.other, s.inner];",
  "[s.inner] = [{ x: 1, y: 2 }];",
  "[a, s.b] = [s.b + 1, a + 1];",
  "for (let i = 0; i < 9; i++) [a, b] = [b, a + b];",
  "if (a > 5) ({ a } = s);",
];

describe("an assignment to a pattern does what JavaScript does", () => {
  for (const statement of STATEMENTS) {
    test(statement, async () => {
      const text = `import { array, type FixedArray, type u64, XDP_PASS, xdp } from "skep/bpf";
interface Inner { x: u64; y: u64 }
interface Outer { a: u64; b: u64; inner: Inner; list: FixedArray<u64, 3>; other: Inner }
export const out = array<u64>({ maxEntries: 16 });
export const p = xdp(() => {
  ${HEAD}
  ${statement}
  ${TAIL.map((place, index) => `out.set(${index}, ${place});`).join(" ")}
  return XDP_PASS;
});`;
      const expected = new Function(`${JS_HEAD}\n${statement}\nreturn [${TAIL.join(", ")}];`)() as readonly number[];
      const { maps } = await run(text);
      assert.deepEqual(
        TAIL.map((_, index) => maps["out"]?.get(index)),
        expected.map(BigInt),
      );
    });
  }
});

test("what is refused", () =>
  check([
    inside("SK1101", "let a: u32 = 0; [a = 5] = [1];", "a = 5", /leave it out/),
    inside("SK2109", "let a: u32 = 0; let b: u32 = 0; [a, b] = [1];", "[1]"),
    inside("SK2004", "const a: u32 = u32(ctx.packet.length); [a] = [1];", "a"),
    inside("SK2201", "let a: u8 = 0; [a] = [256];", "256"),
    inside("SK2101", "let a: u32 = 0; [a] = ctx.packet.length;", "[a]"),
    inside("SK1101", "let a: u32 = 0; [a, , ] = [1, 2];", "[1, 2]"),
  ]));

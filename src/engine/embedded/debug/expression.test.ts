/** Expressions by themselves: how operators bind, what 64 bits do, and text that is none. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Random } from "../random.ts";
import { ExpressionError, parseExpression, type Scope } from "./expression.ts";

/** r0 is 0, r1 is 1 …; memory at 100 holds ff fe fd …; `m` is a map that gives its key back. */
const SCOPE: Scope = {
  register: (number) => BigInt(number),
  lookup(name) {
    if (name === "pair") return { first: 1n, second: { inner: "10.0.0.1" } };
    if (name === "list") return [5, 6n];
    if (name === "none") return undefined;
    throw new ExpressionError(`there is no ${name}`, -1, true);
  },
  isMap: (name) => name === "m" || name === ".rodata",
  entry: (_map, key) => (typeof key === "number" ? BigInt(key) : JSON.stringify(key)),
  packet: (offset) => offset * 2n,
  read(address, size) {
    if (address !== 100n) throw new ExpressionError(`nothing is at ${address}`);
    return 0xfffefdfc_fbfaf9f8n & ((1n << BigInt(size * 8)) - 1n);
  },
};

const VALUES: readonly (readonly [string, unknown])[] = [
  ["1 + 2 * 3 - 4", 3n],
  ["(1 + 2) * 3", 9n],
  ["-1", 0xffff_ffff_ffff_ffffn],
  ["~0 == -1", true],
  ["0x10 + 1_000", 1016n],
  ["1 << 63 << 1", 0n],
  ["7 / 0", 0n],
  ["7 % 0", 7n],
  ["5 & 3 == 1", true],
  ["1 | 2 == 3", true],
  ["r3 > r2 && !(r2 > r3)", true],
  ["r0 - 1 s< 0", true],
  ["r0 - 1 < 0", false],
  ["w10", 10n],
  ["*(u8 *)100", 0xf8n],
  ["*(s16 *)(r10 * 10)", 0xffff_ffff_ffff_f9f8n],
  ["*100 >> 56", 0xffn],
  ["packet[3]", 6n],
  ["pair.first", 1n],
  ["pair.second.inner == 10.0.0.1", true],
  ["pair.second.inner == 0x0100000a", true],
  ["list[1] + list[0]", 11n],
  ["m[7]", 7n],
  ["m[r2 + 1]", 3n],
  ["m[10.0.0.1]", '"10.0.0.1"'],
  ["m['a b']", '"a b"'],
  ['m[{"a":[1,{"b":"]"}]}]', '{"a":[1,{"b":"]"}]}'],
  [".rodata[0]", 0n],
  ["none", undefined],
  ["none == none || none > 1 || none.x == 0", false],
  ["!none", true],
];

const NONE = [
  "",
  " ",
  "1 +",
  "+ 1",
  "(1",
  "1)",
  "r1 r2",
  "r11",
  "0x",
  "1x",
  "*",
  "*(u32)100",
  "*0",
  "nosuch",
  "m[",
  "m[{]",
  "m[]",
  "pair.",
  "pair.third",
  "list[2]",
  "r1.x",
  "r1[0]",
  "pair + 1",
  "'open",
  "1 === 1",
  "a = 1",
  "\u001b[31m",
];

describe("expressions", () => {
  for (const [text, value] of VALUES) {
    it(text, () => assert.deepEqual(parseExpression(text)(SCOPE), value));
  }

  for (const text of NONE) {
    it(`${JSON.stringify(text)} is none`, () => assert.throws(() => parseExpression(text)(SCOPE), ExpressionError));
  }

  it("say where they go wrong", () => {
    assert.throws(() => parseExpression("r1 + )"), { name: "ExpressionError", at: 5, message: /found \) \(column 6\)/ });
  });

  it("of any text end with a value or an ExpressionError", () => {
    const random = new Random(7);
    const words = [...VALUES.flatMap(([text]) => text.split(/\b/)), "(", ")", "[", "]", "{", "*", "-", '"'];
    for (let round = 0; round < 5000; round++) {
      const text = Array.from({ length: random.next() % 12 }, () => words[random.next() % words.length]).join("");
      try {
        parseExpression(text)(SCOPE);
      } catch (error) {
        assert.ok(error instanceof ExpressionError, `${text}: ${error}`);
      }
    }
  });

  it("nested too deep and too long are refused", () => {
    assert.throws(() => parseExpression("-".repeat(900)), /nested deeper than 100/);
    assert.throws(() => parseExpression(`0${" + 1".repeat(10_000)}`), /longer than 1000 words/);
    assert.equal(parseExpression(`0${" + 1".repeat(400)}`)(SCOPE), 400n);
  });
});

/** What is known of numbers, and what follows from it. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { prepared } from "../../../../test/jit/prepared.ts";
import { Dominance } from "../../../compiler/ir/dominance.ts";
import { writtenBy } from "./effects.ts";
import { FACT, type GoodBases, Ranges } from "./ranges.ts";

/** A megabyte, of which the first half page is nobody's. */
const GOOD: GoodBases = { low: 32_768, high: 32_768 + (1 << 20), slack: 1 << 20 };

function rangesOf(text: string, good: GoodBases | null = null) {
  const { program, flow } = prepared(text);
  const writes = Uint16Array.from(program.operation, (_, slot) => writtenBy(program, slot));
  const { order } = new Dominance(flow.successors);
  return { flow, ranges: new Ranges(program, flow, order, writes, [], true, good) };
}

/** Bounds of r0 where the last block begins. */
function bounds(text: string): readonly [number, number] {
  const { flow, ranges } = rangesOf(`${text}\ngoto end\nend:\nexit`);
  return ranges.boundsAt(flow.last.length - 1, 0);
}

const ANY: readonly [number, number] = [0, Number.POSITIVE_INFINITY];

describe("a register is between", () => {
  for (const { text, between } of [
    { text: "r0 = 7", between: [7, 7] },
    { text: "r0 = -1", between: ANY },
    { text: "w0 = -1", between: [0, 0xffff_ffff] },
    { text: "r0 = *(u8 *)(r1 + 0)", between: [0, 255] },
    { text: "r0 = *(u64 *)(r1 + 0)", between: ANY },
    { text: "r0 = *(u16 *)(r1 + 0)\nr0 <<= 4\nr0 += 3", between: [3, 0xffff * 16 + 3] },
    { text: "r0 = *(u64 *)(r1 + 0)\nr0 >>= 56", between: [0, 255] },
    { text: "r0 = *(u64 *)(r1 + 0)\nr0 &= 63", between: [0, 63] },
    { text: "r0 = *(u64 *)(r1 + 0)\nr0 %= 10", between: [0, 9] },
    { text: "r0 = *(u8 *)(r1 + 0)\nr0 -= 1", between: ANY },
    { text: "r0 = *(u8 *)(r1 + 0)\nif r0 < 5 goto end\nr0 -= 5", between: [0, 250] },
    { text: "r0 = 4\nif r1 == 0 goto end\nr0 = 9", between: [4, 9] },
    { text: "r0 = 0\ntop:\nr0 += 1\nif r0 != 100 goto top", between: [1, 100] },
    { text: "r0 = 0\ntop:\nr2 = r0\nr0 += 8\nif r2 < 0x578 goto top", between: [8, 0xffff + 8] },
    { text: "r0 = 1\ntop:\nr0 *= 3\nif r1 != 0 goto top", between: ANY },
  ] as const) {
    test(`${between.join(" and ")}: ${text.replaceAll("\n", "; ")}`, () => {
      assert.deepEqual(bounds(text), between);
    });
  }
});

describe("the base of an access needs no check", () => {
  const GOODBASE = (text: string, slot: number): boolean => {
    const { flow, ranges } = rangesOf(text, GOOD);
    const block = flow.last.findIndex((last, at) => slot >= flow.first[at]! && slot <= last);
    return (ranges.facts[flow.base[block]! + slot]! & FACT.goodBase) !== 0;
  };
  test("where it was checked before, and a little was added", () => {
    const text = "r0 = *(u8 *)(r1 + 0)\nr0 = *(u8 *)(r1 + 1)\nr1 += 1000\nr0 = *(u8 *)(r1 + 0)\nexit";
    assert.deepEqual(
      [0, 1, 3].map((slot) => GOODBASE(text, slot)),
      [false, true, true],
    );
  });
  test("where a sum with it was checked", () => {
    const text = "r2 = *(u8 *)(r10 - 8)\nr3 = r1\nr3 += r2\nr0 = *(u8 *)(r3 + 300)\nr0 = *(u8 *)(r1 + 300)\nexit";
    assert.equal(GOODBASE(text, 3), false);
    // The index may be up to 255, so that the base itself may begin below.
    assert.equal(GOODBASE(text, 4), false);
    assert.equal(GOODBASE(text.replace("r2 = *(u8 *)(r10 - 8)", "r2 = 0"), 4), true);
  });
  test("but not where a number that is not known was added", () => {
    assert.equal(GOODBASE("r0 = *(u8 *)(r1 + 0)\nr2 = *(u64 *)(r10 - 8)\nr1 += r2\nr0 = *(u8 *)(r1 + 0)\nexit", 3), false);
  });
});

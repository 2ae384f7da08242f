import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseFunction } from "./parse.ts";
import { findProblems } from "./verify.ts";

/** A body of `(v0: ptr, v1: i64, v2: i32) -> i64`, and what is wrong with it. */
const CASES: readonly (readonly [body: string, problem: string])[] = [
  ["b0:\n v3: i64 = add v1, v2\n return v3", "b0, add v1, v2: does not take i64 and i32 and give i64"],
  ["b0:\n v3: ptr = mul v0, v1\n return v1", "b0, mul v0, v1: does not take ptr and i64 and give ptr"],
  ["b0:\n v3: i32 = load.u64 [v0 + 0]\n return v1", "b0, load.u64 [v0 + 0]: an i32 is loaded from at most four bytes"],
  ["b0:\n v3: i64 = load.u64 [v1 + 0]\n return v1", "b0, load.u64 [v1 + 0]: v1 is no pointer"],
  ["b0:\n store.u32 [v0 + 0], v0\n return v1", "b0, store.u32 [v0 + 0], v0: a pointer is stored whole"],
  [
    "b0:\n atomic.add.u32 [v0 + 0], v1\n return v1",
    "b0, atomic.add.u32 [v0 + 0], v1: an atomic operation of 4 bytes takes an i32",
  ],
  ["b0:\n v3: i32 = const 4294967296\n return v1", "b0, const 4294967296: a constant is the unsigned value of its width"],
  ["b0:\n v3: ptr = slot 0\n return v1", "b0, slot 0: the slot does not exist"],
  ["b0:\n v3: i32 = compare.slt v0, v0\n return v1", "b0, compare.slt v0, v0: pointers are unsigned"],
  ["b0:\n return v2", "b0, return: returns i32, not i64"],
  ["b0:\n return v9", "b0, return: v9 is not defined"],
  [
    "b0:\n v3: i64 = add v4, v1\n v4: i64 = add v1, v1\n return v3",
    "b0, add v4, v1: v4 is not defined on every path that leads here",
  ],
  [
    "b0:\n branch.eq v1, v1 ? b1 : b2\nb1:\n v3: i64 = add v1, v1\n jump b2\nb2:\n return v3",
    "b2, return: v3 is not defined on every path that leads here",
  ],
  ["b0:\n jump b1(v2)\nb1(v3: i64):\n return v3", "b0, jump: passes i32 to v3, which is i64"],
  ["b0:\n jump b1\nb1(v3: i64):\n return v3", "b0, jump: passes 0 arguments to b1, which takes 1"],
  ["b0:\n jump b0", "b0: goes to the entry, which has no predecessors"],
  ["b0:\n jump b7", "b0: goes to b7, which does not exist"],
  ["b0:\n return v1\nb1:\n return v1", "b1: is unreachable"],
  ["b0:\n v1: i64 = const 1\n return v1", "b0: v1 is defined twice"],
];

describe("verifyFunction", () => {
  for (const [body, problem] of CASES) {
    it(`finds: ${problem}`, () => {
      const fn = parseFunction(`function f(v0: ptr, v1: i64, v2: i32) -> i64 {\n${body}\n}`);
      assert.deepEqual(findProblems(fn)[0], problem);
    });
  }

  it("accepts what keeps the rules", () => {
    const fn = parseFunction(
      "function f(v0: ptr, v1: i64) -> i64 {\nb0:\n v2: ptr = add v0, v1\n v3: i64 = sub v2, v0\n return v3\n}",
    );
    assert.deepEqual(findProblems(fn), []);
  });
});

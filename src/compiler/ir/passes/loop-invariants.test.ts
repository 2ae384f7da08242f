import { describe, it } from "node:test";
import { assertPass } from "./fixtures/before-after.ts";
import { moveLoopInvariants } from "./loop-invariants.ts";

const unchanged = (text: string): void => assertPass(moveLoopInvariants, text, text);

/** Adds a number up, v1 times. */
const loop = (before: string, inside: string, what = "v7"): string => `b0:
        v3: i64 = const 0
        v4: i64 = const 1
        v20: i64 = load.u64 [v0 + 0]
        ${before}
        jump b1(v3, v3)
      b1(v5: i64, v6: i64):
        ${inside}
        v8: i64 = add v6, ${what}
        v9: i64 = add v5, v4
        branch.ult v9, v1 ? b1(v9, v8) : b2
      b2:
        return v8`;

describe("moveLoopInvariants", () => {
  it("computes once, in front of the loop, what is the same each time", () => {
    const product = "v7: i64 = mul v20, v1";
    assertPass(moveLoopInvariants, loop("", product), loop(product, ""));
  });

  it("what was made of that, too", () => {
    const both = "v10: i64 = mul v20, v1\n v7: i64 = xor v10, v20";
    assertPass(moveLoopInvariants, loop("", both), loop(both, ""));
  });

  it("not what the loop changes, nor what is read from memory", () => {
    unchanged(loop("", "v7: i64 = mul v6, v1"));
    unchanged(loop("", "v7: i64 = load.u64 [v0 + 8]"));
  });

  it("not what is added to an address, whose range the loop may have tested", () => {
    unchanged(loop("", "v10: i64 = mul v20, v1\n v11: ptr = add v0, v10\n v7: i64 = load.u64 [v11 + 0]"));
  });

  it("not when the registers are needed for what the loop needs anyway", () => {
    const many = Array.from({ length: 6 }, (_, index) => `v${30 + index}: i64 = load.u64 [v0 + ${8 * index}]`).join("\n");
    const uses = Array.from(
      { length: 6 },
      (_, index) => `v${40 + index}: i64 = add v6, v${30 + index}\n store.u64 [v0 + ${8 * index}], v${40 + index}`,
    );
    unchanged(loop(many, `v7: i64 = mul v20, v1\n${uses.join("\n")}`));
  });
});

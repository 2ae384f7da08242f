import { describe, it } from "node:test";
import { assertPass } from "./fixtures/before-after.ts";
import { numberValues } from "./value-numbering.ts";

describe("numberValues", () => {
  it("computes once what a dominating block computed", () => {
    assertPass(
      numberValues,
      `b0:
        v3: i64 = add v1, v1
        branch.eq v1, v3 ? b1 : b2
      b1:
        v4: i64 = add v1, v1
        return v4
      b2:
        return v1`,
      `b0:
        v3: i64 = add v1, v1
        branch.eq v1, v3 ? b1 : b2
      b1:
        return v3
      b2:
        return v1`,
    );
  });

  it("not what only a sibling computed", () => {
    const text = `b0:
        branch.eq v1, v1 ? b1 : b2
      b1:
        v3: i64 = add v1, v1
        return v3
      b2:
        v4: i64 = add v1, v1
        return v4`;
    assertPass(numberValues, text, text);
  });

  it("loads once while nothing was written", () => {
    assertPass(
      numberValues,
      `b0:
        v3: i64 = load.u64 [v0 + 8]
        v4: i64 = load.u64 [v0 + 8]
        v5: i64 = add v3, v4
        return v5`,
      `b0:
        v3: i64 = load.u64 [v0 + 8]
        v5: i64 = add v3, v3
        return v5`,
    );
  });

  it("loads again after a store, a call, and where another path may have written", () => {
    const text = `b0:
        v3: i64 = load.u64 [v0 + 8]
        store.u64 [v0 + 16], v3
        v4: i64 = load.u64 [v0 + 8]
        v5: i64 = call bpf_ktime_get_ns#5()
        v6: i64 = load.u64 [v0 + 8]
        branch.eq v4, v5 ? b1 : b2
      b1:
        store.u64 [v0 + 8], v1
        jump b2
      b2:
        v7: i64 = load.u64 [v0 + 8]
        v8: i64 = add v6, v7
        return v8`;
    assertPass(numberValues, text, text);
  });
});

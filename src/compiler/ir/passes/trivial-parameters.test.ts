import { describe, it } from "node:test";
import { assertPass } from "./fixtures/before-after.ts";
import { removeTrivialParameters } from "./trivial-parameters.ts";

describe("removeTrivialParameters", () => {
  it("replaces a parameter that always is one value, also around a loop", () => {
    assertPass(
      removeTrivialParameters,
      `b0:
        jump b1(v1, v1)
      b1(v3: i64, v4: i64):
        v5: i64 = add v4, v3
        branch.ne v5, v1 ? b1(v3, v5) : b2(v3)
      b2(v6: i64):
        return v6`,
      `b0:
        jump b1(v1)
      b1(v4: i64):
        v5: i64 = add v4, v1
        branch.ne v5, v1 ? b1(v5) : b2
      b2:
        return v1`,
    );
  });

  it("keeps one that is several", () => {
    const text = `b0:
        v3: i64 = const 1
        branch.ne v1, v3 ? b1(v1) : b1(v3)
      b1(v4: i64):
        return v4`;
    assertPass(removeTrivialParameters, text, text);
  });
});

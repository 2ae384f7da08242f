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
});

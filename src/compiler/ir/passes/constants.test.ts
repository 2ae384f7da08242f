import { describe, it } from "node:test";
import { gatherConstants } from "./constants.ts";
import { assertPass } from "./fixtures/before-after.ts";

describe("gatherConstants", () => {
  it("puts each constant once, at the beginning; an i32 and an i64 are two", () => {
    assertPass(
      gatherConstants,
      `b0:
        v3: i64 = const 1
        branch.ne v1, v3 ? b1 : b2
      b1:
        v4: i64 = const 1
        return v4
      b2:
        v5: i32 = const 1
        v6: i64 = extend.u32 v5
        return v6`,
      `b0:
        v3: i64 = const 1
        v5: i32 = const 1
        branch.ne v1, v3 ? b1 : b2
      b1:
        return v3
      b2:
        v6: i64 = extend.u32 v5
        return v6`,
    );
  });
});

import { describe, it } from "node:test";
import { simplifyControlFlow } from "./control-flow.ts";
import { assertPass } from "./fixtures/before-after.ts";

describe("simplifyControlFlow", () => {
  it("joins a block with its only successor, when that has no other predecessor", () => {
    assertPass(
      simplifyControlFlow,
      `b0:
        jump b1(v1)
      b1(v3: i64):
        v4: i64 = add v3, v3
        jump b2
      b2:
        return v4`,
      `b0:
        v3: i64 = add v1, v1
        return v3`,
    );
  });

  it("sends jumps past blocks that only jump, with their arguments", () => {
    assertPass(
      simplifyControlFlow,
      `b0:
        branch.eq v1, v1 ? b1(v1) : b3(v1)
      b1(v3: i64):
        jump b3(v3)
      b3(v4: i64):
        v5: i64 = add v4, v4
        return v5`.replaceAll("b3", "b2"),
      `b0:
        v5: i64 = add v1, v1
        return v5`,
    );
  });

  it("decides a branch for each jump that brings a constant: what && and || leave behind", () => {
    assertPass(
      simplifyControlFlow,
      `b0:
        v3: i32 = const 0
        v4: i32 = const 1
        branch.ult v2, v4 ? b1 : b2(v3)
      b1:
        v5: i32 = load.u8 [v0 + 0]
        jump b2(v5)
      b2(v6: i32):
        branch.ne v6, v3 ? b3 : b4
      b3:
        return v1
      b4:
        v7: i64 = const 0
        return v7`,
      `b0:
        v3: i32 = const 0
        v4: i32 = const 1
        v5: i64 = const 0
        branch.ult v2, v4 ? b1 : b2
      b1:
        v6: i32 = load.u8 [v0 + 0]
        branch.ne v6, v3 ? b3 : b2
      b2:
        return v5
      b3:
        return v1`,
    );
  });

  it("also where the value is read beyond the other side: a pointer or null, which is checked for null", () => {
    assertPass(
      simplifyControlFlow,
      `b0:
        v3: ptr = const 0
        v4: i64 = const 0
        v5: ptr = load.u32 [v0 + 4]
        branch.ugt v0, v5 ? b2(v3) : b1
      b1:
        v6: ptr = add v0, v1
        jump b2(v6)
      b2(v7: ptr):
        branch.eq v7, v3 ? b3 : b4
      b3:
        return v4
      b4:
        v8: i64 = load.u8 [v7 + 0]
        return v8`,
      `b0:
        v3: ptr = const 0
        v4: i64 = const 0
        v5: ptr = load.u32 [v0 + 4]
        branch.ugt v0, v5 ? b2 : b1
      b1:
        v6: ptr = add v0, v1
        branch.eq v6, v3 ? b2 : b3
      b2:
        return v4
      b3:
        v8: i64 = load.u8 [v6 + 0]
        return v8`,
    );
  });

  it("returns the same value in one place", () => {
    assertPass(
      simplifyControlFlow,
      `b0:
        branch.eq v1, v1 ? b1 : b2
      b1:
        v3: i64 = const 2
        return v3
      b2:
        v4: i64 = const 2
        return v4`,
      `b0:
        v3: i64 = const 2
        return v3`,
    );
  });

  it("leaves two checks alone, though one implies the other: they are a verifier's", () => {
    const text = `b0:
        v3: ptr = load.u32 [v0 + 4]
        branch.ugt v0, v3 ? b1 : b2
      b1:
        return v1
      b2:
        v4: i32 = load.u8 [v0 + 0]
        branch.ugt v0, v3 ? b1 : b3
      b3:
        v5: i64 = extend.u32 v4
        return v5`;
    assertPass(simplifyControlFlow, text, text);
  });

  it("ends on a loop of empty blocks", () => {
    const text = `b0:
        jump b1
      b1:
        jump b2
      b2:
        jump b1`;
    // Whatever is left of it, it still never returns.
    assertPass(
      (fn) => {
        simplifyControlFlow(fn);
        return true;
      },
      text,
      `b0:
        jump b1
      b1:
        jump b1`,
    );
  });
});

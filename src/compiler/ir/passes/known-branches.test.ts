import { describe, it } from "node:test";
import { assertPass } from "./fixtures/before-after.ts";
import { decideBranches } from "./known-branches.ts";

describe("decideBranches", () => {
  it("decides by the range of what is compared, through blocks that meet", () => {
    assertPass(
      decideBranches,
      `b0:
        v3: i64 = const 14
        v4: i64 = const 18
        v5: i64 = const 60
        v6: i64 = const 100
        branch.eq v1, v3 ? b1(v3) : b1(v4)
      b1(v7: i64):
        v8: i64 = load.u8 [v0 + 0]
        v9: i64 = and v8, v5
        v10: i64 = add v7, v9
        branch.ugt v10, v6 ? b2 : b3
      b2:
        return v1
      b3:
        return v10`,
      `b0:
        v3: i64 = const 14
        v4: i64 = const 18
        v5: i64 = const 60
        v6: i64 = const 100
        branch.eq v1, v3 ? b1(v3) : b1(v4)
      b1(v7: i64):
        v8: i64 = load.u8 [v0 + 0]
        v9: i64 = and v8, v5
        v10: i64 = add v7, v9
        jump b3
      b3:
        return v10`.replaceAll("b3", "b2"),
    );
  });

  it("decides by branches on the same values, with and without sign", () => {
    const body = (second: string): string => `b0:
        branch.slt v1, v3 ? b1 : b2
      b1:
        ${second}
      b2:
        return v1
      b3:
        return v3`;
    const signature = "(v0: ptr, v1: i64, v2: i32, v3: i64) -> i64";
    assertPass(decideBranches, body("branch.sge v1, v3 ? b2 : b3"), body("jump b3"), signature);
    assertPass(decideBranches, body("branch.sgt v3, v1 ? b3 : b2"), body("jump b3"), signature);
    assertPass(decideBranches, body("branch.eq v3, v1 ? b2 : b3"), body("jump b3"), signature);
    assertPass(decideBranches, body("branch.ult v1, v3 ? b3 : b2"), body("branch.ult v1, v3 ? b3 : b2"), signature);
  });

  it("does not take a check of the packet's end for another, but for one that reaches as far", () => {
    const body = (check: string): string => `b0:
        v5: i64 = const 14
        v6: i64 = const 34
        v10: i64 = const 54
        v3: ptr = load.u32 [v0 + 0]
        v4: ptr = load.u32 [v0 + 4]
        v7: ptr = add v3, v5
        v8: ptr = add v3, v6
        branch.ugt v8, v4 ? b1 : b2
      b1:
        return v1
      b2:
        ${check}
      b3:
        v9: i64 = load.u8 [v3 + 13]
        return v9`;
    assertPass(decideBranches, body("branch.ugt v7, v4 ? b1 : b3"), body("jump b3"));
    const farther = body("v11: ptr = add v3, v10\nbranch.ugt v11, v4 ? b1 : b3");
    assertPass(decideBranches, farther, farther);
  });

  it("knows nothing of a remainder, which older verifiers know nothing of", () => {
    const text = `b0:
        v3: i64 = const 16
        v4: i64 = umod v1, v3
        branch.ult v4, v3 ? b1 : b2
      b1:
        return v4
      b2:
        return v3`;
    assertPass(decideBranches, text, text);
  });

  it("knows of what goes round a loop what its tests say", () => {
    const text = `b0:
        v4: i64 = const 10
        v5: i64 = const 1
        jump b1(v1)
      b1(v6: i64):
        branch.ult v6, v4 ? b2 : b3
      b2:
        v7: i64 = add v6, v5
        CHECK
      b3:
        return v6`;
    const decided = text.replace("CHECK", "jump b1(v7)");
    assertPass(decideBranches, text.replace("CHECK", "branch.ule v7, v4 ? b1(v7) : b3"), decided);
    assertPass(decideBranches, decided, decided);
  });

  it("knows what comes out of a loop that is left at its end", () => {
    const text = (last: string): string => `b0:
        v3: i64 = const 0
        v4: i64 = const 10
        v5: i64 = const 1
        jump b1(v3)
      b1(v6: i64):
        v7: i64 = add v6, v5
        store.u64 [v0 + 0], v7
        branch.ult v7, v4 ? b1(v7) : b2
      b2:
        ${last}
      b3:
        return v3`;
    assertPass(decideBranches, `${text("branch.eq v7, v4 ? b3 : b4")}\nb4:\nreturn v1`.replaceAll("\\n", "\n"), text("jump b3"));
  });
});

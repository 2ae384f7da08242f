import { describe, it } from "node:test";
import { assertPass } from "./fixtures/before-after.ts";
import { unrollLoops } from "./unroll-loops.ts";

const unchanged = (text: string): void => assertPass(unrollLoops, text, text);

describe("unrollLoops", () => {
  it("writes out what runs a known number of times, and decides the test that counts", () => {
    assertPass(
      unrollLoops,
      `b0:
        v3: i64 = const 0
        v4: i64 = const 1
        v5: i64 = const 2
        jump b1(v3, v3)
      b1(v6: i64, v7: i64):
        branch.ult v6, v5 ? b2 : b3
      b2:
        v8: i64 = add v7, v1
        v9: i64 = add v6, v4
        jump b1(v9, v8)
      b3:
        return v7`,
      `b0:
        v3: i64 = const 0
        v4: i64 = const 1
        v5: i64 = const 2
        jump b1(v3, v3)
      b1(v6: i64, v7: i64):
        jump b2
      b2:
        v8: i64 = add v7, v1
        v9: i64 = add v6, v4
        jump b3(v9, v8)
      b3(v10: i64, v11: i64):
        jump b4
      b4:
        v12: i64 = add v11, v1
        v13: i64 = add v10, v4
        jump b5(v13, v12)
      b5(v14: i64, v15: i64):
        jump b6(v15)
      b6(v16: i64):
        return v16`,
    );
  });

  it("what leaves elsewhere meets behind the loop", () => {
    assertPass(
      unrollLoops,
      `b0:
        v3: i64 = const 1
        v4: i64 = const 2
        jump b1(v3)
      b1(v5: i64):
        branch.eq v5, v1 ? b3 : b2
      b2:
        v6: i64 = mul v5, v4
        branch.ule v6, v4 ? b1(v6) : b3
      b3:
        return v5`,
      `b0:
        v3: i64 = const 1
        v4: i64 = const 2
        jump b1(v3)
      b1(v5: i64):
        branch.eq v5, v1 ? b5(v5) : b2
      b2:
        v6: i64 = mul v5, v4
        jump b3(v6)
      b3(v7: i64):
        branch.eq v7, v1 ? b5(v7) : b4
      b4:
        v8: i64 = mul v7, v4
        jump b5(v7)
      b5(v9: i64):
        return v9`,
    );
  });

  it("not what runs too often, an unknown number of times, or for ever", () => {
    const loop = (begin: string, end: string, step: string): string => `b0:
        v3: i64 = const 0
        v4: i64 = const 1
        v5: i64 = const 1000
        jump b1(${begin})
      b1(v6: i64):
        branch.ne v6, ${end} ? b2 : b3
      b2:
        v7: i64 = add v6, ${step}
        store.u64 [v0 + 0], v7
        jump b1(v7)
      b3:
        return v6`;
    unchanged(loop("v3", "v5", "v4"));
    unchanged(loop("v1", "v5", "v4"));
    unchanged(loop("v3", "v1", "v4"));
    unchanged(loop("v3", "v4", "v3"));
  });

  it("not what calls: verifiers track what each call made", () => {
    unchanged(`b0:
        v3: i64 = const 0
        v4: i64 = const 1
        jump b1(v3)
      b1(v5: i64):
        v6: i64 = call f#kfunc()
        v7: i64 = add v5, v4
        branch.ule v7, v4 ? b1(v7) : b2
      b2:
        return v6`);
  });

  it("inner loops first", () => {
    const nested = (end: string): string => `b0:
        v3: i64 = const 0
        v4: i64 = const 1
        jump b1(v3)
      b1(v5: i64):
        jump b2(v3)
      b2(v6: i64):
        store.u64 [v0 + 0], v6
        v7: i64 = add v6, v4
        ${end}
      b3:
        v8: i64 = add v5, v4
        branch.ult v8, v1 ? b1(v8) : b4
      b4:
        return v5`;
    assertPass(unrollLoops, nested("branch.ult v7, v4 ? b2(v7) : b3"), nested("jump b3"));
  });
});

import { describe, it } from "node:test";
import { removeDeadCode } from "./dead-code.ts";
import { assertPass } from "./fixtures/before-after.ts";
import { decideBranches } from "./known-branches.ts";

describe("leading edges past branches", () => {
  it("copies a branch for the edge that decides it, and joins what both ways define", () => {
    assertPass(
      decideBranches,
      `b0:
        v3: i64 = const 0
        v4: i64 = const 200
        branch.ult v1, v4 ? b1 : b2(v3)
      b1:
        v5: i64 = load.u64 [v0 + 0]
        jump b2(v5)
      b2(v6: i64):
        branch.ult v6, v4 ? b3 : b4
      b3:
        return v6
      b4:
        return v1`,
      `b0:
        v3: i64 = const 0
        v4: i64 = const 200
        branch.ult v1, v4 ? b1 : b3
      b1:
        v5: i64 = load.u64 [v0 + 0]
        jump b2(v5)
      b2(v6: i64):
        branch.ult v6, v4 ? b4(v6) : b5
      b3:
        jump b4(v3)
      b4(v7: i64):
        return v7
      b5:
        return v1`,
    );
  });

  it("knows a pointer that was checked from null", () => {
    assertPass(
      (fn) => {
        const changed = decideBranches(fn);
        removeDeadCode(fn);
        return changed;
      },
      `b0:
        v3: ptr = const 0
        v4: ptr = map counts
        v5: ptr = call bpf_map_lookup_elem#1(v4, v0)
        branch.eq v5, v3 ? b1 : b2
      b1:
        jump b3(v3)
      b2:
        store.u64 [v5 + 0], v1
        jump b3(v5)
      b3(v6: ptr):
        branch.ne v6, v3 ? b4 : b5
      b4:
        v7: i64 = load.u64 [v6 + 0]
        return v7
      b5:
        return v1`,
      `b0:
        v3: ptr = const 0
        v4: ptr = map counts
        v5: ptr = call bpf_map_lookup_elem#1(v4, v0)
        branch.eq v5, v3 ? b1 : b2
      b1:
        jump b3
      b2:
        store.u64 [v5 + 0], v1
        jump b5
      b3:
        jump b4
      b4:
        return v1
      b5:
        jump b6(v5)
      b6(v6: ptr):
        v7: i64 = load.u64 [v6 + 0]
        return v7`,
    );
  });

  it("enters a loop behind its test, where the first turn is sure", () => {
    assertPass(
      decideBranches,
      `b0:
        v3: i64 = const 0
        v4: i64 = const 10
        v5: i64 = const 1
        jump b1(v3)
      b1(v6: i64):
        branch.ult v6, v4 ? b2 : b3
      b2:
        v7: i64 = add v6, v5
        jump b1(v7)
      b3:
        return v6`,
      `b0:
        v3: i64 = const 0
        v4: i64 = const 10
        v5: i64 = const 1
        jump b1
      b1:
        jump b2(v3)
      b2(v8: i64):
        v7: i64 = add v8, v5
        jump b3(v7)
      b3(v6: i64):
        branch.ult v6, v4 ? b2(v6) : b4
      b4:
        return v6`,
    );
  });

  it("leaves a loop its one entry", () => {
    const text = `b0:
        v3: i64 = const 0
        v4: i64 = const 10
        v5: i64 = const 1
        branch.eq v1, v4 ? b1 : b4
      b1:
        store.u64 [v0 + 0], v1
        jump b2(v1)
      b4:
        jump b2(v3)
      b2(v6: i64):
        branch.ult v6, v4 ? b3 : b5
      b3:
        v7: i64 = add v6, v5
        jump b2(v7)
      b5:
        return v6`;
    const numbered = text
      .replace("b1 : b4", "b1 : b2")
      .replace("b4:", "b2:")
      .replaceAll("b2(", "b3(")
      .replace("b3 : b5", "b4 : b5")
      .replace("b3:", "b4:");
    assertPass(decideBranches, numbered, numbered);
  });
});

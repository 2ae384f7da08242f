import { describe, it } from "node:test";
import { removeDeadCode } from "./dead-code.ts";
import { assertPass } from "./fixtures/before-after.ts";

describe("removeDeadCode", () => {
  it("drops what nobody reads, and what only that read", () => {
    assertPass(
      removeDeadCode,
      `b0:
        v3: i64 = load.u64 [v0 + 0]
        v4: i64 = add v3, v1
        return v1`,
      `b0:
        return v1`,
    );
  });

  it("keeps effects, without results that nobody reads", () => {
    assertPass(
      removeDeadCode,
      `b0:
        v3: i64 = atomic.add.u64 [v0 + 0], v1
        v4: i64 = call bpf_ktime_get_ns#5()
        store.u32 [v0 + 8], v2
        return v1`,
      `b0:
        atomic.add.u64 [v0 + 0], v1
        call bpf_ktime_get_ns#5()
        store.u32 [v0 + 8], v2
        return v1`,
    );
  });

  it("drops a loop's variable that only feeds itself", () => {
    assertPass(
      removeDeadCode,
      `b0:
        v3: i64 = const 1
        jump b1(v1, v1)
      b1(v4: i64, v5: i64):
        v6: i64 = add v4, v3
        v7: i64 = sub v5, v3
        branch.ne v7, v3 ? b1(v6, v7) : b2
      b2:
        return v5`,
      `b0:
        v3: i64 = const 1
        jump b1(v1)
      b1(v5: i64):
        v7: i64 = sub v5, v3
        branch.ne v7, v3 ? b1(v7) : b2
      b2:
        return v5`,
    );
  });
});

import { describe, it } from "node:test";
import { assertPass } from "./fixtures/before-after.ts";
import { promoteSlots } from "./promote-slots.ts";

describe("promoteSlots", () => {
  it("makes values of the fields of a struct that goes nowhere", () => {
    assertPass(
      promoteSlots,
      `slot 0: 16 align 8 "kind"
      b0:
        v3: ptr = slot 0
        store.u64 [v3 + 0], v1
        store.u16 [v3 + 8], v2
        v4: i64 = load.u64 [v3 + 0]
        v5: i32 = load.s16 [v3 + 8]
        v6: i64 = extend.s32 v5
        v7: i64 = add v4, v6
        return v7`,
      `slot 0: 16 align 8 "kind"
      b0:
        v3: ptr = slot 0
        v8: i32 = extend.u16 v2
        v5: i32 = extend.s16 v8
        v6: i64 = extend.s32 v5
        v7: i64 = add v1, v6
        return v7`,
    );
  });

  it("joins what paths stored, and goes round loops", () => {
    assertPass(
      promoteSlots,
      `slot 0: 8 align 8 "sum"
      b0:
        v3: ptr = slot 0
        store.u64 [v3 + 0], v1
        jump b1
      b1:
        v4: i64 = load.u64 [v3 + 0]
        v5: i64 = add v4, v4
        store.u64 [v3 + 0], v5
        branch.ult v5, v1 ? b1 : b2
      b2:
        v6: i64 = load.u64 [v3 + 0]
        return v6`,
      `slot 0: 8 align 8 "sum"
      b0:
        v3: ptr = slot 0
        jump b1(v1)
      b1(v4: i64):
        v5: i64 = add v4, v4
        branch.ult v5, v1 ? b1(v5) : b2
      b2:
        return v5`,
    );
  });

  it("leaves slots whose address goes somewhere, and bytes that are accessed in different pieces", () => {
    const passed = `slot 0: 8 align 8 "key"
      b0:
        v3: ptr = slot 0
        v4: ptr = map counts
        store.u64 [v3 + 0], v1
        v5: ptr = call bpf_map_lookup_elem#1(v4, v3)
        v6: i64 = load.u64 [v3 + 0]
        return v6`;
    assertPass(promoteSlots, passed, passed);
    const pieces = `slot 0: 8 align 8 "union"
      b0:
        v3: ptr = slot 0
        store.u64 [v3 + 0], v1
        v6: i64 = load.u32 [v3 + 4]
        return v6`;
    assertPass(promoteSlots, pieces, pieces);
    const indexed = `slot 0: 8 align 8 "array"
      b0:
        v3: ptr = slot 0
        store.u64 [v3 + 0], v1
        v4: ptr = add v3, v1
        v6: i64 = load.u8 [v4 + 0]
        return v6`;
    assertPass(promoteSlots, indexed, indexed);
  });
});

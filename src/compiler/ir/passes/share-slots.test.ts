import { describe, it } from "node:test";
import { assertPass } from "./fixtures/before-after.ts";
import { shareSlots } from "./share-slots.ts";

describe("shareSlots", () => {
  const body = (slots: string, first: number, second: number, between = ""): string => `${slots}
      b0:
        v3: ptr = slot ${first}
        v4: ptr = slot ${second}
        v5: ptr = map counts
        store.u64 [v3 + 0], v1
        v6: ptr = call bpf_map_lookup_elem#1(v5, v3)
        ${between}
        store.u32 [v4 + 0], v2
        call bpf_map_delete_elem#3(v5, v4)
        return v1`;
  const two = `slot 0: 4 align 4 "key of delete"\nslot 1: 8 align 8 "key of get"`;

  it("gives bytes that are free again to who needs some later, as many as the largest needs", () => {
    assertPass(shareSlots, body(two, 1, 0), body(`slot 0: 8 align 8 "key of get"`, 0, 0));
  });

  it("does not while both are needed, or when somebody else may know where one is", () => {
    const both = `${two}
      b0:
        v3: ptr = slot 0
        v4: ptr = slot 1
        v5: ptr = map counts
        store.u32 [v3 + 0], v2
        store.u64 [v4 + 0], v1
        call bpf_map_update_elem#2(v5, v3, v4, v1)
        return v1`;
    assertPass(shareSlots, both, both);
    const known = body(two, 1, 0, "call bpf_dynptr_from_mem#197(v3, v2, v1, v6)");
    assertPass(shareSlots, known, known);
  });

  it("does not across a loop that needs both in turn", () => {
    const text = `${two}
      b0:
        v3: ptr = slot 1
        v4: ptr = slot 0
        v5: ptr = map counts
        store.u64 [v3 + 0], v1
        jump b1
      b1:
        store.u32 [v4 + 0], v2
        call bpf_map_delete_elem#3(v5, v4)
        v6: ptr = call bpf_map_lookup_elem#1(v5, v3)
        v7: i64 = load.u64 [v6 + 0]
        branch.eq v7, v1 ? b1 : b2
      b2:
        return v1`;
    assertPass(shareSlots, text, text);
  });
});

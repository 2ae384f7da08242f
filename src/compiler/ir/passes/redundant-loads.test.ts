import { describe, it } from "node:test";
import { assertPass } from "./fixtures/before-after.ts";
import { removeRedundantLoads } from "./redundant-loads.ts";

const asProgram = (fn: Parameters<typeof removeRedundantLoads>[0]): boolean => removeRedundantLoads(fn, true);

describe("removeRedundantLoads", () => {
  it("loads once while nothing was written", () => {
    assertPass(
      removeRedundantLoads,
      `b0:
        v3: i64 = load.u64 [v0 + 8]
        v4: i64 = load.u64 [v0 + 8]
        v5: i64 = add v3, v4
        return v5`,
      `b0:
        v3: i64 = load.u64 [v0 + 8]
        v5: i64 = add v3, v3
        return v5`,
    );
  });

  it("loads again after a store, a call that may write, and where another path may have written", () => {
    const text = `b0:
        v3: i64 = load.u64 [v0 + 8]
        store.u64 [v0 + 12], v3
        v4: i64 = load.u64 [v0 + 8]
        call bpf_xdp_adjust_head#44(v0, v2)
        v6: i64 = load.u64 [v0 + 8]
        branch.eq v4, v1 ? b1 : b2
      b1:
        store.u64 [v0 + 8], v1
        jump b2
      b2:
        v7: i64 = load.u64 [v0 + 8]
        v8: i64 = add v6, v7
        return v8`;
    assertPass(removeRedundantLoads, text, text);
  });

  it("knows what a store left, on every path that leads here", () => {
    assertPass(
      removeRedundantLoads,
      `b0:
        store.u8 [v0 + 8], v2
        store.u64 [v0 + 16], v1
        branch.eq v1, v1 ? b1 : b2
      b1:
        store.u64 [v0 + 24], v1
        jump b2
      b2:
        v3: i32 = load.s8 [v0 + 8]
        v4: i64 = load.u64 [v0 + 16]
        v5: i64 = extend.u32 v3
        v6: i64 = add v4, v5
        return v6`,
      `b0:
        store.u8 [v0 + 8], v2
        store.u64 [v0 + 16], v1
        branch.eq v1, v1 ? b1 : b2
      b1:
        store.u64 [v0 + 24], v1
        jump b2
      b2:
        v3: i32 = extend.s8 v2
        v5: i64 = extend.u32 v3
        v6: i64 = add v1, v5
        return v6`,
    );
  });

  it("knows the low bytes of what was stored", () => {
    assertPass(
      removeRedundantLoads,
      `b0:
        store.u64 [v0 + 8], v1
        v3: i32 = load.u16 [v0 + 8]
        v4: i32 = load.u16 [v0 + 10]
        v5: i32 = add v3, v4
        v6: i64 = extend.u32 v5
        return v6`,
      `b0:
        store.u64 [v0 + 8], v1
        v3: i32 = extend.u16 v1
        v4: i32 = load.u16 [v0 + 10]
        v5: i32 = add v3, v4
        v6: i64 = extend.u32 v5
        return v6`,
    );
  });

  it("knows that looking something up in a map changes neither packet nor context, and what a map holds not the packet", () => {
    assertPass(
      asProgram,
      `slot 0: 4 align 4 "key"
      b0:
        v3: ptr = load.u32 [v0 + 0]
        v4: i32 = load.u32 [v3 + 26]
        v5: ptr = slot 0
        store.u32 [v5 + 0], v4
        v6: ptr = map drops
        v7: ptr = call bpf_map_lookup_elem#1(v6, v5)
        store.u64 [v7 + 0], v1
        v8: ptr = load.u32 [v0 + 0]
        v9: i32 = load.u32 [v3 + 26]
        v10: i64 = extend.u32 v9
        v11: i64 = load.u8 [v8 + 0]
        v12: i64 = add v10, v11
        return v12`,
      `slot 0: 4 align 4 "key"
      b0:
        v3: ptr = load.u32 [v0 + 0]
        v4: i32 = load.u32 [v3 + 26]
        v5: ptr = slot 0
        store.u32 [v5 + 0], v4
        v6: ptr = map drops
        v7: ptr = call bpf_map_lookup_elem#1(v6, v5)
        store.u64 [v7 + 0], v1
        v10: i64 = extend.u32 v4
        v11: i64 = load.u8 [v3 + 0]
        v12: i64 = add v10, v11
        return v12`,
    );
  });

  it("loads again in a loop that writes, and not in one that does not", () => {
    const loop = (body: string, load: string): string => `b0:
        v3: i64 = load.u64 [v0 + 8]
        jump b1(v3)
      b1(v4: i64):
        ${load}
        v6: i64 = add v4, ${load === "" ? "v3" : "v5"}
        ${body}
        branch.ult v6, v1 ? b1(v6) : b2
      b2:
        return v6`;
    const load = "v5: i64 = load.u64 [v0 + 8]";
    assertPass(removeRedundantLoads, loop("", load), loop("", ""));
    const writes = loop("store.u64 [v0 + 8], v6", load);
    assertPass(removeRedundantLoads, writes, writes);
  });

  it("tells fields apart whose offsets are relocated by what they are, and takes no two for apart", () => {
    assertPass(
      removeRedundantLoads,
      `b0:
        v3: i64 = load.u64 [v0 + 8] core 7 0:1
        v4: i64 = load.u64 [v0 + 8] core 7 0:1
        store.u64 [v0 + 64], v1 core 7 0:2
        v5: i64 = load.u64 [v0 + 8] core 7 0:1
        v6: i64 = add v3, v4
        v7: i64 = add v6, v5
        return v7`,
      `b0:
        v3: i64 = load.u64 [v0 + 8] core 7 0:1
        store.u64 [v0 + 64], v1 core 7 0:2
        v5: i64 = load.u64 [v0 + 8] core 7 0:1
        v6: i64 = add v3, v3
        v7: i64 = add v6, v5
        return v7`,
    );
  });
});

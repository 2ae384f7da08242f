import { describe, it } from "node:test";
import { assertPass } from "./fixtures/before-after.ts";
import { mergeStores } from "./merge-stores.ts";

describe("mergeStores", () => {
  it("stores constants that follow each other at once, as wide as they are aligned", () => {
    assertPass(
      mergeStores,
      `slot 0: 16 align 8 "query"
      b0:
        v3: i32 = const 1
        v4: i32 = const 0
        v5: ptr = slot 0
        store.u8 [v5 + 2], v4
        store.u8 [v5 + 3], v4
        store.u16 [v5 + 0], v3
        store.u32 [v5 + 4], v4
        store.u8 [v5 + 8], v3
        store.u8 [v5 + 9], v3
        store.u8 [v5 + 10], v3
        return v1`,
      `slot 0: 16 align 8 "query"
      b0:
        v8: i32 = const 257
        v7: i64 = const 1
        v3: i32 = const 1
        v4: i32 = const 0
        v5: ptr = slot 0
        store.u64 [v5 + 0], v7
        store.u16 [v5 + 8], v8
        store.u8 [v5 + 10], v3
        return v1`,
    );
  });

  it("stores a number together with zeroes above it", () => {
    assertPass(
      mergeStores,
      `slot 0: 4 align 4 "kind"
      b0:
        v4: i32 = const 0
        v5: ptr = slot 0
        v6: i32 = load.u8 [v0 + 9]
        store.u8 [v5 + 0], v6
        store.u8 [v5 + 1], v4
        store.u16 [v5 + 2], v4
        return v1`,
      `slot 0: 4 align 4 "kind"
      b0:
        v4: i32 = const 0
        v5: ptr = slot 0
        v6: i32 = load.u8 [v0 + 9]
        store.u32 [v5 + 0], v6
        return v1`,
    );
  });

  it("does not where somebody looks in between, nor at what is not aligned or not known", () => {
    const body = (align: number, address: string, between: string): string => `slot 0: 8 align ${align} "event"
      b0:
        v4: i32 = const 0
        v5: ptr = slot 0
        store.u8 [${address} + 0], v4
        ${between}
        store.u8 [${address} + 1], v4
        return v1`;
    for (const text of [
      body(1, "v5", ""),
      body(8, "v0", ""),
      body(8, "v5", "v6: i64 = load.u8 [v5 + 0]\nstore.u64 [v0 + 0], v6"),
      body(8, "v5", "call bpf_get_current_comm#16(v5, v4)"),
      body(8, "v5", "v6: ptr = add v5, v1\nstore.u8 [v6 + 0], v2"),
      // What is counted in there by a function that is called back.
      body(8, "v5", "").replace("return", "v6: ptr = function-address step\ncall bpf_loop#181(v1, v6, v5, v1)\nreturn"),
    ]) {
      assertPass(mergeStores, text, text);
    }
  });
});

import { describe, it } from "node:test";
import { removeDeadStores } from "./dead-stores.ts";
import { assertPass } from "./fixtures/before-after.ts";

describe("removeDeadStores", () => {
  it("drops what is stored to a slot and not read, on any path", () => {
    assertPass(
      removeDeadStores,
      `slot 0: 16 align 8 "event"
      b0:
        v3: ptr = slot 0
        store.u64 [v3 + 0], v1
        store.u64 [v3 + 8], v1
        branch.eq v1, v1 ? b1 : b2
      b1:
        v4: i64 = load.u32 [v3 + 4]
        store.u64 [v3 + 8], v4
        return v4
      b2:
        return v1`,
      `slot 0: 16 align 8 "event"
      b0:
        v3: ptr = slot 0
        store.u64 [v3 + 0], v1
        branch.eq v1, v1 ? b1 : b2
      b1:
        v4: i64 = load.u32 [v3 + 4]
        return v4
      b2:
        return v1`,
    );
  });

  it("keeps what a helper reads, also by way of memory that it is given", () => {
    const text = `slot 0: 8 align 8 "text"
      slot 1: 8 align 8 "arguments"
      b0:
        v3: ptr = slot 0
        v4: ptr = slot 1
        store.u64 [v3 + 0], v1
        store.u64 [v4 + 0], v3
        call bpf_trace_vprintk#177(v0, v2, v4, v2)
        return v1`;
    assertPass(removeDeadStores, text, text);
  });

  it("drops a store to other memory that is overwritten before anyone looks", () => {
    assertPass(
      removeDeadStores,
      `b0:
        store.u64 [v0 + 0], v1
        store.u32 [v0 + 4], v2
        v3: i64 = load.u64 [v0 + 16]
        store.u64 [v0 + 0], v3
        return v1`,
      `b0:
        v3: i64 = load.u64 [v0 + 16]
        store.u64 [v0 + 0], v3
        return v1`,
    );
    const seen = `b0:
        store.u64 [v0 + 0], v1
        call bpf_ktime_get_ns#5()
        store.u64 [v0 + 0], v1
        v3: i64 = load.u8 [v0 + 3]
        store.u64 [v0 + 0], v3
        return v1`;
    assertPass(removeDeadStores, seen, seen);
  });
});

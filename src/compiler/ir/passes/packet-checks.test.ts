import { describe, it } from "node:test";
import { assertPass } from "./fixtures/before-after.ts";
import { combinePacketChecks } from "./packet-checks.ts";

/** Ethernet, its type, and the next header; whatever fails goes where it says. */
const headers = (first: string, between: string, other: string, second: string): string => `b0:
    v3: i64 = const 34
    v4: i64 = const 14
    v5: i32 = const 8
    v6: ptr = load.u32 [v0 + 0]
    v7: ptr = load.u32 [v0 + 4]
    v8: ptr = add v6, v4
    v9: ptr = add v6, v3
    branch.ugt ${first}, v7 ? b1 : b2
  b1:
    return v1
  b2:
    v10: i32 = load.u16 [v6 + 12]
    ${between}
    branch.eq v10, v5 ? b3 : ${other}
  b3:
    branch.ule v9, v7 ? b4 : ${second}
  b4:
    v11: i64 = load.u32 [v6 + 26]
    return v11
  b5:
    return v3`;

describe("combinePacketChecks", () => {
  it("checks for both headers at once, where all that fails goes to one place", () => {
    const before = headers("v8", "", "b1", "b1").replace(/\n {2}b5:\n {4}return v3/, "");
    const after = before.replace("branch.ugt v8, v7", "v12: ptr = add v6, v3\nbranch.ugt v12, v7");
    assertPass(combinePacketChecks, before, after);
  });

  it("does not where something else is done with a packet that ends between them, or is seen before", () => {
    for (const text of [
      headers("v8", "", "b5", "b1"),
      headers("v8", "", "b1", "b5"),
      headers("v8", "store.u64 [v6 + 0], v1", "b5", "b1"),
      headers("v8", "call bpf_get_prandom_u32#7()", "b5", "b1"),
      headers("v9", "", "b5", "b5"),
    ]) {
      assertPass(combinePacketChecks, text, text);
    }
  });
});

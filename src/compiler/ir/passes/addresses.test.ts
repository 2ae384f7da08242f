import { describe, it } from "node:test";
import { addConstantsLast } from "./addresses.ts";
import { assertPass } from "./fixtures/before-after.ts";

describe("addConstantsLast", () => {
  const body = (load: string, address: string): string => `b0:
        v3: i32 = const 10
        v4: i64 = const 10
        v5: ptr = load.u32 [v0 + 0]
        v6: i32 = ${load}
        ${address}
        v10: i64 = load.u16 [v9 + 2]
        return v10`;
  const before = `v7: i32 = add v6, v3
        v8: i64 = extend.u32 v7
        v9: ptr = add v5, v8`;

  it("adds what is constant of an offset last", () => {
    assertPass(
      addConstantsLast,
      body("load.u8 [v0 + 8]", before),
      body(
        "load.u8 [v0 + 8]",
        `v7: i32 = add v6, v3
        v8: i64 = extend.u32 v7
        v11: i64 = extend.u32 v6
        v12: ptr = add v5, v11
        v9: ptr = add v12, v4`,
      ),
    );
  });

  it("does not where the sum could wrap, or only its own bounds are known", () => {
    const wide = body("load.u32 [v0 + 8]", before);
    assertPass(addConstantsLast, wide, wide);
  });
});

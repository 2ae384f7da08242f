import { describe, it } from "node:test";
import { removeDeadCode } from "./dead-code.ts";
import { assertPass } from "./fixtures/before-after.ts";
import { simplify } from "./simplify.ts";

describe("simplify", () => {
  it("computes what is constant, as eBPF does: a division by zero gives 0, a shift uses the low bits of its amount", () => {
    assertPass(
      simplify,
      `b0:
        v3: i64 = const 7
        v4: i64 = const 0
        v5: i64 = udiv v3, v4
        v6: i64 = const 65
        v7: i64 = shl v3, v6
        v8: i64 = add v5, v7
        return v8`,
      `b0:
        v3: i64 = const 14
        v4: i64 = const 7
        v5: i64 = const 0
        v6: i64 = const 65
        return v3`,
    );
  });

  it("replaces multiplication, division and modulo by powers of two", () => {
    assertPass(
      simplify,
      `b0:
        v3: i64 = const 16
        v4: i64 = mul v1, v3
        v5: i64 = udiv v4, v3
        v6: i64 = umod v5, v3
        return v6`,
      `b0:
        v3: i64 = const 15
        v4: i64 = const 4
        v5: i64 = const 16
        v6: i64 = shl v1, v4
        v7: i64 = lshr v6, v4
        v8: i64 = and v7, v3
        return v8`,
    );
  });

  it("adds up constants that follow each other, for integers", () => {
    assertPass(
      simplify,
      `b0:
        v3: i64 = const 5
        v4: i64 = add v1, v3
        v5: i64 = const 3
        v6: i64 = add v4, v5
        return v6`,
      `b0:
        v3: i64 = const 8
        v4: i64 = const 5
        v5: i64 = const 3
        v6: i64 = add v1, v4
        v7: i64 = add v1, v3
        return v7`,
    );
  });

  it("does not for pointers: a verifier follows how each was made", () => {
    const text = `b0:
        v3: i64 = const 5
        v4: ptr = add v0, v3
        v5: ptr = add v4, v3
        v6: i64 = load.u8 [v5 + 0]
        return v6`;
    assertPass(simplify, text, text);
  });

  it("drops masks and extensions that clear what is clear", () => {
    assertPass(
      simplify,
      `b0:
        v3: i32 = load.u16 [v0 + 0]
        v4: i32 = const 65535
        v5: i32 = and v3, v4
        v6: i32 = extend.u16 v5
        v7: i64 = extend.u32 v6
        return v7`,
      `b0:
        v3: i32 = const 65535
        v4: i32 = load.u16 [v0 + 0]
        v5: i64 = extend.u32 v4
        return v5`,
    );
  });

  it("keeps a mask on what was swapped: older kernels forget its range", () => {
    const text = `b0:
        v3: i32 = const 65535
        v4: i32 = be16 v2
        v5: i32 = and v4, v3
        v6: i64 = extend.u32 v5
        return v6`;
    assertPass(simplify, text, text);
  });

  it("branches on a comparison itself, and on bits by a test of bits", () => {
    assertPass(
      simplify,
      `b0:
        v3: i32 = const 0
        v4: i32 = const 8
        v5: i32 = compare.ult v2, v4
        branch.ne v5, v3 ? b1 : b2
      b1:
        v6: i32 = and v2, v4
        branch.eq v6, v3 ? b2 : b3
      b2:
        return v1
      b3:
        v7: i64 = extend.u32 v2
        return v7`,
      `b0:
        v3: i32 = const 0
        v4: i32 = const 8
        v5: i32 = compare.ult v2, v4
        branch.ult v2, v4 ? b1 : b3
      b1:
        v6: i32 = and v2, v4
        branch.set v2, v4 ? b2 : b3
      b2:
        v7: i64 = extend.u32 v2
        return v7
      b3:
        return v1`,
    );
  });

  it("decides branches between constants", () => {
    assertPass(
      simplify,
      `b0:
        v3: i32 = const 1
        v4: i32 = const 4294967295
        branch.sgt v3, v4 ? b1 : b2
      b1:
        return v1
      b2:
        v5: i64 = const 0
        return v5`,
      `b0:
        v3: i32 = const 1
        v4: i32 = const 4294967295
        v5: i64 = const 0
        jump b1
      b1:
        return v1`,
    );
  });

  it("compares the value itself with a constant, not what was made of it", () => {
    const compares = (before: string, constant: string, after: string): void => {
      const body = (define: string, comparison: string, number: string): string => `b0:
        ${number}
        v9: i64 = const 7
        v4: i32 = load.u16 [v0 + 0]
        ${define}
        branch.${comparison} ? b1 : b2
      b1:
        return v1
      b2:
        return v9`;
      const [define, comparison] = before.split(" | ") as [string, string];
      assertPass(
        (fn) => {
          const changed = simplify(fn);
          // What is no longer read goes, so that the branch is all that is compared here.
          removeDeadCode(fn);
          return changed;
        },
        body(define, comparison, `${constant.split(" → ")[0]}\nv8: i32 = const 3`),
        body("", after, constant.split(" → ")[1]!),
      );
    };
    compares("v5: i32 = be16 v4 | eq v5, v3", "v3: i32 = const 2048 → v3: i32 = const 8", "eq v4, v3");
    compares("v5: i32 = add v4, v8 | ne v5, v3", "v3: i32 = const 10 → v3: i32 = const 7", "ne v4, v3");
    compares("v5: i32 = shl v4, v8 | ne v5, v3", "v3: i32 = const 16 → v3: i32 = const 2", "ne v4, v3");
    compares("v5: i64 = extend.u32 v4 | ult v5, v3", "v3: i64 = const 16 → v3: i32 = const 16", "ult v4, v3");
  });

  it("does not where that would be another comparison", () => {
    const keeps = (define: string, comparison: string): void => {
      const text = `b0:
        v3: i32 = const 4097
        v4: i32 = const 4
        v9: i64 = const 7
        v5: i32 = load.u32 [v0 + 0]
        ${define}
        branch.${comparison} ? b1 : b2
      b1:
        return v1
      b2:
        return v9`;
      assertPass(simplify, text, text);
    };
    keeps("v6: i32 = be16 v5", "eq v6, v3"); // the upper half of v5 is cut off
    keeps("v6: i32 = be16 v5", "ult v6, v3");
    keeps("v6: i32 = shl v5, v4", "eq v6, v4"); // bits are shifted out
    keeps("v6: i64 = extend.u32 v5", "slt v6, v9");
  });

  it("turns nothing around twice, unless that cut something off", () => {
    assertPass(
      simplify,
      `b0:
        v3: i32 = load.u16 [v0 + 0]
        v4: i32 = be16 v3
        v5: i32 = be16 v4
        v6: i32 = be32 v5
        v7: i32 = be16 v6
        v8: i32 = add v5, v7
        v9: i64 = extend.u32 v8
        return v9`,
      `b0:
        v3: i32 = load.u16 [v0 + 0]
        v4: i32 = be16 v3
        v6: i32 = be32 v3
        v7: i32 = be16 v6
        v8: i32 = add v3, v7
        v9: i64 = extend.u32 v8
        return v9`,
    );
  });

  it("loads no more than what is read", () => {
    const body = (load: string, between: string): string => `slot 0: 8 align 8 "x"
      b0:
        v3: ptr = slot 0
        ${load}
        ${between}
        v6: i64 = extend.u32 v5
        return v6`;
    const wide = "v4: i64 = load.u64 [v3 + 0]";
    const trim = (fn: Parameters<typeof simplify>[0]): boolean => {
      const changed = simplify(fn);
      removeDeadCode(fn);
      return changed;
    };
    assertPass(trim, body(wide, "v5: i32 = extend.u32 v4"), body("v5: i32 = load.u32 [v3 + 0]", ""));
    const keeps = (load: string, between: string): void => {
      assertPass(
        trim,
        body(load, `${between}v5: i32 = extend.u32 v4`),
        body(load, between).replace("extend.u32 v5", "extend.u32 v4"),
      );
    };
    keeps(wide, "store.u64 [v3 + 0], v1\n");
    // A context's field is read as it is.
    const context = "b0:\nv4: i64 = load.u64 [v0 + 0]\nv5: i64 = extend.u32 v4\nreturn v5";
    assertPass(trim, context, context);
  });
});

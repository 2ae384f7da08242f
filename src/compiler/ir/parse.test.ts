import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { IrError } from "./errors.ts";
import { parseFunction } from "./parse.ts";
import { printFunction } from "./print.ts";

/** One of everything. */
const TEXT = `function all(v0: ptr, v1: i64) -> i32 {
  slot 0: 8 align 4 "key of \\"blocked\\"" @2:9
b0:
  v2: i32 = const 4294967295
  v3: ptr = load.u32 [v0 + 4] @3:7
  v4: i64 = load.s16 [v3 - 2]
  v5: ptr = slot 0
  store.u64 [v5 + 0], v1
  v6: i64 = atomic.exchange.u64 [v5 + 0], v4
  atomic.add.u32 [v5 + 4], v2
  v7: ptr = map blocked
  v8: ptr = map-value .bss + 16
  v9: ptr = call bpf_map_lookup_elem#1(v7, v5)
  v10: i64 = extend.s32 v2
  v11: i64 = be64 v10
  v12: i32 = compare.set v10, v11
  v17: i64 = load.u32 [v3 + 1256] core 7 0:61 @parse.bpf.ts:3:7
  store.u32 [v3 + 8], v2 core 7 0:1
  v18: ptr = field-address [v3 + 1256] core 7 0:61
  v19: i64 = core-value.enumval_value 18446744073709551615 core 9 2
  v20: ptr = function-address step
  v21: ptr = ksym bpf_prog_active
  v25: ptr = ksym.untyped jiffies
  v22: i64 = call parse$ports#function(v20, v19)
  call bpf_rcu_read_lock#kfunc()
  v23: i64 = atomic.compare-exchange.u64 [v18 + 0], v22, v1
  v24: ptr = address-space-cast.kernel v23
  v26: i32 = loop-budget
  branch.ne v9, v8 ? b1(v2, v3) : b2 @4:1
b1(v13: i32, v14: ptr):
  v15: i64 = sub v14, v3
  jump b3(v13)
b2:
  call bpf_ktime_get_ns#5()
  jump b3(v12)
b3(v16: i32):
  return v16
}
`;

describe("the text of the IR", () => {
  it("is read as it is printed", () => {
    assert.equal(printFunction(parseFunction(TEXT)), TEXT);
  });

  it("may have comments and blank lines", () => {
    const text = "function f() {\n\n; a comment\nb0: ; another\n  return\n}\n";
    assert.equal(printFunction(parseFunction(text)), "function f() {\nb0:\n  return\n}\n");
  });

  it("names the line that it cannot read", () => {
    const wrong = (body: string): string => {
      try {
        parseFunction(`function f() {\n${body}\n}`);
      } catch (error) {
        if (error instanceof IrError) return error.message;
      }
      return "nothing";
    };
    assert.equal(wrong("b0:\n  v1: i64 = frobnicate v2, v3"), "f: line 3: expected an instruction, found frobnicate v2, v3");
    assert.equal(wrong("b1:"), "f: line 2: expected block 0, found 1");
    assert.equal(wrong("b0:\n  v1: i64 = add v2"), "f: line 3: expected 2 values, found v2");
    assert.equal(wrong("b0:\nb1:"), "f: line 3: a block without terminator");
  });
});

/** XDP programs of several functions, with what the kernel must be asked for, and what each returns. */

import type { IrProgram } from "./spec-of-ir.ts";

export interface NamedProgram extends IrProgram {
  readonly name: string;
  readonly verdict: number;
}

export const SUBPROGRAMS: readonly NamedProgram[] = [
  {
    name: "calls with five arguments, values that live across them, and a chain",
    functions: [
      `function main(v0: ptr) -> i32 {
      b0:
        v1: i64 = const 1 @2:1
        v2: i64 = const 2
        v3: i64 = const 3
        v4: i64 = call bpf_get_smp_processor_id#8()
        v5: i64 = sub v4, v4
        v6: i64 = add v5, v1
        v7: i64 = call weigh#function(v6, v2, v3, v1, v2) @3:1
        v8: i64 = call weigh#function(v7, v6, v6, v6, v6) @4:1
        v9: i64 = add v8, v7
        v10: i32 = extend.u32 v9
        return v10 @5:1
      }`,
      `function weigh(v0: i64, v1: i64, v2: i64, v3: i64, v4: i64) -> i64 {
      b0:
        v5: i64 = call twice#function(v1) @9:1
        v6: i64 = call twice#function(v2) @10:1
        v7: i64 = add v5, v6
        v8: i64 = add v7, v0
        v9: i64 = add v8, v3
        v10: i64 = mul v9, v4
        return v10 @11:1
      }`,
      `function twice(v0: i64) -> i64 {
      b0:
        v1: i64 = add v0, v0
        return v1
      }`,
    ],
    // weigh(1,2,3,1,2) = (4 + 6 + 1 + 1) * 2 = 24; weigh(24,1,1,1,1) = 2 + 2 + 24 + 1 = 29
    verdict: 53,
  },
  {
    name: "a loop by bpf_loop, whose step gets a struct of the caller's frame",
    functions: [
      `function main(v0: ptr) -> i32 {
        slot 0: 16 align 8 "state"
      b0:
        v1: ptr = slot 0
        v2: i64 = const 0
        store.u64 [v1 + 0], v2 @2:1
        v3: i64 = const 7
        store.u64 [v1 + 8], v3
        v4: i64 = const 10
        v5: ptr = function-address step @3:1
        v6: i64 = call bpf_loop#181(v4, v5, v1, v2) @3:1
        v7: i64 = load.u64 [v1 + 0] @4:1
        v8: i32 = extend.u32 v7
        return v8 @4:1
      }`,
      `function step(v0: i64, v1: ptr) -> i64 {
      b0:
        v2: i64 = load.u64 [v1 + 0] @8:1
        v3: i64 = load.u64 [v1 + 8]
        v4: i64 = mul v0, v3
        v5: i64 = add v2, v4
        store.u64 [v1 + 0], v5 @9:1
        v6: i64 = const 0
        return v6 @10:1
      }`,
    ],
    verdict: 7 * 45,
  },
  {
    name: "a function that returns nothing, and one that compares and exchanges",
    functions: [
      `function main(v0: ptr) -> i32 {
        slot 0: 8 align 8 "cell"
      b0:
        v1: ptr = slot 0
        v2: i64 = const 5
        store.u64 [v1 + 0], v2
        call bump#function(v1, v2)
        call bump#function(v1, v2)
        v3: i64 = load.u64 [v1 + 0]
        v4: i32 = extend.u32 v3
        return v4
      }`,
      `function bump(v0: ptr, v1: i64) {
      b0:
        v2: i64 = const 9
        v3: i64 = atomic.compare-exchange.u64 [v0 + 0], v2, v1
        branch.eq v3, v1 ? b1 : b2
      b1:
        v4: i64 = const 30
        v5: i64 = atomic.add.u64 [v0 + 0], v4
        jump b2
      b2:
        return
      }`,
    ],
    // The second call finds 39, not 5.
    verdict: 39,
  },
  {
    name: "kernel functions, and fields of kernel types where the kernel has them",
    types: (btf) => {
      const int = btf.int("int", 4, { signed: true });
      // As no kernel has it: pid at 0.
      btf.struct("task_struct", 16, [
        { name: "pid", type: int, bitOffset: 0 },
        { name: "tgid", type: int, bitOffset: 32 },
        { name: "never_was", type: int, bitOffset: 64 },
      ]);
      btf.enum("bpf_map_type", 4, [{ name: "BPF_MAP_TYPE_HASH", value: 77 }]);
    },
    kfuncs: ["bpf_rcu_read_lock", "bpf_rcu_read_unlock"],
    functions: [
      `function main(v0: ptr) -> i32 {
      b0:
        call bpf_rcu_read_lock#kfunc()
        call bpf_rcu_read_unlock#kfunc()
        v1: i64 = core-value.field_exists 1 core 2 0:0
        v2: i32 = core-value.field_exists 1 core 2 0:2
        v3: i64 = core-value.enumval_value 77 core 3 0
        v4: i64 = core-value.field_byte_size 4 core 2 0:1
        v5: i64 = extend.u32 v2
        v6: i64 = const 100
        v7: i64 = mul v1, v6
        v8: i64 = add v7, v3
        v9: i64 = mul v4, v6
        v10: i64 = mul v9, v6
        v11: i64 = add v10, v8
        v12: i64 = add v11, v5
        v13: i32 = extend.u32 v12
        return v13
      }`,
    ],
    verdict: 40_000 + 100 + 1,
  },
  {
    name: "a variable of the kernel",
    ksyms: ["bpf_prog_active"],
    functions: [
      `function main(v0: ptr) -> i32 {
      b0:
        v1: ptr = ksym bpf_prog_active
        v2: ptr = call bpf_this_cpu_ptr#154(v1)
        v3: i32 = load.u32 [v2 + 0]
        v4: i32 = sub v3, v3
        return v4
      }`,
    ],
    verdict: 0,
  },
];

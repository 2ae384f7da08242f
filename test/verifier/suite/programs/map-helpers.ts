/** Helpers of maps: keys, values, the kinds of maps that each takes, and constant keys whose values are never null. */

import { Rules } from "../case.ts";

const KEY = "r1 = 0; *(u32 *)(r10 -4) = r1; r2 = r10; r2 += -4;";
const KEY8 = "r1 = 0; *(u64 *)(r10 -8) = r1; r2 = r10; r2 += -8;";

export const mapHelpers = new Rules("core");

mapHelpers
  .rule(
    "keys that are constants",
    {
      checked: `${KEY} r1 = map array8; call bpf_map_lookup_elem; if r0 == 0 goto e; r1 = *(u64 *)(r0 +0); e: r0 = 0; exit`,
      "not checked (6.15)": `${KEY} r1 = map array8; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0); r0 = 0; exit`,
      "of a per-CPU array (6.15)": `${KEY} r1 = map percpu_array; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0); r0 = 0; exit`,
      "a lock in it (6.15)": `${KEY} r1 = map lock; call bpf_map_lookup_elem; r6 = r0; r1 = r6; r1 += 4; call bpf_spin_lock; r1 = r6; r1 += 4; call bpf_spin_unlock; r0 = 0; exit`,
    },
    {
      "one too large": `r1 = 1; *(u32 *)(r10 -4) = r1; r2 = r10; r2 += -4; r1 = map array8; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0); r0 = 0; exit`,
      "the largest, spilled": `r1 = 3; *(u64 *)(r10 -8) = r1; r2 = r10; r2 += -8; r1 = map array64; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0); r0 = 0; exit`,
      "the largest, by an immediate": `*(u32 *)(r10 -8) = 3; r2 = r10; r2 += -8; r1 = map array64; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0); r0 = 0; exit`,
      "of a hash": `${KEY8} r1 = map hash8; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0); r0 = 0; exit`,
      "counted in a loop": `r6 = 0; l: *(u32 *)(r10 -8) = r6; r2 = r10; r2 += -8; r1 = map array64; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0); r6 += 1; if r6 < 4 goto l; r0 = 0; exit`,
    },
    { type: "xdp" },
  )
  .rule(
    "keys and values for helpers",
    {
      "key not written": `r2 = r10; r2 += -4; r1 = map array8; call bpf_map_lookup_elem; r0 = 0; exit`,
      "a value as key": `${KEY} r1 = map array8; call bpf_map_lookup_elem; if r0 == 0 goto e; r2 = r0; r1 = map array8; call bpf_map_lookup_elem; e: r0 = 0; exit`,
      "a checked packet as key": `r2 = *(u32 *)(r1 +0); r3 = *(u32 *)(r1 +4); r4 = r2; r4 += 8; if r4 > r3 goto e; r1 = map array8; call bpf_map_lookup_elem; e: r0 = 0; exit`,
      updated: `${KEY} r3 = r10; r3 += -16; r1 = 7; *(u64 *)(r3 +0) = r1; r4 = 0; r1 = map array8; call bpf_map_update_elem; r0 = 0; exit`,
      "updated with what was not written": `${KEY} r3 = r10; r3 += -16; r4 = 0; r1 = map array8; call bpf_map_update_elem; r0 = 0; exit`,
      deleted: `${KEY8} r1 = map hash8; call bpf_map_delete_elem; r0 = 0; exit`,
    },
    {
      "key too short": `r1 = 0; *(u32 *)(r10 -4) = r1; r2 = r10; r2 += -4; r1 = map hash8; call bpf_map_lookup_elem; r0 = 0; exit`,
      "key half on the stack": `r2 = r10; r2 += -2; r1 = map array8; call bpf_map_lookup_elem; r0 = 0; exit`,
      "a value that may be null as key": `${KEY8} r1 = map hash8; call bpf_map_lookup_elem; r2 = r0; r1 = map hash8; call bpf_map_lookup_elem; r0 = 0; exit`,
      "the context as key": `r2 = r1; r1 = map array8; call bpf_map_lookup_elem; r0 = 0; exit`,
      "an unchecked packet as key": `r2 = *(u32 *)(r1 +0); r1 = map array8; call bpf_map_lookup_elem; r0 = 0; exit`,
      "updated with null": `${KEY} r3 = 0; r4 = 0; r1 = map array8; call bpf_map_update_elem; r0 = 0; exit`,
      "updated without flags": `${KEY} r3 = r10; r3 += -4; r1 = map array4; call bpf_map_update_elem; r0 = 0; exit`,
      "updated with a value too short": `${KEY} r3 = r2; r4 = 0; r1 = map readonly; call bpf_map_update_elem; r0 = 0; exit`,
      "a write-only value read": `${KEY} r1 = map writeonly; call bpf_map_lookup_elem; if r0 == 0 goto e; r1 = *(u64 *)(r0 +0); e: r0 = 0; exit`,
      "deleted by a key too short": `${KEY} r1 = map hash8; r2 = r10; r2 += -4; call bpf_map_delete_elem; r0 = 0; exit`,
    },
    { type: "xdp" },
  )
  .rule(
    "queues and filters",
    {
      pushed: `${KEY8} r1 = map queue; r3 = 0; call bpf_map_push_elem; r0 = 0; exit`,
      popped: `r2 = r10; r2 += -8; r1 = map queue; call bpf_map_pop_elem; r1 = *(u64 *)(r10 -8); r0 = 0; exit`,
      "a filter asked for what was not written": `r2 = r10; r2 += -8; r1 = map bloom; call bpf_map_peek_elem; r0 = 0; exit`,
      "a filter asked": `${KEY8} r1 = map bloom; call bpf_map_peek_elem; r0 = 0; exit`,
    },
    {
      "popped to too little memory": `r2 = r10; r2 += -4; r1 = map queue; call bpf_map_pop_elem; r0 = 0; exit`,
      "a filter popped": `${KEY8} r1 = map bloom; call bpf_map_pop_elem; r0 = 0; exit`,
      "a queue looked up": `${KEY8} r1 = map queue; call bpf_map_lookup_elem; r0 = 0; exit`,
      "programs looked up": `${KEY} r1 = map programs; call bpf_map_lookup_elem; r0 = 0; exit`,
    },
    { type: "xdp" },
  )
  .rule(
    "maps in maps",
    {
      "looked up twice": `${KEY} r1 = map outer; call bpf_map_lookup_elem; if r0 == 0 goto e; r1 = r0; r2 = r10; r2 += -4; call bpf_map_lookup_elem; e: r0 = 0; exit`,
      "the inner map read": `${KEY} r1 = map outer; call bpf_map_lookup_elem; if r0 == 0 goto e; r1 = *(u64 *)(r0 +0); e: r0 = 0; exit`,
    },
    {
      "not checked": `${KEY} r1 = map outer_hash; *(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; call bpf_map_lookup_elem; r1 = r0; r2 = r10; r2 += -8; call bpf_map_lookup_elem; r0 = 0; exit`,
      "not checked, constant key": `${KEY} r1 = map outer; call bpf_map_lookup_elem; r1 = r0; r2 = r10; r2 += -4; call bpf_map_lookup_elem; r0 = 0; exit`,
      "null for a map": `${KEY} r1 = 0; call bpf_map_lookup_elem; r0 = 0; exit`,
      "a moved map": `${KEY} r1 = map array8; r1 += 8; call bpf_map_lookup_elem; r0 = 0; exit`,
    },
    { type: "xdp" },
  )
  .rule(
    "one call, two maps",
    {
      "each entry of both": `r6 = *(u32 *)(r1 +16); r1 = map hash8; if r6 == 0 goto a; r1 = map array8; a: r2 = func cb; r3 = 0; r4 = 0; call bpf_for_each_map_elem; r0 = 0; exit; cb: r0 = *(u64 *)(r3 +0); r0 = 0; exit`,
      "looked up in both": `r6 = *(u32 *)(r1 +16); *(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map hash8; if r6 == 0 goto a; r1 = map array8; a: call bpf_map_lookup_elem; if r0 == 0 goto e; r0 = *(u64 *)(r0 +0); e: r0 = 0; exit`,
      "tail calls by two numbers": `r6 = *(u32 *)(r1 +16); r3 = 0; if r6 == 0 goto a; r3 = 1; a: r2 = map programs; call bpf_tail_call; r0 = 0; exit`,
    },
    {},
    { type: "xdp" },
  );

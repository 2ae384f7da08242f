/** Spin locks: what may be done while one is held, and where it must be given back. */

import { Rules } from "../case.ts";

/** As `look`, keys of 8 bytes. */
const look8 = (map: string) =>
  `*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map ${map}; call bpf_map_lookup_elem; if r0 == 0 goto e;`;
/** r6 is the context, r7 a value with a lock at 4. */
const lockable = (map = "lock_hash") => `r6 = r1; ${look8(map)} r7 = r0;`;
const LOCK = "r1 = r7; r1 += 4; call bpf_spin_lock;";
const UNLOCK = "r1 = r7; r1 += 4; call bpf_spin_unlock;";

export const heldLocks = new Rules("locks");

heldLocks
  .rule(
    "held locks",
    {
      "one store": `${lockable()} ${LOCK} *(u32 *)(r7 +0) = 1; ${UNLOCK} e: r0 = 0; exit`,
      "a function is called": `${lockable()} ${LOCK} call sub; ${UNLOCK} e: r0 = 0; exit; sub: r0 = 0; exit`,
      "taken by a function": `${lockable()} r1 = r7; r1 += 4; call sub; ${UNLOCK} e: r0 = 0; exit; sub: call bpf_spin_lock; r0 = 0; exit`,
      "given back by a spilled pointer": `${lockable()} *(u64 *)(r10 -16) = r7; ${LOCK} r1 = *(u64 *)(r10 -16); r1 += 4; call bpf_spin_unlock; e: r0 = 0; exit`,
      "inside a callback": `r1 = 5; r2 = func cb; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; cb: *(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map lock_hash; call bpf_map_lookup_elem; if r0 == 0 goto f; r1 = r0; r1 += 4; r6 = r1; call bpf_spin_lock; r1 = r6; call bpf_spin_unlock; f: r0 = 0; exit`,
    },
    {
      "not given back": `${lockable()} ${LOCK} *(u32 *)(r7 +0) = 1; e: r0 = 0; exit`,
      "given back, not taken": `${lockable()} ${UNLOCK} e: r0 = 0; exit`,
      "taken twice": `${lockable()} ${LOCK} ${LOCK} ${UNLOCK} e: r0 = 0; exit`,
      "a helper is called": `${lockable()} ${LOCK} call bpf_ktime_get_ns; ${UNLOCK} e: r0 = 0; exit`,
      "taken on one of two paths": `${lockable()} if r6 != 0 goto x; ${LOCK} x: ${UNLOCK} e: r0 = 0; exit`,
      "given back on one of two paths": `${lockable()} ${LOCK} r1 = *(u32 *)(r6 +0); if r1 == 0 goto e; ${UNLOCK} e: r0 = 0; exit`,
      "of another value given back": `${lockable()} *(u64 *)(r10 -8) = 1; r2 = r10; r2 += -8; r1 = map lock_hash; call bpf_map_lookup_elem; if r0 == 0 goto e; r8 = r0; ${LOCK} r1 = r8; r1 += 4; call bpf_spin_unlock; e: r0 = 0; exit`,
      "of another map given back": `${lockable("lock")} *(u32 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map lock2; call bpf_map_lookup_elem; if r0 == 0 goto e; r8 = r0; ${LOCK} r1 = r8; r1 += 4; call bpf_spin_unlock; e: r0 = 0; exit`,
      "beside it": `${lockable()} r1 = r7; r1 += 8; call bpf_spin_lock; ${UNLOCK} e: r0 = 0; exit`,
      "at the value's start": `${lockable()} r1 = r7; call bpf_spin_lock; ${UNLOCK} e: r0 = 0; exit`,
      "at a variable offset": `${lockable()} r1 = r7; r2 = *(u32 *)(r6 +0); r2 &= 4; r1 += r2; call bpf_spin_lock; ${UNLOCK} e: r0 = 0; exit`,
      "of a value without types": `${lockable("hash16")} ${LOCK} ${UNLOCK} e: r0 = 0; exit`,
      "of a value with a timer": `${lockable("timer_hash")} ${LOCK} ${UNLOCK} e: r0 = 0; exit`,
      read: `${lockable()} r1 = *(u32 *)(r7 +4); e: r0 = 0; exit`,
      written: `${lockable()} *(u64 *)(r7 +0) = 0; e: r0 = 0; exit`,
      "a tail call": `${lockable()} ${LOCK} r1 = r6; r2 = map programs; r3 = 0; call bpf_tail_call; ${UNLOCK} e: r0 = 0; exit`,
      "a packet load": `${lockable()} ${LOCK} r0 = *(u8 *)skb[0]; ${UNLOCK} e: r0 = 0; exit`,
      "kept by a callback": `r1 = 5; r2 = func cb; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; cb: *(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map lock_hash; call bpf_map_lookup_elem; if r0 == 0 goto f; r1 = r0; r1 += 4; r6 = r1; call bpf_spin_lock; f: r0 = 0; exit`,
      "on the stack": `r1 = r10; r1 += -8; call bpf_spin_lock; r0 = 0; exit`,
      "of a value that may be null": `*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map lock_hash; call bpf_map_lookup_elem; r1 = r0; call bpf_spin_lock; r0 = 0; exit`,
    },
    { type: "sched_cls" },
  )
  .rule(
    "held locks",
    {},
    {
      "in a filter": `${lockable()} ${LOCK} ${UNLOCK} e: r0 = 0; exit`,
    },
    { type: "socket_filter" },
  )
  .rule(
    "held locks",
    {},
    {
      "in a kprobe": `${lockable()} ${LOCK} ${UNLOCK} e: r0 = 0; exit`,
    },
    { type: "kprobe" },
  );

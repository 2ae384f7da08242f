/** Callbacks of maps, user ring buffers, memory areas and timers. */

import { Rules } from "../case.ts";

/** r0 is the first value of a map whose keys have 4 bytes; nothing is left to do at `e` when there is none. */
const look = (map: string) =>
  `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map ${map}; call bpf_map_lookup_elem; if r0 == 0 goto e;`;
/** As `look`, keys of 8 bytes. */
const look8 = (map: string) =>
  `*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map ${map}; call bpf_map_lookup_elem; if r0 == 0 goto e;`;
/** r7 is a value with a timer at 8, r1 that timer. */
const timer = (map = "timer_hash") => `${look8(map)} r7 = r0; r1 = r7; r1 += 8;`;

export const eachAndTimers = new Rules("callbacks");

eachAndTimers
  .rule(
    "each entry",
    {
      ordinary: `r1 = map array8; r2 = func cb; r3 = 0; r4 = 0; call bpf_for_each_map_elem; r0 = 0; exit; cb: r0 = *(u32 *)(r2 +0); r0 = *(u64 *)(r3 +0); r0 = 0; exit`,
      "looks up by its own key": `r1 = map hash8; r2 = func cb; r3 = 0; r4 = 0; call bpf_for_each_map_elem; r0 = 0; exit; cb: call bpf_map_lookup_elem; r0 = 0; exit`,
      "deletes by its own key": `r1 = map hash8; r2 = func cb; r3 = 0; r4 = 0; call bpf_for_each_map_elem; r0 = 0; exit; cb: call bpf_map_delete_elem; r0 = 0; exit`,
      "writes its context": `*(u64 *)(r10 -8) = 0; r1 = map hash8; r2 = func cb; r3 = r10; r3 += -8; r4 = 0; call bpf_for_each_map_elem; r0 = 0; exit; cb: *(u64 *)(r4 +0) = 5; r0 = 0; exit`,
      "the count is returned": `r1 = map hash8; r2 = func cb; r3 = 0; r4 = 0; call bpf_for_each_map_elem; exit; cb: r0 = 0; exit`,
      "of an LRU": `r1 = map lru; r2 = func cb; r3 = 0; r4 = 0; call bpf_for_each_map_elem; r0 = 0; exit; cb: r0 = 0; exit`,
      "per CPU, written": `r1 = map percpu_array; r2 = func cb; r3 = 0; r4 = 0; call bpf_for_each_map_elem; r0 = 0; exit; cb: *(u64 *)(r3 +0) = 5; r0 = 0; exit`,
      "of another map inside": `r1 = map hash8; r2 = func cb; r3 = 0; r4 = 0; call bpf_for_each_map_elem; r0 = 0; exit; cb: r1 = map array8; r2 = func cb2; r3 = 0; r4 = 0; call bpf_for_each_map_elem; r0 = 0; exit; cb2: r0 = 0; exit`,
    },
    {
      "writes the key": `r1 = map array8; r2 = func cb; r3 = 0; r4 = 0; call bpf_for_each_map_elem; r0 = 0; exit; cb: *(u32 *)(r2 +0) = 0; r0 = 0; exit`,
      "reads beyond the key": `r1 = map array8; r2 = func cb; r3 = 0; r4 = 0; call bpf_for_each_map_elem; r0 = 0; exit; cb: r0 = *(u32 *)(r2 +4); r0 = 0; exit`,
      "reads a fifth argument": `r1 = map hash8; r2 = func cb; r3 = 0; r4 = 0; call bpf_for_each_map_elem; r0 = 0; exit; cb: r0 = r5; r0 = 0; exit`,
      "returns 3": `r1 = map percpu_array; r2 = func cb; r3 = 0; r4 = 0; call bpf_for_each_map_elem; r0 = 0; exit; cb: r0 = 3; exit`,
      "writes a read-only value": `r1 = map readonly; r2 = func cb; r3 = 0; r4 = 0; call bpf_for_each_map_elem; r0 = 0; exit; cb: *(u64 *)(r3 +0) = 5; r0 = 0; exit`,
    },
    { type: "xdp" },
  )
  .rule(
    "records of users",
    {
      "not looked at": `r1 = map user_ringbuf; r2 = func cb; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; cb: r0 = 0; exit`,
      read: `r1 = map user_ringbuf; r2 = func cb; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; cb: r3 = r1; r1 = r10; r1 += -8; r2 = 8; r4 = 0; r5 = 0; call bpf_dynptr_read; r0 = 0; exit`,
      "a slice": `r1 = map user_ringbuf; r2 = func cb; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; cb: r2 = 0; r3 = 8; call bpf_dynptr_data; if r0 == 0 goto f; r0 = *(u64 *)(r0 +0); f: r0 = 0; exit`,
    },
    {
      "a slice, not checked": `r1 = map user_ringbuf; r2 = func cb; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; cb: r2 = 0; r3 = 8; call bpf_dynptr_data; r0 = *(u64 *)(r0 +0); f: r0 = 0; exit`,
      discarded: `r1 = map user_ringbuf; r2 = func cb; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; cb: r2 = 0; call bpf_ringbuf_discard_dynptr; r0 = 0; exit`,
      "read as a pointer": `r1 = map user_ringbuf; r2 = func cb; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; cb: r0 = *(u64 *)(r1 +0); r0 = 0; exit`,
      moved: `r1 = map user_ringbuf; r2 = func cb; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; cb: r1 += 8; r2 = 0; r3 = 8; call bpf_dynptr_data; r0 = 0; exit`,
      "reserved over": `r1 = map user_ringbuf; r2 = func cb; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; cb: r4 = r1; r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve_dynptr; r0 = 0; exit`,
      "of another kind of ring": `r1 = map ringbuf; r2 = func cb; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; cb: r0 = 0; exit`,
    },
    { type: "kprobe" },
  )
  .rule(
    "areas of memory",
    {
      read: `call bpf_get_current_task_btf; r1 = r0; r2 = 0; r3 = func cb; r4 = 0; r5 = 0; call bpf_find_vma; r0 = 0; exit; cb: r0 = *(u64 *)(r2 +0); r0 = 0; exit`,
    },
    {
      written: `call bpf_get_current_task_btf; r1 = r0; r2 = 0; r3 = func cb; r4 = 0; r5 = 0; call bpf_find_vma; r0 = 0; exit; cb: *(u64 *)(r2 +0) = 0; r0 = 0; exit`,
      "of no task": `r1 = 0; r2 = 0; r3 = func cb; r4 = 0; r5 = 0; call bpf_find_vma; r0 = 0; exit; cb: r0 = 0; exit`,
    },
    { type: "raw_tracepoint" },
  )
  .rule(
    "timers of values",
    {
      initialised: `${timer()} r2 = map timer_hash; r3 = 1; call bpf_timer_init; e: r0 = 0; exit`,
      "with a callback": `${timer()} r2 = func cb; call bpf_timer_set_callback; e: r0 = 0; exit; cb: r0 = 0; exit`,
      "the callback starts it again": `${timer()} r2 = func cb; call bpf_timer_set_callback; e: r0 = 0; exit; cb: r0 = *(u32 *)(r2 +0); r0 = *(u64 *)(r3 +0); r1 = r3; r1 += 8; r2 = 5; r3 = 0; call bpf_timer_start; r0 = 0; exit`,
      "the callback sets itself": `${timer()} r2 = func cb; call bpf_timer_set_callback; e: r0 = 0; exit; cb: r1 = r3; r1 += 8; r2 = func cb; call bpf_timer_set_callback; r0 = 0; exit`,
      "the callback looks up its own key": `${timer()} r2 = func cb; call bpf_timer_set_callback; e: r0 = 0; exit; cb: call bpf_map_lookup_elem; r0 = 0; exit`,
      started: `${timer()} r2 = 5; r3 = 0; call bpf_timer_start; e: r0 = 0; exit`,
      cancelled: `${timer()} call bpf_timer_cancel; e: r0 = 0; exit`,
    },
    {
      "with another map": `${timer()} r2 = map timer; r3 = 1; call bpf_timer_init; e: r0 = 0; exit`,
      "beside it": `${timer()} r1 += 8; r2 = map timer_hash; r3 = 1; call bpf_timer_init; e: r0 = 0; exit`,
      "of a value with a lock": `${timer("lock_hash")} r2 = map lock_hash; r3 = 1; call bpf_timer_init; e: r0 = 0; exit`,
      "of a value without types": `${timer("hash48")} r2 = map hash48; r3 = 1; call bpf_timer_init; e: r0 = 0; exit`,
      "the callback returns 1": `${timer()} r2 = func cb; call bpf_timer_set_callback; e: r0 = 0; exit; cb: r0 = 1; exit`,
      "the callback has no fourth argument": `${timer()} r2 = func cb; call bpf_timer_set_callback; e: r0 = 0; exit; cb: r0 = r4; r0 = 0; exit`,
      "the callback reads beyond the value": `${timer()} r2 = func cb; call bpf_timer_set_callback; e: r0 = 0; exit; cb: r0 = *(u64 *)(r3 +64); r0 = 0; exit`,
      "the callback leaks a record": `${timer()} r2 = func cb; call bpf_timer_set_callback; e: r0 = 0; exit; cb: r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; r0 = 0; exit`,
      read: `${timer()} r0 = *(u64 *)(r7 +8); e: r0 = 0; exit`,
    },
    { type: "sched_cls" },
  )
  .rule(
    "timers of values",
    {},
    {
      "in a kprobe": `${timer()} r2 = 5; r3 = 0; call bpf_timer_start; e: r0 = 0; exit`,
    },
    { type: "kprobe" },
  )
  .rule(
    "timers of values",
    {},
    {
      "in a tracepoint": `${timer()} r2 = 5; r3 = 0; call bpf_timer_start; e: r0 = 0; exit`,
    },
    { type: "tracepoint" },
  )
  .rule(
    "callbacks that sleep",
    {
      "of bpf_loop": `r1 = 3; r2 = func cb; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; cb: r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user; r0 = 0; exit`,
    },
    {
      "of a timer": `${look("timer")} r1 = r0; r1 += 8; r2 = func cb; call bpf_timer_set_callback; e: r0 = 0; exit; cb: r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user; r0 = 0; exit`,
    },
    { type: "syscall", flags: 16 },
  );

/** Functions that helpers call: loops, maps, timers, work queues. */

import { Rules } from "../case.ts";
import { lookup, OUT, value } from "./text.ts";

export const callbacks = new Rules("callbacks", { type: "sched_cls" });

const RETURN = "; r0 = 0; exit";
const LOOP = (count: string, context = "r3 = 0") => `r1 = ${count}; r2 = func each; ${context}; r4 = 0; call bpf_loop`;
const EACH = (map: string) => `r1 = map ${map}; r2 = func each; r3 = 0; r4 = 0; call bpf_for_each_map_elem`;
const STACK = "r3 = r10; r3 += -8";

callbacks
  .rule(
    "bpf_loop",
    {
      "does nothing": `${LOOP("10")}${RETURN}; each: r0 = 0; exit`,
      "stops early": `${LOOP("10")}${RETURN}; each: r0 = 1; exit`,
      "unknown count": `r1 = *(u32 *)(r1 +0); r2 = func each; r3 = 0; r4 = 0; call bpf_loop${RETURN}; each: r0 = 0; exit`,
      "counts on the caller's stack": `*(u64 *)(r10 -8) = 0; ${LOOP("10", STACK)}${RETURN}; each: r1 = *(u64 *)(r2 +0); r1 += 1; *(u64 *)(r2 +0) = r1; r0 = 0; exit`,
      "reads the index": `${LOOP("10")}${RETURN}; each: r0 = r1; r0 &= 1; exit`,
      "r6 survives": `r6 = r1; ${LOOP("10")}; r0 = *(u32 *)(r6 +0); exit; each: r6 = 0; r0 = 0; exit`,
      nested: `${LOOP("3")}${RETURN}; each: r1 = 3; r2 = func inner; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; inner: r0 = 0; exit`,
      "no rounds": `${LOOP("0")}${RETURN}; each: r0 = 0; exit`,
      "a million rounds": `${LOOP("1000000")}${RETURN}; each: r0 = 0; exit`,
      "returns how many": `r6 = r1; ${LOOP("10")}; if r0 > 10 goto a; exit; a: r0 = 0; exit; each: r0 = 0; exit`,
      "a helper inside": `${LOOP("10")}${RETURN}; each: call bpf_ktime_get_ns; r0 = 0; exit`,
      "not walked but refused": `${LOOP("0")}${RETURN}; each: r0 = *(u64 *)(r9 +0); exit`,
    },
    {
      "returns 2": `${LOOP("10")}${RETURN}; each: r0 = 2; exit`,
      "returns something": `${LOOP("10")}${RETURN}; each: call bpf_get_prandom_u32; exit`,
      "returns a pointer": `${LOOP("10")}${RETURN}; each: r0 = r10; exit`,
      "returns nothing": `${LOOP("10")}${RETURN}; each: exit`,
      "the index as an offset": `${LOOP("10")}${RETURN}; each: r3 = value array64; r3 += r1; r0 = *(u8 *)(r3 +0); r0 = 0; exit`,
      "the context is null": `${LOOP("10")}${RETURN}; each: r1 = *(u64 *)(r2 +0); r0 = 0; exit`,
      "beyond the caller's stack": `*(u64 *)(r10 -8) = 0; ${LOOP("10", STACK)}${RETURN}; each: r1 = *(u64 *)(r2 +8); r0 = 0; exit`,
      flags: `r1 = 10; r2 = func each; r3 = 0; r4 = 1; call bpf_loop; r0 = r9; exit; each: r0 = 0; exit`,
      "a number for a function": `r1 = 10; r2 = 0; r3 = 0; r4 = 0; call bpf_loop${RETURN}`,
      "the stack for a function": `r1 = 10; r2 = r10; r3 = 0; r4 = 0; call bpf_loop${RETURN}`,
      "main for a function": `main2: r1 = 10; r2 = func main2; r3 = 0; r4 = 0; call bpf_loop${RETURN}`,
      "r3 inside": `${LOOP("10")}${RETURN}; each: r0 = r3; exit`,
      "a reference taken inside": `${LOOP("10")}${RETURN}; each: r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; r0 = 0; exit`,
      "the caller's reference given back inside": `r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto out; *(u64 *)(r10 -8) = r0; ${LOOP("10", STACK)}; out: r0 = 0; exit; each: r1 = *(u64 *)(r2 +0); r2 = 0; call bpf_ringbuf_submit; r0 = 0; exit`,
      "written on the stack in a round": `r6 = 0; *(u64 *)(r10 -8) = r6; ${LOOP("10", STACK)}; r1 = *(u64 *)(r10 -8); r3 = value array64; r3 += r1; r0 = *(u8 *)(r3 +0)${RETURN}; each: r1 = *(u64 *)(r2 +0); r1 += 10; *(u64 *)(r2 +0) = r1; r0 = 0; exit`,

      "packet load inside": `${LOOP("10")}${RETURN}; each: r6 = r1; r0 = *(u8 *)skb[0]; r0 = 0; exit`,
      "tail call inside": `${LOOP("10")}${RETURN}; each: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
      "endless inside": `${LOOP("10")}${RETURN}; each: goto each`,
      "itself inside": `${LOOP("10")}${RETURN}; each: r1 = 3; r2 = func each; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit`,
    },
  )
  .rule(
    "for each entry",
    {
      "of an array": `${EACH("array48")}${RETURN}; each: r0 = *(u64 *)(r3 +0); r0 = 0; exit`,
      "of a hash": `${EACH("hash48")}${RETURN}; each: r0 = *(u64 *)(r2 +0); r0 = 0; exit`,
      "value written": `${EACH("hash48")}${RETURN}; each: *(u64 *)(r3 +40) = 1; r0 = 0; exit`,
      stops: `${EACH("hash48")}${RETURN}; each: r0 = 1; exit`,
      "of a per-CPU array": `${EACH("percpu_array")}${RETURN}; each: r0 = *(u64 *)(r3 +0); r0 = 0; exit`,
      "the key looked up": `${EACH("hash8")}${RETURN}; each: call bpf_map_lookup_elem; r0 = 0; exit`,
      "the map in a register": `${EACH("hash8")}${RETURN}; each: call bpf_map_delete_elem; r0 = 0; exit`,
      "the caller's stack": `*(u64 *)(r10 -8) = 0; r1 = map hash8; r2 = func each; ${STACK}; r4 = 0; call bpf_for_each_map_elem${RETURN}; each: *(u64 *)(r4 +0) = 1; r0 = 0; exit`,
    },
    {
      "key written": `${EACH("hash8")}${RETURN}; each: *(u64 *)(r2 +0) = 1; r0 = 0; exit`,
      "beyond the key": `${EACH("hash8")}${RETURN}; each: r0 = *(u64 *)(r2 +8); r0 = 0; exit`,
      "before the key": `${EACH("hash8")}${RETURN}; each: r0 = *(u8 *)(r2 -1); r0 = 0; exit`,
      "beyond the value": `${EACH("hash48")}${RETURN}; each: r0 = *(u64 *)(r3 +48); r0 = 0; exit`,
      "returns 2": `${EACH("hash48")}${RETURN}; each: r0 = 2; exit`,
      "of a ring buffer": `${EACH("ringbuf")}${RETURN}; each: r0 = 0; exit`,
      "of a queue": `${EACH("queue")}${RETURN}; each: r0 = 0; exit`,
      "the context is null": `${EACH("hash48")}${RETURN}; each: r0 = *(u64 *)(r4 +0); r0 = 0; exit`,
      "r5 inside": `${EACH("hash48")}${RETURN}; each: r0 = r5; exit`,
      "a helper that writes the key": `${EACH("hash8")}${RETURN}; each: r1 = r2; r2 = 8; r3 = 0; call bpf_probe_read_kernel; r0 = 0; exit`,
      "a map in a map of maps": `${value("outer")}r1 = r0; r2 = func each; r3 = 0; r4 = 0; call bpf_for_each_map_elem${OUT}; each: r0 = *(u64 *)(r3 +48); r0 = 0; exit`,
    },
  )
  .rule(
    "timers",
    {
      initialised: `${value("timer")}r1 = r0; r1 += 8; r2 = map timer; r3 = 1; call bpf_timer_init${OUT}`,
      started: `${value("timer")}r6 = r0; r1 = r6; r1 += 8; r2 = 1000; r3 = 0; call bpf_timer_start; r1 = r6; r1 += 8; call bpf_timer_cancel${OUT}`,
      "with a function": `${value("timer")}r1 = r0; r1 += 8; r2 = func fired; call bpf_timer_set_callback${OUT}; fired: r0 = 0; exit`,
      "function reads its value": `${value("timer")}r1 = r0; r1 += 8; r2 = func fired; call bpf_timer_set_callback${OUT}; fired: r0 = *(u64 *)(r3 +0); r0 = 0; exit`,
      "function starts it again": `${value("timer")}r1 = r0; r1 += 8; r2 = func fired; call bpf_timer_set_callback${OUT}; fired: r1 = r3; r1 += 8; r2 = 1000; r3 = 0; call bpf_timer_start; r0 = 0; exit`,
    },
    {
      "of another map": `${value("timer")}r1 = r0; r1 += 8; r2 = map timer_hash; r3 = 1; call bpf_timer_init${OUT}`,
      "the wrong place": `${value("timer")}r1 = r0; r2 = map timer; r3 = 1; call bpf_timer_init${OUT}`,
      "a value without a timer": `${value("array48")}r1 = r0; r1 += 8; r2 = map array48; r3 = 1; call bpf_timer_init${OUT}`,
      "on the stack": `r1 = r10; r1 += -16; r2 = map timer; r3 = 1; call bpf_timer_init; r0 = 0; exit`,
      "a variable place": `r7 = r1; ${value("timer")}r6 = r0; r1 = *(u32 *)(r7 +0); r1 &= 8; r1 += r6; r2 = map timer; r3 = 1; call bpf_timer_init${OUT}`,
      "function returns 1": `${value("timer")}r1 = r0; r1 += 8; r2 = func fired; call bpf_timer_set_callback${OUT}; fired: r0 = 1; exit`,
      "function reads beyond": `${value("timer")}r1 = r0; r1 += 8; r2 = func fired; call bpf_timer_set_callback${OUT}; fired: r0 = *(u64 *)(r3 +64); r0 = 0; exit`,
      "function uses the fourth argument": `${value("timer")}r1 = r0; r1 += 8; r2 = func fired; call bpf_timer_set_callback${OUT}; fired: r0 = r4; exit`,
      "the timer itself read": `${value("timer")}r1 = *(u64 *)(r0 +8)${OUT}`,
      "the timer itself written": `${value("timer")}*(u64 *)(r0 +16) = 0${OUT}`,
      "maybe null": `${lookup("timer")}r1 = r0; r2 = map timer; r3 = 1; call bpf_timer_init; r0 = 0; exit`,
      "main as function": `a: ${value("timer")}r1 = r0; r1 += 8; r2 = func a; call bpf_timer_set_callback${OUT}`,
    },
  )
  .rule(
    "work queues",
    {
      initialised: `${value("work")}r1 = r0; r1 += 8; r2 = map work; r3 = 0; call kfunc bpf_wq_init${OUT}`,
      "with a function": `${value("work")}r1 = r0; r1 += 8; r2 = func done; r3 = 0; r4 = 0; call kfunc bpf_wq_set_callback_impl${OUT}; done: r0 = 0; exit`,
      started: `${value("work")}r1 = r0; r1 += 8; r2 = 0; call kfunc bpf_wq_start${OUT}`,
      "function sleeps": `${value("work")}r1 = r0; r1 += 8; r2 = func done; r3 = 0; r4 = 0; call kfunc bpf_wq_set_callback_impl${OUT}; done: r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user; r0 = 0; exit`,
      "of another map": `${value("work")}r1 = r0; r1 += 8; r2 = map timer; r3 = 0; call kfunc bpf_wq_init${OUT}`,
    },
    {
      "the wrong place": `${value("work")}r1 = r0; r2 = map work; r3 = 0; call kfunc bpf_wq_init${OUT}`,

      "a value without one": `${value("array48")}r1 = r0; r1 += 8; r2 = map array48; r3 = 0; call kfunc bpf_wq_init${OUT}`,
      "function returns 1": `${value("work")}r1 = r0; r1 += 8; r2 = func done; r3 = 0; r4 = 0; call kfunc bpf_wq_set_callback_impl${OUT}; done: r0 = 1; exit`,
      read: `${value("work")}r1 = *(u64 *)(r0 +8)${OUT}`,
      "function reads beyond": `${value("work")}r1 = r0; r1 += 8; r2 = func done; r3 = 0; r4 = 0; call kfunc bpf_wq_set_callback_impl${OUT}; done: r0 = *(u64 *)(r1 +64); r0 = 0; exit`,
    },
  )
  .rule(
    "user ring buffers",
    {
      drained:
        "r1 = map user_ringbuf; r2 = func each; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; each: r0 = 0; exit",
      "sample read":
        "r1 = map user_ringbuf; r2 = func each; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; each: r3 = r1; r1 = r10; r1 += -8; r2 = 8; r4 = 0; r5 = 0; call bpf_dynptr_read; r0 = 0; exit",
      "sample data":
        "r1 = map user_ringbuf; r2 = func each; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; each: r2 = 0; r3 = 8; call bpf_dynptr_data; if r0 == 0 goto a; r1 = *(u64 *)(r0 +0); a: r0 = 0; exit",
      "the dynptr moved":
        "r1 = map user_ringbuf; r2 = func each; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; each: r1 += 8; r0 = 0; exit",
    },
    {
      "returns 2":
        "r1 = map user_ringbuf; r2 = func each; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; each: r0 = 2; exit",
      "the dynptr read directly":
        "r1 = map user_ringbuf; r2 = func each; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; each: r0 = *(u64 *)(r1 +0); r0 = 0; exit",
      "the dynptr written":
        "r1 = map user_ringbuf; r2 = func each; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; each: *(u64 *)(r1 +0) = 0; r0 = 0; exit",

      "the dynptr overwritten":
        "r1 = map user_ringbuf; r2 = func each; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; each: r4 = r1; r1 = value array48; r2 = 8; r3 = 0; call bpf_dynptr_from_mem; r0 = 0; exit",
      released:
        "r1 = map user_ringbuf; r2 = func each; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; each: r2 = 0; call bpf_ringbuf_submit_dynptr; r0 = 0; exit",
      "drained inside":
        "r1 = map user_ringbuf; r2 = func each; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; each: r1 = map user_ringbuf; r2 = func each; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit",
      "sample data not checked":
        "r1 = map user_ringbuf; r2 = func each; r3 = 0; r4 = 0; call bpf_user_ringbuf_drain; r0 = 0; exit; each: r2 = 0; r3 = 8; call bpf_dynptr_data; r1 = *(u64 *)(r0 +0); r0 = 0; exit",
    },
  );

callbacks
  .rule(
    "virtual memory areas",
    {
      found:
        "call bpf_get_current_task_btf; r1 = r0; r2 = 0; r3 = func found; r4 = 0; r5 = 0; call bpf_find_vma; r0 = 0; exit; found: r0 = 0; exit",
      read: "call bpf_get_current_task_btf; r1 = r0; r2 = 0; r3 = func found; r4 = 0; r5 = 0; call bpf_find_vma; r0 = 0; exit; found: r1 = *(u64 *)(r2 +0); r0 = 0; exit",
      "returns 1":
        "call bpf_get_current_task_btf; r1 = r0; r2 = 0; r3 = func found; r4 = 0; r5 = 0; call bpf_find_vma; r0 = 0; exit; found: r0 = 1; exit",
    },
    {
      written:
        "call bpf_get_current_task_btf; r1 = r0; r2 = 0; r3 = func found; r4 = 0; r5 = 0; call bpf_find_vma; r0 = 0; exit; found: *(u64 *)(r2 +0) = 0; r0 = 0; exit",

      "of a number": "r1 = 0; r2 = 0; r3 = func found; r4 = 0; r5 = 0; call bpf_find_vma; r0 = 0; exit; found: r0 = 0; exit",
    },
    { type: "kprobe" },
  )
  .rule("timers of tracing", {}, { "a map with a timer": `${lookup("timer")}r0 = 0; exit` }, { type: "tracepoint" });

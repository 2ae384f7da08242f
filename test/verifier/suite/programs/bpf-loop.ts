/** Callbacks of `bpf_loop`: arguments, results, what they leave of their caller's stack, and how often. */

import { Rules } from "../case.ts";
import { globalFunctions } from "./types.ts";

/** r0 is the first value of a map whose keys have 4 bytes; nothing is left to do at `e` when there is none. */
const look = (map: string) =>
  `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map ${map}; call bpf_map_lookup_elem; if r0 == 0 goto e;`;
/** A loop with this callback. */
const loop = (callback: string, before = "", context = "r3 = 0;", after = "r0 = 0; exit;", count = "10") =>
  `${before} r1 = ${count}; r2 = func cb; ${context} r4 = 0; call bpf_loop; ${after} cb: ${callback}`;

export const bpfLoop = new Rules("callbacks");

bpfLoop
  .rule(
    "callbacks of bpf_loop",
    {
      ordinary: loop("r0 = 0; exit"),
      "returns 0 or 1": loop("r0 = r1; r0 &= 1; exit"),
      "writes its caller's stack": loop("*(u64 *)(r2 +0) = 1; r0 = 0; exit", "*(u64 *)(r10 -8) = 0;", "r3 = r10; r3 += -8;"),
      "reads stack that was not written": loop("r0 = *(u64 *)(r2 +0); r0 = 0; exit", "", "r3 = r10; r3 += -8;"),
      "any number of times": `r1 = *(u32 *)(r1 +16); r2 = func cb; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; cb: r0 = 0; exit`,
      "zero times": loop("r0 = *(u64 *)(r2 +0); r0 = 0; exit", "", "r3 = 0;", "r0 = 0; exit;", "0"),
      "counts, checked afterwards": loop(
        "r1 = *(u64 *)(r2 +0); r1 += 1; *(u64 *)(r2 +0) = r1; r0 = 0; exit",
        "*(u64 *)(r10 -8) = 0;",
        "r3 = r10; r3 += -8;",
        `r6 = *(u64 *)(r10 -8); ${look("array64")} if r6 > 63 goto e; r0 += r6; r0 = *(u8 *)(r0 +0); e: r0 = 0; exit;`,
      ),
      "counts from zero, used as an index": loop(
        "r1 = *(u64 *)(r2 +0); r1 += 1; *(u64 *)(r2 +0) = r1; r0 = 0; exit",
        "*(u64 *)(r10 -8) = 0;",
        "r3 = r10; r3 += -8;",
        `r6 = *(u64 *)(r10 -8); ${look("array64")} r0 += r6; r0 = *(u8 *)(r0 +0); e: r0 = 0; exit;`,
      ),
      "sets an index in range": loop(
        "*(u64 *)(r2 +0) = 63; r0 = 0; exit",
        "*(u64 *)(r10 -8) = 0;",
        "r3 = r10; r3 += -8;",
        `r6 = *(u64 *)(r10 -8); ${look("array64")} r0 += r6; r0 = *(u8 *)(r0 +0); e: r0 = 0; exit;`,
      ),
      "a loop in a callback": `r1 = 10; r2 = func cb; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; cb: r1 = 10; r2 = func cb2; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; cb2: r0 = 0; exit`,
      "one call, two callbacks": `r6 = *(u32 *)(r1 +16); if r6 == 0 goto a; r2 = func cb; goto b; a: r2 = func cb2; b: r1 = 10; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; cb: r0 = 0; exit; cb2: r0 = 1; exit`,
      "takes and gives back a record": loop(
        "r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto f; r1 = r0; r2 = 0; call bpf_ringbuf_submit; f: r0 = 0; exit",
      ),
      "the caller's record is kept": `r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; r6 = r0; r1 = 5; r2 = func cb; r3 = 0; r4 = 0; call bpf_loop; r1 = r6; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit; cb: r0 = 0; exit`,
      "in the seventh frame": `call b; r0 = 0; exit; b: call c; exit; c: call d; exit; d: call f; exit; f: call g; exit; g: call h; exit; h: r1 = 1; r2 = func cb; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; cb: r0 = 0; exit`,
      "is called as a function, too": `r1 = 0; r2 = 0; call cb; ${loop("r0 = 0; exit")}`,
    },
    {
      "returns 2": loop("r0 = 2; exit"),
      "returns its index": loop("r0 = r1; exit"),
      "returns the frame pointer": loop("r0 = r10; exit"),
      "returns its context": loop("r0 = r2; exit", "", "r3 = r10;"),
      "returns nothing": loop("exit"),
      "reads a third argument": loop("r0 = r3; exit"),
      "reads its caller's r6": loop("r0 = r6; exit", "r6 = 0;"),
      "writes beyond its caller's stack": loop(
        "*(u64 *)(r2 +8) = 1; r0 = 0; exit",
        "*(u64 *)(r10 -8) = 0;",
        "r3 = r10; r3 += -8;",
      ),
      "a value as context": loop("r0 = 0; exit", `${look("array8")}`, "r3 = r0;", "e: r0 = 0; exit;"),
      "a number as context": loop("r0 = 0; exit", "", "r3 = 5;"),
      "a pointer as count": `r2 = func cb; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; cb: r0 = 0; exit`,
      "once, and reads a number's memory": loop("r0 = *(u64 *)(r2 +0); r0 = 0; exit", "", "r3 = 0;", "r0 = 0; exit;", "1"),
      "sets an index out of range": loop(
        "*(u64 *)(r2 +0) = 64; r0 = 0; exit",
        "*(u64 *)(r10 -8) = 0;",
        "r3 = r10; r3 += -8;",
        `r6 = *(u64 *)(r10 -8); ${look("array64")} r0 += r6; r0 = *(u8 *)(r0 +0); e: r0 = 0; exit;`,
      ),
      "calls itself": `r1 = 10; r2 = func cb; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; cb: r1 = 10; r2 = func cb; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit`,
      "the result as an index": `r1 = 10; r2 = func cb; r3 = 0; r4 = 0; call bpf_loop; r6 = r0; ${look("array64")} r0 += r6; r0 = *(u8 *)(r0 +0); e: r0 = 0; exit; cb: r0 = 0; exit`,
      "leaks a record": loop("r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; r0 = 0; exit"),
      "gives back its caller's record": `r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; *(u64 *)(r10 -8) = r0; r1 = 1; r2 = func cb; r3 = r10; r3 += -8; r4 = 0; call bpf_loop; e: r0 = 0; exit; cb: r1 = *(u64 *)(r2 +0); r2 = 0; call bpf_ringbuf_submit; r0 = 0; exit`,
      "moves the packet": `r6 = r1; *(u64 *)(r10 -8) = r1; r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4); r9 = r7; r9 += 8; if r9 > r8 goto e; r1 = 1; r2 = func cb; r3 = r10; r3 += -8; r4 = 0; call bpf_loop; r0 = *(u8 *)(r7 +0); e: r0 = 0; exit; cb: r1 = *(u64 *)(r2 +0); r2 = 4; call bpf_xdp_adjust_head; r0 = 0; exit`,
      "in the eighth frame": `call a; r0 = 0; exit; a: call b; exit; b: call c; exit; c: call d; exit; d: call f; exit; f: call g; exit; g: call h; exit; h: r1 = 1; r2 = func cb; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; cb: r0 = 0; exit`,
      "a number as callback": `r1 = 10; r2 = 5; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit`,
      "an endless loop": loop("l: goto l; r0 = 0; exit"),
      "a tail call": loop(
        "r1 = *(u64 *)(r2 +0); r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit",
        "*(u64 *)(r10 -8) = r1;",
        "r3 = r10; r3 += -8;",
      ),
      "what it writes decides a branch": `*(u64 *)(r10 -8) = 0; r6 = 0; r1 = 10; r2 = func cb; r3 = r10; r3 += -8; r4 = 0; call bpf_loop; r1 = *(u64 *)(r10 -8); if r1 != 0 goto e; r0 = 0; exit; e: r0 = r10; r0 += 8; r0 = *(u64 *)(r0 +0); exit; cb: *(u64 *)(r2 +0) = 1; r0 = 0; exit`,
    },
    { type: "xdp" },
  )
  .rule(
    "callbacks of bpf_loop",
    {},
    {
      "a global function": loop("r0 = 0; exit"),
    },
    { type: "xdp", functions: globalFunctions("main", "cb") },
  )
  .rule(
    "callbacks of bpf_loop",
    {},
    {
      "a packet load": loop(
        "r6 = *(u64 *)(r2 +0); r0 = *(u8 *)skb[0]; r0 = 0; exit",
        "*(u64 *)(r10 -8) = r1;",
        "r3 = r10; r3 += -8;",
      ),
    },
    { type: "sched_cls" },
  )
  .rule(
    "what callbacks leave",
    {
      "an index that is checked each time": `*(u64 *)(r10 -8) = 0; r1 = 100; r2 = func cb; r3 = r10; r3 += -8; r4 = 0; call bpf_loop; r0 = 0; exit; cb: r6 = *(u64 *)(r2 +0); if r6 > 7 goto o; r7 = r2; r7 += r6; r6 += 1; *(u64 *)(r2 +0) = r6; o: r0 = 0; exit`,
      "checked by its index": `*(u64 *)(r10 -8) = 0; r1 = 8; r2 = func cb; r3 = r10; r3 += -8; r4 = 0; call bpf_loop; r0 = 0; exit; cb: if r1 > 7 goto o; r2 += r1; *(u8 *)(r2 +0) = 0; o: r0 = 0; exit`,
      "two rounds, in range": `*(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 0; r1 = 100; r2 = func cb; r3 = r10; r3 += -16; r4 = 0; call bpf_loop; r6 = *(u64 *)(r10 -8); r1 = r10; r1 += -16; r1 += r6; *(u8 *)(r1 +0) = 0; r0 = 0; exit; cb: r1 = *(u64 *)(r2 +0); if r1 == 0 goto a; *(u64 *)(r2 +8) = 9; goto b; a: *(u64 *)(r2 +0) = 1; b: r0 = 0; exit`,
      "in a loop": `r6 = 0; l: r1 = 4; r2 = func cb; r3 = 0; r4 = 0; call bpf_loop; r6 += 1; if r6 < 5 goto l; r0 = 0; exit; cb: r0 = 0; exit`,
      "a loop inside": `r1 = 4; r2 = func cb; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; cb: r6 = 0; l: r6 += 1; if r6 < 100 goto l; r0 = 0; exit`,
      "reads its caller's dynptr": `r1 = map ringbuf; r2 = 16; r3 = 0; r4 = r10; r4 += -16; call bpf_ringbuf_reserve_dynptr; r1 = 1; r2 = func cb; r3 = r10; r3 += -16; r4 = 0; call bpf_loop; r1 = r10; r1 += -16; r2 = 0; call bpf_ringbuf_discard_dynptr; r0 = 0; exit; cb: r1 = r2; r2 = 0; r3 = 8; call bpf_dynptr_data; r0 = 0; exit`,
    },
    {
      "a value as context": `${look("array64")} r1 = 64; r2 = func cb; r3 = r0; r4 = 0; call bpf_loop; e: r0 = 0; exit; cb: if r1 > 63 goto o; r2 += r1; *(u8 *)(r2 +0) = 0; o: r0 = 0; exit`,
      "checked by its index, off by one": `*(u64 *)(r10 -8) = 0; r1 = 8; r2 = func cb; r3 = r10; r3 += -8; r4 = 0; call bpf_loop; r0 = 0; exit; cb: if r1 > 8 goto o; r2 += r1; *(u8 *)(r2 +0) = 0; o: r0 = 0; exit`,
      "by its index, not checked": `*(u64 *)(r10 -8) = 0; r1 = 8; r2 = func cb; r3 = r10; r3 += -8; r4 = 0; call bpf_loop; r0 = 0; exit; cb: r2 += r1; *(u8 *)(r2 +0) = 0; o: r0 = 0; exit`,
      "a spilled pointer, moved": `${look("array64")} *(u64 *)(r10 -8) = r0; r1 = 8; r2 = func cb; r3 = r10; r3 += -8; r4 = 0; call bpf_loop; r1 = *(u64 *)(r10 -8); r0 = *(u64 *)(r1 +0); e: r0 = 0; exit; cb: r1 = *(u64 *)(r2 +0); r1 += 8; *(u64 *)(r2 +0) = r1; r0 = 0; exit`,
      "a spilled pointer, replaced": `${look("array64")} *(u64 *)(r10 -8) = r0; r1 = 8; r2 = func cb; r3 = r10; r3 += -8; r4 = 0; call bpf_loop; r1 = *(u64 *)(r10 -8); r0 = *(u64 *)(r1 +0); e: r0 = 0; exit; cb: *(u64 *)(r2 +0) = 0; r0 = 0; exit`,
      "two rounds, out of range": `*(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 0; r1 = 100; r2 = func cb; r3 = r10; r3 += -16; r4 = 0; call bpf_loop; r6 = *(u64 *)(r10 -8); r1 = r10; r1 += -16; r1 += r6; *(u8 *)(r1 +0) = 0; r0 = 0; exit; cb: r1 = *(u64 *)(r2 +0); if r1 == 0 goto a; *(u64 *)(r2 +8) = 99; goto b; a: *(u64 *)(r2 +0) = 1; b: r0 = 0; exit`,
      "gives back its caller's dynptr": `r1 = map ringbuf; r2 = 16; r3 = 0; r4 = r10; r4 += -16; call bpf_ringbuf_reserve_dynptr; r1 = 1; r2 = func cb; r3 = r10; r3 += -16; r4 = 0; call bpf_loop;  r0 = 0; exit; cb: r1 = r2; r2 = 0; call bpf_ringbuf_discard_dynptr; r0 = 0; exit`,
    },
    { type: "xdp" },
  );

/** Tail calls, in functions too, and what is known after a call of a function that does one. */

import { Rules } from "../case.ts";
import { functionsOfContext, staticFunctions } from "./types.ts";

/** r0 is the first value of a map whose keys have 4 bytes; nothing is left to do at `e` when there is none. */
const look = (map: string) =>
  `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map ${map}; call bpf_map_lookup_elem; if r0 == 0 goto e;`;
const PACKET = "r6 = *(u32 *)(r1 +0); r7 = *(u32 *)(r1 +4); r8 = r6; r8 += 8; if r8 > r7 goto e;";

export const tailCalls = new Rules("calls");

tailCalls
  .rule(
    "tail calls of functions",
    {
      "of the program": `r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
      "by an unknown number": `r3 = *(u32 *)(r1 +16); r2 = map programs; call bpf_tail_call; r0 = 0; exit`,
      "the packet afterwards": `r6 = *(u32 *)(r1 +0); r7 = *(u32 *)(r1 +4); r8 = r6; r8 += 8; if r8 > r7 goto e; r2 = map programs; r3 = 0; call bpf_tail_call; r0 = *(u8 *)(r6 +0); e: r0 = 0; exit`,
    },
    {
      "r0 afterwards": `r2 = map programs; r3 = 0; call bpf_tail_call; exit`,
      "r1 afterwards": `r2 = map programs; r3 = 0; call bpf_tail_call; r0 = r1; exit`,
      "by an array": `r2 = map array4; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
      "without context": `r1 = r10; r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
      "in a function without types": `call sub; r0 = 0; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
    },
    { type: "xdp" },
  )
  .rule(
    "tail calls of functions",
    {
      "in a function": `call sub; r0 = 0; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
      "the function's result": `call sub; if r0 != 0 goto e; r0 = 0; exit; e: r0 = 1; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
    },
    {
      "the packet after a function's": `r6 = *(u32 *)(r1 +0); r7 = *(u32 *)(r1 +4); r8 = r6; r8 += 8; if r8 > r7 goto e; call sub; r0 = *(u8 *)(r6 +0); e: r0 = 0; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
      "the function's result as an offset": `r6 = r1; call sub; r7 = r0; ${look("array64")} r0 += r7; r0 = *(u8 *)(r0 +0); e: r0 = 0; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
      "256 bytes of stack before": `*(u64 *)(r10 -256) = 0; call sub; r0 = 0; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
    },
    { type: "xdp", functions: staticFunctions("main", "sub") },
  )
  .rule(
    "what calls of functions with tail calls leave",
    {
      "a global function without one": `${PACKET} call sub; r0 = *(u8 *)(r6 +0); e: r0 = 0; exit; sub: r0 = 0; exit`,
    },
    {
      "a global function that moves packets": `${PACKET} call sub; r0 = *(u8 *)(r6 +0); e: r0 = 0; exit; sub: r2 = 0; call bpf_xdp_adjust_head; r0 = 0; exit`,
    },
    { type: "xdp" },
  )
  .rule(
    "what calls of functions with tail calls leave",
    {
      "the packet inside": `call sub; r0 = 0; exit; sub: ${PACKET} r2 = map programs; r3 = 0; call bpf_tail_call; r0 = *(u8 *)(r6 +0); e: r0 = 5; exit`,
      "a record of the caller": `r9 = r1; r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; r6 = r0; r1 = r9; call sub; r1 = r6; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
    },
    {
      "the packet, by another result": `${PACKET} call sub; if r0 != 5 goto e; r0 = *(u8 *)(r6 +0); e: r0 = 0; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 5; exit`,
      "the packet, spilled": `${PACKET} *(u64 *)(r10 -8) = r6; call sub; r6 = *(u64 *)(r10 -8); r0 = *(u8 *)(r6 +0); e: r0 = 0; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
      "a lock": `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map lock; call bpf_map_lookup_elem; if r0 == 0 goto e; r1 = r0; r1 += 4; r6 = r1; call bpf_spin_lock; r1 = r10; call sub; r1 = r6; call bpf_spin_unlock; e: r0 = 0; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit`,
    },
    { type: "xdp", functions: functionsOfContext("static") },
  );

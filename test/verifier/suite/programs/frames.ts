/** Stack of callers that functions are handed. */

import { Rules } from "../case.ts";
import { globalFunctions } from "./types.ts";

export const frames = new Rules("calls");

frames
  .rule(
    "stack of callers, by pointer",
    {
      read: `*(u64 *)(r10 -8) = 5; r1 = r10; r1 += -8; call sub; r0 = 0; exit; sub: r0 = *(u64 *)(r1 +0); exit`,
      written: `r1 = r10; r1 += -8; call sub; r0 = *(u64 *)(r10 -8); exit; sub: *(u64 *)(r1 +0) = 7; r0 = 0; exit`,
      "the context spilled to it": `r2 = r10; r2 += -8; call sub; r1 = *(u64 *)(r10 -8); r0 = *(u32 *)(r1 +0); exit; sub: *(u64 *)(r2 +0) = r1; r0 = 0; exit`,
      "a number spilled to it": `r2 = r10; r2 += -8; call sub; r1 = *(u64 *)(r10 -8); if r1 > 5 goto +0; r0 = r1; exit; sub: r3 = *(u32 *)(r1 +0); *(u64 *)(r2 +0) = r3; r0 = 0; exit`,
      "not written, read": `r1 = r10; r1 += -16; call sub; r0 = 0; exit; sub: r0 = *(u64 *)(r1 +8); exit`,
      "written at a variable offset": `r6 = *(u32 *)(r1 +0); r6 &= 8; r1 = r10; r1 += -16; r1 += r6; call sub; r0 = *(u64 *)(r10 -8); exit; sub: *(u64 *)(r1 +0) = 1; r0 = 0; exit`,
      "read by a helper": `*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; call sub; r0 = 0; exit; sub: r2 = r1; r1 = map hash8; call bpf_map_lookup_elem; r0 = 0; exit`,
      none: `call sub; r0 = 0; exit; sub: r0 = 0; exit`,
    },
    {
      "the frame pointer returned": `call sub; r0 = 0; exit; sub: r0 = r10; exit`,
      "above it": `r1 = r10; r1 += -8; call sub; r0 = 0; exit; sub: r0 = *(u64 *)(r1 +8); exit`,
      "300 and 304 bytes": `*(u64 *)(r10 -300) = 0; call sub; r0 = 0; exit; sub: *(u64 *)(r10 -304) = 0; r0 = 0; exit`,
      "304 and 304 bytes": `*(u64 *)(r10 -304) = 0; call sub; r0 = 0; exit; sub: *(u64 *)(r10 -304) = 0; r0 = 0; exit`,
    },
  )
  .rule(
    "global functions on a branch that is not taken",
    {
      "a fault in it (6.8)": "r0 = 0; if r0 == 0 goto e; call sub; e: exit; sub: r0 = r5; exit",
      "no fault": "r0 = 0; if r0 == 0 goto e; call sub; e: exit; sub: r0 = 0; exit",
      "it leaks a record (6.8)":
        "r0 = 0; if r0 == 0 goto e; call sub; e: exit; sub: r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; r0 = 0; exit",
    },
    {
      "a fault in the program, too": "r0 = 0; if r0 == 0 goto e; call sub; e: r0 = r9; exit; sub: r0 = r5; exit",
    },
    { functions: globalFunctions("main", "sub") },
  )
  .rule(
    "global functions that are called",
    { "no fault": "call sub; r0 = 0; exit; sub: r0 = 0; exit" },
    {
      "a fault in it": "call sub; exit; sub: r0 = r5; exit",
      "the program's fault is the first": "call sub; r0 = r9; exit; sub: r0 = r5; exit",
      "a pointer as result": "call sub; r0 = 0; exit; sub: r0 = r10; exit",
      "nothing as result": "call sub; r0 = 0; exit; sub: exit",
    },
    { functions: globalFunctions("main", "sub") },
  )
  .rule(
    "two global functions",
    {
      "one calls the other": "call a; r0 = 0; exit; a: call b; exit; b: r0 = 0; exit",
      "the second on a branch that is not taken (6.8)":
        "call a; r0 = 0; exit; a: r0 = 0; if r0 == 0 goto e; call b; e: exit; b: r0 = r5; exit",
    },
    {
      "they call each other": "call a; r0 = 0; exit; a: call b; exit; b: call a; exit",
      "a fault in the second": "call a; r0 = 0; exit; a: call b; exit; b: r0 = r5; exit",
      "a fault in both": "call b; call a; r0 = 0; exit; a: r0 = r4; exit; b: r0 = r5; exit",
    },
    { functions: globalFunctions("main", "a", "b") },
  );

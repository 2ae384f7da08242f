/** Stack of callers that functions are handed. */

import { Rules } from "../case.ts";

export const frames = new Rules("calls");

frames.rule(
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
);

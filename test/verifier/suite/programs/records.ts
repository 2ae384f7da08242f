/** Records of ring buffers, on all paths. */

import { Rules } from "../case.ts";

/** r0 is the first value of a map whose keys have 4 bytes; nothing is left to do at `e` when there is none. */
const look = (map: string) =>
  `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map ${map}; call bpf_map_lookup_elem; if r0 == 0 goto e;`;
const RESERVE = "r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve;";

export const records = new Rules("references");

records
  .rule(
    "records of ring buffers",
    {
      submitted: `r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; r1 = 1; *(u64 *)(r0 +0) = r1; r1 = r0; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      "written by a helper": `r1 = map ringbuf; r2 = 16; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; r6 = r0; r1 = r0; r2 = 16; r3 = 0; call bpf_probe_read_kernel; r1 = r6; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      "as a key": `r1 = map ringbuf; r2 = 16; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; r6 = r0; r2 = r0; r1 = map hash8; call bpf_map_lookup_elem; r1 = r6; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      copied: `*(u64 *)(r10 -8) = 0; r1 = map ringbuf; r2 = r10; r2 += -8; r3 = 8; r4 = 0; call bpf_ringbuf_output; r0 = 0; exit`,
      "written at a variable offset": `r6 = *(u32 *)(r1 +16); r6 &= 7; r1 = map ringbuf; r2 = 16; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; r7 = r0; r0 += r6; *(u8 *)(r0 +0) = 1; r1 = r7; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      "of no byte": `r1 = map ringbuf; r2 = 0; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; r1 = r0; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
    },
    {
      "written beyond": `r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; r1 = 1; *(u64 *)(r0 +8) = r1; r1 = r0; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      "of a variable size": `r2 = *(u32 *)(r1 +16); r1 = map ringbuf; r3 = 0; call bpf_ringbuf_reserve; r0 = 0; exit`,
      leaked: `r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; e: r0 = 0; exit`,
      "moved, then submitted": `r1 = map ringbuf; r2 = 16; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; r1 = r0; r1 += 8; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      "submitted twice": `r1 = map ringbuf; r2 = 16; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; r6 = r0; r1 = r0; r2 = 0; call bpf_ringbuf_submit; r1 = r6; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      "read after submission": `r1 = map ringbuf; r2 = 16; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; r6 = r0; r1 = r0; r2 = 0; call bpf_ringbuf_submit; r0 = *(u64 *)(r6 +0); e: r0 = 0; exit`,
      "copied to another kind of map": `*(u64 *)(r10 -8) = 0; r1 = map events; r2 = r10; r2 += -8; r3 = 8; r4 = 0; call bpf_ringbuf_output; r0 = 0; exit`,
      "the stack submitted": `r1 = r10; r1 += -8; r2 = 0; call bpf_ringbuf_submit; r0 = 0; exit`,
      "not checked": `r1 = map ringbuf; r2 = 16; r3 = 0; call bpf_ringbuf_reserve; r1 = r0; r2 = 0; call bpf_ringbuf_submit;  r0 = 0; exit`,
      "moved by a variable, then submitted": `r6 = *(u32 *)(r1 +16); r6 &= 7; r1 = map ringbuf; r2 = 16; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; r0 += r6; r1 = r0; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
    },
    { type: "xdp" },
  )
  .rule(
    "one reference, several paths",
    {
      "in each round": `r6 = 0; l: ${RESERVE} if r0 == 0 goto n; r1 = r0; r2 = 0; call bpf_ringbuf_submit; n: r6 += 1; if r6 < 10 goto l; r0 = 0; exit`,
      "taken on one of two paths": `r6 = *(u32 *)(r1 +16); r7 = 0; if r6 == 0 goto a; ${RESERVE} r7 = r0; a: if r7 == 0 goto e; r1 = r7; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      "two, both checked": `r6 = *(u32 *)(r1 +16); ${RESERVE} r7 = r0; ${RESERVE} r8 = r0; if r7 == 0 goto b; r1 = r7; r2 = 0; call bpf_ringbuf_submit; b: if r8 == 0 goto e; r1 = r8; r2 = 0; call bpf_ringbuf_discard; e: r0 = 0; exit`,
      spilled: `${RESERVE} *(u64 *)(r10 -8) = r0; if r0 == 0 goto e; r1 = *(u64 *)(r10 -8); r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      "checked after it was spilled": `${RESERVE} *(u64 *)(r10 -8) = r0; r0 = 0; r1 = *(u64 *)(r10 -8); if r1 == 0 goto e; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      "stored in a map": `${RESERVE} if r0 == 0 goto e; r6 = r0; ${look("array8").replace("goto e", "goto f")} *(u64 *)(r0 +0) = r6; f: r1 = r6; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      "checked for not null": `${RESERVE} if r0 != 0 goto a; r0 = 0; exit; a: r1 = r0; r2 = 0; call bpf_ringbuf_submit; r0 = 0; exit`,
      "checked in a copy": `${RESERVE} r6 = r0; if r6 == 0 goto e; r1 = r0; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      "moved forth and back": `${RESERVE} if r0 == 0 goto e; r1 = r0; r1 += 4; r1 += -4; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      "kept over a call": `${RESERVE} if r0 == 0 goto e; r6 = r0; call sub; r1 = r6; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit; sub: r0 = 0; exit`,
      "checked by a function": `${RESERVE} r6 = r0; r1 = r6; call sub; if r0 != 0 goto e; r0 = 0; exit; e: r0 = 0; exit; sub: if r1 == 0 goto f; r2 = 0; call bpf_ringbuf_submit; f: r0 = 0; exit`,
    },
    {
      "leaked in each round": `r6 = 0; l: ${RESERVE} if r0 == 0 goto n; n: r6 += 1; if r6 < 10 goto l; r0 = 0; exit`,
      "two, one checked twice": `r6 = *(u32 *)(r1 +16); ${RESERVE} r7 = r0; ${RESERVE} r8 = r0; if r7 == 0 goto b; r1 = r7; r2 = 0; call bpf_ringbuf_submit; b: if r7 == 0 goto e; r1 = r7; r2 = 0; call bpf_ringbuf_discard; e: r0 = 0; exit`,
      "given back on one of two paths": `r6 = *(u32 *)(r1 +16); ${RESERVE} if r0 == 0 goto e; if r6 == 0 goto e; r1 = r0; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      "its spill written over": `${RESERVE} if r0 == 0 goto e; *(u64 *)(r10 -8) = r0; r0 = 0; *(u64 *)(r10 -8) = r0; e: r0 = 0; exit`,
      "checked by greater": `${RESERVE} if r0 > 0 goto a; r0 = 0; exit; a: r1 = r0; r2 = 0; call bpf_ringbuf_submit; r0 = 0; exit`,
      "checked in 32 bits": `${RESERVE} if w0 != 0 goto a; r0 = 0; exit; a: r1 = r0; r2 = 0; call bpf_ringbuf_submit; r0 = 0; exit`,
      "moved before the check": `${RESERVE} r0 += 1; if r0 == 0 goto e; r1 = r0; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      returned: `${RESERVE} exit`,
      "twice in one call": `${RESERVE} if r0 == 0 goto e; r6 = r0; ${look("array8").replace("goto e", "goto f")} f: r1 = map hash8; r2 = r6; r3 = r6; r4 = 0; call bpf_map_update_elem; r1 = r6; r2 = 0; call bpf_ringbuf_submit; e: r0 = 0; exit`,
      "given back twice by a function": `${RESERVE} if r0 == 0 goto e; r6 = r0; r1 = r6; call sub; r1 = r6; call sub; e: r0 = 0; exit; sub: r2 = 0; call bpf_ringbuf_submit; r0 = 0; exit`,
    },
    { type: "xdp" },
  );

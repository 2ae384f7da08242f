/** The stack slots of dynptrs: read, written over, left behind. */

import { Rules } from "../case.ts";

/** r0 is the first value of a map whose keys have 4 bytes; nothing is left to do at `e` when there is none. */
const look = (map: string) =>
  `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map ${map}; call bpf_map_lookup_elem; if r0 == 0 goto e;`;
const RESERVE = "r1 = map ringbuf; r2 = 16; r3 = 0; r4 = r10; r4 += -16; call bpf_ringbuf_reserve_dynptr;";
const SUBMIT = "r1 = r10; r1 += -16; r2 = 0; call bpf_ringbuf_submit_dynptr;";
const DISCARD = "r1 = r10; r1 += -16; r2 = 0; call bpf_ringbuf_discard_dynptr;";
const SLICE = "r1 = r10; r1 += -16; r2 = 0; r3 = 8; call bpf_dynptr_data;";
/** A dynptr at -24 of so many bytes of a value of 48. */
const ofMemory = (size = 48) =>
  `${look("array48")} r1 = r0; r2 = ${size}; r3 = 0; r4 = r10; r4 += -24; call bpf_dynptr_from_mem;`;

export const dynptrSlots = new Rules("dynptrs");

dynptrSlots
  .rule(
    "slots of records",
    {
      ordinary: `${RESERVE} ${SUBMIT} r0 = 0; exit`,
      discarded: `${RESERVE} ${DISCARD} r0 = 0; exit`,
      "used again after submission": `${RESERVE} ${SUBMIT} ${RESERVE} ${SUBMIT} r0 = 0; exit`,
      "a slice": `${RESERVE} ${SLICE} if r0 == 0 goto e; *(u64 *)(r0 +0) = 1; e: ${SUBMIT} r0 = 0; exit`,
      "written through": `${RESERVE} *(u64 *)(r10 -24) = 1; r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -24; r4 = 8; r5 = 0; call bpf_dynptr_write; ${SUBMIT} r0 = 0; exit`,
      "read through": `${RESERVE} r1 = r10; r1 += -24; r2 = 8; r3 = r10; r3 += -16; r4 = 0; r5 = 0; call bpf_dynptr_read; r0 = *(u64 *)(r10 -24); ${SUBMIT} r0 = 0; exit`,
      "submitted by a function": `${RESERVE} r1 = r10; r1 += -16; call sub; r0 = 0; exit; sub: r2 = 0; call bpf_ringbuf_submit_dynptr; r0 = 0; exit`,
      "made in function": `r1 = r10; r1 += -16; call sub; ${SUBMIT} r0 = 0; exit; sub: r4 = r1; r1 = map ringbuf; r2 = 16; r3 = 0; call bpf_ringbuf_reserve_dynptr; r0 = 0; exit`,
      loop: `r1 = 3; r2 = func cb; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; cb: ${RESERVE} ${SUBMIT} r0 = 0; exit`,
    },
    {
      "not given back": `${RESERVE} r0 = 0; exit`,
      "submitted twice": `${RESERVE} ${SUBMIT} ${SUBMIT} r0 = 0; exit`,
      "reserved over": `${RESERVE} ${RESERVE} ${SUBMIT} r0 = 0; exit`,
      "slice unchecked": `${RESERVE} ${SLICE} *(u64 *)(r0 +0) = 1; e: ${SUBMIT} r0 = 0; exit`,
      "slice beyond": `${RESERVE} ${SLICE} if r0 == 0 goto e; *(u64 *)(r0 +8) = 1; e: ${SUBMIT} r0 = 0; exit`,
      "slice after submit": `${RESERVE} ${SLICE} r6 = r0; ${SUBMIT} if r6 == 0 goto e; *(u64 *)(r6 +0) = 1; e: r0 = 0; exit`,
      "a slice submitted": `${RESERVE} ${SLICE} if r0 == 0 goto e; r1 = r0; r2 = 0; call bpf_ringbuf_submit; r0 = 0; exit; e: ${SUBMIT} r0 = 0; exit`,
      "a slice of variable size": `r6 = *(u32 *)(r1 +16); ${RESERVE} r1 = r10; r1 += -16; r2 = 0; r3 = r6; call bpf_dynptr_data; ${SUBMIT} r0 = 0; exit`,
      "read into its own slot": `${RESERVE} r1 = r10; r1 += -16; r2 = 8; r3 = r10; r3 += -16; r4 = 0; r5 = 0; call bpf_dynptr_read; ${SUBMIT} r0 = 0; exit`,
      "a slice of nothing": `${SLICE} r0 = 0; exit`,
      "a slice of zeroes": `*(u64 *)(r10 -16) = 0; *(u64 *)(r10 -8) = 0; ${SLICE} r0 = 0; exit`,
      "nothing submitted": `${SUBMIT} r0 = 0; exit`,
      "written over": `${RESERVE} *(u64 *)(r10 -16) = 0; ${SUBMIT} r0 = 0; exit`,
      "one byte of its second half written over": `${RESERVE} *(u8 *)(r10 -1) = 0; ${SUBMIT} r0 = 0; exit`,
      "read as a number": `${RESERVE} r0 = *(u64 *)(r10 -16); ${SUBMIT} r0 = 0; exit`,
      "read by a helper": `${RESERVE} r1 = r10; r1 += -16; r2 = 16; call bpf_trace_printk; ${SUBMIT} r0 = 0; exit`,
      misaligned: `r1 = map ringbuf; r2 = 16; r3 = 0; r4 = r10; r4 += -20; call bpf_ringbuf_reserve_dynptr; r0 = 0; exit`,
      "below the stack": `r1 = map ringbuf; r2 = 16; r3 = 0; r4 = r10; r4 += -520; call bpf_ringbuf_reserve_dynptr; r0 = 0; exit`,
      "in a value": `${look("array48")} r4 = r0; r1 = map ringbuf; r2 = 16; r3 = 0; call bpf_ringbuf_reserve_dynptr; e: r0 = 0; exit`,
      "used by its second half": `${RESERVE} r1 = r10; r1 += -8; r2 = 0; r3 = 8; call bpf_dynptr_data; ${SUBMIT} r0 = 0; exit`,
      "used at a variable offset": `r6 = *(u32 *)(r1 +16); r6 &= 8; ${RESERVE} r1 = r10; r1 += -24; r1 += r6; r2 = 0; r3 = 8; call bpf_dynptr_data; ${SUBMIT} r0 = 0; exit`,
      "reserved at a variable offset": `r6 = *(u32 *)(r1 +16); r6 &= 8; r1 = map ringbuf; r2 = 16; r3 = 0; r4 = r10; r4 += -32; r4 += r6; call bpf_ringbuf_reserve_dynptr; r0 = 0; exit`,
      "kept over a tail call": `r6 = r1; ${RESERVE} r1 = r6; r2 = map programs; r3 = 0; call bpf_tail_call; ${SUBMIT} r0 = 0; exit`,
      "left behind by a function": `call sub; r0 = 0; exit; sub: ${RESERVE} r0 = 0; exit`,
      "written over at a variable offset": `r6 = *(u32 *)(r1 +16); r6 &= 8; ${RESERVE} r1 = r10; r1 += -16; r1 += r6; *(u8 *)(r1 +0) = 0; ${SUBMIT} r0 = 0; exit`,
    },
    { type: "xdp" },
  )
  .rule(
    "slots of memory",
    {
      ordinary: `${ofMemory()} e: r0 = 0; exit`,
      "written over": `${ofMemory()} *(u64 *)(r10 -24) = 0; r0 = *(u64 *)(r10 -24); e: r0 = 0; exit`,
      "a slice": `${ofMemory()} r1 = r10; r1 += -24; r2 = 0; r3 = 8; call bpf_dynptr_data; if r0 == 0 goto e; r0 = *(u64 *)(r0 +0); e: r0 = 0; exit`,
      "another made over its half": `${ofMemory()} r1 = map ringbuf; r2 = 16; r3 = 0; r4 = r10; r4 += -32; call bpf_ringbuf_reserve_dynptr; r1 = r10; r1 += -32; r2 = 0; call bpf_ringbuf_submit_dynptr; e: r0 = 0; exit`,
    },
    {
      "larger than the value": `${ofMemory(49)} e: r0 = 0; exit`,
      "half written over, then used": `${ofMemory()} *(u64 *)(r10 -16) = 0; r1 = r10; r1 += -24; r2 = 0; r3 = 8; call bpf_dynptr_data; e: r0 = 0; exit`,
      "a slice after half was written over": `${ofMemory()} r1 = r10; r1 += -24; r2 = 0; r3 = 8; call bpf_dynptr_data; if r0 == 0 goto e; *(u64 *)(r10 -16) = 0; r0 = *(u64 *)(r0 +0); e: r0 = 0; exit`,
      "a slice after it was made anew": `${ofMemory()} r1 = r10; r1 += -24; r2 = 0; r3 = 8; call bpf_dynptr_data; if r0 == 0 goto e; r6 = r0; ${ofMemory()} r0 = *(u64 *)(r6 +0); e: r0 = 0; exit`,
      "submitted like a record": `${ofMemory()} r1 = r10; r1 += -24; r2 = 0; call bpf_ringbuf_submit_dynptr; e: r0 = 0; exit`,
      "of the stack": `*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 8; r3 = 0; r4 = r10; r4 += -24; call bpf_dynptr_from_mem; r0 = 0; exit`,
      "written over by a helper": `${ofMemory()} r1 = r10; r1 += -24; r2 = 8; r3 = 0; call bpf_probe_read_kernel; e: r0 = 0; exit`,
      "made on one of two paths": `r6 = *(u32 *)(r1 +16); ${look("array48")} if r6 == 0 goto x; r1 = r0; r2 = 8; r3 = 0; r4 = r10; r4 += -24; call bpf_dynptr_from_mem; x: r1 = r10; r1 += -24; r2 = 0; r3 = 8; call bpf_dynptr_data; e: r0 = 0; exit`,
    },
    { type: "xdp" },
  );

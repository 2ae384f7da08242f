/** Slots of dynptrs in programs that trace, and slices of packets. */

import { Rules } from "../case.ts";

/** A dynptr at -16 of 16 bytes of a value. */
const made = (text: string) =>
  `r1 = value array48; r2 = 16; r3 = 0; r4 = r10; r4 += -16; call bpf_dynptr_from_mem; ${text}; r0 = 0; exit`;
/** r0 is the first 14 bytes of a packet, or a copy of them. */
const slice = (text: string) =>
  `r6 = r1; r1 = r6; r2 = 0; r3 = r10; r3 += -16; call kfunc bpf_dynptr_from_skb; r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -32; r4 = 14; call kfunc bpf_dynptr_slice; if r0 == 0 goto out; ${text}; out: r0 = 0; exit`;

export const kprobeDynptrs = new Rules("dynptrs");

kprobeDynptrs
  .rule(
    "slots of dynptrs in kprobes",
    {
      made: made("r1 = 1"),
      "written over": made("*(u64 *)(r10 -16) = 0"),
      "a byte written over": made("*(u8 *)(r10 -1) = 0; r2 = *(u64 *)(r10 -16)"),
      slice: made("r1 = r10; r1 += -16; r2 = 0; r3 = 8; call bpf_dynptr_data; if r0 == 0 goto +1; r1 = *(u64 *)(r0 +0)"),
      "written over at a variable offset": `r6 = *(u32 *)(r1 +0); r6 &= 8; ${made("r7 = r10; r7 += -16; r7 += r6; *(u64 *)(r7 +0) = 1")}`,
    },
    {
      read: made("r1 = *(u64 *)(r10 -16)"),
      "read byte": made("r1 = *(u8 *)(r10 -3)"),
      "slice over": made("r1 = r10; r1 += -16; r2 = 0; r3 = 8; call bpf_dynptr_data; if r0 == 0 goto +1; r1 = *(u64 *)(r0 +1)"),
      "slice after overwrite": made(
        "r1 = r10; r1 += -16; r2 = 0; r3 = 8; call bpf_dynptr_data; if r0 == 0 goto +2; *(u64 *)(r10 -8) = 0; r1 = *(u64 *)(r0 +0)",
      ),
      "a record's, written over": `r1 = map ringbuf; r2 = 8; r3 = 0; r4 = r10; r4 += -16; call bpf_ringbuf_reserve_dynptr; *(u64 *)(r10 -8) = 0; r1 = r10; r1 += -16; r2 = 0; call bpf_ringbuf_discard_dynptr; r0 = 0; exit`,
      "read by a helper": made("r2 = r10; r2 += -16; r1 = map hash8; call bpf_map_lookup_elem"),
      "written over by a helper": made("r1 = r10; r1 += -16; r2 = 16; r3 = 0; call bpf_probe_read_kernel"),
      "read at a variable offset": `r6 = *(u32 *)(r1 +0); r6 &= 8; ${made("r7 = r10; r7 += -16; r7 += r6; r0 = *(u64 *)(r7 +0)")}`,
      atomic: made("r1 = 1; lock *(u64 *)(r10 -8) += r1"),
    },
    { type: "kprobe" },
  )
  .rule(
    "slices of packets",
    {},
    {
      over: slice("r1 = *(u8 *)(r0 +14)"),
    },
    { type: "sched_cls" },
  );

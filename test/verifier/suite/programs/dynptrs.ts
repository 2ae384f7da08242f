/** Dynptrs: 16 bytes of stack that say where memory is, how much, and whose. */

import { Rules } from "../case.ts";
import { OUT } from "./text.ts";

export const dynptrs = new Rules("dynptrs", { type: "sched_cls" });

const RETURN = "; r0 = 0; exit";
/** A dynptr of a map's value, at fp-16. */
const FROM_VALUE = "r1 = value array48; r2 = 48; r3 = 0; r4 = r10; r4 += -16; call bpf_dynptr_from_mem; ";
/** A dynptr of a ring buffer's record, at fp-16. */
const RESERVE = "r1 = map ringbuf; r2 = 16; r3 = 0; r4 = r10; r4 += -16; call bpf_ringbuf_reserve_dynptr; ";
const SUBMIT = "r1 = r10; r1 += -16; r2 = 0; call bpf_ringbuf_submit_dynptr; ";
const DISCARD = "r1 = r10; r1 += -16; r2 = 0; call bpf_ringbuf_discard_dynptr; ";
const DATA = "r1 = r10; r1 += -16; r2 = 0; r3 = 8; call bpf_dynptr_data; ";
const READ = "r1 = r10; r1 += -32; r2 = 8; r3 = r10; r3 += -16; r4 = 0; r5 = 0; call bpf_dynptr_read; ";
const WRITE = "*(u64 *)(r10 -32) = 0; r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -32; r4 = 8; r5 = 0; call bpf_dynptr_write; ";
const FROM_SKB = "r2 = 0; r3 = r10; r3 += -16; call kfunc bpf_dynptr_from_skb; ";

dynptrs
  .rule(
    "of memory",
    {
      made: `${FROM_VALUE}${RETURN.slice(2)}`,
      read: `${FROM_VALUE}${READ}r0 = *(u64 *)(r10 -32); exit`,
      written: `${FROM_VALUE}${WRITE}${RETURN.slice(2)}`,
      "its data": `${FROM_VALUE}${DATA}if r0 == 0 goto out; r1 = *(u64 *)(r0 +0); *(u64 *)(r0 +0) = 1${OUT}`,
      "made anew": `${FROM_VALUE}${FROM_VALUE}${RETURN.slice(2)}`,
      overwritten: `${FROM_VALUE}*(u64 *)(r10 -16) = 0; r0 = 0; exit`,
      two: `${FROM_VALUE}${FROM_VALUE.replace("-16", "-32")}${READ.replace("-32", "-40")}${RETURN.slice(2)}`,
      "in a function": `${FROM_VALUE}r1 = r10; r1 += -16; call sub; r0 = 0; exit; sub: r2 = 0; r3 = 8; call bpf_dynptr_data; r0 = 0; exit`,
    },
    {
      "of the stack": `*(u64 *)(r10 -24) = 0; r1 = r10; r1 += -24; r2 = 8; r3 = 0; r4 = r10; r4 += -16; call bpf_dynptr_from_mem; r0 = 0; exit`,
      "of constants": `r1 = value constants; r2 = 8; r3 = 0; r4 = r10; r4 += -16; call bpf_dynptr_from_mem; r0 = 0; exit`,
      "of more than there is": `r1 = value array48; r2 = 49; r3 = 0; r4 = r10; r4 += -16; call bpf_dynptr_from_mem; r0 = 0; exit`,
      "of nothing": `r1 = 0; r2 = 8; r3 = 0; r4 = r10; r4 += -16; call bpf_dynptr_from_mem; r0 = 0; exit`,
      "in 8 bytes": `r1 = value array48; r2 = 48; r3 = 0; r4 = r10; r4 += -8; call bpf_dynptr_from_mem; r0 = 0; exit`,
      misplaced: `r1 = value array48; r2 = 48; r3 = 0; r4 = r10; r4 += -20; call bpf_dynptr_from_mem; r0 = 0; exit`,
      "in a value": `r1 = value array48; r2 = 48; r3 = 0; r4 = value array64; call bpf_dynptr_from_mem; r0 = 0; exit`,
      "at a variable place": `r6 = *(u32 *)(r1 +0); r6 &= 16; r1 = value array48; r2 = 48; r3 = 0; r4 = r10; r4 += -32; r4 += r6; call bpf_dynptr_from_mem; r0 = 0; exit`,
      "used before it is made": `${READ}${RETURN.slice(2)}`,
      "its first half overwritten": `${FROM_VALUE}*(u64 *)(r10 -16) = 0; ${READ}${RETURN.slice(2)}`,
      "its second half overwritten": `${FROM_VALUE}*(u64 *)(r10 -8) = 0; ${READ}${RETURN.slice(2)}`,
      "a byte of it overwritten": `${FROM_VALUE}*(u8 *)(r10 -12) = 0; ${READ}${RETURN.slice(2)}`,
      "read directly": `${FROM_VALUE}r0 = *(u64 *)(r10 -16); exit`,
      "read directly, second half": `${FROM_VALUE}r0 = *(u64 *)(r10 -8); exit`,
      "given to a helper as memory": `${FROM_VALUE}r2 = r10; r2 += -16; r1 = map key16; call bpf_map_lookup_elem; r0 = 0; exit`,
      "written by a helper as memory": `r6 = r1; ${FROM_VALUE}r1 = r6; r2 = 0; r3 = r10; r3 += -16; r4 = 16; call bpf_skb_load_bytes; r0 = 0; exit`,
      "at its middle": `${FROM_VALUE}${READ.replace("r3 += -16", "r3 += -8")}${RETURN.slice(2)}`,
      "data not checked": `${FROM_VALUE}${DATA}r1 = *(u64 *)(r0 +0); r0 = 0; exit`,
      "data beyond": `${FROM_VALUE}${DATA}if r0 == 0 goto out; r1 = *(u64 *)(r0 +8)${OUT}`,
      "data of an unknown size": `r6 = *(u32 *)(r1 +0); ${FROM_VALUE}${DATA.replace("r3 = 8", "r3 = r6")}if r0 == 0 goto out; r1 = *(u64 *)(r0 +0)${OUT}`,
      "data after it was overwritten": `${FROM_VALUE}${DATA}if r0 == 0 goto out; *(u64 *)(r10 -16) = 0; r1 = *(u64 *)(r0 +0)${OUT}`,
      "data after it was made anew": `${FROM_VALUE}${DATA}if r0 == 0 goto out; r6 = r0; ${FROM_VALUE}r1 = *(u64 *)(r6 +0)${OUT}`,
      "copied by hand": `${FROM_VALUE}r1 = *(u64 *)(r10 -16); *(u64 *)(r10 -32) = r1; r0 = 0; exit`,
      "submitted though it is no record": `${FROM_VALUE}${SUBMIT}r0 = 0; exit`,
      "read of too much into the stack": `${FROM_VALUE}${READ.replace("r2 = 8", "r2 = 64")}${RETURN.slice(2)}`,
      "on one path only": `r6 = *(u32 *)(r1 +0); if r6 == 0 goto a; ${FROM_VALUE}a: ${READ}${RETURN.slice(2)}`,
    },
  )
  .rule(
    "of records",
    {
      submitted: `${RESERVE}${SUBMIT}r0 = 0; exit`,
      discarded: `${RESERVE}${DISCARD}r0 = 0; exit`,
      "written, submitted": `${RESERVE}${WRITE}${SUBMIT}r0 = 0; exit`,
      "failure or not": `${RESERVE}if r0 != 0 goto a; ${SUBMIT}goto out; a: ${DISCARD}${OUT}`,
      "its data": `${RESERVE}${DATA}if r0 == 0 goto a; *(u64 *)(r0 +0) = 1; a: ${SUBMIT}r0 = 0; exit`,
      "of an unknown size": `r2 = *(u32 *)(r1 +0); r1 = map ringbuf; r3 = 0; r4 = r10; r4 += -16; call bpf_ringbuf_reserve_dynptr; ${DISCARD}r0 = 0; exit`,
      "used again": `${RESERVE}${DISCARD}${RESERVE}${DISCARD}r0 = 0; exit`,
      "submitted by a function": `${RESERVE}r1 = r10; r1 += -16; call sub; r0 = 0; exit; sub: r2 = 0; call bpf_ringbuf_submit_dynptr; r0 = 0; exit`,
    },
    {
      "not submitted": `${RESERVE}r0 = 0; exit`,
      "not discarded on failure": `${RESERVE}if r0 != 0 goto out; ${SUBMIT}${OUT}`,
      "submitted twice": `${RESERVE}${SUBMIT}${SUBMIT}r0 = 0; exit`,
      "used after": `${RESERVE}${SUBMIT}${READ}r0 = 0; exit`,
      "data after": `${RESERVE}${DATA}r6 = r0; if r0 == 0 goto a; ${SUBMIT}r1 = *(u64 *)(r6 +0); goto out; a: ${SUBMIT}${OUT}`,
      overwritten: `${RESERVE}*(u64 *)(r10 -16) = 0; r0 = 0; exit`,
      "reserved over itself": `${RESERVE}${RESERVE}${SUBMIT}r0 = 0; exit`,
      "in a loop": `r6 = 0; a: ${RESERVE}r6 += 1; if r6 < 3 goto a; r0 = 0; exit`,
      "in a hash": `r1 = map hash8; r2 = 16; r3 = 0; r4 = r10; r4 += -16; call bpf_ringbuf_reserve_dynptr; ${SUBMIT}r0 = 0; exit`,
      "left by a function": `call sub; r0 = 0; exit; sub: ${RESERVE}r0 = 0; exit`,
      "leaked before a tail call": `r6 = r1; ${RESERVE}r1 = r6; r2 = map programs; r3 = 0; call bpf_tail_call; ${SUBMIT}r0 = 0; exit`,
    },
  )
  .rule(
    "of packets",
    {
      read: `${FROM_SKB}${READ}r0 = 0; exit`,
      written: `${FROM_SKB}${WRITE}r0 = 0; exit`,
      "a slice": `${FROM_SKB}r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -32; r4 = 8; call kfunc bpf_dynptr_slice; if r0 == 0 goto out; r1 = *(u64 *)(r0 +0)${OUT}`,
      "a slice to write": `${FROM_SKB}r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -32; r4 = 8; call kfunc bpf_dynptr_slice_rdwr; if r0 == 0 goto out; *(u64 *)(r0 +0) = 1${OUT}`,
      "a slice without a buffer": `${FROM_SKB}r1 = r10; r1 += -16; r2 = 0; r3 = 0; r4 = 8; call kfunc bpf_dynptr_slice; if r0 == 0 goto out; r1 = *(u64 *)(r0 +0)${OUT}`,
      "its size": `${FROM_SKB}r1 = r10; r1 += -16; call kfunc bpf_dynptr_size; r0 = 0; exit`,
      adjusted: `${FROM_SKB}r1 = r10; r1 += -16; r2 = 4; r3 = 8; call kfunc bpf_dynptr_adjust; r0 = 0; exit`,
      cloned: `${FROM_SKB}r1 = r10; r1 += -16; r2 = r10; r2 += -48; call kfunc bpf_dynptr_clone; r0 = 0; exit`,
      "is it null": `${FROM_SKB}r1 = r10; r1 += -16; call kfunc bpf_dynptr_is_null; r0 = 0; exit`,
      "is it read-only": `${FROM_SKB}r1 = r10; r1 += -16; call kfunc bpf_dynptr_is_rdonly; r0 = 0; exit`,
      copied: `${FROM_SKB}${FROM_VALUE.replace("-16", "-48")}r1 = r10; r1 += -48; r2 = 0; r3 = r10; r3 += -16; r4 = 0; r5 = 8; call kfunc bpf_dynptr_copy; r0 = 0; exit`,
      filled: `${FROM_SKB}r1 = r10; r1 += -16; r2 = 0; r3 = 8; r4 = 0; call kfunc bpf_dynptr_memset; r0 = 0; exit`,
      data: `${FROM_SKB}${DATA}r0 = 0; exit`,
    },
    {
      "a slice not checked": `${FROM_SKB}r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -32; r4 = 8; call kfunc bpf_dynptr_slice; r1 = *(u64 *)(r0 +0); r0 = 0; exit`,
      "a slice written": `${FROM_SKB}r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -32; r4 = 8; call kfunc bpf_dynptr_slice; if r0 == 0 goto out; *(u64 *)(r0 +0) = 1${OUT}`,
      "a slice beyond": `${FROM_SKB}r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -32; r4 = 8; call kfunc bpf_dynptr_slice; if r0 == 0 goto out; r1 = *(u64 *)(r0 +8)${OUT}`,
      "a slice of an unknown size": `r6 = *(u32 *)(r1 +0); r6 &= 7; ${FROM_SKB}r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -32; r4 = r6; call kfunc bpf_dynptr_slice; r0 = 0; exit`,
      "a slice with a small buffer": `${FROM_SKB}r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -4; r4 = 8; call kfunc bpf_dynptr_slice; r0 = 0; exit`,
      "a slice after the packet moved": `r6 = r1; ${FROM_SKB}r1 = r10; r1 += -16; r2 = 0; r3 = 0; r4 = 8; call kfunc bpf_dynptr_slice; if r0 == 0 goto out; r7 = r0; r1 = r6; r2 = 0; call bpf_skb_pull_data; r1 = *(u64 *)(r7 +0)${OUT}`,
      "a slice after a write": `${FROM_SKB}r1 = r10; r1 += -16; r2 = 0; r3 = 0; r4 = 8; call kfunc bpf_dynptr_slice; if r0 == 0 goto out; r7 = r0; ${WRITE}r1 = *(u64 *)(r7 +0)${OUT}`,
      "packet pointers after a write": `r7 = *(u32 *)(r1 +76); r8 = *(u32 *)(r1 +80); r2 = r7; r2 += 14; if r2 > r8 goto out; ${FROM_SKB}${WRITE}r1 = *(u8 *)(r7 +0)${OUT}`,
      "of the stack": `r1 = r10; ${FROM_SKB}r0 = 0; exit`,
      "flags that are not zero": `${FROM_SKB.replace("r2 = 0", "r2 = r10")}r0 = 0; exit`,
      "cloned from nothing": `r1 = r10; r1 += -16; r2 = r10; r2 += -48; call kfunc bpf_dynptr_clone; r0 = 0; exit`,
      "adjusted without one": `r1 = r10; r1 += -16; r2 = 4; r3 = 8; call kfunc bpf_dynptr_adjust; r0 = 0; exit`,
      "cloned onto itself": `${RESERVE}r1 = r10; r1 += -16; r2 = r10; r2 += -16; call kfunc bpf_dynptr_clone; ${SUBMIT}r0 = 0; exit`,
      "a clone submitted, then the first": `${RESERVE}r1 = r10; r1 += -16; r2 = r10; r2 += -48; call kfunc bpf_dynptr_clone; r1 = r10; r1 += -48; r2 = 0; call bpf_ringbuf_submit_dynptr; ${SUBMIT}r0 = 0; exit`,
      "a clone read after the first was submitted": `${RESERVE}r1 = r10; r1 += -16; r2 = r10; r2 += -48; call kfunc bpf_dynptr_clone; ${SUBMIT}r1 = r10; r1 += -32; r2 = 8; r3 = r10; r3 += -48; r4 = 0; r5 = 0; call bpf_dynptr_read; r0 = 0; exit`,
    },
  )
  .rule(
    "clones of records",
    {
      "submitted through the clone": `${RESERVE}r1 = r10; r1 += -16; r2 = r10; r2 += -48; call kfunc bpf_dynptr_clone; r1 = r10; r1 += -48; r2 = 0; call bpf_ringbuf_submit_dynptr; r0 = 0; exit`,
    },
    { "neither submitted": `${RESERVE}r1 = r10; r1 += -16; r2 = r10; r2 += -48; call kfunc bpf_dynptr_clone; r0 = 0; exit` },
  );

dynptrs
  .rule(
    "of XDP",
    {
      made: "r2 = 0; r3 = r10; r3 += -16; call kfunc bpf_dynptr_from_xdp; r0 = 2; exit",
      "a slice":
        "r2 = 0; r3 = r10; r3 += -16; call kfunc bpf_dynptr_from_xdp; r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -32; r4 = 8; call kfunc bpf_dynptr_slice_rdwr; if r0 == 0 goto out; *(u64 *)(r0 +0) = 1; out: r0 = 2; exit",
    },
    { "of an skb": `${FROM_SKB}r0 = 2; exit` },
    { type: "xdp" },
  )
  .rule(
    "of packets in filters",
    { read: `${FROM_SKB}${READ}r0 = 0; exit` },
    {
      "a slice to write": `${FROM_SKB}r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -32; r4 = 8; call kfunc bpf_dynptr_slice_rdwr; r0 = 0; exit`,
      "of XDP": "r2 = 0; r3 = r10; r3 += -16; call kfunc bpf_dynptr_from_xdp; r0 = 0; exit",
    },
    { type: "socket_filter" },
  )
  .rule("of packets in tracing", {}, { "of an skb": `${FROM_SKB}r0 = 0; exit` }, { type: "kprobe" })
  .rule("of metadata", { made: "r2 = 0; r3 = r10; r3 += -16; call kfunc bpf_dynptr_from_skb_meta; r0 = 0; exit" }, {});

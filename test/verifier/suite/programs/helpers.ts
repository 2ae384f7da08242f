/** Arguments and results of helpers, atomics, tail calls, returns of program types. */

import { Rules } from "../case.ts";
import { lookup, lookup8, OUT, value } from "./text.ts";

export const helpers = new Rules("core");

const RETURN = "; r0 = 0; exit";
const KEY = "*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; ";
const KEY8 = "*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; ";
const VALUE = "*(u64 *)(r10 -16) = 0; r3 = r10; r3 += -16; ";

helpers
  .rule(
    "helper numbers",
    { "5": `call bpf_ktime_get_ns${RETURN}` },
    {
      "0": `raw 85 00 0000 00000000${RETURN}`,
      "1000": `raw 85 00 0000 e8030000${RETURN}`,
      "-1": `raw 85 00 0000 ffffffff${RETURN}`,
      "212": `raw 85 00 0000 d4000000${RETURN}`,
      "of another type of program": `call bpf_xdp_adjust_head${RETURN}`,
      "of tracing": `call bpf_get_stackid${RETURN}`,
    },
  )
  .rule(
    "registers after a call",
    { "r6 to r9": `r6 = 1; call bpf_ktime_get_ns; r0 = r6; exit` },
    {
      r1: "r1 = 1; call bpf_ktime_get_ns; r0 = r1; exit",
      r5: "r5 = 1; call bpf_ktime_get_ns; r0 = r5; exit",
      "context in r1": "call bpf_ktime_get_ns; r0 = *(u32 *)(r1 +0); exit",
      "the old r0": "r0 = r10; call bpf_ktime_get_ns; r0 = *(u64 *)(r0 -8); exit",
    },
  )
  .rule(
    "arguments",
    {
      all: `${KEY}r1 = map array8; call bpf_map_lookup_elem${RETURN}`,
      "one that is not used": `r1 = r10; call bpf_ktime_get_ns${RETURN}`,
    },
    {
      "r1 not set": `${KEY}r3 = r1; r1 = map array8; r1 = r4; call bpf_map_lookup_elem${RETURN}`,
      "r2 not set": `r1 = map array8; call bpf_map_lookup_elem${RETURN}`,
      "number for a map": `${KEY}r1 = 0; call bpf_map_lookup_elem${RETURN}`,
      "context for a map": `${KEY}call bpf_map_lookup_elem${RETURN}`,
      "number for a key": `r2 = 0; r1 = map array8; call bpf_map_lookup_elem${RETURN}`,
      "context for a key": `r2 = r1; r1 = map array8; call bpf_map_lookup_elem${RETURN}`,
      "value that may be null for a key": `${lookup("array8")}r2 = r0; r1 = map array8; call bpf_map_lookup_elem${RETURN}`,
      "key beyond the stack": `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -2; r1 = map array8; call bpf_map_lookup_elem${RETURN}`,
      "key at the frame pointer": `r2 = r10; r1 = map array8; call bpf_map_lookup_elem${RETURN}`,
      "key below the stack": `r2 = r10; r2 += -516; r1 = map array8; call bpf_map_lookup_elem${RETURN}`,
      "key beyond a value": `${value("array4")}r2 = r0; r2 += 2; r1 = map array8; call bpf_map_lookup_elem${OUT}`,
      "the address of a value for a map": `${KEY}r1 = value array8; call bpf_map_lookup_elem${RETURN}`,
    },
  )
  .rule(
    "updates",
    {
      "from the stack": `${KEY}${VALUE}r4 = 0; r1 = map array8; call bpf_map_update_elem${RETURN}`,
      "from another value": `${value("array8")}r3 = r0; ${KEY}r4 = 0; r1 = map array8; call bpf_map_update_elem${OUT}`,
      deleted: `${KEY8}r1 = map hash8; call bpf_map_delete_elem${RETURN}`,
      "flags are any number": `${KEY}${VALUE}r4 = 77; r1 = map array8; call bpf_map_update_elem${RETURN}`,
    },
    {
      "value beyond the stack": `${KEY}r3 = r10; r3 += -4; r4 = 0; r1 = map array8; call bpf_map_update_elem${RETURN}`,
      "value is null": `${KEY}r3 = 0; r4 = 0; r1 = map array8; call bpf_map_update_elem${RETURN}`,
      "value too small": `${value("array4")}r3 = r0; ${KEY}r4 = 0; r1 = map array8; call bpf_map_update_elem${OUT}`,
      "value may be null": `${lookup("array8")}r3 = r0; ${KEY}r4 = 0; r1 = map array8; call bpf_map_update_elem${RETURN}`,
      "flags not set": `${KEY}${VALUE}r1 = map array8; call bpf_map_update_elem${RETURN}`,
      "flags are a pointer of nothing": `${KEY}${VALUE}r4 = r5; r1 = map array8; call bpf_map_update_elem${RETURN}`,
    },
  )
  .rule(
    "kinds of maps",
    {
      "lookup in a per-CPU array": `${lookup("percpu_array")}r0 = 0; exit`,
      "lookup in an LRU": `${lookup8("lru")}r0 = 0; exit`,
      "lookup in a trie": `${lookup8("lpm")}r0 = 0; exit`,
      "push to a queue": `*(u64 *)(r10 -8) = 1; r2 = r10; r2 += -8; r3 = 0; r1 = map queue; call bpf_map_push_elem${RETURN}`,
      "pop of a stack": `r2 = r10; r2 += -8; r1 = map stack; call bpf_map_pop_elem${RETURN}`,
      "peek of a bloom filter": `*(u64 *)(r10 -8) = 1; r2 = r10; r2 += -8; r1 = map bloom; call bpf_map_peek_elem${RETURN}`,
      "push to a bloom filter": `*(u64 *)(r10 -8) = 1; r2 = r10; r2 += -8; r3 = 0; r1 = map bloom; call bpf_map_push_elem${RETURN}`,
      "lookup of another CPU": `${KEY}r3 = 0; r1 = map percpu_array; call bpf_map_lookup_percpu_elem${RETURN}`,
    },
    {
      "lookup in a queue": `${KEY}r1 = map queue; call bpf_map_lookup_elem${RETURN}`,
      "lookup in a program array": `${KEY}r1 = map programs; call bpf_map_lookup_elem${RETURN}`,
      "lookup in a stack trace map": `${KEY}r1 = map stacks; call bpf_map_lookup_elem${RETURN}`,
      "lookup in a perf event array": `${KEY}r1 = map events; call bpf_map_lookup_elem${RETURN}`,
      "lookup in a cgroup array": `${KEY}r1 = map cgroups; call bpf_map_lookup_elem${RETURN}`,
      "lookup in a ring buffer": `${KEY}r1 = map ringbuf; call bpf_map_lookup_elem${RETURN}`,
      "lookup in a CPU map": `${KEY}r1 = map cpus; call bpf_map_lookup_elem${RETURN}`,
      "lookup in a bloom filter": `${KEY}r1 = map bloom; call bpf_map_lookup_elem${RETURN}`,
      "update of a device map": `${KEY}${VALUE}r4 = 0; r1 = map devices; call bpf_map_update_elem${RETURN}`,
      "push to a hash": `*(u64 *)(r10 -8) = 1; r2 = r10; r2 += -8; r3 = 0; r1 = map hash8; call bpf_map_push_elem${RETURN}`,
      "pop of a bloom filter": `r2 = r10; r2 += -8; r1 = map bloom; call bpf_map_pop_elem${RETURN}`,
      "lookup of another CPU in a hash": `${KEY8}r3 = 0; r1 = map hash8; call bpf_map_lookup_percpu_elem${RETURN}`,
      "tail call into an array": `r2 = map array8; r3 = 0; call bpf_tail_call${RETURN}`,
      "perf event output to an array": `*(u64 *)(r10 -8) = 0; r4 = r10; r4 += -8; r5 = 8; r3 = 0; r2 = map array8; call bpf_perf_event_output${RETURN}`,
      "ring buffer output to a hash": `*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r3 = 8; r4 = 0; r1 = map hash8; call bpf_ringbuf_output${RETURN}`,
    },
  )
  .rule(
    "inner maps",
    {
      "lookup in an inner map": `${value("outer")}r1 = r0; ${KEY}call bpf_map_lookup_elem; if r0 == 0 goto out; r1 = *(u64 *)(r0 +40)${OUT}`,
      "of a hash of maps": `*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map outer_hash; call bpf_map_lookup_elem; if r0 == 0 goto out; r1 = r0; r2 = r10; r2 += -8; call bpf_map_lookup_elem${OUT}`,
      "inner value not checked": `${value("outer")}r1 = r0; ${KEY}call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0)${OUT}`,
      "the inner map as a value": `${value("outer")}r1 = *(u64 *)(r0 +0)${OUT}`,
    },
    {
      "inner map not checked": `${lookup("outer")}r1 = r0; ${KEY}call bpf_map_lookup_elem${RETURN}`,

      "inner value beyond its end": `${value("outer")}r1 = r0; ${KEY}call bpf_map_lookup_elem; if r0 == 0 goto out; r1 = *(u64 *)(r0 +48)${OUT}`,

      "the inner map written": `${value("outer")}*(u64 *)(r0 +0) = 1${OUT}`,
      "the inner map moved": `${value("outer")}r0 += 8; r1 = r0; ${KEY}call bpf_map_lookup_elem${OUT}`,
      "update of the outer map": `${KEY}${VALUE}r4 = 0; r1 = map outer; call bpf_map_update_elem${RETURN}`,
    },
  )
  .rule(
    "sizes",
    {
      "a constant": `*(u64 *)(r10 -8) = 0; r4 = r10; r4 += -8; r5 = 8; r3 = 0; r2 = map events; call bpf_perf_event_output${RETURN}`,
      bounded: `r6 = r1; *(u64 *)(r10 -8) = 0; r4 = r10; r4 += -8; r5 = *(u32 *)(r1 +0); r5 &= 7; r5 += 1; r3 = 0; r2 = map events; call bpf_perf_event_output${RETURN}`,
      "zero where it may be": `r4 = r10; r4 += -8; *(u64 *)(r10 -8) = 0; r5 = 0; r3 = 0; r2 = map events; call bpf_perf_event_output${RETURN}`,
      "output to uninitialised stack": `r2 = 0; r3 = r10; r3 += -16; r4 = 16; call bpf_skb_load_bytes${RETURN}`,
      "output, then read": `r2 = 0; r3 = r10; r3 += -16; r4 = 16; call bpf_skb_load_bytes; r0 = *(u64 *)(r10 -16); exit`,
      "output into a value": `r6 = r1; ${value("array48")}r1 = r6; r2 = 0; r3 = r0; r4 = 48; call bpf_skb_load_bytes${OUT}`,
      "bounded by a comparison": `r4 = *(u32 *)(r1 +0); if r4 > 16 goto out; if r4 == 0 goto out; r2 = 0; r3 = r10; r3 += -16; call bpf_skb_load_bytes${OUT}`,
    },
    {
      "beyond the stack": `*(u64 *)(r10 -8) = 0; r4 = r10; r4 += -8; r5 = 9; r3 = 0; r2 = map events; call bpf_perf_event_output${RETURN}`,
      negative: `*(u64 *)(r10 -8) = 0; r4 = r10; r4 += -8; r5 = -1; r3 = 0; r2 = map events; call bpf_perf_event_output${RETURN}`,
      unbounded: `*(u64 *)(r10 -8) = 0; r4 = r10; r4 += -8; r5 = *(u32 *)(r1 +0); r3 = 0; r2 = map events; call bpf_perf_event_output${RETURN}`,
      "zero where it may not be": `r2 = 0; r3 = r10; r3 += -16; r4 = 0; call bpf_skb_load_bytes${RETURN}`,
      "maybe zero": `r4 = *(u32 *)(r1 +0); r4 &= 15; r2 = 0; r3 = r10; r3 += -16; call bpf_skb_load_bytes${RETURN}`,
      "signed, upper bound only": `r6 = r1; call bpf_ktime_get_ns; r4 = r0; if r4 s> 16 goto out; r1 = r6; r2 = 0; r3 = r10; r3 += -16; call bpf_skb_load_bytes${OUT}`,
      "output beyond a value": `r6 = r1; ${value("array48")}r1 = r6; r2 = 0; r3 = r0; r4 = 49; call bpf_skb_load_bytes${OUT}`,
      "output into the context": `r2 = 0; r3 = r1; r4 = 16; call bpf_skb_load_bytes${RETURN}`,
      "output at null": `r2 = 0; r3 = 0; r4 = 16; call bpf_skb_load_bytes${RETURN}`,
      "output into constants": `r6 = r1; r3 = value constants; r2 = 0; r4 = 16; call bpf_skb_load_bytes${RETURN}`,
      "a pointer as size": `r2 = 0; r3 = r10; r3 += -16; r4 = r10; call bpf_skb_load_bytes${RETURN}`,
      "size not set": `r2 = 0; r3 = r10; r3 += -16; call bpf_skb_load_bytes${RETURN}`,
      "output over a spilled pointer that is used": `*(u64 *)(r10 -16) = r1; r2 = 0; r3 = r10; r3 += -16; r4 = 16; call bpf_skb_load_bytes; r2 = *(u64 *)(r10 -16); r0 = *(u32 *)(r2 +0); exit`,
      "variable offset and size": `r4 = *(u32 *)(r1 +0); r4 &= 8; r3 = r10; r3 -= 16; r3 += r4; r4 = 16; r2 = 0; call bpf_skb_load_bytes${RETURN}`,
    },
  )
  .rule(
    "null with size",
    { "null and zero": `r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; call bpf_csum_diff${RETURN}` },
    {
      "null and a size": `r1 = 0; r2 = 8; r3 = 0; r4 = 0; r5 = 0; call bpf_csum_diff${RETURN}`,
      "null and an unknown size": `r2 = *(u32 *)(r1 +0); r2 &= 8; r1 = 0; r3 = 0; r4 = 0; r5 = 0; call bpf_csum_diff${RETURN}`,
      "a number that is not null": `r1 = 1; r2 = 0; r3 = 0; r4 = 0; r5 = 0; call bpf_csum_diff${RETURN}`,
    },
    { type: "sched_cls" },
  )
  .rule(
    "format strings",
    {
      "from the stack": `*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 8; call bpf_trace_printk${RETURN}`,
      "from constants": `r1 = value constants; r2 = 8; call bpf_trace_printk${RETURN}`,

      "comparison with a constant": `*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 8; r3 = value constants; call bpf_strncmp${RETURN}`,
      "number of a text": `*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 8; r3 = 10; r4 = r10; r4 += -16; call bpf_strtol${RETURN}`,
    },
    {
      "of no length": `*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 0; call bpf_trace_printk${RETURN}`,
      "snprintf from a writable map": `r1 = r10; r1 += -16; r2 = 16; r3 = value array48; r4 = 0; r5 = 0; call bpf_snprintf${RETURN}`,
      "snprintf from the stack": `*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -16; r2 = 16; r3 = r10; r3 += -8; r4 = 0; r5 = 0; call bpf_snprintf${RETURN}`,
      "snprintf without an end": `r1 = r10; r1 += -16; r2 = 16; r3 = value endless; r4 = 0; r5 = 0; call bpf_snprintf${RETURN}`,
      "snprintf with a bad format": `r1 = r10; r1 += -16; r2 = 16; r3 = value format; r4 = 0; r5 = 0; call bpf_snprintf${RETURN}`,
      "snprintf at a variable place": `r6 = *(u32 *)(r1 +0); r6 &= 7; r1 = r10; r1 += -16; r2 = 16; r3 = value constants; r3 += r6; r4 = 0; r5 = 0; call bpf_snprintf${RETURN}`,
      "snprintf with an odd size of data": `*(u64 *)(r10 -24) = 0; r1 = r10; r1 += -16; r2 = 16; r3 = value constants; r4 = r10; r4 += -24; r5 = 7; call bpf_snprintf${RETURN}`,
      "comparison with a map that changes": `*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 8; r3 = value readonly; call bpf_strncmp${RETURN}`,
      "copied by snprintf": `r1 = r10; r1 += -16; r2 = 16; r3 = value constants; r4 = 0; r5 = 0; call bpf_snprintf${RETURN}`,
    },
  )
  .rule(
    "numbers of texts",
    {},
    {
      "result misaligned": `*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 8; r3 = 10; r4 = r10; r4 += -12; call bpf_strtol${RETURN}`,
      "result beyond the stack": `*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 8; r3 = 10; r4 = r10; r4 += -4; call bpf_strtol${RETURN}`,
    },
  )
  .rule(
    "results",
    {
      "a CPU number is small": `call bpf_get_smp_processor_id; r1 = value array4096; if r0 > 4000 goto out; r1 += r0; r2 = *(u8 *)(r1 +0)${OUT}`,
      "error of skb_load_bytes": `r2 = 0; r3 = r10; r3 += -8; r4 = 8; call bpf_skb_load_bytes; if r0 == 0 goto +0${RETURN}`,
    },
    {
      "any number is not small": `call bpf_get_prandom_u32; r1 = value array48; r1 += r0; r2 = *(u8 *)(r1 +0)${RETURN}`,
      "time as a pointer": `call bpf_ktime_get_ns; r1 = *(u64 *)(r0 +0)${RETURN}`,
    },
  )
  .rule(
    "atomics",
    {
      "add to the stack": `*(u64 *)(r10 -8) = 1; r1 = 1; lock *(u64 *)(r10 -8) += r1${RETURN}`,
      "32 bits": `*(u64 *)(r10 -8) = 1; r1 = 1; lock *(u32 *)(r10 -8) += r1${RETURN}`,
      fetch: `*(u64 *)(r10 -8) = 1; r1 = 1; r1 = atomic64_fetch_add((u64 *)(r10 -8), r1); r0 = r1; exit`,
      exchange: `*(u64 *)(r10 -8) = 1; r1 = 1; r1 = atomic64_xchg((u64 *)(r10 -8), r1); r0 = r1; exit`,
      "compare and exchange": `*(u64 *)(r10 -8) = 1; r0 = 1; r1 = 2; r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r1); exit`,
      "in a value": `${value("array48")}r1 = 1; lock *(u64 *)(r0 +40) += r1${OUT}`,
      "and, or, xor": `*(u64 *)(r10 -8) = 1; r1 = 1; lock *(u64 *)(r10 -8) &= r1; lock *(u64 *)(r10 -8) |= r1; lock *(u64 *)(r10 -8) ^= r1${RETURN}`,
      "fetch of 32 bits": `*(u64 *)(r10 -8) = 1; w1 = 1; w1 = atomic_fetch_or((u32 *)(r10 -8), w1)${RETURN}`,
      "a pointer added, privileged": `*(u64 *)(r10 -8) = 1; lock *(u64 *)(r10 -8) += r10${RETURN}`,
      "the fetched used as a pointer": `*(u64 *)(r10 -8) = r10; r1 = 0; r1 = atomic64_fetch_add((u64 *)(r10 -8), r1); r0 = *(u64 *)(r1 -8); exit`,
    },
    {
      "beyond the stack": `r1 = 1; lock *(u64 *)(r10 +0) += r1${RETURN}`,
      misaligned: `*(u64 *)(r10 -8) = 1; r1 = 1; lock *(u64 *)(r10 -12) += r1${RETURN}`,
      "8 bits": `*(u64 *)(r10 -8) = 1; r1 = 1; raw d3 1a f8ff 00000000${RETURN}`,
      "16 bits": `*(u64 *)(r10 -8) = 1; r1 = 1; raw cb 1a f8ff 00000000${RETURN}`,
      "operand not set": `*(u64 *)(r10 -8) = 1; lock *(u64 *)(r10 -8) += r2${RETURN}`,
      "r0 not set": `*(u64 *)(r10 -8) = 1; r1 = 2; r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r1); exit`,
      subtraction: `*(u64 *)(r10 -8) = 1; r1 = 1; raw db 1a f8ff 10000000${RETURN}`,
      "exchange without fetch": `*(u64 *)(r10 -8) = 1; r1 = 1; raw db 1a f8ff e0000000${RETURN}`,
      "compare and exchange without fetch": `*(u64 *)(r10 -8) = 1; r1 = 1; r0 = 1; raw db 1a f8ff f0000000${RETURN}`,
      shift: `*(u64 *)(r10 -8) = 1; r1 = 1; raw db 1a f8ff 60000000${RETURN}`,
      "fetch into the frame pointer": `*(u64 *)(r10 -8) = 1; raw db aa f8ff 01000000${RETURN}`,
      "in a value, beyond": `${value("array48")}r1 = 1; lock *(u64 *)(r0 +48) += r1${OUT}`,
      "in a value, misaligned": `${value("array48")}r1 = 1; lock *(u64 *)(r0 +4) += r1${OUT}`,
      "in constants": `r2 = value constants; r1 = 1; lock *(u64 *)(r2 +0) += r1${RETURN}`,
      "context, 64 bits": `r1 += 0; r2 = 1; lock *(u64 *)(r1 +48) += r2${RETURN}`,

      "exchanged pointer comes back as a number": `*(u64 *)(r10 -8) = 0; r1 = r10; r1 = atomic64_xchg((u64 *)(r10 -8), r1); r2 = *(u64 *)(r10 -8); r0 = *(u64 *)(r2 -8); exit`,
      "compared with a pointer, result as a pointer": `*(u64 *)(r10 -8) = 0; r0 = r10; r1 = 0; r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r1); r0 = *(u64 *)(r0 -8); exit`,
    },
  )
  .rule(
    "acquire and release",
    {
      load: `*(u64 *)(r10 -8) = 1; r0 = load_acquire((u64 *)(r10 -8)); exit`,
      store: `r1 = 1; store_release((u64 *)(r10 -8), r1)${RETURN}`,
      "8 bits": `*(u64 *)(r10 -8) = 1; w0 = load_acquire((u8 *)(r10 -8)); exit`,
      "a spilled pointer comes back": `*(u64 *)(r10 -8) = r1; r2 = load_acquire((u64 *)(r10 -8)); r0 = *(u32 *)(r2 +0); exit`,
      "a spilled pointer goes": `store_release((u64 *)(r10 -8), r1); r2 = *(u64 *)(r10 -8); r0 = *(u32 *)(r2 +0); exit`,
      "in a value": `${value("array48")}r1 = load_acquire((u64 *)(r0 +40))${OUT}`,
    },
    {
      "load beyond": `r0 = load_acquire((u64 *)(r10 +0)); exit`,
      "load misaligned": `*(u64 *)(r10 -8) = 1; *(u64 *)(r10 -16) = 1; r0 = load_acquire((u64 *)(r10 -12)); exit`,
      "load of the context": `r0 = load_acquire((u32 *)(r1 +0)); exit`,
      "store into the context": `w2 = 1; store_release((u32 *)(r1 +48), w2)${RETURN}`,
      "store of nothing": `store_release((u64 *)(r10 -8), r2)${RETURN}`,
      "load from nothing": `r0 = load_acquire((u64 *)(r2 +0)); exit`,
      "load into the frame pointer": `*(u64 *)(r10 -8) = 1; raw db aa f8ff 00010000${RETURN}`,
      "store into constants": `r2 = value constants; r1 = 1; store_release((u64 *)(r2 +0), r1)${RETURN}`,
    },
  )
  .rule(
    "tail calls",
    {
      "a constant": `r2 = map programs; r3 = 0; call bpf_tail_call${RETURN}`,
      "an unknown index": `r3 = *(u32 *)(r1 +0); r2 = map programs; call bpf_tail_call${RETURN}`,
      "beyond the array": `r2 = map programs; r3 = 100; call bpf_tail_call${RETURN}`,
    },
    {
      "without the context": `r1 = r10; r2 = map programs; r3 = 0; call bpf_tail_call${RETURN}`,
      "with a changed context": `r1 += 4; r2 = map programs; r3 = 0; call bpf_tail_call${RETURN}`,
      "number for a map": `r2 = 0; r3 = 0; call bpf_tail_call${RETURN}`,
      "index not set": `r2 = map programs; call bpf_tail_call${RETURN}`,
      "r0 afterwards": `r2 = map programs; r3 = 0; call bpf_tail_call; exit`,
      "of two maps in one call": `r6 = *(u32 *)(r1 +0); r2 = map programs; if r6 == 0 goto +2; r2 = map array8; r3 = 0; call bpf_tail_call${RETURN}`,
    },
  );

// What programs may return.
const numbers = { "0": "r0 = 0; exit", "1": "r0 = 1; exit" };
const unknownNumber = "call bpf_get_prandom_u32; exit";
helpers
  .rule(
    "returns of cgroup_sock",
    numbers,
    { "2": "r0 = 2; exit", unknown: unknownNumber, "-1": "r0 = -1; exit" },
    { type: "cgroup_sock", attachType: "cgroup_inet_sock_create" },
  )
  .rule("returns of cgroup_device", numbers, { "2": "r0 = 2; exit" }, { type: "cgroup_device", attachType: "cgroup_device" })
  .rule("returns of cgroup_sysctl", numbers, { "2": "r0 = 2; exit" }, { type: "cgroup_sysctl", attachType: "cgroup_sysctl" })
  .rule(
    "returns of cgroup_sockopt",
    numbers,
    { "2": "r0 = 2; exit" },
    { type: "cgroup_sockopt", attachType: "cgroup_setsockopt" },
  )
  .rule("returns of connect", numbers, { "2": "r0 = 2; exit" }, { type: "cgroup_sock_addr", attachType: "cgroup_inet4_connect" })
  .rule(
    "returns of bind",
    { ...numbers, "3": "r0 = 3; exit" },
    { "4": "r0 = 4; exit" },
    { type: "cgroup_sock_addr", attachType: "cgroup_inet4_bind" },
  )
  .rule(
    "returns of recvmsg",
    { "1": "r0 = 1; exit" },
    { "0": "r0 = 0; exit" },
    { type: "cgroup_sock_addr", attachType: "cgroup_udp4_recvmsg" },
  )
  .rule("returns of sock_ops", numbers, { "2": "r0 = 2; exit" }, { type: "sock_ops", attachType: "cgroup_sock_ops" })
  .rule("returns of sk_lookup", numbers, { "2": "r0 = 2; exit" }, { type: "sk_lookup", attachType: "sk_lookup" })
  .rule("returns of netfilter", numbers, { "2": "r0 = 2; exit" }, { type: "netfilter", attachType: "netfilter" })
  .rule(
    "returns of raw tracepoints",
    { ...numbers, "2": "r0 = 2; exit", "a pointer": "r0 = r10; exit" },
    {},
    { type: "raw_tracepoint" },
  )
  .rule("returns of tracepoints", { "2": "r0 = 2; exit" }, {}, { type: "tracepoint" })
  .rule("returns of kprobes", { "7": "r0 = 7; exit", unknown: unknownNumber }, {}, { type: "kprobe" })
  .rule("returns of perf events", { "7": "r0 = 7; exit" }, {}, { type: "perf_event" })
  .rule(
    "returns of sk_skb",
    { "1": "r0 = 1; exit", "7": "r0 = 7; exit" },
    {},
    { type: "sk_skb", attachType: "sk_skb_stream_verdict" },
  )
  .rule("returns of sk_msg", { "1": "r0 = 1; exit", "7": "r0 = 7; exit" }, {}, { type: "sk_msg", attachType: "sk_msg_verdict" })
  .rule("returns of sk_reuseport", { "1": "r0 = 1; exit", "7": "r0 = 7; exit" }, {}, { type: "sk_reuseport" })
  .rule("returns of syscall programs", { any: "r0 = 7; exit" }, {}, { type: "syscall", flags: 16 })
  .rule("syscall programs must sleep", {}, { "not sleepable": "r0 = 0; exit" }, { type: "syscall" });

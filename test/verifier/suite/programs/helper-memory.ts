/** Memory and sizes that are handed to helpers, and what helpers leave in registers and packets. */

import { Rules } from "../case.ts";

const KEY = "r1 = 0; *(u32 *)(r10 -4) = r1; r2 = r10; r2 += -4;";

export const helperMemory = new Rules("core");

helperMemory
  .rule(
    "memory and its size",
    {
      "8 bytes": `*(u64 *)(r10 -8) = 0x6425; r1 = r10; r1 += -8; r2 = 8; call bpf_trace_printk; r0 = 0; exit`,
      "1 to 15 bytes": `r6 = *(u32 *)(r1 +16); *(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 0; r6 &= 15; if r6 == 0 goto e; r1 = r10; r1 += -16; r2 = r6; call bpf_trace_printk; e: r0 = 0; exit`,
      "no byte": `r1 = r10; r1 += -8; r2 = 0; r3 = 0; call bpf_probe_read_kernel; r0 = 0; exit`,
      "written by the helper": `r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_probe_read_kernel; r0 = *(u64 *)(r10 -8); r0 = 0; exit`,
      "0 to 7 bytes": `r6 = *(u32 *)(r1 +16); r6 &= 7; r1 = r10; r1 += -8; r2 = r6; r3 = 0; call bpf_probe_read_kernel; r0 = *(u64 *)(r10 -8); r0 = 0; exit`,
      "a text's length as an offset": `r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_probe_read_kernel_str; if r0 s< 0 goto e; r1 = r10; r1 += -8; r1 += r0; *(u8 *)(r1 -1) = 0; e: r0 = 0; exit`,
      "all of a value": `${KEY} r1 = map array48; call bpf_map_lookup_elem; if r0 == 0 goto e; r1 = r0; r2 = 48; r3 = 0; call bpf_probe_read_kernel; e: r0 = 0; exit`,
    },
    {
      "0 to 15 bytes where one is needed": `r6 = *(u32 *)(r1 +16); *(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 0; r6 &= 15; r1 = r10; r1 += -16; r2 = r6; call bpf_trace_printk; r0 = 0; exit`,
      "1 to 32 bytes of 16": `r6 = *(u32 *)(r1 +16); *(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 0; r6 &= 31; r6 += 1;r1 = r10; r1 += -16; r2 = r6; call bpf_trace_printk; r0 = 0; exit`,
      "32 unknown bits": `r6 = *(u32 *)(r1 +16); r6 += 1;r1 = r10; r1 += -16; r2 = r6; call bpf_trace_printk; r0 = 0; exit`,
      "64 unknown bits": `r6 = *(u64 *)(r10 -8); r1 = r10; r1 += -16; r2 = r6; call bpf_trace_printk; r0 = 0; exit`,
      "null, no byte": `r1 = 0; r2 = 0; r3 = 0; call bpf_probe_read_kernel; r0 = 0; exit`,
      "a spilled pointer written over": `*(u64 *)(r10 -8) = r1; r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_probe_read_kernel; r1 = *(u64 *)(r10 -8); r0 = *(u32 *)(r1 +0); r0 = 0; exit`,
      "one byte more than a value": `${KEY} r1 = map array48; call bpf_map_lookup_elem; if r0 == 0 goto e; r1 = r0; r2 = 49; r3 = 0; call bpf_probe_read_kernel; e: r0 = 0; exit`,
      "a read-only value written": `${KEY} r1 = map readonly; call bpf_map_lookup_elem; if r0 == 0 goto e; r1 = r0; r2 = 8; r3 = 0; call bpf_probe_read_kernel; e: r0 = 0; exit`,
      "a write-only value read": `${KEY} r1 = map writeonly; call bpf_map_lookup_elem; if r0 == 0 goto e; r1 = r0; r2 = 8; call bpf_trace_printk; e: r0 = 0; exit`,
      "a value with a lock": `${KEY} r1 = map lock; call bpf_map_lookup_elem; if r0 == 0 goto e; r1 = r0; r2 = 8; r3 = 0; call bpf_probe_read_kernel; e: r0 = 0; exit`,
      "a pointer as size": `r1 = r10; r1 += -8; r2 = r10; call bpf_trace_printk; r0 = 0; exit`,
    },
    { type: "xdp" },
  )
  .rule(
    "memory that may be null",
    {
      "twice null": `r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; call bpf_csum_diff; r0 = 0; exit`,
    },
    {
      "null with a size": `r1 = 0; r2 = 4; r3 = 0; r4 = 0; r5 = 0; call bpf_csum_diff; r0 = 0; exit`,
      "an unchecked packet": `r1 = *(u32 *)(r1 +0); r2 = 4; r3 = 0; r4 = 0; r5 = 0; call bpf_csum_diff; r0 = 0; exit`,
    },
    { type: "xdp" },
  )
  .rule(
    "memory of a known size",
    {
      fib_lookup: `r2 = r10; r2 += -64; *(u64 *)(r10 -64) = 0; *(u64 *)(r10 -56) = 0; *(u64 *)(r10 -48) = 0; *(u64 *)(r10 -40) = 0; *(u64 *)(r10 -32) = 0; *(u64 *)(r10 -24) = 0; *(u64 *)(r10 -16) = 0; *(u64 *)(r10 -8) = 0; r3 = 64; r4 = 0; call bpf_fib_lookup; r0 = 0; exit`,
      check_mtu: `r2 = 0; r3 = r10; r3 += -4; *(u32 *)(r10 -4) = 0; r4 = 0; r5 = 0; call bpf_check_mtu; r0 = 0; exit`,
      "check_mtu, not written": `r2 = 0; r3 = r10; r3 += -4; r4 = 0; r5 = 0; call bpf_check_mtu; r0 = 0; exit`,
    },
    {
      "check_mtu misaligned": `r2 = 0; r3 = r10; r3 += -6; *(u64 *)(r10 -8) = 0; r4 = 0; r5 = 0; call bpf_check_mtu; r0 = 0; exit`,
    },
    { type: "xdp" },
  )
  .rule(
    "memory of a known size",
    {
      strtol: `*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 8; r3 = 0; r4 = r10; r4 += -16; call bpf_strtol; r0 = *(u64 *)(r10 -16); r0 = 0; exit`,
    },
    {
      "strtol misaligned": `*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 8; r3 = 0; r4 = r10; r4 += -20; call bpf_strtol; r0 = 0; exit`,
    },
    { type: "cgroup_sysctl" },
  )
  .rule(
    "packets and helpers",
    {
      "loaded again after adjust_head": `r6 = r1; r2 = 4; call bpf_xdp_adjust_head; r7 = *(u32 *)(r6 +0); r8 = *(u32 *)(r6 +4); r2 = r7; r2 += 8; if r2 > r8 goto e;  r0 = *(u8 *)(r7 +0); e: r0 = 0; exit`,
    },
    {
      "lost by adjust_head": `r6 = r1; r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4); r2 = r7; r2 += 8; if r2 > r8 goto e; r2 = 4; call bpf_xdp_adjust_head; r0 = *(u8 *)(r7 +0); e: r0 = 0; exit`,
      "the end lost by adjust_head": `r6 = r1; r8 = *(u32 *)(r1 +4); r2 = 4; call bpf_xdp_adjust_head; r7 = *(u32 *)(r6 +0); r2 = r7; r2 += 8; if r2 > r8 goto e;  r0 = *(u8 *)(r7 +0); e: r0 = 0; exit`,
    },
    { type: "xdp" },
  )
  .rule(
    "packets and helpers",
    {
      "kept by load_bytes": `r6 = r1; r7 = *(u32 *)(r1 +76); r8 = *(u32 *)(r1 +80); r2 = r7; r2 += 8; if r2 > r8 goto e; r2 = 0; r3 = r10; r3 += -8; r4 = 8; call bpf_skb_load_bytes; r0 = *(u8 *)(r7 +0); e: r0 = 0; exit`,
      "checked, for csum_diff": `r6 = r1; r7 = *(u32 *)(r1 +76); r8 = *(u32 *)(r1 +80); r2 = r7; r2 += 8; if r2 > r8 goto e; r1 = r7; r2 = 8; r3 = 0; r4 = 0; r5 = 0; call bpf_csum_diff;  e: r0 = 0; exit`,
    },
    {
      "lost by store_bytes": `r6 = r1; r7 = *(u32 *)(r1 +76); r8 = *(u32 *)(r1 +80); r2 = r7; r2 += 8; if r2 > r8 goto e; r2 = 0; *(u64 *)(r10 -8) = 0; r3 = r10; r3 += -8; r4 = 8; r5 = 0; call bpf_skb_store_bytes; r0 = *(u8 *)(r7 +0); e: r0 = 0; exit`,
      "for store_bytes": `r6 = r1; r7 = *(u32 *)(r1 +76); r8 = *(u32 *)(r1 +80); r2 = r7; r2 += 8; if r2 > r8 goto e; r2 = 0; r3 = r7; r4 = 8; r5 = 0; call bpf_skb_store_bytes;  e: r0 = 0; exit`,
      "for trace_printk": `r6 = r1; r7 = *(u32 *)(r1 +76); r8 = *(u32 *)(r1 +80); r2 = r7; r2 += 8; if r2 > r8 goto e; r1 = r7; r2 = 8; call bpf_trace_printk;  e: r0 = 0; exit`,
      "too short for csum_diff": `r6 = r1; r7 = *(u32 *)(r1 +76); r8 = *(u32 *)(r1 +80); r2 = r7; r2 += 8; if r2 > r8 goto e; r1 = r7; r2 = 12; r3 = 0; r4 = 0; r5 = 0; call bpf_csum_diff;  e: r0 = 0; exit`,
      "spilled, lost by change_tail": `r6 = r1; r7 = *(u32 *)(r1 +76); r8 = *(u32 *)(r1 +80); r2 = r7; r2 += 8; if r2 > r8 goto e; *(u64 *)(r10 -8) = r7; r2 = 0; r3 = 0; call bpf_skb_change_tail; r7 = *(u64 *)(r10 -8); r0 = *(u8 *)(r7 +0); e: r0 = 0; exit`,
    },
    { type: "sched_cls" },
  )
  .rule(
    "registers of calls",
    {
      "pointers in registers that are not used": "r2 = r10; r3 = r1; call bpf_get_prandom_u32; r0 = 0; exit",
    },
    {
      "a moved context": "r1 += 4; r2 = 0; call bpf_xdp_adjust_head; r0 = 0; exit",
      "null for a context": "r1 = 0; r2 = 0; call bpf_xdp_adjust_head; r0 = 0; exit",
      "r2 never set": "call bpf_xdp_adjust_head; r0 = 0; exit",
      "r0 after a helper without result":
        "r1 = map ringbuf; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto e; r1 = r0; r2 = 0; call bpf_ringbuf_discard; exit; e: r0 = 0; exit",
      "r1 after a call": "call bpf_ktime_get_ns; r0 = *(u32 *)(r1 +0); exit",
    },
    { type: "xdp" },
  )
  .rule(
    "sizes that bpf_get_stack returns",
    {
      "as an offset": `r6 = r1; ${KEY} r1 = map array48; call bpf_map_lookup_elem; if r0 == 0 goto e; r7 = r0; r1 = r6; r2 = r7; r3 = 40; r4 = 0; call bpf_get_stack; if r0 s< 0 goto e; r1 = r7; r1 += r0; *(u64 *)(r1 +0) = 0; e: r0 = 0; exit`,
    },
    {
      "as an offset, one too many": `r6 = r1; ${KEY} r1 = map array48; call bpf_map_lookup_elem; if r0 == 0 goto e; r7 = r0; r1 = r6; r2 = r7; r3 = 41; r4 = 0; call bpf_get_stack; if r0 s< 0 goto e; r1 = r7; r1 += r0; *(u64 *)(r1 +0) = 0; e: r0 = 0; exit`,
      "as an offset, not checked": `r6 = r1; ${KEY} r1 = map array48; call bpf_map_lookup_elem; if r0 == 0 goto e; r7 = r0; r1 = r6; r2 = r7; r3 = 40; r4 = 0; call bpf_get_stack; r1 = r7; r1 += r0; *(u64 *)(r1 +0) = 0; e: r0 = 0; exit`,
    },
    { type: "kprobe" },
  )
  .rule(
    "texts for helpers",
    {
      "an empty format": `*(u64 *)(r10 -16) = 0; r3 = value constants +1; r1 = r10; r1 += -8; r2 = 8; r4 = r10; r4 += -16; r5 = 8; call bpf_snprintf; r0 = 0; exit`,
      "to nowhere": `r3 = value constants +1; r1 = 0; r2 = 0; r4 = 0; r5 = 0; call bpf_snprintf; r0 = 0; exit`,
      "compared with a constant": `*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 8; r3 = value constants +0; call bpf_strncmp; r0 = 0; exit`,
      "thirteen numbers": `r1 = r10; r1 += -8; r2 = 8; r3 = value constants +1; r4 = r10; r4 += -104; r5 = 104; call bpf_snprintf; r0 = 0; exit`,
    },
    {
      "a format that is none": `*(u64 *)(r10 -16) = 0; r3 = value constants +0; r1 = r10; r1 += -8; r2 = 8; r4 = 0; r5 = 0; call bpf_snprintf; r0 = 0; exit`,
      "a format that is not frozen": `r3 = value array8 +0; r1 = r10; r1 += -8; r2 = 8; r4 = 0; r5 = 0; call bpf_snprintf; r0 = 0; exit`,
      "a format on the stack": `*(u64 *)(r10 -16) = 0; r3 = r10; r3 += -16; r1 = r10; r1 += -8; r2 = 8; r4 = 0; r5 = 0; call bpf_snprintf; r0 = 0; exit`,
      "numbers of 4 bytes": `*(u64 *)(r10 -16) = 0; r3 = value constants +1; r1 = r10; r1 += -8; r2 = 8; r4 = r10; r4 += -16; r5 = 4; call bpf_snprintf; r0 = 0; exit`,
      "a format at a variable offset": `r6 = *(u32 *)(r1 +16); r6 &= 1; *(u64 *)(r10 -16) = 0; r3 = value constants +1; r3 += r6; r1 = r10; r1 += -8; r2 = 8; r4 = r10; r4 += -16; r5 = 8; call bpf_snprintf; r0 = 0; exit`,
      "numbers that are null": `r3 = value constants +1; r1 = 0; r2 = 0; r4 = 0; r5 = 8; call bpf_snprintf; r0 = 0; exit`,
      "compared, 32 unknown bits": `r6 = *(u32 *)(r1 +16); *(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = r6; r3 = value constants +0; call bpf_strncmp; r0 = 0; exit`,
      "compared with what is not frozen": `*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 8; r3 = value array8 +0; call bpf_strncmp; r0 = 0; exit`,
    },
    { type: "xdp" },
  )
  .rule(
    "helpers of syscall programs",
    {
      sys_bpf: `r1 = 0; *(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r3 = 8; call bpf_sys_bpf; r0 = 0; exit`,
      sys_close: `r1 = 3; call bpf_sys_close; r0 = 0; exit`,
      kallsyms: `*(u64 *)(r10 -8) = 0x61; r1 = r10; r1 += -8; r2 = 8; r3 = 0; r4 = r10; r4 += -16; call bpf_kallsyms_lookup_name; r0 = *(u64 *)(r10 -16); r0 = 0; exit`,
    },
    {
      "the context as memory": `r3 = 8; r2 = r1; r1 = 0; call bpf_sys_bpf; r0 = 0; exit`,
    },
    { type: "syscall", flags: 16 },
  );

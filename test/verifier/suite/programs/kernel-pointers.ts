/** Fields of values that are pointers of the kernel: loaded, stored, exchanged. */

import { Rules } from "../case.ts";

/** r6 is the context, r7 a value with a number at 0, an untrusted task at 8, a task at 16 and a CPU mask at 24. */
const kernelPointers = (text: string) =>
  `r6 = r1; r2 = r10; r2 += -8; *(u64 *)(r10 -8) = 0; r1 = map kernel_pointers; call bpf_map_lookup_elem; if r0 == 0 goto out; r7 = r0; ${text}; out: r0 = 0; exit`;

export const kernelPointerFields = new Rules("kptrs");

kernelPointerFields
  .rule(
    "kernel pointers in values",
    {
      "load untrusted": kernelPointers("r8 = *(u64 *)(r7 +8)"),
      "load reference": kernelPointers("r8 = *(u64 *)(r7 +16); if r8 == 0 goto out; r9 = *(u32 *)(r8 +64)"),
      "load mask": kernelPointers("r8 = *(u64 *)(r7 +24); if r8 == 0 goto out; r9 = *(u64 *)(r8 +0)"),
      "store null": kernelPointers("r8 = 0; *(u64 *)(r7 +8) = r8"),
      "store immediate": kernelPointers("*(u64 *)(r7 +8) = 0"),
      "store loaded": kernelPointers("r8 = *(u64 *)(r7 +8); *(u64 *)(r7 +8) = r8"),
      "store current": kernelPointers("call bpf_get_current_task_btf; *(u64 *)(r7 +8) = r0"),
      plain: kernelPointers("r8 = *(u64 *)(r7 +0); *(u64 *)(r7 +32) = r8; r8 = *(u8 *)(r7 +7)"),
      "what is before it, by a helper": kernelPointers("r1 = r7; r2 = 8; r3 = 0; call bpf_probe_read_kernel"),
    },
    {
      "exchanged null": kernelPointers(
        "r1 = r7; r1 += 16; r2 = 0; call bpf_kptr_xchg; if r0 == 0 goto out; r1 = r0; call kfunc bpf_task_release",
      ),
      "load part": kernelPointers("r8 = *(u32 *)(r7 +8)"),
      "load misaligned": kernelPointers("r8 = *(u64 *)(r7 +12)"),
      "load byte": kernelPointers("r8 = *(u8 *)(r7 +16)"),
      "a variable offset": kernelPointers("r8 = *(u64 *)(r7 +0); r8 &= 8; r7 += r8; r9 = *(u64 *)(r7 +0)"),
      "store immediate 1": kernelPointers("*(u64 *)(r7 +8) = 1"),
      "store number": kernelPointers("r8 = *(u64 *)(r7 +0); *(u64 *)(r7 +8) = r8"),
      "store reference": kernelPointers("r8 = 0; *(u64 *)(r7 +16) = r8"),
      "store reference immediate": kernelPointers("*(u64 *)(r7 +16) = 0"),
      "store context": kernelPointers("*(u64 *)(r7 +8) = r6"),
      "store other type": kernelPointers("r8 = *(u64 *)(r7 +24); *(u64 *)(r7 +8) = r8"),
      "store offset": kernelPointers("call bpf_get_current_task_btf; r0 += 8; *(u64 *)(r7 +8) = r0"),
      "store u32": kernelPointers("r8 = 0; *(u32 *)(r7 +8) = r8"),
      "load untrusted null": kernelPointers("r8 = *(u64 *)(r7 +8); r9 = *(u32 *)(r8 +64)"),
      "as a value of the map": kernelPointers(
        "r1 = map kernel_pointers; r2 = r10; r2 += -8; r3 = r7; r4 = 0; call bpf_map_update_elem",
      ),
      "read by a helper": kernelPointers("r1 = r7; r2 = 8; r3 = 0; r1 += 8; call bpf_trace_printk"),
      atomic: kernelPointers("r8 = 0; lock *(u64 *)(r7 +8) += r8"),
      acquired: kernelPointers("r8 = load_acquire((u64 *)(r7 +8))"),
      "exchanged untrusted": kernelPointers("r1 = r7; r1 += 8; r2 = 0; call bpf_kptr_xchg"),
      "exchanged nothing": kernelPointers("r1 = r7; r2 = 0; call bpf_kptr_xchg"),
      "with its sign": kernelPointers("r8 = *(s32 *)(r7 +8)"),
    },
    { type: "raw_tracepoint" },
  )
  .rule(
    "kernel pointers in values, sleeping",
    {
      "load untrusted": kernelPointers("r8 = *(u64 *)(r7 +8)"),
      "load reference": kernelPointers("r8 = *(u64 *)(r7 +16); if r8 == 0 goto out; r9 = *(u32 *)(r8 +64)"),
      "load mask": kernelPointers("r8 = *(u64 *)(r7 +24); if r8 == 0 goto out; r9 = *(u64 *)(r8 +0)"),
      "store loaded": kernelPointers("r8 = *(u64 *)(r7 +8); *(u64 *)(r7 +8) = r8"),
      "exchanged null": kernelPointers(
        "r1 = r7; r1 += 16; r2 = 0; call bpf_kptr_xchg; if r0 == 0 goto out; r1 = r0; call kfunc bpf_task_release",
      ),
    },
    {
      "load untrusted null": kernelPointers("r8 = *(u64 *)(r7 +8); r9 = *(u32 *)(r8 +64)"),
      acquired: kernelPointers("r8 = load_acquire((u64 *)(r7 +8))"),
    },
    { type: "syscall", flags: 16 },
  );

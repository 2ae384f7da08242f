/** Programs that some kernel takes though it should not, and programs whose verdict depends on the machine: see ../../differences.ts. */

import { Rules } from "../case.ts";

const UNKNOWN_BYTE = "call bpf_get_prandom_u32; r6 = r0; r6 &= 255; *(u8 *)(r10 -8) = r6; ";

export const differences = new Rules("core");
/** Arguments of tracepoints that are null or no pointers at times. */
export const looseTracepoints = new Rules("btf", { type: "tracing", attachType: "trace_raw_tp" });

differences
  .rule(
    "bytes loaded with their sign",
    {
      "what is known of the byte": `${UNKNOWN_BYTE}r1 = *(s8 *)(r10 -8); if r1 == 7 goto a; r0 = 0; exit; a: r1 += r10; *(u8 *)(r1 -16) = 1; r0 = 0; exit`,
    },
    {
      "what is known of the number it is a part of": `${UNKNOWN_BYTE}r1 = *(s8 *)(r10 -8); if r1 == -1 goto a; r0 = 0; exit; a: r6 += 1; r2 = r10; r2 += r6; *(u8 *)(r2 -16) = 1; r0 = 0; exit`,
    },
  )
  .rule(
    "half of a pointer",
    { "compared with zero": "r1 = value array48; if w1 == 0 goto a; r0 = 0; exit; a: r0 = 1; exit" },
    {
      "is zero": "r1 = value array48; if w1 == 0 goto a; r0 = 0; exit; a: r0 = r9; exit",
      "is not zero": "r1 = value array48; if w1 != 0 goto a; r0 = r9; exit; a: r0 = 0; exit",
    },
  )
  .rule(
    "memory of users",
    {
      written: "*(u64 *)(r10 -8) = 0; r1 = 0; r2 = r10; r2 += -8; r3 = 8; call bpf_probe_write_user; r0 = 0; exit",
      read: "r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_probe_read_user; r0 = 0; exit",
    },
    {
      "written from what is too short":
        "*(u64 *)(r10 -8) = 0; r1 = 0; r2 = r10; r2 += -8; r3 = 16; call bpf_probe_write_user; r0 = 0; exit",
    },
    { type: "kprobe" },
  );

looseTracepoints
  .rule(
    "a process that waits for any other",
    { checked: "r6 = *(u64 *)(r1 +0); if r6 == 0 goto e; r7 = *(u32 *)(r6 +0); e: r0 = 0; exit" },
    { "not checked": "r6 = *(u64 *)(r1 +0); r7 = *(u32 *)(r6 +0); r0 = 0; exit" },
    { target: "sched_process_wait" },
  )
  .rule(
    "information of signals that is a small number at times",
    { "not followed": "r6 = *(u64 *)(r1 +8); r0 = 0; exit" },
    { followed: "r6 = *(u64 *)(r1 +8); r7 = *(u32 *)(r6 +0); r0 = 0; exit" },
    { target: "signal_generate" },
  );

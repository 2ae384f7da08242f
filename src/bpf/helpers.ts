/** Helpers of the kernel that need no pointer, under the kernel's names. */

import type { u32, u64 } from "./integers.ts";
import { notCompiled } from "./not-compiled.ts";

/** Nanoseconds since boot, not counting sleep (`CLOCK_MONOTONIC`). Linux 4.1. */
export function bpf_ktime_get_ns(): u64 {
  return notCompiled("bpf_ktime_get_ns");
}

/** Nanoseconds since boot, counting sleep (`CLOCK_BOOTTIME`). Linux 5.8. */
export function bpf_ktime_get_boot_ns(): u64 {
  return notCompiled("bpf_ktime_get_boot_ns");
}

/** Nanoseconds since boot as of the last timer tick: cheaper, and up to some milliseconds old. Linux 5.11. */
export function bpf_ktime_get_coarse_ns(): u64 {
  return notCompiled("bpf_ktime_get_coarse_ns");
}

/** The CPU that runs the program. Linux 4.1. */
export function bpf_get_smp_processor_id(): u32 {
  return notCompiled("bpf_get_smp_processor_id");
}

/** A random number, not for secrets. Linux 4.1. */
export function bpf_get_prandom_u32(): u32 {
  return notCompiled("bpf_get_prandom_u32");
}

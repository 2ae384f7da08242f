/**
 * Helpers of the kernel that need no pointer, callable under their own names. What each takes and gives is in the comments
 * of linux/bpf.h; the number is in `uapi/helpers.ts`.
 */

import type { HelperName } from "../../../uapi/helpers.ts";
import { INTS, type IntType } from "../types.ts";

export interface Helper {
  readonly parameters: readonly IntType[];
  readonly result: IntType;
}

export const HELPERS: ReadonlyMap<string, Helper & { readonly name: HelperName }> = new Map(
  (
    [
      { name: "bpf_ktime_get_ns", parameters: [], result: INTS.u64 },
      { name: "bpf_ktime_get_boot_ns", parameters: [], result: INTS.u64 },
      { name: "bpf_ktime_get_coarse_ns", parameters: [], result: INTS.u64 },
      { name: "bpf_get_smp_processor_id", parameters: [], result: INTS.u32 },
      { name: "bpf_get_prandom_u32", parameters: [], result: INTS.u32 },
    ] as const
  ).map((helper) => [helper.name, helper]),
);

/** Helpers of the kernel that call a function of the program back. Source: the comments of linux/bpf.h. */

import type { HelperName } from "../../../uapi/helpers.ts";

export interface CallbackHelper {
  readonly name: HelperName;
  /** As messages show it. */
  readonly signature: string;
}

export const CALLBACK_HELPERS: ReadonlyMap<string, CallbackHelper> = new Map(
  (
    [
      { name: "bpf_loop", signature: "bpf_loop(times, (index, state) => …, state)" },
      { name: "bpf_find_vma", signature: "bpf_find_vma(task, address, (task, vma, state) => …, state)" },
      { name: "bpf_for_each_map_elem", signature: "bpf_for_each_map_elem(map, (map, key, value, state) => …, state)" },
    ] as const
  ).map((helper) => [helper.name, helper]),
);

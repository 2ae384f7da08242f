/** Fields that the kernel keeps something in, and what can be done with them. Source: linux/bpf.h, `bpf_wq` of kernel/bpf/helpers.c. */

import type { HelperName } from "../../../uapi/helpers.ts";
import type { StructType } from "../types.ts";

/** No field of theirs is a program's to touch. */
function special(name: NonNullable<StructType["special"]>, size: number, align: StructType["align"]): StructType {
  return { kind: "struct", name, size, align, fields: [], special: name };
}

export const SPECIAL_TYPES = {
  SpinLock: special("bpf_spin_lock", 4, 4),
  Timer: special("bpf_timer", 16, 8),
  Workqueue: special("bpf_wq", 16, 8),
} as const satisfies Record<string, StructType>;

/** What an argument is. `map`: the map that the field is in. `later`: a function that is called with the entry when the program has ended. */
export type SpecialParameter = "map" | "u64" | "optional u64" | "optional u32" | "later";

export interface SpecialFunction {
  readonly name: string;
  /** A helper, or a function of the kernel by the name that it has there. */
  readonly callee: { readonly helper: HelperName } | { readonly kfunc: string };
  /** Its first argument is a field of this type. */
  readonly field: keyof typeof SPECIAL_TYPES;
  /** The others. */
  readonly parameters: readonly SpecialParameter[];
  readonly signature: string;
  /** Null for nothing. */
  readonly result: "i64" | null;
}

export const SPECIAL_FUNCTIONS: ReadonlyMap<string, SpecialFunction> = new Map(
  (
    [
      ["bpf_spin_lock", { helper: "bpf_spin_lock" }, "SpinLock", [], "(value.lock)", null],
      ["bpf_spin_unlock", { helper: "bpf_spin_unlock" }, "SpinLock", [], "(value.lock)", null],
      ["bpf_timer_init", { helper: "bpf_timer_init" }, "Timer", ["map", "u64"], "(value.timer, map, clock)", "i64"],
      [
        "bpf_timer_set_callback",
        { helper: "bpf_timer_set_callback" },
        "Timer",
        ["later"],
        "(value.timer, (map, key, value) => …)",
        "i64",
      ],
      ["bpf_timer_start", { helper: "bpf_timer_start" }, "Timer", ["u64", "optional u64"], "(value.timer, nanoseconds)", "i64"],
      ["bpf_timer_cancel", { helper: "bpf_timer_cancel" }, "Timer", [], "(value.timer)", "i64"],
      ["bpf_wq_init", { kfunc: "bpf_wq_init" }, "Workqueue", ["map", "optional u32"], "(value.work, map)", "i64"],
      [
        "bpf_wq_set_callback",
        { kfunc: "bpf_wq_set_callback_impl" },
        "Workqueue",
        ["later"],
        "(value.work, (map, key, value) => …)",
        "i64",
      ],
      ["bpf_wq_start", { kfunc: "bpf_wq_start" }, "Workqueue", ["optional u32"], "(value.work)", "i64"],
    ] as const
  ).map(([name, callee, field, parameters, signature, result]) => [
    name,
    { name, callee, field, parameters, signature: `${name}${signature}`, result },
  ]),
);

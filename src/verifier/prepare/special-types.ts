/** Special types of fields as data: names, sizes and where they may lie (`btf_get_field_type`, `map_check_btf` of the kernel). */

import type { MapType } from "../../uapi/map-types.ts";
import type { SpecialFieldKind } from "../program.ts";

export interface SpecialType {
  readonly kind: SpecialFieldKind;
  /** Name of the struct; kptrs have none. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly align: number;
  /** One of them at most lies in a value. */
  readonly unique: boolean;
  /** First kernel that knows it, major * 100 + minor. */
  readonly since: number;
}

/** In the order in which the kernel tries them. */
export const SPECIAL_TYPES: readonly SpecialType[] = [
  { kind: "spin-lock", name: "bpf_spin_lock", size: 4, align: 4, unique: true, since: 501 },
  { kind: "res-spin-lock", name: "bpf_res_spin_lock", size: 4, align: 4, unique: true, since: 615 },
  { kind: "timer", name: "bpf_timer", size: 16, align: 8, unique: true, since: 515 },
  { kind: "work-queue", name: "bpf_wq", size: 16, align: 8, unique: true, since: 610 },
  { kind: "task-work", name: "bpf_task_work", size: 8, align: 8, unique: true, since: 618 },
  { kind: "list-head", name: "bpf_list_head", size: 16, align: 8, unique: false, since: 602 },
  { kind: "list-node", name: "bpf_list_node", size: 24, align: 8, unique: false, since: 602 },
  { kind: "rb-root", name: "bpf_rb_root", size: 16, align: 8, unique: false, since: 603 },
  { kind: "rb-node", name: "bpf_rb_node", size: 32, align: 8, unique: false, since: 603 },
  { kind: "refcount", name: "bpf_refcount", size: 4, align: 4, unique: true, since: 604 },
];

/** Type tags of pointers, and what they make of them. Since 6.3; 6.1 and 6.2 say `kptr` and `kptr_ref`. */
export const POINTER_TAGS: ReadonlyMap<string, { readonly kind: SpecialFieldKind; readonly since: number }> = new Map([
  ["kptr_untrusted", { kind: "kptr-untrusted", since: 603 }],
  ["kptr", { kind: "kptr-ref", since: 603 }],
  ["percpu_kptr", { kind: "kptr-percpu", since: 607 }],
  ["uptr", { kind: "uptr", since: 613 }],
]);
export const OLD_POINTER_TAGS: typeof POINTER_TAGS = new Map([
  ["kptr", { kind: "kptr-untrusted", since: 519 }],
  ["kptr_ref", { kind: "kptr-ref", since: 519 }],
]);

/** What map values may hold, beside what is only in allocated objects (nodes). */
export const IN_MAPS: ReadonlySet<SpecialFieldKind> = new Set<SpecialFieldKind>([
  "spin-lock",
  "res-spin-lock",
  "timer",
  "work-queue",
  "task-work",
  "kptr-untrusted",
  "kptr-ref",
  "kptr-percpu",
  "uptr",
  "list-head",
  "rb-root",
  "refcount",
]);

/** What objects allocated with `bpf_obj_new` may hold. */
export const IN_OBJECTS: ReadonlySet<SpecialFieldKind> = new Set<SpecialFieldKind>([
  "spin-lock",
  "res-spin-lock",
  "kptr-untrusted",
  "kptr-ref",
  "kptr-percpu",
  "list-head",
  "list-node",
  "rb-root",
  "rb-node",
  "refcount",
]);

const LOCKS: readonly MapType[] = [
  "hash",
  "array",
  "cgroup_storage",
  "sk_storage",
  "inode_storage",
  "task_storage",
  "cgrp_storage",
];
const TIMERS: readonly MapType[] = ["hash", "lru_hash", "array"];
const POINTERS_61: readonly MapType[] = ["hash", "lru_hash", "array", "percpu_array"];
const POINTERS: readonly MapType[] = [
  "hash",
  "percpu_hash",
  "lru_hash",
  "lru_percpu_hash",
  "array",
  "percpu_array",
  "sk_storage",
  "inode_storage",
  "task_storage",
  "cgrp_storage",
];

/** Types of maps whose values may hold a field. */
export function mapTypesFor(kind: SpecialFieldKind, era: number): readonly MapType[] {
  switch (kind) {
    case "spin-lock":
    case "res-spin-lock":
      return LOCKS;
    case "timer":
    case "work-queue":
    case "task-work":
    case "list-head":
    case "rb-root":
      return TIMERS;
    case "uptr":
      return ["task_storage"];
    default:
      return era < 602 ? POINTERS_61 : POINTERS;
  }
}

/**
 * Kernel types with a destructor: those that a map or object may own (`kptr`).
 * Source: `register_btf_id_dtor_kfuncs` of kernel/bpf, net/bpf/test_run.c.
 */
export const OWNABLE: ReadonlyMap<string, { readonly since: number; readonly until: number }> = new Map([
  ["prog_test_ref_kfunc", { since: 519, until: 617 }],
  ["prog_test_member", { since: 519, until: 617 }],
  ["task_struct", { since: 602, until: Number.POSITIVE_INFINITY }],
  ["cgroup", { since: 602, until: Number.POSITIVE_INFINITY }],
  ["bpf_cpumask", { since: 603, until: Number.POSITIVE_INFINITY }],
  ["bpf_crypto_ctx", { since: 610, until: Number.POSITIVE_INFINITY }],
]);

// Data about map types, from the operations that kernel/bpf has for each: how entries are kept, and what can be asked of many at once.
// `per CPU` is what `bpf_map_value_size` of kernel/bpf/syscall.c multiplies by the possible CPUs.

import type { MapType } from "../../../uapi/map-types.ts";

export interface MapKind {
  /**
   * `index`: keys are 0 … maxEntries - 1. `table`: entries come and go, kept in buckets. `tree`: likewise, found one after the other.
   * `none`: no keys; the element operations of this engine do not apply.
   */
  readonly keys: "index" | "table" | "tree" | "none";
  readonly perCpu: boolean;
  /** Every key has a value from the start, zero, and none can be deleted. */
  readonly fixed: boolean;
  /**
   * What the commands on many entries go by: whole buckets, which nothing that others delete disturbs; or steps from key to key.
   * `none`: there are no such commands.
   */
  readonly batch: "buckets" | "steps" | "none";
  /** What the kernel calls deleting a key that is not there, when not ENOENT. `nothing`: it succeeds. */
  readonly missing?: "EINVAL" | "E2BIG" | "nothing";
}

const kind = (keys: MapKind["keys"], more: Partial<MapKind> = {}): MapKind => ({
  keys,
  perCpu: false,
  fixed: false,
  batch: "none",
  ...more,
});

const TABLE = { batch: "buckets" } as const;
const ARRAY = { fixed: true, batch: "steps" } as const;
/** What others put there is found by looking, and taking out what is not there is no error (devmap.c, cpumap.c, xskmap.c). */
const REDIRECT = { missing: "nothing" } as const;

/** Records between programs and user space: the kernel knows neither their type nor their size. */
export const isRing = (type: string): boolean => type === "ringbuf" || type === "user_ringbuf";

export const MAP_KINDS: Readonly<Record<MapType, MapKind>> = {
  hash: kind("table", TABLE),
  array: kind("index", ARRAY),
  prog_array: kind("index", { missing: "E2BIG" }),
  perf_event_array: kind("index", { missing: "E2BIG" }),
  percpu_hash: kind("table", { ...TABLE, perCpu: true }),
  percpu_array: kind("index", { ...ARRAY, perCpu: true }),
  stack_trace: kind("tree", { missing: "E2BIG" }),
  cgroup_array: kind("index", { missing: "E2BIG" }),
  lru_hash: kind("table", TABLE),
  lru_percpu_hash: kind("table", { ...TABLE, perCpu: true }),
  lpm_trie: kind("tree", { batch: "steps" }),
  array_of_maps: kind("index", { batch: "steps", missing: "E2BIG" }),
  hash_of_maps: kind("table", TABLE),
  devmap: kind("index", REDIRECT),
  sockmap: kind("index", { missing: "EINVAL" }),
  cpumap: kind("index", REDIRECT),
  xskmap: kind("index", REDIRECT),
  sockhash: kind("tree"),
  cgroup_storage: kind("tree", { fixed: true }),
  reuseport_sockarray: kind("index", { missing: "E2BIG" }),
  percpu_cgroup_storage: kind("tree", { perCpu: true, fixed: true }),
  queue: kind("none"),
  stack: kind("none"),
  sk_storage: kind("tree"),
  devmap_hash: kind("tree"),
  struct_ops: kind("index"),
  ringbuf: kind("none"),
  inode_storage: kind("tree"),
  task_storage: kind("tree"),
  bloom_filter: kind("none"),
  user_ringbuf: kind("none"),
  cgrp_storage: kind("tree"),
  arena: kind("none"),
  insn_array: kind("index", { fixed: true }),
  rhash: kind("tree"),
};

// Data about map types: the first kernel that has each (kernel changelogs, as collected in bcc's docs/kernel-versions.md), and how
// its entries are kept. `per CPU` is what `bpf_map_value_size` of kernel/bpf/syscall.c multiplies by the possible CPUs.

import type { MapType } from "../../../uapi/map-types.ts";

export interface MapKind {
  readonly since: string;
  /**
   * `index`: keys are 0 … maxEntries - 1, always there. `table`: entries come and go, kept in buckets. `tree`: likewise, kept in order.
   * `none`: no keys; the element operations of this engine do not apply.
   */
  readonly keys: "index" | "table" | "tree" | "none";
  readonly perCpu: boolean;
}

const kind = (since: string, keys: MapKind["keys"], perCpu = false): MapKind => ({ since, keys, perCpu });

export const MAP_KINDS: Readonly<Record<MapType, MapKind>> = {
  hash: kind("3.19", "table"),
  array: kind("3.19", "index"),
  prog_array: kind("4.2", "index"),
  perf_event_array: kind("4.3", "index"),
  percpu_hash: kind("4.6", "table", true),
  percpu_array: kind("4.6", "index", true),
  stack_trace: kind("4.6", "tree"),
  cgroup_array: kind("4.8", "index"),
  lru_hash: kind("4.10", "table"),
  lru_percpu_hash: kind("4.10", "table", true),
  lpm_trie: kind("4.11", "tree"),
  array_of_maps: kind("4.12", "index"),
  hash_of_maps: kind("4.12", "table"),
  devmap: kind("4.14", "index"),
  sockmap: kind("4.14", "index"),
  cpumap: kind("4.15", "index"),
  xskmap: kind("4.18", "index"),
  sockhash: kind("4.18", "tree"),
  cgroup_storage: kind("4.19", "tree"),
  reuseport_sockarray: kind("4.19", "index"),
  percpu_cgroup_storage: kind("4.20", "tree", true),
  queue: kind("4.20", "none"),
  stack: kind("4.20", "none"),
  sk_storage: kind("5.2", "tree"),
  devmap_hash: kind("5.4", "tree"),
  struct_ops: kind("5.6", "index"),
  ringbuf: kind("5.8", "none"),
  inode_storage: kind("5.10", "tree"),
  task_storage: kind("5.11", "tree"),
  bloom_filter: kind("5.16", "none"),
  user_ringbuf: kind("6.1", "none"),
  cgrp_storage: kind("6.2", "tree"),
  arena: kind("6.9", "none"),
  insn_array: kind("6.19", "index"),
  rhash: kind("7.2", "tree"),
};

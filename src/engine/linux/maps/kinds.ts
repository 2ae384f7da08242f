// Data about map types: how their entries are kept. `per CPU` is what `bpf_map_value_size` of kernel/bpf/syscall.c multiplies by the possible CPUs.

import type { MapType } from "../../../uapi/map-types.ts";

export interface MapKind {
  /**
   * `index`: keys are 0 … maxEntries - 1, always there. `table`: entries come and go, kept in buckets. `tree`: likewise, kept in order.
   * `none`: no keys; the element operations of this engine do not apply.
   */
  readonly keys: "index" | "table" | "tree" | "none";
  readonly perCpu: boolean;
}

const kind = (keys: MapKind["keys"], perCpu = false): MapKind => ({ keys, perCpu });

export const MAP_KINDS: Readonly<Record<MapType, MapKind>> = {
  hash: kind("table"),
  array: kind("index"),
  prog_array: kind("index"),
  perf_event_array: kind("index"),
  percpu_hash: kind("table", true),
  percpu_array: kind("index", true),
  stack_trace: kind("tree"),
  cgroup_array: kind("index"),
  lru_hash: kind("table"),
  lru_percpu_hash: kind("table", true),
  lpm_trie: kind("tree"),
  array_of_maps: kind("index"),
  hash_of_maps: kind("table"),
  devmap: kind("index"),
  sockmap: kind("index"),
  cpumap: kind("index"),
  xskmap: kind("index"),
  sockhash: kind("tree"),
  cgroup_storage: kind("tree"),
  reuseport_sockarray: kind("index"),
  percpu_cgroup_storage: kind("tree", true),
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
  insn_array: kind("index"),
  rhash: kind("tree"),
};

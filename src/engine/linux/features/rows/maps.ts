/** Types of maps, and their flags. */

import { MAP_TYPE, type MapType } from "../../../../uapi/map-types.ts";
import { MAP_FLAGS, MAP_TYPE_SINCE } from "../../../../uapi/since.ts";
import type { MapQuestion } from "../ask.ts";
import type { Answer, Row } from "../judge.ts";
import { keys, type Needs, type Sources, struct } from "./sources.ts";
import { oneInt } from "./types.ts";

const BPF_F_NO_PREALLOC = 1;
const BPF_F_MMAPABLE = 1 << 10;

const NEEDED_BY_MAPS: { readonly [Type in MapType]?: Needs } = {
  xskmap: { needs: struct("xsk_map"), config: ["CONFIG_XDP_SOCKETS"] },
  cgroup_storage: { config: ["CONFIG_CGROUP_BPF"] },
  percpu_cgroup_storage: { config: ["CONFIG_CGROUP_BPF"] },
  cgroup_array: { config: ["CONFIG_CGROUPS"] },
  cgrp_storage: { config: ["CONFIG_CGROUPS"] },
  perf_event_array: { config: ["CONFIG_PERF_EVENTS"] },
  stack_trace: { config: ["CONFIG_PERF_EVENTS"] },
  struct_ops: { needs: struct("bpf_struct_ops_map"), config: ["CONFIG_BPF_JIT"] },
  inode_storage: { config: ["CONFIG_BPF_LSM"] },
  sockmap: { config: ["CONFIG_NET"] },
  sockhash: { config: ["CONFIG_NET"] },
  reuseport_sockarray: { config: ["CONFIG_INET"] },
};

/** The smallest map of a type; null for types that need one of their own in the kernel. */
function smallest(type: MapType, pageSize: number): MapQuestion | null {
  const plain: MapQuestion = { type, keySize: 4, valueSize: 4, maxEntries: 1 };
  switch (type) {
    case "stack_trace":
      return { ...plain, valueSize: 8 };
    case "lpm_trie":
      return { ...plain, keySize: 8, flags: BPF_F_NO_PREALLOC };
    case "cgroup_storage":
    case "percpu_cgroup_storage":
      return { ...plain, keySize: 8, maxEntries: 0 };
    case "queue":
    case "stack":
    case "bloom_filter":
      return { ...plain, keySize: 0 };
    case "ringbuf":
    case "user_ringbuf":
      return { ...plain, keySize: 0, valueSize: 0, maxEntries: pageSize };
    case "arena":
      return { ...plain, keySize: 0, valueSize: 0, flags: BPF_F_MMAPABLE };
    case "struct_ops":
    case "insn_array":
    case "rhash":
      return null;
    default:
      return plain;
  }
}

const STORAGE: ReadonlySet<MapType> = new Set(["sk_storage", "inode_storage", "task_storage", "cgrp_storage"]);

function askMap({ asker, pageSize }: Sources, type: MapType, flags = 0): Answer {
  const question = smallest(type, pageSize);
  if (asker === null || question === null) return null;
  const all = { ...question, flags: (question.flags ?? 0) | flags };
  if (type === "array_of_maps" || type === "hash_of_maps") {
    const inner = asker.openMap({ type: "array", keySize: 4, valueSize: 4, maxEntries: 1 });
    if (inner < 0) return null;
    try {
      return asker.map({ ...all, inner });
    } finally {
      asker.close(inner);
    }
  }
  if (!STORAGE.has(type)) return asker.map(all);
  const { btf, int } = oneInt();
  const fd = asker.openTypes(btf);
  if (fd < 0) return null;
  try {
    return asker.map({ ...all, maxEntries: 0, flags: all.flags | BPF_F_NO_PREALLOC, types: { fd, key: int, value: int } });
  } finally {
    asker.close(fd);
  }
}

export function mapTypes(sources: Sources): Row[] {
  return keys(MAP_TYPE).map((name) => ({
    kind: "map type",
    name,
    since: MAP_TYPE_SINCE[name],
    constant: { of: "bpf_map_type", name: `BPF_MAP_TYPE_${name.toUpperCase()}` },
    ...NEEDED_BY_MAPS[name],
    probe: () => askMap(sources, name),
  }));
}

/** A type of map on which each flag is tried, alone; those without need more than a map, and are told by the headers' constants. */
const FLAG_OF: Readonly<Record<string, MapType>> = {
  BPF_F_NO_PREALLOC: "hash",
  BPF_F_NO_COMMON_LRU: "lru_hash",
  BPF_F_NUMA_NODE: "hash",
  BPF_F_RDONLY: "hash",
  BPF_F_WRONLY: "hash",
  BPF_F_STACK_BUILD_ID: "stack_trace",
  BPF_F_ZERO_SEED: "hash",
  BPF_F_RDONLY_PROG: "hash",
  BPF_F_WRONLY_PROG: "hash",
  BPF_F_CLONE: "sk_storage",
  BPF_F_MMAPABLE: "array",
  BPF_F_PRESERVE_ELEMS: "perf_event_array",
  BPF_F_INNER_MAP: "array",
  BPF_F_NO_USER_CONV: "arena",
  BPF_F_SEGV_ON_FAULT: "arena",
};

export function mapFlags(sources: Sources): Row[] {
  return MAP_FLAGS.map(({ name, bit, since }) => {
    const type = FLAG_OF[name];
    return {
      kind: "map flag",
      name,
      since,
      constant: { of: "BPF_F_NO_PREALLOC", name, anonymous: true },
      probe: () => {
        if (type === undefined) return null;
        const { asker } = sources;
        // Values of build ids are 32 bytes.
        if (type === "stack_trace") return asker?.map({ type, keySize: 4, valueSize: 32, maxEntries: 1, flags: bit }) ?? null;
        return askMap(sources, type, bit);
      },
    };
  });
}

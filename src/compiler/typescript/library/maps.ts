/** The maps a program can declare, and what each can do (`enum bpf_map_type` of linux/bpf.h). */

import type { MapType } from "../../../uapi/map-types.ts";

export interface MapKind {
  readonly type: MapType;
  /** Creation flags that this kind cannot do without. */
  readonly flags: number;
  /** Each CPU has its own value, so that adding to it needs no atomic operation. */
  readonly perCpu: boolean;
  /** The key is an index: u32, always present, and cannot be deleted. */
  readonly indexed: boolean;
  /** The key is a struct of `prefixLength: u32` and the data it counts bits of. */
  readonly prefix: boolean;
}

/** `BPF_F_NO_PREALLOC`: the kernel makes no other kind of LPM trie. */
const BPF_F_NO_PREALLOC = 1;

function kind(type: MapType, traits: Partial<MapKind> = {}): MapKind {
  return { type, flags: 0, perCpu: false, indexed: false, prefix: false, ...traits };
}

export const MAPS: Readonly<Record<string, MapKind>> = {
  hash: kind("hash"),
  array: kind("array", { indexed: true }),
  perCpuHash: kind("percpu_hash", { perCpu: true }),
  perCpuArray: kind("percpu_array", { perCpu: true, indexed: true }),
  lruHash: kind("lru_hash"),
  lruPerCpuHash: kind("lru_percpu_hash", { perCpu: true }),
  lpmTrie: kind("lpm_trie", { flags: BPF_F_NO_PREALLOC, prefix: true }),
};

/** Names of a map's methods, with the signature that messages show. */
export const MAP_METHODS: Readonly<Record<string, string>> = {
  get: "get(key): value or null",
  has: "has(key): bool",
  set: "set(key, value): bool",
  delete: "delete(key): bool",
  increment: "increment(key, by = 1)",
};

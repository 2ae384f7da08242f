/** The maps a program can declare, and what each can do (`enum bpf_map_type` of linux/bpf.h). */

import type { MapType } from "../../../uapi/map-types.ts";

/** Kinds that are declared and used alike. */
export type MapFamily = "keyed" | "ring" | "perf";

export interface MapKind {
  readonly type: MapType;
  readonly family: MapFamily;
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
  return { type, family: "keyed", flags: 0, perCpu: false, indexed: false, prefix: false, ...traits };
}

export const MAPS: Readonly<Record<string, MapKind>> = {
  hash: kind("hash"),
  array: kind("array", { indexed: true }),
  perCpuHash: kind("percpu_hash", { perCpu: true }),
  perCpuArray: kind("percpu_array", { perCpu: true, indexed: true }),
  lruHash: kind("lru_hash"),
  lruPerCpuHash: kind("lru_percpu_hash", { perCpu: true }),
  lpmTrie: kind("lpm_trie", { flags: BPF_F_NO_PREALLOC, prefix: true }),
  ringBuffer: kind("ringbuf", { family: "ring" }),
  perfEventArray: kind("perf_event_array", { family: "perf" }),
};

/** Names of the methods that maps of a family have, with the signature that messages show. */
export const MAP_METHODS: Readonly<Record<MapFamily, Readonly<Record<string, string>>>> = {
  keyed: {
    get: "get(key): value or null",
    has: "has(key): bool",
    set: "set(key, value): bool",
    delete: "delete(key): bool",
    increment: "increment(key, by = 1)",
  },
  ring: {
    reserve: "reserve(): record or null",
    submit: "submit(record, flags = 0)",
    discard: "discard(record, flags = 0)",
    output: "output(record, flags = 0): bool",
    query: "query(what): u64",
  },
  perf: {
    output: "output(ctx, record, flags = BPF_F_CURRENT_CPU): bool",
  },
};

/** Makes maps: which class is which kind. */

import type { MapSpec } from "../../../object/spec.ts";
import { FeatureError, MapError } from "../../errors.ts";
import { ArenaMap } from "./arena.ts";
import { ArrayMap } from "./array.ts";
import { BloomFilterMap } from "./bloom-filter.ts";
import { HashMap } from "./hash.ts";
import { LocalStorageMap } from "./local-storage.ts";
import { LpmTrieMap } from "./lpm-trie.ts";
import { LruHashMap } from "./lru-hash.ts";
import { ArrayOfMaps, HashOfMaps } from "./map-of-maps.ts";
import { PerfEventArrayMap } from "./perf-events.ts";
import { QueueMap } from "./queue.ts";
import { ReferenceArray } from "./references.ts";
import { RingBufferMap, UserRingBufferMap } from "./ring-buffer.ts";
import { checkShape, type EmbeddedMapType, isEmbeddedMapType, MAP_KINDS } from "./shape.ts";
import { StackTraceMap } from "./stack-traces.ts";
import type { MapHome, MapStore } from "./store.ts";

export { MAP_KINDS };

type Make = (spec: MapSpec, home: MapHome, objects: number | undefined) => MapStore;

const of =
  (Kind: new (spec: MapSpec, home: MapHome) => MapStore): Make =>
  (spec, home) =>
    new Kind(spec, home);

const storage: Make = (spec, home, objects) => new LocalStorageMap(spec, home, objects);

const KINDS: { readonly [Type in EmbeddedMapType]: Make } = {
  array: of(ArrayMap),
  percpu_array: of(ArrayMap),
  hash: of(HashMap),
  percpu_hash: of(HashMap),
  lru_hash: of(LruHashMap),
  lru_percpu_hash: of(LruHashMap),
  lpm_trie: of(LpmTrieMap),
  queue: of(QueueMap),
  stack: of(QueueMap),
  bloom_filter: of(BloomFilterMap),
  ringbuf: of(RingBufferMap),
  user_ringbuf: of(UserRingBufferMap),
  prog_array: of(ReferenceArray),
  cgroup_array: of(ReferenceArray),
  perf_event_array: of(PerfEventArrayMap),
  array_of_maps: of(ArrayOfMaps),
  hash_of_maps: of(HashOfMaps),
  devmap: of(ReferenceArray),
  devmap_hash: of(HashMap),
  cpumap: of(ReferenceArray),
  stack_trace: of(StackTraceMap),
  sk_storage: storage,
  inode_storage: storage,
  task_storage: storage,
  cgrp_storage: storage,
  arena: of(ArenaMap),
};

/**
 * Makes a map in the engine's memory.
 * @param objects how many a local storage has room for; other kinds say it by `maxEntries`.
 * @throws FeatureError for a kind that this engine does not have; MapError `invalid` for a shape that its kind does not
 *   allow, `memory` when the engine's memory has no room for it.
 */
export function createMap(spec: MapSpec, home: MapHome, objects?: number): MapStore {
  const { name, type } = spec;
  if (!isEmbeddedMapType(type)) {
    throw new FeatureError(
      `BPF_MAP_TYPE_${type.toUpperCase()}`,
      null,
      `map ${name}: the embedded engine has no ${type}; it has ${MAP_KINDS.join(", ")}`,
    );
  }
  // As libbpf has it: a perf event array that says no size has an entry a CPU.
  const entries = type === "perf_event_array" && spec.maxEntries === 0 ? home.cpus : spec.maxEntries;
  const shape = { ...spec, type, maxEntries: entries };
  const refusal = checkShape(shape);
  if (refusal !== null) throw new MapError(name, "invalid", `map ${name} (${type}): ${refusal.why}`);
  if ((type === "array_of_maps" || type === "hash_of_maps") && spec.inner !== undefined) checkInner(name, spec.inner);
  return KINDS[type](shape, home, objects);
}

/** `bpf_map_meta_alloc`: maps of maps do not nest, and rings of the program's array have no common shape. */
function checkInner(name: string, inner: MapSpec): void {
  const refuse = (why: string): MapError => new MapError(name, "invalid", `map ${name}: its inner map: ${why}`);
  const { type } = inner;
  if (!isEmbeddedMapType(type)) throw refuse(`the embedded engine has no ${type}`);
  if (type === "array_of_maps" || type === "hash_of_maps") throw refuse("maps of maps do not nest");
  if (type === "prog_array") throw refuse("a prog_array cannot be one");
  const refusal = checkShape({ ...inner, type });
  if (refusal !== null) throw refuse(`(${type}): ${refusal.why}`);
}

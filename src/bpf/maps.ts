/** Maps that a program declares at its top level and exports: `export const hits = hash<u32, u64>({ maxEntries: 1024 })`. */

import type { MapDeclaration } from "../object/module.ts";
import type { MapType } from "../uapi/map-types.ts";
import type { i64, u32, u64 } from "./integers.ts";
import { notCompiled } from "./not-compiled.ts";

/** Where a map is, and how it is made. */
export interface PlacedOptions {
  /** `"name"`: pinned in the bpf file system under its name, and shared with whoever loads it next. */
  readonly pinning?: "name";
  /** `BPF_F_…` flags of making it, besides those that the kind cannot do without. */
  readonly flags?: number;
  /** NUMA node of its memory, with the flag `BPF_F_NUMA_NODE`. */
  readonly numaNode?: number;
}

export interface MapOptions extends PlacedOptions {
  /** Entries at most; of an array, exactly so many. 1 … 2³² - 1. */
  readonly maxEntries: number;
}

/** What `get` gives: of a struct a reference into the map, through which assignments write; of a number a copy. */
type Found<Value> = Value | null;

/** What every map can do. Keys and values are numbers, structs (object literals or references) or addresses. */
export interface KernelMap<Type extends MapType, Key, Value> extends MapDeclaration<Type, Key, Value> {
  /**
   * The entry of a key, or null. A struct is seen through a reference into the map: assigning its fields changes the map. A
   * number is a copy, taken now. Of a per-CPU map it is this CPU's. (`bpf_map_lookup_elem`)
   */
  get(key: Key): Found<Value>;
  /** Whether there is an entry. */
  has(key: Key): boolean;
  /**
   * Adds or replaces; false when the map is full or the kernel is out of memory. With `BPF_NOEXIST` false when the key is there, with
   * `BPF_EXIST` when it is not. (`bpf_map_update_elem`)
   */
  set(key: Key, value: Value, flags?: u64): boolean;
  /** Replaces; false when the key is not there. (`bpf_map_update_elem`, `BPF_EXIST`) */
  update(key: Key, value: Value): boolean;
  /**
   * Calls a function for each entry, until it returns true; how many that was. Not for tries. Linux 5.13. (`bpf_for_each_map_elem`)
   */
  forEach<State = undefined>(callback: (map: this, key: Key, value: Value, state: State) => boolean | void, state?: State): i64;
}

/** A map whose entries come and go. */
export interface HashMap<Type extends MapType, Key, Value> extends KernelMap<Type, Key, Value> {
  /** Removes an entry; false when there was none. (`bpf_map_delete_elem`) */
  delete(key: Key): boolean;
}

/** A map of numbers that count. */
export interface Counting<Key, Value> {
  /**
   * Adds to an entry (1, when no amount is given), creating it when it is not there. Atomic where CPUs share the map. Of an
   * array, an index beyond the end does nothing; of a hash that is full, a new key is dropped.
   */
  increment(key: Key, by?: Value): void;
}

/** The counting methods, for values that are numbers. */
type Counts<Key, Value> = [Value] extends [number] ? Counting<Key, Value> : unknown;

export type Hash<Key, Value> = HashMap<"hash", Key, Value> & Counts<Key, Value>;
/** What maps with a value for each CPU can do besides. */
export interface PerCpu<Key, Value> {
  /** The entry of a key on another CPU, or null. Linux 5.19. (`bpf_map_lookup_percpu_elem`) */
  getOn(key: Key, cpu: u32): Found<Value>;
}

export type PerCpuHash<Key, Value> = HashMap<"percpu_hash", Key, Value> & PerCpu<Key, Value> & Counts<Key, Value>;
export type LruHash<Key, Value> = HashMap<"lru_hash", Key, Value> & Counts<Key, Value>;
export type LruPerCpuHash<Key, Value> = HashMap<"lru_percpu_hash", Key, Value> & PerCpu<Key, Value> & Counts<Key, Value>;
export type ArrayOf<Value> = KernelMap<"array", u32, Value> & Counts<u32, Value>;
export type PerCpuArray<Value> = KernelMap<"percpu_array", u32, Value> & PerCpu<u32, Value> & Counts<u32, Value>;
export type LpmTrie<Key, Value> = HashMap<"lpm_trie", Key, Value>;

/** A hash table that all CPUs share. Linux 3.19, `BPF_MAP_TYPE_HASH`. */
export function hash<Key, Value>(_options: MapOptions): Hash<Key, Value> {
  return notCompiled("hash");
}

/** A hash table with a value for each CPU: adding needs no atomic operation. Linux 4.6, `BPF_MAP_TYPE_PERCPU_HASH`. */
export function perCpuHash<Key, Value>(_options: MapOptions): PerCpuHash<Key, Value> {
  return notCompiled("perCpuHash");
}

/** A hash table that drops what was not used for longest when it is full. Linux 4.10, `BPF_MAP_TYPE_LRU_HASH`. */
export function lruHash<Key, Value>(_options: MapOptions): LruHash<Key, Value> {
  return notCompiled("lruHash");
}

/** Both of these. Linux 4.10, `BPF_MAP_TYPE_LRU_PERCPU_HASH`. */
export function lruPerCpuHash<Key, Value>(_options: MapOptions): LruPerCpuHash<Key, Value> {
  return notCompiled("lruPerCpuHash");
}

/** An array that all CPUs share: indices from 0, all present, all zero at first. Linux 3.19, `BPF_MAP_TYPE_ARRAY`. */
export function array<Value>(_options: MapOptions): ArrayOf<Value> {
  return notCompiled("array");
}

/** An array with a value for each CPU. Linux 4.6, `BPF_MAP_TYPE_PERCPU_ARRAY`. */
export function perCpuArray<Value>(_options: MapOptions): PerCpuArray<Value> {
  return notCompiled("perCpuArray");
}

/**
 * A trie of prefixes: `get` finds the longest that matches. The key is a struct that begins with `prefixLength: u32` and goes
 * on with the data, most significant byte first, as addresses are. Linux 4.11, `BPF_MAP_TYPE_LPM_TRIE`.
 */
export function lpmTrie<Key extends { prefixLength: u32 }, Value>(_options: MapOptions): LpmTrie<Key, Value> {
  return notCompiled("lpmTrie");
}

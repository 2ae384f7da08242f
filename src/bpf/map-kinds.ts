/** Maps that are no tables of keys and values: queues, filters, programs, call chains, maps of maps, storages, and where packets go. */

import type { MapDeclaration, ProgramDeclaration } from "../object/module.ts";
import type { bool, i64, u32, u64 } from "./integers.ts";
import type { MapOptions, PlacedOptions } from "./maps.ts";
import { notCompiled } from "./not-compiled.ts";

/** Values that come out in the order in which they went in, or the other way round. */
export interface Queue<Type extends "queue" | "stack", Value> extends MapDeclaration<Type, never, Value> {
  /** Puts a copy in; false when it is full. With `BPF_EXIST` the oldest makes room. (`bpf_map_push_elem`) */
  push(value: Value, flags?: u64): bool;
  /** Takes the next out: a copy, or null when there is none. (`bpf_map_pop_elem`) */
  pop(): Value | null;
  /** The next as a copy, which stays; null when there is none. (`bpf_map_peek_elem`) */
  peek(): Value | null;
}

/** The oldest first. Linux 4.20, `BPF_MAP_TYPE_QUEUE`. */
export function queue<Value>(_options: MapOptions): Queue<"queue", Value> {
  return notCompiled("queue");
}

/** The newest first. Linux 4.20, `BPF_MAP_TYPE_STACK`. */
export function stack<Value>(_options: MapOptions): Queue<"stack", Value> {
  return notCompiled("stack");
}

export interface BloomFilter<Value> extends MapDeclaration<"bloom_filter", never, Value> {
  /** (`bpf_map_push_elem`) */
  add(value: Value): bool;
  /** False: surely not. True: probably. (`bpf_map_peek_elem`) */
  has(value: Value): bool;
}

/** A set that never forgets and sometimes errs on the side of "there". Linux 5.16, `BPF_MAP_TYPE_BLOOM_FILTER`. */
export function bloomFilter<Value>(_options: MapOptions & { readonly hashes?: number }): BloomFilter<Value> {
  return notCompiled("bloomFilter");
}

export interface ProgramArray extends MapDeclaration<"prog_array", u32, never> {
  /**
   * Goes on with the program at an index, and does not come back; where there is none, this program goes on. User space puts programs in:
   * `maps.next.set(0, programs.parse)`. At most 33 in a row. (`bpf_tail_call`)
   */
  tailCall(ctx: object, index: u32): void;
}

/**
 * Programs by index: those that it holds from the start, `programs: () => [parse, null, last]`, and those that user space puts in. All are for
 * one hook. Linux 4.2, `BPF_MAP_TYPE_PROG_ARRAY`.
 */
export function programArray(
  _options: MapOptions & { readonly programs?: () => readonly (ProgramDeclaration | null)[] },
): ProgramArray {
  return notCompiled("programArray");
}

export interface StackTrace extends MapDeclaration<"stack_trace", u32, never> {
  /**
   * The number of the call chain that led here, negative when there is none; user space reads its addresses under it. Flags: how many innermost
   * functions to leave out, `BPF_F_USER_STACK`, `BPF_F_REUSE_STACKID`, `BPF_F_FAST_STACK_CMP`. (`bpf_get_stackid`)
   */
  id(ctx: object, flags?: u64): i64;
}

/** Call chains of up to `depth` addresses (default 127, the most). Linux 4.6, `BPF_MAP_TYPE_STACK_TRACE`. */
export function stackTrace(_options: MapOptions & { readonly depth?: number }): StackTrace {
  return notCompiled("stackTrace");
}

export interface MapOfMaps<Type extends "array_of_maps" | "hash_of_maps", Key, Inner> extends MapDeclaration<Type, Key, Inner> {
  /** The map under a key, with the methods of its kind, or null. User space puts maps in. (`bpf_map_lookup_elem`) */
  get(key: Key): Inner | null;
}

/** Maps by index; each looks like `inner`. `maps: [first, second]`: those that it holds from the start. Linux 4.12, `BPF_MAP_TYPE_ARRAY_OF_MAPS`. */
export function arrayOfMaps<Inner extends MapDeclaration>(
  _inner: Inner,
  _options: MapOptions & { readonly maps?: readonly (Inner | null)[] },
): MapOfMaps<"array_of_maps", u32, Inner> {
  return notCompiled("arrayOfMaps");
}

/** Maps by key: `hashOfMaps<Key, typeof counts>(counts, { maxEntries: 8 })`. Linux 4.12, `BPF_MAP_TYPE_HASH_OF_MAPS`. */
export function hashOfMaps<Key, Inner extends MapDeclaration>(
  _inner: Inner,
  _options: MapOptions,
): MapOfMaps<"hash_of_maps", Key, Inner> {
  return notCompiled("hashOfMaps");
}

type StorageType = "task_storage" | "sk_storage" | "inode_storage" | "cgrp_storage";

/** What each object of a kind carries with it, and loses with its end. Values are structs. */
export interface Storage<Type extends StorageType, Value extends object> extends MapDeclaration<Type, number, Value> {
  /** A reference to what the object carries, or null. */
  get(object: object): Value | null;
  /** The same; where there is nothing, zeroes are put there. Null when there is no memory. */
  getOrCreate(object: object): Value | null;
  /** False when there was nothing. */
  delete(object: object): bool;
}

type StorageOptions = PlacedOptions;

/** Linux 5.11, `BPF_MAP_TYPE_TASK_STORAGE`; of tasks as `bpf_get_current_task_btf()` gives them. */
export function taskStorage<Value extends object>(_options?: StorageOptions): Storage<"task_storage", Value> {
  return notCompiled("taskStorage");
}

/** Linux 5.2, `BPF_MAP_TYPE_SK_STORAGE`. */
export function socketStorage<Value extends object>(_options?: StorageOptions): Storage<"sk_storage", Value> {
  return notCompiled("socketStorage");
}

/** Linux 5.10, `BPF_MAP_TYPE_INODE_STORAGE`. */
export function inodeStorage<Value extends object>(_options?: StorageOptions): Storage<"inode_storage", Value> {
  return notCompiled("inodeStorage");
}

/** Linux 6.2, `BPF_MAP_TYPE_CGRP_STORAGE`. */
export function cgroupStorage<Value extends object>(_options?: StorageOptions): Storage<"cgrp_storage", Value> {
  return notCompiled("cgroupStorage");
}

/** Where XDP programs send packets. */
export interface Redirects<Type extends "devmap" | "devmap_hash" | "cpumap" | "xskmap"> extends MapDeclaration<Type, u32, u32> {
  /** What the program returns: `return ports.redirect(1)`. Where there is nothing under the key, the low bits of the flags. (`bpf_redirect_map`) */
  redirect(key: u32, flags?: u64): u32;
}

/** Network devices by index. Linux 4.14, `BPF_MAP_TYPE_DEVMAP`. */
export function deviceMap(_options: MapOptions): Redirects<"devmap"> {
  return notCompiled("deviceMap");
}

/** Network devices by any number. Linux 5.4, `BPF_MAP_TYPE_DEVMAP_HASH`. */
export function deviceHashMap(_options: MapOptions): Redirects<"devmap_hash"> {
  return notCompiled("deviceHashMap");
}

/** CPUs. Linux 4.15, `BPF_MAP_TYPE_CPUMAP`. */
export function cpuMap(_options: MapOptions): Redirects<"cpumap"> {
  return notCompiled("cpuMap");
}

/** AF_XDP sockets by queue. Linux 4.18, `BPF_MAP_TYPE_XSKMAP`. */
export function xskMap(_options: MapOptions): Redirects<"xskmap"> {
  return notCompiled("xskMap");
}

/** Sockets that messages and packets are sent on to. */
export interface Sockets<Type extends "sockmap" | "sockhash", Key> extends MapDeclaration<Type, Key, u32> {
  /** Of `skMsg` and `skSkbVerdict`: what the program returns (`SK_PASS`, `SK_DROP`). `BPF_F_INGRESS`: to its receive queue. */
  redirect(ctx: object, key: Key, flags?: u64): i64;
  /** Of `sockOps`: puts the socket in that the event is about. (`bpf_sock_map_update`, `bpf_sock_hash_update`) */
  update(ctx: object, key: Key, flags?: u64): bool;
}

/** By index. Linux 4.14, `BPF_MAP_TYPE_SOCKMAP`. */
export function sockMap(_options: MapOptions): Sockets<"sockmap", u32> {
  return notCompiled("sockMap");
}

/** By key. Linux 4.18, `BPF_MAP_TYPE_SOCKHASH`. */
export function sockHash<Key>(_options: MapOptions): Sockets<"sockhash", Key> {
  return notCompiled("sockHash");
}

export interface CgroupArray extends MapDeclaration<"cgroup_array", u32, never> {
  /** Whether the task that runs is in the group at an index, or below it. Linux 4.9. (`bpf_current_task_under_cgroup`) */
  hasCurrentTask(index: u32): bool;
  /** Whether the packet's socket is in the group at an index, or below it. (`bpf_skb_under_cgroup`) */
  hasPacket(ctx: object, index: u32): bool;
}

/** Control groups by index, which user space puts in. Linux 4.8, `BPF_MAP_TYPE_CGROUP_ARRAY`. */
export function cgroupArray(_options: MapOptions): CgroupArray {
  return notCompiled("cgroupArray");
}

export interface ReuseportArray extends MapDeclaration<"reuseport_sockarray", u32, u64> {
  /** Of `skReuseport`: chooses the socket at an index; false when there is none. (`bpf_sk_select_reuseport`) */
  select(ctx: object, key: u32, flags?: u64): bool;
}

/** Sockets that share a port. Linux 4.19, `BPF_MAP_TYPE_REUSEPORT_SOCKARRAY`. */
export function reuseportArray(_options: MapOptions): ReuseportArray {
  return notCompiled("reuseportArray");
}

/** The maps a program can declare, and what each can do (`enum bpf_map_type` of linux/bpf.h). */

import type { MapType } from "../../../uapi/map-types.ts";

/** Kinds that are declared and used alike. */
export type MapFamily =
  | "keyed"
  | "ring"
  | "user-ring"
  | "perf"
  | "queue"
  | "bloom"
  | "programs"
  | "stacks"
  | "maps"
  | "storage"
  | "redirect"
  | "sockets"
  | "cgroups"
  | "reuseport"
  | "arena";

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

/** `BPF_F_MMAPABLE`: an arena that user space cannot map is none. */
const BPF_F_MMAPABLE = 0x400;
/** `BPF_F_NO_PREALLOC`: the kernel makes no other kind of LPM trie, and no other storages. */
const BPF_F_NO_PREALLOC = 1;

function kind(type: MapType, traits: Partial<MapKind> = {}): MapKind {
  return { type, family: "keyed", flags: 0, perCpu: false, indexed: false, prefix: false, ...traits };
}

function storage(type: MapType): MapKind {
  return kind(type, { family: "storage", flags: BPF_F_NO_PREALLOC });
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
  userRingBuffer: kind("user_ringbuf", { family: "user-ring" }),
  perfEventArray: kind("perf_event_array", { family: "perf" }),
  queue: kind("queue", { family: "queue" }),
  stack: kind("stack", { family: "queue" }),
  bloomFilter: kind("bloom_filter", { family: "bloom" }),
  programArray: kind("prog_array", { family: "programs", indexed: true }),
  stackTrace: kind("stack_trace", { family: "stacks" }),
  arrayOfMaps: kind("array_of_maps", { family: "maps", indexed: true }),
  hashOfMaps: kind("hash_of_maps", { family: "maps" }),
  taskStorage: storage("task_storage"),
  socketStorage: storage("sk_storage"),
  inodeStorage: storage("inode_storage"),
  cgroupStorage: storage("cgrp_storage"),
  deviceMap: kind("devmap", { family: "redirect", indexed: true }),
  deviceHashMap: kind("devmap_hash", { family: "redirect" }),
  cpuMap: kind("cpumap", { family: "redirect", indexed: true }),
  xskMap: kind("xskmap", { family: "redirect", indexed: true }),
  sockMap: kind("sockmap", { family: "sockets", indexed: true }),
  sockHash: kind("sockhash", { family: "sockets" }),
  cgroupArray: kind("cgroup_array", { family: "cgroups", indexed: true }),
  reuseportArray: kind("reuseport_sockarray", { family: "reuseport", indexed: true }),
  arena: kind("arena", { family: "arena", flags: BPF_F_MMAPABLE }),
};

/** Names of the methods that maps of a family have, with the signature that messages show. */
export const MAP_METHODS: Readonly<Record<MapFamily, Readonly<Record<string, string>>>> = {
  keyed: {
    get: "get(key): value or null",
    getOn: "getOn(key, cpu): value or null",
    has: "has(key): bool",
    set: "set(key, value, flags = BPF_ANY): bool",
    update: "update(key, value): bool",
    delete: "delete(key): bool",
    increment: "increment(key, by = 1)",
    forEach: "forEach((map, key, value, state) => …, state)",
  },
  ring: {
    reserve: "reserve(): record or null",
    submit: "submit(record, flags = 0)",
    discard: "discard(record, flags = 0)",
    output: "output(record, flags = 0): bool",
    query: "query(what): u64",
  },
  "user-ring": { drain: "drain((record, state) => …, state): i64" },
  perf: { output: "output(ctx, record, flags = BPF_F_CURRENT_CPU): bool" },
  queue: {
    push: "push(value, flags = 0): bool",
    pop: "pop(): value or null",
    peek: "peek(): value or null",
  },
  bloom: { add: "add(value): bool", has: "has(value): bool" },
  programs: { tailCall: "tailCall(ctx, index)" },
  stacks: { id: "id(ctx, flags = 0): i64" },
  maps: { get: "get(key): map or null" },
  storage: {
    get: "get(object): value or null",
    getOrCreate: "getOrCreate(object): value or null",
    delete: "delete(object): bool",
  },
  redirect: { redirect: "redirect(key, flags = 0): u32" },
  sockets: {
    redirect: "redirect(ctx, key, flags = 0): i64",
    update: "update(ctx, key, flags = BPF_ANY): bool",
  },
  cgroups: { hasCurrentTask: "hasCurrentTask(index): bool", hasPacket: "hasPacket(ctx, index): bool" },
  reuseport: { select: "select(ctx, key, flags = 0): bool" },
  arena: {
    allocPages: "allocPages<Type>(pages = what a Type takes, address = 0): Pointer<Type> or null",
    freePages: "freePages(pointer, pages = what it leads to takes)",
    reservePages: "reservePages(address, pages): i32",
    at: "at<Type>(address): Pointer<Type>",
  },
};

/** Maps that the suite's programs refer to by name. */

import type { BtfBuilder } from "../../../src/btf/builder.ts";
import type { MapSpec } from "../../../src/object/spec.ts";
import { FORMAT_MAPS } from "./formats.ts";

export interface SuiteMap {
  readonly spec: Omit<MapSpec, "name" | "keyType" | "valueType">;
  /** Types of key and value, where the map needs them. */
  readonly types?: (types: BtfBuilder) => { readonly key: number; readonly value: number };
}

const NO_PREALLOC = 1;
const MMAPABLE = 1024;
const RDONLY_PROG = 128;
const WRONLY_PROG = 256;

type Shape = readonly [keySize: number, valueSize: number, maxEntries: number, flags?: number];

function map(
  type: MapSpec["type"],
  [keySize, valueSize, maxEntries, flags = 0]: Shape,
  more: Partial<SuiteMap["spec"]> = {},
): SuiteMap {
  return { spec: { type, keySize, valueSize, maxEntries, flags, ...more } };
}

/** A struct of these members, 4 bytes and more each. */
function typed(of: SuiteMap, value: (types: BtfBuilder) => number): SuiteMap {
  return {
    ...of,
    types: (types) => ({ key: types.int("int", 4, { signed: true }), value: value(types) }),
  };
}

interface Part {
  readonly name: string;
  readonly size: number;
  /** A kernel struct of that name; else an integer. */
  readonly struct?: string;
}

function value(parts: readonly Part[]): (types: BtfBuilder) => number {
  return (types) => {
    let offset = 0;
    const members = parts.map(({ name, size, struct }) => {
      const integer = types.int(size === 8 ? "long" : "int", size === 8 ? 8 : 4, { signed: true });
      const inner =
        struct === undefined
          ? size > 8
            ? types.array(integer, size / 4)
            : integer
          : types.struct(struct, size, [{ name: "__opaque", type: types.array(types.int("char", 1), size), bitOffset: 0 }]);
      const member = { name, type: inner, bitOffset: offset * 8 };
      offset += size;
      return member;
    });
    return types.struct("value", offset, members);
  };
}

/** `struct { int counter; struct bpf_spin_lock lock; }` and the like. */
const withLock = value([
  { name: "counter", size: 4 },
  { name: "lock", size: 4, struct: "bpf_spin_lock" },
  { name: "rest", size: 56 },
]);
const withTimer = value([
  { name: "counter", size: 8 },
  { name: "timer", size: 16, struct: "bpf_timer" },
  { name: "rest", size: 40 },
]);
const withWork = value([
  { name: "counter", size: 8 },
  { name: "work", size: 16, struct: "bpf_wq" },
  { name: "rest", size: 40 },
]);
const withResilientLock = value([
  { name: "counter", size: 8 },
  { name: "lock", size: 4, struct: "bpf_res_spin_lock" },
  { name: "rest", size: 52 },
]);

/** A number, then three pointers to structs of the kernel: a task that is not trusted, a task, a CPU mask. */
const withKernelPointers: SuiteMap["types"] = (types) => {
  const long = types.int("long", 8, { signed: true });
  const int = types.int("int", 4, { signed: true });
  // A forward declaration would not do.
  const struct = (name: string) => types.struct(name, 4, [{ name: "first", type: int, bitOffset: 0 }]);
  const pointer = (tag: string, name: string) => types.pointer(types.typeTag(tag, struct(name)));
  const members = [
    { name: "number", type: long, bitOffset: 0 },
    { name: "untrusted", type: pointer("kptr_untrusted", "task_struct"), bitOffset: 64 },
    { name: "task", type: pointer("kptr", "task_struct"), bitOffset: 128 },
    { name: "mask", type: pointer("kptr", "bpf_cpumask"), bitOffset: 192 },
    { name: "end", type: long, bitOffset: 256 },
  ];
  return { key: int, value: types.struct("value", 40, members) };
};

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i % 4 === 0 ? i + 1 : 0));

export const MAPS: Readonly<Record<string, SuiteMap>> = {
  ...FORMAT_MAPS,
  array8: map("array", [4, 8, 1]),
  array4: map("array", [4, 4, 1]),
  array48: map("array", [4, 48, 1]),
  array64: map("array", [4, 64, 1]),
  four: map("array", [4, 64, 4]),
  array4096: map("array", [4, 4096, 1]),
  hash8: map("hash", [8, 8, 1]),
  hash16: map("hash", [8, 16, 1]),
  hash48: map("hash", [8, 48, 1]),
  key16: map("hash", [16, 8, 1]),
  key4: map("hash", [4, 8, 1]),
  lru: map("lru_hash", [8, 8, 1]),
  percpu_array: map("percpu_array", [4, 8, 1]),
  percpu_hash: map("percpu_hash", [8, 8, 1]),
  lpm: map("lpm_trie", [8, 8, 1, NO_PREALLOC]),
  programs: map("prog_array", [4, 4, 4]),
  events: map("perf_event_array", [4, 4, 4]),
  stacks: map("stack_trace", [4, 64, 1]),
  cgroups: map("cgroup_array", [4, 4, 1]),
  queue: map("queue", [0, 8, 2]),
  stack: map("stack", [0, 8, 2]),
  bloom: map("bloom_filter", [0, 8, 2]),
  devices: map("devmap", [4, 4, 2]),
  devices_hash: map("devmap_hash", [4, 4, 2]),
  devices8: map("devmap", [4, 8, 2]),
  cpus: map("cpumap", [4, 4, 2]),
  sockets: map("sockmap", [4, 4, 2]),
  sockets_hash: map("sockhash", [4, 4, 2]),
  xsks: map("xskmap", [4, 4, 2]),
  reuseport: map("reuseport_sockarray", [4, 4, 2]),
  ringbuf: map("ringbuf", [0, 0, 4096]),
  user_ringbuf: map("user_ringbuf", [0, 0, 4096]),
  cgroup_storage: map("cgroup_storage", [16, 64, 0]),
  percpu_cgroup_storage: map("percpu_cgroup_storage", [16, 64, 0]),
  arena: map("arena", [0, 0, 4, MMAPABLE]),
  /** For programs to read only, written before by its owner: loads from it are constants. */
  constants: map("array", [4, 32, 1, RDONLY_PROG], { contents: { kind: "bytes", bytes: bytes(32) }, frozen: true }),
  /** No zero byte in it. */
  endless: map("array", [4, 32, 1, RDONLY_PROG], {
    contents: { kind: "bytes", bytes: new Uint8Array(32).fill(0x61) },
    frozen: true,
  }),
  /** `%%%z`: no format. */
  format: map("array", [4, 8, 1, RDONLY_PROG], {
    contents: { kind: "bytes", bytes: Uint8Array.of(0x25, 0x25, 0x25, 0x7a, 0, 0, 0, 0) },
    frozen: true,
  }),
  readonly: map("array", [4, 48, 1, RDONLY_PROG]),
  writeonly: map("array", [4, 48, 1, WRONLY_PROG]),
  outer: map("array_of_maps", [4, 4, 1], {
    inner: { name: "inner", ...map("array", [4, 48, 1]).spec, keyType: 0, valueType: 0 },
  }),
  outer_hash: map("hash_of_maps", [8, 4, 1], {
    inner: { name: "inner", ...map("hash", [8, 48, 1]).spec, keyType: 0, valueType: 0 },
  }),
  lock: typed(map("array", [4, 64, 1]), withLock),
  lock2: typed(map("array", [4, 64, 1]), withLock),
  lock_hash: typed(map("hash", [4, 64, 1]), withLock),
  timer: typed(map("array", [4, 64, 1]), withTimer),
  timer_hash: typed(map("hash", [4, 64, 1]), withTimer),
  work: typed(map("array", [4, 64, 1]), withWork),
  res_lock: typed(map("array", [4, 64, 1]), withResilientLock),
  res_lock2: typed(map("array", [4, 64, 1]), withResilientLock),
  kernel_pointers: { ...map("array", [4, 40, 1]), types: withKernelPointers },
  sk_storage: typed(map("sk_storage", [4, 64, 0, NO_PREALLOC]), withLock),
  task_storage: typed(map("task_storage", [4, 64, 0, NO_PREALLOC]), value([{ name: "a", size: 64 }])),
  inode_storage: typed(map("inode_storage", [4, 64, 0, NO_PREALLOC]), value([{ name: "a", size: 64 }])),
  cgrp_storage: typed(map("cgrp_storage", [4, 64, 0, NO_PREALLOC]), value([{ name: "a", size: 64 }])),
};

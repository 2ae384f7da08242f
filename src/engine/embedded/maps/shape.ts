/**
 * What each kind of map demands of its shape: the checks of `map_create` (kernel/bpf/syscall.c) and of each kind's `alloc_check`, in
 * their order and with their error numbers (Linux 6.18), so that a Spec that loads here is not refused there, and the reverse.
 */

import type { MapSpec } from "../../../object/spec.ts";
import type { MapType } from "../../../uapi/map-types.ts";
import { E2BIG, EINVAL, ENOTSUPP } from "./errno.ts";
import {
  ACCESS_FLAGS,
  BPF_F_CLONE,
  BPF_F_INNER_MAP,
  BPF_F_MMAPABLE,
  BPF_F_NO_COMMON_LRU,
  BPF_F_NO_PREALLOC,
  BPF_F_NO_USER_CONV,
  BPF_F_NUMA_NODE,
  BPF_F_PRESERVE_ELEMS,
  BPF_F_RDONLY,
  BPF_F_RDONLY_PROG,
  BPF_F_SEGV_ON_FAULT,
  BPF_F_STACK_BUILD_ID,
  BPF_F_WRONLY,
  BPF_F_WRONLY_PROG,
  BPF_F_ZERO_SEED,
} from "./flags.ts";

/** Why a shape is refused: the kernel's error number, and words. */
export interface Refusal {
  readonly errno: number;
  readonly why: string;
}

/** The kernel allocates an element in one piece (KMALLOC_MAX_SIZE, 4 MiB). */
const LARGEST_PIECE = 4 * 1024 * 1024;
/** Bytes of one CPU's value in a per-CPU map (PCPU_MIN_UNIT_SIZE). */
const LARGEST_PER_CPU_VALUE = 32_768;
/** `struct htab_elem`; `struct lpm_trie_node` and the longest data. */
const HASH_ELEMENT = 48;
const TRIE_NODE = 24 + 256;
/** `BPF_LOCAL_STORAGE_MAX_VALUE_SIZE`: U16_MAX less `struct bpf_local_storage_elem`. */
const LARGEST_STORAGE_VALUE = 65_535 - 112;
/** `sysctl_perf_event_max_stack`, as it is by default. */
const DEEPEST_STACK = 127;
const LARGEST_INT = 0x7fff_ffff;
const PAGE = 4096;

interface Rule {
  /** Creation flags it accepts. */
  readonly flags: number;
  readonly key: readonly [least: number, most: number];
  readonly value: readonly [least: number, most: number];
  /** Sizes and flags that are refused in another way, after all else. */
  readonly more?: (spec: MapSpec) => Refusal | null;
}

const U32 = [4, 4] as const;
const NONE = [0, 0] as const;
const SOME = [1, 0xffff_ffff] as const;
const DESCRIPTOR = [4, 8] as const;

const refuse = (errno: number, why: string): Refusal => ({ errno, why });

const ARRAY_FLAGS = BPF_F_NUMA_NODE | ACCESS_FLAGS;
const HASH_FLAGS = BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | ACCESS_FLAGS;
const LRU_FLAGS = HASH_FLAGS | BPF_F_NO_COMMON_LRU;
const PROGRAM_FLAGS = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
const DEVICE_FLAGS = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY;

const perCpu = ({ valueSize }: MapSpec): Refusal | null =>
  Math.ceil(valueSize / 8) * 8 > LARGEST_PER_CPU_VALUE
    ? refuse(E2BIG, `value: expected at most ${LARGEST_PER_CPU_VALUE} bytes for each CPU, found ${valueSize}`)
    : null;

const array = ({ valueSize }: MapSpec): Refusal | null =>
  valueSize > LARGEST_INT ? refuse(E2BIG, `value: expected at most ${LARGEST_INT} bytes, found ${valueSize}`) : null;

function hash(spec: MapSpec): Refusal | null {
  const { keySize, valueSize, maxEntries } = spec;
  if (keySize + valueSize >= LARGEST_PIECE - HASH_ELEMENT)
    return refuse(E2BIG, `key and value: expected less than 4 MiB together, found ${keySize + valueSize} bytes`);
  if (spec.type.includes("percpu")) {
    const refusal = perCpu(spec);
    if (refusal !== null) return refusal;
  }
  return maxEntries > 2 ** 31 ? refuse(E2BIG, `maxEntries: expected at most 2147483648, found ${maxEntries}`) : null;
}

const ring = ({ maxEntries }: MapSpec): Refusal | null =>
  Math.log2(maxEntries) % 1 !== 0 || maxEntries % PAGE !== 0
    ? refuse(EINVAL, `maxEntries: expected bytes, a power of two from ${PAGE} on, found ${maxEntries}`)
    : null;

const descriptor = ({ valueSize }: MapSpec): Refusal | null =>
  valueSize !== 4 && valueSize !== 8 ? refuse(EINVAL, `value: expected 4 or 8 bytes, found ${valueSize}`) : null;

function stackTrace({ valueSize, maxEntries }: MapSpec): Refusal | null {
  if (valueSize % 8 !== 0 || valueSize / 8 > DEEPEST_STACK)
    return refuse(EINVAL, `value: expected 8 bytes for each of 1 to ${DEEPEST_STACK} addresses, found ${valueSize} bytes`);
  return maxEntries > 2 ** 31 ? refuse(E2BIG, `maxEntries: expected at most 2147483648, found ${maxEntries}`) : null;
}

function storage({ flags, maxEntries, valueSize, keyType, valueType }: MapSpec): Refusal | null {
  if ((flags & BPF_F_NO_PREALLOC) === 0) return refuse(EINVAL, "flags: BPF_F_NO_PREALLOC (1) is required");
  if (maxEntries !== 0)
    return refuse(EINVAL, `maxEntries: expected 0, found ${maxEntries}; say how many objects when it is loaded`);
  if (keyType === 0 || valueType === 0) return refuse(EINVAL, "key and value must have types (BTF)");
  return valueSize > LARGEST_STORAGE_VALUE
    ? refuse(E2BIG, `value: expected at most ${LARGEST_STORAGE_VALUE} bytes, found ${valueSize}`)
    : null;
}

const STORAGE: Rule = { flags: BPF_F_NO_PREALLOC | BPF_F_CLONE, key: U32, value: SOME, more: storage };
const QUEUE: Rule = {
  flags: ARRAY_FLAGS,
  key: NONE,
  value: SOME,
  more: ({ valueSize }) =>
    valueSize > LARGEST_PIECE ? refuse(E2BIG, `value: expected at most 4 MiB, found ${valueSize} bytes`) : null,
};
const REFERENCES: Rule = { flags: ARRAY_FLAGS & ~PROGRAM_FLAGS, key: U32, value: U32 };
const HASH: Rule = { flags: HASH_FLAGS, key: SOME, value: SOME, more: hash };
const LRU: Rule = {
  flags: LRU_FLAGS,
  key: SOME,
  value: SOME,
  more: hash,
};
const RING: Rule = { flags: BPF_F_NUMA_NODE, key: NONE, value: NONE, more: ring };

const RULES = {
  array: { flags: ARRAY_FLAGS | BPF_F_MMAPABLE | BPF_F_INNER_MAP, key: U32, value: SOME, more: array },
  percpu_array: { flags: ACCESS_FLAGS, key: U32, value: SOME, more: (spec) => array(spec) ?? perCpu(spec) },
  hash: HASH,
  percpu_hash: HASH,
  lru_hash: LRU,
  lru_percpu_hash: LRU,
  lpm_trie: {
    flags: BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | ACCESS_FLAGS,
    key: [5, 260],
    value: [1, LARGEST_PIECE - TRIE_NODE],
    more: ({ flags }) => ((flags & BPF_F_NO_PREALLOC) === 0 ? refuse(EINVAL, "flags: BPF_F_NO_PREALLOC (1) is required") : null),
  },
  queue: QUEUE,
  stack: QUEUE,
  bloom_filter: {
    flags: BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | ACCESS_FLAGS,
    key: NONE,
    value: SOME,
    more: ({ extra = 0n }) =>
      extra > 15n || extra < 0n ? refuse(EINVAL, `map_extra: expected 0 to 15 hash functions, found ${extra}`) : null,
  },
  ringbuf: RING,
  user_ringbuf: RING,
  prog_array: REFERENCES,
  perf_event_array: { ...REFERENCES, flags: REFERENCES.flags | BPF_F_PRESERVE_ELEMS },
  cgroup_array: REFERENCES,
  array_of_maps: REFERENCES,
  hash_of_maps: { ...HASH, value: U32 },
  devmap: { flags: DEVICE_FLAGS, key: U32, value: DESCRIPTOR, more: descriptor },
  devmap_hash: {
    flags: DEVICE_FLAGS,
    key: U32,
    value: DESCRIPTOR,
    more: (spec) =>
      descriptor(spec) ??
      (spec.maxEntries > 2 ** 31 ? refuse(EINVAL, `maxEntries: expected at most 2147483648, found ${spec.maxEntries}`) : null),
  },
  cpumap: { flags: BPF_F_NUMA_NODE, key: U32, value: DESCRIPTOR, more: descriptor },
  stack_trace: { flags: DEVICE_FLAGS, key: U32, value: [8, 0xffff_ffff], more: stackTrace },
  sk_storage: STORAGE,
  inode_storage: STORAGE,
  task_storage: STORAGE,
  cgrp_storage: STORAGE,
  arena: {
    flags: BPF_F_MMAPABLE | BPF_F_SEGV_ON_FAULT | BPF_F_NO_USER_CONV,
    key: NONE,
    value: NONE,
    more({ flags, maxEntries }) {
      if ((flags & BPF_F_MMAPABLE) === 0) return refuse(EINVAL, "flags: BPF_F_MMAPABLE (0x400) is required");
      return maxEntries * PAGE > 2 ** 32
        ? refuse(E2BIG, `maxEntries: expected at most 1048576 pages, found ${maxEntries}`)
        : null;
    },
  },
} as const satisfies { readonly [Type in MapType]?: Rule };

/** The kinds of map that the embedded engine has. */
export type EmbeddedMapType = keyof typeof RULES;
export const MAP_KINDS = Object.keys(RULES) as EmbeddedMapType[];

export const isEmbeddedMapType = (type: MapType): type is EmbeddedMapType => Object.hasOwn(RULES, type);

/** What is wrong with a map's shape, or null. */
export function checkShape(spec: MapSpec & { readonly type: EmbeddedMapType }): Refusal | null {
  const { type, keySize, valueSize, maxEntries, flags, extra = 0n } = spec;
  const rule: Rule = RULES[type];
  if (type === "bloom_filter" && valueSize > LARGEST_PIECE)
    return refuse(E2BIG, `value: expected at most 4 MiB, found ${valueSize} bytes`);
  const whole = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;
  if (!whole(flags)) return refuse(EINVAL, `flags: expected 0 to 0xffffffff, found ${flags}`);
  if (extra !== 0n && type !== "bloom_filter" && type !== "arena")
    return refuse(EINVAL, `map_extra: means nothing to this kind, found ${extra}`);
  const both = (one: number, other: number): boolean => (flags & one) !== 0 && (flags & other) !== 0;
  if (both(BPF_F_RDONLY, BPF_F_WRONLY)) return refuse(EINVAL, "flags: BPF_F_RDONLY and BPF_F_WRONLY exclude each other");
  if (type === "stack_trace" && (flags & BPF_F_STACK_BUILD_ID) !== 0)
    return refuse(EINVAL, "flags: BPF_F_STACK_BUILD_ID: programs here have no build ids; leave it out");
  const unknown = flags & ~rule.flags;
  if (unknown !== 0) return refuse(EINVAL, `flags: 0x${(unknown >>> 0).toString(16)} does not go with this kind of map`);
  if (both(BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG))
    return refuse(EINVAL, "flags: BPF_F_RDONLY_PROG and BPF_F_WRONLY_PROG exclude each other");
  if (type.startsWith("lru") && (flags & BPF_F_NO_PREALLOC) !== 0)
    return refuse(ENOTSUPP, "flags: BPF_F_NO_PREALLOC does not go with this kind of map");
  const perCpuLists = type.includes("percpu") || (flags & BPF_F_NO_COMMON_LRU) !== 0;
  if (perCpuLists && (flags & BPF_F_NUMA_NODE) !== 0)
    return refuse(EINVAL, "flags: BPF_F_NUMA_NODE does not go with memory of each CPU");
  if (!whole(maxEntries) || (maxEntries === 0 && rule !== STORAGE))
    return refuse(EINVAL, `maxEntries: expected 1 to 4294967295, found ${maxEntries}`);
  return size("key", keySize, rule.key) ?? size("value", valueSize, rule.value) ?? rule.more?.(spec) ?? null;
}

function size(what: string, found: number, [least, most]: readonly [number, number]): Refusal | null {
  if (Number.isInteger(found) && found >= least && found <= most) return null;
  const expected = most === 0xffff_ffff ? `at least ${least}` : least === most ? `${least}` : `${least} to ${most}`;
  return refuse(
    EINVAL,
    `${what}: expected ${expected} byte${expected.endsWith(" 1") || expected === "1" ? "" : "s"}, found ${found}`,
  );
}

/**
 * Which kinds of map this engine has, and what each demands of its shape: the checks of `*_map_alloc_check` in
 * kernel/bpf/arraymap.c, hashtab.c and lpm_trie.c, so that a Spec that loads here is not refused there.
 */

import type { MapSpec } from "../../../object/spec.ts";
import type { MapType } from "../../../uapi/map-types.ts";
import { FeatureError, MapError } from "../../errors.ts";
import { ArrayMap } from "./array.ts";
import {
  ACCESS_FLAGS,
  BPF_F_INNER_MAP,
  BPF_F_MMAPABLE,
  BPF_F_NO_COMMON_LRU,
  BPF_F_NO_PREALLOC,
  BPF_F_NUMA_NODE,
  BPF_F_ZERO_SEED,
} from "./flags.ts";
import { HashMap } from "./hash.ts";
import { LpmTrieMap } from "./lpm-trie.ts";
import { LruHashMap } from "./lru-hash.ts";
import type { MapHome, MapStore } from "./store.ts";

interface Kind {
  readonly make: new (spec: MapSpec, home: MapHome) => MapStore;
  /** Creation flags it accepts, and those it demands. */
  readonly flags: number;
  readonly required: number;
  readonly keySize: readonly [least: number, most: number];
}

/** The kernel allocates an element of a hash map or trie in one piece (KMALLOC_MAX_SIZE, 4 MiB). */
const LARGEST_ELEMENT = 4 * 1024 * 1024;
/** Bytes of one CPU's value in a per-CPU map (PCPU_MIN_UNIT_SIZE). */
const LARGEST_PER_CPU_VALUE = 32_768;

const HASH_FLAGS = BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | ACCESS_FLAGS;
const LRU_FLAGS = BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | ACCESS_FLAGS;
const KEY_OF_HASH = [1, LARGEST_ELEMENT] as const;

const KINDS: { readonly [Type in MapType]?: Kind } = {
  array: {
    make: ArrayMap,
    flags: BPF_F_NUMA_NODE | BPF_F_MMAPABLE | BPF_F_INNER_MAP | ACCESS_FLAGS,
    required: 0,
    keySize: [4, 4],
  },
  percpu_array: { make: ArrayMap, flags: ACCESS_FLAGS, required: 0, keySize: [4, 4] },
  hash: { make: HashMap, flags: HASH_FLAGS, required: 0, keySize: KEY_OF_HASH },
  percpu_hash: { make: HashMap, flags: HASH_FLAGS, required: 0, keySize: KEY_OF_HASH },
  lru_hash: { make: LruHashMap, flags: LRU_FLAGS, required: 0, keySize: KEY_OF_HASH },
  lru_percpu_hash: { make: LruHashMap, flags: LRU_FLAGS, required: 0, keySize: KEY_OF_HASH },
  lpm_trie: {
    make: LpmTrieMap,
    flags: BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | ACCESS_FLAGS,
    required: BPF_F_NO_PREALLOC,
    keySize: [5, 260],
  },
};

/** The kinds of map that the embedded engine has. */
export const MAP_KINDS = Object.keys(KINDS) as MapType[];

/**
 * Makes a map in the engine's memory.
 * @throws FeatureError for a kind that this engine does not have; MapError `invalid` for a shape that its kind does not
 *   allow, `memory` when the engine's memory has no room for it.
 */
export function createMap(spec: MapSpec, home: MapHome): MapStore {
  const kind = KINDS[spec.type];
  if (kind === undefined) {
    throw new FeatureError(
      `BPF_MAP_TYPE_${spec.type.toUpperCase()}`,
      null,
      `map ${spec.name}: the embedded engine has no ${spec.type}; it has ${MAP_KINDS.join(", ")}`,
    );
  }
  const complaint = complain(spec, kind);
  if (complaint !== null) throw new MapError(spec.name, "invalid", `map ${spec.name} (${spec.type}): ${complaint}`);
  return new kind.make(spec, home);
}

/** What is wrong with a map's shape, or null. */
function complain(spec: MapSpec, kind: Kind): string | null {
  const [least, most] = kind.keySize;
  const whole = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;
  if (!whole(spec.maxEntries) || spec.maxEntries === 0) return `maxEntries: expected 1 to 4294967295, found ${spec.maxEntries}`;
  if (!whole(spec.keySize) || spec.keySize < least || spec.keySize > most) {
    return `key: expected ${least === most ? `${least}` : `${least} to ${most}`} bytes, found ${spec.keySize}`;
  }
  if (!whole(spec.valueSize) || spec.valueSize === 0) return `value: expected at least 1 byte, found ${spec.valueSize}`;
  const perCpu = spec.type.includes("percpu");
  if (perCpu && spec.valueSize > LARGEST_PER_CPU_VALUE) {
    return `value: expected at most ${LARGEST_PER_CPU_VALUE} bytes for each CPU, found ${spec.valueSize}`;
  }
  if (kind.make !== ArrayMap && spec.keySize + spec.valueSize > LARGEST_ELEMENT - 256) {
    return `key and value: expected less than 4 MiB together, found ${spec.keySize + spec.valueSize} bytes`;
  }
  if (!whole(spec.flags)) return `flags: expected 0 to 0xffffffff, found ${spec.flags}`;
  const unknown = spec.flags & ~kind.flags;
  if (unknown !== 0) return `flags: 0x${(unknown >>> 0).toString(16)} does not go with this kind of map`;
  if ((spec.flags & kind.required) !== kind.required) return "flags: BPF_F_NO_PREALLOC (1) is required";
  return null;
}

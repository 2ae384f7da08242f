/**
 * Which helpers go with which kinds of map, both ways, as the kernel's verifier has it (`check_map_func_compatibility` of
 * kernel/bpf/verifier.c, Linux 6.18). A kind that is not named here goes with every helper that does not name its kinds, and the reverse.
 */

import { HELPER, type HelperName, helperName } from "../../../uapi/helpers.ts";
import type { MapType } from "../../../uapi/map-types.ts";

const RINGS: readonly HelperName[] = [
  "bpf_ringbuf_output",
  "bpf_ringbuf_reserve",
  "bpf_ringbuf_query",
  "bpf_ringbuf_reserve_dynptr",
  "bpf_ringbuf_submit_dynptr",
  "bpf_ringbuf_discard_dynptr",
];
const PERF: readonly HelperName[] = [
  "bpf_perf_event_read",
  "bpf_perf_event_output",
  "bpf_skb_output",
  "bpf_perf_event_read_value",
  "bpf_xdp_output",
];
const QUEUES: readonly HelperName[] = ["bpf_map_peek_elem", "bpf_map_pop_elem", "bpf_map_push_elem"];
const REDIRECT: readonly HelperName[] = ["bpf_redirect_map"];
const LOOKUP: readonly HelperName[] = ["bpf_map_lookup_elem"];

/** The only helpers of a kind. */
const HELPERS_OF: { readonly [Type in MapType]?: readonly HelperName[] } = {
  prog_array: ["bpf_tail_call"],
  perf_event_array: PERF,
  ringbuf: RINGS,
  user_ringbuf: ["bpf_user_ringbuf_drain"],
  stack_trace: ["bpf_get_stackid"],
  devmap: [...REDIRECT, ...LOOKUP],
  devmap_hash: [...REDIRECT, ...LOOKUP],
  cpumap: REDIRECT,
  cgroup_array: ["bpf_skb_under_cgroup", "bpf_current_task_under_cgroup"],
  array_of_maps: LOOKUP,
  hash_of_maps: LOOKUP,
  queue: QUEUES,
  stack: QUEUES,
  bloom_filter: ["bpf_map_peek_elem", "bpf_map_push_elem"],
  sk_storage: ["bpf_sk_storage_get", "bpf_sk_storage_delete", "bpf_kptr_xchg"],
  inode_storage: ["bpf_inode_storage_get", "bpf_inode_storage_delete", "bpf_kptr_xchg"],
  task_storage: ["bpf_task_storage_get", "bpf_task_storage_delete", "bpf_kptr_xchg"],
  cgrp_storage: ["bpf_cgrp_storage_get", "bpf_cgrp_storage_delete", "bpf_kptr_xchg"],
  arena: [],
};

const PER_CPU: readonly MapType[] = ["percpu_array", "percpu_hash", "lru_percpu_hash"];

/** The only kinds of a helper, besides those that name it. */
const KINDS_OF: { readonly [Name in HelperName]?: readonly MapType[] } = {
  bpf_map_lookup_percpu_elem: PER_CPU,
  bpf_for_each_map_elem: ["array", "percpu_array", "hash", "percpu_hash", "lru_hash", "lru_percpu_hash"],
};

/** By kind the numbers of its helpers; by number of a helper its kinds. */
const NUMBERS = new Map<MapType, ReadonlySet<number>>();
const KINDS = new Map<number, Set<MapType>>();

for (const [type, names] of Object.entries(HELPERS_OF) as [MapType, readonly HelperName[]][]) {
  NUMBERS.set(type, new Set(names.map((name) => HELPER[name])));
  // Those three go with other kinds, too.
  for (const name of names) if (name !== "bpf_map_lookup_elem" && name !== "bpf_kptr_xchg") kindsOf(name).add(type);
}
for (const [name, types] of Object.entries(KINDS_OF) as [HelperName, readonly MapType[]][]) {
  for (const type of types) kindsOf(name).add(type);
}

function kindsOf(name: HelperName): Set<MapType> {
  const number = HELPER[name];
  const known = KINDS.get(number) ?? new Set();
  KINDS.set(number, known);
  return known;
}

/** Why a helper cannot be given a map of this kind, or null. Hot. */
export function incompatible(helper: number, type: MapType): string | null {
  const helpers = NUMBERS.get(type);
  const kinds = KINDS.get(helper);
  if ((helpers === undefined || helpers.has(helper)) && (kinds === undefined || kinds.has(type))) return null;
  if (kinds !== undefined && !kinds.has(type))
    return `expected a map of type ${[...kinds].join(" or ")}, found one of type ${type}`;
  const names = [...(helpers ?? [])].map((number) => helperName(number) ?? `helper ${number}`);
  return `a map of type ${type} goes with ${names.length === 0 ? "no helper" : `${names.join(", ")} only`}`;
}

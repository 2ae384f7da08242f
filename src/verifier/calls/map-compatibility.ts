/** Which helpers take which types of maps (`check_map_func_compatibility`): asked both ways. */

import { HELPER, type HelperName } from "../../uapi/helpers.ts";
import { MAP_TYPE, type MapType } from "../../uapi/map-types.ts";
import { refuse } from "../refusal.ts";
import type { Walk } from "../walk/walk.ts";
import type { Call } from "./call.ts";

type Short = HelperName extends `bpf_${infer Name}` ? Name : never;

/** Map types that only these helpers take; types that are not here take all that do not ask for others. */
const TAKEN_BY: Partial<Record<MapType, readonly Short[]>> = {
  prog_array: ["tail_call"],
  perf_event_array: ["perf_event_read", "perf_event_output", "skb_output", "perf_event_read_value", "xdp_output"],
  ringbuf: [
    "ringbuf_output",
    "ringbuf_reserve",
    "ringbuf_query",
    "ringbuf_reserve_dynptr",
    "ringbuf_submit_dynptr",
    "ringbuf_discard_dynptr",
  ],
  user_ringbuf: ["user_ringbuf_drain"],
  stack_trace: ["get_stackid"],
  cgroup_array: ["skb_under_cgroup", "current_task_under_cgroup"],
  cgroup_storage: ["get_local_storage"],
  percpu_cgroup_storage: ["get_local_storage"],
  devmap: ["redirect_map", "map_lookup_elem"],
  devmap_hash: ["redirect_map", "map_lookup_elem"],
  cpumap: ["redirect_map"],
  xskmap: ["redirect_map", "map_lookup_elem"],
  array_of_maps: ["map_lookup_elem"],
  hash_of_maps: ["map_lookup_elem"],
  sockmap: ["sk_redirect_map", "sock_map_update", "msg_redirect_map", "sk_select_reuseport", "map_lookup_elem"],
  sockhash: ["sk_redirect_hash", "sock_hash_update", "msg_redirect_hash", "sk_select_reuseport", "map_lookup_elem"],
  reuseport_sockarray: ["sk_select_reuseport"],
  queue: ["map_peek_elem", "map_pop_elem", "map_push_elem"],
  stack: ["map_peek_elem", "map_pop_elem", "map_push_elem"],
  sk_storage: ["sk_storage_get", "sk_storage_delete", "kptr_xchg"],
  inode_storage: ["inode_storage_get", "inode_storage_delete", "kptr_xchg"],
  task_storage: ["task_storage_get", "task_storage_delete", "kptr_xchg"],
  cgrp_storage: ["cgrp_storage_get", "cgrp_storage_delete", "kptr_xchg"],
  bloom_filter: ["map_peek_elem", "map_push_elem"],
  // Values are made by user space, and read by the verifier only.
  insn_array: [],
};

/** Helpers that take only these map types. */
const TAKES: Partial<Record<Short, readonly MapType[]>> = {
  tail_call: ["prog_array"],
  perf_event_read: ["perf_event_array"],
  perf_event_output: ["perf_event_array"],
  perf_event_read_value: ["perf_event_array"],
  skb_output: ["perf_event_array"],
  xdp_output: ["perf_event_array"],
  ringbuf_output: ["ringbuf"],
  ringbuf_reserve: ["ringbuf"],
  ringbuf_query: ["ringbuf"],
  ringbuf_reserve_dynptr: ["ringbuf"],
  ringbuf_submit_dynptr: ["ringbuf"],
  ringbuf_discard_dynptr: ["ringbuf"],
  user_ringbuf_drain: ["user_ringbuf"],
  get_stackid: ["stack_trace"],
  current_task_under_cgroup: ["cgroup_array"],
  skb_under_cgroup: ["cgroup_array"],
  redirect_map: ["devmap", "devmap_hash", "cpumap", "xskmap"],
  sk_redirect_map: ["sockmap"],
  msg_redirect_map: ["sockmap"],
  sock_map_update: ["sockmap"],
  sk_redirect_hash: ["sockhash"],
  msg_redirect_hash: ["sockhash"],
  sock_hash_update: ["sockhash"],
  get_local_storage: ["cgroup_storage", "percpu_cgroup_storage"],
  sk_select_reuseport: ["reuseport_sockarray", "sockmap", "sockhash"],
  map_pop_elem: ["queue", "stack"],
  map_peek_elem: ["queue", "stack", "bloom_filter"],
  map_push_elem: ["queue", "stack", "bloom_filter"],
  map_lookup_percpu_elem: ["percpu_array", "percpu_hash", "lru_percpu_hash"],
  sk_storage_get: ["sk_storage"],
  sk_storage_delete: ["sk_storage"],
  inode_storage_get: ["inode_storage"],
  inode_storage_delete: ["inode_storage"],
  task_storage_get: ["task_storage"],
  task_storage_delete: ["task_storage"],
  cgrp_storage_get: ["cgrp_storage"],
  cgrp_storage_delete: ["cgrp_storage"],
};

const HELPERS_BY_MAP: ReadonlyMap<string, ReadonlySet<number>> = new Map(
  Object.entries(TAKEN_BY).map(([type, names]) => [type, new Set(names.map((name) => HELPER[`bpf_${name}`]))]),
);

const MAPS_BY_HELPER: ReadonlyMap<number, readonly MapType[]> = new Map(
  (Object.keys(TAKES) as Short[]).map((name) => [HELPER[`bpf_${name}`], TAKES[name] ?? []]),
);

export function checkMapCompatibility(walk: Walk, call: Call): void {
  const { map } = call;
  if (map === null) return;
  const { id, name } = call.prototype;
  const taken = HELPERS_BY_MAP.get(map.type);
  let refused = "";
  let fits = taken === undefined || taken.has(id);
  const changes = id === HELPER.bpf_map_update_elem || id === HELPER.bpf_map_delete_elem;
  if (!fits && changes && (map.type === "sockmap" || map.type === "sockhash")) {
    fits = mayUpdateSocketMap(walk, id);
    if (!fits) refused = "cannot update sockmap in this context\n";
  }
  // Before 6.4 kptrs were in plain maps only.
  if (fits && walk.era < 604 && id === HELPER.bpf_kptr_xchg && taken !== undefined) fits = false;
  if (fits) fits = MAPS_BY_HELPER.get(id)?.includes(map.type) ?? true;
  if (!fits) refuse(`${refused}cannot pass map_type ${MAP_TYPE[map.type]} into func ${name}#${id}`, "EINVAL");
}

/** Types of programs that run where no socket is locked (`may_update_sockmap`). */
const UPDATERS: ReadonlySet<string> = new Set([
  "socket_filter",
  "sched_cls",
  "sched_act",
  "xdp",
  "sk_reuseport",
  "flow_dissector",
  "sk_lookup",
]);

function mayUpdateSocketMap(walk: Walk, helper: number): boolean {
  const { type, attachType } = walk.program;
  if (UPDATERS.has(type)) return true;
  if (type === "tracing") return attachType === "trace_iter";
  return type === "sock_ops" && helper === HELPER.bpf_map_delete_elem;
}

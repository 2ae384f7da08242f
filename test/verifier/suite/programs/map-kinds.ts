/** Which kinds of maps each helper takes, from which types of programs. */

import { Rules } from "../case.ts";

const KEY = "r1 = 0; *(u64 *)(r10 -8) = r1; r2 = r10; r2 += -8;";
const UPDATE = `${KEY} *(u64 *)(r10 -16) = 0; r3 = r10; r3 += -16; r4 = 0;`;

/** What a call of a helper is, by the map. */
type Call = (map: string) => string;

const lookUp: Call = (map) => `${KEY} r1 = map ${map}; call bpf_map_lookup_elem; r0 = 0; exit`;
const update: Call = (map) => `${UPDATE} r1 = map ${map}; call bpf_map_update_elem; r0 = 0; exit`;
const remove: Call = (map) => `${KEY} r1 = map ${map}; call bpf_map_delete_elem; r0 = 0; exit`;
const redirect: Call = (map) => `r2 = 0; r3 = 0; r1 = map ${map}; call bpf_redirect_map; exit`;
const eachEntry: Call = (map) =>
  `r1 = map ${map}; r2 = func cb; r3 = 0; r4 = 0; call bpf_for_each_map_elem; r0 = 0; exit; cb: r0 = 0; exit`;
const ofCpu: Call = (map) => `${KEY} r3 = 0; r1 = map ${map}; call bpf_map_lookup_percpu_elem; r0 = 0; exit`;
const output: Call = (map) =>
  `r3 = 0; r4 = r10; r4 += -8; *(u64 *)(r10 -8) = 0; r5 = 8; r2 = map ${map}; call bpf_perf_event_output; r0 = 0; exit`;

/** Kinds that no program looks into: for other helpers or for the kernel only. */
const SPECIAL = ["events", "stacks", "cgroups", "reuseport", "ringbuf", "bloom", "task_storage", "sk_storage"];
const MORE_SPECIAL = [...SPECIAL, "user_ringbuf", "arena", "cgroup_storage"];

function each(call: Call, ...maps: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(maps.map((map) => [map, call(map)]));
}

export const mapKinds = new Rules("core", { type: "sched_cls" });

mapKinds
  .rule(
    "maps that are looked up",
    each(lookUp, "devices", "devices_hash", "xsks", "outer", "lpm", "lru", "percpu_hash"),
    each(lookUp, ...MORE_SPECIAL, "cpus", "sockets", "sockets_hash"),
    { type: "xdp" },
  )
  .rule(
    "maps that are updated",
    each(update, "lpm", "lru", "percpu_hash"),
    each(update, ...MORE_SPECIAL, "devices", "devices_hash", "cpus", "xsks", "sockets", "sockets_hash", "outer"),
  )
  .rule(
    "maps that kprobes update",
    each(update, "lpm", "lru"),
    each(update, "sockets", "sockets_hash", "outer", "stacks", "arena"),
    { type: "kprobe" },
  )
  .rule(
    "maps that entries are deleted from",
    each(remove, "sockets", "sockets_hash", "lpm", "lru", "percpu_hash"),
    each(remove, ...SPECIAL, "devices", "devices_hash", "cpus", "xsks", "outer"),
  )
  .rule(
    "maps that XDP redirects to",
    each(redirect, "devices_hash"),
    each(redirect, "events", "sockets_hash", "reuseport", "outer", "lru", "ringbuf", "arena"),
    { type: "xdp" },
  )
  .rule(
    "maps whose entries are walked",
    each(eachEntry, "lru", "percpu_hash"),
    each(eachEntry, "lpm", "devices", "sockets", "outer", "bloom", "sk_storage", "user_ringbuf", "stacks"),
  )
  .rule(
    "maps that are looked up by CPU",
    each(ofCpu, "percpu_hash", "percpu_array"),
    each(ofCpu, "lru", "lpm", "events", "outer", "sockets", "task_storage"),
  )
  .rule(
    "maps that records are written to",
    each(output, "events"),
    each(output, "ringbuf", "stacks", "cgroups", "lru", "xsks", "user_ringbuf"),
  );

/** Which programs may use which maps: `check_map_prog_compatibility` of kernel/bpf/verifier.c. */

import type { MapType } from "../../uapi/map-types.ts";
import type { ProgramType } from "../../uapi/program-types.ts";
import type { MapFacts, Program, SpecialFieldKind } from "../program.ts";
import { refuse } from "../refusal.ts";

/** `is_tracing_prog_type`: they may run in the midst of anything. */
const ANYWHERE: ReadonlySet<ProgramType> = new Set<ProgramType>([
  "kprobe",
  "tracepoint",
  "perf_event",
  "raw_tracepoint",
  "raw_tracepoint_writable",
]);

const FOR_SLEEPERS: ReadonlySet<MapType> = new Set<MapType>([
  "hash",
  "lru_hash",
  "array",
  "percpu_hash",
  "percpu_array",
  "lru_percpu_hash",
  "array_of_maps",
  "hash_of_maps",
  "ringbuf",
  "user_ringbuf",
  "inode_storage",
  "sk_storage",
  "task_storage",
]);
/** Since 6.2 (cgrp_storage), 6.6 (queue, stack), 6.9 (arena). */
const FOR_SLEEPERS_LATER: ReadonlySet<MapType> = new Set<MapType>(["cgrp_storage", "queue", "stack", "arena"]);

export function checkMapCompatibility(program: Program, map: MapFacts, slot: number): void {
  const { era, type, sleepable } = program;
  const has = (...kinds: readonly SpecialFieldKind[]): boolean => map.fields.some(({ kind }) => kinds.includes(kind));
  const no = (text: string): never => refuse(text, "EINVAL", slot);
  if (map.fields.length > 0) {
    const anywhere = ANYWHERE.has(type);
    if (anywhere && has("list-head", "rb-root")) no("tracing progs cannot use bpf_{list_head,rb_root} yet");
    if (has("spin-lock", "res-spin-lock")) {
      if (type === "socket_filter") no("socket filter progs cannot use bpf_spin_lock yet");
      if (anywhere) no("tracing progs cannot use bpf_spin_lock yet");
      if (sleepable && era < 602) no("sleepable progs cannot use bpf_spin_lock yet");
    }
    if (anywhere && has("timer")) no("tracing progs cannot use bpf_timer yet");
    if (anywhere && has("work-queue")) no("tracing progs cannot use bpf_wq yet");
  }
  if (map.type === "struct_ops") no("bpf_struct_ops map cannot be used in prog");
  if (sleepable && !FOR_SLEEPERS.has(map.type) && (era < 602 || !FOR_SLEEPERS_LATER.has(map.type)))
    no(
      era < 602
        ? "Sleepable programs can only use array, hash, and ringbuf maps"
        : "Sleepable programs can only use array, hash, ringbuf and local storage maps",
    );
}

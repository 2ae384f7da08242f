/** Which object of user space stands for which kind of map. */

import type { Btf } from "../../../btf/btf.ts";
import { makeCodec, type ReusingCodec } from "../../../btf/codec.ts";
import { keyCodec, valueCodec } from "../../codecs.ts";
import { isMapOfMaps } from "../maps/map-of-maps.ts";
import { PerfEventArrayMap } from "../maps/perf-events.ts";
import { RingBufferMap } from "../maps/ring-buffer.ts";
import type { MapStore } from "../maps/store.ts";
import type { Memory } from "../memory.ts";
import type { CgroupTree } from "../room/cgroup-tree.ts";
import type { Counters } from "../room/counters.ts";
import type { ProgramTable } from "../room/programs.ts";
import { UserCgroupArray } from "./cgroup-array.ts";
import type { UserHandle } from "./handle.ts";
import { UserArray, UserMap } from "./keyed.ts";
import { UserMapOfMaps } from "./map-of-maps.ts";
import { UserArena, UserStackTraces } from "./others.ts";
import { UserProgramArray } from "./program-array.ts";
import { UserBloomFilter, UserQueue } from "./queues.ts";
import { UserRedirectMap } from "./redirects.ts";
import { UserPerfEvents, UserRing } from "./rings.ts";
import { UserSubmitRing } from "./submit-ring.ts";

/** What maps of user space stand in. */
export interface UserHome {
  readonly memory: Memory;
  readonly cpus: number;
  /** CPUs of the engine's own thread: those that redirected packets can go to. */
  readonly ownCpus: number;
  /** What program arrays hold. */
  readonly programs: ProgramTable;
  /** What arrays of control groups hold. */
  readonly cgroups: CgroupTree;
  /** What perf event arrays hold, besides buffers. */
  readonly counters: Counters;
  /** Whether there is a device with that number. */
  readonly hasDevice: (ifindex: number) => boolean;
}

/** @param types of the map's Spec. */
export function makeUserMap(store: MapStore, types: Btf | null, home: UserHome): UserHandle {
  const { spec } = store;
  const { memory, cpus, programs, cgroups, counters } = home;
  if (store instanceof RingBufferMap) {
    const codec = recordCodec(types, store);
    return store.type === "ringbuf" ? new UserRing(store, memory, types, codec) : new UserSubmitRing(store, memory, types, codec);
  }
  if (store instanceof PerfEventArrayMap)
    return new UserPerfEvents(store, memory, types, recordCodec(types, store), cpus, counters);
  if (isMapOfMaps(store)) return new UserMapOfMaps(store, memory, types, keyCodec(types, spec));
  switch (store.type) {
    case "queue":
    case "stack":
      return new UserQueue(store, memory, types, valueCodec(types, spec));
    case "bloom_filter":
      return new UserBloomFilter(store, memory, types, valueCodec(types, spec));
    case "prog_array":
      return new UserProgramArray(store, memory, types, programs);
    case "cgroup_array":
      return new UserCgroupArray(store, memory, types, cgroups);
    case "devmap":
    case "devmap_hash":
    case "cpumap":
      return new UserRedirectMap(store, memory, types, keyCodec(types, spec), valueCodec(types, spec), home);
    case "arena":
      return new UserArena(store, memory, types);
    case "stack_trace":
      return new UserStackTraces(store, memory, types);
    case "array":
      return new UserArray(store, memory, types, keyCodec(types, spec), valueCodec(types, spec));
    default:
      return new UserMap(store, memory, types, keyCodec(types, spec), valueCodec(types, spec));
  }
}

/**
 * Of the records of a ring: the kernel wants no value size of it, so the type alone says it. Of a perf event array, a type of the
 * values' own size is that of the descriptors in it, as most sources in C declare it.
 */
function recordCodec(types: Btf | null, { spec, name }: MapStore): ReusingCodec | null {
  if (types === null || spec.valueType === 0) return null;
  if (spec.type === "perf_event_array" && types.sizeOf(spec.valueType) === spec.valueSize) return null;
  return makeCodec(types, spec.valueType, { name: `${name}.record` });
}

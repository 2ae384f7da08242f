/** Which object of user space stands for which kind of map. */

import type { Btf } from "../../../btf/btf.ts";
import { makeCodec } from "../../../btf/codec.ts";
import { keyCodec, valueCodec } from "../../codecs.ts";
import { LinuxArena } from "./arena.ts";
import { LinuxArray } from "./array.ts";
import type { LinuxHandle } from "./handle.ts";
import { LinuxMap } from "./map.ts";
import { LinuxPerfEventArray, perfCodec } from "./perf-buffer.ts";
import { LinuxBloomFilter, LinuxQueue } from "./queues.ts";
import type { RawMap } from "./raw-map.ts";
import { LinuxCgroupArray, LinuxMapOfMaps, LinuxProgramArray } from "./references.ts";
import { LinuxRingBuffer } from "./ring-buffer.ts";
import { LinuxStackTraces } from "./stack-traces.ts";
import { LinuxStructOps } from "./struct-ops.ts";
import { LinuxUserRingBuffer } from "./user-ring-buffer.ts";
import { perCpuCodec } from "./values.ts";

/** @param types of the map's Spec. */
export function makeHandle(raw: RawMap, types: Btf | null): LinuxHandle {
  const { spec, kernel, kind } = raw;
  // The kernel wants no value size of a ring: the type alone says what its records are.
  const record = types === null || spec.valueType === 0 ? null : spec.valueType;
  const recordCodec = () =>
    types === null || record === null ? null : makeCodec(types, record, { name: `${spec.name}.record` });
  switch (spec.type) {
    case "ringbuf":
      return new LinuxRingBuffer(raw, recordCodec());
    case "user_ringbuf":
      return new LinuxUserRingBuffer(raw, recordCodec());
    case "perf_event_array":
      return new LinuxPerfEventArray(raw, perfCodec(types, raw));
    case "queue":
    case "stack":
      return new LinuxQueue(raw, valueCodec(types, spec));
    case "bloom_filter":
      return new LinuxBloomFilter(raw, valueCodec(types, spec));
    case "prog_array":
      return new LinuxProgramArray(raw);
    case "cgroup_array":
      return new LinuxCgroupArray(raw);
    case "array_of_maps":
    case "hash_of_maps":
      return new LinuxMapOfMaps(raw, keyCodec(types, spec));
    case "stack_trace":
      return new LinuxStackTraces(raw);
    case "arena":
      return new LinuxArena(raw);
    case "struct_ops":
      return new LinuxStructOps(raw);
    case "array":
      return new LinuxArray(raw, keyCodec(types, spec), valueCodec(types, spec));
    default: {
      const value = valueCodec(types, spec);
      return new LinuxMap(
        raw,
        keyCodec(types, spec),
        kind.perCpu ? perCpuCodec(value, kernel.cpus, `${spec.name}.value`) : value,
      );
    }
  }
}

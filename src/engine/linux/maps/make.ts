/** Which object of user space stands for which kind of map. */

import type { Btf } from "../../../btf/btf.ts";
import { makeCodec } from "../../../btf/codec.ts";
import { keyCodec, valueCodec } from "../../codecs.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { LinuxArena } from "./arena.ts";
import { LinuxArray } from "./array.ts";
import { mapById } from "./by-id.ts";
import type { LinuxHandle } from "./handle.ts";
import { knownMap } from "./info.ts";
import { LinuxMap } from "./map.ts";
import { holderCodec, LinuxStorage } from "./owners.ts";
import { LinuxPerfEventArray, perfCodec } from "./perf-buffer.ts";
import { LinuxBloomFilter, LinuxQueue } from "./queues.ts";
import { RawMap } from "./raw-map.ts";
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
      return new LinuxMapOfMaps(raw, keyCodec(types, spec), (id) => makeKnown(kernel, mapById(kernel, id)));
    case "stack_trace":
      return new LinuxStackTraces(raw);
    case "arena":
      return new LinuxArena(raw);
    case "struct_ops":
      return new LinuxStructOps(raw);
    case "array":
      return new LinuxArray(raw, keyCodec(types, spec), valueCodec(types, spec));
    case "sk_storage":
    case "inode_storage":
    case "task_storage":
    case "cgrp_storage":
      return new LinuxStorage(raw, keyCodec(types, spec), valueCodec(types, spec));
    case "sockmap":
    case "sockhash":
    case "xskmap":
    case "reuseport_sockarray":
      return new LinuxMap(raw, keyCodec(types, spec), holderCodec(valueCodec(types, spec)));
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

/** For a map that somebody else made: its shape and its types are the kernel's. The descriptor is the map's: closed when this throws. */
export function makeKnown(kernel: Kernel, descriptor: Descriptor): LinuxHandle {
  try {
    const { spec, types } = knownMap(kernel, descriptor.fd);
    const raw = new RawMap(kernel, spec, descriptor, types);
    // Of an interface that is another's: what it holds, which can be read, and nothing to attach.
    if (spec.type === "struct_ops") return new LinuxMap(raw, keyCodec(types, spec), valueCodec(types, spec));
    return makeHandle(raw, types);
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

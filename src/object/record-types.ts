/**
 * What the records of a buffer are, in an object file. A map's definition cannot say it: loaders take the size of `value` for that of the map's values, and
 * kernels want none of a ring. So it is a typedef beside the others, `typedef struct event ____record_events`, which every loader leaves alone.
 */

import type { Btf } from "../btf/btf.ts";
import { BtfError } from "../btf/errors.ts";
import type { MapType } from "../uapi/map-types.ts";
import type { MapSpec } from "./spec.ts";

const BUFFERS: ReadonlySet<MapType> = new Set<MapType>(["ringbuf", "user_ringbuf", "perf_event_array"]);

export const recordTypedef = (map: string): string => `____record_${map}`;

/** The map with the type of its records, when its definition says none and the types do. */
export function withRecordType(btf: Btf, spec: MapSpec): MapSpec {
  if (spec.valueType !== 0 || !BUFFERS.has(spec.type)) return spec;
  const id = btf.find(recordTypedef(spec.name), "typedef");
  const type = id === undefined ? undefined : btf.type(id);
  return type?.kind === "typedef" && hasSize(btf, type.type) ? { ...spec, valueType: type.type } : spec;
}

/** Types come from files: one of that name may be anything. */
function hasSize(btf: Btf, type: number): boolean {
  try {
    return btf.sizeOf(type) > 0;
  } catch (error) {
    if (error instanceof BtfError) return false;
    throw error;
  }
}

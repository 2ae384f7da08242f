/** A map of another collection in the place of one that a Spec declares: what a program's successor goes on with. */

import { type Btf, openBtf } from "../../btf/btf.ts";
import type { MapSpec, Spec } from "../../object/spec.ts";
import type { MapHandle } from "../engine.ts";
import { MapError } from "../errors.ts";
import { difference } from "../layout-difference.ts";
import type { MapStore } from "./maps/store.ts";
import type { Memory } from "./memory.ts";
import { UserHandle } from "./user-maps/handle.ts";

/**
 * The store to share, retained.
 * @throws MapError `invalid` when the map is of another engine or another shape, `closed` when it is gone.
 */
export function reused(wanted: MapSpec, spec: Spec, map: MapHandle, memory: Memory): MapStore {
  const { name } = wanted;
  const refuse = (why: string): never => {
    throw new MapError(name, "invalid", `map ${name} cannot be reused: ${why}; load without it, or give the map another name`);
  };
  if (!(map instanceof UserHandle) || map.memory !== memory) return refuse("it is not a map of this engine");
  const store = map.storeToShare();
  const has = store.spec;
  for (const part of ["type", "keySize", "valueSize", "maxEntries", "flags"] as const) {
    if (has[part] !== wanted[part]) refuse(`its ${part} is ${has[part]}, the Spec declares ${wanted[part]}`);
  }
  const types = spec.types === null ? null : openBtf(spec.types);
  for (const part of ["keyType", "valueType"] as const) {
    const why = changed(types, wanted[part], map.types, has[part], part === "keyType" ? "key" : "value");
    if (why !== null) refuse(why);
  }
  return store.retain();
}

/** What is known of both must be the same, in both directions. */
function changed(types: Btf | null, id: number, theirTypes: Btf | null, theirs: number, path: string): string | null {
  if (types === null || theirTypes === null || id === 0 || theirs === 0) return null;
  return difference(types, id, theirTypes, theirs, path) ?? difference(theirTypes, theirs, types, id, path);
}

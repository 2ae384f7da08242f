/** A map of another collection in the place of one that a Spec declares. */

import { type Btf, openBtf } from "../../../btf/btf.ts";
import type { MapSpec } from "../../../object/spec.ts";
import type { MapHandle } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { difference } from "../../layout-difference.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { SystemError } from "../sys/system-error.ts";
import { LinuxHandle } from "./handle.ts";

/** What must be the same, in the order in which it is told. */
export const PARTS = ["type", "keySize", "valueSize", "maxEntries", "flags"] as const;

/**
 * A second descriptor of a map that is in use. It lives until the last of them is closed.
 * @param types of the Spec that declares `wanted`.
 * @throws MapError `invalid` when the map is of another engine or another shape, `closed` when it is gone.
 */
export function reusedMap(kernel: Kernel, wanted: MapSpec, types: Btf | null, map: MapHandle): Descriptor {
  const { name } = wanted;
  if (!(map instanceof LinuxHandle) || map.raw.kernel !== kernel) throw differs(name, "it is not a map of this engine");
  map.raw.mustBeOpen();
  for (const part of PARTS) {
    if (map.spec[part] !== wanted[part])
      throw differs(name, `its ${part} is ${map.spec[part]}, the Spec declares ${wanted[part]}`);
  }
  for (const part of ["keyType", "valueType"] as const) {
    const path = part === "keyType" ? "key" : "value";
    const why = changed(types, wanted[part], map.raw.types, map.spec[part], path);
    if (why !== null) throw differs(name, why);
  }
  const fd = kernel.transport.duplicate(map.fd);
  if (fd < 0) throw new MapError(name, "invalid", `map ${name}: ${new SystemError("dup", -fd).message}`);
  return kernel.ledger.adopt(fd, `map ${name}`);
}

/** What is known of both must be the same, in both directions. */
function changed(types: Btf | null, id: number, theirTypes: Btf | null, theirs: number, path: string): string | null {
  if (types === null || theirTypes === null || id === 0 || theirs === 0) return null;
  // Variables lie in a section, whose size has been compared; what is at which place is the programs' own affair only when it is the same.
  if (types.kind(id) === "section") return sectionChanged(types, id, theirTypes, theirs);
  return difference(types, id, theirTypes, theirs, path) ?? difference(theirTypes, theirs, types, id, path);
}

/** Variables by name, place and size. */
function sectionChanged(types: Btf, id: number, theirTypes: Btf, theirs: number): string | null {
  const variablesOf = (btf: Btf, section: number): ReadonlyMap<string, string> => {
    const type = btf.type(section);
    const variables = type.kind === "section" ? type.variables : [];
    return new Map(variables.map((variable) => [btf.name(variable.type), `${variable.size} bytes at ${variable.offset}`]));
  };
  const mine = variablesOf(types, id);
  const other = variablesOf(theirTypes, theirs);
  for (const [name, place] of mine) {
    if (other.get(name) !== place) return `its variable ${name} is ${other.get(name) ?? "not there"}, the Spec declares ${place}`;
  }
  return null;
}

export function differs(name: string, why: string): MapError {
  return new MapError(name, "invalid", `map ${name} cannot be reused: ${why}; load without it, or give the map another name`);
}

/** Of a Spec, or null. */
export const typesOf = (types: Uint8Array | null): Btf | null => (types === null ? null : openBtf(types));

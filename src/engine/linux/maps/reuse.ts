/** A map of another collection, or one that is pinned, in the place of one that a Spec declares. */

import { type Btf, openBtf } from "../../../btf/btf.ts";
import type { MapSpec } from "../../../object/spec.ts";
import { MAP_TYPE, type MapType } from "../../../uapi/map-types.ts";
import type { MapHandle } from "../../engine.ts";
import { MapError, PinError } from "../../errors.ts";
import { difference } from "../../layout-difference.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { openPinned } from "../pins.ts";
import { SystemError } from "../sys/system-error.ts";
import { LinuxHandle } from "./handle.ts";
import { type MapInfo, mapInfo } from "./info.ts";

/** What must be the same, in the order in which it is told. */
const PARTS = ["type", "keySize", "valueSize", "maxEntries", "flags"] as const;

/** Of pinned maps, as libbpf (`map_is_reuse_compat`). */
const PINNED_PARTS = [...PARTS, "extra"] as const;

/** `BPF_F_RDONLY_PROG`: the kernel tells it of these, whatever they were made with. */
const IGNORED_FLAGS: Partial<Record<MapType, number>> = { devmap: 1 << 7, devmap_hash: 1 << 7 };

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

function differs(name: string, why: string): MapError {
  return new MapError(name, "invalid", `map ${name} cannot be reused: ${why}; load without it, or give the map another name`);
}

/** The map that is pinned there; null when none is. @throws MapError when it has another shape; PinError. */
export function pinnedMap(kernel: Kernel, wanted: MapSpec, path: string): Descriptor | null {
  let descriptor: Descriptor;
  try {
    descriptor = openPinned(kernel, path, { what: `map ${wanted.name}`, kind: "map" });
  } catch (error) {
    if (error instanceof PinError && error.code === "not-found") return null;
    throw error;
  }
  try {
    const has = foundShape(kernel, descriptor);
    for (const part of PINNED_PARTS) {
      // What a ring's records are, the kernel does not know.
      const declared = part === "extra" ? (wanted.extra ?? 0n) : part === "valueSize" && isRing(wanted) ? 0 : wanted[part];
      if (has[part] !== declared)
        throw differs(wanted.name, `what is pinned at ${path} has ${part} ${has[part]}, the Spec declares ${declared}`);
    }
    return descriptor;
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/** The shape of a map as the kernel has it: of what is none, no type. */
export function foundShape(
  kernel: Kernel,
  { fd }: Descriptor,
): Pick<MapSpec, "keySize" | "valueSize" | "maxEntries" | "flags"> & {
  readonly type: MapType | undefined;
  readonly extra: bigint;
} {
  const info = infoOf(kernel, fd);
  if (info === null) return { type: undefined, keySize: 0, valueSize: 0, maxEntries: 0, flags: 0, extra: 0n };
  const type = (Object.keys(MAP_TYPE) as MapType[]).find((name) => MAP_TYPE[name] === info.type);
  const { keySize, valueSize, maxEntries, flags, extra } = info;
  return { type, keySize, valueSize, maxEntries, flags: flags & ~((type && IGNORED_FLAGS[type]) ?? 0), extra };
}

function infoOf(kernel: Kernel, fd: number): MapInfo | null {
  try {
    return mapInfo(kernel, fd);
  } catch (error) {
    if (error instanceof MapError) return null;
    throw error;
  }
}

const isRing = ({ type }: MapSpec): boolean => type === "ringbuf" || type === "user_ringbuf";

/** Of a Spec, or null. */
export const typesOf = (types: Uint8Array | null): Btf | null => (types === null ? null : openBtf(types));

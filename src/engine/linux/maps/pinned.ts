/** Maps that are pinned by their names (`LIBBPF_PIN_BY_NAME`). Read when a Spec has one. */

import type { MapSpec } from "../../../object/spec.ts";
import { MAP_TYPE, type MapType } from "../../../uapi/map-types.ts";
import { MapError, PinError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { openPinned, PIN_FOLDER, pinObject } from "../pins.ts";
import { type MapInfo, mapInfo } from "./info.ts";
import { isRing } from "./kinds.ts";
import { differs, PARTS } from "./reuse.ts";

/** Of pinned maps, as libbpf (`map_is_reuse_compat`). */
const PINNED_PARTS = [...PARTS, "extra"] as const;

/** `BPF_F_RDONLY_PROG`: the kernel tells it of these, whatever they were made with. */
const IGNORED_FLAGS: Partial<Record<MapType, number>> = { devmap: 1 << 7, devmap_hash: 1 << 7 };

/** Where a map is pinned. Names with dots are the kernel's own there. */
export const pinPath = ({ name }: MapSpec, folder = PIN_FOLDER): string => `${folder}/${name.replaceAll(".", "_")}`;

/**
 * Gives a map its name, which it must have been filled for: nobody shall find it empty.
 * @returns the map that another process was quicker to pin there; else null.
 * @throws PinError, PrivilegeError; MapError when that one has another shape
 */
export function pinMap(kernel: Kernel, map: MapSpec, fd: number, path: string): Descriptor | null {
  try {
    pinObject(kernel, fd, path, { what: `map ${map.name}` });
    return null;
  } catch (error) {
    const theirs = error instanceof PinError && error.code === "exists" ? pinnedMap(kernel, map, path) : null;
    if (theirs === null) throw error;
    return theirs;
  }
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
    const why = shapeDifference(foundShape(kernel, descriptor), wanted, PINNED_PARTS);
    if (why !== null) throw differs(wanted.name, `what is pinned at ${path} has ${why}`);
    return descriptor;
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

export type FoundShape = Pick<MapSpec, "keySize" | "valueSize" | "maxEntries" | "flags"> & {
  readonly type: MapType | undefined;
  readonly extra: bigint;
};

/** How the map that was found is another than the Spec declares, as this kernel would make it; null: it is the same in these parts. */
export function shapeDifference(
  has: FoundShape,
  wanted: MapSpec,
  parts: readonly (typeof PINNED_PARTS)[number][],
): string | null {
  for (const part of parts) {
    // What a ring's records are, the kernel does not know.
    const declared = part === "extra" ? (wanted.extra ?? 0n) : part === "valueSize" && isRing(wanted.type) ? 0 : wanted[part];
    if (has[part] !== declared) return `${part} ${has[part]}, the Spec declares ${declared}`;
  }
  return null;
}

/** The shape of a map as the kernel has it: of what is none, no type. */
export function foundShape(kernel: Kernel, { fd }: Descriptor): FoundShape {
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

/**
 * A map that somebody else made, without the Spec that it was declared in: by the kernel's number of it, or by the name that it is pinned
 * under. Its shape and its types are the kernel's own.
 */

import type { AnyMap } from "../../engine.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { openPinned } from "../pins.ts";
import { type MapAccess, mapById } from "./by-id.ts";
import type { LinuxHandle } from "./handle.ts";
import { makeKnown } from "./make.ts";

export type { MapAccess } from "./by-id.ts";

/** Which map. */
export type MapPlace =
  /** The kernel's number of it, as `bpftool map` lists them. Needs CAP_SYS_ADMIN. Since 4.13. */
  | { readonly id: number; readonly access?: MapAccess }
  /** Where it is pinned: `/sys/fs/bpf/drops`. Since 4.4. */
  | { readonly path: string; readonly access?: MapAccess };

/** A map by itself, in no collection: dispose it when it is no longer needed. What it holds stays, as long as somebody else has it. */
export type OpenedMap = AnyMap & LinuxHandle;

/** @throws MapError `not-found`; PrivilegeError, FeatureError, PinError */
export function openMap(kernel: Kernel, place: MapPlace): OpenedMap {
  const descriptor =
    "id" in place
      ? mapById(kernel, place.id, place.access)
      : openPinned(kernel, place.path, {
          what: "opening a map",
          kind: "map",
          ...(place.access === undefined ? {} : { access: place.access }),
        });
  return openedMap(kernel, descriptor);
}

/** The map that a descriptor stands for, which the map owns from now on: closed when this throws. */
export function openedMap(kernel: Kernel, descriptor: Descriptor): OpenedMap {
  const handle: unknown = makeKnown(kernel, descriptor);
  return handle as OpenedMap;
}

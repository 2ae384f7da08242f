/**
 * A map that somebody else made, without the Spec that it was declared in: by the kernel's number of it, or by the name that it is pinned
 * under. Its shape and its types are the kernel's own.
 */

import { keyCodec, valueCodec } from "../../codecs.ts";
import type { AnyMap } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { openPinned } from "../pins.ts";
import { explainRefusal } from "../privileges.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";
import type { LinuxHandle } from "./handle.ts";
import { knownMap } from "./info.ts";
import { makeHandle } from "./make.ts";
import { LinuxMap } from "./map.ts";
import { RawMap } from "./raw-map.ts";

/** Which map. */
export type MapPlace =
  /** The kernel's number of it, as `bpftool map` lists them. Needs CAP_SYS_ADMIN. Since 4.13. */
  | { readonly id: number; readonly access?: MapAccess }
  /** Where it is pinned: `/sys/fs/bpf/drops`. Since 4.4. */
  | { readonly path: string; readonly access?: MapAccess };

/** What may be done through the new descriptor. Absent: both, if the map was not made with less. Since 4.15. */
export type MapAccess = "read" | "write";

const ACCESS_FLAGS = { read: 1 << 3, write: 1 << 4 } as const;

/** A map by itself, in no collection: dispose it when it is no longer needed. What it holds stays, as long as somebody else has it. */
export type OpenedMap = AnyMap & LinuxHandle;

/** @throws MapError `not-found`; PrivilegeError, FeatureError, PinError */
export function openMap(kernel: Kernel, place: MapPlace): OpenedMap {
  const descriptor =
    "id" in place
      ? mapById(kernel, place)
      : openPinned(kernel, place.path, {
          what: "opening a map",
          kind: "map",
          ...(place.access === undefined ? {} : { access: place.access }),
        });
  return openedMap(kernel, descriptor);
}

/** The map that a descriptor stands for, which the map owns from now on: closed when this throws. */
export function openedMap(kernel: Kernel, descriptor: Descriptor): OpenedMap {
  try {
    const { spec, types } = knownMap(kernel, descriptor.fd);
    const raw = new RawMap(kernel, spec, descriptor, types);
    // Of an interface that is another's: what it holds, which can be read, and nothing to attach.
    const handle: unknown =
      spec.type === "struct_ops" ? new LinuxMap(raw, keyCodec(types, spec), valueCodec(types, spec)) : makeHandle(raw, types);
    return handle as OpenedMap;
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

function mapById(kernel: Kernel, { id, access }: Extract<MapPlace, { id: number }>): Descriptor {
  const name = `map_${id}`;
  if (!Number.isInteger(id) || id < 0 || id > 0xffff_ffff)
    throw new MapError(name, "not-found", `expected a map's number, found ${id}`);
  const request = new Request(kernel.transport, "map_get_fd_by_id").u32("map_id", id);
  if (access !== undefined) request.u32("open_flags", ACCESS_FLAGS[access]);
  const fd = request.send();
  if (fd >= 0) return kernel.ledger.adopt(fd, `map ${id}`);
  const cause = request.error(fd);
  switch (cause.errno) {
    case ERRNO.ENOENT:
      throw new MapError(name, "not-found", `there is no map with the number ${id}`, { cause });
    case ERRNO.EPERM:
    case ERRNO.EACCES:
      throw explainRefusal(kernel.facts, `opening map ${id} by its number`, ["CAP_SYS_ADMIN"], cause);
    default:
      throw new MapError(name, "invalid", `opening map ${id} by its number: ${cause.message}`, { cause });
  }
}

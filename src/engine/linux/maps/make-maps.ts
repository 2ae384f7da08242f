/** All maps of a Spec: those that go on from elsewhere, those that are pinned, and those that are made; filled, as far as maps go. */

import type { Btf } from "../../../btf/btf.ts";
import type { MapSpec, Spec } from "../../../object/spec.ts";
import type { LoadOptions } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { openModuleTypes } from "../module-types.ts";
import { LinuxArena } from "./arena.ts";
import { fillMap } from "./contents.ts";
import { createMap, type MapReferences, sizedFor } from "./create.ts";
import type { LinuxHandle } from "./handle.ts";
import { makeHandle } from "./make.ts";
import { RawMap } from "./raw-map.ts";
import { LinuxMapOfMaps } from "./references.ts";
import { reusedMap, typesOf } from "./reuse.ts";
import { inKernelShape, structOpsLayout } from "./struct-ops-layout.ts";

/**
 * @param types the Spec's, as the kernel loaded them.
 * @param keep takes every descriptor that is made.
 * @param into by name; what was made before something failed is in it, too.
 */
export function makeMaps(
  kernel: Kernel,
  spec: Spec,
  options: LoadOptions,
  types: Descriptor | null,
  keep: (descriptor: Descriptor) => Descriptor,
  into: Map<string, LinuxHandle>,
): void {
  const btf = typesOf(spec.types);
  const wanted = spec.maps.filter(({ autocreate }) => autocreate !== false);
  // A map of maps may be told by one of those that it begins with what they look like.
  const isOuter = ({ type }: MapSpec): boolean => type.endsWith("_of_maps");
  for (const declared of [...wanted.filter((map) => !isOuter(map)), ...wanted.filter(isOuter)]) {
    const map = inKernelShape(kernel, sizedFor(kernel, declared, options.maxEntries?.[declared.name]));
    const path = map.pinning === "name" ? (kernel.pinned?.pinPath(map, options.pins) ?? null) : null;
    const use = (descriptor: Descriptor, fresh: boolean): LinuxHandle => {
      const raw = new RawMap(kernel, map, keep(descriptor), btf);
      const handle = makeHandle(raw, btf);
      into.set(map.name, handle);
      if (handle instanceof LinuxArena) handle.begin(fresh);
      if (fresh) fillMap(raw);
      if (fresh && handle instanceof LinuxMapOfMaps) handle.fill((name) => into.get(name));
      return handle;
    };
    const found = existing(kernel, map, btf, options, path);
    const handle = use(found ?? create(kernel, map, types, into), found === null);
    if (found !== null || path === null) continue;
    const theirs = kernel.pinned?.pinMap(kernel, map, handle.fd, path) ?? null;
    if (theirs === null) continue;
    handle[Symbol.dispose]();
    use(theirs, false);
  }
}

/** A map to go on with: of another collection, or a pinned one. */
function existing(kernel: Kernel, map: MapSpec, btf: Btf | null, { reuse }: LoadOptions, path: string | null): Descriptor | null {
  const old = reuse?.[map.name];
  // Constants are the new program's: what is frozen cannot be changed to them.
  if (old !== undefined && map.frozen !== true) return reusedMap(kernel, map, btf, old);
  return path === null ? null : (kernel.pinned?.pinnedMap(kernel, map, path) ?? null);
}

function create(kernel: Kernel, map: MapSpec, types: Descriptor | null, made: ReadonlyMap<string, LinuxHandle>): Descriptor {
  if (map.structOps !== undefined) {
    const { id, module } = structOpsLayout(kernel, map.name, map.structOps);
    using moduleTypes = module === null ? null : openModuleTypes(kernel, module);
    return createMap(kernel, map, types, { wrapper: { id, types: moduleTypes } });
  }
  if (!map.type.endsWith("_of_maps")) return createMap(kernel, map, types);
  if (map.inner !== undefined) {
    // Its shape is all that the kernel keeps of it.
    using inner = create(kernel, sizedFor(kernel, map.inner), types, made);
    return createMap(kernel, map, types, { inner });
  }
  const first = map.contents?.kind === "maps" ? map.contents.entries[0] : undefined;
  const example = first === undefined ? undefined : made.get(first.map);
  if (example === undefined)
    throw new MapError(map.name, "invalid", `map ${map.name} (${map.type}): nothing says what the maps in it look like (inner)`);
  const references: MapReferences = { inner: example.raw.descriptor };
  return createMap(kernel, map, types, references);
}

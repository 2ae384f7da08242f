/** From a checked declaration of a map to the map of the Spec. */

import type { MapContents, MapSpec } from "../../object/spec.ts";
import type { TypeWriter } from "./btf-types.ts";
import { sizeOf } from "./layout.ts";
import type { MapDeclaration } from "./tree.ts";

/** A call chain is a list of addresses. */
const ADDRESS = 8;

export function mapSpec(map: MapDeclaration, types: TypeWriter): MapSpec {
  return {
    name: map.name,
    type: map.kind.type,
    ...shapeOf(map),
    maxEntries: map.maxEntries,
    flags: map.kind.flags | map.flags,
    keyType: map.key === null ? 0 : types.idOf(map.key),
    valueType: map.value === null ? 0 : types.idOf(map.value),
    ...(map.pinned ? { pinning: "name" } : {}),
    ...(map.numaNode === null ? {} : { numaNode: map.numaNode }),
    ...(map.extra === null ? {} : { extra: map.extra }),
    ...(map.contents === null ? {} : { contents: contentsOf(map.contents) }),
    ...(map.inner === null ? {} : { inner: { ...mapSpec(map.inner, types), name: `${map.name}.inner` } }),
  };
}

function contentsOf({ kind, names }: NonNullable<MapDeclaration["contents"]>): MapContents {
  const given = names.flatMap((name, key) => (name === null ? [] : [{ key, name }]));
  return kind === "programs"
    ? { kind, entries: given.map(({ key, name }) => ({ key, program: name })) }
    : { kind, entries: given.map(({ key, name }) => ({ key, map: name })) };
}

/** In bytes. Records of buffers are not what the kernel's map holds: their type is for who reads them. */
function shapeOf({ kind, key, value, depth }: MapDeclaration): Pick<MapSpec, "keySize" | "valueSize"> {
  const keySize = key === null ? 0 : sizeOf(key);
  switch (kind.family) {
    case "ring":
    case "user-ring":
      return { keySize: 0, valueSize: 0 };
    case "perf":
    case "programs":
    case "cgroups":
      return { keySize: 4, valueSize: 4 };
    case "maps":
      return { keySize, valueSize: 4 };
    case "stacks":
      return { keySize: 4, valueSize: depth * ADDRESS };
    default:
      return { keySize, valueSize: value === null ? 0 : sizeOf(value) };
  }
}

/** From a checked declaration of a map to the map of the Spec. */

import type { MapContents, MapSpec } from "../../object/spec.ts";
import type { TypeWriter } from "./btf-types.ts";
import { memberAt } from "./kernel/paths.ts";
import { sizeOf } from "./layout.ts";
import type { MapDeclaration, StructOpsDeclaration } from "./tree.ts";

/** A call chain is a list of addresses. */
const ADDRESS = 8;

/** `BPF_F_LINK` of linux/bpf.h. Since Linux 6.4. */
const BPF_F_LINK = 1 << 13;

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

/** The map whose value is a struct of functions. */
export function structOpsSpec(declaration: StructOpsDeclaration, types: TypeWriter): MapSpec {
  const { name, struct, functions, values, link } = declaration;
  const type = types.kernel.operations(declaration);
  const bytes = new Uint8Array(struct.size);
  for (const { index, bytes: value } of values) bytes.set(value, memberAt(struct, index).bitOffset / 8);
  return {
    name,
    type: "struct_ops",
    keySize: 4,
    valueSize: struct.size,
    maxEntries: 1,
    flags: link ? BPF_F_LINK : 0,
    keyType: 0,
    valueType: type,
    section: link ? ".struct_ops.link" : ".struct_ops",
    contents: { kind: "bytes", bytes },
    structOps: {
      type,
      typeName: struct.name,
      link,
      functions: functions.map(({ index, program }) => {
        const { name: member, bitOffset } = memberAt(struct, index);
        return { member, offset: bitOffset / 8, program: program.name };
      }),
    },
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

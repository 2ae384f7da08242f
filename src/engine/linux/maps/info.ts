/** What the kernel tells of a map that somebody made: its shape, and the types of its keys and values. */

import type { Btf } from "../../../btf/btf.ts";
import type { MapSpec } from "../../../object/spec.ts";
import { MAP_TYPE, type MapType } from "../../../uapi/map-types.ts";
import { FeatureError, MapError } from "../../errors.ts";
import type { Kernel } from "../kernel.ts";
import { typesIfShown } from "../objects/btf.ts";
import { Info } from "../objects/info.ts";
import { MAP_INFO } from "../objects/info-layouts.ts";
import { SystemError } from "../sys/system-error.ts";

/** `struct bpf_map_info` of linux/bpf.h. Numbers that an old kernel does not tell are 0. */
export interface MapInfo {
  /** Of `bpf_attr.map_type`; `MAP_TYPE` has its name. */
  readonly type: number;
  readonly id: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** At most 15 bytes of what it was declared as (4.15). */
  readonly name: string;
  /** The device that it lies on; 0 when it lies in memory. */
  readonly ifindex: number;
  /** The BTF object with its types, and their ids in it (4.18). */
  readonly btfId: number;
  readonly keyType: number;
  readonly valueType: number;
  /** Of the kernel's own types: the struct around an interface (5.6). */
  readonly kernelValueType: number;
  /** `map_extra` (5.16). */
  readonly extra: bigint;
}

/** @throws MapError `closed` when the descriptor is of no map. */
export function mapInfo(kernel: Kernel, fd: number): MapInfo {
  const info = new Info(kernel, MAP_INFO);
  const result = info.ask(fd);
  if (result < 0) {
    const cause = new SystemError("bpf(obj_get_info_by_fd)", -result);
    throw new MapError("?", "closed", `descriptor ${fd} is no map: ${cause.message}`, { cause });
  }
  return {
    type: info.u32("type"),
    id: info.u32("id"),
    keySize: info.u32("key_size"),
    valueSize: info.u32("value_size"),
    maxEntries: info.u32("max_entries"),
    flags: info.u32("map_flags"),
    name: info.text("name"),
    ifindex: info.u32("ifindex"),
    kernelValueType: info.u32("btf_vmlinux_value_type_id"),
    btfId: info.u32("btf_id"),
    keyType: info.u32("btf_key_type_id"),
    valueType: info.u32("btf_value_type_id"),
    extra: info.u64("map_extra"),
  };
}

/** A map's Spec, and what describes its keys and values, as the kernel has them. */
export interface KnownMap {
  readonly spec: MapSpec;
  /** Null when it was made without types, or they cannot be had: keys and values are bytes then. */
  readonly types: Btf | null;
}

/** @throws FeatureError for a type of map that is newer than this engine. */
export function knownMap(kernel: Kernel, fd: number): KnownMap {
  const info = mapInfo(kernel, fd);
  const type = typeOf(info);
  const { name, keySize, valueSize, maxEntries, flags, extra } = info;
  const { types, keyType, valueType } = typesOf(kernel, info);
  return {
    spec: {
      // Nameless ones are called by what tools call them by.
      name: name === "" ? `map_${info.id}` : name,
      ...{ type, keySize, valueSize, maxEntries, flags, keyType, valueType },
      ...(extra === 0n ? {} : { extra }),
    },
    types,
  };
}

interface KnownTypes {
  readonly types: Btf | null;
  readonly keyType: number;
  readonly valueType: number;
}

const UNTYPED: KnownTypes = { types: null, keyType: 0, valueType: 0 };

function typesOf(kernel: Kernel, info: MapInfo): KnownTypes {
  if (info.kernelValueType !== 0) return kernelTypesOf(kernel, info);
  const types = info.btfId === 0 ? null : typesIfShown(kernel, info.btfId);
  return types === null ? UNTYPED : { types, keyType: info.keyType, valueType: info.valueType };
}

/** Of an interface: a struct of the kernel's, by the number that it has there. A module's own types are not looked at. */
function kernelTypesOf({ types: { vmlinux } }: Kernel, { kernelValueType: id, valueSize }: MapInfo): KnownTypes {
  const known = vmlinux !== null && id < vmlinux.count && vmlinux.name(id).startsWith("bpf_struct_ops_");
  if (!known || vmlinux.sizeOf(id) !== valueSize) return UNTYPED;
  return { types: vmlinux, keyType: 0, valueType: id };
}

function typeOf({ type: number, name }: MapInfo): MapType {
  for (const [type, known] of Object.entries(MAP_TYPE)) if (known === number) return type as MapType;
  throw new FeatureError(`map type ${number}`, null, `map ${name} is of type ${number}, which this engine does not know`);
}

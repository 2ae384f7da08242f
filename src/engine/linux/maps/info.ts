/** What the kernel tells of a map that somebody made: its shape, and the types of its keys and values. */

import type { Btf } from "../../../btf/btf.ts";
import { openBtf } from "../../../btf/btf.ts";
import type { MapSpec } from "../../../object/spec.ts";
import { MAP_TYPE, type MapType } from "../../../uapi/map-types.ts";
import { FeatureError, MapError } from "../../errors.ts";
import type { Kernel } from "../kernel.ts";
import { Request } from "../request.ts";

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

/** As of 6.19; kernels fill as much as they know. */
const INFO_SIZE = 104;

/** @throws MapError `closed` when the descriptor is of no map. */
export function mapInfo({ transport }: Kernel, fd: number): MapInfo {
  const bytes = new Uint8Array(INFO_SIZE);
  const request = new Request(transport, "obj_get_info_by_fd")
    .u32("bpf_fd", fd)
    .u32("info_len", bytes.length)
    .pointer("info", bytes);
  const result = request.send();
  const cause = result < 0 ? request.error(result) : undefined;
  if (cause !== undefined) throw new MapError("?", "closed", `descriptor ${fd} is no map: ${cause.message}`, { cause });
  const view = new DataView(bytes.buffer);
  const u32 = (at: number): number => view.getUint32(at, true);
  return {
    type: u32(0),
    id: u32(4),
    keySize: u32(8),
    valueSize: u32(12),
    maxEntries: u32(16),
    flags: u32(20),
    name: text(bytes.subarray(24, 40)),
    ifindex: u32(40),
    kernelValueType: u32(44),
    btfId: u32(64),
    keyType: u32(68),
    valueType: u32(72),
    extra: view.getBigUint64(80, true),
  };
}

/** The bytes of a BTF object that the kernel holds; null when it does not give them. Since 5.0; the ids need CAP_SYS_ADMIN. */
export function typesById({ transport }: Kernel, id: number): Uint8Array | null {
  const fd = new Request(transport, "btf_get_fd_by_id").u32("btf_id", id).send();
  if (fd < 0) return null;
  try {
    // struct bpf_btf_info: u64 btf, u32 btf_size, u32 id, u64 name, u32 name_len, u32 kernel_btf. First how much there is, then all.
    const ask = (into: Uint8Array): number | null => {
      const info = new Uint8Array(32);
      const view = new DataView(info.buffer);
      view.setBigUint64(0, transport.addressOf(into), true);
      view.setUint32(8, into.length, true);
      const request = new Request(transport, "obj_get_info_by_fd").u32("bpf_fd", fd).u32("info_len", info.length);
      return request.pointer("info", info).send() < 0 ? null : view.getUint32(8, true);
    };
    const size = ask(new Uint8Array(0));
    if (size === null) return null;
    const bytes = new Uint8Array(size);
    return ask(bytes) === size ? bytes : null;
  } finally {
    transport.close(fd);
  }
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

function typesOf(kernel: Kernel, info: MapInfo): KnownTypes {
  if (info.kernelValueType !== 0) return kernelTypesOf(kernel, info);
  const bytes = info.btfId === 0 ? null : typesById(kernel, info.btfId);
  if (bytes === null) return { types: null, keyType: 0, valueType: 0 };
  return { types: openBtf(bytes), keyType: info.keyType, valueType: info.valueType };
}

/** Of an interface: a struct of the kernel's, by the number that it has there. A module's own types are not looked at. */
function kernelTypesOf({ types: { vmlinux } }: Kernel, { kernelValueType: id, valueSize }: MapInfo): KnownTypes {
  const known = vmlinux !== null && id < vmlinux.count && vmlinux.name(id).startsWith("bpf_struct_ops_");
  if (!known || vmlinux.sizeOf(id) !== valueSize) return { types: null, keyType: 0, valueType: 0 };
  return { types: vmlinux, keyType: 0, valueType: id };
}

function typeOf({ type: number, name }: MapInfo): MapType {
  for (const [type, known] of Object.entries(MAP_TYPE)) if (known === number) return type as MapType;
  throw new FeatureError(`map type ${number}`, null, `map ${name} is of type ${number}, which this engine does not know`);
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
}

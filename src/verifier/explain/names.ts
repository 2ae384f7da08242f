/** Names for places in memory, from the program's types: fields of map values and keys, fields of the context, padding. */

import { type Btf, openBtf } from "../../btf/btf.ts";
import type { MapSpec, ProgramSpec, Spec } from "../../object/spec.ts";
import { DEVICE, SK_LOOKUP, SK_MSG, SK_REUSEPORT, SOCK_ADDR, SOCK_OPS, SOCKOPT, SYSCTL } from "../../uapi/contexts/cgroup.ts";
import { SK_BUFF } from "../../uapi/contexts/sk-buff.ts";
import type { ContextStruct } from "../../uapi/contexts/struct.ts";
import { XDP_MD_STRUCT } from "../../uapi/contexts/xdp-md.ts";
import type { ProgramType } from "../../uapi/program-types.ts";

const CONTEXTS: Partial<Record<ProgramType, ContextStruct>> = {
  xdp: XDP_MD_STRUCT,
  socket_filter: SK_BUFF,
  sched_cls: SK_BUFF,
  sched_act: SK_BUFF,
  cgroup_skb: SK_BUFF,
  lwt_in: SK_BUFF,
  lwt_out: SK_BUFF,
  lwt_xmit: SK_BUFF,
  lwt_seg6local: SK_BUFF,
  sk_skb: SK_BUFF,
  cgroup_sock_addr: SOCK_ADDR,
  sock_ops: SOCK_OPS,
  sk_lookup: SK_LOOKUP,
  sk_msg: SK_MSG,
  sk_reuseport: SK_REUSEPORT,
  cgroup_sysctl: SYSCTL,
  cgroup_sockopt: SOCKOPT,
  cgroup_device: DEVICE,
};

/** What programs of a type are given, or null when that is no struct of fields. */
export function contextOf(type: ProgramType): ContextStruct | null {
  return CONTEXTS[type] ?? null;
}

export interface NamedPlace {
  /** `payload[…]`, `flow.since`: from the struct's beginning. */
  readonly path: string;
  /** The innermost field's name. */
  readonly field: string;
  /** Where that field begins, and its size, in bytes. */
  readonly offset: number;
  readonly size: number;
  /** Elements when it is an array, else 0. */
  readonly elements: number;
}

export type Byte = NamedPlace | { readonly padding: true; readonly after: string; readonly struct: string };

/** How deep structs lie in structs, at most. */
const DEEPEST = 8;

/** What lies at a byte of a type: a field, or padding between fields. Null when the types do not say. */
function byteOf(types: Btf, type: number, at: number): Byte | null {
  try {
    return descend(types, type, at, 0, "", 0);
  } catch {
    // Types that are damaged name nothing.
    return null;
  }
}

function descend(types: Btf, type: number, at: number, base: number, path: string, depth: number): Byte | null {
  const id = types.resolve(type);
  const found = types.type(id);
  if (depth > DEEPEST) return null;
  if (found.kind === "struct" || found.kind === "union") {
    let before = "its beginning";
    for (const member of found.members) {
      const start = member.bitOffset >> 3;
      const size = types.sizeOf(member.type);
      if (at >= start && at < start + size) {
        const name = path === "" ? member.name : member.name === "" ? path : `${path}.${member.name}`;
        return descend(types, member.type, at - start, base + start, name, depth + 1);
      }
      if (start + size <= at && member.name !== "") before = `\`${member.name}\``;
    }
    if (at >= types.sizeOf(id)) return null;
    return { padding: true, after: before, struct: found.name === "" ? "" : `${found.kind} ${found.name}` };
  }
  if (path === "") return null;
  const field = path.slice(path.lastIndexOf(".") + 1);
  if (found.kind === "array") {
    return { path: `${path}[]`, field, offset: base, size: types.sizeOf(id), elements: found.length };
  }
  return { path, field, offset: base, size: types.sizeOf(id), elements: 0 };
}

/** A program's surroundings, looked up when they are asked for. */
export class Names {
  readonly program: ProgramSpec | null;
  readonly spec: Spec | null;
  #types: Btf | null | undefined;

  constructor(program: ProgramSpec | null, spec: Spec | null) {
    this.program = program;
    this.spec = spec;
  }

  get types(): Btf | null {
    if (this.#types === undefined) {
      try {
        this.#types = this.spec === null || this.spec.types === null ? null : openBtf(this.spec.types);
      } catch {
        this.#types = null;
      }
    }
    return this.#types;
  }

  /** By its name; logs have the first 15 characters. */
  map(name: string): MapSpec | null {
    return this.spec?.maps.find((map) => map.name === name || map.name.slice(0, 15) === name) ?? null;
  }

  /** The map that the `ld_imm64` at a slot loads. */
  mapAt(slot: number): MapSpec | null {
    const relocation = this.program?.relocations.find((one) => one.slot === slot);
    return relocation === undefined ? null : this.map(relocation.map);
  }

  /** What lies in a map's value, or key. */
  inValue(map: MapSpec, at: number): Byte | null {
    return this.types === null || map.valueType === 0 ? null : byteOf(this.types, map.valueType, at);
  }

  inKey(map: MapSpec, at: number): Byte | null {
    return this.types === null || map.keyType === 0 ? null : byteOf(this.types, map.keyType, at);
  }

  /** A variable of a map of variables. */
  variable(map: MapSpec, at: number): { readonly name: string; readonly offset: number; readonly size: number } | null {
    return this.spec?.globals?.find((one) => one.map === map.name && at >= one.offset && at < one.offset + one.size) ?? null;
  }

  /** Name of the context's field at an offset, e.g. `ctx->data_end`. */
  contextField(at: number): { readonly name: string; readonly size: number } | null {
    const struct = this.program === null ? null : contextOf(this.program.type);
    const field = struct?.fields.find((one) => at >= one.offset && at < one.offset + one.size);
    return field === undefined ? null : { name: field.name, size: field.size };
  }
}

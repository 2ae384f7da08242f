/**
 * Interfaces as this kernel has them. Around each, `struct NAME`, it has a `struct bpf_struct_ops_NAME`: what it keeps of one that is in
 * use, and the struct itself, which is the value of the map. (`find_struct_ops_kern_types` of libbpf.)
 */

import type { Btf } from "../../../btf/btf.ts";
import type { StructType } from "../../../btf/types.ts";
import { essentialName } from "../../../object/core/types.ts";
import type { MapSpec, ProgramSpec, Spec, StructOpsSpec } from "../../../object/spec.ts";
import { FeatureError } from "../../errors.ts";
import type { Kernel } from "../kernel.ts";

export interface StructOpsLayout {
  /** The number of the wrapper's type, and its bytes. */
  readonly id: number;
  readonly size: number;
  /** The interface itself, and where in the wrapper it begins. */
  readonly struct: StructType;
  readonly offset: number;
  readonly btf: Btf;
  /** The module whose types these are; null: the kernel's own. */
  readonly module: string | null;
}

/** @throws FeatureError when this kernel lets no program implement it. */
export function structOpsLayout(kernel: Kernel, map: string, { typeName }: StructOpsSpec): StructOpsLayout {
  const name = essentialName(typeName);
  const { vmlinux } = kernel.types;
  const own = vmlinux === null ? null : layoutIn(vmlinux, name, null);
  if (own !== null) return own;
  for (const module of kernel.types.modules) {
    const types = kernel.types.module(module);
    const found = types === null ? null : layoutIn(types, name, module);
    if (found !== null) return found;
  }
  const why = vmlinux === null ? "does not tell its types" : `lets no program implement struct ${name}`;
  throw new FeatureError(`struct_ops ${name}`, null, `map ${map} (struct_ops): this kernel (${kernel.facts.release}) ${why}`);
}

function layoutIn(btf: Btf, name: string, module: string | null): StructOpsLayout | null {
  const id = btf.find(`bpf_struct_ops_${name}`, "struct");
  const wrapper = id === undefined ? null : btf.type(id);
  if (id === undefined || wrapper?.kind !== "struct") return null;
  for (const { type, bitOffset } of wrapper.members) {
    const struct = btf.type(btf.resolve(type));
    if (struct.kind === "struct" && struct.name === name) {
      return { id, size: wrapper.size, struct, offset: bitOffset / 8, btf, module };
    }
  }
  return null;
}

/** A map of an interface, with values as large as this kernel has them. */
export function inKernelShape(kernel: Kernel, map: MapSpec): MapSpec {
  if (map.structOps === undefined) return map;
  return { ...map, valueSize: structOpsLayout(kernel, map.name, map.structOps).size };
}

/**
 * Whether this kernel has the interfaces of a Spec as the Spec declares them, as far as they are set (`bpf_map__init_kern_struct_ops`): what is 0
 * it may lack. One program may be in several interfaces, in the same place of each.
 * @throws FeatureError
 */
export function checkInterfaces(kernel: Kernel, spec: Spec, types: Btf | null): void {
  const places = new Map<string, string>();
  for (const map of spec.maps) {
    if (map.structOps === undefined || map.autocreate === false || types === null) continue;
    const layout = structOpsLayout(kernel, map.name, map.structOps);
    const local = types.type(map.structOps.type);
    if (local.kind !== "struct") continue;
    const { struct, btf } = layout;
    const bytes = map.contents?.kind === "bytes" ? map.contents.bytes : new Uint8Array(local.size);
    for (const member of local.members) {
      const { name } = member;
      const refuse = (why: string): never => {
        const message = `map ${map.name} (struct_ops): struct ${struct.name} of this kernel (${kernel.facts.release}) ${why}`;
        throw new FeatureError(`${struct.name}.${name}`, null, message);
      };
      const program = map.structOps.functions.find((each) => each.member === name)?.program;
      const size = types.sizeOf(member.type);
      const start = member.bitOffset >> 3;
      const theirs = struct.members.find((each) => each.name === name);
      if (theirs === undefined) {
        if (program !== undefined || bytes.subarray(start, start + size).some((byte) => byte !== 0))
          refuse(`has no ${name}: leave it out`);
        continue;
      }
      if (member.bitSize > 0 || theirs.bitSize > 0)
        refuse(`has ${name} as a bit-field, or the source does: no loader sets those`);
      const id = btf.resolve(theirs.type);
      const kind = btf.kind(id);
      if (types.kind(types.resolve(member.type)) !== kind) refuse(`has another kind of member as ${name}`);
      if (kind !== "pointer" && btf.sizeOf(id) !== size) refuse(`has ${name} in ${btf.sizeOf(id)} bytes, the source in ${size}`);
      if (kind !== "pointer" || program === undefined) continue;
      const pointer = btf.type(id);
      if (pointer.kind !== "pointer" || btf.kind(btf.resolve(pointer.type)) !== "prototype")
        refuse(`has a ${name} that is no function`);
      const place = `${layout.module ?? ""} ${struct.name}.${name}`;
      const other = places.get(program) ?? place;
      if (other !== place) refuse(`takes ${program} as ${name}, and it is ${other.trim()} too: a program is for one place`);
      places.set(program, place);
    }
  }
}

/**
 * Whether a program is loaded when nobody names programs: those of interfaces with an interface that is made, whatever their sections say
 * (`bpf_object_adjust_struct_ops_autoload`).
 */
export function isLoaded({ maps }: Spec, { name, type, autoload }: ProgramSpec): boolean {
  if (type !== "struct_ops") return autoload !== false;
  const uses = maps.filter(({ structOps }) => structOps?.functions.some(({ program }) => program === name) === true);
  return uses.length === 0 ? autoload !== false : uses.some(({ autocreate }) => autocreate !== false);
}

/** What a program stands in for: the struct, and the place of the member in it. @throws FeatureError */
export function structOpsTarget(
  kernel: Kernel,
  spec: Spec,
  { name }: ProgramSpec,
): { readonly id: number; readonly module: string | null; readonly member: number } {
  for (const map of spec.maps) {
    const used = map.structOps?.functions.find(({ program }) => program === name);
    if (map.structOps === undefined || used === undefined) continue;
    const { struct, module } = structOpsLayout(kernel, map.name, map.structOps);
    const member = struct.members.findIndex((each) => each.name === used.member);
    if (member < 0)
      throw new FeatureError(
        `${struct.name}.${used.member}`,
        null,
        `program ${name}: struct ${struct.name} of this kernel (${kernel.facts.release}) has no ${used.member}: leave it out`,
      );
    return { id: struct.id, module, member };
  }
  throw new FeatureError("struct_ops", null, `program ${name}: no map of ${spec.name} says what it implements`);
}

/**
 * What a relocation means in the source's own types: `0:1:2` of a struct is a path of members and array elements.
 *
 * Two views of one path (libbpf calls them raw and high-level): numbers, one for each step into a member or element; and
 * accessors, which leave out steps into anonymous structs and unions, so that a member may move into or out of one.
 */

import type { BtfType } from "../../btf/types.ts";
import type { CoreKind, CoreRelocation } from "../spec.ts";
import { CoreError } from "./errors.ts";
import { type CoreTypes, isComposite, isEnum } from "./types.ts";

/** A named member, an element of an array, or an enumerator. */
export interface Accessor {
  /** The struct, union or enumeration with the member; of an element, the type of the element. Qualifiers removed. */
  readonly type: number;
  readonly index: number;
  /** Null for an element. */
  readonly name: string | null;
}

/** A path through the types of one BTF. */
export interface Access {
  readonly types: CoreTypes;
  /** The type that the path starts from. */
  readonly root: number;
  /** Empty for what is about a type as a whole. */
  readonly path: readonly Accessor[];
  /** From the start of the root. */
  readonly bitOffset: number;
}

/** Longest path (`BPF_CORE_SPEC_MAX_LEN` of relo_core.h). */
export const PATH_LIMIT = 64;

export function isFieldKind(kind: CoreKind): boolean {
  return kind.startsWith("field_");
}

export function isTypeKind(kind: CoreKind): boolean {
  return kind.startsWith("type_");
}

/**
 * Follows the access string of a relocation through the source's types.
 * @throws CoreError `access` when it leads nowhere.
 */
export function parseAccess(types: CoreTypes, relocation: CoreRelocation): Access {
  const { kind, type: root, access } = relocation;
  const numbers = parseNumbers(access);
  if (isTypeKind(kind)) {
    if (access !== "0") throw wrong(`expected the access string "0" for ${kind}, found ${JSON.stringify(access)}`);
    return { types, root, path: [], bitOffset: 0 };
  }
  const start = types.behind(root);
  const first = numbers[0]!;
  if (!isFieldKind(kind)) {
    if (!isEnum(start)) throw wrong(`expected an enumeration for ${kind}, found a ${start.kind}`);
    const enumerator = start.values[first];
    if (numbers.length > 1 || enumerator === undefined) {
      throw wrong(`expected an index below ${start.values.length} for ${kind}, found ${JSON.stringify(access)}`);
    }
    return { types, root, path: [{ type: start.id, index: first, name: enumerator.name }], bitOffset: 0 };
  }
  const path: Accessor[] = [{ type: start.id, index: first, name: null }];
  let bitOffset = first * types.btf.sizeOf(start.id) * 8;
  let current: BtfType = start;
  for (let step = 1; step < numbers.length; step++) {
    const index = numbers[step]!;
    if (isComposite(current)) {
      const member = current.members[index];
      if (member === undefined)
        throw wrong(`expected a member below ${current.members.length} of ${nameOf(current)}, found ${index}`);
      bitOffset += member.bitOffset;
      if (member.name !== "") path.push({ type: current.id, index, name: member.name });
      current = types.behind(member.type);
    } else if (current.kind === "array") {
      if (index >= current.length && !isFlexible(types, path.at(-1)!, current.length)) {
        throw wrong(`expected an element below ${current.length}, found ${index}`);
      }
      const element = types.behind(current.element);
      path.push({ type: element.id, index, name: null });
      bitOffset += index * types.btf.sizeOf(element.id) * 8;
      current = element;
    } else {
      throw wrong(`expected a struct, union or array at step ${step} of ${JSON.stringify(access)}, found a ${current.kind}`);
    }
  }
  return { types, root, path, bitOffset };
}

/** Has the array, which `accessor` leads to, as many elements as there is memory? Then it is a struct's last member. */
export function isFlexible(types: CoreTypes, accessor: Accessor, length: number): boolean {
  if (accessor.name === null || length > 0) return false;
  const struct = types.type(accessor.type);
  return isComposite(struct) && accessor.index === struct.members.length - 1;
}

/** What is meant, as C writes it: `struct task_struct.comm[3]`, `enum bpf_map_type::BPF_MAP_TYPE_ARENA`, `typedef u64`. */
export function describeAccess({ types, root, path }: Access): string {
  let text = nameOf(types.type(root));
  const start = types.behind(root);
  path.forEach(({ index, name }, step) => {
    if (name !== null) text += isEnum(start) ? `::${name}` : `.${name}`;
    else if (step > 0 || index > 0) text += `[${index}]`;
  });
  return text;
}

/** A relocation whose access string leads nowhere still has a type to be named by. */
export function describeType(types: CoreTypes, id: number): string {
  return nameOf(types.type(id));
}

function nameOf(type: BtfType): string {
  return `${type.kind} ${type.name === "" ? "(anonymous)" : type.name}`;
}

function parseNumbers(access: string): number[] {
  const numbers = /^\d+(:\d+)*$/.test(access) ? access.split(":").map(Number) : [];
  if (numbers.length === 0 || numbers.length > PATH_LIMIT || numbers.some((number) => number > 0x7fffffff)) {
    throw wrong(
      `expected an access string of 1 to ${PATH_LIMIT} numbers like "0:1:2", found ${JSON.stringify(access.slice(0, 80))}`,
    );
  }
  return numbers;
}

function wrong(message: string): CoreError {
  return new CoreError("access", message);
}

/**
 * Finds in a type of the target what a path means in the source: members by name, wherever they moved; elements by index,
 * as far as the array goes; enumerators by name.
 *
 * Rules: `bpf_core_spec_match` and `bpf_core_match_member` of libbpf's relo_core.c.
 */

import type { CoreKind } from "../spec.ts";
import { type Access, type Accessor, isFieldKind, isFlexible, isTypeKind, PATH_LIMIT } from "./access.ts";
import { fieldsAreCompatible, tooDeep, typesAreCompatible } from "./compatible.ts";
import { CoreError } from "./errors.ts";
import { typesMatch } from "./matches.ts";
import { type CoreTypes, essentialName, isComposite, isEnum } from "./types.ts";

/**
 * The path through the candidate, or null when it has no such thing.
 * @throws CoreError `unsupported` when types are nested too deeply.
 */
export function matchAccess(kind: CoreKind, local: Access, target: CoreTypes, candidate: number): Access | null {
  if (isTypeKind(kind)) {
    const fits = kind === "type_matches" ? typesMatch : typesAreCompatible;
    return fits(local.types, local.root, target, candidate) ? { types: target, root: candidate, path: [], bitOffset: 0 } : null;
  }
  return isFieldKind(kind) ? matchField(local, target, candidate) : matchEnumerator(local, target, candidate);
}

function matchEnumerator(local: Access, target: CoreTypes, candidate: number): Access | null {
  const type = target.behind(candidate);
  if (!isEnum(type)) return null;
  const wanted = essentialName(local.path[0]!.name!);
  const index = type.values.findIndex(({ name }) => essentialName(name) === wanted);
  if (index < 0) return null;
  return { types: target, root: candidate, path: [{ type: type.id, index, name: type.values[index]!.name }], bitOffset: 0 };
}

function matchField(local: Access, target: CoreTypes, candidate: number): Access | null {
  const path: Accessor[] = [];
  let bitOffset = 0;
  let steps = 0;
  let current = candidate;
  for (let index = 0; index < local.path.length; index++) {
    const accessor = local.path[index]!;
    if (accessor.name !== null) {
      const found = new MemberSearch(local.types, accessor, target).in(current, steps);
      if (found === null) return null;
      path.push(found.accessor);
      bitOffset += found.bitOffset;
      steps = found.steps;
      current = found.type;
      continue;
    }
    // The first index is not into an array: the root itself is the element.
    if (index > 0) {
      const array = target.behind(current);
      if (array.kind !== "array") return null;
      if (accessor.index >= array.length && !isFlexible(target, path.at(-1)!, array.length)) return null;
      current = array.element;
    }
    if (++steps > PATH_LIMIT) throw tooDeep();
    current = target.btf.resolve(current);
    path.push({ type: current, index: accessor.index, name: null });
    bitOffset += accessor.index * target.btf.sizeOf(current) * 8;
  }
  return { types: target, root: candidate, path, bitOffset };
}

interface FoundMember {
  readonly accessor: Accessor;
  readonly bitOffset: number;
  /** Type of the member. */
  readonly type: number;
  readonly steps: number;
}

/** The search for one member, through anonymous structs and unions. */
class MemberSearch {
  readonly #local: CoreTypes;
  readonly #target: CoreTypes;
  readonly #name: string;
  /** Type of the source's member. */
  readonly #type: number;
  /** Anonymous types that do not have it: the same one may be a member many times over. */
  readonly #without = new Set<number>();

  constructor(local: CoreTypes, accessor: Accessor, target: CoreTypes) {
    const struct = local.type(accessor.type);
    const member = isComposite(struct) ? struct.members[accessor.index] : undefined;
    if (member === undefined) throw new CoreError("access", "expected a member of a struct or union, found none");
    this.#local = local;
    this.#target = target;
    this.#name = member.name;
    this.#type = member.type;
  }

  in(id: number, steps: number): FoundMember | null {
    const type = this.#target.behind(id);
    if (!isComposite(type) || this.#without.has(type.id)) return null;
    if (steps >= PATH_LIMIT) throw tooDeep();
    for (let index = 0; index < type.members.length; index++) {
      const member = type.members[index]!;
      if (member.name === "") {
        const inner = this.in(member.type, steps + 1);
        if (inner !== null) return { ...inner, bitOffset: inner.bitOffset + member.bitOffset };
      } else if (member.name === this.#name) {
        if (!fieldsAreCompatible(this.#local, this.#type, this.#target, member.type)) break;
        const accessor = { type: type.id, index, name: member.name };
        return { accessor, bitOffset: member.bitOffset, type: member.type, steps: steps + 1 };
      }
    }
    this.#without.add(type.id);
    return null;
  }
}

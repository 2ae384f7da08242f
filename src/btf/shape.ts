/** What makes types equal: they say the same themselves, and refer to equal types in the same places. */

import type { Btf } from "./btf.ts";
import type { BtfType } from "./types.ts";

/** All that a type says itself, without its id and without what its references mean: equal texts for equal types. */
export function shapeOf(type: BtfType): string {
  switch (type.kind) {
    case "struct":
    case "union":
      return JSON.stringify([type.kind, type.name, type.size, type.members.map((m) => [m.name, m.bitOffset, m.bitSize])]);
    case "enum64":
      return JSON.stringify([type.kind, type.name, type.size, type.signed, type.values.map((v) => [v.name, String(v.value)])]);
    case "prototype":
      return JSON.stringify([type.kind, type.parameters.map((parameter) => parameter.name), type.variadic]);
    case "array":
      return `${type.kind} ${type.length}`;
    case "section":
      return JSON.stringify([type.kind, type.name, type.size, type.variables.map((v) => [v.offset, v.size])]);
    case "pointer":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
      return `${type.kind} ${type.name}`;
    default:
      return JSON.stringify({ ...type, id: 0, type: 0 });
  }
}

/** Ids that a type refers to, in a fixed order, so that two types of one shape can be compared place by place. */
export function referencesOf(type: BtfType): number[] {
  switch (type.kind) {
    case "struct":
    case "union":
      return type.members.map((member) => member.type);
    case "array":
      return [type.element, type.index];
    case "prototype":
      return [type.result, ...type.parameters.map((parameter) => parameter.type)];
    case "section":
      return type.variables.map((variable) => variable.type);
    default:
      return "type" in type ? [type.type] : [];
  }
}

/**
 * Whether two types of two BTFs (or of one) are equal in all that can be reached from them, names, offsets and qualifiers
 * included: a map whose key and value types are equal keeps its contents over a reload.
 *
 * @throws BtfError when a type is malformed.
 */
export function equalTypes(one: Btf, oneId: number, other: Btf, otherId: number): boolean {
  // Types assumed to be equal form sets, which closes circles; as two sets become one at most once for each type, circles
  // of different lengths take linear time, not the product (Hopcroft and Karp 1971).
  const sets = new DisjointSets();
  const waiting: [number, number][] = [[oneId, otherId]];
  for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
    const [left, right] = pair;
    // The ids of `other` follow those of `one`.
    if (!sets.join(left, one.count + right)) continue;
    const leftType = one.type(left);
    const rightType = other.type(right);
    if (shapeOf(leftType) !== shapeOf(rightType)) return false;
    const rights = referencesOf(rightType);
    for (const [index, reference] of referencesOf(leftType).entries()) waiting.push([reference, rights[index]!]);
  }
  return true;
}

/** Union-find; a number that was never joined is a set of its own. */
class DisjointSets {
  readonly #parents = new Map<number, number>();

  /** Makes the sets of both numbers one; false when they are already. */
  join(one: number, other: number): boolean {
    const left = this.#find(one);
    const right = this.#find(other);
    if (left === right) return false;
    this.#parents.set(left, right);
    return true;
  }

  #find(number: number): number {
    let current = number;
    for (let parent = this.#parents.get(current); parent !== undefined; parent = this.#parents.get(current)) {
      // Halves the way for whoever asks next.
      const above = this.#parents.get(parent);
      if (above !== undefined) this.#parents.set(current, above);
      current = parent;
    }
    return current;
  }
}

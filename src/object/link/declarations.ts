/**
 * Do two objects mean the same by a name? Structs must agree member by member; behind a pointer their name is enough, and
 * one of them may be declared only. Lengths of arrays and names of parameters do not matter. Maps must have one definition.
 *
 * Rules: `glob_sym_btf_matches` and `map_defs_match` of libbpf's linker.c.
 */

import type { Btf } from "../../btf/btf.ts";
import type { BtfType } from "../../btf/types.ts";
import { MAPS_SECTION, readDefinition } from "../btf-maps.ts";
import type { MapSpec } from "../spec.ts";
import type { Input } from "./input.ts";

const DEPTH_LIMIT = 32;

/** What differs, in words; null when they agree, or one of the objects has no types. */
export function declarationsDiffer(name: string, a: Input, b: Input): string | null {
  const [one, other] = [a.declarations.get(name), b.declarations.get(name)];
  if (a.btf === null || b.btf === null || one === undefined || other === undefined) return null;
  if (one.section === MAPS_SECTION || other.section === MAPS_SECTION) {
    if (one.section !== other.section) return `a map and something in ${other.section ?? one.section ?? "no section"}`;
    return mapsDiffer(name, a.btf, one.id, b.btf, other.id);
  }
  return new Comparison(a.btf, b.btf).differ(one.id, other.id, true, 0);
}

function mapsDiffer(name: string, a: Btf, one: number, b: Btf, other: number): string | null {
  const [left, right] = [definition(a, name, one), definition(b, name, other)];
  if (left === null || right === null) return left === right ? null : "a map and something else";
  return specsDiffer(left, right, a, b);
}

function definition(btf: Btf, name: string, id: number): MapSpec | null {
  const variable = btf.type(id);
  if (variable.kind !== "variable") return null;
  const struct = btf.type(btf.resolve(variable.type));
  return struct.kind === "struct" ? readDefinition(btf, name, struct) : null;
}

function specsDiffer(left: MapSpec, right: MapSpec, a: Btf, b: Btf): string | null {
  for (const field of ["type", "keySize", "valueSize", "maxEntries", "flags", "numaNode", "extra", "pinning"] as const) {
    if (left[field] !== right[field]) return `${field} ${left[field] ?? "none"} and ${right[field] ?? "none"}`;
  }
  for (const field of ["keyType", "valueType"] as const) {
    if ((left[field] === 0) !== (right[field] === 0))
      return `a ${field === "keyType" ? "key" : "value"} of a type and one without`;
    const difference = left[field] === 0 ? null : new Comparison(a, b).differ(left[field], right[field], true, 0);
    if (difference !== null) return difference;
  }
  if (left.inner === undefined || right.inner === undefined) return left.inner === right.inner ? null : "an inner map and none";
  return specsDiffer(left.inner, right.inner, a, b);
}

class Comparison {
  readonly #a: Btf;
  readonly #b: Btf;
  /** Pairs that were compared: structs in structs of ill will would take exponential time. */
  readonly #seen = new Map<string, string | null>();

  constructor(a: Btf, b: Btf) {
    this.#a = a;
    this.#b = b;
  }

  /** @param exact false behind a pointer */
  differ(one: number, other: number, exact: boolean, depth: number): string | null {
    const key = `${one} ${other} ${exact}`;
    const known = this.#seen.get(key);
    if (known !== undefined) return known;
    const difference = depth > DEPTH_LIMIT ? "types nested too deeply" : this.#compare(one, other, exact, depth);
    this.#seen.set(key, difference);
    return difference;
  }

  #compare(one: number, other: number, exact: boolean, depth: number): string | null {
    const mine = this.#a.type(this.#a.resolve(one));
    const theirs = this.#b.type(this.#b.resolve(other));
    const down = (a: number, b: number, stillExact = exact): string | null => this.differ(a, b, stillExact, depth + 1);
    const differs = `${describe(mine)} and ${describe(theirs)}`;
    if (!exact && (mine.kind === "forward") !== (theirs.kind === "forward")) {
      const [declared, whole] = mine.kind === "forward" ? [mine, theirs] : [theirs, mine];
      return declared.kind === "forward" && declared.of === whole.kind && declared.name === whole.name ? null : differs;
    }
    if (mine.kind !== theirs.kind) return differs;
    if (NAMED.has(mine.kind) && mine.name !== theirs.name) return differs;
    switch (mine.kind) {
      case "int":
      case "float":
      case "enum":
      case "enum64":
        return "size" in theirs && mine.size === theirs.size
          ? null
          : `${describe(mine)} of ${mine.size} bytes and one of ${"size" in theirs ? theirs.size : 0}`;
      case "pointer":
        return theirs.kind === "pointer" ? down(mine.type, theirs.type, false) : differs;
      case "array":
        return theirs.kind === "array" ? down(mine.element, theirs.element) : differs;
      case "function":
      case "variable":
        // Extern and global mean the same; statics do not come here.
        return theirs.kind === mine.kind ? down(mine.type, theirs.type) : differs;
      case "struct":
      case "union":
        if (!exact || theirs.kind !== mine.kind) return null;
        if (mine.members.length !== theirs.members.length) {
          return `${describe(mine)} of ${mine.members.length} members and one of ${theirs.members.length}`;
        }
        for (let index = 0; index < mine.members.length; index++) {
          const left = mine.members[index]!;
          const right = theirs.members[index]!;
          const where = `${describe(mine)}, member ${index}`;
          if (left.name !== right.name) return `${where}: ${JSON.stringify(left.name)} and ${JSON.stringify(right.name)}`;
          if (left.bitOffset !== right.bitOffset || left.bitSize !== right.bitSize)
            return `${where} (${left.name}) in different places`;
          const difference = down(left.type, right.type);
          if (difference !== null) return difference;
        }
        return null;
      case "prototype": {
        if (theirs.kind !== "prototype") return differs;
        if (mine.parameters.length !== theirs.parameters.length || mine.variadic !== theirs.variadic) {
          return `a function of ${mine.parameters.length} parameters and one of ${theirs.parameters.length}`;
        }
        for (let index = 0; index < mine.parameters.length; index++) {
          const difference = down(mine.parameters[index]!.type, theirs.parameters[index]!.type);
          if (difference !== null) return difference;
        }
        return down(mine.result, theirs.result);
      }
      default:
        return null;
    }
  }
}

const NAMED: ReadonlySet<BtfType["kind"]> = new Set(["struct", "union", "enum", "enum64", "forward", "function", "variable"]);

function describe(type: BtfType): string {
  return type.name === "" ? type.kind : `${type.kind} ${type.name}`;
}

/**
 * `bpf_core_type_matches`: is the source's type a part of the target's, member by member?
 *
 * Rules: `__bpf_core_types_match` of libbpf's relo_core.c. In short: integers by size and sign, arrays by length, every
 * member and enumerator of the source must be there by name; behind a pointer, structs match by name alone.
 */

import type { BtfType } from "../../btf/types.ts";
import { arity, tooDeep } from "./compatible.ts";
import { type CoreTypes, DEPTH_LIMIT, essentialName, isComposite, isEnum } from "./types.ts";

/** Names of both types are known to agree. @throws CoreError `unsupported` when they are nested too deeply. */
export function typesMatch(local: CoreTypes, localId: number, target: CoreTypes, targetId: number): boolean {
  return new Matcher(local, target).types(localId, targetId, false, DEPTH_LIMIT);
}

class Matcher {
  readonly #local: CoreTypes;
  readonly #target: CoreTypes;
  /** What is known: nested anonymous structs of ill will would otherwise be compared exponentially often. */
  readonly #known = new Map<string, boolean>();

  constructor(local: CoreTypes, target: CoreTypes) {
    this.#local = local;
    this.#target = target;
  }

  types(localId: number, targetId: number, behindPointer: boolean, level: number): boolean {
    const key = `${localId} ${targetId} ${behindPointer}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const result = this.#compare(localId, targetId, behindPointer, level);
    this.#known.set(key, result);
    return result;
  }

  #compare(localId: number, targetId: number, behindPointer: boolean, level: number): boolean {
    if (level <= 0) throw tooDeep();
    for (let depth = 0; depth < DEPTH_LIMIT; depth++) {
      const mine = this.#local.behind(localId);
      const theirs = this.#target.behind(targetId);
      if (!namesMatch(mine.name, theirs.name)) return false;
      switch (mine.kind) {
        case "void":
          return theirs.kind === "void";
        case "forward":
          if (theirs.kind === "forward") return mine.of === theirs.of;
          return behindPointer && theirs.kind === mine.of;
        case "enum":
        case "enum64":
          return isEnum(theirs) && enumsMatch(mine, theirs);
        case "struct":
        case "union":
          if (behindPointer) return theirs.kind === mine.kind || (theirs.kind === "forward" && theirs.of === mine.kind);
          return theirs.kind === mine.kind && this.#members(mine, theirs, level);
        case "int":
          return theirs.kind === "int" && mine.size === theirs.size && mine.signed === theirs.signed;
        case "pointer":
          if (theirs.kind !== "pointer") return false;
          behindPointer = true;
          localId = mine.type;
          targetId = theirs.type;
          break;
        case "array":
          if (theirs.kind !== "array" || mine.length !== theirs.length) return false;
          localId = mine.element;
          targetId = theirs.element;
          break;
        case "prototype": {
          if (theirs.kind !== "prototype" || arity(mine) !== arity(theirs)) return false;
          for (let index = 0; index < mine.parameters.length; index++) {
            const to = theirs.parameters[index]?.type ?? 0;
            if (!this.types(mine.parameters[index]!.type, to, behindPointer, level - 1)) return false;
          }
          localId = mine.result;
          targetId = theirs.result;
          break;
        }
        default:
          return false;
      }
    }
    throw tooDeep();
  }

  #members(mine: BtfType, theirs: BtfType, level: number): boolean {
    if (!isComposite(mine) || !isComposite(theirs) || mine.members.length > theirs.members.length) return false;
    return mine.members.every((member) =>
      theirs.members.some(
        (other) => namesMatch(member.name, other.name) && this.types(member.type, other.type, false, level - 1),
      ),
    );
  }
}

function namesMatch(local: string, target: string): boolean {
  return target === "" ? local === "" : essentialName(local) === essentialName(target);
}

function enumsMatch(
  mine: Extract<BtfType, { kind: "enum" | "enum64" }>,
  theirs: Extract<BtfType, { kind: "enum" | "enum64" }>,
): boolean {
  if (mine.size !== theirs.size || mine.values.length > theirs.values.length) return false;
  const names = new Set(theirs.values.map(({ name }) => essentialName(name)));
  return mine.values.every(({ name }) => names.has(essentialName(name)));
}

/**
 * May a type of the target stand for one of the source? Sizes may differ, and so may what pointers point to: both are
 * corrected, or do not matter, when the program reads.
 *
 * Rules: `bpf_core_fields_are_compat` and `bpf_core_types_are_compat` of libbpf's relo_core.c.
 */

import { CoreError } from "./errors.ts";
import { type CoreTypes, DEPTH_LIMIT, essentialName, isComposite, sameKind } from "./types.ts";

/** For a member: may the one be read where the other is meant? */
export function fieldsAreCompatible(local: CoreTypes, localId: number, target: CoreTypes, targetId: number): boolean {
  for (let depth = 0; depth < DEPTH_LIMIT; depth++) {
    const mine = local.behind(localId);
    const theirs = target.behind(targetId);
    if (isComposite(mine) && isComposite(theirs)) return true;
    if (!sameKind(mine, theirs)) return false;
    switch (mine.kind) {
      case "pointer":
      case "float":
        return true;
      case "forward":
      case "enum":
      case "enum64": {
        const mineName = essentialName(mine.name);
        const theirName = essentialName(theirs.name);
        return mineName === "" || theirName === "" || mineName === theirName;
      }
      case "int":
        // What bit-fields were before Linux 5.0 has no place of its own.
        return mine.bitOffset === 0 && theirs.kind === "int" && theirs.bitOffset === 0;
      case "array":
        if (theirs.kind !== "array") return false;
        localId = mine.element;
        targetId = theirs.element;
        break;
      default:
        return false;
    }
  }
  throw tooDeep();
}

/** For a type as a whole, whose names are known to agree: is it the same sort of thing? */
export function typesAreCompatible(
  local: CoreTypes,
  localId: number,
  target: CoreTypes,
  targetId: number,
  level = DEPTH_LIMIT,
): boolean {
  if (!sameKind(local.type(localId), target.type(targetId))) return false;
  for (let depth = 0; depth < DEPTH_LIMIT; depth++) {
    const mine = local.behind(localId);
    const theirs = target.behind(targetId);
    if (!sameKind(mine, theirs)) return false;
    switch (mine.kind) {
      case "void":
      case "struct":
      case "union":
      case "enum":
      case "enum64":
      case "forward":
        return true;
      case "int":
        return mine.bitOffset === 0 && theirs.kind === "int" && theirs.bitOffset === 0;
      case "pointer":
        if (theirs.kind !== "pointer") return false;
        localId = mine.type;
        targetId = theirs.type;
        break;
      case "array":
        if (theirs.kind !== "array") return false;
        localId = mine.element;
        targetId = theirs.element;
        break;
      case "prototype": {
        if (theirs.kind !== "prototype" || arity(mine) !== arity(theirs)) return false;
        if (mine.parameters.length > 0 && level <= 0) throw tooDeep();
        for (let index = 0; index < mine.parameters.length; index++) {
          const from = local.btf.resolve(mine.parameters[index]!.type);
          const to = target.btf.resolve(theirs.parameters[index]?.type ?? 0);
          if (!typesAreCompatible(local, from, target, to, level - 1)) return false;
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

/** BTF counts `...` as a parameter. */
export function arity(prototype: { readonly parameters: readonly unknown[]; readonly variadic: boolean }): number {
  return prototype.parameters.length + (prototype.variadic ? 1 : 0);
}

export function tooDeep(): CoreError {
  return new CoreError("unsupported", `expected types nested at most ${DEPTH_LIMIT} deep, found deeper ones`);
}

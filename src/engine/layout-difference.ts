/** Whether two descriptions of the same bytes agree. */

import type { Btf } from "../btf/btf.ts";

/**
 * What of the type that somebody expects is not so in the one that is there: each field of a struct must be there, at the same place and
 * of the same size and sign. What is there may have more fields. Null when all fits.
 */
export function difference(expected: Btf, theirs: number, actual: Btf, ours: number, path: string): string | null {
  const one = expected.type(expected.resolve(theirs));
  const other = actual.type(actual.resolve(ours));
  const sizes = [expected.sizeOf(one.id), actual.sizeOf(other.id)] as const;
  if (one.kind === "struct" && other.kind === "struct") {
    for (const member of one.members) {
      const here = other.members.find(({ name }) => name === member.name);
      const at = `${path}.${member.name}`;
      if (here === undefined) {
        return `${at} does not exist; it has ${other.members.map(({ name }) => name).join(", ")}`;
      }
      if (here.bitOffset !== member.bitOffset || member.bitSize !== 0) {
        return `${at} is at byte ${here.bitOffset / 8}, not at ${member.bitOffset / 8}`;
      }
      const deeper = difference(expected, member.type, actual, here.type, at);
      if (deeper !== null) return deeper;
    }
    return null;
  }
  if (one.kind === "section" && other.kind === "section") {
    for (const variable of one.variables) {
      const name = expected.name(variable.type);
      const here = other.variables.find(({ type }) => actual.name(type) === name);
      if (here === undefined) return `variable ${name} is new`;
      if (here.offset !== variable.offset) return `variable ${name} is at byte ${here.offset}, not at ${variable.offset}`;
      const deeper = difference(expected, variable.type, actual, here.type, name);
      if (deeper !== null) return deeper;
    }
    return sizes[0] === sizes[1] ? null : `${path} has ${sizes[1]} bytes, not ${sizes[0]}`;
  }
  if (one.kind === "variable" && other.kind === "variable") return difference(expected, one.type, actual, other.type, path);
  if (sizes[0] !== sizes[1]) return `${path} has ${sizes[1]} bytes, not ${sizes[0]}`;
  if (one.kind === "array" && other.kind === "array")
    return difference(expected, one.element, actual, other.element, `${path}[]`);
  if (one.kind !== other.kind) return `${path} is ${nameOf(other.kind)}, not ${nameOf(one.kind)}`;
  if (one.kind === "int" && other.kind === "int" && one.signed !== other.signed) {
    return `${path} is ${other.signed ? "signed" : "unsigned"}, not ${one.signed ? "signed" : "unsigned"}`;
  }
  return null;
}

const nameOf = (kind: string): string => (kind === "int" ? "an integer" : kind === "array" ? "an array" : `a ${kind}`);

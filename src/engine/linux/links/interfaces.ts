/** Naming a network interface that does not exist. */

import { AttachError } from "../../errors.ts";
import { type Facts, interfaceNames } from "../facts.ts";

/** An error that lists what there is, the name most like the wrong one first. */
export function noSuchInterface(facts: Facts, name: string): AttachError {
  const names = interfaceNames(facts);
  const near = names.find((candidate) => candidate !== "lo" && differences(candidate, name) <= 2);
  const list =
    names.length === 0 ? "there is none" : names.length === 1 ? `there is only ${names[0]}` : `there are ${names.join(", ")}`;
  const advice = near === undefined ? list : `did you mean ${near}? (${list})`;
  return new AttachError(`there is no network interface ${JSON.stringify(name)}: ${advice}`);
}

/** Letters to insert, delete or replace to turn one name into the other (Levenshtein). Names are at most 15 bytes. */
function differences(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 0; i < one.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++)
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + Number(one[i] !== other[j])));
    row = next;
  }
  return row[other.length]!;
}

/** Naming a network interface that does not exist. */

import { nearest } from "../../../nearest.ts";
import { AttachError } from "../../errors.ts";
import { type Facts, interfaceNames } from "../facts.ts";

/** An error that lists what there is, the name most like the wrong one first. */
export function noSuchInterface(facts: Facts, name: string): AttachError {
  const names = interfaceNames(facts);
  const near = nearest(
    name,
    names.filter((candidate) => candidate !== "lo"),
  );
  const list =
    names.length === 0 ? "there is none" : names.length === 1 ? `there is only ${names[0]}` : `there are ${names.join(", ")}`;
  const advice = near === null ? list : `did you mean ${near}? (${list})`;
  return new AttachError(`there is no network interface ${JSON.stringify(name)}: ${advice}`);
}

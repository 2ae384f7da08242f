/** Naming a network interface that does not exist. */

import { nearest } from "../../../nearest.ts";
import { AttachError } from "../../errors.ts";
import { type Facts, interfaceNames } from "../facts.ts";
import type { Attaching } from "./attaching.ts";

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

/** The interface that the options name. @throws AttachError */
export function interfaceOf(
  { kernel, spec, options }: Attaching,
  what: string,
): { readonly name: string; readonly index: number } {
  const name = options.interface;
  if (name === undefined)
    throw new AttachError(`program ${spec.name}: ${what} is attached to a network interface; name one (interface)`);
  const index = kernel.transport.interfaceIndex(name);
  if (index < 0) throw noSuchInterface(kernel.facts, name);
  return { name, index };
}

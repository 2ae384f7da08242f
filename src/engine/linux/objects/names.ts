/** Names of the kernel's numbers; a number that this Skep does not know is its own name. */

import { ATTACH_TYPE, type AttachType } from "../../../uapi/attach-types.ts";
import { MAP_TYPE, type MapType } from "../../../uapi/map-types.ts";
import { PROGRAM_TYPE, type ProgramType } from "../../../uapi/program-types.ts";

/** `type` of an object that may be newer than Skep. */
export type Named<Known extends string> = Known | (string & {});

function byNumber<Name extends string>(numbers: Readonly<Record<Name, number>>): (number: number) => Named<Name> {
  const names = new Map(Object.entries<number>(numbers).map(([name, number]) => [number, name]));
  return (number) => names.get(number) ?? String(number);
}

export const programTypeName: (number: number) => Named<ProgramType> = byNumber(PROGRAM_TYPE);
export const mapTypeName: (number: number) => Named<MapType> = byNumber(MAP_TYPE);
export const attachTypeName: (number: number) => Named<AttachType> = byNumber(ATTACH_TYPE);

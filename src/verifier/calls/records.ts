/** The special fields of what a pointer points into: locks, timers, kernel pointers … (`reg_btf_record`). */

import type { MapFacts, SpecialField, SpecialFieldKind } from "../program.ts";
import type { Reg } from "../state/register.ts";
import { BASE_TYPE, PTR_TO_MAP_VALUE } from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";

const NONE: readonly SpecialField[] = [];

/** Those of the map's value; objects of the program's own types have none that are known. */
export function fieldsOf(_walk: Walk, reg: Reg): readonly SpecialField[] {
  return (reg.type & BASE_TYPE) === PTR_TO_MAP_VALUE && reg.map !== null ? reg.map.fields : NONE;
}

export function fieldOfKind(fields: readonly SpecialField[], kind: SpecialFieldKind): SpecialField | undefined {
  for (const field of fields) if (field.kind === kind) return field;
  return undefined;
}

/** Whether the kernel knows what the map holds. */
export function mapHasTypes(map: MapFacts): boolean {
  return map.typed;
}

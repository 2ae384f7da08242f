/** Special fields of what pointers point into, by kind. */

import type { MapFacts, SpecialField, SpecialFieldKind } from "../program.ts";

export function fieldOfKind(fields: readonly SpecialField[], kind: SpecialFieldKind): SpecialField | undefined {
  for (const field of fields) if (field.kind === kind) return field;
  return undefined;
}

/** Whether the kernel knows what the map holds. */
export function mapHasTypes(map: MapFacts): boolean {
  return map.typed;
}

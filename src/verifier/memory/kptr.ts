/** Pointers to objects that lie in map values (`check_map_kptr_access`). */

import type { SpecialField } from "../program.ts";
import { refuse } from "../refusal.ts";
import type { Walk } from "../walk/walk.ts";
import type { Access } from "./access.ts";

/** One load or store of a whole kptr. */
export function accessKptr(_walk: Walk, _access: Access, _field: SpecialField): void {
  refuse("store to referenced kptr disallowed");
}

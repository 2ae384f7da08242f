/** Requirements and their places, as text. */

import type { Finding } from "../object/requirements/portability.ts";
import type { Place, Requirement } from "../object/requirements/requirements.ts";

/** `firewall.bpf.c:26 (uses, instruction 5)`, `map drops`. */
export function placeText({ program, map, slot, file, line }: Place): string {
  if (map !== undefined) return `map ${map}`;
  const where = [program, slot === undefined ? undefined : `instruction ${slot}`].filter((part) => part !== undefined).join(", ");
  return file === undefined ? where : `${file}:${line} (${where})`;
}

/** The first place, and how many more there are. */
export function placesText(places: readonly Place[]): string {
  const [first, ...others] = places;
  if (first === undefined) return "";
  return placeText(first) + (others.length === 0 ? "" : ` and ${others.length} more`);
}

/** `map type ringbuf`; what is named after its kind is not said twice. */
export function requirementText({ kind, name }: { readonly kind: Finding["kind"]; readonly name: string }): string {
  return kind === "construct" || kind === "types" || kind === "instruction" ? name : `${kind} ${name}`;
}

/** `5.8 (map type ringbuf: map events)`. */
export function minimumText(version: string, because: readonly Requirement[]): string {
  const [first, ...others] = because;
  if (first === undefined) return version;
  const more = others.length === 0 ? "" : `; ${others.map(requirementText).join(", ")}`;
  return `${version} (${requirementText(first)}: ${placesText(first.where)}${more})`;
}

/** What programs say of themselves: constants named `bpf_metadata_NAME`, which loaders bind to the program though it does not use them (5.10). */

import type { BpfMap } from "../../maps.ts";
import type { OpenedMap } from "../maps/open-map.ts";
import type { MapInfo } from "./types.ts";

const PREFIX = "bpf_metadata_";

/** A map of constants whose names are known. */
export function mayHaveMetadata({ type, name, maxEntries, types }: MapInfo): boolean {
  return type === "array" && maxEntries === 1 && name.includes(".rodata") && types !== null && types.value !== 0;
}

export function metadataOf(map: OpenedMap): Readonly<Record<string, unknown>> {
  const [constants] = (map as BpfMap).values();
  const fields = typeof constants === "object" && constants !== null ? Object.entries(constants) : [];
  return Object.fromEntries(
    fields.flatMap(([name, value]) => (name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), value] as const] : [])),
  );
}

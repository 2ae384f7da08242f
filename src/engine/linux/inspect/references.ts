/** What is in maps of programs and of maps: they are filled with descriptors, and read as numbers (4.15, maps of maps 4.12). */

import { keyCodec } from "../../codecs.ts";
import { MapError } from "../../errors.ts";
import { openCursor } from "../maps/cursor.ts";
import type { LinuxHandle } from "../maps/handle.ts";
import type { MapReference } from "./types.ts";

const HOLDS: Readonly<Record<string, MapReference["kind"]>> = {
  prog_array: "program",
  array_of_maps: "map",
  hash_of_maps: "map",
};

/** Empty places of arrays are left out. */
export function readReferences({ raw, spec }: LinuxHandle): MapReference[] {
  const kind = HOLDS[spec.type];
  if (kind === undefined)
    throw new MapError(spec.name, "unsupported", `map ${spec.name}: a map of type ${spec.type} holds no programs or maps`);
  const codec = keyCodec(raw.types, spec);
  const found: MapReference[] = [];
  const cursor = openCursor(raw);
  while (cursor.next()) {
    const { values, valueOffset } = cursor;
    const { keys, keyOffset } = cursor;
    const isIndex = raw.kind.keys === "index";
    const key = isIndex ? new DataView(keys.buffer, keyOffset, 4).getUint32(0, true) : codec.decode(keys, keyOffset);
    const id = new DataView(values.buffer, values.byteOffset + valueOffset, 4).getUint32(0, true);
    if (id !== 0) found.push({ key, kind, id });
  }
  return found;
}

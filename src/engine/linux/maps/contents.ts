/** What a map holds before the first program runs: constants and initial values of variables. (Maps and programs: references.ts.) */

import type { MapSpec } from "../../../object/spec.ts";
import { FeatureError, MapError } from "../../errors.ts";
import { type RawMap, UPDATE_FLAGS } from "./raw-map.ts";

/**
 * What this loader does not do is refused by name: a map made without it would be silently wrong.
 * @throws FeatureError
 */
export function checkDeclaration(spec: MapSpec): void {
  const { name, type, pinning, contents, structOps } = spec;
  const refuse = (feature: string, what: string): never => {
    throw new FeatureError(feature, null, `map ${name} (${type}): ${what}`);
  };
  if (typeof pinning === "number") refuse("pinning", `pinning ${pinning} is a convention of another loader`);
  if (contents?.kind === "bytes" && structOps === undefined && type !== "array" && type !== "arena")
    refuse("initial values", `a ${type} with initial values is not offered`);
}

/**
 * Puts values in, one by one, and freezes what is constant. (An arena has been filled when it was mapped.)
 * @throws MapError
 */
export function fillMap(raw: RawMap): void {
  const { name, type, contents, frozen, valueSize, maxEntries } = raw.spec;
  if (contents?.kind === "bytes" && type === "array") {
    const { bytes } = contents;
    if (bytes.length > valueSize * maxEntries) {
      const room = valueSize * maxEntries;
      throw new MapError(name, "invalid", `map ${name}: begins with ${bytes.length} bytes, but its entries take ${room}`);
    }
    const index = new DataView(raw.key.buffer);
    for (let at = 0, entry = 0; at < bytes.length; at += valueSize, entry++) {
      index.setUint32(0, entry, true);
      raw.value.fill(0);
      raw.value.set(bytes.subarray(at, at + valueSize));
      raw.update(UPDATE_FLAGS.any);
    }
  }
  if (frozen) raw.freeze();
}

/** What a map holds before the first program runs: constants and initial values of variables. */

import type { MapSpec } from "../../../object/spec.ts";
import { FeatureError, MapError } from "../../errors.ts";
import { type RawMap, UPDATE_FLAGS } from "./raw-map.ts";

/**
 * What this loader does not do yet is refused by name: a map made without it would be silently wrong.
 * @throws FeatureError
 */
export function checkDeclaration(spec: MapSpec): void {
  const { name, type, pinning, inner, structOps, contents } = spec;
  const refuse = (feature: string, what: string): never => {
    throw new FeatureError(feature, null, `map ${name} (${type}): ${what} is not offered yet`);
  };
  if (pinning !== undefined) refuse("pinning", "pinning");
  if (inner !== undefined || contents?.kind === "maps") refuse("map in map", "a map of maps");
  if (structOps !== undefined) refuse("struct_ops", "implementing a kernel interface");
  if (contents?.kind === "programs") refuse("static values", "a program array that is filled from the start");
  if (contents !== undefined && type !== "array") refuse("initial values", `a ${type} with initial values`);
}

/**
 * Puts `contents` in, value by value, and freezes what is constant.
 * @throws MapError
 */
export function fillMap(raw: RawMap): void {
  const { name, contents, frozen, valueSize, maxEntries } = raw.spec;
  if (contents?.kind === "bytes") {
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

/** All operations that maps have, of whatever kind: a kind that lacks one refuses it in words, for those who have no types to tell them. */

import { MapError } from "./errors.ts";
import type { MapHandle } from "./maps.ts";

const OPERATIONS = [
  ...["get", "has", "set", "delete", "take", "setAll", "deleteAll", "takeAll", "clear", "entries", "keys", "values"],
  ...["view", "column", "push", "pop", "peek", "add", "count", "open"],
  ...["records", "batches", "drain", "lease", "consume", "consumeLeased", "submit", "send"],
];

/**
 * Kinds define what they have over it.
 * @param prototype what every kind of an engine inherits
 * @param more operations that this engine alone has
 */
export function refuseOperations(prototype: MapHandle, more: readonly string[] = []): void {
  for (const operation of [...OPERATIONS, ...more])
    Object.defineProperty(prototype, operation, {
      configurable: true,
      writable: true,
      value(this: MapHandle): never {
        throw new MapError(this.name, "unsupported", `${this.name}: a map of type ${this.spec.type} has no ${operation}`);
      },
    });
}

/** Entries one by one. @throws MapError with the count of those that are set */
export function setOneByOne(entries: Iterable<readonly [unknown, unknown]>, set: (key: unknown, value: unknown) => void): void {
  let count = 0;
  for (const [key, value] of entries) {
    try {
      set(key, value);
    } catch (error) {
      throw error instanceof MapError ? error.after(count) : error;
    }
    count++;
  }
}

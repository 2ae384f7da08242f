/** What is in a map, of whichever kind. Nothing is taken out by looking. */

import { printable } from "../../compiler/typescript/excerpt.ts";
import { jsonText } from "../../engine/embedded/debug/places.ts";
import type { AnyMap } from "../../engine/maps.ts";
import { mapToJson, renderMap } from "../maps.ts";
import { bytes, count, counted, type Style } from "../terminal.ts";

/** Entries of a map that are shown. */
const MOST = 40;

export function mapLines(map: AnyMap, style: Style): readonly string[] {
  const { name, spec } = map;
  const title = (what: string) => `${style.bold(name)} ${style.dim(`${spec.type}, ${what}`)}`;
  switch (spec.type) {
    case "queue":
    case "stack": {
      const head = title(`${count(map.length)} of ${counted(spec.maxEntries, "value")}`);
      return map.length === 0 ? [head] : [head, `  next: ${printable(jsonText(map.peek()))}`];
    }
    case "ringbuf":
    case "user_ringbuf":
      return [title(`${bytes(map.available)} of ${bytes(spec.maxEntries)} wait to be read`)];
    case "prog_array":
    case "array_of_maps":
    case "hash_of_maps": {
      const entries = handlesIn(map);
      return [
        title(`${count(entries.length)} of ${counted(spec.maxEntries, "entry", "entries")}`),
        ...entries.map(([key, value]) => `  ${key}: ${value}`),
      ];
    }
    case "arena":
      return [title(`${count(map.pages)} of ${counted(spec.maxEntries, "page")} allocated`)];
    case "bloom_filter":
    case "perf_event_array":
    case "stack_trace":
      return [title(`${counted(spec.maxEntries, "entry", "entries")} at most; it cannot be looked through`)];
    default:
      return renderMap(map, MOST, style);
  }
}

/** The same for machines. */
export function mapData(map: AnyMap): unknown {
  const { type, maxEntries } = map.spec;
  switch (type) {
    case "queue":
    case "stack":
      return { type, maxEntries, length: map.length, next: map.length === 0 ? null : map.peek() };
    case "ringbuf":
    case "user_ringbuf":
      return { type, maxEntries, available: map.available };
    case "prog_array":
    case "array_of_maps":
    case "hash_of_maps":
      return { type, maxEntries, entries: handlesIn(map).map(([key, value]) => ({ key, value })) };
    case "arena":
      return { type, maxEntries, pages: map.pages };
    case "bloom_filter":
    case "perf_event_array":
    case "stack_trace":
      return { type, maxEntries };
    default:
      return mapToJson(map);
  }
}

/** Entries now; null for kinds that do not say. */
export function mapSize(map: AnyMap): number | null {
  switch (map.spec.type) {
    case "queue":
    case "stack":
      return map.length;
    case "ringbuf":
    case "user_ringbuf":
    case "bloom_filter":
    case "perf_event_array":
    case "arena":
    case "stack_trace":
      return null;
    default: {
      let size = 0;
      for (const _ of map.entries()) size++;
      return size;
    }
  }
}

/** Programs and maps by name. */
function handlesIn(map: AnyMap): readonly (readonly [key: string, name: string])[] {
  return [...map.entries()].map(([key, value]) => {
    const named = typeof value === "object" && value !== null && "name" in value ? String(value.name) : String(value);
    return [printable(jsonText(key)), named];
  });
}

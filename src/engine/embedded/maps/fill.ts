/** What a Spec says that a map holds from the start. */

import type { MapContents } from "../../../object/spec.ts";
import { MapError } from "../../errors.ts";
import type { Memory } from "../memory.ts";
import { ARENA_PAGE, ArenaMap } from "./arena.ts";
import type { MapStore } from "./store.ts";

/** What names in `contents` stand for. */
export interface Names {
  /** The map's address, or null. */
  mapNamed(name: string): number | null;
  /** The number that a program has in a program array, or null when it cannot be there. */
  programNamed(name: string, array: MapStore): number | null;
}

/** @throws MapError `unsupported` for what does not go into that kind of map, `invalid` for more than fits or what is not there. */
export function fillMap(store: MapStore, memory: Memory, names: Names): void {
  const { spec, name, type } = store;
  const { contents } = spec;
  if (contents === undefined) return;
  if (contents.kind === "bytes" && type === "array") fillArray(store, memory, contents.bytes);
  else if (contents.kind === "bytes" && store instanceof ArenaMap) fillArena(store, memory, contents.bytes, contents.offset ?? 0);
  else if (contents.kind === "maps" && type.endsWith("_of_maps")) fillMaps(store, memory, contents, names);
  else if (contents.kind === "programs" && type === "prog_array") {
    for (const { key, program } of contents.entries) {
      const number = names.programNamed(program, store);
      if (number === null)
        throw new MapError(
          name,
          "invalid",
          `map ${name}: begins with ${program} at ${key}, which is not loaded, or of another type`,
        );
      put(store, memory, key, number, program);
    }
  } else {
    const what = contents.kind === "bytes" ? "bytes" : `references to ${contents.kind}`;
    throw new MapError(name, "unsupported", `map ${name}: the embedded engine cannot fill a ${type} with ${what}`);
  }
}

function fillArray(store: MapStore, memory: Memory, bytes: Uint8Array): void {
  const { stride, size, start } = store.values;
  const room = size * store.maxEntries;
  if (bytes.length > room) throw tooMuch(store, bytes.length, room);
  for (let element = 0; element * size < bytes.length; element++) {
    memory.bytes.set(bytes.subarray(element * size, (element + 1) * size), start + element * stride);
  }
}

/** Pages with variables are allocated, as they are where user space has written them. */
function fillArena(store: ArenaMap, memory: Memory, bytes: Uint8Array, offset: number): void {
  const { start, size } = store.values;
  if (offset + bytes.length > size) throw tooMuch(store, offset + bytes.length, size);
  const first = Math.floor(offset / ARENA_PAGE);
  store.allocatePages(start + first * ARENA_PAGE, Math.ceil((offset + bytes.length) / ARENA_PAGE) - first);
  memory.bytes.set(bytes, start + offset);
}

function fillMaps(store: MapStore, memory: Memory, contents: MapContents & { kind: "maps" }, names: Names): void {
  for (const { key, map } of contents.entries) {
    const handle = names.mapNamed(map);
    if (handle === null || store.innerAt(handle) === null) {
      const why = handle === null ? "which the Spec does not have" : "which does not look like its inner map";
      throw new MapError(store.name, "invalid", `map ${store.name}: begins with ${map} at ${key}, ${why}`);
    }
    put(store, memory, key, handle, map);
  }
}

function put(store: MapStore, memory: Memory, key: number, reference: number, what: string): void {
  const { scratchKey, scratchValue, keySize, name } = store;
  memory.bytes.fill(0, scratchKey, scratchKey + Math.max(keySize, 4));
  memory.view.setUint32(scratchKey, key, true);
  memory.view.setUint32(scratchValue, reference, true);
  if (store.updateAll(scratchKey, scratchValue, 0) < 0) {
    throw new MapError(name, "invalid", `map ${name}: begins with ${what} at ${key}: there is no such entry`);
  }
}

function tooMuch({ name }: MapStore, length: number, room: number): MapError {
  return new MapError(name, "invalid", `map ${name}: begins with ${length} bytes, but its entries take ${room}`);
}

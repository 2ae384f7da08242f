/** The functions of a module that work on maps: generated once for each map and operation that the program uses. */

import { HELPER } from "../../../uapi/helpers.ts";
import type { MapStore } from "../maps/store.ts";
import { hasLookup, importsLookup, isHash, type LookupCode, writeLookup } from "./lookup.ts";
import { isQueue, writePush, writeTake } from "./queues.ts";
import { hasDelete, hasUpdate, importsUpdate, writeDelete, writeUpdate } from "./updates.ts";
import { I32, type ModuleWriter } from "./wasm.ts";

/** Names of the imports that are the map's class: lookups get a key's address, updates those of a key and a value, and flags. */
export const lookupName = (map: MapStore): string => `lookup ${map.handle}`;
export const updateName = (map: MapStore): string => `update ${map.handle}`;

export class MapFunctions {
  readonly #module: ModuleWriter;
  readonly #cpuGlobal: number;
  readonly #lookupImports = new Map<MapStore, number>();
  readonly #updateImports = new Map<MapStore, number>();
  readonly #lookups = new Map<MapStore, number>();
  readonly #updates = new Map<MapStore, number>();
  readonly #deletes = new Map<MapStore, number>();
  readonly #pushes = new Map<MapStore, number>();
  readonly #pops = new Map<MapStore, number>();
  readonly #peeks = new Map<MapStore, number>();

  /** Imports come before functions: those that may be needed. @param helperIds what the program calls. */
  constructor(module: ModuleWriter, maps: readonly MapStore[], helperIds: ReadonlySet<number>, cpuGlobal: number) {
    this.#module = module;
    this.#cpuGlobal = cpuGlobal;
    for (const map of maps) {
      if (helperIds.has(HELPER.bpf_map_lookup_elem) && importsLookup(map))
        this.#lookupImports.set(map, module.importFunction(lookupName(map), [I32], [I32]));
      if (helperIds.has(HELPER.bpf_map_update_elem) && importsUpdate(map))
        this.#updateImports.set(map, module.importFunction(updateName(map), [I32, I32, I32], [I32]));
    }
  }

  /** Index of the function that looks up in a map: an address of a key to an address of a value, or 0. */
  lookupOf(map: MapStore): number {
    const imported = this.#lookupImports.get(map);
    if (!hasLookup(map) && imported !== undefined) return imported;
    return this.#made(this.#lookups, map, 1, () => writeLookup(map, this.#cpuGlobal, imported));
  }

  /** Index of the function that updates a map, or null when the helper does it: addresses of key and value, and flags. */
  updateOf(map: MapStore): number | null {
    if (!hasUpdate(map)) return null;
    return this.#made(this.#updates, map, 3, () => writeUpdate(map, this.#cpuGlobal, this.#updateImports.get(map)));
  }

  /** Index of the function that deletes from a map, or null when the helper does it: the address of a key. */
  deleteOf(map: MapStore): number | null {
    if (!hasDelete(map) || !isHash(map)) return null;
    return this.#made(this.#deletes, map, 1, () => writeDelete(map));
  }

  /** Index of the function that pushes a value, or null when the helper does it: its address, and flags. */
  pushOf(map: MapStore): number | null {
    return isQueue(map) ? this.#made(this.#pushes, map, 2, () => writePush(map)) : null;
  }

  /** Index of the function that takes out the next value, or null: the address where it goes. */
  popOf(map: MapStore): number | null {
    return isQueue(map) ? this.#made(this.#pops, map, 1, () => writeTake(map, true)) : null;
  }

  /** The same, but the value stays. */
  peekOf(map: MapStore): number | null {
    return isQueue(map) ? this.#made(this.#peeks, map, 1, () => writeTake(map, false)) : null;
  }

  #made(known: Map<MapStore, number>, map: MapStore, params: number, write: () => LookupCode | null): number {
    const there = known.get(map);
    if (there !== undefined) return there;
    const code = write();
    if (code === null) throw new TypeError(`${map.name}: no import for its operations`);
    const index = this.#module.function(new Array<number>(params).fill(I32), [I32]);
    this.#module.body(index, code.locals, code.code);
    known.set(map, index);
    return index;
  }
}

/** All maps of an engine by the address that programs know them by, so that a map can be a value in another. */

import type { MapStore } from "./store.ts";

export class MapRegistry {
  readonly #maps = new Map<number, MapStore>();
  readonly #ids = new WeakMap<MapStore, number>();
  #last = 0;

  /** The map whose header is at this address, or null. Hot: once for each operation on an inner map. */
  at(handle: number): MapStore | null {
    return this.#maps.get(handle) ?? null;
  }

  /** The number that programs know a map by: from 1 on, in the order in which they were made, none twice. */
  idOf(map: MapStore): number {
    return this.#ids.get(map) ?? 0;
  }

  all(): Iterable<MapStore> {
    return this.#maps.values();
  }

  add(map: MapStore): void {
    this.#maps.set(map.handle, map);
    this.#ids.set(map, ++this.#last);
  }

  remove(map: MapStore): void {
    this.#maps.delete(map.handle);
  }
}

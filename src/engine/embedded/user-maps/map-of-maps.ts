/** Maps of maps as user space sees them. */

import type { Btf } from "../../../btf/btf.ts";
import type { Codec } from "../../../btf/codec.ts";
import type { MapHandle, MapOfMaps, UpdateMode } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { E2BIG, EEXIST, ENOENT } from "../maps/errno.ts";
import type { MapOfMaps as MapOfMapsStore } from "../maps/map-of-maps.ts";
import type { Memory } from "../memory.ts";
import { describe, handleOf, UserHandle } from "./handle.ts";
import { flagsOf } from "./keyed.ts";

export class UserMapOfMaps extends UserHandle implements MapOfMaps {
  readonly #maps: MapOfMapsStore;
  readonly #keys: Codec;

  constructor(store: MapOfMapsStore, memory: Memory, types: Btf | null, keys: Codec) {
    super(store, memory, types);
    this.#maps = store;
    this.#keys = keys;
  }

  get(key: unknown): MapHandle | undefined {
    const store = this.readable();
    this.#putKey(key);
    const element = store.find(store.scratchKey);
    return element < 0 ? undefined : (this.#at(element) ?? undefined);
  }

  set(key: unknown, map: MapHandle, mode: UpdateMode = "any"): void {
    this.writable();
    const maps = this.#maps;
    const inner = map instanceof UserHandle && map.isOpen ? map.store : null;
    if (inner === null || maps.innerAt(inner.handle) !== inner) {
      const wanted = this.spec.inner === undefined ? "" : ` as it was declared (${shapeOf(this.spec.inner)})`;
      const found = inner === null ? "what is no map of this engine" : `${map.name} (${shapeOf(inner.spec)})`;
      throw new MapError(this.name, "invalid", `${this.name}: expected an inner map${wanted}, found ${found}`);
    }
    this.#putKey(key);
    this.memory.words[maps.scratchValue >>> 2] = inner.handle;
    const result = maps.updateAll(maps.scratchKey, maps.scratchValue, flagsOf(mode));
    if (result < 0) throw this.#error(-result, key);
  }

  delete(key: unknown): boolean {
    this.writable();
    this.#putKey(key);
    return this.#maps.delete(this.#maps.scratchKey) === 0;
  }

  clear(): void {
    this.writable();
    this.#maps.clear();
  }

  *entries(): IterableIterator<[unknown, MapHandle]> {
    for (let position = 0; ; ) {
      const store = this.readable();
      position = store.gather(position);
      if (position < 0) return;
      const found = store.gathered.map((element) => {
        const key = this.#keys.decode(this.memory.bytes, store.keyAddress(element));
        return [key, this.#at(element)] as const;
      });
      for (const [key, map] of found) if (map !== null) yield [key, map];
    }
  }

  #at(element: number): MapHandle | null {
    const inner = this.#maps.innerAt(this.memory.words[this.#maps.valueAddress(element, 0) >>> 2]!);
    return inner === null ? null : handleOf(inner);
  }

  #putKey(key: unknown): void {
    const { scratchKey, keySize } = this.store;
    this.memory.bytes.fill(0, scratchKey, scratchKey + keySize);
    this.#keys.encode(key, this.memory.bytes, scratchKey);
  }

  #error(errno: number, key: unknown): MapError {
    const { name } = this;
    const { maxEntries, type } = this.spec;
    const entry = describe(key);
    switch (errno) {
      case E2BIG:
        return type === "array_of_maps"
          ? new MapError(name, "not-found", `${name}: there is no entry ${entry}; it has 0 to ${maxEntries - 1}`)
          : new MapError(name, "full", `${name}: full with ${maxEntries} maps; delete some first, or declare more`);
      case EEXIST:
        return new MapError(name, "exists", `${name}: ${entry} is there already, and the mode is create`);
      case ENOENT:
        return new MapError(name, "not-found", `${name}: ${entry} is not there, and the mode is replace`);
      default:
        return new MapError(name, "invalid", `${name}: an ${type} takes only the mode any`);
    }
  }
}

const shapeOf = (spec: { type: string; keySize: number; valueSize: number; maxEntries: number; flags: number }): string =>
  `${spec.type}, keys of ${spec.keySize} and values of ${spec.valueSize} bytes, ${spec.maxEntries} entries, flags 0x${spec.flags.toString(16)}`;

/**
 * BPF_MAP_TYPE_ARRAY_OF_MAPS and BPF_MAP_TYPE_HASH_OF_MAPS (kernel/bpf/map_in_map.c): a value is a map, in memory the address of its
 * header. What a lookup gives a program is a map, not a value.
 *
 * The inner maps all look like the one that the Spec describes, so that a program may use any of them without knowing which it got.
 */

import type { MapSpec } from "../../../object/spec.ts";
import { BPF_F_INNER_MAP } from "./flags.ts";
import { HashMap } from "./hash.ts";
import { ReferenceArray } from "./references.ts";
import type { MapRegistry } from "./registry.ts";
import type { MapHome, MapStore } from "./store.ts";

/** `bpf_map_meta_equal`, and `array_map_meta_equal`: arrays are of one length too, unless the inner Spec has `BPF_F_INNER_MAP`. */
function isInnerMap(inner: MapSpec, map: MapStore): boolean {
  const { spec } = map;
  if (spec.type !== inner.type || spec.keySize !== inner.keySize || spec.valueSize !== inner.valueSize) return false;
  if (spec.flags !== inner.flags) return false;
  if (spec.type === "bloom_filter" && (spec.extra ?? 0n) !== (inner.extra ?? 0n)) return false;
  const sized = spec.type === "array" && (inner.flags & BPF_F_INNER_MAP) === 0;
  return !(sized || spec.type === "arena") || spec.maxEntries === inner.maxEntries;
}

/** What both kinds do with the maps that they hold: each is kept as long as it is in one. */
class InnerMaps {
  readonly #outer: MapStore;
  readonly #registry: MapRegistry | undefined;

  constructor(outer: MapStore, registry: MapRegistry | undefined) {
    this.#outer = outer;
    this.#registry = registry;
  }

  /** The map at an address, if it is one that may be in the outer map. */
  at(handle: number): MapStore | null {
    const { inner } = this.#outer.spec;
    const map = this.#registry?.at(handle) ?? null;
    return map !== null && inner !== undefined && isInnerMap(inner, map) ? map : null;
  }

  /**
   * After an entry was changed: keeps the map that is there now, and lets go the one before.
   * @param old what was there, 0: nothing. @param result of the change; unless it is 0 nothing was changed. @param by what is there now.
   * @returns the result.
   */
  changed(old: number, result: number, by: number): number {
    if (result === 0) {
      this.#registry?.at(by)?.retain();
      this.#registry?.at(old)?.dispose();
    }
    return result;
  }

  /** Lets go maps that were in the outer map. */
  gone(handles: readonly number[]): void {
    for (const handle of handles) this.#registry?.at(handle)?.dispose();
  }

  /** Where in memory, in words, what the outer map holds now is. */
  places(): readonly number[] {
    const outer = this.#outer;
    const found: number[] = [];
    for (let at = outer.scan(0); at >= 0; at = outer.scan(at + 1)) found.push(outer.valueAddress(at, 0) >>> 2);
    return found;
  }
}

export class ArrayOfMaps extends ReferenceArray {
  readonly #inner: InnerMaps;

  constructor(spec: MapSpec, home: MapHome) {
    super(spec, home);
    this.#inner = new InnerMaps(this, home.registry);
  }

  override lookup(key: number, _cpu: number): number {
    return this.referenceAt(this.view.getUint32(key, true));
  }

  override innerAt(handle: number): MapStore | null {
    return this.#inner.at(handle);
  }

  override updateAll(key: number, value: number, flags: number): number {
    return this.#inner.changed(this.lookup(key, 0), super.updateAll(key, value, flags), this.view.getUint32(value, true));
  }

  override delete(key: number): number {
    return this.#inner.changed(this.lookup(key, 0), super.delete(key), 0);
  }

  override clear(): void {
    const old = this.#inner.places().map((word) => this.words[word]!);
    super.clear();
    this.#inner.gone(old);
  }

  override dispose(): void {
    if (this.isLast) this.clear();
    super.dispose();
  }
}

export class HashOfMaps extends HashMap {
  readonly #inner: InnerMaps;

  constructor(spec: MapSpec, home: MapHome) {
    super(spec, home);
    this.#inner = new InnerMaps(this, home.registry);
  }

  override lookup(key: number, cpu: number): number {
    const value = super.lookup(key, cpu);
    return value === 0 ? 0 : this.words[value >>> 2]!;
  }

  override innerAt(handle: number): MapStore | null {
    return this.#inner.at(handle);
  }

  override updateAll(key: number, value: number, flags: number): number {
    return this.#inner.changed(this.lookup(key, 0), super.updateAll(key, value, flags), this.view.getUint32(value, true));
  }

  override delete(key: number): number {
    return this.#inner.changed(this.lookup(key, 0), super.delete(key), 0);
  }

  override clear(): void {
    const old = this.#inner.places().map((word) => this.words[word]!);
    super.clear();
    this.#inner.gone(old);
  }

  override dispose(): void {
    if (this.isLast) this.clear();
    super.dispose();
  }
}

export type MapOfMaps = ArrayOfMaps | HashOfMaps;

export const isMapOfMaps = (map: MapStore): map is MapOfMaps => map instanceof ArrayOfMaps || map instanceof HashOfMaps;

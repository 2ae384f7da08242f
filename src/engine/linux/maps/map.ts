/** A map of the kernel, shaped like JavaScript's own. */

import type { Codec } from "../../../btf/codec.ts";
import type { MapSpec } from "../../../object/spec.ts";
import type { BpfMap, UpdateMode } from "../../engine.ts";
import { type EntryCursor, openCursor } from "./cursor.ts";
import { type RawMap, UPDATE_FLAGS } from "./raw-map.ts";

/**
 * One class for every kind: what differs is the value's codec (per-CPU kinds have an element for each CPU) and what the kernel
 * permits. An operation costs one system call; walking over hashes and arrays takes one for some thousand entries.
 */
export class LinuxMap implements BpfMap {
  readonly name: string;
  readonly spec: MapSpec;
  readonly #raw: RawMap;
  readonly #key: Codec;
  readonly #value: Codec;

  constructor(raw: RawMap, key: Codec, value: Codec) {
    this.name = raw.spec.name;
    this.spec = raw.spec;
    this.#raw = raw;
    this.#key = key;
    this.#value = value;
  }

  /** The map's descriptor; it belongs to the collection. -1 once that is disposed. */
  get fd(): number {
    return this.#raw.fd;
  }

  get(key: unknown): unknown {
    this.#key.encode(key, this.#raw.key, 0);
    return this.#raw.lookup() ? this.#value.decode(this.#raw.value, 0) : undefined;
  }

  has(key: unknown): boolean {
    this.#key.encode(key, this.#raw.key, 0);
    return this.#raw.lookup();
  }

  set(key: unknown, value: unknown, mode: UpdateMode = "any"): void {
    this.#key.encode(key, this.#raw.key, 0);
    this.#value.encode(value, this.#raw.value, 0);
    this.#raw.update(UPDATE_FLAGS[mode]);
  }

  delete(key: unknown): boolean {
    this.#key.encode(key, this.#raw.key, 0);
    return this.#raw.delete();
  }

  clear(): void {
    const raw = this.#raw;
    const fixed = raw.kind.keys === "index";
    const cursor = openCursor(raw);
    while (cursor.next()) {
      raw.key.set(cursor.keys.subarray(cursor.keyOffset, cursor.keyOffset + raw.key.length));
      if (!fixed) raw.delete();
      else {
        raw.value.fill(0);
        raw.update(UPDATE_FLAGS.any);
      }
    }
  }

  /** Makes it read-only for user space, for good. Since 5.2. */
  freeze(): void {
    this.#raw.freeze();
  }

  entries(): IterableIterator<[unknown, unknown]> {
    return this.#walk((at) => [this.#key.decode(at.keys, at.keyOffset), this.#value.decode(at.values, at.valueOffset)]);
  }

  keys(): IterableIterator<unknown> {
    return this.#walk((at) => this.#key.decode(at.keys, at.keyOffset));
  }

  values(): IterableIterator<unknown> {
    return this.#walk((at) => this.#value.decode(at.values, at.valueOffset));
  }

  [Symbol.iterator](): IterableIterator<[unknown, unknown]> {
    return this.entries();
  }

  *#walk<Item>(decode: (at: EntryCursor) => Item): Generator<Item, undefined, undefined> {
    const cursor = openCursor(this.#raw);
    while (cursor.next()) yield decode(cursor);
  }
}

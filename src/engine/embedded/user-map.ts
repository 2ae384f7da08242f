/** A map as user space sees it: JavaScript values in front of a map in linear memory. */

import type { Btf } from "../../btf/btf.ts";
import type { Codec } from "../../btf/codec.ts";
import { ValueError } from "../../btf/errors.ts";
import type { MapSpec } from "../../object/spec.ts";
import type { BpfMap, UpdateMode } from "../engine.ts";
import { MapError } from "../errors.ts";
import { E2BIG, EEXIST, ENOENT, ENOSPC } from "./maps/errno.ts";
import { BPF_ANY, BPF_EXIST, BPF_F_RDONLY, BPF_F_WRONLY, BPF_NOEXIST } from "./maps/flags.ts";
import type { MapStore } from "./maps/store.ts";
import type { Memory } from "./memory.ts";

const FLAGS: Readonly<Record<UpdateMode, number>> = { any: BPF_ANY, create: BPF_NOEXIST, replace: BPF_EXIST };

/**
 * Of a per-CPU kind, a value is an array, one element a CPU, and `set` takes either such an array or one value for all
 * (when the value's own type is an array: an array of arrays, or one array).
 *
 * Reads do not count as use in the least-recently-used kinds. After its collection was disposed, every operation throws
 * MapError `closed`.
 */
export class UserMap implements BpfMap {
  readonly name: string;
  readonly spec: MapSpec;
  readonly #store: MapStore;
  /** @internal Which engine it is of. */
  readonly memory: Memory;
  /** @internal What describes its key and value. */
  readonly types: Btf | null;
  readonly #keys: Codec;
  readonly #values: Codec;
  readonly #perCpu: boolean;
  readonly #isArray: boolean;
  #open = true;
  #frozen = false;

  constructor(store: MapStore, memory: Memory, keys: Codec, values: Codec, types: Btf | null = null) {
    this.name = store.name;
    this.spec = store.spec;
    this.#store = store;
    this.memory = memory;
    this.types = types;
    this.#keys = keys;
    this.#values = values;
    this.#perCpu = store.type.includes("percpu");
    this.#isArray = store.type === "array" || store.type === "percpu_array";
  }

  /** @internal For a collection that goes on with it. @throws MapError `closed` */
  get store(): MapStore {
    if (!this.#open)
      throw new MapError(this.name, "closed", `${this.name}: its collection was disposed; reuse its maps before that`);
    return this.#store;
  }

  get(key: unknown): unknown {
    const element = this.#find(key);
    return element < 0 ? undefined : this.#valueOf(element);
  }

  has(key: unknown): boolean {
    return this.#find(key) >= 0;
  }

  set(key: unknown, value: unknown, mode: UpdateMode = "any"): void {
    const store = this.#writable();
    const { bytes } = this.memory;
    const { stride } = store.values;
    // All is encoded before anything changes: a value that does not fit changes nothing.
    this.#putKey(key);
    const values = this.#perCpu ? this.#forEachCpu(value) : [value];
    for (let slot = 0; slot < store.slots; slot++) {
      const at = store.scratchValue + slot * stride;
      bytes.fill(0, at, at + stride);
      this.#values.encode(values[slot], bytes, at);
    }
    const element = store.claim(store.scratchKey, FLAGS[mode]);
    if (element < 0) throw this.#error(-element, key);
    for (let slot = 0; slot < store.slots; slot++) {
      const at = store.scratchValue + slot * stride;
      bytes.copyWithin(store.valueAddress(element, slot), at, at + store.valueSize);
    }
  }

  delete(key: unknown): boolean {
    const store = this.#writable();
    if (this.#isArray) {
      throw new MapError(this.name, "unsupported", `${this.name}: an entry of an array cannot be deleted; set it to zero`);
    }
    this.#putKey(key);
    const result = store.delete(store.scratchKey);
    if (result !== 0 && result !== -ENOENT) throw this.#error(-result, key);
    return result === 0;
  }

  clear(): void {
    this.#writable().clear();
  }

  *entries(): IterableIterator<[unknown, unknown]> {
    for (const element of this.#elements()) yield [this.#keyOf(element), this.#valueOf(element)];
  }

  *keys(): IterableIterator<unknown> {
    for (const element of this.#elements()) yield this.#keyOf(element);
  }

  *values(): IterableIterator<unknown> {
    for (const element of this.#elements()) yield this.#valueOf(element);
  }

  [Symbol.iterator](): IterableIterator<[unknown, unknown]> {
    return this.entries();
  }

  /** Its collection was disposed: every later operation throws. */
  close(): void {
    this.#open = false;
  }

  /** User space may no longer write, as after `BPF_MAP_FREEZE`. */
  freeze(): void {
    this.#frozen = true;
  }

  /** Elements in use, each once; between two of them the map may change. */
  *#elements(): IterableIterator<number> {
    for (let at = 0; ; at++) {
      at = this.#readable().scan(at);
      if (at < 0) return;
      yield at;
    }
  }

  #find(key: unknown): number {
    const store = this.#readable();
    this.#putKey(key);
    return store.find(store.scratchKey);
  }

  #keyOf(element: number): unknown {
    return this.#keys.decode(this.memory.bytes, this.#store.keyAddress(element));
  }

  #valueOf(element: number): unknown {
    const store = this.#store;
    if (!this.#perCpu) return this.#values.decode(this.memory.bytes, store.valueAddress(element, 0));
    return Array.from({ length: store.slots }, (_, cpu) =>
      this.#values.decode(this.memory.bytes, store.valueAddress(element, cpu)),
    );
  }

  #putKey(key: unknown): void {
    const { scratchKey, keySize } = this.#store;
    this.memory.bytes.fill(0, scratchKey, scratchKey + keySize);
    this.#keys.encode(key, this.memory.bytes, scratchKey);
  }

  #forEachCpu(value: unknown): readonly unknown[] {
    const { slots } = this.#store;
    if (!Array.isArray(value) || this.#fits(value)) return new Array<unknown>(slots).fill(value);
    if (value.length === slots) return value;
    throw new ValueError(`${this.name}.value`, `${slots} values, one a CPU, or one for all`, `${value.length} values`);
  }

  /** Whether an array is one value by itself, because the value's type is an array. */
  #fits(value: readonly unknown[]): boolean {
    try {
      this.#values.encode(value, new Uint8Array(this.#values.size), 0);
      return true;
    } catch {
      return false;
    }
  }

  #readable(): MapStore {
    return this.#allowed(BPF_F_WRONLY, "read");
  }

  #writable(): MapStore {
    return this.#allowed(BPF_F_RDONLY, "written");
  }

  #allowed(forbidden: number, what: "read" | "written"): MapStore {
    if (!this.#open) throw new MapError(this.name, "closed", `${this.name}: its collection was disposed; load the Spec again`);
    if ((this.spec.flags & forbidden) !== 0 || (this.#frozen && what === "written")) {
      throw new MapError(this.name, "unsupported", `${this.name}: this map may not be ${what} from user space`);
    }
    return this.#store;
  }

  #error(errno: number, key: unknown): MapError {
    const { name } = this;
    const { maxEntries, type, keySize } = this.spec;
    const entry = describe(key);
    switch (errno) {
      case E2BIG:
      case ENOSPC:
        return this.#isArray
          ? new MapError(name, "not-found", `${name}: there is no entry ${entry}; it has 0 to ${maxEntries - 1}`)
          : new MapError(name, "full", `${name}: full with ${maxEntries} entries; delete some first, or declare more`);
      case EEXIST:
        return new MapError(name, "exists", `${name}: ${entry} is there already, and the mode is create`);
      case ENOENT:
        return new MapError(name, "not-found", `${name}: ${entry} is not there, and the mode is replace`);
      default: {
        const why = type === "lpm_trie" ? `a prefix has at most ${(keySize - 4) * 8} bits` : "the map refuses it";
        return new MapError(name, "invalid", `${name}: ${entry} is no key: ${why}`);
      }
    }
  }
}

function describe(key: unknown): string {
  const text = JSON.stringify(key, (_, value) => (typeof value === "bigint" ? `${value}` : value)) ?? String(key);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Maps of keys and values as user space sees them: JavaScript values in front of a map in linear memory. */

import type { Btf } from "../../../btf/btf.ts";
import type { Codec } from "../../../btf/codec.ts";
import { ValueError } from "../../../btf/errors.ts";
import type { BpfMap, LookupOptions, UpdateMode, UpdateOptions } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { setOneByOne } from "../../map-operations.ts";
import { columnOf, type NumberColumn } from "../../numbers.ts";
import type { VariableMemory } from "../../variables.ts";
import { E2BIG, EBUSY, EEXIST, EINVAL, ENOENT, ENOMEM, ENOSPC, ENOTSUPP } from "../maps/errno.ts";
import { BPF_ANY, BPF_EXIST, BPF_F_LOCK, BPF_F_MMAPABLE, BPF_NOEXIST } from "../maps/flags.ts";
import type { MapStore } from "../maps/store.ts";
import type { Memory } from "../memory.ts";
import { describe, UserHandle } from "./handle.ts";

const FLAGS: Readonly<Record<UpdateMode, number>> = { any: BPF_ANY, create: BPF_NOEXIST, replace: BPF_EXIST };

export function flagsOf(mode: UpdateMode | UpdateOptions): number {
  if (typeof mode === "string") return FLAGS[mode];
  return FLAGS[mode.mode ?? "any"] | (mode.lock === true ? BPF_F_LOCK : 0);
}

const REDIRECTS: ReadonlySet<string> = new Set(["devmap", "devmap_hash", "cpumap"]);

/**
 * Of a per-CPU kind, a value is an array, one element a CPU, and `set` takes either such an array or one value for all
 * (when the value's own type is an array: an array of arrays, or one array).
 *
 * Reads do not count as use in the least-recently-used kinds.
 */
export class UserMap extends UserHandle implements BpfMap {
  readonly #keys: Codec;
  readonly #values: Codec;
  readonly #perCpu: boolean;
  readonly #isArray: boolean;
  /** Of the group of entries that is walked over, keys and values one after the other, each in whole words. */
  #copies = new Uint8Array(64);

  constructor(store: MapStore, memory: Memory, types: Btf | null, keys: Codec, values: Codec) {
    super(store, memory, types);
    this.#keys = keys;
    this.#values = values;
    this.#perCpu = store.type.includes("percpu");
    this.#isArray = store.type === "array" || store.type === "percpu_array";
  }

  get(key: unknown, { lock = false }: LookupOptions = {}): unknown {
    const store = this.readable();
    this.#putKey(store, key);
    if (lock) this.#mustHaveLock(store, key);
    const element = store.find(store.scratchKey);
    if (element < 0) return undefined;
    return lock ? this.#lockedValueOf(store, element, key) : this.#valueOf(store, element);
  }

  has(key: unknown): boolean {
    const store = this.readable();
    this.#putKey(store, key);
    return store.find(store.scratchKey) >= 0;
  }

  set(key: unknown, value: unknown, mode: UpdateMode | UpdateOptions = "any"): void {
    const store = this.writable();
    const { bytes } = this.memory;
    const { stride } = store.values;
    // All is encoded before anything changes: a value that does not fit changes nothing.
    this.#putKey(store, key);
    const values = this.#perCpu ? this.#forEachCpu(store, value) : [value];
    for (let slot = 0; slot < store.slots; slot++) {
      const at = store.scratchValue + slot * stride;
      bytes.fill(0, at, at + stride);
      this.#values.encode(values[slot], bytes, at);
    }
    this.admit(store, mode);
    if (typeof mode !== "string" && mode.lock === true) this.#mustHaveLock(store, key);
    const result = store.updateAll(store.scratchKey, store.scratchValue, flagsOf(mode));
    if (result < 0) throw this.#error(-result, key, mode);
  }

  /** Key and value lie in the map's scratch areas: the last word before they go in. @throws MapError */
  protected admit(_store: MapStore, mode: UpdateMode | UpdateOptions): void {
    if (typeof mode !== "string" && mode.program !== undefined)
      throw new MapError(this.name, "unsupported", `${this.name}: entries of a map of type ${this.spec.type} have no program`);
  }

  setAll(entries: Iterable<readonly [unknown, unknown]>, mode: UpdateMode | UpdateOptions = "any"): void {
    setOneByOne(entries, (key, value) => this.set(key, value, mode));
  }

  delete(key: unknown): boolean {
    const store = this.#deletable(key);
    // Maps of devices and CPUs delete what is not there, as the kernel's do; beyond their end they say EINVAL.
    if (REDIRECTS.has(store.type) && store.find(store.scratchKey) < 0) return false;
    const result = store.delete(store.scratchKey);
    if (result !== 0 && result !== -ENOENT) throw this.#error(-result, key, "any");
    return result === 0;
  }

  deleteAll(keys: Iterable<unknown>): number {
    let count = 0;
    for (const key of keys) {
      try {
        if (this.delete(key)) count++;
      } catch (error) {
        throw error instanceof MapError ? error.after(count) : error;
      }
    }
    return count;
  }

  /** Nobody can change the entry between: it is found, copied and removed with the map's lock held, or in one thread. */
  take(key: unknown): unknown {
    this.readable();
    const store = this.#deletable(key);
    const found = store.take(store.scratchKey, store.scratchValue);
    if (found === -ENOENT) return undefined;
    if (found < 0) throw this.#error(-found, key, "any");
    return this.#decodeAt(store.scratchValue, store);
  }

  takeAll(): [unknown, unknown][] {
    const taken: [unknown, unknown][] = [];
    // So that an empty map says, too, that nothing can be taken out of it.
    const zero = this.#keys.decode(new Uint8Array(this.store.keySize), 0);
    const first = this.take(zero);
    if (first !== undefined) taken.push([zero, first]);
    for (const key of this.keys()) {
      const value = this.take(key);
      if (value !== undefined) taken.push([key, value]);
    }
    return taken;
  }

  clear(): void {
    this.writable().clear();
  }

  entries(): IterableIterator<[unknown, unknown]> {
    return this.#walk((at) => [this.#keyAt(at), this.#valueAt(at)]);
  }

  keys(): IterableIterator<unknown> {
    return this.#walk((at) => this.#keyAt(at));
  }

  values(): IterableIterator<unknown> {
    return this.#walk((at) => this.#valueAt(at));
  }

  [Symbol.iterator](): IterableIterator<[unknown, unknown]> {
    return this.entries();
  }

  /** Entries in groups that stay together whatever changes; between two of them the map may change. */
  *#walk<Item>(decode: (at: number) => Item): Generator<Item, undefined, undefined> {
    for (let position = 0; ; ) {
      const store = this.readable();
      if (!store.lock()) throw this.#error(EBUSY, "walking", "any");
      let count = 0;
      try {
        position = store.gather(position);
        count = this.#copy(store);
      } finally {
        store.unlock();
      }
      if (position < 0) return;
      const items: Item[] = [];
      for (let index = 0; index < count; index++) items.push(decode(index * this.#room));
      yield* items;
    }
  }

  /** Bytes of a copied entry, and of its key. */
  get #room(): number {
    return this.#keyRoom + this.store.values.stride * this.store.slots;
  }

  get #keyRoom(): number {
    return Math.ceil(this.store.keySize / 8) * 8;
  }

  /** Copies the gathered entries; how many. */
  #copy(store: MapStore): number {
    const { gathered } = store;
    const room = this.#room;
    if (this.#copies.length < room * gathered.length) this.#copies = new Uint8Array(room * gathered.length * 2);
    const { bytes } = this.memory;
    const { stride } = store.values;
    gathered.forEach((element, index) => {
      const key = store.keyAddress(element);
      this.#copies.set(bytes.subarray(key, key + store.keySize), index * room);
      for (let cpu = 0; cpu < store.slots; cpu++) {
        store.readValue(store.scratchValue, store.valueAddress(element, cpu));
        const value = bytes.subarray(store.scratchValue, store.scratchValue + store.valueSize);
        this.#copies.set(value, index * room + this.#keyRoom + cpu * stride);
      }
    });
    return gathered.length;
  }

  #keyAt(at: number): unknown {
    return this.#keys.decode(this.#copies, at);
  }

  #valueAt(at: number): unknown {
    const { slots, values } = this.store;
    const from = at + this.#keyRoom;
    if (!this.#perCpu) return this.#values.decode(this.#copies, from);
    return Array.from({ length: slots }, (_, cpu) => this.#values.decode(this.#copies, from + cpu * values.stride));
  }

  /** As the kernel's commands, before they look for the entry. */
  #mustHaveLock({ fields }: MapStore, key: unknown): void {
    if (fields === null || fields.lock < 0) throw this.#error(EINVAL, key, { lock: true });
  }

  /** Kinds with a value for each CPU have no locks. */
  #lockedValueOf(store: MapStore, element: number, key: unknown): unknown {
    const { scratchValue, valueSize } = store;
    const from = store.valueAddress(element, 0);
    this.memory.bytes.fill(0, scratchValue, scratchValue + valueSize);
    if (store.fields?.copyLocked(scratchValue, from, from) === false) throw this.#error(EBUSY, key, "any");
    return this.#decodeAt(scratchValue, store);
  }

  #valueOf(store: MapStore, element: number): unknown {
    const { stride } = store.values;
    for (let cpu = 0; cpu < store.slots; cpu++)
      store.readValue(store.scratchValue + cpu * stride, store.valueAddress(element, cpu));
    return this.#decodeAt(store.scratchValue, store);
  }

  /** Values of all CPUs, one after the other in the engine's memory. */
  #decodeAt(from: number, { slots, values }: MapStore): unknown {
    const { bytes } = this.memory;
    if (!this.#perCpu) return this.#values.decode(bytes, from);
    return Array.from({ length: slots }, (_, cpu) => this.#values.decode(bytes, from + cpu * values.stride));
  }

  #putKey({ scratchKey, keySize }: MapStore, key: unknown): void {
    this.memory.bytes.fill(0, scratchKey, scratchKey + keySize);
    this.#keys.encode(key, this.memory.bytes, scratchKey);
  }

  #forEachCpu({ slots }: MapStore, value: unknown): readonly unknown[] {
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

  /** With the key in its place. */
  #deletable(key: unknown): MapStore {
    const store = this.writable();
    this.#putKey(store, key);
    if (this.#isArray) {
      throw new MapError(this.name, "unsupported", `${this.name}: an entry of an array cannot be deleted; set it to zero`);
    }
    return store;
  }

  #error(errno: number, key: unknown, mode: UpdateMode | UpdateOptions): MapError {
    const { name } = this;
    const { maxEntries, type, keySize } = this.spec;
    const entry = describe(key);
    const fixed = this.#isArray || type === "devmap" || type === "cpumap";
    switch (errno) {
      case E2BIG:
      case ENOSPC:
      case ENOMEM:
        return fixed
          ? new MapError(name, "not-found", `${name}: there is no entry ${entry}; it has 0 to ${maxEntries - 1}`)
          : new MapError(name, "full", `${name}: full with ${maxEntries} entries; delete some first, or declare more`);
      case EEXIST:
        return new MapError(name, "exists", `${name}: ${entry} is there already, and the mode is create`);
      case ENOENT:
        return new MapError(name, "not-found", `${name}: ${entry} is not there, and the mode is replace`);
      case ENOTSUPP:
        return new MapError(name, "unsupported", `${name}: maps of type ${type} have no such operation`);
      case EBUSY:
        return new MapError(name, "busy", `${name}: another thread has held the map's lock for too long`);
      default: {
        if (errno === EINVAL && (flagsOf(mode) & BPF_F_LOCK) !== 0)
          return new MapError(name, "invalid", `${name}: lock: its values have no bpf_spin_lock`);
        const why = type === "lpm_trie" ? `a prefix has at most ${(keySize - 4) * 8} bits` : "the map refuses it";
        return new MapError(name, "invalid", `${name}: ${entry} is no key: ${why}`);
      }
    }
  }
}

/** An array, which is a piece of memory too. */
export class UserArray extends UserMap implements VariableMemory {
  /** @throws MapError where it may not, as every other way of writing it does. */
  get mayWrite(): boolean {
    this.writable();
    return true;
  }

  live(): Uint8Array {
    const { start, end } = this.readable().values;
    return this.memory.bytes.subarray(start, end);
  }

  column(path = ""): NumberColumn {
    this.#mustBeMappable("a column");
    return columnOf(this.spec, this.types, path, this);
  }

  read(offset: number, size: number): Uint8Array {
    const { start } = this.readable().values;
    return this.memory.bytes.slice(start + offset, start + offset + size);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.memory.bytes.set(bytes, this.writable().values.start + offset);
  }

  view(): Uint8Array {
    this.#mustBeMappable("a view");
    this.writable();
    return this.live();
  }

  #mustBeMappable(what: string): void {
    if ((this.spec.flags & BPF_F_MMAPABLE) !== 0) return;
    throw new MapError(this.name, "unsupported", `${this.name}: ${what} needs the creation flag BPF_F_MMAPABLE (0x400)`);
  }
}

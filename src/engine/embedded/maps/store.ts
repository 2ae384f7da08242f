/**
 * A map in linear memory: the part that all kinds share.
 *
 * Keys and values are addresses in the engine's memory; nothing here allocates JavaScript objects or touches a BigInt.
 * An entry is known by its *element* number, from 0 on. Its value is at
 *
 *     values.start + (cpu × elements + element) × stride          stride = valueSize rounded up to 8
 *
 * so that a value never moves while its entry lives, is 8-byte aligned (atomics), stays valid memory after a delete
 * (a program may still hold its address), and so that no two CPUs write one cache line in a per-CPU map. All memory is
 * taken when the map is made; pages are provided when first touched.
 *
 * In memory that threads share, whatever changes the structure of a map holds its lock; lookups hold none (each kind says how
 * they get along). In memory of one thread none of that is done: a map knows from the start which it is in.
 */

import type { MapSpec } from "../../../object/spec.ts";
import type { MapType } from "../../../uapi/map-types.ts";
import { MapError } from "../../errors.ts";
import { ALIGNMENT, type Memory, type Region } from "../memory.ts";
import { EEXIST, EINVAL, ENOENT, ENOTSUPP, EOPNOTSUPP } from "./errno.ts";
import { BPF_EXIST, BPF_F_RDONLY_PROG, BPF_NOEXIST } from "./flags.ts";
import type { MapRegistry } from "./registry.ts";
import type { ValueFields } from "./special.ts";

/** What a map is made in. */
export interface MapHome {
  readonly memory: Memory;
  /** CPUs of the engine, which per-CPU kinds have a value for each of. */
  readonly cpus: number;
  /** A random u32 for hash seeds. */
  random(): number;
  /** The maps of the engine, which maps of maps hold; without it there are none of those. */
  readonly registry?: MapRegistry;
  /**
   * Where the map is already, when another thread that shares this memory made it: nothing is allocated or initialised then, and
   * `dispose` gives nothing back.
   */
  readonly place?: MapPlace;
}

/** Where the parts of a map lie, in the order in which its kind takes them, and what is not in memory. May be sent to workers. */
export interface MapPlace {
  readonly regions: readonly Region[];
  readonly seed: number;
}

// Words of the header, at `handle`: 64 bytes. Kinds use those between as they say.
const HEADER_BYTES = 64;
/** Entries now. */
export const COUNT = 0;
/** Counts up whenever an entry is taken out of where lookups find it. */
export const REMOVALS = 12;
/** Records, events and the like that found no room; counted by those kinds. */
const LOST = 13;
/** 1 while a thread changes the map. */
const LOCK = 15;

/** How often a thread looks at a lock that another one holds before it gives up: some seconds, as that one may not be running. */
const PATIENCE = 1 << 29;

/** How values lie in memory; the interpreter checks accesses against it. */
export interface ValueArea {
  readonly start: number;
  readonly end: number;
  /** Bytes from one value to the next. */
  readonly stride: number;
  /** Bytes of a value that a program may touch. */
  readonly size: number;
  readonly writable: boolean;
  /** The map's name, for messages; and its header's address, where a program has nothing to read. */
  readonly name: string;
  readonly head: number;
}

/** How many values a map has, and of what size, where it is not what the Spec says. */
export interface Layout {
  /** Whether there is a value for each CPU. */
  readonly perCpu?: boolean;
  /** Places for values; default: `maxEntries`. */
  readonly elements?: number;
  /** Bytes of a value as a program sees it; default: `valueSize`. */
  readonly valueSize?: number;
  /** What the Spec said, where the map has another size than that. */
  readonly declared?: MapSpec;
  /** The values begin at a multiple of this; default 64. */
  readonly align?: number;
}

export abstract class MapStore {
  readonly spec: MapSpec;
  readonly name: string;
  readonly type: MapType;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** Places for values of one CPU: `maxEntries`, or a few more. */
  readonly elements: number;
  /** Values of one entry: the engine's CPUs for per-CPU kinds, else 1. */
  readonly slots: number;
  readonly values: ValueArea;
  /** Address of the header: what a program holds as its map. */
  readonly handle: number;
  /** A key's and a value's worth of memory for the user side; the value has room for every CPU's. */
  readonly scratchKey: number;
  readonly scratchValue: number;
  /** Fields of its values that are more than bytes; null when there are none, as is usual. */
  fields: ValueFields | null = null;
  /** The elements that `gather` found. */
  readonly gathered: number[] = [];
  /** Whether other threads may be at it. */
  readonly shared: boolean;

  protected readonly memory: Memory;
  protected readonly words: Uint32Array;
  protected readonly view: DataView;
  /** Index in `words` of the header. */
  protected readonly header: number;
  /** Random; kinds that hash mix it in. */
  protected readonly seed: number;
  /** Whether another thread made it. */
  protected readonly attached: boolean;
  readonly #registry: MapRegistry | undefined;
  readonly #regions: Region[] = [];
  readonly #given: Region[];
  #owners = 1;

  protected constructor(spec: MapSpec, home: MapHome, layout: Layout = {}) {
    this.spec = layout.declared ?? spec;
    this.name = spec.name;
    this.type = spec.type;
    this.keySize = spec.keySize;
    this.valueSize = layout.valueSize ?? spec.valueSize;
    this.maxEntries = spec.maxEntries;
    this.elements = layout.elements ?? spec.maxEntries;
    const perCpu = layout.perCpu === true;
    this.slots = perCpu ? home.cpus : 1;
    this.memory = home.memory;
    this.words = home.memory.words;
    this.view = home.memory.view;
    this.shared = home.memory.shared;
    this.attached = home.place !== undefined;
    this.#given = [...(home.place?.regions ?? [])];
    this.seed = home.place?.seed ?? home.random() | 0;

    const stride = Math.ceil(this.valueSize / 8) * 8;
    const keyRoom = Math.ceil(spec.keySize / 8) * 8;
    const valueRoom = Math.ceil(spec.valueSize / 8) * 8 * this.slots;
    const head = this.allocate("head", HEADER_BYTES + keyRoom + valueRoom);
    this.handle = head.start;
    this.header = head.start >>> 2;
    this.scratchKey = head.start + HEADER_BYTES;
    this.scratchValue = this.scratchKey + keyRoom;
    const bytes = stride * this.elements * this.slots;
    const { align = ALIGNMENT } = layout;
    const from = bytes === 0 ? 0 : this.allocate("values", bytes + align - ALIGNMENT).start;
    const start = Math.ceil(from / align) * align;
    const writable = (spec.flags & BPF_F_RDONLY_PROG) === 0;
    this.values = { start, end: start + bytes, stride, size: this.valueSize, writable, name: spec.name, head: this.handle };
    this.#registry = home.registry;
    home.registry?.add(this);
  }

  // ── what each kind does; here what the kernel answers for one that cannot ─────────────────────────────────────────

  /** The element that a lookup of the key at `key` finds, or -1. Does not count as use. */
  find(_key: number): number {
    return -1;
  }

  /** What `bpf_map_update_elem` does: writes this CPU's value. 0, or a negated error number. Hot. */
  update(_key: number, _value: number, _flags: number, _cpu: number): number {
    return -EINVAL;
  }

  /** Removes exactly this key: 0, or a negated error number. */
  delete(_key: number): number {
    return -EINVAL;
  }

  /** What user space does in one step: copies the values of all CPUs, `values.stride` apart, and removes the key. */
  take(_key: number, _values: number): number {
    return -ENOTSUPP;
  }

  /** What `bpf_map_push_elem` and its like do; `value` is where it is, or goes. 0, or a negated error number. */
  push(_value: number, _flags: number): number {
    return -EOPNOTSUPP;
  }

  pop(_value: number): number {
    return -EOPNOTSUPP;
  }

  peek(_value: number): number {
    return -EOPNOTSUPP;
  }

  /** The first element ≥ `from` that is in use, or -1. An entry that is replaced meanwhile may be met twice, or not. */
  scan(_from: number): number {
    return -1;
  }

  /**
   * Walks over all entries in groups, each entry in one group whatever changes meanwhile: fills `gathered` with the elements of the
   * group at or after `position`. @returns where the next begins, or -1 when there was none.
   */
  gather(position: number): number {
    const element = this.scan(position);
    this.gathered.length = 0;
    if (element < 0) return -1;
    this.gathered.push(element);
    return element + 1;
  }

  /** Address of an element's key, until the next operation. */
  keyAddress(_element: number): number {
    return 0;
  }

  /** Removes every entry; an array's become zero. */
  clear(): void {}

  /** The map that a program holds as `handle` because it is in this one; null when there is none, or it cannot be in this one. */
  innerAt(_handle: number): MapStore | null {
    return null;
  }

  // ── what follows from it ──────────────────────────────────────────────────────────────────────────────────────────

  /** For threads that share this memory: `MapHome.place` of theirs. */
  get place(): MapPlace {
    return { regions: this.#regions, seed: this.seed };
  }

  /** Entries now. */
  get count(): number {
    return this.words[this.header + COUNT]!;
  }

  /** What found no room, since the map was made. */
  get lost(): number {
    return this.words[this.header + LOST]!;
  }

  /** What `bpf_map_lookup_elem` returns: the address of this CPU's value, or 0. Hot. */
  lookup(key: number, cpu: number): number {
    const element = this.find(key);
    return element < 0 ? 0 : this.valueAddress(element, cpu);
  }

  /** What user space does: as `update`, but the values of all CPUs, `values.stride` bytes apart. */
  updateAll(key: number, values: number, flags: number): number {
    return this.update(key, values, flags, 0);
  }

  valueAddress(element: number, cpu: number): number {
    const { start, stride } = this.values;
    return start + (this.slots === 1 ? element : cpu * this.elements + element) * stride;
  }

  /** Clears an element's values on every CPU. */
  zero(element: number): void {
    for (let cpu = 0; cpu < this.slots; cpu++) {
      const at = this.valueAddress(element, cpu);
      this.memory.bytes.fill(0, at, at + this.values.stride);
    }
  }

  /** What an element's values hold besides bytes is let go. */
  protected releaseFields(element: number): void {
    if (this.fields === null) return;
    for (let cpu = 0; cpu < this.slots; cpu++) this.fields.release(this.valueAddress(element, cpu));
  }

  /** Whether only one is left who needs the map, in the thread that made it. */
  protected get isLast(): boolean {
    return this.#owners === 1 && !this.attached;
  }

  /** Another collection holds it, or a map of maps does: it lives until each has disposed it. */
  retain(): this {
    this.#owners++;
    return this;
  }

  /** Gives the memory back when nobody else holds it. Whoever calls must not use the map any more. */
  dispose(): void {
    if (--this.#owners > 0) return;
    if (this.fields !== null && !this.attached) {
      for (let at = this.scan(0); at >= 0; at = this.scan(at + 1)) this.releaseFields(at);
    }
    this.#registry?.remove(this);
    for (const region of this.#regions.splice(0)) if (!this.attached) this.memory.release(region);
  }

  /** Whether values are bytes and nothing else, which generated code may copy by itself. */
  get plain(): boolean {
    return this.fields === null;
  }

  // ── values: every copy into the map and out of it goes through these ──────────────────────────────────────────────

  /** Copies a value into the map. `to` is 8-byte aligned, `from` may be anywhere. */
  writeValue(to: number, from: number): void {
    if (this.fields === null) this.copy(to, from, this.valueSize);
    else this.fields.copy(to, from);
  }

  /** Copies a value out of the map: to a program's memory or the user side's. */
  readValue(to: number, from: number): void {
    if (this.fields === null) this.copy(to, from, this.valueSize);
    else {
      this.memory.bytes.fill(0, to, to + this.valueSize);
      this.fields.copy(to, from);
    }
  }

  // ── threads ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** False when another thread held it for too long: the operation fails with `-EBUSY`. Hot. */
  lock(): boolean {
    return !this.shared || this.#spin();
  }

  unlock(): void {
    if (this.shared) Atomics.store(this.words, this.header + LOCK, 0);
  }

  #spin(): boolean {
    const cells = this.words;
    const at = this.header + LOCK;
    for (let left = PATIENCE; left > 0; left--) {
      // Looking costs the holder less than trying.
      if (Atomics.load(cells, at) === 0 && Atomics.compareExchange(cells, at, 0, 1) === 0) return true;
    }
    return false;
  }

  /** Adds to a word of the header, of which threads may lose none. */
  protected add(word: number, by: number): void {
    if (this.shared) Atomics.add(this.words, this.header + word, by);
    else this.words[this.header + word]! += by;
  }

  // ── for the kinds ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes memory that `dispose` gives back; when there is none, what this map already took goes back too. */
  protected allocate(part: string, size: number): Region {
    const given = this.#given.shift();
    if (given !== undefined) {
      this.#regions.push(given);
      return given;
    }
    try {
      const region = this.memory.allocate(size, `${part} of map ${this.spec.name}`, this.spec.name);
      this.#regions.push(region);
      return region;
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Zero, or the error that `flags` meet at a key that is there or not. */
  protected refuse(flags: number, present: boolean): number {
    if (flags >>> 0 > BPF_EXIST) return -EINVAL;
    if (present) return flags === BPF_NOEXIST ? -EEXIST : 0;
    return flags === BPF_EXIST ? -ENOENT : 0;
  }

  /** To throw, when the structure of the map is none: a program that nobody proved wrote over it. */
  protected spoilt(): MapError {
    return new MapError(this.name, "invalid", `${this.name}: a program wrote over the map; load its collection anew`);
  }

  /** Copies `size` bytes; `to` is 8-byte aligned, `from` may be anywhere. @throws MapError `invalid` when that is outside of memory. */
  protected copy(to: number, from: number, size: number): void {
    // Also when one of them is no number.
    if (!(to + size <= this.memory.size && from + size <= this.memory.size)) throw this.spoilt();
    if (size > 64) {
      this.memory.bytes.copyWithin(to, from, from + size);
      return;
    }
    const view = this.view;
    let at = 0;
    for (; at + 4 <= size; at += 4) view.setInt32(to + at, view.getInt32(from + at, true), true);
    for (; at < size; at++) view.setUint8(to + at, view.getUint8(from + at));
  }
}

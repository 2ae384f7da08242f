/**
 * A map in linear memory: the part that all kinds share.
 *
 * Keys and values are addresses in the engine's memory; nothing here allocates JavaScript objects or touches a BigInt.
 * An entry is known by its *element* number, 0 ≤ element < `maxEntries`. Its value is at
 *
 *     values.start + (cpu × maxEntries + element) × stride          stride = valueSize rounded up to 8
 *
 * so that a value never moves while its entry lives, is 8-byte aligned (atomics), stays valid memory after a delete
 * (a program may still hold its address), and so that no two CPUs write one cache line in a per-CPU map. All memory is
 * taken when the map is made; pages are provided when first touched.
 */

import type { MapSpec } from "../../../object/spec.ts";
import type { MapType } from "../../../uapi/map-types.ts";
import type { Memory, Region } from "../memory.ts";
import { EEXIST, EINVAL, ENOENT } from "./errno.ts";
import { BPF_EXIST, BPF_F_RDONLY_PROG, BPF_NOEXIST } from "./flags.ts";

/** What a map is made in. */
export interface MapHome {
  readonly memory: Memory;
  /** CPUs of the engine, which per-CPU kinds have a value for each of. */
  readonly cpus: number;
  /** A random u32 for hash seeds. */
  random(): number;
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

// Words of the header, at `handle`. Kinds use the rest of its 64 bytes as they say.
const HEADER_BYTES = 64;
/** Entries now. */
export const COUNT = 0;

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

export abstract class MapStore {
  readonly spec: MapSpec;
  readonly name: string;
  readonly type: MapType;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** Values of one entry: the engine's CPUs for per-CPU kinds, else 1. */
  readonly slots: number;
  readonly values: ValueArea;
  /** Address of the header: what a program holds as its map. */
  readonly handle: number;
  /** A key's and a value's worth of memory for the user side; the value has room for every CPU's. */
  readonly scratchKey: number;
  readonly scratchValue: number;
  /** True after `claim` added an entry, false after it found one. */
  created = false;

  protected readonly memory: Memory;
  protected readonly words: Uint32Array;
  protected readonly view: DataView;
  /** Random; kinds that hash mix it in. */
  protected readonly seed: number;
  /** Whether another thread made it. */
  protected readonly attached: boolean;
  readonly #regions: Region[] = [];
  readonly #given: Region[];
  #owners = 1;

  protected constructor(spec: MapSpec, home: MapHome, perCpu: boolean) {
    this.spec = spec;
    this.name = spec.name;
    this.type = spec.type;
    this.keySize = spec.keySize;
    this.valueSize = spec.valueSize;
    this.maxEntries = spec.maxEntries;
    this.slots = perCpu ? home.cpus : 1;
    this.memory = home.memory;
    this.words = home.memory.words;
    this.view = home.memory.view;
    this.attached = home.place !== undefined;
    this.#given = [...(home.place?.regions ?? [])];
    this.seed = home.place?.seed ?? home.random() | 0;

    const stride = Math.ceil(spec.valueSize / 8) * 8;
    const keyRoom = Math.ceil(spec.keySize / 8) * 8;
    const head = this.allocate("head", HEADER_BYTES + keyRoom + this.slots * stride);
    this.handle = head.start;
    this.scratchKey = head.start + HEADER_BYTES;
    this.scratchValue = this.scratchKey + keyRoom;
    const { start, size } = this.allocate("values", stride * spec.maxEntries * this.slots);
    const writable = (spec.flags & BPF_F_RDONLY_PROG) === 0;
    this.values = { start, end: start + size, stride, size: spec.valueSize, writable, name: spec.name, head: this.handle };
  }

  // ── what each kind does ───────────────────────────────────────────────────────────────────────────────────────────

  /** The element that a lookup of the key at `key` finds, or -1. Does not count as use. */
  abstract find(key: number): number;
  /**
   * The element of exactly this key: found or added, as `flags` (`BPF_ANY`, `BPF_NOEXIST`, `BPF_EXIST`) allow, or a
   * negated error number. An added element's values are whatever memory held: the caller writes them.
   */
  abstract claim(key: number, flags: number): number;
  /** Removes exactly this key: 0, or a negated error number. */
  abstract delete(key: number): number;
  /** The first element ≥ `from` that is in use, or -1: iteration that survives changes. */
  abstract scan(from: number): number;
  /** Address of an element's key, until the next operation. */
  abstract keyAddress(element: number): number;
  /** Removes every entry; an array's become zero. */
  abstract clear(): void;

  // ── what follows from it ──────────────────────────────────────────────────────────────────────────────────────────

  /** For threads that share this memory: `MapHome.place` of theirs. */
  get place(): MapPlace {
    return { regions: this.#regions, seed: this.seed };
  }

  /** Entries now. */
  get count(): number {
    return this.words[(this.handle >>> 2) + COUNT]!;
  }

  /** What `bpf_map_lookup_elem` returns: the address of this CPU's value, or 0. Hot. */
  lookup(key: number, cpu: number): number {
    const element = this.find(key);
    return element < 0 ? 0 : this.valueAddress(element, cpu);
  }

  /** What `bpf_map_update_elem` does: writes this CPU's value. 0, or a negated error number. Hot. */
  update(key: number, value: number, flags: number, cpu: number): number {
    const element = this.claim(key, flags);
    if (element < 0) return element;
    if (this.created && this.slots > 1) this.zero(element);
    this.copy(this.valueAddress(element, cpu), value, this.valueSize);
    return 0;
  }

  valueAddress(element: number, cpu: number): number {
    const { start, stride } = this.values;
    return start + (this.slots === 1 ? element : cpu * this.maxEntries + element) * stride;
  }

  /** Clears an element's values on every CPU. */
  zero(element: number): void {
    for (let cpu = 0; cpu < this.slots; cpu++) {
      const at = this.valueAddress(element, cpu);
      this.memory.bytes.fill(0, at, at + this.values.stride);
    }
  }

  /** Another collection holds it, too: it lives until each has disposed it. */
  retain(): this {
    this.#owners++;
    return this;
  }

  /** Gives the memory back when nobody else holds it. Whoever calls must not use the map any more. */
  dispose(): void {
    if (--this.#owners > 0) return;
    for (const region of this.#regions.splice(0)) if (!this.attached) this.memory.release(region);
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

  /** Copies `size` bytes; `to` is 8-byte aligned, `from` may be anywhere. */
  protected copy(to: number, from: number, size: number): void {
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

/**
 * The one linear memory of an engine: stacks, contexts, packets and all map values live in it.
 *
 * A WebAssembly memory, because its 32-bit addresses fit `xdp_md.data` (so that bytecode built for the kernel runs
 * unmodified) and because generated code and worker threads will share it. It never grows: its pages are reserved at
 * once and the operating system provides each when it is first touched, so views stay valid and an unused megabyte
 * costs nothing.
 *
 * Layout: the first 64 KiB are never given out, so that a null pointer plus any 16-bit offset hits nothing. Regions
 * follow, 64-byte aligned (a cache line; more than any atomic needs), a gap behind each, found first-fit, merged when freed.
 */

import { MapError } from "../errors.ts";

// What we use of WebAssembly; the DOM library that declares it is not for Node.
declare const WebAssembly: {
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared?: boolean }) => WasmMemory;
};

/** A `WebAssembly.Memory`, as far as this engine uses it. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
}

/** Bytes of a WebAssembly page, and the size of the poisoned area at address 0. */
export const PAGE = 65_536;

/** Regions start on multiples of this. */
export const ALIGNMENT = 64;

/** A named piece of memory. Addresses and sizes in bytes. */
export interface Region {
  readonly start: number;
  /** As asked for; the next region starts at least `ALIGNMENT` behind its end. */
  readonly size: number;
  /** For messages: `packet (cpu 0)`, `values of drops`. */
  readonly name: string;
}

export interface MemoryOptions {
  /** Bytes, rounded up to whole pages of 64 KiB; at most 4 GiB - 64 KiB. Default 256 MiB. */
  readonly size?: number;
  /** A SharedArrayBuffer beneath, for worker threads; atomics are then sequentially consistent between them. Default false. */
  readonly shared?: boolean;
}

interface Attached {
  readonly wasm: WasmMemory;
  readonly given: readonly Region[];
}

interface Gap {
  start: number;
  size: number;
}

/** What a region takes: itself, and a gap behind it, so that no access that begins in it ends in the next one. */
const footprint = (size: number): number => (Math.ceil(Math.max(size, 1) / ALIGNMENT) + 1) * ALIGNMENT;

/** @throws RangeError */
function makeMemory(size: number, shared: boolean): WasmMemory {
  const pages = Math.ceil(size / PAGE);
  if (pages >= 2 && pages <= 65_535) return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  throw new RangeError(`memory of the embedded engine: expected 128 KiB to 4 GiB - 64 KiB, found ${size} bytes`);
}

export class Memory {
  /** For modules that import it. */
  readonly wasm: WasmMemory;
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  readonly shared: boolean;
  /** Bytes in all, the poisoned page included. */
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** For accesses of any alignment; little-endian is the `true` of its methods. */
  readonly view: DataView;

  /** Free space in address order; neighbours are merged. */
  readonly #gaps: Gap[];
  /** Everything given out, in address order. */
  readonly #regions: Region[] = [];
  /** What another thread took for this one, which takes it in the same order. */
  readonly #given: Region[] | null = null;
  /** No byte at or beyond this address was ever given out, so it is zero without being written. */
  #touched = PAGE;

  /**
   * The memory of another thread, in this one. Only that one gives memory out: this one gets what was taken for it.
   * @param given what this thread will ask for, in that order.
   */
  static attach(wasm: WasmMemory, given: readonly Region[]): Memory {
    return new Memory({ wasm, given });
  }

  /** @throws RangeError when the size is no positive number, or more than this machine has addresses for. */
  constructor(options: MemoryOptions | Attached = {}) {
    if ("wasm" in options) {
      this.wasm = options.wasm;
      this.shared = true;
      this.#given = [...options.given];
    } else {
      this.shared = options.shared ?? false;
      this.wasm = makeMemory(options.size ?? 256 * 1024 * 1024, this.shared);
    }
    this.buffer = this.wasm.buffer;
    this.size = this.buffer.byteLength;
    this.bytes = new Uint8Array(this.buffer);
    this.words = new Uint32Array(this.buffer);
    this.view = new DataView(this.buffer);
    this.#gaps = this.#given === null ? [{ start: PAGE, size: this.size - PAGE }] : [];
  }

  /** Bytes given out, alignment included. */
  get used(): number {
    return this.size - PAGE - this.free;
  }

  /** Bytes not given out. */
  get free(): number {
    return this.#gaps.reduce((sum, gap) => sum + gap.size, 0);
  }

  /** What is given out, in address order. */
  get regions(): readonly Region[] {
    return this.#regions;
  }

  /**
   * Gives out `size` zeroed bytes.
   * @param owner whom a MapError should name: the map, or the engine's own part.
   * @throws MapError `memory` when no gap is large enough.
   */
  allocate(size: number, name: string, owner: string = name): Region {
    if (this.#given !== null) return this.#take(size, name, owner);
    const wanted = footprint(size);
    const index = this.#gaps.findIndex((gap) => gap.size >= wanted);
    const gap = this.#gaps[index];
    if (gap === undefined) {
      const largest = this.#gaps.reduce((most, { size }) => Math.max(most, size), 0);
      throw new MapError(
        owner,
        "memory",
        `${name}: needs ${wanted} bytes of the engine's ${this.size}; ${this.free} are free, ${largest} in one piece (declare fewer entries, or open the engine with more memory)`,
      );
    }
    const region: Region = { start: gap.start, size, name };
    gap.start += wanted;
    gap.size -= wanted;
    if (gap.size === 0) this.#gaps.splice(index, 1);

    const end = region.start + wanted;
    if (region.start < this.#touched) this.bytes.fill(0, region.start, Math.min(end, this.#touched));
    this.#touched = Math.max(this.#touched, end);
    const after = this.#regions.findIndex(({ start }) => start > region.start);
    this.#regions.splice(after === -1 ? this.#regions.length : after, 0, region);
    return region;
  }

  /** Takes a region back. The memory may be given out again at once; nobody may hold its addresses any more. */
  release(region: Region): void {
    if (this.#given !== null) return;
    const index = this.#regions.indexOf(region);
    if (index === -1)
      throw new RangeError(`release of ${region.name} at ${region.start}: it was not given out, or is free already`);
    this.#regions.splice(index, 1);
    const { start } = region;
    const size = footprint(region.size);
    let at = this.#gaps.findIndex((gap) => gap.start > start);
    if (at === -1) at = this.#gaps.length;
    this.#gaps.splice(at, 0, { start, size });
    this.#merge(at);
    this.#merge(at - 1);
  }

  /** The region that holds an address, for messages. */
  regionAt(address: number): Region | undefined {
    return this.#regions.find(({ start, size }) => address >= start && address < start + size);
  }

  /** The next of what was given. */
  #take(size: number, name: string, owner: string): Region {
    const region = this.#given?.shift();
    if (region !== undefined && region.size === size && region.name === name) return region;
    throw new MapError(owner, "memory", `${name}: needs ${size} bytes, which only the thread that opened the engine gives out`);
  }

  /** Joins gap `index` with the one after it when they touch. */
  #merge(index: number): void {
    const gap = this.#gaps[index];
    const next = this.#gaps[index + 1];
    if (gap === undefined || next === undefined || gap.start + gap.size !== next.start) return;
    gap.size += next.size;
    this.#gaps.splice(index + 1, 1);
  }
}

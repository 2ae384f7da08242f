/**
 * Memory that programs and helpers allocate while they run: objects (`bpf_obj_new`), masks of CPUs, copies of iterators. Blocks of
 * powers of two from 32 bytes to 8 KiB, cut from regions of 64 KiB; those that are free wait in a list for each size.
 *
 * What was of one kind is of that kind again as long as a program may hold its address: a verifier lets programs look at an object
 * that was dropped until their RCU section ends, and what they find there must be of the type that they take it for.
 *
 * It belongs to the engine's own thread: in a thread that is a CPU there is none to be had, and helpers say ENOMEM.
 */

import { MapError } from "../../errors.ts";
import type { Memory } from "../memory.ts";

const SLAB = 65_536;
const SMALLEST_LOG2 = 5;
const LARGEST = 8192;

interface Block {
  readonly size: number;
  /** What it is, for whoever allocated it. */
  readonly kind: object | null;
}

/** A region that is cut into blocks of one size. */
interface Slab {
  readonly start: number;
  readonly log2: number;
}

export class Heap {
  readonly #memory: Memory;
  /** By logarithm of the size: addresses. */
  readonly #free: number[][] = Array.from({ length: 14 }, () => []);
  /** By kind, all of whose blocks have one size: those that were given back since the heap settled. */
  readonly #typed = new Map<object, { readonly size: number; readonly addresses: number[] }>();
  readonly #blocks = new Map<number, Block>();
  /** By each 64 KiB of memory that they reach into. */
  readonly #slabs = new Map<number, Slab[]>();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Blocks in use. */
  get count(): number {
    return this.#blocks.size;
  }

  /** The address of `size` zeroed bytes, 8-byte aligned; 0 when there are none. */
  allocate(size: number, kind: object | null = null): number {
    if (size > LARGEST) return 0;
    const log2 = Math.max(SMALLEST_LOG2, 32 - Math.clz32(Math.max(size, 1) - 1));
    const free = this.#free[log2]!;
    const own = kind === null ? undefined : this.#typed.get(kind);
    const address = own?.addresses.pop() ?? free.pop() ?? this.#cut(log2, free);
    if (address === 0) return 0;
    this.#memory.bytes.fill(0, address, address + size);
    this.#blocks.set(address, { size, kind });
    return address;
  }

  /** Where the block in use begins in which an address is; 0 when it is in none. */
  startOf(address: number): number {
    for (const { start, log2 } of this.#slabs.get(Math.floor(address / SLAB)) ?? []) {
      if (address < start || address >= start + SLAB) continue;
      const block = start + (((address - start) >>> log2) << log2);
      const size = this.sizeOf(block);
      return size > address - block ? block : 0;
    }
    return 0;
  }

  /** Whether all of that memory is in one block in use. */
  holds(address: number, end: number): boolean {
    if (this.#blocks.size === 0) return false;
    const start = this.startOf(address);
    return start !== 0 && end <= start + this.sizeOf(start);
  }

  /** False when no block begins there. */
  free(address: number): boolean {
    const block = this.#blocks.get(address);
    if (block === undefined) return false;
    this.#blocks.delete(address);
    if (block.kind === null) this.#freeAs(block.size).push(address);
    else {
      const own = this.#typed.get(block.kind);
      if (own === undefined) this.#typed.set(block.kind, { size: block.size, addresses: [address] });
      else own.addresses.push(address);
    }
    return true;
  }

  /** No program runs, so none holds an address: blocks may be of any kind again. */
  settle(): void {
    for (const { size, addresses } of this.#typed.values()) this.#freeAs(size).push(...addresses);
    this.#typed.clear();
  }

  #freeAs(size: number): number[] {
    return this.#free[Math.max(SMALLEST_LOG2, 32 - Math.clz32(Math.max(size, 1) - 1))]!;
  }

  /** Bytes of the block that begins at an address; -1 when none does. */
  sizeOf(address: number): number {
    return this.#blocks.get(address)?.size ?? -1;
  }

  kindOf(address: number): object | null {
    return this.#blocks.get(address)?.kind ?? null;
  }

  #cut(log2: number, free: number[]): number {
    try {
      const { start } = this.#memory.allocate(SLAB, "objects of programs", "engine");
      for (const part of new Set([start, start + SLAB - 1].map((at) => Math.floor(at / SLAB))))
        this.#slabs.set(part, [...(this.#slabs.get(part) ?? []), { start, log2 }]);
      for (let at = start + SLAB - (1 << log2); at > start; at -= 1 << log2) free.push(at);
      return start;
    } catch (error) {
      if (error instanceof MapError) return 0;
      throw error;
    }
  }
}

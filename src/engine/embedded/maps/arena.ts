/**
 * BPF_MAP_TYPE_ARENA: pages of memory that programs allocate, and share with user space by address (kernel/bpf/arena.c, Linux 6.9).
 *
 * `maxEntries` pages of 4,096 bytes, in one piece and on a page's boundary in the engine's memory. A pointer into it is an address of
 * that memory, for programs and for user space, so casting between the two only clears its upper half. All pages may be touched, as
 * user space may in the kernel; one that is not allocated holds zeroes until somebody writes it, and again once it is allocated.
 */

import type { MapSpec } from "../../../object/spec.ts";
import { EBUSY, EINVAL } from "./errno.ts";
import { type MapHome, MapStore } from "./store.ts";

export const ARENA_PAGE = 4096;

// What the byte of a page says; 0: free.
const ALLOCATED = 1;
const RESERVED = 2;

export class ArenaMap extends MapStore {
  /** Where stores go that miss the arena: eight bytes that nobody reads. */
  readonly nowhere: number;
  /** Address of a byte for each page. */
  readonly #pages: number;

  constructor(spec: MapSpec, home: MapHome) {
    super(spec, home, { elements: 1, valueSize: spec.maxEntries * ARENA_PAGE, align: ARENA_PAGE });
    this.nowhere = this.allocate("nowhere", 8).start;
    this.#pages = this.allocate("pages", spec.maxEntries).start;
  }

  /** Pages allocated. */
  override get count(): number {
    const { bytes } = this.memory;
    let count = 0;
    for (let page = 0; page < this.maxEntries; page++) if (bytes[this.#pages + page] === ALLOCATED) count++;
    return count;
  }

  /**
   * `bpf_arena_alloc_pages`: the address of `count` zeroed pages in a row, or 0 when there are not as many.
   * @param at where they must be, on a page's boundary; 0: anywhere.
   */
  allocatePages(at: number, count: number): number {
    if (count === 0 || count > this.maxEntries) return 0;
    const { start } = this.values;
    if (at !== 0 && (at % ARENA_PAGE !== 0 || at < start || at + count * ARENA_PAGE > this.values.end)) return 0;
    if (!this.lock()) return 0;
    const { bytes } = this.memory;
    const first = at === 0 ? this.#findFree(count) : (at - start) / ARENA_PAGE;
    const free = first >= 0 && (at === 0 || this.#isFree(first, count));
    if (free) {
      bytes.fill(ALLOCATED, this.#pages + first, this.#pages + first + count);
      bytes.fill(0, start + first * ARENA_PAGE, start + (first + count) * ARENA_PAGE);
    }
    this.unlock();
    return free ? start + first * ARENA_PAGE : 0;
  }

  /**
   * `bpf_arena_reserve_pages`: these pages are given to nobody until they are freed. Linux 6.17.
   * @returns 0, -EINVAL when they are not all in the arena, -EBUSY when one of them is taken.
   */
  reservePages(at: number, count: number): number {
    if (count === 0) return 0;
    const first = Math.floor((at - this.values.start) / ARENA_PAGE);
    if (first < 0 || first + count > this.maxEntries) return -EINVAL;
    if (!this.lock()) return -EBUSY;
    const free = this.#isFree(first, count);
    if (free) this.memory.bytes.fill(RESERVED, this.#pages + first, this.#pages + first + count);
    this.unlock();
    return free ? 0 : -EBUSY;
  }

  /** `bpf_arena_free_pages`: pages that were not allocated, or lie outside, are passed over. */
  freePages(at: number, count: number): void {
    const { start } = this.values;
    const first = Math.floor((at - start) / ARENA_PAGE);
    if (first < 0 || first >= this.maxEntries || !this.lock()) return;
    const end = Math.min(first + count, this.maxEntries);
    this.memory.bytes.fill(0, this.#pages + first, this.#pages + end);
    this.memory.bytes.fill(0, start + first * ARENA_PAGE, start + end * ARENA_PAGE);
    this.unlock();
  }

  #isFree(first: number, count: number): boolean {
    for (let page = first; page < first + count; page++) if (this.memory.bytes[this.#pages + page] !== 0) return false;
    return true;
  }

  /** Where `count` pages in a row are free, in the smallest gap that has as many; -1 when none has. */
  #findFree(count: number): number {
    const { bytes } = this.memory;
    let best = -1;
    let bestLength = Infinity;
    for (let page = 0, length = 0; page <= this.maxEntries; page++) {
      if (page < this.maxEntries && bytes[this.#pages + page] === 0) {
        length++;
        continue;
      }
      if (length >= count && length < bestLength) {
        best = page - length;
        bestLength = length;
      }
      length = 0;
    }
    return best;
  }
}

/** Memory that a program keeps whatever structures it likes in, with pointers between them, and shares with user space. */

import type { MapDeclaration } from "../object/module.ts";
import type { i32, u32, u64 } from "./integers.ts";
import type { Pointer } from "./kernel.ts";
import type { PlacedOptions } from "./maps.ts";
import { notCompiled } from "./not-compiled.ts";

export interface ArenaOptions extends PlacedOptions {
  /** Pages of 4,096 bytes at most: 1 … 1,048,576. Those of its variables are among them. */
  readonly pages: number;
  /** Where user space has it, a multiple of 4,096. Default: where there is room. */
  readonly address?: number | bigint;
}

/** Programs that may sleep take pages and give them back; all types of programs follow pointers. */
export interface Arena extends MapDeclaration<"arena", never, never> {
  /**
   * Zeroed pages, as many as a `Type` takes or `pages`; null when there are not so many in a row. `address`: where they must lie.
   * Linux 6.9. (`bpf_arena_alloc_pages`)
   */
  allocPages<Type extends object>(pages?: u32, address?: u64): Pointer<Type> | null;
  /** Gives pages back, as many as what the pointer leads to takes, or `pages`. Linux 6.9. (`bpf_arena_free_pages`) */
  freePages(pointer: Pointer<object>, pages?: u32): void;
  /** Sets pages aside: nobody is given them until they are freed. 0, -EBUSY (-16), -EINVAL (-22). Linux 6.17. (`bpf_arena_reserve_pages`) */
  reservePages(address: u64, pages: u32): i32;
  /** An address, as `u64(pointer)` is one, as the pointer to a `Type`. Where there is no memory, reading gives 0. */
  at<Type extends object>(address: u64): Pointer<Type>;
}

/**
 * `export const heap = arena({ pages: 16 })`. Structs in it lead to each other by `Pointer<Node> | null`; a variable with the tag `@arena` in the comment
 * before it lies in it. A program has one. Linux 6.9, `BPF_MAP_TYPE_ARENA`.
 */
export function arena(_options: ArenaOptions): Arena {
  return notCompiled("arena");
}

/** Pages of an arena (kernel/bpf/arena.c): what programs allocate, and set aside. Linux 6.9; `bpf_arena_reserve_pages` 6.17. */

import { type Helper, type HelperCall, kfunc } from "../helpers/helper.ts";
import { ARENA_PAGE, ArenaMap } from "../maps/arena.ts";
import { EINVAL } from "../maps/errno.ts";

/** Addresses count with their lower halves, as in the kernel: the upper half is the same all over an arena. */
const arenaOf = (call: HelperCall, map: number): ArenaMap | null => {
  const store = call.mapAt(map);
  return store instanceof ArenaMap ? store : null;
};

export const ARENAS: readonly Helper[] = [
  kfunc("bpf_arena_alloc_pages", ["map", "wide", "number", "number", "wide"], "address", (call, map, at, count, _node, flags) => {
    if (flags !== 0 || call.highOf(5) !== 0) return 0;
    const arena = arenaOf(call, map);
    if (arena === null || count >>> 0 > arena.maxEntries) return 0;
    call.work((count >>> 0) * ARENA_PAGE);
    return arena.allocatePages(at >>> 0, count >>> 0);
  }),
  kfunc("bpf_arena_free_pages", ["map", "wide", "number"], "void", (call, map, at, count) => {
    if (at !== 0 || call.highOf(2) !== 0) arenaOf(call, map)?.freePages(at >>> 0, count >>> 0);
    return 0;
  }),
  kfunc("bpf_arena_reserve_pages", ["map", "wide", "number"], "int", (call, map, at, count) => {
    return arenaOf(call, map)?.reservePages(at >>> 0, count >>> 0) ?? -EINVAL;
  }),
];

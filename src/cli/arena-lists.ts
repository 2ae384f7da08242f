/** Where variables lead to in an arena, for what a run shows: a struct, or a list of them when it points to the next. */

import { openBtf } from "../btf/btf.ts";
import type { Collection } from "../engine/engine.ts";
import { MapError } from "../engine/errors.ts";
import { pointedStruct } from "../object/skeleton/arena.ts";

export interface ArenaList {
  /** Name of the struct. */
  readonly type: string;
  /** The member that leads to the next one; null when none does. */
  readonly next: string | null;
  readonly values: readonly unknown[];
  /** There are more of them than anybody wants to see. */
  readonly isCut: boolean;
}

/** A list is shown so far. */
const MOST = 1000;

/** By name of the variable. Those that lead nowhere, or out of the arena, are left out. */
export function arenaLists({ spec, maps, variables }: Collection): ReadonlyMap<string, ArenaList> {
  const lists = new Map<string, ArenaList>();
  const name = spec.maps.find(({ type }) => type === "arena")?.name;
  const arena = name === undefined ? undefined : maps[name];
  if (arena === undefined || spec.types === null) return lists;
  const btf = openBtf(spec.types);
  for (const { name, type } of spec.globals ?? []) {
    const struct = type === 0 ? null : pointedStruct(btf, type);
    const address = variables[name]?.get();
    if (struct === null || struct.name === "" || typeof address !== "bigint" || address === 0n) continue;
    const next = struct.members.find((member) => pointedStruct(btf, member.type)?.id === struct.id)?.name ?? null;
    try {
      const values: unknown[] = [];
      let isCut = false;
      for (const value of next === null ? [arena.getAt(address, struct.name)] : arena.list(address, struct.name, next)) {
        isCut = values.length === MOST;
        if (isCut) break;
        values.push(value);
      }
      lists.set(name, { type: struct.name, next, values, isCut });
    } catch (error) {
      // Programs keep what pointers they like: this one is of something else, or its list is being changed.
      if (!(error instanceof MapError)) throw error;
    }
  }
  return lists;
}

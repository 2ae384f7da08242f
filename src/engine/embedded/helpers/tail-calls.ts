/** `bpf_tail_call`: the program goes on with another one, and never comes back (kernel/bpf/core.c). */

import { HELPER } from "../../../uapi/helpers.ts";
import type { MapStore } from "../maps/store.ts";
import { type Helper, helper } from "./helper.ts";

export const TAIL_CALL = HELPER.bpf_tail_call;

/** MAX_TAIL_CALL_CNT: tail calls in one run, wherever in it they are made; the next one fails. */
export const MOST_TAIL_CALLS = 33;

/** The number of the program in an array (`room/programs.ts`), or 0. */
function programAt(words: Uint32Array, map: MapStore, index: number): number {
  return index >>> 0 < map.maxEntries ? words[map.valueAddress(index >>> 0, 0) >>> 2]! : 0;
}

/**
 * The row only finds the program, by its number: whoever runs programs goes on with it. Where there is none, or too many were called,
 * the next instruction runs. Linux 4.2; from functions of a program 5.10.
 */
export const TAIL_CALLS: readonly Helper[] = [
  helper("bpf_tail_call", ["context", "map", "number"], "void", (call, _context, handle, index) => {
    const map = call.mapAt(handle);
    if (map.type !== "prog_array") throw call.fault(`${map.name} is a ${map.type}: tail calls go through a prog_array`);
    return programAt(call.memory.words, map, index);
  }),
];

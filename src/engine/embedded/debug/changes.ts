/** What steps changed, in words that people use: registers, memory, entries of maps. */

import type { AnyMap } from "../../maps.ts";
import type { HelperTable } from "../helpers/helper.ts";
import { POSITION } from "../interpreter.ts";
import type { MapStore } from "../maps/store.ts";
import { OPERATION } from "../operations.ts";
import { type Machine, STATE } from "./machine.ts";
import { jsonText, type Places } from "./places.ts";
import type { StepRecord } from "./tape.ts";

export interface RegisterChange {
  /** 0 … 10. */
  readonly register: number;
  readonly before: bigint;
  readonly after: bigint;
}

export interface MemoryChange {
  readonly address: number;
  /** What lies there: `r10-16`, `packet+14`. */
  readonly place: string;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export interface MapChange {
  readonly map: string;
  readonly key: unknown;
  /** Undefined: there was no such entry, or there is none any more. */
  readonly before: unknown;
  readonly after: unknown;
}

export interface Changes {
  readonly registers: readonly RegisterChange[];
  /** Of the stack, the packet, the context and whatever is no map. */
  readonly memory: readonly MemoryChange[];
  readonly maps: readonly MapChange[];
}

export class ChangeReader {
  readonly #machine: Machine;
  readonly #places: Places;
  readonly #helpers: HelperTable;
  readonly #maps: Readonly<Record<string, AnyMap>>;

  constructor(machine: Machine, places: Places, helpers: HelperTable, maps: Readonly<Record<string, AnyMap>>) {
    this.#machine = machine;
    this.#places = places;
    this.#helpers = helpers;
    this.#maps = maps;
  }

  /**
   * What is different between another time of the run and here: `before` is what it was there. A time that is forgotten, or that
   * lies far off, counts as the nearest that is not.
   */
  since(time: number): Changes {
    const { tape } = this.#machine;
    const here = tape.time;
    const there = Math.max(tape.oldest, here - FARTHEST, Math.min(time, tape.newest, here + FARTHEST));
    const difference = new Map<number, number>();
    const keys: Touched[] = [];
    const now = this.#registers();
    const goBack = there < here;
    while (tape.time !== there) {
      if (!goBack) {
        keys.push(...this.#helperKeys());
        this.#machine.step();
      }
      accumulate(tape.last()!, difference);
      if (goBack) {
        this.#machine.back();
        keys.push(...this.#helperKeys());
      }
    }
    const then = this.#registers();
    const ranges = rangesOf(difference);
    keys.push(...this.#touched(ranges));
    const entries = new Map(keys.map((key) => [`${key.store.name} ${jsonText(key.key)}`, key]));
    const old = new Map([...entries].map(([name, entry]) => [name, this.#get(entry)]));
    while (tape.time < here) this.#machine.step();
    while (tape.time > here) this.#machine.back();
    for (const key of this.#touched(ranges)) entries.set(`${key.store.name} ${jsonText(key.key)}`, key);
    const maps = [...entries].map(([name, entry]) => ({
      map: entry.store.name,
      key: entry.key,
      before: old.get(name),
      after: this.#get(entry),
    }));
    return {
      registers: now
        .map((after, register) => ({ register, before: then[register]!, after }))
        .filter(({ before, after }) => before !== after),
      memory: ranges.flatMap((range) => this.#memory(range, difference)),
      maps: maps.filter(({ before, after }) => jsonText(before) !== jsonText(after)),
    };
  }

  #registers(): readonly bigint[] {
    const { registers } = this.#machine.interpreter;
    return Array.from(
      { length: 11 },
      (_, at) => (BigInt(registers[at * 2 + 1]! >>> 0) << 32n) | BigInt(registers[at * 2]! >>> 0),
    );
  }

  /** Words that are next to each other, as one change; without the bytes at its ends that are as they were. */
  #memory(range: Range, words: ReadonlyMap<number, number>): readonly MemoryChange[] {
    const { memory } = this.#machine.interpreter;
    const start = range.first * 4;
    const name = memory.regionAt(start)?.name ?? "";
    if (name.includes(" of map ") && this.#places.valueAt(start)?.key !== undefined) return [];
    // What the engine keeps for itself — inner parts of maps, frames of functions that have returned — is nobody's business.
    const isSeen = name.startsWith("values of map ") || name.startsWith("ring of map ");
    if (!isSeen && !this.#machine.interpreter.space.allows(start, 4, false)) return [];
    const after = memory.bytes.slice(start, range.end * 4);
    const before = after.slice();
    const view = new DataView(before.buffer);
    for (let word = range.first; word < range.end; word++) {
      const at = (word - range.first) * 4;
      view.setUint32(at, view.getUint32(at, true) ^ words.get(word)!, true);
    }
    let [from, to] = [0, after.length];
    while (from < to && before[from] === after[from]) from++;
    while (to > from && before[to - 1] === after[to - 1]) to--;
    const address = start + from;
    const place = this.#places.at(address) ?? `0x${address.toString(16)}`;
    return [{ address, place, before: before.subarray(from, to), after: after.subarray(from, to) }];
  }

  /** Entries of which a value lies in these stretches of memory. */
  #touched(ranges: readonly Range[]): readonly Touched[] {
    return ranges
      .flatMap(({ first, end }) => Array.from({ length: Math.min(end - first, MOST_WORDS) }, (_, at) => first + at))
      .flatMap((word) => {
        const place = this.#places.valueAt(word * 4);
        return place === null || place.key === undefined ? [] : [{ store: place.store, key: place.key }];
      });
  }

  #get({ store, key }: Touched): unknown {
    try {
      return this.#maps[store.name]?.get(key);
    } catch {
      // A map that user space may not read says nothing.
      return undefined;
    }
  }

  /** The key that the helper which is about to be called is given. */
  #helperKeys(): readonly Touched[] {
    const { interpreter } = this.#machine;
    const { program, position, registers, maps, memory } = interpreter;
    const pc = position[POSITION.pc]!;
    if (program.operation[pc] !== OPERATION.callHelper) return [];
    const args = this.#helpers[program.extra[pc]!]?.args ?? [];
    const [map, key] = [args.indexOf("map") + 1, args.indexOf("key") + 1];
    if (map === 0 || key === 0 || registers[map * 2 + 1] !== 0) return [];
    const store = maps.find(({ handle }) => handle === registers[map * 2]! >>> 0);
    const address = registers[key * 2]! >>> 0;
    if (store === undefined || store.keySize === 0 || address + store.keySize > memory.size) return [];
    return [{ store, key: this.#places.keyAt(store, address) }];
  }
}

/** Words of one stretch that are looked at for entries: a helper may clear a whole map. */
const MOST_WORDS = 1024;

/** Steps that are added up at most: a difference over more is shown as that of the last of them. */
const FARTHEST = 20_000;

/** A word that changed twice has changed by both differences; one that is back has not. */
function accumulate({ words, start, end }: StepRecord, difference: Map<number, number>): void {
  for (let at = start; at < end; at += 2) {
    const word = words[at]!;
    if (word >= STATE) continue;
    const sum = (difference.get(word) ?? 0) ^ words[at + 1]!;
    if (sum === 0) difference.delete(word);
    else difference.set(word, sum);
  }
}

interface Touched {
  readonly store: MapStore;
  readonly key: unknown;
}

/** Words next to each other, half-open. */
interface Range {
  readonly first: number;
  readonly end: number;
}

function rangesOf(words: ReadonlyMap<number, number>): readonly Range[] {
  const ranges: { first: number; end: number }[] = [];
  for (const word of [...words.keys()].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last.end === word) last.end++;
    else ranges.push({ first: word, end: word + 1 });
  }
  return ranges;
}

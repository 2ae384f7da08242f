/** What the last step changed, in words that people use: registers, memory, entries of maps. */

import type { BpfMap } from "../../engine.ts";
import { MAP_TAG } from "../access.ts";
import type { HelperTable } from "../helpers/helper.ts";
import { POSITION } from "../interpreter.ts";
import type { MapStore } from "../maps/store.ts";
import { OPERATION } from "../operations.ts";
import { type Machine, STATE } from "./machine.ts";
import { jsonText, type Places } from "./places.ts";

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
  readonly #maps: Readonly<Record<string, BpfMap>>;

  constructor(machine: Machine, places: Places, helpers: HelperTable, maps: Readonly<Record<string, BpfMap>>) {
    this.#machine = machine;
    this.#places = places;
    this.#helpers = helpers;
    this.#maps = maps;
  }

  /** Of the step that led here; nothing at the beginning. */
  read(): Changes {
    const record = this.#machine.tape.last();
    if (record === null) return { registers: [], memory: [], maps: [] };
    const registers = new Set<number>();
    const words = new Map<number, number>();
    for (let at = record.start; at < record.end; at += 2) {
      const word = record.words[at]!;
      if (word < STATE) words.set(word, record.words[at + 1]!);
      else if (word - STATE < 22) registers.add((word - STATE) >>> 1);
    }
    const ranges = rangesOf(words);
    return {
      registers: this.#registers([...registers].sort((a, b) => a - b)),
      memory: ranges.flatMap((range) => this.#memory(range, words)),
      maps: this.#mapChanges(ranges),
    };
  }

  #registers(numbers: readonly number[]): readonly RegisterChange[] {
    const after = numbers.map((number) => this.#register(number));
    const before = this.#before(() => numbers.map((number) => this.#register(number)));
    return numbers.map((register, index) => ({ register, before: before[index]!, after: after[index]! }));
  }

  /** Words that are next to each other, as one change; without the bytes at its ends that are as they were. */
  #memory(range: Range, words: ReadonlyMap<number, number>): readonly MemoryChange[] {
    const { memory } = this.#machine.interpreter;
    const start = range.first * 4;
    const name = memory.regionAt(start)?.name ?? "";
    if (name.includes(" of map ") && this.#places.valueAt(start)?.key !== undefined) return [];
    if (name.includes(" of map ") && !name.startsWith("values of map ")) return [];
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

  /** Entries whose values were written, or whose key a helper was given, that are not what they were. */
  #mapChanges(ranges: readonly Range[]): readonly MapChange[] {
    const touched = (): readonly Touched[] =>
      ranges.flatMap(({ first }) => {
        const place = this.#places.valueAt(first * 4);
        return place === null || place.key === undefined ? [] : [{ store: place.store, key: place.key }];
      });
    const now = touched();
    const before = this.#before(() => [...touched(), ...this.#helperKeys()]);
    const all = new Map([...now, ...before].map((each) => [`${each.store.name} ${jsonText(each.key)}`, each]));
    const entries = [...all.values()];
    const after = entries.map((entry) => this.#get(entry));
    const old = this.#before(() => entries.map((entry) => this.#get(entry)));
    return entries
      .map(({ store, key }, index) => ({ map: store.name, key, before: old[index], after: after[index] }))
      .filter((change) => jsonText(change.before) !== jsonText(change.after));
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
    if (map === 0 || key === 0 || registers[map * 2 + 1] !== MAP_TAG) return [];
    const store = maps.find(({ handle }) => handle === registers[map * 2]! >>> 0);
    const address = registers[key * 2]! >>> 0;
    if (store === undefined || store.keySize === 0 || address + store.keySize > memory.size) return [];
    return [{ store, key: this.#places.keyAt(store, address) }];
  }

  #register(number: number): bigint {
    const { registers } = this.#machine.interpreter;
    return (BigInt(registers[number * 2 + 1]! >>> 0) << 32n) | BigInt(registers[number * 2]! >>> 0);
  }

  /** Looks at how it was before the last step. */
  #before<Result>(look: () => Result): Result {
    this.#machine.back();
    try {
      return look();
    } finally {
      this.#machine.step();
    }
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

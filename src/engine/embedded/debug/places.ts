/** What an address is, for people: `packet+14`, `ctx+4`, `r10-8`, `value of drops[…]+0`, `&total`, `map drops`. */

import { type Btf, openBtf } from "../../../btf/btf.ts";
import type { GlobalSpec, Spec } from "../../../object/spec.ts";
import { keyCodec } from "../../codecs.ts";
import { FRAME_SIZE, FRAMES, FUNCTION_TAG } from "../access.ts";
import type { Interpreter } from "../interpreter.ts";
import type { MapStore } from "../maps/store.ts";
import type { SourceLines } from "./lines.ts";

/** A value of a map in memory. */
export interface ValuePlace {
  readonly store: MapStore;
  /** Undefined when this kind's keys are not known by address. */
  readonly key: unknown;
  /** Whose value it is in a per-CPU map; null in all others. */
  readonly cpu: number | null;
  readonly offset: number;
}

/** Kinds whose elements have keys that can be read where they lie. */
const KEYED = /^(percpu_|lru_|lru_percpu_)?(array|hash)$|^lpm_trie$/;

export class Places {
  readonly #interpreter: Interpreter;
  readonly #types: Btf | null;
  readonly #globals: readonly GlobalSpec[];
  readonly #lines: SourceLines;

  constructor(interpreter: Interpreter, { types, globals = [] }: Spec, lines: SourceLines) {
    this.#interpreter = interpreter;
    this.#types = types === null ? null : openBtf(types);
    this.#globals = globals;
    this.#lines = lines;
  }

  /** What a register's 64 bits point at, or null when that is nothing known. */
  describe(value: bigint): string | null {
    const high = Number(value >> 32n);
    const low = Number(value & 0xffff_ffffn);
    if (high === FUNCTION_TAG) return `function ${this.#lines.functionAt(low).name}`;
    return high === 0 ? this.at(low) : null;
  }

  /** What lies at an address, or null. */
  at(address: number): string | null {
    const { space, cpu, memory } = this.#interpreter;
    if (address < 65_536) return null;
    if (address >= cpu.stackEnd - FRAMES * FRAME_SIZE && address <= cpu.stackEnd) {
      const end = space.stackLow + FRAME_SIZE;
      if (address <= end) return address === end ? "r10" : `r10${address - end}`;
      // In the frame of a caller, as backtraces number them.
      const frame = Math.ceil((address - end) / FRAME_SIZE);
      return `r10${address - end - frame * FRAME_SIZE || ""} of frame #${frame}`;
    }
    if (space.packetEnd > 0 && address >= space.packetStart && address <= space.packetEnd) {
      const offset = address - space.packetData;
      return address === space.packetEnd ? `packet${plus(offset)} (its end)` : `packet${plus(offset)}`;
    }
    if (address >= space.contextStart && address < space.contextEnd) return `ctx${plus(address - space.contextStart)}`;
    const map = this.#interpreter.maps.find(({ handle }) => handle === address);
    if (map !== undefined) return `map ${map.name}`;
    const value = this.valueAt(address);
    if (value !== null) {
      const variable = this.#globals.find(
        ({ map, offset, size }) => map === value.store.name && value.offset >= offset && value.offset < offset + size,
      );
      if (variable !== undefined)
        return `&${variable.name}${value.offset === variable.offset ? "" : plus(value.offset - variable.offset)}`;
      const cpu = value.cpu === null ? "" : ` (cpu ${value.cpu})`;
      return `value of ${value.store.name}${keyText(value.key)}${cpu}${plus(value.offset)}`;
    }
    const region = memory.regionAt(address);
    return region === undefined ? null : `${region.name}${plus(address - region.start)}`;
  }

  /** The map value that an address lies in, or null. */
  valueAt(address: number): ValuePlace | null {
    for (const store of this.#interpreter.maps) {
      const { start, end, stride } = store.values;
      if (address < start || address >= end) continue;
      const index = Math.floor((address - start) / stride);
      const offset = (address - start) % stride;
      if (store.slots === 1) return { store, key: this.#keyOf(store, index), cpu: null, offset };
      const cpu = Math.floor(index / store.maxEntries);
      return { store, key: this.#keyOf(store, index % store.maxEntries), cpu, offset };
    }
    return null;
  }

  #keyOf(store: MapStore, element: number): unknown {
    if (!KEYED.test(store.type)) return undefined;
    if (store.type.endsWith("array")) return element;
    return this.keyAt(store, store.keyAddress(element));
  }

  /** A key of a map, read where it lies. */
  keyAt(store: MapStore, address: number): unknown {
    return keyCodec(this.#types, store.spec).decode(this.#interpreter.memory.bytes, address);
  }
}

/** `["10.0.0.1"]`, `[7]`; nothing for a key that is not known. */
export function keyText(key: unknown): string {
  if (key === undefined) return "";
  return `[${jsonText(key)}]`;
}

/** JSON; integers beyond 2^53 as they are, bytes as hexadecimal text. */
export function jsonText(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return `"${hex(value)}"`;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([name, item]) => `${JSON.stringify(name)}:${jsonText(item)}`)
      .join(",")}}`;
  }
  return JSON.stringify(value) ?? "undefined";
}

const plus = (offset: number): string => (offset < 0 ? `${offset}` : `+${offset}`);

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

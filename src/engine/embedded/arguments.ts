/**
 * What a helper may be given: every argument is held to the helper's prototype before the call, as the kernel's verifier
 * proves it (`check_func_arg`). Hot: once for each call of a helper, and nothing is allocated unless it complains.
 */

import { type AddressSpace, FUNCTION_TAG } from "./access.ts";
import { type Argument, type Helper, KFUNC_BASE } from "./helpers/helper.ts";
import type { Ledger } from "./helpers/ledger.ts";
import { incompatible } from "./maps/compatible.ts";
import type { MapStore } from "./maps/store.ts";

/** Largest size that a helper accepts (BPF_MAX_VAR_SIZ). */
const LARGEST_SIZE = 1 << 29;

/** A helper works through its memory at about this many bytes in the time of one instruction (a power of two). */
export const BYTES_PER_INSTRUCTION_LOG2 = 6;

/** What a call is worth in instructions before it did anything: it leaves generated code, and its arguments are looked at. */
const CALL_WORK = 32;

/** The arguments of one interpreter, in r1 to r5 of its register file (two words each, r1 at 2). */
export class Arguments {
  /**
   * What the helper's work is worth in instructions, for the arguments of the last `check`: memory that a helper copies
   * or reads through counts as the instructions that would do it, so that a loop around a helper ends as soon as any other.
   */
  work = 0;
  readonly #registers: Int32Array;
  readonly #space: AddressSpace;
  readonly #maps: readonly MapStore[];
  readonly #functions: ReadonlySet<number>;
  readonly #ledger: Ledger;

  /** @param functions slots at which functions begin that may be called back. */
  constructor(
    registers: Int32Array,
    space: AddressSpace,
    maps: readonly MapStore[],
    functions: ReadonlySet<number>,
    ledger: Ledger,
  ) {
    this.#registers = registers;
    this.#space = space;
    this.#maps = maps;
    this.#functions = functions;
    this.#ledger = ledger;
  }

  /** What is wrong with the arguments of this helper, or null. */
  check(helper: Helper): string | null {
    const { args } = helper;
    this.work = CALL_WORK;
    for (let index = 0; index < args.length; index++) {
      const why = this.#complain(helper, index);
      if (why !== null) return `argument ${index + 1} of ${helper.name} (${nameOf(args[index]!)}): ${why}`;
    }
    return null;
  }

  /** The map with this handle: one of the program's, or one that may be in one of them; else null. */
  findMap(handle: number): MapStore | null {
    const maps = this.#maps;
    for (let index = 0; index < maps.length; index++) if (maps[index]!.handle === handle) return maps[index]!;
    for (let index = 0; index < maps.length; index++) {
      const inner = maps[index]!.innerAt(handle);
      if (inner !== null) return inner;
    }
    return null;
  }

  /** A map, whose values are the program's from now on if it is one that it found in another. */
  #map(helper: Helper, low: number, high: number): string | null {
    const map = high === 0 ? this.findMap(low) : null;
    if (map === null) return "expected a map";
    // Kernel functions look at the map themselves.
    const why = helper.id >= KFUNC_BASE ? null : incompatible(helper.id, map.type);
    if (why !== null) return why;
    if (map.values.size > 0) this.#space.open(map.values);
    return null;
  }

  #complain(helper: Helper, index: number): string | null {
    const r = this.#registers;
    const low = r[index * 2 + 2]! >>> 0;
    const high = r[index * 2 + 3]!;
    const argument = helper.args[index]!;
    switch (argument) {
      case "number":
      case "wide":
        return null;
      case "map":
        return this.#map(helper, low, high);
      case "key":
        return this.#memory(index, this.findMap(r[2]! >>> 0)!.keySize, false);
      case "value":
        return this.#memory(index, this.findMap(r[2]! >>> 0)!.valueSize, false);
      case "value?":
        if (low === 0 && high === 0) return null;
        return this.#memory(index, this.findMap(r[2]! >>> 0)!.valueSize, false);
      case "value!":
        return this.#memory(index, this.findMap(r[2]! >>> 0)!.valueSize, true);
      case "read?":
      case "write?":
        if (low === 0 && high === 0 && r[index * 2 + 4] === 0) return null;
        return this.#memory(index, r[index * 2 + 4]! >>> 0, argument === "write?");
      case "buffer?":
        if (low === 0 && high === 0) return null;
        return this.#memory(index, r[index * 2 + 4]! >>> 0, true);
      case "read":
        return this.#memory(index, r[index * 2 + 4]! >>> 0, false);
      case "write":
        return this.#memory(index, r[index * 2 + 4]! >>> 0, true);
      case "size":
        return high !== 0 || low > LARGEST_SIZE ? "is no size: larger than 512 MiB" : null;
      case "context":
        return low === this.#space.contextStart && high === 0 ? null : "expected the program's context";
      case "string":
        return this.#text(low, high);
      case "callback":
        return high === FUNCTION_TAG && this.#functions.has(low) ? null : "expected a function of the program";
      case "stack?": {
        const { stackLow, stackEnd } = this.#space;
        // The frame pointer itself is one behind it: nothing is touched here.
        const inStack = low === 0 || (low >= stackLow && low <= stackEnd);
        return high === 0 && inStack ? null : "expected an address in the stack, or null";
      }
      default:
        if (argument.optional === true && low === 0 && high === 0) return null;
        if ("memory" in argument) return this.#memory(index, argument.memory, argument.write === true);
        return high === 0 && this.#ledger.holds(argument.held, low)
          ? null
          : `expected ${/^[aeio]/.test(argument.held.name) ? "an" : "a"} ${argument.held.name} that the program holds`;
    }
  }

  #text(low: number, high: number): string | null {
    const length = high === 0 ? this.#space.textLength(low) : -1;
    if (length < 0) return "expected text with a NUL at its end";
    this.work += length >>> BYTES_PER_INSTRUCTION_LOG2;
    return null;
  }

  #memory(index: number, size: number, write: boolean): string | null {
    const low = this.#registers[index * 2 + 2]! >>> 0;
    const high = this.#registers[index * 2 + 3]!;
    if (size === 0 || (high === 0 && this.#space.allows(low, size, write))) {
      this.work += size >>> BYTES_PER_INSTRUCTION_LOG2;
      return null;
    }
    return this.#space.complain(low, high, size, write);
  }
}

function nameOf(argument: Argument): string {
  if (typeof argument === "string") return argument;
  return "memory" in argument ? `${argument.memory} bytes` : argument.held.name;
}

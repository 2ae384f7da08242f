/**
 * What a helper may be given: every argument is held to the helper's prototype before the call, as the kernel's verifier
 * proves it (`check_func_arg`). Hot: once for each call of a helper, and nothing is allocated unless it complains.
 */

import type { AddressSpace } from "./access.ts";
import type { Helper } from "./helpers/helper.ts";
import type { MapStore } from "./maps/store.ts";

/** Largest size that a helper accepts (BPF_MAX_VAR_SIZ). */
const LARGEST_SIZE = 1 << 29;

/** A helper works through its memory at about this many bytes in the time of one instruction (a power of two). */
const BYTES_PER_INSTRUCTION_LOG2 = 6;

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

  constructor(registers: Int32Array, space: AddressSpace, maps: readonly MapStore[]) {
    this.#registers = registers;
    this.#space = space;
    this.#maps = maps;
  }

  /** What is wrong with the arguments of this helper, or null. */
  check(helper: Helper): string | null {
    const { args } = helper;
    this.work = 0;
    for (let index = 0; index < args.length; index++) {
      const why = this.#complain(helper, index);
      if (why !== null) return `argument ${index + 1} of ${helper.name} (${args[index]}): ${why}`;
    }
    return null;
  }

  /** The map with this handle, or null when the program has none. */
  findMap(handle: number): MapStore | null {
    const maps = this.#maps;
    for (let index = 0; index < maps.length; index++) if (maps[index]!.handle === handle) return maps[index]!;
    return null;
  }

  #complain(helper: Helper, index: number): string | null {
    const r = this.#registers;
    const low = r[index * 2 + 2]! >>> 0;
    const high = r[index * 2 + 3]!;
    switch (helper.args[index]) {
      case "map":
        return high === 0 && this.findMap(low) !== null ? null : "expected a map";
      case "key":
        return this.#memory(index, this.findMap(r[2]! >>> 0)!.keySize, false);
      case "value":
        return this.#memory(index, this.findMap(r[2]! >>> 0)!.valueSize, false);
      case "read?":
        if (low === 0 && high === 0 && r[index * 2 + 4] === 0) return null;
        return this.#memory(index, r[index * 2 + 4]! >>> 0, false);
      case "read":
        return this.#memory(index, r[index * 2 + 4]! >>> 0, false);
      case "write":
        return this.#memory(index, r[index * 2 + 4]! >>> 0, true);
      case "size":
        return high !== 0 || low > LARGEST_SIZE ? "is no size: larger than 512 MiB" : null;
      case "context":
        return low === this.#space.contextStart && high === 0 ? null : "expected the program's context";
      default:
        return null;
    }
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

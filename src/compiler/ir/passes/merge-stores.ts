/**
 * Makes one store of several that follow each other in memory: of constants, and of a number with zeroes above it. A struct that is
 * zeroed byte by byte takes an eighth of the instructions.
 *
 * A store may be made later, where the last of those that it becomes part of is, as long as nobody can have looked at the bytes in
 * between, nor written them.
 */

import type { Instruction, IrFunction, Value, Width } from "../ir.ts";
import { MemoryFacts } from "../memory.ts";
import { ConstantPool, gatherConstants } from "./constants.ts";

type Store = Extract<Instruction, { kind: "store" }>;

/** A store that may still become part of a later one. */
interface Pending {
  readonly store: Store;
  readonly index: number;
  readonly root: Value;
  readonly offset: number;
  /** A number, or null for a value that fits its bytes. */
  readonly constant: bigint | null;
}

/** True when something changed. */
export function mergeStores(fn: IrFunction): boolean {
  const gathered = gatherConstants(fn);
  const isWorthwhile = fn.blocks.some(({ instructions }) => instructions.filter(({ kind }) => kind === "store").length > 1);
  return (isWorthwhile && new Merger(fn).run()) || gathered;
}

class Merger {
  readonly #fn: IrFunction;
  readonly #facts: MemoryFacts;
  readonly #constants: ConstantPool;

  constructor(fn: IrFunction) {
    this.#fn = fn;
    this.#facts = new MemoryFacts(fn);
    this.#constants = new ConstantPool(fn);
  }

  run(): boolean {
    let changed = false;
    for (const block of this.#fn.blocks) {
      // New constants are put in front of the entry, which moves the others.
      const merged = this.#block(block.instructions.filter(({ kind }) => kind !== "const"));
      if (merged === null) continue;
      block.instructions = [...block.instructions.filter(({ kind }) => kind === "const"), ...merged];
      changed = true;
    }
    return changed;
  }

  #block(instructions: readonly Instruction[]): Instruction[] | null {
    const replaced = new Map<number, Instruction | null>();
    let pending: Pending[] = [];
    const flush = (): void => {
      this.#merge(pending, replaced);
      pending = [];
    };
    for (const [index, instruction] of instructions.entries()) {
      if (instruction.kind === "call" || instruction.kind === "atomic") flush();
      else if (instruction.kind === "load") {
        const place = this.#facts.place(instruction);
        if (pending.some(({ store }) => this.#facts.mayOverlap(this.#facts.place(store), place))) flush();
      } else if (instruction.kind === "store") {
        const place = this.#facts.place(instruction);
        if (pending.some(({ store }) => this.#facts.mayOverlap(this.#facts.place(store), place))) flush();
        const candidate = this.#candidate(instruction, index);
        if (candidate !== null) pending.push(candidate);
      }
    }
    flush();
    if (replaced.size === 0) return null;
    return instructions.flatMap((instruction, index) => {
      const other = replaced.get(index);
      return other === undefined ? [instruction] : other === null ? [] : [other];
    });
  }

  #candidate(store: Store, index: number): Pending | null {
    const { root, offset } = this.#facts.place(store);
    if (offset === null) return null;
    // A context's fields are each accessed as they are; what else is unknown may be as particular.
    const origin = this.#facts.origin(root);
    if (origin.kind === "context" || origin.kind === "unknown") return null;
    // A kernel's verifier follows eight bytes that are stored at once as one number. What a function that is called back counts in
    // there would be another number each time it looks, and it would look a million times.
    if (origin.kind === "slot" && this.#facts.hasEscaped(origin.slot)) return null;
    const definition = this.#facts.definition(store.value);
    if (definition?.kind === "const" && this.#fn.values[store.value] !== "ptr") {
      return { store, index, root, offset, constant: BigInt.asUintN(store.width * 8, definition.value) };
    }
    const fits =
      (definition?.kind === "load" && !definition.sign && definition.width <= store.width) ||
      (definition?.kind === "extend" && !definition.sign && definition.from <= store.width * 8) ||
      (this.#fn.values[store.value] === "i32" && store.width === 4);
    return fits && this.#fn.values[store.value] !== "ptr" ? { store, index, root, offset, constant: null } : null;
  }

  /** Takes the widest aligned runs first. */
  #merge(given: readonly Pending[], replaced: Map<number, Instruction | null>): void {
    let left = [...given];
    for (const width of [8, 4, 2] as const) {
      for (const first of [...left]) {
        if (!left.includes(first) || first.store.width >= width || !this.#isAligned(first, width)) continue;
        const run = runOf(left, first, width);
        if (run === null) continue;
        const merged = this.#merged(run, width);
        if (merged === null) continue;
        const last = Math.max(...run.map(({ index }) => index));
        for (const { index } of run) replaced.set(index, index === last ? merged : null);
        left = left.filter((each) => !run.includes(each));
      }
    }
  }

  /** The frame only takes aligned accesses, and other memory takes them best. */
  #isAligned({ root, offset }: Pending, width: Width): boolean {
    if (offset % width !== 0) return false;
    const definition = this.#facts.definition(root);
    if (definition?.kind === "slot") return this.#fn.slots[definition.slot]!.align >= width;
    return this.#facts.origin(root).kind !== "slot";
  }

  #merged(run: readonly Pending[], width: Width): Store | null {
    const [low, ...others] = run;
    const { store } = low!;
    const { location } = run.at(-1)!.store;
    const above = others.every(({ constant }) => constant !== null);
    if (!above) return null;
    let value = low!.constant ?? 0n;
    for (const { constant, offset } of others) value |= (constant ?? 0n) << BigInt((offset - low!.offset) * 8);
    const type = width === 8 ? "i64" : "i32";
    if (low!.constant !== null) {
      // An immediate has 32 bits, and is sign-extended: more cost a wide load.
      if (width === 8 && BigInt.asUintN(64, BigInt.asIntN(32, value)) !== value) return null;
      return { ...store, width, value: this.#constants.value(type, value), location };
    }
    // Only zeroes may stand above a value, which is stored in more bytes then: an i32 has no more than four.
    return value === 0n && this.#fn.values[store.value] === type ? { ...store, width, location } : null;
  }
}

/** Stores that make up `width` bytes from the first one's on, in their order; null when some are missing. */
function runOf(all: readonly Pending[], first: Pending, width: number): Pending[] | null {
  const run = [first];
  for (let end = first.offset + first.store.width; end < first.offset + width; ) {
    const next = all.find(
      ({ root, offset, store }) => root === first.root && offset === end && end + store.width <= first.offset + width,
    );
    if (next === undefined) return null;
    run.push(next);
    end += next.store.width;
  }
  return run;
}

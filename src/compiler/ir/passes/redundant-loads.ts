/**
 * Uses what is known of memory instead of loading it, or storing it again: what was loaded before, or stored, and that nothing can have changed since on any
 * path that leads here.
 *
 * What is known after a block flows to its successors; where paths meet, only what all of them know the same stays. Known
 * values are SSA values, so one that arrives by every path is defined on every path.
 */

import { graphOf } from "../canonical.ts";
import { predecessors, reversePostorder } from "../graph.ts";
import type { BlockId, Instruction, IrFunction, Type, Value, Width } from "../ir.ts";
import { MemoryFacts, type Place } from "../memory.ts";
import { mapOperands, mapTerminator } from "../operands.ts";

interface Known {
  readonly place: Place;
  /** Of a relocated access, the field; two different ones may overlap. */
  readonly key: string;
  readonly width: Width;
  /** Of an earlier load of the same form; null: what `value` holds in its low `width` bytes was stored. */
  readonly loaded: { readonly type: Type; readonly sign: boolean } | null;
  readonly value: Value;
}

type State = Map<string, Known>;

/** Loops within loops take a round each. */
const MOST_ROUNDS = 32;

/** True when something changed. */
export function removeRedundantLoads(fn: IrFunction, isProgram = false): boolean {
  return new Forwarder(fn, isProgram).run();
}

class Forwarder {
  readonly #fn: IrFunction;
  readonly #facts: MemoryFacts;
  readonly #replacement = new Map<Value, Value>();

  constructor(fn: IrFunction, isProgram: boolean) {
    this.#fn = fn;
    this.#facts = new MemoryFacts(fn, isProgram);
  }

  run(): boolean {
    const fn = this.#fn;
    if (!fn.blocks.some((block) => block.instructions.some(({ kind }) => kind === "load"))) return false;
    const graph = graphOf(fn);
    const order = reversePostorder(graph);
    const incoming = predecessors(graph);
    const after = new Map<BlockId, State>();
    const enter = (id: BlockId): State => {
      const sources = incoming[id]!.filter((from) => after.has(from)).map((from) => after.get(from)!);
      return id === 0 || sources.length === 0 ? new Map() : meet(sources);
    };
    // Blocks that were not walked yet do not count: what a loop changes is taken away in the next round.
    let rounds = 0;
    for (let changed = true; changed; rounds++) {
      // What is not settled is not known.
      if (rounds === MOST_ROUNDS) return false;
      changed = false;
      for (const id of order) {
        const state = enter(id);
        for (const instruction of fn.blocks[id]!.instructions) this.#step(state, instruction);
        const before = after.get(id);
        if (before !== undefined && isSame(before, state)) continue;
        after.set(id, state);
        changed = true;
      }
    }

    let changed = false;
    for (const id of order) {
      const state = enter(id);
      const block = fn.blocks[id]!;
      block.instructions = block.instructions.flatMap((instruction) => {
        const found = instruction.kind === "load" ? this.#find(state, instruction) : null;
        if (instruction.kind === "store" && this.#isThere(state, instruction)) {
          changed = true;
          return [];
        }
        this.#step(state, instruction);
        if (found === null || instruction.kind !== "load") return [instruction];
        changed = true;
        if (typeof found !== "number") return [found];
        this.#replacement.set(instruction.result, found);
        return [];
      });
    }
    if (this.#replacement.size > 0) {
      const resolve = (value: Value): Value => {
        let end = value;
        for (let next = this.#replacement.get(end); next !== undefined; next = this.#replacement.get(end)) end = next;
        return end;
      };
      for (const block of fn.blocks) {
        block.instructions = block.instructions.map((instruction) => mapOperands(instruction, resolve));
        block.terminator = mapTerminator(block.terminator, resolve);
      }
    }
    return changed;
  }

  /** A store to a slot of what it holds already. (Other memory is others' business, too.) */
  #isThere(state: State, store: Extract<Instruction, { kind: "store" }>): boolean {
    if (this.#facts.origin(store.address).kind !== "slot") return false;
    return state.get(this.#key(store))?.value === store.value;
  }

  /** What is known after the instruction. */
  #step(state: State, instruction: Instruction): void {
    switch (instruction.kind) {
      case "load": {
        const key = this.#key(instruction);
        // What was stored there says more than what was loaded.
        if (this.#find(state, instruction) !== null) return;
        const { width, sign, result } = instruction;
        const place = this.#facts.place(instruction);
        const loaded = { type: this.#fn.values[result]!, sign };
        state.set(`${key} ${loaded.type} ${sign}`, { place, key, width, loaded, value: result });
        return;
      }
      case "store": {
        this.#forget(state, instruction);
        const key = this.#key(instruction);
        const place = this.#facts.place(instruction);
        state.set(key, { place, key, width: instruction.width, loaded: null, value: instruction.value });
        return;
      }
      case "atomic":
      case "call":
        this.#forget(state, instruction);
        return;
      default:
    }
  }

  #forget(state: State, instruction: Instruction): void {
    for (const [key, known] of state) if (this.#facts.mayWrite(instruction, known.place)) state.delete(key);
  }

  /** Where an access is, as text: two of one text touch the same bytes. */
  #key({ address, offset, width, core }: Extract<Instruction, { kind: "load" | "store" }>): string {
    if (core !== undefined) return `${address} core ${core.type} ${core.access} ${width}`;
    const base = this.#facts.base(address);
    return `${base.root} + ${base.offset + offset} ${width}`;
  }

  /** The value that the load gives, or what computes it; null when it must load. */
  #find(state: State, load: Extract<Instruction, { kind: "load" }>): Value | Instruction | null {
    const key = this.#key(load);
    const type = this.#fn.values[load.result]!;
    const same = state.get(`${key} ${type} ${load.sign}`);
    if (same !== undefined && same.value !== load.result) return same.value;
    const stored = state.get(key);
    if (stored !== undefined) return this.#asLoaded(stored.value, load, type);
    if (load.core !== undefined || load.width === 8) return null;
    // The low bytes of a wider store.
    for (const width of [2, 4, 8] as const) {
      const wider = width > load.width ? state.get(this.#key({ ...load, width })) : undefined;
      if (wider !== undefined) return this.#asLoaded(wider.value, load, type);
    }
    return null;
  }

  /** What a load of the low bytes of a stored value gives. */
  #asLoaded(
    value: Value,
    { width, sign, result, location }: Extract<Instruction, { kind: "load" }>,
    type: Type,
  ): Value | Instruction | null {
    const stored = this.#fn.values[value]!;
    if (stored === type && width === (type === "i32" ? 4 : 8)) return value;
    if (stored === "ptr" || type === "ptr" || width === 8) return null;
    return { kind: "extend", result, sign, from: (width * 8) as 8 | 16 | 32, operand: value, location };
  }
}

function meet(states: readonly State[]): State {
  const [first, ...others] = states;
  const result: State = new Map();
  for (const [key, known] of first!) {
    if (others.every((other) => other.get(key)?.value === known.value)) result.set(key, known);
  }
  return result;
}

function isSame(a: State, b: State): boolean {
  if (a.size !== b.size) return false;
  for (const [key, known] of a) if (b.get(key)?.value !== known.value) return false;
  return true;
}

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
  readonly value: Value;
}

/** By number (`Access`): what an earlier load of the same form gave, or what a stored value holds in its low bytes. */
type State = Map<number, Known>;

/** What the walks ask of a load or store, found once. Two of one text touch the same bytes, and have the same numbers. */
interface Access {
  readonly place: Place;
  /** Of what is stored there. */
  readonly stored: number;
  /** Of what a load of this form gives. */
  readonly loaded: number;
  /** Of wider stores at the same place, whose low bytes a load may take. */
  readonly wider: readonly number[];
}

const TYPES: readonly Type[] = ["i32", "i64", "ptr"];
const WIDER: Readonly<Record<Width, readonly Width[]>> = { 1: [2, 4, 8], 2: [4, 8], 4: [8], 8: [] };
/** Numbers of one place: of each form of a load, and of a store. */
const FORMS = 2 * TYPES.length + 1;

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
  readonly #accesses = new Map<Instruction, Access>();
  readonly #numbers = new Map<string, number>();

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
    const after: (State | undefined)[] = fn.blocks.map(() => undefined);
    const enter = (id: BlockId): State => {
      const sources = incoming[id]!.flatMap((from) => after[from] ?? []);
      return id === 0 || sources.length === 0 ? new Map() : meet(sources);
    };
    // Blocks that were not walked yet do not count: what a loop changes is taken away in the next round.
    const isOpen = new Uint8Array(fn.blocks.length).fill(1);
    let rounds = 0;
    for (let open = true; open; rounds++) {
      // What is not settled is not known.
      if (rounds === MOST_ROUNDS) return false;
      open = false;
      const walked = new Uint8Array(fn.blocks.length);
      for (const id of order) {
        walked[id] = 1;
        if (isOpen[id] === 0) continue;
        isOpen[id] = 0;
        const state = enter(id);
        for (const instruction of fn.blocks[id]!.instructions) this.#step(state, instruction);
        const before = after[id];
        if (before !== undefined && isSame(before, state)) continue;
        after[id] = state;
        for (const next of graph[id]!) {
          isOpen[next] = 1;
          if (walked[next] === 1) open = true;
        }
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
    return state.get(this.#access(store).stored)?.value === store.value;
  }

  /** What is known after the instruction. */
  #step(state: State, instruction: Instruction): void {
    switch (instruction.kind) {
      case "load": {
        // What was stored there says more than what was loaded.
        if (this.#find(state, instruction) !== null) return;
        const { place, loaded } = this.#access(instruction);
        state.set(loaded, { place, value: instruction.result });
        return;
      }
      case "store": {
        const { place, stored } = this.#access(instruction);
        for (const [key, known] of state) if (this.#facts.mayOverlap(place, known.place)) state.delete(key);
        state.set(stored, { place, value: instruction.value });
        return;
      }
      case "atomic":
      case "call":
        for (const [key, known] of state) if (this.#facts.mayWrite(instruction, known.place)) state.delete(key);
        return;
      default:
    }
  }

  #access(instruction: Extract<Instruction, { kind: "load" | "store" }>): Access {
    const known = this.#accesses.get(instruction);
    if (known !== undefined) return known;
    const { address, offset, width, core } = instruction;
    const base = this.#facts.base(address);
    // Of a relocated access, the field; two different ones may overlap.
    const number = (bytes: Width): number =>
      this.#number(
        core === undefined
          ? `${base.root} + ${base.offset + offset} ${bytes}`
          : `${address} core ${core.type} ${core.access} ${bytes}`,
      );
    const first = number(width);
    const stored = first + FORMS - 1;
    const isLoad = instruction.kind === "load";
    const form = isLoad ? 2 * TYPES.indexOf(this.#fn.values[instruction.result]!) + (instruction.sign ? 1 : 0) : 0;
    const widths = isLoad && core === undefined ? WIDER[width] : [];
    const access: Access = {
      place: this.#facts.place(instruction),
      stored,
      loaded: first + form,
      wider: widths.map((wider) => number(wider) + FORMS - 1),
    };
    this.#accesses.set(instruction, access);
    return access;
  }

  #number(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) this.#numbers.set(text, (number = this.#numbers.size * FORMS));
    return number;
  }

  /** The value that the load gives, or what computes it; null when it must load. */
  #find(state: State, load: Extract<Instruction, { kind: "load" }>): Value | Instruction | null {
    const access = this.#access(load);
    const type = this.#fn.values[load.result]!;
    const same = state.get(access.loaded);
    if (same !== undefined && same.value !== load.result) return same.value;
    const stored = state.get(access.stored);
    if (stored !== undefined) return this.#asLoaded(stored.value, load, type);
    for (const number of access.wider) {
      const wider = state.get(number);
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

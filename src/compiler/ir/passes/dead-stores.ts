/**
 * Drops stores to stack slots that nobody reads before they are overwritten, or at all; and stores to other memory that the same block
 * overwrites before anyone can have looked.
 */

import { BitSet } from "../bit-set.ts";
import { graphOf } from "../canonical.ts";
import type { Instruction, IrFunction } from "../ir.ts";
import { solveLiveness } from "../liveness.ts";
import { MemoryFacts, type Place } from "../memory.ts";

/** True when something changed. */
export function removeDeadStores(fn: IrFunction, isProgram = false): boolean {
  if (!fn.blocks.some(({ instructions }) => instructions.some(({ kind }) => kind === "store"))) return false;
  const facts = new MemoryFacts(fn, isProgram);
  const slots = new SlotBytes(fn, facts);
  let changed = false;
  for (const [id, block] of fn.blocks.entries()) {
    const live = slots.liveAfter(id);
    const overwritten: Place[] = [];
    const kept: Instruction[] = [];
    for (let index = block.instructions.length - 1; index >= 0; index--) {
      const instruction = block.instructions[index]!;
      if (instruction.kind === "store") {
        const place = facts.place(instruction);
        if (!slots.isNeeded(instruction, live) || overwritten.some((other) => covers(other, place))) {
          changed = true;
          continue;
        }
        overwritten.push(place);
      } else if (mayLook(instruction)) {
        // Loads look at what they may overlap; calls, and what else they let others see, at everything.
        const still =
          instruction.kind === "load" ? overwritten.filter((place) => !facts.mayOverlap(place, facts.place(instruction))) : [];
        overwritten.splice(0, overwritten.length, ...still);
      }
      slots.stepBack(instruction, live);
      kept.push(instruction);
    }
    if (kept.length < block.instructions.length) block.instructions = kept.reverse();
  }
  return changed;
}

function mayLook({ kind }: Instruction): boolean {
  return kind === "load" || kind === "atomic" || kind === "call";
}

function covers(a: Place, b: Place): boolean {
  if (a.root !== b.root || a.offset === null || b.offset === null) return false;
  return a.offset <= b.offset && b.offset + b.width <= a.offset + a.width;
}

/** Which bytes of which slots are read later: all slots in one set, one after the other. */
class SlotBytes {
  readonly #fn: IrFunction;
  readonly #facts: MemoryFacts;
  readonly #starts: number[] = [];
  readonly #out: readonly BitSet[];
  readonly #size: number;

  constructor(fn: IrFunction, facts: MemoryFacts) {
    this.#fn = fn;
    this.#facts = facts;
    let size = 0;
    for (const slot of fn.slots) {
      this.#starts.push(size);
      size += slot.size;
    }
    this.#size = size;
    const used = fn.blocks.map(() => new BitSet(size));
    const written = fn.blocks.map(() => new BitSet(size));
    if (size > 0) {
      for (const [id, block] of fn.blocks.entries()) {
        for (let index = block.instructions.length - 1; index >= 0; index--) {
          const instruction = block.instructions[index]!;
          this.#writes(instruction, (from, to) => {
            used[id]!.deleteRange(from, to);
            written[id]!.addRange(from, to);
          });
          this.#reads(instruction, used[id]!);
        }
      }
    }
    this.#out = solveLiveness(graphOf(fn), used, written, size).out;
  }

  /** Read after the block; the caller's to change. */
  liveAfter(block: number): BitSet {
    return this.#out[block]!.copy();
  }

  /** Whether anyone reads what the store writes, or may: of bytes outside slots that is always so. */
  isNeeded(store: Extract<Instruction, { kind: "store" }>, live: BitSet): boolean {
    const { root, offset } = this.#facts.place(store);
    const origin = this.#facts.origin(root);
    if (origin.kind !== "slot") return true;
    const definition = this.#facts.definition(root);
    const [from, to] =
      definition?.kind === "slot" && offset !== null ? [offset, offset + store.width] : [0, this.#fn.slots[origin.slot]!.size];
    for (let byte = from; byte < to; byte++) if (live.has(this.#starts[origin.slot]! + byte)) return true;
    // Who reaches beyond the slot is to be seen doing so.
    return from < 0 || to > this.#fn.slots[origin.slot]!.size;
  }

  stepBack(instruction: Instruction, live: BitSet): void {
    if (this.#size === 0) return;
    this.#writes(instruction, (from, to) => live.deleteRange(from, to));
    this.#reads(instruction, live);
  }

  #writes(instruction: Instruction, visit: (from: number, to: number) => void): void {
    if (instruction.kind !== "store") return;
    const { root, offset } = this.#facts.place(instruction);
    const definition = this.#facts.definition(root);
    if (definition?.kind !== "slot" || offset === null) return;
    const { from, to } = this.#bytes(definition.slot, offset, offset + instruction.width);
    visit(from, to);
  }

  #reads(instruction: Instruction, into: BitSet): void {
    switch (instruction.kind) {
      case "load":
      case "atomic": {
        const { root, offset } = this.#facts.place(instruction);
        const definition = this.#facts.definition(root);
        if (definition?.kind === "slot" && offset !== null) {
          const { from, to } = this.#bytes(definition.slot, offset, offset + instruction.width);
          into.addRange(from, to);
          return;
        }
        const origin = this.#facts.origin(root);
        for (const [slot, { size }] of this.#fn.slots.entries()) {
          if (this.#facts.mayShare(origin, { kind: "slot", slot }))
            into.addRange(this.#starts[slot]!, this.#starts[slot]! + size);
        }
        return;
      }
      case "call":
        for (const [slot, { size }] of this.#fn.slots.entries()) {
          if (this.#facts.mayCallRead(instruction, slot)) into.addRange(this.#starts[slot]!, this.#starts[slot]! + size);
        }
        return;
      default:
    }
  }

  /** Bytes of the slot, as numbers in the sets; not more than it has. */
  #bytes(slot: number, from: number, to: number): { from: number; to: number } {
    const start = this.#starts[slot]!;
    return { from: start + Math.max(from, 0), to: start + Math.min(to, this.#fn.slots[slot]!.size) };
  }
}

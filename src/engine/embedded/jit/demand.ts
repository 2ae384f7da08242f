/**
 * Which upper halves of registers matter: a backward analysis. Where nothing reads the upper half of what an instruction computes, it
 * computes 32 bits only; most of a program that a compiler made of C is like that.
 */

import { OPERATION } from "../operations.ts";
import type { PreparedProgram } from "../program.ts";
import { type CallEffects, defs, FIRST_CONSTANT, KIND, KIND_OF, registerOf, SIZE_OF, uses } from "./effects.ts";
import { type Flow, width } from "./flow.ts";
import { isHalfSwap, isNarrow, isNarrowBranch, shiftOf } from "./narrow.ts";
import { FACT } from "./ranges.ts";

const bit = (word: number): number => (registerOf(word) < FIRST_CONSTANT ? 1 << registerOf(word) : 0);

export interface DemandOptions {
  readonly order: readonly number[];
  readonly calls: CallEffects;
  /** Whether a helper takes both halves of its arguments. */
  readonly isFull: (id: number) => boolean;
  /** Of `Ranges`. */
  readonly facts: Uint8Array;
  /** Whether bases of accesses and arguments of helpers are checked. */
  readonly checked: boolean;
  /** Whether the upper half of r0 counts when the function ends. */
  readonly wideExit: boolean;
}

export class Demand {
  /** By place of an instruction: registers whose upper half is read after it. */
  readonly after: Uint16Array;
  /** Those that are read when the function begins. */
  readonly entry: number;
  readonly #program: PreparedProgram;
  readonly #flow: Flow;
  readonly #options: DemandOptions;

  constructor(program: PreparedProgram, flow: Flow, options: DemandOptions) {
    this.#program = program;
    this.#flow = flow;
    this.#options = options;
    this.after = new Uint16Array(flow.places);
    const { order } = options;
    const before = new Uint16Array(flow.last.length);
    const slots: number[] = [];
    for (let changed = true; changed; ) {
      changed = false;
      for (let index = order.length - 1; index >= 0; index--) {
        const block = order[index]!;
        let mask = 0;
        for (const to of flow.successors[block]!) mask |= before[to]!;
        slots.length = 0;
        for (let slot = flow.first[block]!; slot <= flow.last[block]!; slot += width(program, slot)) slots.push(slot);
        const base = flow.base[block]!;
        for (let at = slots.length - 1; at >= 0; at--) {
          const slot = slots[at]!;
          this.after[base + slot] = mask;
          if (at + 1 < slots.length && isHalfSwap(program, slot)) mask &= ~bit(program.dst[slot]!);
          else mask = this.#before(slot, base + slot, mask);
        }
        if (mask === before[block]) continue;
        before[block] = mask;
        changed = true;
      }
    }
    this.entry = before[0]!;
  }

  /** Upper halves that an operation on 64 bits reads. */
  #operands(slot: number, wanted: boolean): number {
    const { operation, dst, src } = this.#program;
    const d = bit(dst[slot]!);
    switch (operation[slot]) {
      case OPERATION.lsh64: {
        const by = shiftOf(this.#program, slot);
        return wanted && (by < 32 || by === 64) ? d : 0;
      }
      case OPERATION.rsh64:
      case OPERATION.arsh64:
        return d;
      default:
        return d | bit(src[slot]!);
    }
  }

  #before(slot: number, place: number, after: number): number {
    const program = this.#program;
    const { facts, checked, isFull, calls, wideExit } = this.#options;
    const operation = program.operation[slot]!;
    const d = bit(program.dst[slot]!);
    const s = bit(program.src[slot]!);
    const fact = facts[place]!;
    const wanted = (after & d) !== 0 && (fact & FACT.smallResult) === 0;
    const base = checked && (fact & FACT.goodBase) === 0;
    switch (KIND_OF[operation]) {
      case KIND.binary:
        return (after & ~d) | (isNarrow(program, slot, fact, (after & d) !== 0) ? 0 : this.#operands(slot, (after & d) !== 0));
      case KIND.unary:
        return (after & ~d) | (operation === OPERATION.swap64 || (operation === OPERATION.neg64 && wanted) ? d : 0);
      case KIND.move:
        return (after & ~d) | ((operation === OPERATION.mov64 || operation === OPERATION.wide) && wanted ? s : 0);
      case KIND.load:
      case KIND.acquire:
        return (after & ~d) | (base && (fact & FACT.smallSrc) === 0 ? s : 0);
      case KIND.store:
      case KIND.release:
        return after | (base && (fact & FACT.smallDst) === 0 ? d : 0) | (SIZE_OF[operation] === 8 ? s : 0);
      case KIND.atomic:
        return (
          (after & ~defs(program, slot, calls)) |
          (base && (fact & FACT.smallDst) === 0 ? d : 0) |
          (SIZE_OF[operation] === 8 ? s | 1 : 0)
        );
      case KIND.branch:
        return isNarrowBranch(operation, fact) ? after : after | d | s;
      case KIND.callHelper: {
        const id = program.extra[slot]!;
        return (after & ~1) | (isFull(id) ? calls.helper(id) : 0);
      }
      case KIND.exit:
        return wideExit ? after | 0x7ff : after;
      case KIND.packet:
        return after & ~1;
      case KIND.callLocal:
      case KIND.callRegister:
        return (after & ~defs(program, slot, calls)) | uses(program, slot, this.#flow.start, calls);
      default:
        return after;
    }
  }
}

/**
 * Which upper halves of registers matter: a backward analysis. Where nothing reads the upper half of what an instruction computes, it
 * computes 32 bits only; most of a program that a compiler made of C is like that.
 */

import { ANYWHERE } from "../../../verifier/verdict.ts";
import { OPERATION } from "../operations.ts";
import type { PreparedProgram } from "../program.ts";
import { FIRST_CONSTANT, KIND, KIND_OF, registerOf, SIZE_OF } from "./effects.ts";
import type { Flow } from "./flow.ts";
import type { Liveness } from "./liveness.ts";
import { isHalfSwap, isNarrow, isNarrowBranch, shiftOf } from "./narrow.ts";
import { FACT } from "./ranges.ts";

const bit = (word: number): number => (registerOf(word) < FIRST_CONSTANT ? 1 << registerOf(word) : 0);

export interface DemandOptions {
  readonly order: readonly number[];
  readonly liveness: Liveness;
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
  readonly #options: DemandOptions;

  constructor(program: PreparedProgram, flow: Flow, options: DemandOptions) {
    this.#program = program;
    this.#options = options;
    this.after = new Uint16Array(flow.places);
    const { order } = options;
    const before = new Uint16Array(flow.last.length);
    // What a block was walked with, or -1.
    const walked = new Int32Array(flow.last.length).fill(-1);
    const { dst, operation } = program;
    for (let changed = true; changed; ) {
      changed = false;
      for (let index = order.length - 1; index >= 0; index--) {
        const block = order[index]!;
        let mask = 0;
        for (const to of flow.successors[block]!) mask |= before[to]!;
        if (walked[block] === mask) continue;
        walked[block] = mask;
        const base = flow.base[block]!;
        const first = flow.first[block]!;
        const last = flow.last[block]!;
        for (let slot = last; slot >= first; slot--) {
          if (operation[slot] === OPERATION.invalid) continue;
          this.after[base + slot] = mask;
          if (slot < last && isHalfSwap(program, slot)) mask &= ~bit(dst[slot]!);
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
    const { facts, checked, isFull, wideExit } = this.#options;
    const { reads, writes } = this.#options.liveness;
    const operation = program.operation[slot]!;
    const d = bit(program.dst[slot]!);
    const s = bit(program.src[slot]!);
    const fact = facts[place]!;
    const wanted = (after & d) !== 0 && (fact & FACT.smallResult) === 0;
    const base = (checked && (fact & FACT.goodBase) === 0) || program.conditions?.anywhere[slot] === ANYWHERE;
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
        return (after & ~writes[slot]!) | (base && (fact & FACT.smallDst) === 0 ? d : 0) | (SIZE_OF[operation] === 8 ? s | 1 : 0);
      case KIND.branch:
        return isNarrowBranch(operation, fact) ? after : after | d | s;
      case KIND.callHelper: {
        const id = program.extra[slot]!;
        return (after & ~1) | (isFull(id) ? reads[slot]! : 0);
      }
      case KIND.exit:
        return wideExit ? after | 0x7ff : after;
      case KIND.packet:
        return after & ~1;
      case KIND.callLocal:
      case KIND.callRegister:
        return (after & ~writes[slot]!) | reads[slot]!;
      default:
        return after;
    }
  }
}

/**
 * What registers are known to hold: a constant (a map, an address of a map's value), or a place in the function's stack frame. A
 * forward analysis to the greatest fixed point; what is not known to be the same on every way to a block is unknown there.
 */

import { OPERATION } from "../operations.ts";
import type { PreparedProgram } from "../program.ts";
import { FIRST_CONSTANT, FRAME_POINTER, KIND, KIND_OF, registerOf } from "./effects.ts";
import { type Flow, width } from "./flow.ts";

const UNKNOWN = 0;
/** `low` and `high` are the register. */
export const CONSTANT = 1;
/** The register is r10 plus `low`. */
export const FRAME = 2;

const REGISTERS = 11;

export class Values {
  readonly #program: PreparedProgram;
  readonly #writes: Uint16Array;
  // By block and register: what is known where the block begins.
  readonly #kinds: Uint8Array;
  readonly #lows: Int32Array;
  readonly #highs: Int32Array;
  /** What is known now, by register. */
  readonly kind = new Uint8Array(REGISTERS);
  readonly low = new Int32Array(REGISTERS);
  readonly high = new Int32Array(REGISTERS);

  constructor(program: PreparedProgram, flow: Flow, order: readonly number[], writes: Uint16Array) {
    this.#program = program;
    this.#writes = writes;
    const count = flow.last.length;
    this.#kinds = new Uint8Array(count * REGISTERS);
    this.#lows = new Int32Array(count * REGISTERS);
    this.#highs = new Int32Array(count * REGISTERS);
    const seen = new Uint8Array(count);
    const dirty = new Uint8Array(count);
    seen[0] = dirty[0] = 1;
    this.#kinds[FRAME_POINTER] = FRAME;
    for (let changed = true; changed; ) {
      changed = false;
      for (const block of order) {
        if (dirty[block] === 0) continue;
        dirty[block] = 0;
        changed = true;
        this.enter(block);
        for (let slot = flow.first[block]!; slot <= flow.last[block]!; slot += width(program, slot)) this.step(slot);
        for (const to of flow.successors[block]!) {
          if (seen[to] === 0) this.#assign(to);
          else if (!this.#meet(to)) continue;
          seen[to] = dirty[to] = 1;
        }
      }
    }
  }

  /** Begins with what is known where a block begins. */
  enter(block: number): void {
    const base = block * REGISTERS;
    for (let register = 0; register < REGISTERS; register++) {
      this.kind[register] = this.#kinds[base + register]!;
      this.low[register] = this.#lows[base + register]!;
      this.high[register] = this.#highs[base + register]!;
    }
  }

  /** Goes over the instruction at a slot. Hot: several times for each instruction. */
  step(slot: number): void {
    const { operation, dst, src, registers } = this.#program;
    const { kind, low, high } = this;
    const d = registerOf(dst[slot]!);
    const s = registerOf(src[slot]!);
    switch (operation[slot]) {
      case OPERATION.mov64:
      case OPERATION.wide:
        if (s < FIRST_CONSTANT) {
          kind[d] = kind[s]!;
          low[d] = low[s]!;
          high[d] = high[s]!;
        } else {
          kind[d] = CONSTANT;
          low[d] = registers[s * 2]!;
          high[d] = registers[s * 2 + 1]!;
        }
        return;
      case OPERATION.mov32:
        kind[d] = s < FIRST_CONSTANT ? UNKNOWN : CONSTANT;
        low[d] = s < FIRST_CONSTANT ? 0 : registers[s * 2]!;
        high[d] = 0;
        return;
      case OPERATION.add64:
      case OPERATION.sub64: {
        const constant = s >= FIRST_CONSTANT;
        const by = constant ? registers[s * 2]! : 0;
        const sum = operation[slot] === OPERATION.add64 ? low[d]! + by : low[d]! - by;
        // Sums that carry into the upper half are not worth knowing.
        const small =
          kind[d] === FRAME ? Math.abs(sum) < 0x8000 : kind[d] === CONSTANT && low[d]! >= 0 && sum >= 0 && sum <= 0x7fff_ffff;
        if (constant && small && Math.abs(by) < 0x7fff_ffff) low[d] = sum;
        else kind[d] = UNKNOWN;
        return;
      }
      default: {
        const k = KIND_OF[operation[slot]!]!;
        if (k <= KIND.move) {
          kind[d] = UNKNOWN;
          return;
        }
        for (let mask = this.#writes[slot]!; mask !== 0; mask &= mask - 1) kind[31 - Math.clz32(mask & -mask)] = UNKNOWN;
      }
    }
  }

  /** Whether the instruction at a slot, which writes a register, leaves a place in the frame there. What is known stays as it is. */
  keepsFrame(slot: number): boolean {
    const d = registerOf(this.#program.dst[slot]!);
    const [kind, low, high] = [this.kind[d]!, this.low[d]!, this.high[d]!];
    this.step(slot);
    const keeps = this.kind[d] === FRAME;
    this.kind[d] = kind;
    this.low[d] = low;
    this.high[d] = high;
    return keeps;
  }

  /** Whether a register of the mask is a place in the frame now, but unknown where a block begins. */
  forgetsFrame(block: number, mask: number): boolean {
    for (let register = 0; register < REGISTERS; register++) {
      if (this.kind[register] === FRAME && ((mask >>> register) & 1) === 1 && this.#kinds[block * REGISTERS + register] !== FRAME)
        return true;
    }
    return false;
  }

  #assign(block: number): void {
    this.#kinds.set(this.kind, block * REGISTERS);
    this.#lows.set(this.low, block * REGISTERS);
    this.#highs.set(this.high, block * REGISTERS);
  }

  /** Forgets what is not the same. True when something was forgotten. */
  #meet(block: number): boolean {
    let changed = false;
    for (let register = 0; register < REGISTERS; register++) {
      const at = block * REGISTERS + register;
      if (this.#kinds[at] === UNKNOWN) continue;
      if (
        this.#kinds[at] === this.kind[register] &&
        this.#lows[at] === this.low[register] &&
        this.#highs[at] === this.high[register]
      )
        continue;
      this.#kinds[at] = UNKNOWN;
      changed = true;
    }
    return changed;
  }
}

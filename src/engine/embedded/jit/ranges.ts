/**
 * What numbers registers can be: an interval of unsigned 64-bit values for each, by a forward analysis with widening. From it follows
 * which operations need only 32 bits, which conditions can be decided on lower halves, and (in checked mode) which bases of accesses
 * are known to be addresses already.
 *
 * Bounds are doubles: exact up to 2^53, and what may be beyond is `Infinity`. Nothing is ever assumed of memory.
 */

import type { HelperTable } from "../helpers/helper.ts";
import { OPERATION } from "../operations.ts";
import type { PreparedProgram } from "../program.ts";
import { Bounds, EXACT, REGISTERS, SMALL } from "./bounds.ts";
import { FIRST_CONSTANT, FRAME_POINTER, KIND, KIND_OF, registerOf, SIZE_OF } from "./effects.ts";
import { type Flow, width } from "./flow.ts";

/** What is known of an instruction where it stands: bits of `Ranges.facts`. */
export const FACT = {
  /** The upper half of its `dst`, `src` before it is 0. */
  smallDst: 1,
  smallSrc: 2,
  /** The upper half of the register that it writes is 0 after it. */
  smallResult: 4,
  /** The base of its access is an address that needs no check. */
  goodBase: 8,
} as const;

/** Rounds of a loop that are followed exactly, and those after which what still grows may be anything. */
const EXACT_ROUNDS = 2;
const PATIENCE = 10;

/** Addresses that checked code believes: what was found good, and not much more added to it. */
export interface GoodBases {
  readonly low: number;
  /** What a check lets through, and what may be added to that: an access there traps, wherever the memory ends. */
  readonly high: number;
  readonly slack: number;
}

export class Ranges {
  /** By place of an instruction (`Flow.places`): bits of FACT. */
  readonly facts: Uint8Array;

  readonly #program: PreparedProgram;
  readonly #flow: Flow;
  readonly #writes: Uint16Array;
  readonly #helpers: HelperTable;
  readonly #good: GoodBases | null;
  /** What is known now. */
  readonly #bounds: Bounds;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #savedLow = new Float64Array(REGISTERS);
  readonly #savedHigh = new Float64Array(REGISTERS);
  // By block and register: what is known where the block begins.
  readonly #lows: Float64Array;
  readonly #highs: Float64Array;
  /** By register, and last for all: numbers with which a function compares. */
  #thresholds: readonly Float64Array[] | null = null;
  // By register: registers of the same symbol hold the same number, but for what was added to each since. Within one block.
  readonly #symbol = new Int32Array(REGISTERS);
  readonly #added = new Float64Array(REGISTERS);
  #symbols = 0;
  /** Whether two registers have the same symbol. */
  #related = false;
  // `copied` is a copy of `original`; `sum` is `base` plus `index` (a word): the last ones in this block that still are. Or -1.
  #copied = -1;
  #original = -1;
  #sum = -1;
  #base = -1;
  #index = -1;

  /**
   * @param writes by slot: registers that it writes. @param good in checked mode: what a check leaves; null in bare mode.
   */
  constructor(
    program: PreparedProgram,
    flow: Flow,
    order: readonly number[],
    writes: Uint16Array,
    helpers: HelperTable,
    isMain: boolean,
    good: GoodBases | null,
  ) {
    this.#program = program;
    this.#bounds = new Bounds(program);
    this.#low = this.#bounds.low;
    this.#high = this.#bounds.high;
    this.#flow = flow;
    this.#writes = writes;
    this.#helpers = helpers;
    this.#good = good;
    const count = flow.last.length;
    this.#lows = new Float64Array(count * REGISTERS);
    this.#highs = new Float64Array(count * REGISTERS);
    this.facts = new Uint8Array(flow.places);
    // In the main function registers begin as 0; r1 and r2 are numbers of 32 bits.
    for (let register = 0; register < REGISTERS; register++) this.#highs[register] = isMain ? 0 : Number.POSITIVE_INFINITY;
    if (isMain) this.#highs[1] = this.#highs[2] = SMALL;
    this.#lows[FRAME_POINTER] = 65_536;
    this.#highs[FRAME_POINTER] = good?.high ?? SMALL;
    this.#solve(order);
  }

  /** Bounds of a register where a block begins. */
  boundsAt(block: number, register: number): readonly [low: number, high: number] {
    const at = block * REGISTERS + register;
    return [this.#lows[at]!, this.#highs[at]!];
  }

  /** By register: the number that it holds on a way out of a block, or NaN. @param turn which of the block's successors. */
  knownAlong(block: number, turn: number): Float64Array {
    this.#enter(block);
    this.#walk(block);
    const { dst, src, operation } = this.#program;
    const slot = this.#flow.last[block]!;
    if (this.#flow.successors[block]!.length === 2 && KIND_OF[operation[slot]!] === KIND.branch)
      this.#bounds.refine(operation[slot]!, registerOf(dst[slot]!), src[slot]!, turn === 1);
    return this.#low.map((low, register) => (low === this.#high[register] ? low : Number.NaN));
  }

  #solve(order: readonly number[]): void {
    const { successors, last } = this.#flow;
    const count = last.length;
    const seen = new Uint8Array(count);
    const dirty = new Uint8Array(count);
    const rounds = new Uint8Array(count);
    const place = new Int32Array(count);
    for (let index = 0; index < order.length; index++) place[order[index]!] = index;
    seen[0] = dirty[0] = 1;
    for (let changed = true; changed; ) {
      changed = false;
      for (const block of order) {
        if (dirty[block] === 0) continue;
        dirty[block] = 0;
        this.#enter(block);
        this.#walk(block);
        const list = successors[block]!;
        for (let index = 0; index < list.length; index++) {
          const to = list[index]!;
          const back = place[to]! <= place[block]!;
          if (!this.#meet(block, to, list.length === 2 ? index : -1, seen[to] === 0, back ? rounds[to]! : 0)) continue;
          if (back && rounds[to]! < 255) rounds[to]!++;
          seen[to] = dirty[to] = 1;
          changed ||= back;
        }
      }
    }
  }

  #enter(block: number): void {
    const base = block * REGISTERS;
    for (let register = 0; register < REGISTERS; register++) {
      this.#low[register] = this.#lows[base + register]!;
      this.#high[register] = this.#highs[base + register]!;
    }
  }

  /** Goes over a block. What it writes down when it comes for the last time is what holds. */
  #walk(block: number): void {
    const { first, last, base } = this.#flow;
    const program = this.#program;
    const end = last[block]!;
    this.#copied = this.#sum = -1;
    this.#related = false;
    for (let register = 0; register < REGISTERS; register++) {
      this.#symbol[register] = register;
      this.#added[register] = 0;
    }
    this.#symbols = REGISTERS;
    for (let slot = first[block]!; slot <= end; slot += width(program, slot)) {
      const before = this.#before(slot);
      this.#step(slot);
      this.#relate(slot);
      const written = this.#writes[slot]!;
      // Of several registers nothing is known.
      const one = written !== 0 && (written & (written - 1)) === 0;
      const after = one && this.#high[31 - Math.clz32(written)]! <= SMALL ? FACT.smallResult : 0;
      this.facts[base[block]! + slot] = before | after;
    }
  }

  #before(slot: number): number {
    const { dst, src, operation } = this.#program;
    const d = registerOf(dst[slot]!);
    this.#bounds.source(src[slot]!);
    let facts = 0;
    if (d < FIRST_CONSTANT && this.#high[d]! <= SMALL) facts |= FACT.smallDst;
    if (this.#bounds.sourceHigh <= SMALL) facts |= FACT.smallSrc;
    const good = this.#good;
    if (good === null) return facts;
    const kind = KIND_OF[operation[slot]!]!;
    if (kind !== KIND.load && kind !== KIND.acquire && kind !== KIND.store && kind !== KIND.release && kind !== KIND.atomic)
      return facts;
    const base = kind === KIND.load || kind === KIND.acquire ? registerOf(src[slot]!) : d;
    if (this.#low[base]! >= good.low && this.#high[base]! <= good.high + good.slack) facts |= FACT.goodBase;
    return facts;
  }

  /** Goes over one instruction. Hot. */
  #step(slot: number): void {
    const program = this.#program;
    const operation = program.operation[slot]!;
    const kind = KIND_OF[operation]!;
    const d = registerOf(program.dst[slot]!);
    if (kind === KIND.binary) this.#bounds.binary(operation, d, program.src[slot]!);
    else if (kind === KIND.move) {
      this.#bounds.source(program.src[slot]!);
      this.#bounds.move(operation, d);
    } else if (kind === KIND.load || kind === KIND.acquire) {
      // Where null may be read, a load says nothing about its base.
      if (!program.nullReads || kind === KIND.acquire) this.#checked(registerOf(program.src[slot]!));
      const size = operation >= OPERATION.loadSigned1 && operation <= OPERATION.loadSigned4 ? 8 : SIZE_OF[operation]!;
      this.#bounds.set(d, 0, size === 8 ? Number.POSITIVE_INFINITY : 2 ** (size * 8) - 1);
    } else if (kind === KIND.store || kind === KIND.release) this.#checked(d);
    else if (kind === KIND.unary) this.#bounds.unary(operation, d);
    else {
      if (kind === KIND.atomic) this.#checked(d);
      for (let mask = this.#writes[slot]!; mask !== 0; mask &= mask - 1)
        this.#bounds.set(31 - Math.clz32(mask & -mask), 0, Number.POSITIVE_INFINITY);
      if (kind === KIND.atomic && SIZE_OF[operation] === 4)
        for (let mask = this.#writes[slot]!; mask !== 0; mask &= mask - 1)
          this.#bounds.set(31 - Math.clz32(mask & -mask), 0, SMALL);
      if (kind === KIND.packet) this.#bounds.set(0, 0, SMALL);
      else if (kind === KIND.callHelper) {
        const result = this.#helpers[program.extra[slot]!]?.result;
        if (result === "u32" || result === "address" || result === "void") this.#bounds.set(0, 0, SMALL);
      }
    }
  }

  /** Remembers what an instruction made a copy or a sum of, and forgets what is so no longer. */
  #relate(slot: number): void {
    const { operation, dst, src, registers } = this.#program;
    const written = this.#writes[slot]!;
    if (written === 0) return;
    const d = registerOf(dst[slot]!);
    const s = registerOf(src[slot]!);
    const isAdd = operation[slot] === OPERATION.add64 && s !== d;
    const isMove = operation[slot] === OPERATION.mov64 && s < FIRST_CONSTANT;
    if (isMove && s === d) return;
    if (isAdd && s >= FIRST_CONSTANT && registers[s * 2 + 1] === registers[s * 2]! >> 31) this.#added[d]! += registers[s * 2]!;
    else if (isMove) {
      this.#symbol[d] = this.#symbol[s]!;
      this.#added[d] = this.#added[s]!;
      this.#related = true;
    } else for (let mask = written; mask !== 0; mask &= mask - 1) this.#symbol[31 - Math.clz32(mask & -mask)] = this.#symbols++;

    if (isAdd && this.#copied === d && s !== this.#original) {
      this.#sum = d;
      this.#base = this.#original;
      this.#index = src[slot]!;
      this.#copied = -1;
      return;
    }
    if (this.#sum !== -1 && ((written >>> this.#sum) | (written >>> this.#base)) % 2 !== 0) this.#sum = -1;
    if (this.#sum !== -1 && registerOf(this.#index) < FIRST_CONSTANT && (written >>> registerOf(this.#index)) % 2 !== 0)
      this.#sum = -1;
    if (this.#copied !== -1 && ((written >>> this.#copied) | (written >>> this.#original)) % 2 !== 0) this.#copied = -1;
    if (!isMove) return;
    this.#copied = d;
    this.#original = s;
  }

  /** What is known of a register now holds of those that differ from it by what was added. */
  #spread(register: number): void {
    if (!this.#related) return;
    const symbol = this.#symbol[register]!;
    const from = this.#low[register]!;
    const to = this.#high[register]!;
    for (let other = 0; other < REGISTERS; other++) {
      if (other === register || this.#symbol[other] !== symbol) continue;
      const by = this.#added[other]! - this.#added[register]!;
      // Where it went around 2^64, nothing is known.
      if (from + by < 0 || !(to + by <= EXACT)) continue;
      if (from + by > this.#low[other]!) this.#low[other] = from + by;
      if (to + by < this.#high[other]!) this.#high[other] = to + by;
    }
  }

  /** An access through a sum went well: what it says of the base, whose index is known. */
  #trace(): void {
    const base = this.#base;
    this.#bounds.source(this.#index);
    const low = this.#low[this.#sum]! - this.#bounds.sourceHigh;
    const high = this.#high[this.#sum]! - this.#bounds.sourceLow;
    // The sum itself must not have gone around 2^64.
    if (!(this.#bounds.sourceHigh <= SMALL) || low < 0) return;
    if (low > this.#low[base]!) this.#low[base] = low;
    if (high < this.#high[base]!) this.#high[base] = high;
    this.#spread(base);
  }

  /** An access through a register went well: in checked mode it is an address. */
  #checked(base: number): void {
    const good = this.#good;
    if (good === null) return;
    this.#low[base] = Math.max(this.#low[base]!, good.low);
    // What needed no check may be a little beyond what a check lets through.
    if (!(this.#high[base]! <= good.high + good.slack)) this.#high[base] = good.high;
    this.#spread(base);
    if (base === this.#sum) this.#trace();
  }

  // ── from block to block ───────────────────────────────────────────────────────────────────────────────────────────

  /** Joins what is known now, and what the way taken says, into what is known at a block. True when that changed. */
  #meet(from: number, to: number, way: number, isFirst: boolean, rounds: number): boolean {
    const { operation, dst, src } = this.#program;
    const slot = this.#flow.last[from]!;
    if (way === -1 || KIND_OF[operation[slot]!] !== KIND.branch) return this.#join(to, isFirst, rounds);
    const d = registerOf(dst[slot]!);
    const s = registerOf(src[slot]!);
    this.#savedLow.set(this.#low);
    this.#savedHigh.set(this.#high);
    this.#bounds.refine(operation[slot]!, d, src[slot]!, way === 1);
    this.#spread(d);
    if (s < FIRST_CONSTANT) this.#spread(s);
    const changed = this.#join(to, isFirst, rounds);
    this.#low.set(this.#savedLow);
    this.#high.set(this.#savedHigh);
    return changed;
  }

  #join(block: number, isFirst: boolean, rounds: number): boolean {
    let changed = isFirst;
    for (let register = 0; register < REGISTERS; register++) {
      const at = block * REGISTERS + register;
      const low = this.#low[register]!;
      const high = this.#high[register]!;
      if (isFirst) {
        this.#lows[at] = low;
        this.#highs[at] = high;
        continue;
      }
      if (low < this.#lows[at]!) {
        this.#lows[at] = rounds < EXACT_ROUNDS ? low : 0;
        changed = true;
      }
      if (high > this.#highs[at]!) {
        this.#highs[at] =
          rounds < EXACT_ROUNDS ? high : rounds < PATIENCE ? this.#threshold(register, high) : Number.POSITIVE_INFINITY;
        changed = true;
      }
    }
    return changed;
  }

  /** The next number from `value` on where a register that grows might end: one that it is compared with, or any other. */
  #threshold(register: number, value: number): number {
    const lists = (this.#thresholds ??= thresholds(this.#program, this.#flow));
    return next(lists[register]!, value) ?? next(lists[REGISTERS]!, value) ?? Number.POSITIVE_INFINITY;
  }
}

/** By register, and last for all: numbers with which a function compares, and those beside them. Ascending. */
function thresholds(program: PreparedProgram, { start, end }: Flow): Float64Array[] {
  const found = Array.from({ length: REGISTERS + 1 }, () => new Set<number>());
  const all = found[REGISTERS]!.add(0xff).add(0xffff).add(SMALL);
  for (let slot = start; slot < end; slot += width(program, slot)) {
    if (KIND_OF[program.operation[slot]!] !== KIND.branch || registerOf(program.src[slot]!) < FIRST_CONSTANT) continue;
    const value = program.registers[program.src[slot]!]! >>> 0;
    for (const set of [found[registerOf(program.dst[slot]!)]!, all]) {
      set.add(value).add(value + 1);
      if (value > 0) set.add(value - 1);
    }
  }
  return found.map((set) => Float64Array.from(set).sort());
}

/** The first of an ascending list that is not less. */
function next(list: Float64Array, value: number): number | undefined {
  let from = 0;
  let to = list.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (list[middle]! < value) from = middle + 1;
    else to = middle;
  }
  return list[from];
}

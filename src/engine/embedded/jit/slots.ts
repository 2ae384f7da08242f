/**
 * Stack slots that can live in locals: compilers spill registers to the stack, and a local is a machine register where memory is four
 * cycles away.
 *
 * A slot is a place in the function's frame that is only accessed directly, always as the same bytes. As soon as an address in the
 * frame goes where it cannot be followed (into memory, into another function, through arithmetic), every place may be reached by it
 * and all stay in memory. What a helper is given it accesses as far as its prototype says.
 */

import type { HelperTable } from "../helpers/helper.ts";
import type { MapStore } from "../maps/store.ts";
import type { PreparedProgram } from "../program.ts";
import { FIRST_CONSTANT, KIND, KIND_OF, registerOf, SIZE_OF } from "./effects.ts";
import { type Flow, width } from "./flow.ts";
import type { Liveness } from "./liveness.ts";
import { CONSTANT, FRAME, type Values } from "./values.ts";

export interface Slot {
  /** Bytes below r10, and bytes: -16 and 8 for `*(u64 *)(r10 - 16)`. */
  readonly at: number;
  readonly size: number;
}

/** More than that would live in the machine's stack anyway. */
const MOST = 48;

export class StackSlots {
  readonly slots: readonly Slot[];
  /** Whether anything of the frame is left in memory. */
  readonly usesMemory: boolean;

  readonly #program: PreparedProgram;
  readonly #values: Values;
  readonly #helpers: HelperTable;
  readonly #maps: readonly MapStore[];
  readonly #liveness: Liveness;
  #escapes = false;
  /** Accesses by place and size, as `at * 16 + size`; those that must stay in memory. */
  readonly #accessed = new Set<number>();
  readonly #pinned: Slot[] = [];

  constructor(
    program: PreparedProgram,
    flow: Flow,
    order: readonly number[],
    values: Values,
    liveness: Liveness,
    helpers: HelperTable,
    maps: readonly MapStore[],
  ) {
    this.#program = program;
    this.#values = values;
    this.#liveness = liveness;
    this.#helpers = helpers;
    this.#maps = maps;
    const live = liveness.liveIn(flow.start);
    for (const block of order) {
      values.enter(block);
      for (let slot = flow.first[block]!; slot <= flow.last[block]!; slot += width(program, slot)) {
        if (this.#anyFrame()) this.#visit(slot);
        values.step(slot);
      }
      for (const to of flow.successors[block]!) this.#escapes ||= values.forgetsFrame(to, live[to]!);
      if (this.#escapes) break;
    }
    const slots = this.#escapes ? [] : this.#separate();
    this.slots = slots.slice(0, MOST);
    this.usesMemory = this.#escapes || this.#pinned.length > 0 || this.slots.length < this.#accessed.size;
  }

  #anyFrame(): boolean {
    return this.#values.kind.includes(FRAME);
  }

  #visit(slot: number): void {
    const program = this.#program;
    const { kind, low } = this.#values;
    const operation = program.operation[slot]!;
    const d = registerOf(program.dst[slot]!);
    const s = registerOf(program.src[slot]!);
    const isFrame = (register: number): boolean => register < FIRST_CONSTANT && kind[register] === FRAME;
    const size = SIZE_OF[operation]!;
    const offset = program.offset[slot]!;
    switch (KIND_OF[operation]) {
      case KIND.load:
        if (isFrame(s)) this.#access(low[s]! + offset, size);
        return;
      case KIND.acquire:
        if (isFrame(s)) this.#pinned.push({ at: low[s]! + offset, size });
        return;
      case KIND.store:
        if (isFrame(s)) this.#escapes = true;
        if (isFrame(d)) this.#access(low[d]! + offset, size);
        return;
      case KIND.release:
      case KIND.atomic:
        if (isFrame(s) || isFrame(0)) this.#escapes = true;
        if (isFrame(d)) this.#pinned.push({ at: low[d]! + offset, size });
        return;
      case KIND.move:
      case KIND.binary:
        // Followed where the result is known to be in the frame.
        if ((isFrame(s) || (isFrame(d) && KIND_OF[operation] === KIND.binary)) && !this.#values.keepsFrame(slot))
          this.#escapes = true;
        return;
      case KIND.branch:
        return;
      case KIND.callHelper:
        this.#helper(program.extra[slot]!);
        return;
      default:
        for (let mask = this.#liveness.reads[slot]!; mask !== 0; mask &= mask - 1) {
          if (isFrame(31 - Math.clz32(mask & -mask))) this.#escapes = true;
        }
    }
  }

  #access(at: number, size: number): void {
    if (at < -512 || at + size > 0) this.#escapes = true;
    else this.#accessed.add(at * 16 + size);
  }

  /** A helper touches what it is given as its prototype says. */
  #helper(id: number): void {
    const { kind, low, high } = this.#values;
    const args = this.#helpers[id]?.args ?? [];
    const map = kind[1] === CONSTANT && high[1] === 0 ? this.#maps.find(({ handle }) => handle === low[1]! >>> 0) : undefined;
    args.forEach((arg, index) => {
      const register = index + 1;
      if (kind[register] !== FRAME || arg === "number" || arg === "context" || arg === "size") return;
      let size: number | undefined;
      if (arg === "key") size = map?.keySize;
      else if (arg === "value" || arg === "value!" || arg === "value?") size = map?.valueSize;
      else if (typeof arg === "object") size = "memory" in arg ? arg.memory : 0;
      else if (!/^(read|write)/.test(arg)) size = undefined;
      else if (kind[register + 1] === CONSTANT && high[register + 1] === 0) size = low[register + 1]!;
      if (size === undefined) this.#escapes = true;
      else this.#pinned.push({ at: low[register]!, size });
    });
  }

  /** Those that nothing else overlaps. */
  #separate(): Slot[] {
    const places = [...this.#accessed]
      .map((code) => ({ at: code >> 4, size: code & 15, pinned: false }))
      .concat(this.#pinned.map(({ at, size }) => ({ at, size, pinned: true })))
      .sort((a, b) => a.at - b.at);
    const alone: Slot[] = [];
    let end = Number.NEGATIVE_INFINITY;
    places.forEach(({ at, size, pinned }, index) => {
      const next = places[index + 1];
      if (!pinned && at >= end && (next === undefined || next.at >= at + size)) alone.push({ at, size });
      end = Math.max(end, at + size);
    });
    return alone;
  }
}

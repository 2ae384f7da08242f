/**
 * Which registers a function takes from its caller and gives back: what it reads before it writes, and what somebody reads after a
 * call of it. Programs that a verifier accepts read r1 to r5 and give r0, or less; others may pass anything that the interpreter's
 * one register file passes, and generated code passes the same.
 */

import { OPERATION } from "../operations.ts";
import type { PreparedProgram } from "../program.ts";
import { type CallEffects, defs, KIND, KIND_OF, LEFT_BY_CALLEE, SEEN_BY_CALLEE, uses } from "./effects.ts";
import type { Flow } from "./flow.ts";

/** r0 to r5; r6 to r9 of the caller come back as they were. */
const RETURNED = 0x3f;

export class Liveness implements CallEffects {
  /** By first slot of a function: masks of registers. */
  readonly #entry = new Map<number, number>();
  readonly #exit = new Map<number, number>();
  readonly #helper: (id: number) => number;
  /** By slot: masks of the registers that an instruction reads, and writes. */
  readonly reads: Uint16Array;
  readonly writes: Uint16Array;
  /** By first slot of a function and block: what is read before it is written from there on. */
  readonly #live = new Map<number, Uint16Array>();

  /** @param helper mask of the registers that a helper gets. */
  constructor(program: PreparedProgram, functions: readonly Flow[], helper: (id: number) => number) {
    this.#helper = helper;
    this.reads = new Uint16Array(program.operation.length);
    this.writes = new Uint16Array(program.operation.length);
    const anyCallee = program.operation.some((operation) => KIND_OF[operation] === KIND.callRegister);
    for (const { start } of functions) {
      this.#entry.set(start, anyCallee ? SEEN_BY_CALLEE : 0);
      this.#exit.set(start, anyCallee ? LEFT_BY_CALLEE : start === 0 ? 1 : 0);
    }
    // Helpers call these; what they get is in r1 to r5, what they give in r0.
    for (const start of program.taken) this.#exit.set(start, this.exit(start) | 1);
    for (const { start, last } of functions) this.#live.set(start, new Uint16Array(last.length));
    for (let changed = true; changed; ) {
      changed = false;
      for (const flow of functions) changed = this.#walk(program, flow, this.liveIn(flow.start)) || changed;
      if (anyCallee) return;
    }
  }

  /** By block of the function at a slot: registers that are read before they are written from there on. */
  liveIn(start: number): Uint16Array {
    return this.#live.get(start)!;
  }

  helper(id: number): number {
    return this.#helper(id);
  }

  entry(slot: number): number {
    return this.#entry.get(slot)!;
  }

  exit(slot: number): number {
    return this.#exit.get(slot)!;
  }

  /** One function until nothing changes in it. True when what it takes, or what a callee must give, grew. */
  #walk(program: PreparedProgram, flow: Flow, live: Uint16Array): boolean {
    let outside = false;
    const { operation } = program;
    const { first, last, successors } = flow;
    // What a block was walked with; -1 for never.
    const walked = new Int32Array(last.length).fill(-1);
    for (let changed = true; changed; ) {
      changed = false;
      for (let block = last.length - 1; block >= 0; block--) {
        let mask = 0;
        for (const to of successors[block]!) mask |= live[to]!;
        if (walked[block] === mask) continue;
        walked[block] = mask;
        for (let slot = last[block]!; slot >= first[block]!; slot--) {
          if (operation[slot] === OPERATION.invalid) continue;
          if (operation[slot] === OPERATION.callLocal) {
            const callee = program.offset[slot]!;
            const wanted = this.exit(callee) | (mask & RETURNED);
            if (wanted !== this.exit(callee)) {
              this.#exit.set(callee, wanted);
              outside = true;
            }
          }
          const written = defs(program, slot, this);
          const read = uses(program, slot, flow.start, this);
          this.writes[slot] = written;
          this.reads[slot] = read;
          mask = (mask & ~written) | read;
        }
        if (mask === live[block]) continue;
        live[block] = mask;
        changed = true;
      }
    }
    const taken = this.entry(flow.start) | (live[0]! & SEEN_BY_CALLEE);
    if (taken === this.entry(flow.start)) return outside;
    this.#entry.set(flow.start, taken);
    return true;
  }
}

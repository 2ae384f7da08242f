/**
 * Which values of registers live in i32 locals. A web is what reaches a common reader: all writes of a register that some instruction
 * may read, and all that they may be read by. Where no write of a web leaves an upper half that anybody reads, the web is an i32.
 *
 * A register has at most one i32 and one i64 local: its webs are never alive at the same time.
 */

import { OPERATION } from "../operations.ts";
import type { PreparedProgram } from "../program.ts";
import { type Flow, width } from "./flow.ts";
import { isNarrow } from "./narrow.ts";
import { FACT } from "./ranges.ts";

const REGISTERS = 11;

/**
 * Whether what is small comes from an operation on 64 bits: for readers of 64 bits it stays one. (An i32 between a shift and an `or`
 * would keep V8 from seeing a rotation: 1.6 times as long for siphash.)
 */
function comesWide(program: PreparedProgram, slot: number, facts: number): boolean {
  const operation = program.operation[slot]!;
  return operation <= OPERATION.arsh64 && !isNarrow(program, slot, facts, true);
}

export class Webs {
  /** By block: registers whose value is an i32 where it begins. */
  readonly enter: Uint16Array;
  /** By place of an instruction: registers that it writes into i32 locals. */
  readonly written: Uint16Array;
  /** Registers that have an i32 local, an i64 local. */
  narrow = 0;
  wide = 0;

  /**
   * @param writes by slot: registers that it writes. @param live by block: registers that are read from there on before they are written.
   * @param after of `Demand`; `facts` of `Ranges`.
   * @param entry registers whose upper half may be there when the function begins.
   */
  constructor(
    program: PreparedProgram,
    flow: Flow,
    order: readonly number[],
    live: Uint16Array,
    writes: Uint16Array,
    after: Uint16Array,
    facts: Uint8Array,
    entry: number,
  ) {
    const count = flow.last.length;
    // Webs as sets: first those that begin with blocks, then those of writes. A set is wide when one of its writes is.
    const begin = count * REGISTERS;
    // A register for each instruction, and the calls that write more than one.
    let size = begin + flow.places;
    for (let slot = flow.start; slot < flow.end; slot++) if ((writes[slot]! & (writes[slot]! - 1)) !== 0) size += REGISTERS;
    // One more than the parent; 0 for the root of a set.
    const parent = new Int32Array(size);
    const wide = new Uint8Array(size);
    const find = (node: number): number => {
      let at = node;
      for (let up = parent[at]!; up !== 0; up = parent[at]!) {
        const next = parent[up - 1]!;
        if (next !== 0) parent[at] = next;
        at = up - 1;
      }
      return at;
    };
    const join = (one: number, other: number): void => {
      const a = find(one);
      const b = find(other);
      if (a === b) return;
      parent[b] = a + 1;
      wide[a]! |= wide[b]!;
    };
    const current = new Int32Array(REGISTERS);
    let next = begin;
    for (const block of order) {
      for (let register = 0; register < REGISTERS; register++) current[register] = block * REGISTERS + register;
      const base = flow.base[block]!;
      for (let slot = flow.first[block]!; slot <= flow.last[block]!; slot += width(program, slot)) {
        const place = base + slot;
        for (let mask = writes[slot]!; mask !== 0; mask &= mask - 1) {
          const register = 31 - Math.clz32(mask & -mask);
          current[register] = next;
          const wanted = ((after[place]! >>> register) & 1) === 1;
          wide[next] = wanted && ((facts[place]! & FACT.smallResult) === 0 || comesWide(program, slot, facts[place]!)) ? 1 : 0;
          // In half of its ways it leaves registers as they were.
          if (program.operation[slot] === OPERATION.callRegister) wide[next] = 1;
          next++;
        }
      }
      for (const to of flow.successors[block]!) {
        for (let mask = live[to]!; mask !== 0; mask &= mask - 1) {
          const register = 31 - Math.clz32(mask & -mask);
          join(to * REGISTERS + register, current[register]!);
        }
      }
    }
    for (let register = 0; register < REGISTERS; register++) if (((entry >>> register) & 1) === 1) wide[find(register)] = 1;

    this.enter = new Uint16Array(count);
    this.written = new Uint16Array(flow.places);
    next = begin;
    for (const block of order) {
      let narrow = 0;
      for (let mask = live[block]!; mask !== 0; mask &= mask - 1) {
        const one = mask & -mask;
        if (wide[find(block * REGISTERS + 31 - Math.clz32(one))] === 0) narrow |= one;
      }
      this.enter[block] = narrow;
      const base = flow.base[block]!;
      for (let slot = flow.first[block]!; slot <= flow.last[block]!; slot += width(program, slot)) {
        let written = 0;
        for (let all = writes[slot]!; all !== 0; all &= all - 1) {
          const one = all & -all;
          if (wide[find(next++)] === 0) written |= one;
          else this.wide |= one;
        }
        this.written[base + slot] = written;
        this.narrow |= written;
      }
    }
    // What is read before it is written: parameters, and zeroes.
    this.narrow |= this.enter[0]! & live[0]!;
    this.wide |= live[0]! & ~this.enter[0]!;
  }
}

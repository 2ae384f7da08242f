/**
 * What an instruction may change in memory, so that the record of a step looks no further. What is not listed here — every
 * helper, and whatever operation is added later — may change anything.
 */

import { FRAME_SIZE, FRAMES } from "../access.ts";
import { type Interpreter, POSITION } from "../interpreter.ts";
import { OPERATION } from "../operations.ts";

const ANYTHING = 0;
const NOTHING = 1;
/** The frames of called functions, which a call clears. */
const STACK = 2;
/** Stores: this, and the number of bytes. */
const STORE = 16;

const O = OPERATION;
const REGISTERS_ONLY = /^(acquire\d|j\w+(32|64)|jump|mayGoto|exit|wide|packet(Absolute|Indirect)\d)$/;
const EFFECT = new Uint8Array(256).fill(ANYTHING);
for (const [name, operation] of Object.entries(OPERATION)) {
  if (operation <= O.loadSigned4 || REGISTERS_ONLY.test(name)) EFFECT[operation] = NOTHING;
}
for (const size of [1, 2, 4, 8] as const) EFFECT[O[`store${size}`]] = EFFECT[O[`release${size}`]] = STORE + size;
EFFECT[O.atomic32] = STORE + 4;
EFFECT[O.atomic64] = STORE + 8;
EFFECT[O.callLocal] = STACK;

/** Bytes that a load reads, by operation; 0 for all others. */
const LOADS = new Uint8Array(256);
for (const size of [1, 2, 4, 8] as const) LOADS[O[`load${size}`]] = LOADS[O[`acquire${size}`]] = size;
for (const size of [1, 2, 4] as const) LOADS[O[`loadSigned${size}`]] = size;

/** The half-open range of addresses that the next instruction may write. Hot: once a step. */
export class Effect {
  start = 0;
  end = 0;
  /** Whether it may write anywhere at all; the range is then empty. */
  anything = false;
  /** Whether it is a store of the program's own, which writes all of the range. */
  store = false;
  /** What it reads through a register; empty for all but loads. */
  readStart = 0;
  readEnd = 0;

  read(interpreter: Interpreter): void {
    const { program, registers, position } = interpreter;
    const pc = position[POSITION.pc]!;
    const operation = program.operation[pc]!;
    const effect = EFFECT[operation]!;
    const size = LOADS[operation]!;
    this.anything = effect === ANYTHING;
    this.store = effect > STORE;
    this.start = this.end = this.readStart = this.readEnd = 0;
    if (this.store) {
      this.start = (registers[program.dst[pc]!]! >>> 0) + program.offset[pc]!;
      this.end = this.start + effect - STORE;
    } else if (effect === STACK) {
      this.end = interpreter.cpu.stackEnd;
      this.start = this.end - FRAMES * FRAME_SIZE;
    }
    if (size > 0) {
      this.readStart = (registers[program.src[pc]!]! >>> 0) + program.offset[pc]!;
      this.readEnd = this.readStart + size;
    }
  }
}

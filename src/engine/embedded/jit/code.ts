/** Instructions of WebAssembly one after the other, and eBPF registers as locals of the function that they are in. */

import { FRAME_SIZE } from "../access.ts";
import type { PreparedProgram } from "../program.ts";
import { FIRST_CONSTANT, FRAME_POINTER, registerOf } from "./effects.ts";
import { ByteWriter, OP } from "./wasm.ts";

/** A little more than bytes: instructions with their immediates. */
export class Code extends ByteWriter {
  op(...opcodes: readonly number[]): this {
    for (const opcode of opcodes) this.byte(opcode);
    return this;
  }

  get(local: number): this {
    this.byte(OP.localGet);
    this.unsigned(local);
    return this;
  }

  set(local: number): this {
    this.byte(OP.localSet);
    this.unsigned(local);
    return this;
  }

  tee(local: number): this {
    this.byte(OP.localTee);
    this.unsigned(local);
    return this;
  }

  i32(value: number): this {
    this.byte(OP.i32Const);
    this.signed(value);
    return this;
  }

  load(opcode: number, offset: number): this {
    this.byte(opcode);
    this.byte(0);
    this.unsigned(offset);
    return this;
  }
}

/**
 * The code of a function whose locals are the registers: an i64 each, an i32 each, or both in turn (see `webs.ts`). `word` names a
 * register, or a constant of the program, as there.
 */
export class RegisterCode extends Code {
  readonly program: PreparedProgram;
  /** By register: its i64 local, its i32 local, or -1. */
  readonly wideLocal = new Int32Array(FIRST_CONSTANT).fill(-1);
  readonly narrowLocal = new Int32Array(FIRST_CONSTANT).fill(-1);
  /** Registers whose value now is in their i32 local; the upper half is 0, or nobody reads it. */
  narrow = 0;
  /** The local (i32) that points at the lowest byte of the function's frame. */
  frame = 0;
  /** A local (i32) for whoever needs one between a few instructions. */
  address = 0;
  /** Whether r10 is a local of its own, because the program writes it. */
  writesFrame = false;

  constructor(capacity: number, program: PreparedProgram) {
    super(capacity);
    this.program = program;
  }

  i64(low: number, high: number): this {
    this.byte(OP.i64Const);
    this.signed64(low, high);
    return this;
  }

  if(type: number): this {
    return this.op(OP.if, type);
  }

  /** Code for the same locals. */
  another(capacity: number): RegisterCode {
    const code = new RegisterCode(capacity, this.program);
    code.wideLocal.set(this.wideLocal);
    code.narrowLocal.set(this.narrowLocal);
    code.frame = this.frame;
    code.address = this.address;
    code.writesFrame = this.writesFrame;
    return code;
  }

  isNarrow(word: number): boolean {
    return ((this.narrow >>> registerOf(word)) & 1) === 1;
  }

  push64(word: number): this {
    const register = registerOf(word);
    if (register >= FIRST_CONSTANT) return this.i64(this.program.registers[word]!, this.program.registers[word + 1]!);
    if (register === FRAME_POINTER && !this.writesFrame) return this.pushFramePointer();
    if (this.isNarrow(word)) return this.get(this.narrowLocal[register]!).op(OP.extendU);
    return this.get(this.wideLocal[register]!);
  }

  /** The lower half. */
  push32(word: number): this {
    const register = registerOf(word);
    if (register >= FIRST_CONSTANT) return this.i32(this.program.registers[word]!);
    if (register === FRAME_POINTER && !this.writesFrame) return this.get(this.frame).i32(FRAME_SIZE).op(OP.i32Add);
    if (this.isNarrow(word)) return this.get(this.narrowLocal[register]!);
    return this.get(this.wideLocal[register]!).op(OP.wrap);
  }

  /** The upper half, as i32. */
  pushHigh(word: number): this {
    if (registerOf(word) < FIRST_CONSTANT && this.isNarrow(word)) return this.i32(0);
    return this.push64(word).i64(32, 0).op(OP.i64ShrU, OP.wrap);
  }

  pushFramePointer(): this {
    return this.get(this.frame).i32(FRAME_SIZE).op(OP.i32Add, OP.extendU);
  }
}

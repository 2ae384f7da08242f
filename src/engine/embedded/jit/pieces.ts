/**
 * Functions that are too much for one function of WebAssembly: longer than JavaScript engines take, of more blocks without structure or
 * of deeper loops than their optimizing compilers go through in good time. Their blocks are shared out among several functions, the
 * pieces. Between two pieces registers live in globals; a driver calls one piece after the other. Inside of a piece, and in all that
 * it calls, the globals are free: nothing needs to be saved.
 */

import { FRAME_SIZE } from "../access.ts";
import { MAY_GOTO_LIMIT } from "../interpreter.ts";
import { Code } from "./code.ts";
import { FRAME_POINTER } from "./effects.ts";
import type { Flow } from "./flow.ts";
import type { Shared, Signature } from "./module.ts";
import { I32, MEMORY_FILL, OP, TRUNCATE, VOID } from "./wasm.ts";

/** Blocks of a piece, and slots. V8 takes time that grows with the square of blocks that a table leads to. */
const MOST_BLOCKS = 2048;
const MOST_SLOTS = 16_384;

/** Where registers are between pieces; the same for all functions of a module. */
export interface PieceGlobals {
  /** By register: a global, i64. */
  readonly registers: readonly number[];
  /** i32: what is left of `may_goto`. */
  readonly loops: number;
}

/** Parameters of a piece: the frame, and the number of the block in it to begin with. */
export const PIECE_PARAMETERS = [I32, I32] as const;
export const PIECE_FRAME = 0;
export const PIECE_ENTRY = 1;

/** A piece gives the piece to go on with and the block in it, or this at the function's end. */
export const ENDED = -1;
export const goOn = (piece: number, block: number): number => (piece << 12) | block;

/** Blocks in reverse postorder, shared out. */
export function shareOut({ first, last }: Flow, order: readonly number[], most = MOST_BLOCKS): number[][] {
  const pieces: number[][] = [];
  let slots = MOST_SLOTS;
  for (const block of order) {
    const size = last[block]! - first[block]! + 1;
    let piece = pieces.at(-1);
    if (piece === undefined || piece.length >= most || slots + size > MOST_SLOTS) {
      pieces.push((piece = []));
      slots = 0;
    }
    piece.push(block);
    slots += size;
  }
  return pieces;
}

export interface Driven {
  readonly shared: Shared;
  readonly signature: Signature;
  readonly isMain: boolean;
  readonly writesFrame: boolean;
  readonly mayGoto: boolean;
  /** Whether its frame must begin as zeroes. */
  readonly clearsFrame: boolean;
  /** Where its pieces stand in the module's table. */
  readonly table: number;
}

/** The function itself: it calls its pieces. */
export function writeDriver({ shared, signature, isMain, writesFrame, mayGoto, clearsFrame, table }: Driven): {
  readonly locals: readonly (readonly [number, number])[];
  readonly code: Uint8Array;
} {
  const { registers, loops } = shared.pieceGlobals();
  const out = new Code(256);
  const global = (opcode: number, index: number): void => {
    out.byte(opcode);
    out.unsigned(index);
  };
  const frame = isMain ? 2 : signature.params.length;
  const next = isMain ? 4 : frame + 1;
  if (isMain) {
    // Its registers begin as 0.
    for (const register of registers.keys()) {
      if (register === 1 || register === 2) out.get(register - 1).op(OP.extendU);
      else out.op(OP.i64Const, 0);
      global(OP.globalSet, registers[register]!);
    }
    if (shared.fuelGlobal !== -1) {
      out.get(3).op(OP.bulk, TRUNCATE);
      global(OP.globalSet, shared.fuelGlobal);
    }
  } else {
    signature.params.forEach((register, at) => {
      out.get(at);
      global(OP.globalSet, registers[register]!);
    });
  }
  if (writesFrame) {
    out.get(frame).i32(FRAME_SIZE).op(OP.i32Add, OP.extendU);
    global(OP.globalSet, registers[FRAME_POINTER]!);
  }
  if (mayGoto) {
    out.i32(MAY_GOTO_LIMIT);
    global(OP.globalSet, loops);
  }
  if (clearsFrame) out.get(frame).i32(0).i32(FRAME_SIZE).op(OP.bulk, MEMORY_FILL, 0);
  out.op(OP.loop, VOID).get(frame).get(next).i32(0xfff).op(OP.i32And);
  out.get(next).i32(12).op(OP.i32ShrU).i32(table).op(OP.i32Add, OP.callIndirect);
  out.unsigned(shared.pieceType());
  out.unsigned(shared.tails === null ? 0 : 1);
  out.tee(next).i32(ENDED).op(OP.i32Ne, OP.brIf, 0, OP.end);
  if (isMain) {
    if (shared.resultGlobal !== -1) {
      global(OP.globalGet, registers[0]!);
      out.op(OP.i64Const, 32, OP.i64ShrU, OP.wrap);
      global(OP.globalSet, shared.resultGlobal);
    }
    global(OP.globalGet, registers[0]!);
    out.op(OP.wrap);
  } else for (const register of signature.results) global(OP.globalGet, registers[register]!);
  out.op(OP.end);
  return { locals: [[1, I32]], code: out.finish() };
}

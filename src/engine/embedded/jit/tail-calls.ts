/**
 * Tail calls as WebAssembly: an array's number of a program is an index of the CPU's table (`tail-table.ts`), where its main function
 * is. From a main function the call is one of WebAssembly's own tail calls, so that the machine's stack does not grow; a function below
 * it calls and returns what came of it.
 */

import { CALLS } from "../cpu.ts";
import { MOST_TAIL_CALLS } from "../helpers/tail-calls.ts";
import type { FunctionCode } from "./function-code.ts";
import { ENDED } from "./pieces.ts";
import { CONSTANT } from "./values.ts";
import { I32, OP, VOID } from "./wasm.ts";

/** What a module that makes tail calls, or is reached by them, imports. */
export interface TailImports {
  /** Global: `Cpu.calls`. */
  readonly calls: number;
  /** Type of main functions. */
  readonly mainType: number;
  /** Before and after a tail call of a function that is not the main one: the host keeps what it comes back to. */
  readonly leave: number;
  readonly back: number;
}

/** The imported table; a module's own follows. */
const TABLE = 0;

/** @param pushNumber pushes what the helper finds: the number of a program, or 0. */
export function writeTailCall(f: FunctionCode, slot: number, tails: TailImports, pushNumber: () => void): void {
  const { out } = f;
  pushArrayNumber(f, pushNumber);
  out.set(out.address);
  const calls = (): void => {
    out.byte(OP.globalGet);
    out.unsigned(tails.calls);
  };
  const call = (index: number): void => {
    out.byte(OP.call);
    out.unsigned(index);
  };
  out.op(OP.block, VOID);
  out.get(out.address).op(OP.i32Eqz, OP.brIf, 0);
  calls();
  out.load(OP.i32Load, CALLS.count).i32(MOST_TAIL_CALLS).op(OP.i32GeU, OP.brIf, 0);
  calls();
  calls();
  out.load(OP.i32Load, CALLS.count).i32(1).op(OP.i32Add).load(OP.i32Store, CALLS.count);
  writeFuel(f, tails);
  // A piece of a main function gives its driver where to go on: it is not the function's end.
  const isLast = f.isMain && !f.inPieces;
  if (!isLast) {
    out.i32(slot).get(out.frame);
    call(tails.leave);
  }
  out.push32(2).i32(0).get(out.frame);
  calls();
  out.load(OP.f64Load, CALLS.fuel).get(out.address);
  out.byte(isLast ? OP.returnCallIndirect : OP.callIndirect);
  out.unsigned(tails.mainType);
  out.unsigned(TABLE);
  if (!isLast) {
    out.op(OP.extendU);
    calls();
    out.load(OP.i64Load32U, CALLS.high).i64(32, 0).op(OP.i64Shl, OP.i64Or).set(f.old);
    call(tails.back);
    if (f.checked) {
      calls();
      out.load(OP.f64Load, CALLS.fuel).op(OP.bulk, 6);
      out.byte(OP.globalSet);
      out.unsigned(f.shared.fuelGlobal);
    }
    for (const register of f.results) {
      if (register === 0) out.get(f.old);
      else out.i64(0, 0);
      if (!f.inPieces) continue;
      out.byte(OP.globalSet);
      out.unsigned(f.shared.pieceGlobals().registers[register]!);
    }
    if (f.inPieces) out.i32(ENDED);
    out.op(OP.return);
  }
  out.op(OP.end).i32(0);
  f.write32(0);
}

/** Bare, with an array that is known, the number is read in place. */
function pushArrayNumber(f: FunctionCode, pushNumber: () => void): void {
  const { out, values, shared } = f;
  const known = values.kind[2] === CONSTANT && values.high[2] === 0;
  const map = known ? shared.mapOf(values.low[2]!) : null;
  if (f.checked || map?.type !== "prog_array") {
    pushNumber();
    return;
  }
  out.push32(6).tee(out.address).i32(map.maxEntries).op(OP.i32LtU, OP.if, I32);
  out.get(out.address).i32(map.values.stride).op(OP.i32Mul).load(OP.i32Load, map.values.start);
  out.op(OP.else).i32(0).op(OP.end);
}

/** Leaves the fuel where the next program finds it. A program without has left there what it was given. */
function writeFuel(f: FunctionCode, tails: TailImports): void {
  if (!f.checked) return;
  const { out } = f;
  out.byte(OP.globalGet);
  out.unsigned(tails.calls);
  out.get(f.fuel).op(OP.f64FromI64).load(OP.f64Store, CALLS.fuel);
}

/** At the exit of a main function: the upper half of its result, and its fuel, for the function whose tail call began it. */
export function writeOutcome(f: FunctionCode, tails: TailImports): void {
  f.out.byte(OP.globalGet);
  f.out.unsigned(tails.calls);
  f.out.pushHigh(0);
  f.out.load(OP.i32Store, CALLS.high);
  writeFuel(f, tails);
}

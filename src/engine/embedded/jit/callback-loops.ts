/**
 * Loops of helpers and kfuncs as WebAssembly, where a program says at the call which function to call back: `bpf_loop` becomes a loop that
 * calls the function of the module, `bpf_iter_num_next` what it does to the iterator's 8 bytes.
 */

import { HELPER } from "../../../uapi/helpers.ts";
import { FRAME_SIZE, FUNCTION_TAG } from "../access.ts";
import { MOST_ROUNDS } from "../helpers/callbacks.ts";
import { E2BIG, EINVAL } from "../maps/errno.ts";
import { checkDepth, loadFuel, saveFuel, writeInt } from "./calls.ts";
import { type FunctionCode, ITER_NUM_NEXT } from "./function-code.ts";
import { CONSTANT, FRAME } from "./values.ts";
import { I32, OP, VOID } from "./wasm.ts";

/** Whether it wrote the call; else the helper is to do it. */
export function writeLoopCall(f: FunctionCode, slot: number, id: number): boolean {
  if (id === HELPER.bpf_loop) return writeLoop(f, slot);
  if (id === ITER_NUM_NEXT && !f.checked) {
    writeNextNumber(f);
    return true;
  }
  return false;
}

/** r1 rounds, r2 the function, r3 its context, r4 flags; see `loop` of helpers/callbacks.ts. */
function writeLoop(f: FunctionCode, slot: number): boolean {
  const { out, values, shared } = f;
  const target = values.low[2]!;
  const known = values.kind[2] === CONSTANT && values.high[2] === FUNCTION_TAG && shared.program.taken.has(target);
  if (!known) return false;
  // In checked mode the context must be in the stack, or null: where that is not known the helper looks.
  const isNull = values.kind[3] === CONSTANT && values.low[3] === 0 && values.high[3] === 0;
  if (f.checked && values.kind[3] !== FRAME && !isNull) return false;
  const { index, params, results } = shared.signatureOf(target);
  const [round, rounds] = [f.round, f.rounds];

  out.op(OP.block, I32);
  out.push64(8).op(OP.i64Eqz, OP.i32Eqz, OP.if, VOID).i32(-EINVAL).op(OP.br, 1, OP.end);
  out.push32(2).tee(rounds).i32(MOST_ROUNDS).op(OP.i32GtU, OP.if, VOID).i32(-E2BIG).op(OP.br, 1, OP.end);
  out.i32(0).set(round);
  saveFuel(f);
  out.op(OP.block, VOID, OP.loop, VOID);
  out.get(round).get(rounds).op(OP.i32GeU, OP.brIf, 1);
  f.depth += 3;
  checkDepth(f, slot);
  f.depth -= 3;
  for (const register of params) {
    if (register === 1) out.get(round).op(OP.extendU);
    else if (register === 2) out.push32(6).op(OP.extendU);
    else out.i64(0, 0);
  }
  out.get(out.frame).i32(FRAME_SIZE).op(OP.i32Sub, OP.call);
  out.unsigned(index);
  for (let extra = results.length; extra > 1; extra--) out.op(OP.drop);
  out.op(OP.wrap);
  out.get(round).i32(1).op(OP.i32Add).set(round);
  out.op(OP.i32Eqz, OP.brIf, 0, OP.end, OP.end);
  loadFuel(f);
  out.get(round).op(OP.end);
  writeInt(f);
  return true;
}

/** See `numNext` of kfuncs/iterators.ts. The address of the iterator is r1. */
function writeNextNumber(f: FunctionCode): void {
  const { out } = f;
  out.push32(2).set(f.rounds);
  out.get(f.rounds).load(OP.i32Load, 0).i32(1).op(OP.i32Add).tee(f.round);
  out.get(f.rounds).load(OP.i32Load, 4).op(OP.i32LtS, OP.if, I32);
  out.get(f.rounds).get(f.round).load(OP.i32Store, 0);
  out.get(f.rounds);
  out.op(OP.else);
  out.get(f.rounds).i64(0, 0).load(OP.i64Store, 0);
  out.i32(0).op(OP.end);
  f.write32(0);
}

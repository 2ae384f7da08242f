/**
 * Runs a program on one context after the other without coming back to JavaScript in between: what a ring of packets is worked off
 * with. A call from JavaScript costs 6 ns where V8 knows its target, twice as much where several programs run; a call in here 1 ns.
 */

import { Code } from "./code.ts";
import { F64, I32, type ModuleWriter, OP, VOID } from "./wasm.ts";

/** Exports of a module. */
export interface EachExports {
  /**
   * @param context address of the first one. @param verdict where the first result goes, a u32; the others follow.
   * @param count at least 1. @param frame the lowest byte of the main function's stack.
   */
  each(context: number, stride: number, verdict: number, count: number, frame: number, fuel: number): void;
  /** After `each` threw: where the result of the run that failed would have gone. */
  place(): number;
}

/** @param main the function that runs the program once. */
export function writeEach(module: ModuleWriter, main: number): void {
  const [context, stride, verdict, count, frame, fuel] = [0, 1, 2, 3, 4, 5];
  const place = module.global(I32);
  const each = module.function([I32, I32, I32, I32, I32, F64], []);
  const code = new Code(64);
  const index = (opcode: number, at: number): void => {
    code.byte(opcode);
    code.unsigned(at);
  };
  code.op(OP.loop, VOID).get(verdict);
  index(OP.globalSet, place);
  code.get(verdict).get(context).i32(0).get(frame).get(fuel);
  index(OP.call, main);
  code.load(OP.i32Store, 0);
  code.get(context).get(stride).op(OP.i32Add).set(context);
  code.get(verdict).i32(4).op(OP.i32Add).set(verdict);
  code.get(count).i32(1).op(OP.i32Sub).tee(count).op(OP.brIf, 0, OP.end, OP.end);
  module.body(each, [], code.finish());
  module.exportFunction("each", each);

  const reader = new Code(8);
  reader.byte(OP.globalGet);
  reader.unsigned(place);
  const at = module.function([], [I32]);
  module.body(at, [], reader.op(OP.end).finish());
  module.exportFunction("place", at);
}

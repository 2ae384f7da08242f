/** Runs a function of the IR by the evaluator, and its generated code by the embedded engine's interpreter: the same world for both. */

import { type GenerateOptions, generateProgram } from "../../src/compiler/codegen/generate.ts";
import { type Environment, evaluate } from "../../src/compiler/ir/evaluate.ts";
import type { IrFunction, Width } from "../../src/compiler/ir/ir.ts";
import { type RawHelper, runRaw } from "../../src/engine/embedded/raw.ts";
import { HELPER } from "../../src/uapi/helpers.ts";
import { HELPERS } from "./random-function.ts";

/** Bytes of slots of one call of a function. */
const FRAME = 512;

export interface Outcome {
  /** 0 … 2^64 - 1. */
  readonly result: bigint;
  readonly memory: Uint8Array;
}

/** What a helper gives: all its arguments matter, and all 64 bits of the result. */
function helper(number: number, args: readonly bigint[]): bigint {
  return BigInt.asUintN(
    64,
    args.reduce((sum, arg) => sum * 0x9e37_79b9_7f4a_7c15n + arg, BigInt(number) * 0xdead_beef_1234_5677n),
  );
}

/** @param functions what it may call. */
export function runEvaluator(fn: IrFunction, memory: Uint8Array, functions: readonly IrFunction[] = []): Outcome {
  const own = memory.slice();
  const slotBytes = new Uint8Array(FRAME * 8);
  let depth = 0;
  const at = (address: bigint): { view: DataView; offset: number } =>
    address >= 0x2000n
      ? { view: new DataView(slotBytes.buffer), offset: Number(address - 0x2000n) }
      : { view: new DataView(own.buffer), offset: Number(address - 0x1000n) };
  const world: Environment = {
    read(address, width) {
      const { view, offset } = at(address);
      return read(view, offset, width);
    },
    write(address, width, value) {
      const { view, offset } = at(address);
      write(view, offset, width, value);
    },
    slot: (index) => 0x2000n + BigInt(depth * FRAME + index * 64),
    map: () => 0n,
    mapValue: () => 0n,
    functionAddress: () => 0n,
    ksym: () => 0n,
    call(callee, args) {
      if (callee.kind === "helper") return helper(callee.helper, args);
      const called = functions.find(({ name }) => name === callee.name);
      if (called === undefined) throw new RangeError(`there is no function ${callee.name}`);
      depth++;
      const given = evaluate(called, args, world);
      depth--;
      return given ?? 0n;
    },
  };
  const result = evaluate(fn, [0x1000n, BigInt(memory.length)], world);
  return { result: result ?? 0n, memory: own };
}

/** @param functions what it may call. */
export function runGenerated(
  fn: IrFunction,
  memory: Uint8Array,
  options: GenerateOptions,
  functions: readonly IrFunction[] = [],
): Outcome {
  const { instructions } = generateProgram(fn, functions, options);
  const helpers: Record<number, RawHelper> = {};
  for (const [name, count] of Object.entries(HELPERS)) {
    const number = HELPER[name as keyof typeof HELPERS];
    helpers[number] = (...args) => helper(number, args.slice(0, count));
  }
  const { r0, memory: after } = runRaw(instructions, { memory, helpers });
  return { result: r0, memory: after };
}

function read(view: DataView, offset: number, width: Width): bigint {
  if (width === 8) return view.getBigUint64(offset, true);
  return BigInt(width === 4 ? view.getUint32(offset, true) : width === 2 ? view.getUint16(offset, true) : view.getUint8(offset));
}

function write(view: DataView, offset: number, width: Width, value: bigint): void {
  if (width === 8) view.setBigUint64(offset, value, true);
  else if (width === 4) view.setUint32(offset, Number(value), true);
  else if (width === 2) view.setUint16(offset, Number(value), true);
  else view.setUint8(offset, Number(value));
}

/**
 * How long optimizing and generating take, by the size of the function. `node bench/codegen.ts` prints a table; median of 9 rounds
 * after 3 for warming up.
 *
 * The functions are random (test/compiler/random-function.ts): dense with variables that live long, so they press the register
 * allocator harder than what people write.
 */

import { generate } from "../src/compiler/codegen/generate.ts";
import type { IrFunction } from "../src/compiler/ir/ir.ts";
import { optimize } from "../src/compiler/ir/optimize.ts";
import { randomFunction } from "../test/compiler/random-function.ts";
import { median, printTable } from "./measure.ts";

const WARM_UP = 3;
const ROUNDS = 9;

/** A tape of the same numbers every time (xorshift32). */
function tape(length: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  });
}

function milliseconds(run: () => void): number {
  const times: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const start = performance.now();
    run();
    if (round >= WARM_UP) times.push(performance.now() - start);
  }
  return median(times);
}

function sizeOf(fn: IrFunction): number {
  return fn.blocks.reduce((sum, block) => sum + block.instructions.length + 1, 0);
}

printTable(
  ["IR instructions", "optimized", "machine slots", "frame bytes", "optimize ms", "generate ms"],
  [5, 20, 80, 320].map((statements) => {
    const fn = randomFunction(tape(100_000, 2_654_435_761), 4, statements);
    const optimized = optimize(fn);
    const { code, frameSize } = generate(optimized);
    return [
      String(sizeOf(fn)),
      String(sizeOf(optimized)),
      String(code.length / 8),
      String(frameSize),
      milliseconds(() => optimize(fn)).toFixed(2),
      milliseconds(() => generate(optimized)).toFixed(2),
    ];
  }),
);

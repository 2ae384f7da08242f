/** What is generated computes what the IR says, for every instruction set version. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FrameError } from "../../src/compiler/codegen/errors.ts";
import { optimize } from "../../src/compiler/ir/optimize.ts";
import { printFunction } from "../../src/compiler/ir/print.ts";
import { findProblems } from "../../src/compiler/ir/verify.ts";
import type { CpuVersion } from "../../src/isa/opcodes.ts";
import { MEMORY_SIZE, randomFunction, randomProgram } from "./random-function.ts";
import { runEvaluator, runGenerated } from "./run-ir.ts";

const RUNS = Number(process.env["SKEP_RUNS"] ?? 150);
const tape = fc.array(fc.nat(0xffff_ffff), { minLength: 100, maxLength: 400, size: "max" });
const memory = fc.uint8Array({ minLength: MEMORY_SIZE, maxLength: MEMORY_SIZE });

describe("optimize", () => {
  it("keeps every rule of the IR, after each pass, and what the function computes", () => {
    fc.assert(
      fc.property(tape, memory, (numbers, bytes) => {
        const fn = randomFunction(numbers, 4);
        const text = printFunction(fn);
        const wanted = runEvaluator(fn, bytes);
        const optimized = optimize(fn, {
          observe(pass, after) {
            assert.deepEqual(findProblems(after), [], `after ${pass}:\n${printFunction(after)}`);
            assert.deepEqual(runEvaluator(after, bytes), wanted, `after ${pass}`);
          },
        });
        assert.deepEqual(runEvaluator(optimized, bytes), wanted);
        assert.equal(printFunction(fn), text, "the original is not changed");
      }),
      { numRuns: RUNS },
    );
  });
});

/** What it gives, or null where the frames of a chain of calls do not fit: then there is nothing to run. */
function unlessTooLarge<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof FrameError) return null;
    throw error;
  }
}

describe("programs of several functions", () => {
  for (const cpu of [1, 2, 3, 4] as CpuVersion[]) {
    it(`compute what the evaluator computes, on cpu v${cpu}`, () => {
      let ran = 0;
      fc.assert(
        fc.property(tape, memory, (numbers, bytes) => {
          const { main, functions } = randomProgram(numbers, cpu);
          for (const fn of [main, ...functions]) assert.deepEqual(findProblems(fn), [], printFunction(fn));
          const wanted = runEvaluator(main, bytes, functions);
          const optimized = functions.map((fn) => optimize(fn));
          assert.deepEqual(runEvaluator(optimize(main), bytes, optimized), wanted, "optimized, evaluated");
          const direct = unlessTooLarge(() => runGenerated(main, bytes, { cpu }, functions));
          if (direct !== null) assert.deepEqual(direct, wanted);
          const better = unlessTooLarge(() => runGenerated(optimize(main), bytes, { cpu }, optimized));
          if (better !== null) assert.deepEqual(better, wanted, "optimized");
          if (better !== null && printFunction(optimize(main)).includes("#function(")) ran++;
        }),
        { numRuns: RUNS },
      );
      assert.ok(ran > RUNS / 4, `only ${ran} of ${RUNS} programs called something and had frames that fit`);
    });
  }
});

describe("generate", () => {
  for (const cpu of [1, 2, 3, 4] as CpuVersion[]) {
    it(`computes what the evaluator computes, on cpu v${cpu}`, () => {
      fc.assert(
        fc.property(tape, memory, (numbers, bytes) => {
          const fn = randomFunction(numbers, cpu);
          assert.deepEqual(findProblems(fn), [], printFunction(fn));
          const wanted = runEvaluator(fn, bytes);
          assert.deepEqual(runGenerated(fn, bytes, { cpu }), wanted);
          assert.deepEqual(runGenerated(optimize(fn), bytes, { cpu }), wanted, "optimized");
        }),
        { numRuns: RUNS },
      );
    });
  }
});

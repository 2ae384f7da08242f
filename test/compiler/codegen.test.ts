/** What is generated computes what the IR says, for every instruction set version. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { printFunction } from "../../src/compiler/ir/print.ts";
import { findProblems } from "../../src/compiler/ir/verify.ts";
import type { CpuVersion } from "../../src/isa/opcodes.ts";
import { MEMORY_SIZE, randomFunction } from "./random-function.ts";
import { runEvaluator, runGenerated } from "./run-ir.ts";

const RUNS = Number(process.env["SKEP_RUNS"] ?? 150);
const tape = fc.array(fc.nat(0xffff_ffff), { minLength: 100, maxLength: 400, size: "max" });
const memory = fc.uint8Array({ minLength: MEMORY_SIZE, maxLength: MEMORY_SIZE });

describe("generate", () => {
  for (const cpu of [1, 2, 3, 4] as CpuVersion[]) {
    it(`computes what the evaluator computes, on cpu v${cpu}`, () => {
      fc.assert(
        fc.property(tape, memory, (numbers, bytes) => {
          const fn = randomFunction(numbers, cpu);
          assert.deepEqual(findProblems(fn), [], printFunction(fn));
          assert.deepEqual(runGenerated(fn, bytes, { cpu }), runEvaluator(fn, bytes));
        }),
        { numRuns: RUNS },
      );
    });
  }
});

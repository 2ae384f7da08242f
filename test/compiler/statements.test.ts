/** Random programs compute what JavaScript does: control flow, functions, fields and maps together. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CompileError } from "../../src/compiler/compile.ts";
import { counted, evaluate } from "./program.ts";
import { DECLARATIONS, randomStatements } from "./random-statements.ts";

const RUNS = Number(process.env["SKEP_STATEMENTS"] ?? 100);

test("random statements compute what JavaScript does", async () => {
  const packet = counted().map((byte) => (byte * 37 + 11) & 255);
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(0xffff_ffff), fc.constantFrom(1, 2, 3, 4), async (seed, cpu) => {
      const { body, result } = randomStatements(seed, packet);
      try {
        assert.equal(await evaluate(body, { top: DECLARATIONS, packet, cpu }), result, body);
      } catch (error) {
        // What is known when compiling is refused where it cannot be: a switch on constants, code after an endless loop.
        if (!(error instanceof CompileError)) throw error;
        refused++;
      }
    }),
    { numRuns: RUNS },
  );
  assert.ok(refused < RUNS / 4, `${refused} of ${RUNS} refused`);
});

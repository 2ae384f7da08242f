/** Generated code does what the interpreter does. `scripts/fuzz-jit.ts` goes on where these tests end. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { generate } from "../../src/compiler/codegen/generate.ts";
import { runRaw } from "../../src/engine/embedded/raw.ts";
import { FaultError, VerifierError } from "../../src/engine/errors.ts";
import { assemble } from "../../src/isa/assemble.ts";
import { IsaError } from "../../src/isa/errors.ts";
import { HELPER } from "../../src/uapi/helpers.ts";
import { HELPERS, MEMORY_SIZE, randomFunction } from "../compiler/random-function.ts";
import { compare } from "./differential.ts";
import { runJit, WAYS } from "./run-jit.ts";

test("random programs: the same registers and memory, and endless ones are stopped", () => {
  let same = 0;
  for (let seed = 0; seed < 300; seed++) {
    const verdict = compare(seed);
    if (typeof verdict === "object") assert.fail(verdict.difference);
    if (verdict === "same") same++;
  }
  assert.ok(same > 130, `${same} came to an end`);
});

test("a branch that only chooses between 0 and 1 becomes its condition, of either half and either way round", () => {
  const memory = new Uint8Array(8);
  for (const condition of ["r1 < r2", "r1 s< r2", "w1 == w2", "w1 s>= w2", "r1 & 0x6", "w1 & 0x6", "r1 == 0x0", "r1 > -2"])
    for (const [set, side] of [
      ["r0 = 1", "r0 = 0"],
      ["w0 = 0", "w0 = 1"],
      ["w0 = 1", "r0 = 0"],
      ["r0 = 0", "r0 = -1"],
    ] as const)
      for (const [one, other] of [
        ["0", "5"],
        ["-1 ll", "3"],
        ["6", "6"],
        ["0x100000000 ll", "0"],
        ["1", "-8 ll"],
      ] as const) {
        const tail = ["r0 <<= 33", "r0 += r3", "exit"];
        for (const lines of [
          [`r1 = ${one}`, `r2 = ${other}`, "r3 = r1", set, `if ${condition} goto L0`, side, "L0:", ...tail],
          [`r1 = ${one}`, `r2 = ${other}`, "r3 = r1", set, `if ${condition} goto L1`, "goto L0", "L1:", side, "L0:", ...tail],
        ]) {
          const instructions = assemble(lines.join("\n"));
          const { r0 } = runRaw(instructions, { memory });
          for (const [name, way] of WAYS)
            assert.equal(runJit(instructions, way, { memory }).r0, r0, `${name}: ${lines.join("; ")}`);
        }
      }
});

test("what our compiler generates from random functions", () => {
  const helpers = Object.fromEntries(
    Object.entries(HELPERS).map(([name, count]) => [
      HELPER[name as keyof typeof HELPERS],
      (...args: bigint[]) => args.slice(0, count).reduce((sum, arg) => sum * 0x9e37_79b9n + arg, 0x1234_5678_9abcn),
    ]),
  );
  const memory = Uint8Array.from({ length: MEMORY_SIZE }, (_, at) => at * 29);
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 20, maxLength: 400 }), fc.constantFrom(2, 4), (tape, cpu) => {
      const { instructions } = generate(randomFunction(tape, cpu), { cpu });
      const expected = runRaw(instructions, { memory, helpers });
      for (const [name, way] of WAYS) {
        const { r0, memory: after } = runJit(instructions, way, { memory, helpers });
        assert.equal(r0, expected.r0, name);
        assert.deepEqual(after, expected.memory, name);
      }
    }),
    { numRuns: 250 },
  );
});

test("programs that are wrong end with an error of ours, and where the interpreter gives a result, so does checked code", () => {
  const bytes = fc.array(
    fc.tuple(
      fc.constantFrom(...OPCODES),
      fc.nat(10),
      fc.nat(10),
      fc.integer({ min: -3, max: 3 }),
      fc.integer({ min: -9, max: 9 }),
    ),
    {
      maxLength: 9,
    },
  );
  const memory = new Uint8Array(64).fill(7);
  let finished = 0;
  fc.assert(
    fc.property(bytes, (rows) => {
      const code = rows.map(([opcode, dst, src, offset, imm]) => ({ opcode, dst, src, offset, imm, high: 0 }));
      code.push({ opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0, high: 0 });
      let expected: ReturnType<typeof runRaw> | null = null;
      try {
        expected = runRaw(code, { memory, fuel: 5_000 });
        finished++;
      } catch (error) {
        if (error instanceof IsaError || error instanceof VerifierError) return;
        if (!(error instanceof FaultError)) throw error;
      }
      for (const mode of ["checked"] as const) {
        for (const dispatch of [false, true]) {
          try {
            const { r0, memory: after } = runJit(code, { mode, dispatch }, { memory, fuel: 1e6 });
            if (expected !== null) assert.deepEqual([r0, after], [expected.r0, expected.memory]);
          } catch (error) {
            if (!(error instanceof FaultError) || expected !== null) throw error;
            assert.ok(!error.message.includes("\n"), error.message);
          }
        }
      }
    }),
    { numRuns: 1_500 },
  );
  assert.ok(finished > 100, `${finished} came to an end`);
});

/** Opcodes that are often well-formed with small fields. */
const OPCODES = [
  0x07, 0x0f, 0x1f, 0x2f, 0x3f, 0x47, 0x57, 0x67, 0x77, 0x87, 0x97, 0xa7, 0xb7, 0xbf, 0xc7, 0x04, 0x0c, 0x3c, 0x9c, 0xb4, 0xbc,
  0x61, 0x69, 0x71, 0x79, 0x62, 0x6a, 0x72, 0x7a, 0x63, 0x6b, 0x73, 0x7b, 0xc3, 0xdb, 0x05, 0x15, 0x1d, 0x25, 0x55, 0x5d, 0x65,
  0xa5, 0xc5, 0x16, 0x56, 0x85, 0x8d, 0x95, 0xe5, 0x30, 0x50,
];

/** Whatever the instructions, a run ends with a result or with an error of ours, and soon. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { runRaw } from "../../src/engine/embedded/raw.ts";
import { FaultError, VerifierError } from "../../src/engine/errors.ts";
import { IsaError } from "../../src/isa/errors.ts";
import type { Instruction } from "../../src/isa/instruction.ts";
import { OPERATIONS } from "../../src/isa/opcodes.ts";

const register = fc.nat(10);
const imm = fc.oneof(fc.integer({ min: -16, max: 16 }), fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }));

/** A well-formed instruction of any row of the table; jumps go a few slots, addresses are near a register. */
const instruction: fc.Arbitrary<Instruction> = fc
  .tuple(fc.constantFrom(...OPERATIONS), register, register, fc.integer({ min: -24, max: 24 }), imm, imm)
  .map(([row, dst, src, near, value, high]) => {
    const fill = (field: (typeof row)["dst"], free: number): number =>
      typeof field === "number"
        ? field
        : field === "register"
          ? free
          : field === "target"
            ? Math.trunc(near / 6)
            : field === "index"
              ? Math.abs(near)
              : free;
    return {
      opcode: row.opcode,
      dst: fill(row.dst, dst),
      src: fill(row.src, src),
      offset: fill(row.offset, near),
      imm: fill(row.imm, value),
      high: fill(row.high, high),
    };
  });
const EXIT: Instruction = { opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0, high: 0 };

const helpers = Object.fromEntries(Array.from({ length: 17 }, (_, id) => [id, (a: bigint, b: bigint) => a ^ b]));

function harmless(code: Uint8Array | Instruction[]): boolean {
  const memory = new Uint8Array(64).fill(7);
  try {
    const result = runRaw(code, { memory, helpers, fuel: 5_000 });
    assert.ok(result.r0 >= 0n && result.r0 < 1n << 64n);
    assert.equal(result.memory.length, 64);
    assert.deepEqual(runRaw(code, { memory, helpers, fuel: 5_000 }), result, "the same again");
    return true;
  } catch (error) {
    if (error instanceof IsaError || error instanceof VerifierError || error instanceof FaultError) {
      assert.ok(!error.message.includes("\n"), error.message);
      return false;
    }
    throw error;
  }
}

test("programs of well-formed instructions", () => {
  let finished = 0;
  fc.assert(
    fc.property(fc.array(instruction, { maxLength: 24 }), (list) => {
      if (harmless([...list, EXIT])) finished++;
    }),
    { numRuns: 4_000 },
  );
  assert.ok(finished > 100, `${finished} ran to their end`);
});

test("straight programs that touch no memory always finish", () => {
  const plain = instruction.filter(({ opcode, dst }) => ((opcode & 7) === 4 || (opcode & 7) === 7 ? dst !== 10 : false));
  fc.assert(
    fc.property(fc.array(plain, { maxLength: 40 }), (list) => {
      const noCasts = list.filter(({ opcode, offset }) => !(opcode === 0xbf && offset === 1));
      assert.equal(runRaw([...noCasts, EXIT]).instructions, noCasts.length + 1);
    }),
    { numRuns: 500 },
  );
});

test("bytes that nobody made for it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      harmless(bytes);
    }),
    { numRuns: 2_000 },
  );
});

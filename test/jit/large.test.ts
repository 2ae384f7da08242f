/** Programs at the limits: as long as the kernel takes them, of more blocks and deeper loops than one WebAssembly function should have. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runRaw } from "../../src/engine/embedded/raw.ts";
import { FaultError } from "../../src/engine/errors.ts";
import type { Instruction } from "../../src/isa/instruction.ts";
import * as make from "../../src/isa/make.ts";
import { runJit } from "./run-jit.ts";

/** BPF_COMPLEXITY_LIMIT_INSNS of linux/bpf.h is a million, which `npm run nightly` asks for. */
const LONGEST = Number(process.env["SKEP_LONGEST"] ?? 120_000);
const MODES = ["bare", "checked"] as const;
const memory = Uint8Array.from({ length: 256 }, (_, at) => at * 7);

/** Arithmetic and memory, with a branch around something in each eight instructions. */
function straight(length: number): Instruction[] {
  const code = [make.movReg(64, 6, 1), make.movImm(64, 0, 1), make.movImm(64, 2, 2), make.movImm(64, 3, 3)];
  for (let at = 0; code.length < length - 10; at++) {
    code.push(
      make.load(4, 2, 6, (at * 4) % 252),
      make.aluReg(64, "add", 0, 2),
      make.aluImm(64, "mul", 0, 0x5bd1_e995 + at),
      make.aluReg(32, "xor", 3, 0),
      make.jumpImm(64, "set", 0, 1 << (at % 13), at % 5),
      make.aluImm(64, "xor", 0, at),
      make.store(4, 6, (at * 12) % 252, 3),
      make.aluReg(64, "add", 0, 3),
    );
  }
  while (code.length < length - 1) code.push(make.aluImm(64, "add", 0, 1));
  return [...code, make.exit()];
}

function expectSame(code: readonly Instruction[], modes: readonly (typeof MODES)[number][] = MODES): void {
  const expected = runRaw(code, { memory });
  for (const mode of modes) {
    const { r0, memory: after } = runJit(code, { mode }, { memory });
    assert.equal(r0, expected.r0, mode);
    assert.deepEqual(after, expected.memory, mode);
  }
}

describe("generated code of", () => {
  test(`${LONGEST} instructions with branches`, () => expectSame(straight(LONGEST)));

  test(`${LONGEST} instructions in one block`, () => {
    const code = Array.from({ length: LONGEST - 2 }, (_, at) => make.aluImm(64, at % 3 === 0 ? "mul" : "xor", 0, at | 1));
    expectSame([make.movImm(64, 0, 1), ...code, make.exit()]);
  });

  test(`a loop over ${LONGEST * 0.3} instructions`, () => {
    const body = straight(LONGEST * 0.3).slice(4, -1);
    expectSame([
      ...[make.movReg(64, 6, 1), make.movImm(64, 0, 1), make.movImm(64, 3, 3), make.movImm(64, 9, 0)],
      ...body,
      make.aluImm(64, "add", 9, 1),
      make.jumpImm(64, "eq", 9, 2, 1),
      make.jumpLong(-body.length - 3),
      make.exit(),
    ]);
  });

  test("10,000 blocks of loops that are entered in two places", () => {
    const code = [make.movImm(64, 0, 1)];
    for (let at = 0; at < 3_400; at++) {
      code.push(
        make.movImm(64, 1, 3),
        make.jumpImm(64, "set", 0, 1 << (at % 3), 1),
        make.aluImm(64, "mul", 0, 0x5bd1_e995),
        make.aluImm(64, "xor", 0, at),
        make.aluImm(64, "sub", 1, 1),
        make.jumpImm(64, "ne", 1, 0, -4),
      );
    }
    expectSame([...code, make.exit()]);
  });

  test("loops nested 700 deep", () => {
    const depth = 700;
    const code = [make.movImm(64, 0, 0), make.movImm(64, 2, 0)];
    const heads: number[] = [];
    for (let at = 0; at < depth; at++) {
      heads.push(code.length);
      code.push(make.aluImm(64, "add", 0, at));
    }
    for (let at = depth - 1; at >= 0; at--) {
      code.push(make.aluImm(64, "add", 2, 1));
      // Each goes back once in a while, all of them 3,000 times.
      code.push(make.jumpImm(64, "gt", 2, 3_000, 1));
      code.push(make.jumpImm(64, "set", 2, 1 << (at % 4), heads[at]! - code.length - 1));
    }
    expectSame([...code, make.exit()]);
  });
});

describe("of a function in pieces", () => {
  const code = straight(300_000);
  test("a fault names its instruction", () => {
    const at = 280_012;
    const wrong = code.with(at - 1, make.movImm(64, 7, 0x7fff_0000)).with(at, make.load(8, 2, 7, 0));
    for (const mode of MODES) {
      assert.throws(
        () => runJit(wrong, { mode }, { memory }),
        (error) => error instanceof FaultError && error.slot === at,
        mode,
      );
    }
  });

  test("an endless loop is stopped", () => {
    const endless = [...code.slice(0, -1), make.jumpLong(-code.length + 4), make.exit()];
    assert.throws(() => runJit(endless, { mode: "checked" }, { memory, fuel: 5e6 }), /stopped after 5000000 instructions/);
  });
});

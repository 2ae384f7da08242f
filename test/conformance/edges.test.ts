/**
 * RFC 9669 between the lines: what the formulas of single instructions (`rfc9669.test.ts`) do not show — the farthest
 * jumps and offsets, operands that are one and the same register, what an instruction leaves alone.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runRaw } from "../../src/engine/embedded/raw.ts";
import { assemble } from "../../src/isa/assemble.ts";
import type { Instruction } from "../../src/isa/instruction.ts";
import * as make from "../../src/isa/make.ts";

const run = (text: string, memory = new Uint8Array(0)) => runRaw(assemble(text), { memory });
const filler = (count: number): Instruction[] => new Array<Instruction>(count).fill(make.movImm(64, 0, 13));

describe("§4.3 how far jumps go", () => {
  for (const [what, jump] of [
    ["goto", make.jump(32_767)],
    ["a condition", make.jumpImm(64, "eq", 3, 0, 32_767)],
    ["a condition on 32 bits", make.jumpReg(32, "ge", 3, 4, 32_767)],
    ["goto with 32 bits", make.jumpLong(100_000)],
  ] as const) {
    const distance = jump.offset + jump.imm;
    test(`${what}, ${distance} slots forward`, () => {
      const { r0, instructions } = runRaw([make.movImm(64, 0, 7), jump, ...filler(distance), make.exit()]);
      assert.deepEqual({ r0, instructions }, { r0: 7n, instructions: 3 });
    });
  }
  for (const [what, jump] of [
    ["goto", make.jump(-32_768)],
    ["a condition", make.jumpReg(64, "ne", 3, 2, -32_768)],
    ["goto with 32 bits", make.jumpLong(-100_000)],
  ] as const) {
    const distance = -(jump.offset + jump.imm);
    test(`${what}, ${distance} slots back`, () => {
      // Slot 0 leads over exit and filler to the two before the end: the jump at slot `distance`, which leads to slot 1.
      const { r0, instructions } = runRaw(
        [
          make.jumpLong(distance - 2),
          make.movImm(64, 0, 7),
          make.exit(),
          ...filler(distance - 4),
          make.movImm(64, 2, 1),
          jump,
          make.exit(),
        ],
        { fuel: 1000 },
      );
      assert.deepEqual({ r0, instructions }, { r0: 7n, instructions: 5 });
    });
  }

  test("both slots of a wide instruction count", () => {
    assert.equal(run("r0 = 1\ngoto +2\nr0 = 0x200000002 ll\nexit").r0, 1n);
    assert.equal(run("r0 = 0\nif r0 != 0 goto +3\nr0 = 0x200000002 ll\ngoto -4\nexit").r0, 0x2_0000_0002n);
  });

  test("a jump of 0 slots goes on with the next instruction", () => {
    assert.equal(run("goto +0\nr0 = 5\nif r0 == 5 goto +0\nexit").r0, 5n);
  });

  test("a call goes back as well as forth", () => {
    const { r0 } = run("call main\nexit\nbefore:\nr0 = 40\nexit\nmain:\ncall before\nr0 += 2\nexit");
    assert.equal(r0, 42n);
  });
});

describe("§5.1 how far offsets reach", () => {
  const memory = new Uint8Array(65_536);
  memory[0] = 0xab;
  memory[65_535] = 0xcd;
  test("32,767 bytes forward and 32,768 back", () => {
    assert.equal(
      run("r2 = r1\nr2 += 32768\nr0 = *(u8 *)(r2 + 32767)\nr2 = *(u8 *)(r2 - 32768)\nr0 <<= 8\nr0 |= r2\nexit", memory).r0,
      0xcdabn,
    );
  });
  test("an access ends where its memory ends", () => {
    for (const [size, bytes] of Object.entries({ u8: 1, u16: 2, u32: 4, u64: 8 })) {
      run(`r1 += ${65_536 - bytes}\nr0 = *(${size} *)(r1 + 0)\n*(${size} *)(r1 + 0) = r0\nexit`, memory);
      const beyond = `r1 += ${65_536 - bytes}\nr0 = *(${size} *)(r1 + 1)\nexit`;
      assert.throws(() => run(beyond, memory), { name: "FaultError", message: /packet\+\d+: the packet has 65536/ });
    }
  });
});

describe("one register twice", () => {
  const memory = Uint8Array.of(0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7);
  for (const [type, expected] of [
    ["u8", 0xf0n],
    ["u16", 0xf1f0n],
    ["u32", 0xf3f2_f1f0n],
    ["u64", 0xf7f6_f5f4_f3f2_f1f0n],
    ["s8", 0xffff_ffff_ffff_fff0n],
    ["s16", 0xffff_ffff_ffff_f1f0n],
    ["s32", 0xffff_ffff_f3f2_f1f0n],
  ] as const) {
    test(`a load of ${type} into its own address`, () => {
      assert.equal(run(`r1 = *(${type} *)(r1 + 0)\nr0 = r1\nexit`, memory).r0, expected);
    });
  }
  test("a store of its own address", () => {
    assert.equal(run("r1 = r10\nr1 += -8\n*(u64 *)(r1 + 0) = r1\nr0 = *(u64 *)(r10 - 8)\nr0 -= r1\nexit").r0, 0n);
  });
  test("an atomic addition of its own address, which it fetches over", () => {
    const { r0 } = run(
      "r2 = r1\nr1 = atomic_fetch_add((u64 *)(r1 + 0), r1)\nr0 = *(u64 *)(r2 + 0)\nr0 -= r2\nr0 -= r1\nexit",
      memory,
    );
    assert.equal(r0, 0n);
  });
  test("cmpxchg with r0 as the new value changes nothing where it matches", () => {
    assert.equal(
      run(
        "r1 = 5\n*(u64 *)(r10 - 8) = r1\nr0 = 5\nr0 = cmpxchg_64(r10 - 8, r0, r0)\nr1 = *(u64 *)(r10 - 8)\nr0 <<= 8\nr0 |= r1\nexit",
      ).r0,
      0x505n,
    );
  });
  test("arithmetic: x - x, x ^ x, x / x, x % x, and shifts by oneself", () => {
    const of = (op: string, value: number): bigint => run(`r0 = ${value}\nr0 ${op} r0\nexit`).r0;
    assert.deepEqual([of("-=", 9), of("^=", 9), of("/=", 9), of("%=", 9), of("/=", 0), of("%=", 0)], [0n, 0n, 1n, 0n, 0n, 0n]);
    assert.deepEqual([of("<<=", 65), of(">>=", 65), of("s>>=", -1)], [130n, 32n, 0xffff_ffff_ffff_ffffn]);
  });
});

describe("what the RFC says in words", () => {
  test("§4.1 signed modulo truncates: -13 % 3 is -1, 13 % -3 is 1", () => {
    assert.equal(BigInt.asIntN(64, run("r0 = -13\nr0 s%= 3\nexit").r0), -1n);
    assert.equal(run("r0 = 13\nr0 s%= -3\nexit").r0, 1n);
    assert.equal(run("w0 = -13\nw0 s%= 3\nexit").r0, 0xffff_ffffn);
  });
  test("§4.1 an immediate is extended by its sign before an unsigned division of 64 bits, and taken as 32 bits by one of 32", () => {
    assert.equal(run("r0 = -1\nr0 /= -1\nexit").r0, 1n);
    assert.equal(run("r0 = 0xffffffff ll\nr0 /= -1\nexit").r0, 0n);
    assert.equal(run("w0 = -1\nw0 /= -1\nexit").r0, 1n);
    assert.equal(run("r0 = 0xffffffff ll\nr0 %= -2\nexit").r0, 0xffff_ffffn);
  });
  test("§4.1 division by zero gives 0, modulo by zero its dividend; of 32 bits, without the upper half", () => {
    const x = "r0 = 0x1122334455667788 ll\nr1 = 0x100000000 ll";
    for (const op of ["/=", "s/="]) {
      assert.equal(run(`${x}\nr2 = 0\nr0 ${op} r2\nexit`).r0, 0n);
      assert.equal(run(`${x}\nw0 ${op} w1\nexit`).r0, 0n);
    }
    for (const op of ["%=", "s%="]) {
      assert.equal(run(`${x}\nr2 = 0\nr0 ${op} r2\nexit`).r0, 0x1122_3344_5566_7788n);
      assert.equal(run(`${x}\nw0 ${op} w1\nexit`).r0, 0x5566_7788n);
    }
  });
  test("§4.1 the smallest number divided by -1 is itself, its remainder 0", () => {
    assert.equal(run("r0 = 0x8000000000000000 ll\nr0 s/= -1\nexit").r0, 0x8000_0000_0000_0000n);
    assert.equal(run("r0 = 0x8000000000000000 ll\nr0 s%= -1\nexit").r0, 0n);
    assert.equal(run("w0 = 0x80000000\nw0 s/= -1\nexit").r0, 0x8000_0000n);
    assert.equal(run("w0 = 0x80000000\nw0 s%= -1\nexit").r0, 0n);
  });
  test("§5.3 an atomic operation of 32 bits leaves the four bytes after it, and without fetch the register", () => {
    const { r0, memory } = run("r2 = -1\nlock *(u32 *)(r1 + 0) += r2\nr0 = r2\nexit", Uint8Array.of(1, 0, 0, 0, 9, 9, 9, 9));
    assert.equal(r0, 0xffff_ffff_ffff_ffffn);
    assert.deepEqual([...memory], [0, 0, 0, 0, 9, 9, 9, 9]);
  });
  test("§5.3 cmpxchg of 32 bits looks at the lower half of r0 and clears the upper one, match or not", () => {
    const memory = Uint8Array.of(5, 0, 0, 0, 9, 9, 9, 9);
    for (const expected of [5, 6]) {
      const result = run(
        `r0 = 0x7${expected.toString(16).padStart(8, "0")} ll\nr2 = 8\nr0 = cmpxchg32_32(r1 + 0, w0, w2)\nexit`,
        memory,
      );
      assert.equal(result.r0, 5n);
      assert.deepEqual([...result.memory], [expected === 5 ? 8 : 5, 0, 0, 0, 9, 9, 9, 9]);
    }
  });
  test("§4.3 a comparison of 32 bits does not see the upper halves", () => {
    assert.equal(run("r1 = 0x100000001 ll\nr0 = 1\nif w1 == 1 goto +1\nr0 = 0\nexit").r0, 1n);
    assert.equal(run("r1 = 0x80000000 ll\nr0 = 1\nif w1 s< 0 goto +1\nr0 = 0\nexit").r0, 1n);
    assert.equal(run("r1 = 0x80000000 ll\nr0 = 1\nif r1 s< 0 goto +1\nr0 = 0\nexit").r0, 0n);
  });
});

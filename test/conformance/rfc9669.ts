/**
 * Every instruction of RFC 9669, at every width, in both operand forms, at the values where arithmetic goes wrong: about
 * sixty thousand cases against the formulas of `oracle.ts`. Each group is one program run over a table of operands.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RawOptions } from "../../src/engine/embedded/raw.ts";
import { type Instruction, slots } from "../../src/isa/instruction.ts";
import * as make from "../../src/isa/make.ts";
import type { AluOp, AtomicOp, JumpCondition, Size } from "../../src/isa/opcodes.ts";
import * as oracle from "./oracle.ts";
import { IMMEDIATES, VALUES } from "./values.ts";

const WIDTHS = [32, 64] as const;
const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** Runs a program once: by the interpreter, or by generated code. */
export type Run = (code: readonly Instruction[], options?: RawOptions) => { readonly r0: bigint; readonly memory: Uint8Array };

/** Registers the tests of whatever runs programs. */
export function rfc9669(name: string, run: Run): void {
  describe(`RFC 9669: ${name}`, () => {
    /**
     * Runs `body` for every case: r1 and r2 hold the operands, r0 is the result. One program over a table in memory: loads
     * two operands, computes, stores over the first, goes on.
     */
    function results(body: readonly Instruction[], cases: readonly (readonly [bigint, bigint])[]): bigint[] {
      const memory = new Uint8Array(cases.length * 16);
      const words = new BigUint64Array(memory.buffer);
      for (const [index, [a, b]] of cases.entries()) words.set([a, b], index * 2);
      const loop = [
        make.load(8, 1, 6, 0),
        make.load(8, 2, 6, 8),
        make.movReg(64, 9, 7), // whatever the body leaves behind, the next round starts alike
        make.movImm(64, 0, 0),
        ...body,
        make.store(8, 6, 0, 0),
        make.aluImm(64, "add", 6, 16),
      ];
      const distance = loop.reduce((sum, instruction) => sum + slots(instruction), 1);
      const { memory: after } = run(
        [
          make.movReg(64, 6, 1),
          make.movReg(64, 7, 1),
          make.aluReg(64, "add", 7, 2),
          ...loop,
          make.jumpReg(64, "lt", 6, 7, -distance),
          make.exit(),
        ],
        { memory },
      );
      const out = new BigUint64Array(after.buffer);
      return cases.map((_, index) => out[index * 2]!);
    }

    function check(
      body: readonly Instruction[],
      cases: readonly (readonly [bigint, bigint])[],
      expected: (a: bigint, b: bigint) => bigint,
    ): void {
      const got = results(body, cases);
      for (const [index, [a, b]] of cases.entries()) {
        const want = expected(a, b);
        if (got[index] !== want) assert.fail(`${hex(a)}, ${hex(b)}: expected ${hex(want)}, found ${hex(got[index]!)}`);
      }
    }

    const PAIRS = VALUES.flatMap((a) => VALUES.map((b) => [a, b] as const));
    const SINGLES = VALUES.map((a) => [a, 0n] as const);
    const wide = (imm: number): bigint => BigInt.asUintN(64, BigInt(imm));

    describe("§4.1 arithmetic", () => {
      for (const op of Object.keys(oracle.ARITHMETIC) as AluOp[]) {
        for (const width of WIDTHS) {
          test(`${op}${width} with registers`, () => {
            check([make.movReg(64, 0, 1), make.aluReg(width, op, 0, 2)], PAIRS, (a, b) => oracle.arithmetic(op, width, a, b));
          });
          test(`${op}${width} with a register and itself`, () => {
            check([make.movReg(64, 0, 1), make.aluReg(width, op, 0, 0)], SINGLES, (a) => oracle.arithmetic(op, width, a, a));
          });
          test(`${op}${width} with immediates`, () => {
            for (const imm of IMMEDIATES) {
              check([make.movReg(64, 0, 1), make.aluImm(width, op, 0, imm)], SINGLES, (a) =>
                oracle.arithmetic(op, width, a, wide(imm)),
              );
            }
          });
        }
      }
      for (const width of WIDTHS) {
        test(`mov${width}`, () => {
          check([make.movImm(64, 0, -1), make.movReg(width, 0, 1)], SINGLES, (a) => BigInt.asUintN(width, a));
          for (const imm of IMMEDIATES) {
            check([make.movReg(64, 0, 1), make.movImm(width, 0, imm)], SINGLES, () => BigInt.asUintN(width, wide(imm)));
          }
        });
        test(`neg${width}`, () => {
          check([make.movReg(64, 0, 1), make.neg(width, 0)], SINGLES, (a) => oracle.negate(width, a));
        });
        for (const from of [8, 16, 32] as const) {
          if (from === width) continue;
          test(`sign extension from ${from} to ${width} bits`, () => {
            check([make.movImm(64, 0, -1), make.movSignExtend(width, from, 0, 1)], SINGLES, (a) => oracle.extend(from, width, a));
            check([make.movReg(64, 0, 1), make.movSignExtend(width, from, 0, 0)], SINGLES, (a) => oracle.extend(from, width, a));
          });
        }
      }
    });

    describe("§4.2 byte swaps", () => {
      for (const order of ["le", "be", "swap"] as const) {
        for (const bits of [16, 32, 64] as const) {
          test(`${order}${bits}`, () => {
            check([make.movReg(64, 0, 1), make.endian(order, bits, 0)], SINGLES, (a) => oracle.endian(order, bits, a));
          });
        }
      }
    });

    describe("§4.3 jumps", () => {
      for (const condition of Object.keys(oracle.CONDITIONS) as JumpCondition[]) {
        for (const width of WIDTHS) {
          test(`${condition}${width} with registers`, () => {
            const body = [make.movImm(64, 0, 1), make.jumpReg(width, condition, 1, 2, 1), make.movImm(64, 0, 0)];
            check(body, PAIRS, (a, b) => (oracle.jumps(condition, width, a, b) ? 1n : 0n));
          });
          test(`${condition}${width} with immediates`, () => {
            for (const imm of IMMEDIATES) {
              const body = [make.movImm(64, 0, 1), make.jumpImm(width, condition, 1, imm, 1), make.movImm(64, 0, 0)];
              check(body, SINGLES, (a) => (oracle.jumps(condition, width, a, wide(imm)) ? 1n : 0n));
            }
          });
        }
      }
      test("goto with 16 and with 32 bits of distance", () => {
        for (const jump of [make.jump(1), make.jumpLong(1)]) {
          check([make.movReg(64, 0, 1), jump, make.movImm(64, 0, 9)], SINGLES, (a) => a);
        }
      });
    });

    describe("§5.1, §5.2 loads and stores", () => {
      for (const size of [1, 2, 4, 8] as const satisfies readonly Size[]) {
        test(`a store of ${size} bytes changes these, a load zero-extends`, () => {
          const body = [
            make.store(8, 10, -16, 2),
            make.store(size, 10, -16, 1),
            make.load(8, 0, 10, -16),
            make.load(size, 3, 10, -16),
            make.aluReg(64, "xor", 0, 3), // what is left of r2 above the stored bytes
          ];
          const bits = BigInt(size * 8);
          check(body, PAIRS, (_, b) => (b >> bits) << bits);
          check([make.store(8, 10, -8, 1), make.load(size, 0, 10, -8)], SINGLES, (a) => BigInt.asUintN(size * 8, a));
        });
        test(`a store of an immediate in ${size} bytes`, () => {
          for (const imm of IMMEDIATES) {
            const body = [make.store(8, 10, -8, 1), make.storeImm(size, 10, -8, imm), make.load(8, 0, 10, -8)];
            const bits = BigInt(size * 8);
            check(body, SINGLES, (a) => BigInt.asUintN(64, ((a >> bits) << bits) | BigInt.asUintN(size * 8, wide(imm))));
          }
        });
        test(`${size} bytes at addresses that are no multiple of it`, () => {
          check([make.store(size, 10, -17, 1), make.load(size, 0, 10, -17)], SINGLES, (a) => BigInt.asUintN(size * 8, a));
        });
        if (size === 8) continue;
        test(`a signed load of ${size} bytes`, () => {
          check([make.store(8, 10, -8, 1), make.loadSigned(size, 0, 10, -8)], SINGLES, (a) => oracle.extend(size * 8, 64, a));
        });
      }
      test("memory is little-endian", () => {
        check([make.store(8, 10, -8, 1), make.load(1, 0, 10, -7)], SINGLES, (a) => (a >> 8n) & 0xffn);
      });
    });

    describe("§5.3 atomics", () => {
      const OPS = ["add", "or", "and", "xor", "xchg", "cmpxchg"] as const satisfies readonly AtomicOp[];
      for (const op of OPS) {
        for (const size of [4, 8] as const) {
          const width = size === 4 ? 32 : 64;
          for (const fetch of op === "xchg" || op === "cmpxchg" ? [true] : [false, true]) {
            const instruction = make.atomic(op, size, 10, -8, 2, fetch);
            const prologue = [make.store(8, 10, -8, 1)];
            test(`${op}${width}${fetch ? " with fetch" : ""}: memory`, () => {
              check([...prologue, instruction, make.load(8, 0, 10, -8)], PAIRS, (a, b) => {
                const { memory } = oracle.atomic(op, width, a, b, 0n);
                return width === 64 ? memory : (a & 0xffff_ffff_0000_0000n) | memory;
              });
            });
            if (op === "cmpxchg") continue;
            test(`${op}${width}${fetch ? " with fetch" : ""}: register`, () => {
              check([...prologue, instruction, make.movReg(64, 0, 2)], PAIRS, (a, b) =>
                fetch ? oracle.atomic(op, width, a, b, 0n).old : b,
              );
            });
          }
          if (op !== "cmpxchg") continue;
          test(`cmpxchg${width} compares with r0, which becomes the old value`, () => {
            const exchange = [make.store(8, 10, -8, 1), make.movReg(64, 0, 2), make.loadImm64(3, 0x1122_3344_5566_7788n)];
            const body = [...exchange, make.atomic("cmpxchg", size, 10, -8, 3, true)];
            check(body, PAIRS, (a) => BigInt.asUintN(width, a));
            check([...body, make.load(8, 0, 10, -8)], PAIRS, (a, b) => {
              const { memory } = oracle.atomic("cmpxchg", width, a, 0x1122_3344_5566_7788n, b);
              return width === 64 ? memory : (a & 0xffff_ffff_0000_0000n) | memory;
            });
          });
        }
      }
      for (const size of [1, 2, 4, 8] as const) {
        test(`load-acquire and store-release of ${size} bytes`, () => {
          check([make.store(8, 10, -8, 1), make.loadAcquire(size, 0, 10, -8)], SINGLES, (a) => BigInt.asUintN(size * 8, a));
          const bits = BigInt(size * 8);
          check([make.store(8, 10, -8, 2), make.storeRelease(size, 10, -8, 1), make.load(8, 0, 10, -8)], PAIRS, (a, b) =>
            BigInt.asUintN(64, ((b >> bits) << bits) | BigInt.asUintN(size * 8, a)),
          );
        });
      }
    });

    describe("§5.4 wide immediates", () => {
      test("all 64 bits", () => {
        for (const value of VALUES) assert.equal(run([make.loadImm64(0, value), make.exit()]).r0, value);
      });
    });

    describe("§5.5 legacy packet loads", () => {
      const memory = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0x88);
      for (const [size, expected] of [
        [1, 0x03n],
        [2, 0x0304n],
        [4, 0x0304_0506n],
      ] as const) {
        test(`${size} bytes in network order`, () => {
          assert.equal(run([make.loadPacket(size, "abs", 2), make.exit()], { memory }).r0, expected);
          assert.equal(run([make.movImm(64, 3, 1), make.loadPacket(size, "ind", 1, 3), make.exit()], { memory }).r0, expected);
        });
      }
      test("beyond the packet the program ends with 0", () => {
        for (const at of [8, 5, -1]) {
          const code = [make.movImm(64, 0, 7), make.loadPacket(4, "abs", at), make.movImm(64, 0, 9), make.exit()];
          assert.equal(run(code, { memory }).r0, 0n);
        }
      });
    });
  });
}

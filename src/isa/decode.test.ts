import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { IsaError, type IsaRule } from "./errors.ts";
import { anyInstruction, fromHex, instructionOf, toHex } from "./fixtures/instructions.ts";
import type { Instruction } from "./instruction.ts";
import { OPERATIONS } from "./opcodes.ts";
import { operationOf } from "./operation.ts";

describe("decode", () => {
  it("reads the fields of one slot", () => {
    // RFC 9669 §3.1: r1 += 0x11223344
    const add: Instruction = { opcode: 0x07, dst: 1, src: 0, offset: 0, imm: 0x11223344, high: 0 };
    assert.deepEqual(decode(fromHex("07 01 0000 44332211")), [add]);
    assert.deepEqual(decode(fromHex("07 10 0000 11223344"), { byteOrder: "big" }), [add]);
  });

  it("reads offset and immediate with their sign", () => {
    const [load, compare] = decode(fromHex("61a1f8ff00000000 5502fefffeffffff"));
    assert.equal(load?.offset, -8);
    assert.deepEqual([compare?.offset, compare?.imm], [-2, -2]);
  });

  it("makes one instruction of the two slots of a wide one", () => {
    assert.deepEqual(decode(fromHex("1803000088776655 0000000044332211 9500000000000000")), [
      { opcode: 0x18, dst: 3, src: 0, offset: 0, imm: 0x55667788, high: 0x11223344 },
      { opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0, high: 0 },
    ]);
  });

  it("reads a part of a larger buffer", () => {
    const padded = fromHex("ffffff 9500000000000000 ff");
    assert.equal(decode(padded.subarray(3, 11)).length, 1);
  });

  it("reads no code as no instructions", () => {
    assert.deepEqual(decode(new Uint8Array()), []);
  });
});

describe("what decode refuses", () => {
  const wide = "180100000100000000000000 00000000";
  const refused: [IsaRule, string, string][] = [
    ["length", "half a slot", "95000000"],
    ["opcode", "opcode 0 outside a wide instruction", "0000000000000000"],
    ["opcode", "arithmetic code 0xe0", "e700000000000000"],
    ["opcode", "negation by a register", "8f12000000000000"],
    ["opcode", "bswap with the source bit", "df01000010000000"],
    ["opcode", "ja of class JMP by a register (gotox, Linux 6.19)", "0d01000000000000"],
    ["opcode", "a call of class JMP32", "8600000001000000"],
    ["opcode", "an exit of class JMP32", "9600000000000000"],
    ["opcode", "the tail call inside the kernel", "f500000000000000"],
    ["opcode", "a signed load of 64 bits", "9921000000000000"],
    ["opcode", "a probing load inside the kernel", "2100000000000000"],
    ["opcode", "nospec inside the kernel", "c200000000000000"],
    ["opcode", "a packet load of 64 bits", "3800000000000000"],
    ["dst", "register 11", "b70b000000000000"],
    ["src", "register 15", "bff1000000000000"],
    ["src", "an immediate with a source register", "b711000000000000"],
    ["offset", "an addition with an offset", "0701010001000000"],
    ["offset", "signed division with offset 2", "3701020001000000"],
    ["offset", "a move of 64 bits with offset 2", "bf21020000000000"],
    ["offset", "sign extension of 32 bits in 32 bits", "bc21200000000000"],
    ["offset", "sign extension of an immediate", "b701080001000000"],
    ["offset", "a per-CPU address inside the kernel", "bf21ffff00000000"],
    ["imm", "an address space cast from 0 to 0", "bf21010000000000"],
    ["imm", "an address space cast from 1 to 1", "bf21010001000100"],
    ["imm", "a byte swap of 24 bits", "dc01000018000000"],
    ["imm", "an addition of a register and an immediate", "0f21000001000000"],
    ["imm", "a load with an immediate", "6121000001000000"],
    ["imm", "a store of a register with an immediate", "6321000001000000"],
    ["src", "a store of an immediate with a register", "6221000001000000"],
    ["imm", "an atomic subtraction", "db21000010000000"],
    ["imm", "an exchange without fetch", "db210000e0000000"],
    ["imm", "an atomic addition of 8 bits", "d321000000000000"],
    ["imm", "a jump with an immediate", "0500000001000000"],
    ["offset", "a long jump with an offset", "0600010000000000"],
    ["imm", "a comparison of registers with an immediate", "1d21000001000000"],
    ["src", "a comparison of an immediate with a register", "1521000001000000"],
    ["src", "a condition that is not may_goto", "e510010000000000"],
    ["src", "a call of kind 3", "8530000001000000"],
    ["dst", "a call with a destination", "8501000001000000"],
    ["offset", "a helper call with an offset", "8500010001000000"],
    ["offset", "a kfunc call with a negative module", "8520ffff01000000"],
    ["imm", "a call by register in the immediate (LLVM before 19)", "8d00000001000000"],
    ["offset", "an exit with an offset", "9500010000000000"],
    ["imm", "an exit with an immediate", "9500000001000000"],
    ["dst", "an absolute packet load with a destination", "2001000000000000"],
    ["src", "an absolute packet load with a source", "2010000000000000"],
    ["offset", "an indirect packet load with an offset", "4010010000000000"],
    ["src", "a wide load of kind 7", "187100000000000000000000 00000000"],
    ["offset", "a wide load with an offset", "180101000000000000000000 00000000"],
    ["high", "a map with a second immediate", "181100000300000000000000 01000000"],
    ["wide", "a wide load without a second slot", wide.slice(0, 16)],
    ["wide", "a second slot with an opcode", "1801000001000000 1800000000000000"],
    ["wide", "a second slot with registers", "1801000001000000 0001000000000000"],
    ["wide", "a second slot with an offset", "1801000001000000 0000010000000000"],
  ];
  for (const [rule, what, hex] of refused) {
    it(`${what}: ${rule}`, () => {
      assert.throws(
        () => decode(fromHex(`b700000000000000 ${hex}`)),
        (error) => error instanceof IsaError && error.rule === rule && error.index === 1 && error.slot === 1,
      );
    });
  }

  it("counts both instructions and slots", () => {
    assert.throws(() => decode(fromHex(`${wide} ff00000000000000`)), {
      name: "IsaError",
      index: 1,
      slot: 2,
      message: "instruction 1 (slot 2): opcode 0xff is not an instruction",
    });
  });

  it("says what the field may hold", () => {
    assert.throws(() => decode(fromHex("bf21030000000000")), {
      message: "instruction 0: opcode 0xbf has 3 in offset, which must be 0, 8, 16, 32 or 1",
    });
  });
});

describe("encode", () => {
  it("is the inverse of decode, in both byte orders", () => {
    fc.assert(
      fc.property(
        fc.array(anyInstruction(), { maxLength: 20 }),
        fc.constantFrom("little" as const, "big" as const),
        (program, byteOrder) => {
          assert.deepEqual(decode(encode(program, { byteOrder }), { byteOrder }), program);
        },
      ),
    );
  });

  it("refuses what does not fit", () => {
    const exit: Instruction = { opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0, high: 0 };
    const wrong: [IsaRule, Partial<Instruction>][] = [
      ["range", { opcode: 0x05, offset: 32768 }],
      ["range", { opcode: 0x06, imm: 2 ** 31 }],
      ["range", { opcode: 0xb7, imm: 0.5 }],
      ["range", { opcode: 0xb7, imm: Number.NaN }],
      ["range", { opcode: 0xb7, dst: 16 }],
      ["range", { opcode: 0x18, high: 2 ** 32 - 1 }],
      ["dst", { opcode: 0xb7, dst: 11 }],
      ["high", { opcode: 0xb7, high: 1 }],
      ["opcode", { opcode: 256 }],
      ["opcode", { opcode: -1 }],
    ];
    for (const [rule, fields] of wrong) {
      assert.throws(() => encode([exit, { ...exit, ...fields }]), { name: "IsaError", rule, index: 1 }, JSON.stringify(fields));
    }
  });
});

describe("any eight bytes", () => {
  it("are refused, or read and written back the same", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes) => {
        let program: Instruction[];
        try {
          program = decode(bytes);
        } catch (error) {
          assert.ok(error instanceof IsaError);
          return;
        }
        assert.equal(toHex(encode(program)), toHex(bytes));
      }),
      { numRuns: 20_000 },
    );
  });

  it("are refused when any bit of a reserved field is set", () => {
    const fields = [
      ["dst", 4, 8],
      ["src", 4, 12],
      ["offset", 16, 16],
      ["imm", 32, 32],
      ["high", 32, 96],
    ] as const;
    for (const row of OPERATIONS) {
      const siblings = OPERATIONS.filter((other) => other.opcode === row.opcode);
      for (const [field, bits, position] of fields) {
        // Reserved: zero in every instruction of this opcode. Where it selects a variant, the model below decides.
        if (field === "high" ? row.opcode !== 0x18 || row.high !== 0 : siblings.some((other) => other[field] !== 0)) continue;
        const [instruction] = fc.sample(instructionOf(row), 1);
        for (let bit = 0; bit < bits; bit++) {
          const code = encode([instruction!]);
          code[(position + bit) >> 3]! ^= 1 << ((position + bit) & 7);
          assert.throws(() => decode(code), { name: "IsaError", rule: field }, `${toHex(code)} ${field} bit ${bit}`);
        }
      }
    }
  });

  // The kernel's and the RFC's field checks, written a second time as conditions instead of as a table.
  function isWellFormed({ opcode, dst, src, offset, imm, high }: Instruction): boolean {
    const classOf = opcode & 7;
    const source = (opcode & 8) !== 0;
    const code = opcode & 0xf0;
    const mode = opcode & 0xe0;
    const size = opcode & 0x18;
    if (dst > 10) return false;
    if (opcode !== 0x18 && (high !== 0 || src > 10)) return false;
    if (classOf === 4 || classOf === 7) {
      if (code === 0x80) return !source && src === 0 && offset === 0 && imm === 0;
      if (code === 0xd0) return !(classOf === 7 && source) && src === 0 && offset === 0 && [16, 32, 64].includes(imm);
      if (code > 0xd0) return false;
      if (source ? imm !== 0 : src !== 0) {
        return code === 0xb0 && classOf === 7 && source && offset === 1 && (imm === 1 || imm === 0x10000);
      }
      if (code === 0xb0 && source) return [0, 8, 16].includes(offset) || (classOf === 7 && offset === 32);
      return offset === 0 || (offset === 1 && (code === 0x30 || code === 0x90));
    }
    if (classOf === 5 || classOf === 6) {
      if (opcode === 0x05) return dst === 0 && src === 0 && imm === 0;
      if (opcode === 0x06) return dst === 0 && src === 0 && offset === 0;
      if (opcode === 0x85) return dst === 0 && (src < 2 ? offset === 0 : src === 2 && offset >= 0);
      if (opcode === 0x8d) return src === 0 && offset === 0 && imm === 0;
      if (opcode === 0x95) return dst === 0 && src === 0 && offset === 0 && imm === 0;
      if (opcode === 0xe5) return dst === 0 && src === 0 && imm === 0;
      if (code === 0 || code === 0x80 || code === 0x90 || code > 0xd0) return false;
      return source ? imm === 0 : src === 0;
    }
    if (classOf === 0) {
      if (opcode === 0x18) return offset === 0 && src <= 6 && ([1, 4, 5].includes(src) ? high === 0 : true);
      if (size === 0x18) return false;
      if (mode === 0x20) return dst === 0 && src === 0 && offset === 0;
      return mode === 0x40 && dst === 0 && offset === 0;
    }
    if (classOf === 1) return imm === 0 && (mode === 0x60 || (mode === 0x80 && size !== 0x18));
    if (classOf === 2) return mode === 0x60 && src === 0;
    if (mode === 0x60) return imm === 0;
    if (mode !== 0xc0) return false;
    if (imm === 0x100 || imm === 0x110) return true;
    return (size === 0 || size === 0x18) && [0, 1, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe1, 0xf1].includes(imm);
  }

  it("are well-formed exactly when the laws of RFC 9669 and Linux 6.18 say so", () => {
    const immediates = [
      0, 1, 2, 16, 32, 64, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe0, 0xe1, 0xf0, 0xf1, 0x100, 0x110, 0x10000, 0x10001, -1,
    ];
    for (let opcode = 0; opcode < 256; opcode++) {
      for (const dst of [0, 1, 10, 11]) {
        for (let src = 0; src < 16; src++) {
          for (const offset of [0, 1, 2, 8, 16, 32, -1]) {
            for (const imm of immediates) {
              for (const high of [0, 1]) {
                const instruction = { opcode, dst, src, offset, imm, high };
                if ((operationOf(instruction) !== null) !== isWellFormed(instruction)) assert.fail(JSON.stringify(instruction));
              }
            }
          }
        }
      }
    }
  });
});

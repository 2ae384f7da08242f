import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encode } from "./encode.ts";
import { type Instruction, wideValue } from "./instruction.ts";
import * as make from "./make.ts";
import { ALU_OPS, type AluOp, ATOMIC_OPS, type AtomicOp, JUMP_CONDITIONS, type JumpCondition, OPERATIONS } from "./opcodes.ts";
import { operationOf } from "./operation.ts";
import { print } from "./print.ts";

const table: [Instruction, string][] = [
  [make.aluReg(64, "add", 1, 2), "r1 += r2"],
  [make.aluImm(32, "smod", 1, -3), "w1 s%= -3"],
  [make.movReg(32, 1, 2), "w1 = w2"],
  [make.movImm(64, 1, -1), "r1 = -1"],
  [make.movSignExtend(64, 32, 1, 2), "r1 = (s32)r2"],
  [make.neg(32, 3), "w3 = -w3"],
  [make.endian("be", 16, 1), "r1 = be16 r1"],
  [make.endian("le", 64, 1), "r1 = le64 r1"],
  [make.endian("swap", 32, 1), "r1 = bswap32 r1"],
  [make.addrSpaceCast(1, 2, 0, 1), "r1 = addr_space_cast(r2, 0, 1)"],
  [make.load(2, 1, 10, -8), "r1 = *(u16 *)(r10 -8)"],
  [make.loadSigned(4, 1, 2, 4), "r1 = *(s32 *)(r2 +4)"],
  [make.store(8, 10, -8, 1), "*(u64 *)(r10 -8) = r1"],
  [make.storeImm(1, 10, -1, 7), "*(u8 *)(r10 -1) = 7"],
  [make.atomic("add", 4, 1, 0, 2, false), "lock *(u32 *)(r1 +0) += r2"],
  [make.atomic("xor", 8, 1, 0, 2, true), "r2 = atomic64_fetch_xor((u64 *)(r1 +0), r2)"],
  [make.atomic("cmpxchg", 8, 1, 0, 2, true), "r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)"],
  [make.loadAcquire(8, 1, 2, 8), "r1 = load_acquire((u64 *)(r2 +8))"],
  [make.storeRelease(1, 1, 8, 2), "store_release((u8 *)(r1 +8), r2)"],
  [make.jump(-1), "goto pc-1"],
  [make.jumpLong(70_000), "gotol pc+70000"],
  [make.jumpReg(64, "set", 1, 2, 3), "if r1 & r2 goto pc+3"],
  [make.jumpImm(32, "sle", 1, -1, 3), "if w1 s<= 0xffffffff goto pc+3"],
  [make.mayGoto(2), "may_goto pc+2"],
  [make.callHelper(1), "call unknown#1"],
  [make.callLocal(5), "call pc+5"],
  [make.callKfunc(1234), "call kernel-function#1234"],
  [make.callKfunc(1234, 2), "call kernel-function#1234@2"],
  [make.callRegister(4), "callx r4"],
  [make.exit(), "exit"],
  [make.loadImm64(1, -1n), "r1 = 0xffffffffffffffff ll"],
  [make.loadImm64(1, 0x8000_0000n), "r1 = 0x80000000 ll"],
  [make.loadPseudo(1, "map", 3), "r1 = map[fd:3]"],
  [make.loadPseudo(1, "map-value", 3, 16), "r1 = map[fd:3][0]+16"],
  [make.loadPseudo(1, "function", 4), "r1 = subprog[+4]"],
  [make.loadPacket(2, "abs", 12), "r0 = *(u16 *)skb[12]"],
  [make.loadPacket(4, "ind", 0, 3), "r0 = *(u32 *)skb[r3 + 0]"],
];

describe("constructors", () => {
  for (const [instruction, text] of table) {
    it(text, () => {
      assert.equal(print(instruction), text);
      encode([instruction]);
    });
  }

  it("make every row of the table", () => {
    const keys = <K extends string>(record: Readonly<Record<K, unknown>>) => Object.keys(record) as K[];
    const made: Instruction[] = table.map(([instruction]) => instruction);
    for (const width of [32, 64] as const) {
      for (const op of keys<AluOp>(ALU_OPS)) made.push(make.aluReg(width, op, 1, 2), make.aluImm(width, op, 1, 2));
      for (const condition of keys<JumpCondition>(JUMP_CONDITIONS)) {
        made.push(make.jumpReg(width, condition, 1, 2, 3), make.jumpImm(width, condition, 1, 2, 3));
      }
      made.push(make.movReg(width, 1, 2), make.movImm(width, 1, 2), make.neg(width, 1));
      made.push(make.movSignExtend(width, 8, 1, 2), make.movSignExtend(width, 16, 1, 2));
    }
    for (const order of ["be", "le", "swap"] as const) {
      for (const bits of [16, 32, 64] as const) made.push(make.endian(order, bits, 1));
    }
    for (const size of [1, 2, 4, 8] as const) {
      made.push(make.load(size, 1, 2, 0), make.store(size, 1, 0, 2), make.storeImm(size, 1, 0, 2));
      made.push(make.loadAcquire(size, 1, 2, 0), make.storeRelease(size, 1, 0, 2));
      if (size !== 8)
        made.push(make.loadSigned(size, 1, 2, 0), make.loadPacket(size, "abs", 0), make.loadPacket(size, "ind", 0, 2));
    }
    for (const op of keys<AtomicOp>(ATOMIC_OPS)) {
      for (const size of [4, 8] as const) {
        made.push(make.atomic(op, size, 1, 0, 2, true));
        if (op !== "xchg" && op !== "cmpxchg") made.push(make.atomic(op, size, 1, 0, 2, false));
      }
    }
    for (const kind of ["map", "map-value", "btf", "function", "map-index", "map-index-value"] as const)
      made.push(make.loadPseudo(1, kind, 1));
    made.push(make.addrSpaceCast(1, 2, 1, 0));
    const rows = new Set(made.map((instruction) => operationOf(instruction)));
    assert.deepEqual(
      OPERATIONS.filter((row) => !rows.has(row)),
      [],
    );
    assert.equal(rows.has(null), false);
  });

  it("keep all 64 bits of a wide immediate", () => {
    for (const value of [0n, 1n, 0x7fff_ffffn, 0xffff_ffffn, 0x1_0000_0000n, 2n ** 64n - 1n]) {
      assert.equal(wideValue(make.loadImm64(1, value)), value);
    }
  });
});

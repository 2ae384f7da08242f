/**
 * Instructions by name, for code generators. Arguments stand in the order in which the notation reads: destination, then
 * source. Values are put into their fields as they are; `encode` refuses what does not fit.
 */

import { type Instruction, LD_IMM64 } from "./instruction.ts";
import {
  ALU_OPS,
  type AluOp,
  ATOMIC_OPS,
  type AtomicOp,
  JUMP_CONDITIONS,
  type JumpCondition,
  type Size,
  WIDE_KINDS,
  type WideKind,
} from "./opcodes.ts";

type Width = 32 | 64;

/** `dst op= src` */
export function aluReg(width: Width, op: AluOp, dst: number, src: number): Instruction {
  return instruction(ALU_OPS[op].code | 0x08 | aluClass(width), dst, src, ALU_OPS[op].offset, 0);
}

/** `dst op= imm`; at width 64 the immediate is sign-extended. */
export function aluImm(width: Width, op: AluOp, dst: number, imm: number): Instruction {
  return instruction(ALU_OPS[op].code | aluClass(width), dst, 0, ALU_OPS[op].offset, imm);
}

export function movReg(width: Width, dst: number, src: number): Instruction {
  return instruction(0xb8 | aluClass(width), dst, src, 0, 0);
}

/** At width 64 the immediate is sign-extended; at width 32 the upper half becomes 0. */
export function movImm(width: Width, dst: number, imm: number): Instruction {
  return instruction(0xb0 | aluClass(width), dst, 0, 0, imm);
}

/** `dst = (s8) src` and so on; `from` 32 needs width 64. cpu v4, Linux 6.6. */
export function movSignExtend(width: Width, from: 8 | 16 | 32, dst: number, src: number): Instruction {
  return instruction(0xb8 | aluClass(width), dst, src, from, 0);
}

export function neg(width: Width, dst: number): Instruction {
  return instruction(0x80 | aluClass(width), dst, 0, 0, 0);
}

/** Between the machine's order and the named one, truncating to `bits`; `swap` always swaps (cpu v4, Linux 6.6). */
export function endian(order: "be" | "le" | "swap", bits: 16 | 32 | 64, dst: number): Instruction {
  return instruction(order === "le" ? 0xd4 : order === "be" ? 0xdc : 0xd7, dst, 0, 0, bits);
}

/** A pointer of an arena to another address space: 0 is the kernel's, 1 the user's. Linux 6.9. */
export function addrSpaceCast(dst: number, src: number, to: 0 | 1, from: 0 | 1): Instruction {
  return instruction(0xbf, dst, src, 1, (to << 16) | from);
}

/** `dst = *(src + offset)`, zero-extended. Sizes are bytes. */
export function load(size: Size, dst: number, src: number, offset: number): Instruction {
  return instruction(0x61 | sizeBits(size), dst, src, offset, 0);
}

/** `dst = *(src + offset)`, sign-extended to 64 bits. cpu v4, Linux 6.6. */
export function loadSigned(size: 1 | 2 | 4, dst: number, src: number, offset: number): Instruction {
  return instruction(0x81 | sizeBits(size), dst, src, offset, 0);
}

/** `*(dst + offset) = src` */
export function store(size: Size, dst: number, offset: number, src: number): Instruction {
  return instruction(0x63 | sizeBits(size), dst, src, offset, 0);
}

/** `*(dst + offset) = imm`, sign-extended at size 8. */
export function storeImm(size: Size, dst: number, offset: number, imm: number): Instruction {
  return instruction(0x62 | sizeBits(size), dst, 0, offset, imm);
}

/**
 * Read-modify-write of `*(dst + offset)` with `src`. With `fetch`, `src` becomes the old value (`cmpxchg`: compares with r0,
 * which becomes the old value); `xchg` and `cmpxchg` always fetch. All but a plain `add` need cpu v3, Linux 5.12.
 */
export function atomic(op: AtomicOp, size: 4 | 8, dst: number, offset: number, src: number, fetch: boolean): Instruction {
  return instruction(0xc3 | sizeBits(size), dst, src, offset, ATOMIC_OPS[op].code | (fetch ? 1 : 0));
}

/** `dst = *(src + offset)`, zero-extended, before any later access. Linux 6.15. */
export function loadAcquire(size: Size, dst: number, src: number, offset: number): Instruction {
  return instruction(0xc3 | sizeBits(size), dst, src, offset, 0x100);
}

/** `*(dst + offset) = src`, after any earlier access. Linux 6.15. */
export function storeRelease(size: Size, dst: number, offset: number, src: number): Instruction {
  return instruction(0xc3 | sizeBits(size), dst, src, offset, 0x110);
}

/** All distances are in slots, counted from the next instruction: 0 is the next one, -1 the jump itself. */
export function jump(offset: number): Instruction {
  return instruction(0x05, 0, 0, offset, 0);
}

/** A jump of 32-bit distance. cpu v4, Linux 6.6. */
export function jumpLong(offset: number): Instruction {
  return instruction(0x06, 0, 0, 0, offset);
}

/** Width 32 needs cpu v3, Linux 5.1; `lt`, `le`, `slt`, `sle` need cpu v2, Linux 4.14. */
export function jumpReg(width: Width, condition: JumpCondition, dst: number, src: number, offset: number): Instruction {
  return instruction(JUMP_CONDITIONS[condition].code | 0x08 | jumpClass(width), dst, src, offset, 0);
}

/** At width 64 the immediate is sign-extended before it is compared, also for unsigned conditions. */
export function jumpImm(width: Width, condition: JumpCondition, dst: number, imm: number, offset: number): Instruction {
  return instruction(JUMP_CONDITIONS[condition].code | jumpClass(width), dst, 0, offset, imm);
}

/** Jumps when the program has looped long enough, as the kernel decides. Linux 6.9. */
export function mayGoto(offset: number): Instruction {
  return instruction(0xe5, 0, 0, offset, 0);
}

/** `id` as in the helper table of linux/bpf.h. */
export function callHelper(id: number): Instruction {
  return instruction(0x85, 0, 0, 0, id);
}

/** A function of the same program, `offset` slots from the next instruction. Linux 4.16. */
export function callLocal(offset: number): Instruction {
  return instruction(0x85, 0, 1, 0, offset);
}

/** A function of the kernel by its BTF id; `module` 0 is vmlinux, else the index of a module's BTF descriptor. Linux 5.13. */
export function callKfunc(btfId: number, module = 0): Instruction {
  return instruction(0x85, 0, 2, module, btfId);
}

/** The function whose address `register` holds. Reserved by RFC 9669; no Linux accepts it. */
export function callRegister(register: number): Instruction {
  return instruction(0x8d, register, 0, 0, 0);
}

export function exit(): Instruction {
  return instruction(0x95, 0, 0, 0, 0);
}

/** Two slots. `value` -2^63 … 2^64-1. */
export function loadImm64(dst: number, value: bigint): Instruction {
  const imm = Number(BigInt.asIntN(32, value));
  return { opcode: LD_IMM64, dst, src: 0, offset: 0, imm, high: Number(BigInt.asIntN(32, value >> 32n)) };
}

/**
 * Two slots: the address of something that the loader knows. `imm` is a map's descriptor or index, a BTF id, or the distance
 * to a function; `high` is the byte within a map's value, or for `btf` the descriptor of a module's BTF.
 */
export function loadPseudo(dst: number, kind: Exclude<WideKind, "imm">, imm: number, high = 0): Instruction {
  return { opcode: LD_IMM64, dst, src: WIDE_KINDS[kind].src, offset: 0, imm, high };
}

/** Legacy: r0 = bytes of the packet at `imm` ("abs"), or at `src + imm` ("ind"), in host order; r6 must be the context. */
export function loadPacket(size: 1 | 2 | 4, mode: "abs" | "ind", imm: number, src = 0): Instruction {
  return instruction((mode === "abs" ? 0x20 : 0x40) | sizeBits(size), 0, src, 0, imm);
}

function aluClass(width: Width): number {
  return width === 64 ? 0x07 : 0x04;
}

function jumpClass(width: Width): number {
  return width === 64 ? 0x05 : 0x06;
}

function sizeBits(size: Size): number {
  return size === 8 ? 0x18 : size === 4 ? 0x00 : size === 2 ? 0x08 : 0x10;
}

function instruction(opcode: number, dst: number, src: number, offset: number, imm: number): Instruction {
  return { opcode, dst, src, offset, imm, high: 0 };
}

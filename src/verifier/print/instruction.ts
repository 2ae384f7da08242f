/**
 * Instructions as the kernel's log prints them, with their opcodes: `(61) r2 = *(u32 *)(r1 +0)` (kernel/bpf/disasm.c).
 *
 * Unlike `print` of isa/, this says something of every bit pattern: the log shows an instruction before it is checked.
 */

import { helperName } from "../../uapi/helpers.ts";
import type { Code, Referent } from "../program.ts";

const SIZES = ["u32", "u16", "u8", "u64"];
const SIGNED_SIZES = ["s32", "s16", "s8", "(null)"];
const ALU_SYMBOLS = [
  "+=",
  "-=",
  "*=",
  "/=",
  "|=",
  "&=",
  "<<=",
  ">>=",
  "neg",
  "%=",
  "^=",
  "=",
  "s>>=",
  "endian",
  "(null)",
  "(null)",
];
const CONDITIONS = [
  ...["jmp", "==", ">", ">=", "&", "!=", "s>", "s>="],
  ...["call", "exit", "<", "<=", "s<", "s<=", "(null)", "(null)"],
];
const ATOMIC_NAMES: Readonly<Record<number, string>> = { 0: "add", 64: "or", 80: "and", 160: "xor" };
const FETCH = 0x01;
const XCHG = 0xe1;
const CMPXCHG = 0xf1;
const LOAD_ACQUIRE = 0x100;
const STORE_RELEASE = 0x110;

/** `referents` names kfuncs, whose number is their BTF id; without, they are `kernel-function`. */
export function printInstruction(code: Code, slot: number, referents?: ReadonlyMap<number, Referent>): string {
  const opcode = code.opcode[slot] ?? 0;
  const text = describe(code, slot, opcode, referents);
  return text.startsWith("BUG_") ? text : `(${hex(opcode)}) ${text}`;
}

function describe(code: Code, slot: number, opcode: number, referents?: ReadonlyMap<number, Referent>): string {
  switch (opcode & 7) {
    case 0:
      return printLd(code, slot, opcode);
    case 1:
      return printLdx(code, slot, opcode);
    case 2:
      return printSt(code, slot, opcode);
    case 3:
      return printStx(code, slot, opcode);
    case 4:
    case 7:
      return printAlu(code, slot, opcode);
    default:
      return printJump(code, slot, opcode, referents);
  }
}

function hex(opcode: number): string {
  return opcode.toString(16).padStart(2, "0");
}

function signed(value: number): string {
  return value < 0 ? String(value) : `+${value}`;
}

function place(base: number, offset: number): string {
  return `(r${base} ${signed(offset)})`;
}

function printLd(code: Code, slot: number, opcode: number): string {
  const imm = code.imm[slot]!;
  const size = SIZES[(opcode >> 3) & 3]!;
  switch (opcode & 0xe0) {
    case 0x20:
      return `r0 = *(${size} *)skb[${imm}]`;
    case 0x40:
      return `r0 = *(${size} *)skb[r${code.src[slot]} + ${imm}]`;
  }
  if (opcode !== 0x18) return `BUG_ld_${hex(opcode)}`;
  const value = (BigInt((code.imm[slot + 1] ?? 0) >>> 0) << 32n) | BigInt(imm >>> 0);
  return `r${code.dst[slot]} = 0x${value.toString(16)}`;
}

function printLdx(code: Code, slot: number, opcode: number): string {
  const sizes = (opcode & 0xe0) === 0x60 ? SIZES : (opcode & 0xe0) === 0x80 ? SIGNED_SIZES : null;
  if (sizes === null) return `BUG_ldx_${hex(opcode)}`;
  return `r${code.dst[slot]} = *(${sizes[(opcode >> 3) & 3]} *)${place(code.src[slot]!, code.offset[slot]!)}`;
}

function printSt(code: Code, slot: number, opcode: number): string {
  if ((opcode & 0xe0) === 0xc0) return "nospec";
  if ((opcode & 0xe0) !== 0x60) return `BUG_st_${hex(opcode)}`;
  return `*(${SIZES[(opcode >> 3) & 3]} *)${place(code.dst[slot]!, code.offset[slot]!)} = ${code.imm[slot]}`;
}

function printStx(code: Code, slot: number, opcode: number): string {
  const src = code.src[slot]!;
  const imm = code.imm[slot]!;
  const where = `(${SIZES[(opcode >> 3) & 3]} *)${place(code.dst[slot]!, code.offset[slot]!)}`;
  if ((opcode & 0xe0) === 0x60) return `*${where} = r${src}`;
  if ((opcode & 0xe0) === 0xc0) {
    const width = (opcode & 0x18) === 0x18 ? "64" : "";
    const plain = ATOMIC_NAMES[imm];
    if (plain !== undefined) return `lock *${where} ${ALU_SYMBOLS[imm >> 4]} r${src}`;
    const fetched = ATOMIC_NAMES[imm & ~FETCH];
    if (fetched !== undefined) return `r${src} = atomic${width}_fetch_${fetched}(${where}, r${src})`;
    if (imm === CMPXCHG) return `r0 = atomic${width}_cmpxchg(${where}, r0, r${src})`;
    if (imm === XCHG) return `r${src} = atomic${width}_xchg(${where}, r${src})`;
    const from = `(${SIZES[(opcode >> 3) & 3]} *)${place(src, code.offset[slot]!)}`;
    if (imm === LOAD_ACQUIRE) return `r${code.dst[slot]} = load_acquire(${from})`;
    if (imm === STORE_RELEASE) return `store_release(${where}, r${src})`;
  }
  return `BUG_${hex(opcode)}`;
}

function printAlu(code: Code, slot: number, opcode: number): string {
  const letter = (opcode & 7) === 4 ? "w" : "r";
  const dst = code.dst[slot]!;
  const imm = code.imm[slot]!;
  const offset = code.offset[slot]!;
  const operation = opcode & 0xf0;
  if (operation === 0xd0) {
    const name = letter === "r" ? "bswap" : opcode & 8 ? "be" : "le";
    return `r${dst} = ${name}${imm} r${dst}`;
  }
  if (operation === 0x80) return `${letter}${dst} = -${letter}${dst}`;
  const src = code.src[slot]!;
  if (opcode === 0xbf && offset === 1) return `r${dst} = addr_space_cast(r${src}, ${imm >>> 16}, ${imm & 0xffff})`;
  if (opcode === 0xbf && offset === -1) return `r${dst} = &(void __percpu *)(r${src})`;
  const isDivision = operation === 0x30 || operation === 0x90;
  const symbol = isDivision && offset === 1 ? `s${ALU_SYMBOLS[operation >> 4]}` : ALU_SYMBOLS[operation >> 4]!;
  if ((opcode & 8) === 0) return `${letter}${dst} ${symbol} ${imm}`;
  const extended = operation === 0xb0 && (offset === 8 || offset === 16 || offset === 32) ? `(s${offset})` : "";
  return `${letter}${dst} ${symbol} ${extended}${letter}${src}`;
}

function printJump(code: Code, slot: number, opcode: number, referents?: ReadonlyMap<number, Referent>): string {
  const letter = (opcode & 7) === 6 ? "w" : "r";
  const dst = code.dst[slot]!;
  const src = code.src[slot]!;
  const imm = code.imm[slot]!;
  const offset = code.offset[slot]!;
  if ((opcode & 0xf0) === 0x80) {
    if (src === 1) return `call pc${signed(imm)}`;
    if (src === 0) return `call ${imm === 0 ? "bpf_unspec" : (helperName(imm) ?? "unknown")}#${imm}`;
    const kfunc = referents?.get(slot);
    if (kfunc?.kind === "kfunc") return `call ${kfunc.name}#${kfunc.btfId}`;
    return `call ${src === 2 ? "kernel-function" : "unknown"}#${imm}`;
  }
  if (opcode === 0x05) return `goto pc${signed(offset)}`;
  if (opcode === 0xe5 && src === 0) return `may_goto pc${signed(offset)}`;
  if (opcode === 0x06) return `gotol pc${signed(imm)}`;
  if (opcode === 0x95) return "exit";
  const condition = CONDITIONS[(opcode >> 4) & 15]!;
  if (opcode & 8) return `if ${letter}${dst} ${condition} ${letter}${src} goto pc${signed(offset)}`;
  return `if ${letter}${dst} ${condition} 0x${(imm >>> 0).toString(16)} goto pc${signed(offset)}`;
}

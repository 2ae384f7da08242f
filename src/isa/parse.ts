/** One statement of assembler text: the grammar. */

import type { Instruction } from "./instruction.ts";
import * as make from "./make.ts";
import { ALU_OPS, type AluOp, type AtomicOp, JUMP_CONDITIONS, type JumpCondition, type Size } from "./opcodes.ts";
import {
  addressSpace,
  baseAndOffset,
  checkHolds,
  immediate,
  isRegister,
  memoryType,
  moduleIndex,
  number,
  place,
  type Register,
  register,
  registerFor,
  sameWidth,
  signedNumber,
  signedOffset,
  unsignedPlace,
  wholeRegister,
} from "./operands.ts";
import type { Scanner, Token } from "./scanner.ts";

export interface Statement {
  readonly instruction: Instruction;
  /** The name that the distance in `field` is to be filled from, or null. */
  readonly label: Token | null;
  readonly field: "offset" | "imm";
}

const ALU_BY_SYMBOL = new Map((Object.keys(ALU_OPS) as AluOp[]).map((op) => [ALU_OPS[op].symbol, op]));
const CONDITION_BY_SYMBOL = new Map(
  (Object.keys(JUMP_CONDITIONS) as JumpCondition[]).map((op) => [JUMP_CONDITIONS[op].symbol, op]),
);
const ATOMIC_BY_SYMBOL = new Map<string, AtomicOp>([
  ["+=", "add"],
  ["|=", "or"],
  ["&=", "and"],
  ["^=", "xor"],
]);

/** Names that are whole statements or begin one; they cannot be registers. */
type Head = (scanner: Scanner, helperId: (name: string) => number | null) => Statement;
const HEADS: ReadonlyMap<string, Head> = new Map<string, Head>([
  ["exit", () => plain(make.exit())],
  ["goto", (scanner) => toTarget(scanner, "offset", make.jump)],
  ["gotol", (scanner) => toTarget(scanner, "imm", make.jumpLong)],
  ["may_goto", (scanner) => toTarget(scanner, "offset", make.mayGoto)],
  ["if", parseCondition],
  ["call", parseCall],
  ["callx", (scanner) => plain(make.callRegister(wholeRegister(scanner).number))],
  ["lock", parseLock],
  ["store_release", parseStoreRelease],
]);

/**
 * Reads up to what may be the end of the line. `opcode` is what the line says it is, or null: in the kernel's text only that
 * tells a 64-bit immediate from a move.
 */
export function parseStatement(scanner: Scanner, helperId: (name: string) => number | null, opcode: number | null): Statement {
  const { next } = scanner;
  if (next.text === "*") return parseStore(scanner);
  const head = HEADS.get(next.text);
  if (head !== undefined) {
    scanner.take();
    return head(scanner, helperId);
  }
  if (!isRegister(next)) {
    throw scanner.unexpected("an instruction, such as 'r0 = 1', '*(u32 *)(r1 +0) = r2', 'if r1 == 0 goto pc+2' or 'exit',");
  }
  const dst = register(scanner);
  const operator = scanner.take();
  if (operator.text === "=") return parseAssignment(scanner, dst, opcode);
  const op = ALU_BY_SYMBOL.get(operator.text);
  if (op === undefined)
    throw scanner.error(`'${operator.text}' is no operator; write = or one of ${[...ALU_BY_SYMBOL.keys()].join(" ")}`, operator);
  if (isRegister(scanner.next)) return plain(make.aluReg(dst.bits, op, dst.number, sameWidth(scanner, dst).number));
  return plain(make.aluImm(dst.bits, op, dst.number, immediate(scanner, dst.bits)));
}

/** After `dst =`. */
function parseAssignment(scanner: Scanner, dst: Register, opcode: number | null): Statement {
  const { next } = scanner;
  if (next.text === "*") return parseLoad(scanner, dst);
  if (next.text === "(") {
    scanner.take();
    const type = scanner.take();
    const from = type.text === "s8" ? 8 : type.text === "s16" ? 16 : type.text === "s32" ? 32 : null;
    if (from === null || (from === 32 && dst.bits === 32)) {
      throw scanner.error(`a move extends from s8, s16${dst.bits === 64 ? " or s32" : ""}, not from '${type.text}'`, type);
    }
    scanner.expect(")");
    return plain(make.movSignExtend(dst.bits, from, dst.number, sameWidth(scanner, dst).number));
  }
  if (isRegister(next)) return plain(make.movReg(dst.bits, dst.number, sameWidth(scanner, dst).number));
  if (next.kind === "name") return parseFunctionForm(scanner, dst);
  if (next.text === "-") {
    const mark = scanner.mark();
    scanner.take();
    if (isRegister(scanner.next)) {
      const { token, number } = sameWidth(scanner, dst);
      if (number !== dst.number) throw scanner.error(`a register is negated in place: write -${dst.token.text}`, token);
      return plain(make.neg(dst.bits, dst.number));
    }
    scanner.reset(mark);
  }
  return parseNumber(scanner, dst, opcode);
}

/** `r1 = 5`, `r1 = 0x5 ll`. */
function parseNumber(scanner: Scanner, dst: Register, opcode: number | null): Statement {
  const mark = scanner.mark();
  const at = scanner.next;
  const value = number(scanner);
  if (scanner.takeIf("ll") || opcode === 0x18) {
    if (dst.bits === 32) throw scanner.error("a 64-bit immediate needs an r register", dst.token);
    if (value < -(1n << 63n) || value >= 1n << 64n) throw scanner.error("the number does not fit into 64 bits", at);
    return plain(make.loadImm64(dst.number, value));
  }
  scanner.reset(mark);
  return plain(make.movImm(dst.bits, dst.number, immediate(scanner, dst.bits)));
}

/** `dst = name…`: byte swaps, casts, atomics that return something, and addresses that the loader knows. */
function parseFunctionForm(scanner: Scanner, dst: Register): Statement {
  const name = scanner.take();
  const swap = /^(be|le|bswap)(16|32|64)$/.exec(name.text);
  if (swap !== null) {
    const { token, number } = wholeRegister(scanner);
    if (number !== dst.number || dst.bits === 32) throw scanner.error("bytes are swapped in place, as in 'r1 = be16 r1'", token);
    const bits = Number(swap[2]) as 16 | 32 | 64;
    return plain(make.endian(swap[1] === "bswap" ? "swap" : swap[1] === "be" ? "be" : "le", bits, number));
  }
  switch (name.text) {
    case "addr_space_cast": {
      if (dst.bits === 32) throw scanner.error("an address needs an r register", dst.token);
      scanner.expect("(");
      const src = wholeRegister(scanner).number;
      scanner.expect(",");
      const to = addressSpace(scanner);
      scanner.expect(",");
      const from = addressSpace(scanner);
      scanner.expect(")");
      if (to === from)
        throw scanner.error("a cast is between address spaces 0 and 1: write 'addr_space_cast(r1, 0, 1)' or (r1, 1, 0)", name);
      return plain(make.addrSpaceCast(dst.number, src, to, from));
    }
    case "load_acquire": {
      scanner.expect("(");
      const { size, base, offset } = unsignedPlace(scanner);
      checkHolds(scanner, dst, size);
      scanner.expect(")");
      return plain(make.loadAcquire(size, dst.number, base, offset));
    }
    case "map":
    case "btf":
    case "subprog":
      return parseReference(scanner, name.text, dst);
  }
  return parseFetch(scanner, name, dst);
}

/** `map[fd:3][0]+8`, `btf[id:7,fd:3]`, `subprog[+4]`. */
function parseReference(scanner: Scanner, what: "map" | "btf" | "subprog", dst: Register): Statement {
  if (dst.bits === 32) throw scanner.error("an address needs an r register", dst.token);
  scanner.expect("[");
  if (what === "subprog") {
    const { distance, label } = target(scanner, "imm");
    scanner.expect("]");
    return { instruction: make.loadPseudo(dst.number, "function", distance), label, field: "imm" };
  }
  if (what === "btf") {
    scanner.expect("id");
    scanner.expect(":");
    const id = immediate(scanner, 32);
    let module = 0;
    if (scanner.takeIf(",")) {
      scanner.expect("fd");
      scanner.expect(":");
      module = immediate(scanner, 32);
    }
    scanner.expect("]");
    return plain(make.loadPseudo(dst.number, "btf", id, module));
  }
  const byIndex = scanner.takeIf("idx");
  if (!byIndex) scanner.expect("fd");
  scanner.expect(":");
  const map = immediate(scanner, 32);
  scanner.expect("]");
  if (!scanner.takeIf("[")) return plain(make.loadPseudo(dst.number, byIndex ? "map-index" : "map", map));
  scanner.expect("0");
  scanner.expect("]");
  const byte = scanner.takeIf("+") ? immediate(scanner, 32) : 0;
  return plain(make.loadPseudo(dst.number, byIndex ? "map-index-value" : "map-value", map, byte));
}

/** `r2 = atomic64_xchg((u64 *)(r1 +0), r2)` and LLVM's `r2 = xchg_64(r1 + 0, r2)`. */
function parseFetch(scanner: Scanner, name: Token, dst: Register): Statement {
  const kernel = /^atomic(?:64)?_(?:(xchg|cmpxchg)|fetch_(add|or|and|xor))$/.exec(name.text);
  const llvm = /^(xchg|cmpxchg)(?:_64|32_32)$/.exec(name.text);
  const op = (kernel?.[1] ?? kernel?.[2] ?? llvm?.[1] ?? null) as AtomicOp | null;
  if (op === null)
    throw scanner.error(
      `'${name.text}' is no function; atomics are atomic_fetch_add, atomic_xchg, atomic_cmpxchg, load_acquire`,
      name,
    );
  scanner.expect("(");
  const llvmSize: Size = name.text.endsWith("_64") ? 8 : 4;
  const { size, base, offset } = llvm === null ? unsignedPlace(scanner) : { size: llvmSize, ...baseAndOffset(scanner) };
  if (size !== 4 && size !== 8) throw scanner.error("atomic operations are on u32 or u64", name);
  if (name.text.startsWith("atomic64") && size === 4)
    throw scanner.error(`'${name.text}' is on u64; on u32 it is '${name.text.replace("64", "")}'`, name);
  if (op === "cmpxchg") {
    scanner.expect(",");
    const expected = register(scanner);
    if (expected.number !== 0 || dst.number !== 0) {
      throw scanner.error(
        "cmpxchg compares with r0 and returns in r0: 'r0 = atomic_cmpxchg((u32 *)(r1 +0), r0, r2)'",
        expected.number !== 0 ? expected.token : dst.token,
      );
    }
  }
  scanner.expect(",");
  const src = registerFor(scanner, size);
  checkHolds(scanner, dst, size);
  scanner.expect(")");
  if (op !== "cmpxchg" && src.number !== dst.number) {
    throw scanner.error(
      `the old value goes into the operand's register: write ${dst.token.text} here, or ${src.token.text} = …`,
      src.token,
    );
  }
  return plain(make.atomic(op, size, base, offset, src.number, true));
}

/** `lock *(u32 *)(r1 +0) += r2` */
function parseLock(scanner: Scanner): Statement {
  const at = scanner.next;
  scanner.expect("*");
  const { size, base, offset } = unsignedPlace(scanner);
  if (size !== 4 && size !== 8) throw scanner.error("atomic operations are on u32 or u64", at);
  const operator = scanner.take();
  const op = ATOMIC_BY_SYMBOL.get(operator.text);
  if (op === undefined) throw scanner.error(`'${operator.text}' is not an atomic operator; those are += |= &= ^=`, operator);
  return plain(make.atomic(op, size, base, offset, registerFor(scanner, size).number, false));
}

function parseStoreRelease(scanner: Scanner): Statement {
  scanner.expect("(");
  const { size, base, offset } = unsignedPlace(scanner);
  scanner.expect(",");
  const src = registerFor(scanner, size).number;
  scanner.expect(")");
  return plain(make.storeRelease(size, base, offset, src));
}

/** `*(u32 *)(r1 +4) = r2`, `… = 7` */
function parseStore(scanner: Scanner): Statement {
  scanner.take();
  const { size, base, offset } = unsignedPlace(scanner);
  scanner.expect("=");
  if (isRegister(scanner.next)) return plain(make.store(size, base, offset, registerFor(scanner, size).number));
  return plain(make.storeImm(size, base, offset, immediate(scanner, size === 8 ? 64 : 32)));
}

/** After `dst =`: `*(u32 *)(r1 +4)`, `*(u16 *)skb[4]`, `*(u16 *)skb[r2 + 4]` */
function parseLoad(scanner: Scanner, dst: Register): Statement {
  scanner.take();
  const mark = scanner.mark();
  const type = memoryType(scanner);
  if (scanner.takeIf("skb")) {
    if (type.signed || type.size === 8) throw scanner.error("packet loads are of u8, u16 or u32", mark.next);
    if (dst.number !== 0 || dst.bits === 32) throw scanner.error("packet loads go to r0", dst.token);
    scanner.expect("[");
    const indirect = isRegister(scanner.next) ? wholeRegister(scanner).number : null;
    // Printed with a plus in any case: `skb[r2 + -4]`.
    const imm =
      indirect === null
        ? immediate(scanner, 32)
        : scanner.takeIf("+")
          ? immediate(scanner, 32)
          : scanner.next.text === "-"
            ? immediate(scanner, 32)
            : 0;
    scanner.expect("]");
    return plain(indirect === null ? make.loadPacket(type.size, "abs", imm) : make.loadPacket(type.size, "ind", imm, indirect));
  }
  scanner.reset(mark);
  const { size, signed, base, offset } = place(scanner);
  if (!signed) {
    checkHolds(scanner, dst, size);
    return plain(make.load(size, dst.number, base, offset));
  }
  if (dst.bits === 32) throw scanner.error(`the sign is extended to 64 bits: write r${dst.number}`, dst.token);
  if (size === 8) throw scanner.error("a load of 64 bits has no sign to extend: write u64", mark.next);
  return plain(make.loadSigned(size, dst.number, base, offset));
}

/** After `if`. */
function parseCondition(scanner: Scanner): Statement {
  const dst = register(scanner);
  const operator = scanner.take();
  const condition = CONDITION_BY_SYMBOL.get(operator.text);
  if (condition === undefined) {
    throw scanner.error(
      `'${operator.text}' is no condition; write one of ${[...CONDITION_BY_SYMBOL.keys()].join(" ")}`,
      operator,
    );
  }
  const src = isRegister(scanner.next) ? sameWidth(scanner, dst).number : null;
  // The kernel prints all 32 bits unsigned, also where they are compared as a negative 64-bit number.
  const imm = src === null ? immediate(scanner, 32) : 0;
  scanner.expect("goto");
  return toTarget(scanner, "offset", (offset) =>
    src === null
      ? make.jumpImm(dst.bits, condition, dst.number, imm, offset)
      : make.jumpReg(dst.bits, condition, dst.number, src, offset),
  );
}

/** After `call`. */
function parseCall(scanner: Scanner, helperId: (name: string) => number | null): Statement {
  const { next } = scanner;
  if (next.kind === "number") return plain(make.callHelper(immediate(scanner, 32)));
  if (next.kind !== "name" || next.text === "pc") return toTarget(scanner, "imm", make.callLocal);
  const mark = scanner.mark();
  scanner.take();
  if (next.text === "kernel" && scanner.takeIf("-")) {
    scanner.expect("function");
    scanner.expect("#");
    const id = immediate(scanner, 32);
    return plain(make.callKfunc(id, scanner.takeIf("@") ? moduleIndex(scanner) : 0));
  }
  if (scanner.takeIf("#")) return plain(make.callHelper(immediate(scanner, 32)));
  const id = helperId(next.text);
  if (id !== null) return plain(make.callHelper(id));
  scanner.reset(mark);
  return toTarget(scanner, "imm", make.callLocal);
}

function plain(instruction: Instruction): Statement {
  return { instruction, label: null, field: "offset" };
}

function toTarget(scanner: Scanner, field: Statement["field"], instruction: (distance: number) => Instruction): Statement {
  const { distance, label } = target(scanner, field);
  return { instruction: instruction(distance), label, field };
}

/** `pc+3`, `+3`, `-3` or a label. */
function target(scanner: Scanner, field: Statement["field"]): { readonly distance: number; readonly label: Token | null } {
  const { next } = scanner;
  if (next.kind === "name" && next.text !== "pc") return { distance: 0, label: scanner.take() };
  scanner.takeIf("pc");
  if (scanner.next.text !== "+" && scanner.next.text !== "-")
    throw scanner.unexpected("a label or a distance with its sign, such as 'pc+3',");
  return { distance: field === "offset" ? signedOffset(scanner) : signedNumber(scanner), label: null };
}

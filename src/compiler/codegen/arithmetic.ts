/**
 * Selection of arithmetic. cpu v3 and later compute i32 in 32 bits, which clears the upper half; before, 64-bit operations
 * compute the low half and shifts clear the upper where it can be dirty.
 */

import type { AluOp } from "../../isa/opcodes.ts";
import type { BinaryOp, Instruction } from "../ir/ir.ts";
import type { Operand } from "./machine.ts";
import { fitsSigned32, type Selector } from "./select.ts";

const ALU: Readonly<Record<BinaryOp, AluOp>> = {
  add: "add",
  sub: "sub",
  mul: "mul",
  udiv: "div",
  sdiv: "sdiv",
  umod: "mod",
  smod: "smod",
  and: "and",
  or: "or",
  xor: "xor",
  shl: "lsh",
  lshr: "rsh",
  ashr: "arsh",
};

const COMMUTATIVE: ReadonlySet<BinaryOp> = new Set<BinaryOp>(["add", "mul", "and", "or", "xor"]);
const DIVISIONS: ReadonlySet<BinaryOp> = new Set<BinaryOp>(["udiv", "sdiv", "umod", "smod"]);
const SHIFTS: ReadonlySet<BinaryOp> = new Set<BinaryOp>(["shl", "lshr", "ashr"]);

export function selectBinary(to: Selector, binary: Extract<Instruction, { kind: "binary" }>): void {
  const { op } = binary;
  const width = to.fn.values[binary.left] === "i32" ? 32 : 64;
  const register = to.define(binary.result);
  if (op === "sub" && to.facts.constant(binary.left) === 0n) {
    to.move(register, to.source(binary.right));
    to.emit({ kind: "negate", width: to.cpu >= 3 ? width : 64, register });
    if (width === 32 && to.cpu < 3) to.zeroExtend(register, register);
    return;
  }

  let { left, right } = binary;
  if (COMMUTATIVE.has(op) && to.facts.constant(left) !== null && to.facts.constant(right) === null) [left, right] = [right, left];

  // A number as a pointer, and the other way round: the null pointer added, or taken off.
  if ((op === "add" || op === "sub") && width === 64 && to.facts.constant(right) === 0n) {
    to.move(register, to.source(left));
    return;
  }
  if (to.fn.values[left] === "ptr" && to.facts.constant(right) !== null && to.facts.isFolded(left)) {
    // Whoever else uses the sum so far adds on its own: it need not be made.
    const { root, offset } = to.facts.base(binary.result);
    if (root !== left && root !== binary.result) {
      to.move(register, to.source(root));
      to.emit({ kind: "alu", op: "add", width: 64, register, operand: { kind: "immediate", value: offset } });
      return;
    }
  }

  if (width === 32 && to.cpu < 3) {
    selectNarrow(to, op, left, right, register);
    return;
  }
  const operand = to.operand(right, (constant) => {
    // Verifiers refuse an immediate divisor of 0 and an immediate shift by the width or more.
    if (DIVISIONS.has(op) && constant === 0n) return null;
    if (SHIFTS.has(op)) return Number(constant & BigInt(width - 1));
    return width === 32 ? Number(BigInt.asIntN(32, constant)) : fitsSigned32(constant);
  });
  to.move(register, to.source(left));
  to.emit({ kind: "alu", op: ALU[op], width, register, operand });
}

/** An i32 operation in 64 bits: operands and result have a clear upper half. */
function selectNarrow(to: Selector, op: BinaryOp, left: number, right: number, register: number): void {
  const operand = to.operand(right, (constant) => {
    if (SHIFTS.has(op)) return Number(constant & 31n);
    const immediate = Number(BigInt.asIntN(32, constant));
    // A negative immediate is sign-extended: division would read the upper half. Elsewhere it is cleared afterwards.
    return DIVISIONS.has(op) && immediate <= 0 ? null : immediate;
  });
  const amount = (): Operand => {
    if (operand.kind === "immediate") return operand;
    // 64-bit shifts use six bits of the amount, 32-bit shifts five.
    const masked = to.copy({ kind: "place", place: operand.register });
    to.emit({ kind: "alu", op: "and", width: 64, register: masked, operand: { kind: "immediate", value: 31 } });
    return { kind: "register", register: masked };
  };
  const by = SHIFTS.has(op) ? amount() : operand;
  to.move(register, to.source(left));
  if (op === "ashr") {
    to.shift("lsh", 64, register, 32);
    to.shift("arsh", 64, register, 32);
  }
  to.emit({ kind: "alu", op: ALU[op], width: 64, register, operand: by });
  if (dirties(op, by)) to.zeroExtend(register, register);
}

/** Whether the operation may set bits above the low half of zero-extended operands. */
function dirties(op: BinaryOp, operand: Operand): boolean {
  switch (op) {
    case "and":
    case "lshr":
    case "udiv":
    case "umod":
      return false;
    case "or":
    case "xor":
      return operand.kind === "immediate" && operand.value < 0;
    default:
      return true;
  }
}

export function selectExtend(to: Selector, extend: Extract<Instruction, { kind: "extend" }>): void {
  const { operand, result, sign } = extend;
  const bits = extend.from;
  const wide = to.fn.values[result] === "i64";
  const register = to.define(result);
  if (bits === 32 && (!sign || !wide)) {
    to.zeroExtend(register, to.register(operand));
  } else if (!sign) {
    to.move(register, to.source(operand));
    const width = to.fn.values[operand] === "i32" && to.cpu >= 3 ? 32 : 64;
    const mask: Operand = { kind: "immediate", value: bits === 8 ? 0xff : 0xffff };
    to.emit({ kind: "alu", op: "and", width, register, operand: mask });
  } else if (to.cpu >= 4) {
    to.emit({ kind: "sign-extend", width: wide ? 64 : 32, bits, to: register, from: to.register(operand) });
  } else {
    const width = wide || to.cpu < 3 ? 64 : 32;
    to.move(register, to.source(operand));
    to.shift("lsh", width, register, width - bits);
    to.shift("arsh", width, register, width - bits);
    if (!wide && width === 64) to.zeroExtend(register, register);
  }
}

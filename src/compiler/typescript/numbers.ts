/**
 * Arithmetic of the language on constants, and the rules by which two integer types meet.
 *
 * Constants without a type are exact integers, as in Go: `1 << 31` is 2147483648, `~0` is -1. A typed constant wraps as the
 * machine does.
 */

import type { BinaryOp } from "../ir/ir.ts";
import { INTS, type IntType } from "./types.ts";

export function minimum(type: IntType): bigint {
  return type.signed ? -(1n << BigInt(type.bits - 1)) : 0n;
}

export function maximum(type: IntType): bigint {
  return (1n << BigInt(type.signed ? type.bits - 1 : type.bits)) - 1n;
}

export function fits(value: bigint, type: IntType): boolean {
  return value >= minimum(type) && value <= maximum(type);
}

/** As the unsigned number of the type's representation in the IR: 32 bits, or 64 for the widest. */
export function representation(value: bigint, type: IntType): bigint {
  const wrapped = type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
  return BigInt.asUintN(type.bits === 64 ? 64 : 32, wrapped);
}

/** The number that a representation stands for. */
export function meaning(value: bigint, type: IntType): bigint {
  return type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
}

/** Every value of `from` is one of `to`. */
export function widens(from: IntType, to: IntType): boolean {
  if (from.signed && !to.signed) return false;
  return from.signed === to.signed ? from.bits <= to.bits : from.bits < to.bits;
}

/** The type of an operation on one integer: at least 32 bits. */
export function promoted(type: IntType): IntType {
  if (type.bits >= 32) return type.name === "Ipv4Address" ? INTS.u32 : type;
  return type.signed ? INTS.i32 : INTS.u32;
}

/**
 * The type in which two integers meet, or null when signed and unsigned of one width mix. Operands below 32 bits promote to
 * 32 first (to i32 when the other is signed: their values fit), then the narrower widens.
 */
export function commonType(left: IntType, right: IntType): IntType | null {
  const signed = left.signed || right.signed;
  const bits = left.bits === 64 || right.bits === 64 ? 64 : 32;
  const common = bits === 64 ? (signed ? INTS.i64 : INTS.u64) : signed ? INTS.i32 : INTS.u32;
  return widens(left, common) && widens(right, common) ? common : null;
}

/** The exact value of an operation on untyped constants; null where it has none. */
export function evaluateExact(op: string, left: bigint, right: bigint): bigint | null {
  switch (op) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return right === 0n ? null : left / right;
    case "%":
      return right === 0n ? null : left % right;
    case "&":
      return left & right;
    case "|":
      return left | right;
    case "^":
      return left ^ right;
    case "<<":
      return right < 0n || right > 64n ? null : left << right;
    case ">>":
    case ">>>":
      return right < 0n || right > 64n || (op === ">>>" && left < 0n) ? null : left >> right;
    default:
      return null;
  }
}

/** What the machine computes: operands and result as representations of a type of 32 or 64 bits. */
export function evaluateMachine(op: BinaryOp, left: bigint, right: bigint, type: IntType): bigint {
  const bits = type.bits === 64 ? 64 : 32;
  const [sl, sr] = [BigInt.asIntN(bits, left), BigInt.asIntN(bits, right)];
  const amount = right & BigInt(bits - 1);
  const wrap = (value: bigint) => BigInt.asUintN(bits, value);
  switch (op) {
    case "add":
      return wrap(left + right);
    case "sub":
      return wrap(left - right);
    case "mul":
      return wrap(left * right);
    case "udiv":
      return right === 0n ? 0n : left / right;
    case "sdiv":
      return sr === 0n ? 0n : wrap(sl / sr);
    case "umod":
      return right === 0n ? left : left % right;
    case "smod":
      return sr === 0n ? left : wrap(sl % sr);
    case "and":
      return left & right;
    case "or":
      return left | right;
    case "xor":
      return left ^ right;
    case "shl":
      return wrap(left << amount);
    case "lshr":
      return left >> amount;
    case "ashr":
      return wrap(sl >> amount);
  }
}

/** The operation of the IR that an operator of the source is, for operands of a type. */
export function operation(operator: string, type: IntType): BinaryOp | null {
  switch (operator) {
    case "+":
      return "add";
    case "-":
      return "sub";
    case "*":
      return "mul";
    case "/":
      return type.signed ? "sdiv" : "udiv";
    case "%":
      return type.signed ? "smod" : "umod";
    case "&":
      return "and";
    case "|":
      return "or";
    case "^":
      return "xor";
    case "<<":
      return "shl";
    case ">>":
      return type.signed ? "ashr" : "lshr";
    case ">>>":
      return "lshr";
    default:
      return null;
  }
}

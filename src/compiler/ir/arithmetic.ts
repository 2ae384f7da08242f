/** What eBPF computes, exactly (RFC 9669 §4.1 and §4.3), on unsigned integers of 32 or 64 bits. For folding and as an oracle; not a hot path. */

import type { BinaryOp, Condition } from "./ir.ts";

export type Bits = 32 | 64;

/** Operands and result are the unsigned values of `bits`. */
export function evaluateBinary(op: BinaryOp, bits: Bits, left: bigint, right: bigint): bigint {
  return BigInt.asUintN(bits, compute(op, bits, left, right));
}

function compute(op: BinaryOp, bits: Bits, left: bigint, right: bigint): bigint {
  const amount = right & BigInt(bits - 1);
  switch (op) {
    case "add":
      return left + right;
    case "sub":
      return left - right;
    case "mul":
      return left * right;
    case "udiv":
      return right === 0n ? 0n : left / right;
    case "umod":
      return right === 0n ? left : left % right;
    // The smallest integer divided by -1 wraps to itself, with remainder 0: both fall out of wrapping.
    case "sdiv":
      return right === 0n ? 0n : BigInt.asIntN(bits, left) / BigInt.asIntN(bits, right);
    case "smod":
      return right === 0n ? left : BigInt.asIntN(bits, left) % BigInt.asIntN(bits, right);
    case "and":
      return left & right;
    case "or":
      return left | right;
    case "xor":
      return left ^ right;
    case "shl":
      return left << amount;
    case "lshr":
      return left >> amount;
    case "ashr":
      return BigInt.asIntN(bits, left) >> amount;
  }
}

export function evaluateCondition(condition: Condition, bits: Bits, left: bigint, right: bigint): boolean {
  switch (condition) {
    case "eq":
      return left === right;
    case "ne":
      return left !== right;
    case "ult":
      return left < right;
    case "ule":
      return left <= right;
    case "ugt":
      return left > right;
    case "uge":
      return left >= right;
    case "slt":
      return BigInt.asIntN(bits, left) < BigInt.asIntN(bits, right);
    case "sle":
      return BigInt.asIntN(bits, left) <= BigInt.asIntN(bits, right);
    case "sgt":
      return BigInt.asIntN(bits, left) > BigInt.asIntN(bits, right);
    case "sge":
      return BigInt.asIntN(bits, left) >= BigInt.asIntN(bits, right);
    case "set":
      return (left & right) !== 0n;
  }
}

/** Extends the low `from` bits to `to` bits. */
export function evaluateExtend(sign: boolean, from: 8 | 16 | 32, to: Bits, operand: bigint): bigint {
  return BigInt.asUintN(to, sign ? BigInt.asIntN(from, operand) : BigInt.asUintN(from, operand));
}

/** Swaps the low `bits` (the machine is little-endian) and clears the rest. */
export function evaluateToBig(bits: 16 | 32 | 64, operand: bigint): bigint {
  let swapped = 0n;
  for (let byte = 0n; byte < BigInt(bits / 8); byte++) swapped = (swapped << 8n) | ((operand >> (byte * 8n)) & 0xffn);
  return swapped;
}

/** The condition that holds exactly when this one does not; `set` has none. */
export const INVERSE: Readonly<Record<Exclude<Condition, "set">, Exclude<Condition, "set">>> = {
  eq: "ne",
  ne: "eq",
  ult: "uge",
  uge: "ult",
  ule: "ugt",
  ugt: "ule",
  slt: "sge",
  sge: "slt",
  sle: "sgt",
  sgt: "sle",
};

/** The condition that holds of (b, a) exactly when this one holds of (a, b). */
export const MIRROR: Readonly<Record<Condition, Condition>> = {
  eq: "eq",
  ne: "ne",
  ult: "ugt",
  ugt: "ult",
  ule: "uge",
  uge: "ule",
  slt: "sgt",
  sgt: "slt",
  sle: "sge",
  sge: "sle",
  set: "set",
};

/** Lowers conditions to branches: nothing is computed that only a jump needs. */

import type { BlockId, Condition } from "../../ir/ir.ts";
import type { Expression } from "../tree.ts";
import { bitsUnit, locate, nullable, scalar, splitInto } from "./expressions.ts";
import type { Lowering } from "./lowering.ts";
import { lookUp } from "./maps.ts";
import { comparedPieces, type Location, loadRaw, pointer } from "./memory.ts";
import { packetCheck } from "./packets.ts";

/** Ends the current block with a jump to `then` when the condition holds, else to `otherwise`; seals neither. */
export function test(to: Lowering, value: Expression, then: BlockId, otherwise: BlockId): void {
  const { ir } = to;
  to.count();
  switch (value.kind) {
    case "constant":
      ir.jump(value.value === 0n ? otherwise : then);
      return;
    case "not":
      test(to, value.operand, otherwise, then);
      return;
    case "logical": {
      const right = ir.block();
      if (value.op === "and") test(to, value.left, right, otherwise);
      else test(to, value.left, then, right);
      ir.seal(right);
      ir.switchTo(right);
      test(to, value.right, then, otherwise);
      return;
    }
    case "compare":
      compare(to, value, then, otherwise);
      return;
    case "truth": {
      const operand = scalar(to, value.operand);
      ir.branch("ne", operand, ir.constant(ir.typeOf(operand), 0), then, otherwise);
      return;
    }
    case "is-null":
      if (value.negated) isNull(to, value.operand, otherwise, then);
      else isNull(to, value.operand, then, otherwise);
      return;
    case "holds": {
      const { present, absent } = splitInto(to, value);
      ir.switchTo(absent);
      ir.jump(otherwise);
      ir.switchTo(present);
      test(to, value.test, then, otherwise);
      return;
    }
    case "same-bytes":
      if (value.negated) sameBytes(to, value, otherwise, then);
      else sameBytes(to, value, then, otherwise);
      return;
    case "same-text":
      if (value.negated) sameText(to, value, otherwise, then);
      else sameText(to, value, then, otherwise);
      return;
    case "bits": {
      if (value.field.bits !== 1) break;
      const unit = loadRawUnit(to, value);
      ir.branch("set", unit.value, ir.constant("i32", unit.mask), then, otherwise);
      return;
    }
    default:
  }
  ir.branch("ne", scalar(to, value), ir.constant("i32", 0), then, otherwise);
}

/** One bit of a header, tested where it lies: the mask is turned around, not the bytes. */
function loadRawUnit(to: Lowering, value: Extract<Expression, { kind: "bits" }>): { value: number; mask: bigint } {
  const { unit, shift } = value.field;
  const mask = 1n << BigInt(shift);
  const bits = unit.kind === "network" ? unit.host.bits : unit.bits;
  return { value: loadRaw(to.ir, unit, bitsUnit(to, value)), mask: unit.kind === "network" ? swapped(mask, bits) : mask };
}

/** The bytes of a number in the other order. */
export function swapped(value: bigint, bits: number): bigint {
  let result = 0n;
  for (let shift = 0; shift < bits; shift += 8) result = (result << 8n) | ((value >> BigInt(shift)) & 0xffn);
  return result;
}

function compare(to: Lowering, value: Extract<Expression, { kind: "compare" }>, then: BlockId, otherwise: BlockId): void {
  const [left, right] = comparedValues(to, value);
  to.ir.branch(value.condition, left, right, then, otherwise);
}

/** Both sides of a comparison. A number on the wire is compared with a constant by turning the constant around. */
export function comparedValues(to: Lowering, value: Extract<Expression, { kind: "compare" }>): [number, number] {
  const { left, right, condition } = value;
  if (isEquality(condition)) {
    const raw = asWire(to, left, right) ?? asWire(to, right, left);
    if (raw !== null) return raw;
  }
  const first = scalar(to, left);
  return [first, scalar(to, right)];
}

function isEquality(condition: Condition): boolean {
  return condition === "eq" || condition === "ne";
}

function asWire(to: Lowering, wire: Expression, constant: Expression): [number, number] | null {
  const field = wire.kind === "convert" ? wire.operand : wire;
  if (field.kind !== "member" || field.stored.kind !== "network" || constant.kind !== "constant") return null;
  const { bits } = field.stored.host;
  if (constant.value >= 1n << BigInt(bits)) return null;
  // Only where the conversion kept the width class: a raw value can be neither extended to 64 bits nor cut to fewer.
  if (wire.type.kind === "int" && (wire.type.bits === 64) !== (bits === 64)) return null;
  const value = loadRaw(to.ir, field.stored, locate(to, field.object, field.offset));
  return [value, to.ir.constant(bits === 64 ? "i64" : "i32", swapped(constant.value, bits))];
}

/** Goes to `then` when the value is null. */
function isNull(to: Lowering, operand: Expression, then: BlockId, otherwise: BlockId): void {
  const { ir, fork } = to;
  if (fork !== null && operand.kind === "local" && operand.local === fork.local) {
    to.fork = null;
    ir.switchTo(fork.absent);
    ir.jump(then);
    ir.switchTo(fork.present);
    ir.jump(otherwise);
    return;
  }
  if (operand.kind === "packet-at" || operand.kind === "packet-read") {
    const { blocks } = packetCheck(to, operand.offset, operand.kind === "packet-at" ? operand.header.size : operand.width);
    ir.switchTo(blocks.absent);
    ir.jump(then);
    ir.switchTo(blocks.present);
    ir.jump(otherwise);
    return;
  }
  const isPointer = operand.type.kind === "reference" || operand.type.kind === "kernel" || operand.type.kind === "map";
  if (isPointer || operand.kind === "map-get") {
    const address = operand.kind === "map-get" ? lookUp(to, operand) : scalar(to, operand);
    ir.branch("eq", address, ir.constant("ptr", 0), then, otherwise);
    return;
  }
  const { present } = nullable(to, operand);
  ir.branch("eq", present, ir.constant("i32", 0), then, otherwise);
}

function sameBytes(to: Lowering, value: Extract<Expression, { kind: "same-bytes" }>, then: BlockId, otherwise: BlockId): void {
  const { ir } = to;
  const side = (operand: Expression): Location | Uint8Array =>
    operand.kind === "bytes" ? operand.bytes : locate(to, operand, 0);
  const left = side(value.left);
  const right = side(value.right);
  for (const [a, b] of comparedPieces(ir, value.size, [left, right])) {
    const { same } = to.branches(["same"], (blocks) => ir.branch("eq", a, b, blocks.same, otherwise));
    ir.switchTo(same);
  }
  ir.jump(then);
}

/** A loop over the bytes, to the first NUL: what lies behind it says nothing. */
function sameText(to: Lowering, value: Extract<Expression, { kind: "same-text" }>, then: BlockId, otherwise: BlockId): void {
  const { ir } = to;
  const left = pointer(ir, locate(to, value.left, 0));
  const right = pointer(ir, locate(to, value.right, 0));
  const index = ir.variable("i64", "index");
  ir.write(index, ir.constant("i64", 0));
  const head = ir.block();
  ir.jump(head);
  ir.switchTo(head);
  const { more } = to.branches(["more"], (made) =>
    ir.branch("ult", ir.read(index), ir.constant("i64", value.size), made.more, then),
  );
  ir.switchTo(more);
  const [a, b] = [left, right].map((address) => ir.load("i32", 1, false, ir.binary("add", address, ir.read(index)), 0));
  if (a === undefined || b === undefined) throw new TypeError("two texts are compared");
  const { same } = to.branches(["same"], (made) => ir.branch("eq", a, b, made.same, otherwise));
  ir.switchTo(same);
  const { next } = to.branches(["next"], (made) => ir.branch("ne", a, ir.constant("i32", 0), made.next, then));
  ir.switchTo(next);
  ir.write(index, ir.binary("add", ir.read(index), ir.constant("i64", 1)));
  ir.jump(head);
  ir.seal(head);
}

/** A condition as 1 or 0. */
export function bool(to: Lowering, value: Expression): number {
  const { ir } = to;
  if (value.kind === "compare") {
    const [left, right] = comparedValues(to, value);
    return ir.compare(value.condition, left, right);
  }
  if (value.kind === "truth") {
    const operand = scalar(to, value.operand);
    return ir.compare("ne", operand, ir.constant(ir.typeOf(operand), 0));
  }
  const result = ir.variable("i32", "condition");
  const { yes, no } = to.branches(["yes", "no"], (blocks) => test(to, value, blocks.yes, blocks.no));
  const join = ir.block();
  for (const [block, outcome] of [
    [yes, 1],
    [no, 0],
  ] as const) {
    ir.switchTo(block);
    ir.write(result, ir.constant("i32", outcome));
    ir.jump(join);
  }
  ir.seal(join);
  ir.switchTo(join);
  return ir.read(result);
}

/** Lowers expressions to values of the IR. */

import type { BlockId, Value } from "../../ir/ir.ts";
import { alignOf, sizeOf } from "../layout.ts";
import type { Expression } from "../tree.ts";
import { INTS } from "../types.ts";
import { atomic } from "./atomics.ts";
import { readBits } from "./bits.ts";
import { callBack } from "./callbacks.ts";
import { callOf } from "./calls.ts";
import { bool, test } from "./conditions.ts";
import { helperCall } from "./helper-calls.ts";
import { convert } from "./integers.ts";
import { kernelCall, kernelCast, kernelConfig, kernelElement, kernelField, kernelInfo } from "./kernel.ts";
import { type Cell, type Lowering, memoryOf } from "./lowering.ts";
import { copyOut, countLost, mapCall, reserve, zeroPadding } from "./map-calls.ts";
import { deleteEntry, increment, lookUp, setEntry } from "./maps.ts";
import { at, irType, type Location, load, pointer } from "./memory.ts";
import { packetCheck } from "./packets.ts";
import { printText } from "./print.ts";
import { specialCall } from "./special.ts";
import { prepare, write } from "./structs.ts";

/** A number, bool or reference. */
export function scalar(to: Lowering, value: Expression): Value {
  const { ir } = to;
  to.count();
  switch (value.kind) {
    case "constant":
      return ir.constant(irType(value.type), value.value);
    case "null":
      return ir.constant("ptr", 0);
    case "local":
      return ir.read(to.cellOf(value.local).value);
    case "member":
    case "element":
      return value.stored.kind === "struct" || value.stored.kind === "array"
        ? addressOf(to, value)
        : load(ir, value.stored, placeOf(to, value));
    case "bits":
      return readBits(to, value.field, bitsUnit(to, value));
    case "global": {
      const { map, offset } = to.data.place(value.global);
      return ir.mapValue(map, offset);
    }
    case "atomic":
      return atomic(to, value, true);
    case "convert": {
      const from = value.operand.type;
      const operand = scalar(to, value.operand);
      return from.kind === "int" || from.kind === "bool" ? convert(ir, operand, from, value.type) : operand;
    }
    case "binary": {
      const left = scalar(to, value.left);
      return ir.binary(value.op, left, scalar(to, value.right));
    }
    case "network-order":
      return to.ir.toBig(value.type.bits as 16 | 32 | 64, scalar(to, value.operand));
    case "extreme":
      return extreme(to, value);
    case "truth":
    case "not":
    case "compare":
    case "same-bytes":
    case "same-text":
    case "is-null":
    case "holds":
    case "logical":
      return bool(to, value);
    case "struct":
    case "array":
    case "bytes":
    case "copied":
    case "kernel-copy":
    case "zeroed":
      return made(to, value);
    case "map-get":
      return value.type.kind === "reference" ? lookUp(to, value) : nullable(to, value).value;
    case "map-has":
      return ir.compare("ne", lookUp(to, value), ir.constant("ptr", 0));
    case "map-delete":
      return deleteEntry(to, value);
    case "map-set":
      return setEntry(to, value);
    case "map-call": {
      const result = mapCall(to, value);
      if (result === null) throw new TypeError(`${value.map.name}.${value.method} gives nothing`);
      return result;
    }
    case "helper": {
      if (value.type.kind === "nullable") return nullable(to, value).value;
      const result = helperCall(to, value);
      return result ?? ir.constant("i32", 0);
    }
    case "print":
      return printText(to, value) ?? ir.constant("i64", 0);
    case "can-loop":
      return ir.loopBudget();
    case "call-back":
      return callBack(to, value);
    case "special-call":
      return specialCall(to, value) ?? ir.constant("i64", 0);
    case "extern": {
      const given = value.arguments.map((argument) => scalar(to, argument));
      to.locate(value.at);
      const result = ir.callKfunc(value.function.name, given, "i32");
      return convert(ir, result, INTS.u32, value.type);
    }
    case "kernel-field":
      return kernelField(to, value);
    case "kernel-element":
      return kernelElement(to, value);
    case "kptr-field": {
      const { address, offset } = locate(to, value.place, 0);
      return ir.load("ptr", 8, false, address, offset);
    }
    case "kernel-info":
      return kernelInfo(to, value);
    case "kernel-cast":
      return kernelCast(to, value);
    case "kernel-call":
      return kernelCall(to, value) ?? ir.constant("i32", 0);
    case "kernel-symbol":
      return ir.ksym(value.name);
    case "kernel-per-cpu": {
      const symbol = scalar(to, value.symbol);
      const given = value.cpu === null ? [symbol] : [symbol, scalar(to, value.cpu)];
      return ir.call(value.helper, given, "ptr");
    }
    case "kernel-config":
      return kernelConfig(to, value);
    case "context":
      return to.context;
    case "context-pointer":
      return ir.load("ptr", 8, false, to.context, value.offset);
    case "packet-length":
      return ir.extend(false, 32, ir.binary("sub", to.packet.end, to.packet.data), "i32");
    case "conditional":
    case "coalesce":
    case "call":
    case "packet-at":
    case "optional":
      return ir.read(merged(to, value).value);
    default:
      throw new TypeError(`expected a number, bool or reference to lower, found ${value.kind}`);
  }
}

/** The smaller or larger of two, each computed once. */
function extreme(to: Lowering, value: Extract<Expression, { kind: "extreme" }>): Value {
  const { ir } = to;
  const left = scalar(to, value.left);
  const right = scalar(to, value.right);
  const below = value.type.signed ? "slt" : "ult";
  const [first, second] = value.op === "min" ? [left, right] : [right, left];
  const result = ir.variable(ir.typeOf(left), `Math.${value.op}`);
  const { yes, no } = to.branches(["yes", "no"], (blocks) => ir.branch(below, first, second, blocks.yes, blocks.no));
  join(to, [
    [yes, () => ir.write(result, left)],
    [no, () => ir.write(result, right)],
  ]);
  return ir.read(result);
}

/** A number that may be null, as two values. */
export function nullable(to: Lowering, value: Expression): { readonly value: Value; readonly present: Value } {
  const { ir } = to;
  const cell = value.kind === "local" ? to.cellOf(value.local) : merged(to, value);
  const number = ir.read(cell.value);
  return { value: number, present: cell.present === null ? ir.constant("i32", 1) : ir.read(cell.present) };
}

/** Puts a value of any type into a cell. */
export function writeInto(to: Lowering, cell: Cell, value: Expression): void {
  to.count();
  switch (value.kind) {
    case "null":
      to.writeNull(cell);
      return;
    case "present":
      to.writePresent(cell, scalar(to, value.operand));
      return;
    case "conditional": {
      const { yes, no } = to.branches(["yes", "no"], (blocks) => test(to, value.test, blocks.yes, blocks.no));
      join(to, [
        [yes, () => writeInto(to, cell, value.then)],
        [no, () => writeInto(to, cell, value.otherwise)],
      ]);
      return;
    }
    case "coalesce": {
      const { present, absent } = split(to, cell, value.left);
      join(to, [
        [present, () => {}],
        [absent, () => writeInto(to, cell, value.right)],
      ]);
      return;
    }
    case "optional": {
      const { present, absent } = splitInto(to, value);
      join(to, [
        [present, () => writeInto(to, cell, value.value)],
        [absent, () => to.writeNull(cell)],
      ]);
      return;
    }
    case "call": {
      const result = callOf(to, value);
      if (result !== null) copyCell(to, result, cell);
      return;
    }
    default:
  }
  if (splits(value)) {
    const { present, absent } = split(to, cell, value);
    join(to, [
      [present, () => {}],
      [absent, () => {}],
    ]);
  } else if (value.kind === "local") {
    copyCell(to, to.cellOf(value.local), cell);
  } else {
    to.writePresent(cell, scalar(to, value));
  }
}

function copyCell(to: Lowering, from: Cell, cell: Cell): void {
  const { ir } = to;
  ir.write(cell.value, ir.read(from.value));
  if (cell.present !== null) ir.write(cell.present, from.present === null ? ir.constant("i32", 1) : ir.read(from.present));
}

function merged(to: Lowering, value: Expression): Cell {
  const cell = to.cell(value.type, value.kind);
  writeInto(to, cell, value);
  return cell;
}

/** Whether computing the value takes different ways for null and for a value that is there. */
export function splits(value: Expression): boolean {
  return (
    value.kind === "packet-at" ||
    value.kind === "packet-read" ||
    ((value.kind === "map-get" || value.kind === "helper") && value.type.kind === "nullable") ||
    (value.kind === "map-call" && (value.method === "reserve" || value.method === "pop" || value.method === "peek"))
  );
}

/** Computes a value that may be null into a cell, and goes on in one of two blocks, each with the cell written. */
export function split(to: Lowering, cell: Cell, value: Expression): { readonly present: BlockId; readonly absent: BlockId } {
  const { ir } = to;
  const finish = (blocks: { present: BlockId; absent: BlockId }, read: () => Value) => {
    ir.switchTo(blocks.absent);
    to.writeNull(cell);
    ir.switchTo(blocks.present);
    to.writePresent(cell, read());
    return { present: ir.current, absent: blocks.absent };
  };
  if (value.kind === "packet-at") {
    const { address, blocks } = packetCheck(to, value.offset, value.header.size);
    return finish(blocks, () => address);
  }
  if (value.kind === "packet-read") {
    const { address, blocks } = packetCheck(to, value.offset, value.width);
    return finish(blocks, () => load(ir, value.stored, { address, offset: 0, memory: "packet", align: 1 }));
  }
  if (value.kind === "map-get" && value.type.kind === "nullable") {
    const address = lookUp(to, value);
    const stored = value.map.value;
    const blocks = to.branches(["present", "absent"], (made) =>
      ir.branch("eq", address, ir.constant("ptr", 0), made.absent, made.present),
    );
    return finish(blocks, () => {
      if (stored.kind === "struct" || stored.kind === "array") return address;
      return load(ir, stored, { address, offset: 0, memory: "map", align: 8 });
    });
  }
  if (value.kind === "helper" && value.type.kind === "nullable") {
    // A number in a map, by its address.
    const address = helperCall(to, value) ?? ir.constant("ptr", 0);
    const { of } = value.type;
    const stored = value.map?.value ?? of;
    const blocks = to.branches(["present", "absent"], (made) =>
      ir.branch("eq", address, ir.constant("ptr", 0), made.absent, made.present),
    );
    return finish(blocks, () =>
      stored.kind === "struct" || stored.kind === "array"
        ? address
        : load(ir, stored, { address, offset: 0, memory: "map", align: 8 }),
    );
  }
  if (value.kind === "map-call" && (value.method === "pop" || value.method === "peek")) {
    const { address, there } = copyOut(to, value);
    const stored = value.map.value;
    const blocks = to.branches(["present", "absent"], (made) =>
      ir.branch("eq", there, ir.constant("i32", 0), made.absent, made.present),
    );
    return finish(blocks, () =>
      stored === null || stored.kind === "struct" || stored.kind === "array" || stored.kind === "pointer"
        ? address
        : load(ir, stored, { address, offset: 0, memory: "stack", align: 8 }),
    );
  }
  if (value.kind === "map-call" && value.method === "reserve") {
    const address = reserve(to, value);
    const blocks = to.branches(["present", "absent"], (made) =>
      ir.branch("eq", address, ir.constant("ptr", 0), made.absent, made.present),
    );
    ir.switchTo(blocks.absent);
    countLost(to, value.map);
    return finish(blocks, () => {
      zeroPadding(to, value, address);
      return address;
    });
  }
  const any = merged(to, value);
  const isThere =
    any.present === null
      ? ([ir.read(any.value), ir.constant("ptr", 0)] as const)
      : ([ir.read(any.present), ir.constant("i32", 0)] as const);
  const blocks = to.branches(["present", "absent"], (made) => ir.branch("eq", ...isThere, made.absent, made.present));
  return finish(blocks, () => ir.read(any.value));
}

/** Computes the object that something else is only computed with when it is there. */
export function splitInto(
  to: Lowering,
  { object, local }: Extract<Expression, { kind: "optional" | "holds" }>,
): { readonly present: BlockId; readonly absent: BlockId } {
  to.cells.delete(local);
  return split(to, to.cellOf(local), object);
}

/** Goes through each block, runs its part, and meets the others. */
function join(to: Lowering, ways: readonly (readonly [BlockId, () => void])[]): void {
  const { ir } = to;
  const end = ir.block();
  for (const [block, run] of ways) {
    ir.switchTo(block);
    run();
    if (!ir.terminated) ir.jump(end);
  }
  ir.seal(end);
  ir.switchTo(end);
}

/** For its effects only. */
export function evaluate(to: Lowering, value: Expression): void {
  if (value.kind === "map-increment") increment(to, value);
  else if (value.kind === "atomic") atomic(to, value, false);
  else if (value.kind === "map-call") mapCall(to, value);
  else if (value.kind === "print") printText(to, value);
  else if (value.kind === "call") callOf(to, value);
  else if (value.kind === "helper") helperCall(to, value);
  else scalar(to, value);
}

// ── memory ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where a reference points, `offset` bytes further; offsets of fields within fields add up without code. */
export function locate(to: Lowering, value: Expression, offset: number): Location {
  const isPart = (value.kind === "member" || value.kind === "element") && value.stored.kind !== "pointer";
  if (isPart && value.type.kind === "reference") return at(placeOf(to, value), offset);
  // Fields of the kernel's context lie as C has them.
  if (value.type.kind === "context") return { address: to.context, offset, memory: "view", align: 8 };
  const align = value.type.kind === "reference" ? alignmentOf(value) : 1;
  const memory = memoryOf(value);
  const address = scalar(to, value);
  return { address: memory === "arena" ? to.ir.addressSpaceCast(address, "kernel") : address, offset, memory, align };
}

/** The address of a part, as a value that is kept: of one in an arena that of user space, which need not be cast back. */
function addressOf(to: Lowering, value: Part): Value {
  const { ir } = to;
  if (memoryOf(value) !== "arena") return pointer(ir, locate(to, value, 0));
  const whole = scalar(to, value.object);
  const distance = value.kind === "member" ? ir.constant("i64", value.offset) : distanceOf(to, value);
  return ir.binary("add", whole, distance);
}

function alignmentOf(value: Expression): number {
  if (value.type.kind !== "reference" || value.type.to.kind === "header") return 1;
  // Slots of the frame and values of maps begin at multiples of 8.
  if (
    value.kind === "struct" ||
    value.kind === "array" ||
    value.kind === "bytes" ||
    value.kind === "copied" ||
    value.kind === "kernel-copy" ||
    value.kind === "zeroed"
  )
    return 8;
  if (value.kind === "local" && value.local.own) return 8;
  return alignOf(value.type.to);
}

type Part = Extract<Expression, { kind: "member" | "element" }>;

/** Where a member or an element lies. */
export function placeOf(to: Lowering, value: Part): Location {
  if (value.kind === "member") return locate(to, value.object, value.offset);
  const base = locate(to, value.object, 0);
  const address = to.ir.binary("add", base.address, distanceOf(to, value));
  return { ...base, address, align: Math.min(base.align, alignOf(value.stored)) };
}

/** From the start of an array to an element. */
function distanceOf(to: Lowering, value: Extract<Part, { kind: "element" }>): Value {
  const size = sizeOf(value.stored);
  const index = scalar(to, value.index);
  return size === 1 ? index : to.ir.binary("mul", index, to.ir.constant("i64", size));
}

/** Where the integer lies that holds some bits. */
export function bitsUnit(to: Lowering, value: Extract<Expression, { kind: "bits" }>): Location {
  return locate(to, value.object, value.field.offset);
}

/** A struct, array or address of its own in the frame. */
function made(
  to: Lowering,
  value: Extract<Expression, { kind: "struct" | "array" | "bytes" | "copied" | "kernel-copy" | "zeroed" }>,
): Value {
  const stored = value.type.to;
  if (stored.kind === "header") throw new TypeError("a header cannot be made");
  const prepared = prepare(to, value.kind === "copied" ? value.operand : value, stored);
  const address = to.slot(sizeOf(stored), stored.kind === "struct" ? stored.name : "an array");
  write(to, prepared, { address, offset: 0, memory: "stack", align: 8 });
  return address;
}

/** Lowers statements to blocks of the IR. */

import type { BlockId } from "../../ir/ir.ts";
import { sizeOf } from "../layout.ts";
import type { Expression, Local, Place, Statement } from "../tree.ts";
import type { StoredType } from "../types.ts";
import { writeBits } from "./bits.ts";
import { test } from "./conditions.ts";
import { each } from "./each.ts";
import { bitsUnit, evaluate, locate, placeOf, scalar, split, splits, writeInto } from "./expressions.ts";
import { convert } from "./integers.ts";
import { iterate } from "./iterate.ts";
import { holds } from "./kernel.ts";
import { storeKernelField } from "./kernel-writes.ts";
import type { Lowering } from "./lowering.ts";
import { copy, irType, type Location, load, store } from "./memory.ts";
import { prepare, write } from "./structs.ts";

export function statements(to: Lowering, list: readonly Statement[]): void {
  for (const [index, statement] of list.entries()) {
    if (to.ir.terminated) return;
    to.locate(statement.at);
    // `const x = ctx.packet.at(…); if (x === null …)`: the check's two ways are the condition's; they need not meet between.
    const next = list[index + 1];
    if (statement.kind === "declare" && splits(statement.value) && next?.kind === "if" && asksFirst(next.test, statement.local)) {
      to.cells.delete(statement.local);
      to.fork = { local: statement.local, ...split(to, to.cellOf(statement.local), statement.value) };
      continue;
    }
    lower(to, statement);
  }
}

/** Whether the first thing that a condition looks at is whether a local is null. */
function asksFirst(condition: Expression, local: Local): boolean {
  let first = condition;
  while (first.kind === "logical" || first.kind === "not") first = first.kind === "not" ? first.operand : first.left;
  return first.kind === "is-null" && first.operand.kind === "local" && first.operand.local === local;
}

function lower(to: Lowering, statement: Statement): void {
  const { ir } = to;
  switch (statement.kind) {
    case "declare":
      // A cell of its own each time: a function may be inlined more than once.
      to.cells.delete(statement.local);
      holds(to, statement.local, statement.value);
      writeInto(to, to.cellOf(statement.local), statement.value);
      return;
    case "assign":
      assign(to, statement.target, statement.value);
      return;
    case "update":
      update(to, statement);
      return;
    case "evaluate":
      evaluate(to, statement.value);
      return;
    case "block":
      statements(to, statement.body);
      return;
    case "if":
      branch(to, statement);
      return;
    case "loop":
      loop(to, statement);
      return;
    case "iterate":
      iterate(to, statement);
      return;
    case "each":
      each(to, statement);
      return;
    case "switch":
      choose(to, statement);
      return;
    case "labelled": {
      const end = ir.block();
      to.jumps.set(statement.target, { breakTo: end, continueTo: null, depth: to.open.length });
      statements(to, [statement.body]);
      goOn(to, end);
      return;
    }
    case "break":
    case "continue": {
      const jumps = to.jumps.get(statement.target);
      const target = statement.kind === "break" ? jumps?.breakTo : jumps?.continueTo;
      if (jumps === undefined || target === undefined || target === null) throw new TypeError(`${statement.kind} has no target`);
      to.leave(jumps.depth);
      ir.jump(target);
      return;
    }
    case "return": {
      const { result, end, depth } = to.frame;
      if (end === null) {
        const value =
          statement.value === null ? ir.constant(irType(to.session.program.hook.verdicts.type), 0) : scalar(to, statement.value);
        to.leave(depth);
        ir.return(value);
        return;
      }
      if (result !== null && statement.value !== null) writeInto(to, result, statement.value);
      to.leave(depth);
      ir.jump(end);
    }
  }
}

/** Jumps to a block, unless the path has ended, and goes on there. */
function goOn(to: Lowering, block: BlockId): void {
  if (!to.ir.terminated) to.ir.jump(block);
  to.ir.seal(block);
  to.ir.switchTo(block);
}

function assign(to: Lowering, target: Place, value: Expression): void {
  const { type } = target;
  if (target.kind === "local" && target.local.own && type.kind === "reference" && type.to.kind !== "header") {
    put(to, value, type.to, locate(to, target, 0));
  } else if (target.kind === "local") {
    writeInto(to, to.cellOf(target.local), value);
  } else if (target.kind === "bits") {
    const place = bitsUnit(to, target);
    writeBits(to, target.field, place, scalar(to, value));
  } else if (target.kind === "kernel-field") {
    storeKernelField(to, target, scalar(to, value));
  } else {
    put(to, value, target.stored, placeOf(to, target));
  }
}

/** `s.pair = { a: s.pair.b, b: s.pair.a }`: what is copied may lie where it is written, so the new value is made elsewhere. */
function put(to: Lowering, value: Expression, stored: StoredType, place: Location): void {
  if (copiesParts(value)) copy(to.ir, sizeOf(stored), { ...locate(to, value, 0), align: 8 }, place);
  else write(to, prepare(to, value, stored), place);
}

/** Whether a literal has parts that are copied from other memory. */
function copiesParts(value: Expression): boolean {
  if (value.kind === "struct" && value.base !== undefined) return true;
  const parts = value.kind === "struct" ? value.fields.map((field) => field.value) : value.kind === "array" ? value.elements : [];
  return parts.some((part) => (part.type.kind === "reference" && !isLiteral(part)) || copiesParts(part));
}

function isLiteral({ kind }: Expression): boolean {
  return kind === "struct" || kind === "array" || kind === "bytes";
}

function update(to: Lowering, { target, op, type, value }: Extract<Statement, { kind: "update" }>): void {
  const { ir } = to;
  if (target.type.kind !== "int") throw new TypeError("only integers are updated");
  const own = target.type;
  // The target is found once and read before the right side runs, as in JavaScript.
  if (target.kind === "local") {
    const cell = to.cellOf(target.local);
    const old = convert(ir, ir.read(cell.value), own, type);
    const result = ir.binary(op, old, scalar(to, value));
    to.writePresent(cell, convert(ir, result, type, own));
    return;
  }
  if (target.kind === "bits") {
    const place = bitsUnit(to, target);
    const old = convert(ir, scalar(to, target), own, type);
    writeBits(to, target.field, place, convert(ir, ir.binary(op, old, scalar(to, value)), type, own));
    return;
  }
  if (target.kind === "kernel-field") {
    const old = convert(ir, scalar(to, target), own, type);
    storeKernelField(to, target, convert(ir, ir.binary(op, old, scalar(to, value)), type, own));
    return;
  }
  const { stored } = target;
  if (stored.kind === "struct" || stored.kind === "array") throw new TypeError("only integers are updated");
  const place = placeOf(to, target);
  const old = convert(ir, load(ir, stored, place), own, type);
  const result = ir.binary(op, old, scalar(to, value));
  store(ir, stored, place, convert(ir, result, type, own));
}

function branch(to: Lowering, { test: condition, then, otherwise }: Extract<Statement, { kind: "if" }>): void {
  const { ir } = to;
  const end = ir.block();
  const { yes, no } = to.branches(["yes", "no"], (blocks) => test(to, condition, blocks.yes, blocks.no));
  ir.switchTo(yes);
  statements(to, [then]);
  if (!ir.terminated) ir.jump(end);
  ir.switchTo(no);
  if (otherwise !== null) statements(to, [otherwise]);
  goOn(to, end);
}

function loop(to: Lowering, statement: Extract<Statement, { kind: "loop" }>): void {
  const { ir } = to;
  statements(to, statement.initial);
  if (ir.terminated) return;
  const body = ir.block();
  const next = ir.block();
  const end = ir.block();
  const head = statement.atEnd ? body : ir.block();
  to.jumps.set(statement.target, { breakTo: end, continueTo: next, depth: to.open.length });
  ir.jump(head);
  if (!statement.atEnd) {
    ir.switchTo(head);
    ask(to, statement.test, body, end);
    ir.seal(body);
  }
  ir.switchTo(body);
  statements(to, [statement.body]);
  goOn(to, next);
  to.locate(statement.at);
  statements(to, statement.update);
  if (statement.atEnd) ask(to, statement.test, body, end);
  else ir.jump(head);
  ir.seal(head);
  ir.seal(end);
  ir.switchTo(end);
}

function ask(to: Lowering, condition: Expression | null, then: BlockId, otherwise: BlockId): void {
  if (condition === null) to.ir.jump(then);
  else test(to, condition, then, otherwise);
}

/** Compares with each case in turn, then goes to the default or out. */
function choose(to: Lowering, statement: Extract<Statement, { kind: "switch" }>): void {
  const { ir } = to;
  const end = ir.block();
  const blocks = statement.cases.map(() => ir.block());
  to.jumps.set(statement.target, { breakTo: end, continueTo: null, depth: to.open.length });
  const value = scalar(to, statement.value);
  const type = ir.typeOf(value);
  let otherwise = end;
  for (const [index, { value: key }] of statement.cases.entries()) {
    const block = blocks[index]!;
    if (key === null) {
      otherwise = block;
      continue;
    }
    const { next } = to.branches(["next"], (made) => ir.branch("eq", value, ir.constant(type, key), block, made.next));
    ir.switchTo(next);
  }
  ir.jump(otherwise);
  for (const [index, { body }] of statement.cases.entries()) {
    const block = blocks[index]!;
    ir.seal(block);
    ir.switchTo(block);
    statements(to, body);
    if (!ir.terminated) ir.jump(blocks[index + 1] ?? end);
  }
  ir.seal(end);
  ir.switchTo(end);
}

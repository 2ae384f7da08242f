/** Lowers functions that are called, and calls of them. */

import type { Value } from "../../ir/ir.ts";
import { registersOf } from "../subprograms.ts";
import type { Expression, FunctionDeclaration, Statement } from "../tree.ts";
import type { ValueType } from "../types.ts";
import { nullable, scalar } from "./expressions.ts";
import { type Cell, Lowering } from "./lowering.ts";
import { irType } from "./memory.ts";
import type { Session } from "./session.ts";
import { statements } from "./statements.ts";

type Call = Extract<Expression, { kind: "call" }>;

/** Calls the function; what it gave is in the cell, null when it gives nothing. */
export function callSubprogram(to: Lowering, { function: callee, arguments: given, at }: Call): Cell | null {
  const { ir } = to;
  const name = subprogramName(to.session, callee);
  const { registers, result } = registersOf(callee);
  const values = new Map(
    callee.parameters.map((parameter, index) => [parameter, argumentOf(to, parameter.type, given[index]!)] as const),
  );
  const slot = callee.result.kind === "nullable" ? to.slot(8, `result of ${callee.name}`) : null;
  const args = registers.map(({ role, parameter }) => {
    if (role === "context") return to.context;
    if (role === "result" && slot !== null) return slot;
    const value = parameter === null ? null : (values.get(parameter) ?? null);
    if (value === null) throw new TypeError(`${callee.name}: an argument is missing`);
    return role === "there" ? (value.present ?? ir.constant("i32", 1)) : value.value;
  });
  to.locate(at);
  const returned = ir.callFunction(name, args, result);
  if (to.session.movesPacket(callee)) to.movePacket();
  if (returned === null) return null;
  const cell = to.cell(callee.result, `result of ${callee.name}`);
  if (slot === null || callee.result.kind !== "nullable" || cell.present === null) {
    ir.write(cell.value, returned);
  } else {
    ir.write(cell.present, returned);
    const type = irType(callee.result.of);
    ir.write(cell.value, ir.load(type, type === "i64" ? 8 : 4, false, slot, 0));
  }
  return cell;
}

function argumentOf(
  to: Lowering,
  type: ValueType,
  value: Expression,
): { readonly value: Value; readonly present: Value | null } | null {
  if (type.kind === "context" || type.kind === "packet") return null;
  return type.kind === "nullable" ? nullable(to, value) : { value: scalar(to, value), present: null };
}

/** The name that the function is called by; it is lowered when the first asks. */
export function subprogramName(session: Session, fn: FunctionDeclaration): string {
  return session.names.get(fn) ?? lowerSubprogram(session, fn);
}

function lowerSubprogram(session: Session, fn: FunctionDeclaration): string {
  const name = session.nameFor(fn);
  const { registers, result } = registersOf(fn);
  const to = new Lowering(
    session,
    fn.at,
    name,
    registers.map(({ type }) => type),
    result,
  );
  const { ir } = to;
  let slot: Value | null = null;
  for (const [index, { role, parameter }] of registers.entries()) {
    const value = ir.parameters[index]!;
    if (role === "context") to.context = value;
    else if (role === "result") slot = value;
    else if (parameter !== null) {
      const cell = to.cellOf(parameter);
      ir.write(role === "there" && cell.present !== null ? cell.present : cell.value, value);
    }
  }
  const cell = runBody(to, fn.body, fn.result, name);
  if (cell === null) ir.return(null);
  else if (slot === null || cell.present === null) ir.return(ir.read(cell.value));
  else {
    const value = ir.read(cell.value);
    ir.store(ir.typeOf(value) === "i64" ? 8 : 4, slot, 0, value);
    ir.return(ir.read(cell.present));
  }
  to.finish();
  const types = registers.map(({ name: shown, type, parameter }) => ({ name: shown, type, local: parameter?.type ?? null }));
  session.functions.push({ fn: ir.finish(), type: session.types.subprogram(name, types, fn.result, session.program.context) });
  return name;
}

/** A body whose returns meet at its end; the cell of what they return, null for nothing. */
export function runBody(to: Lowering, body: readonly Statement[], type: ValueType, name: string): Cell | null {
  const { ir } = to;
  const result = type.kind === "void" ? null : to.cell(type, `result of ${name}`);
  const end = ir.block();
  const outer = to.frame;
  to.frame = { result, end, depth: to.open.length };
  statements(to, body);
  if (!ir.terminated) {
    // Either nothing is returned, or the checker has proven that this end is never reached.
    if (result !== null) to.writeNull(result);
    ir.jump(end);
  }
  to.frame = outer;
  ir.seal(end);
  ir.switchTo(end);
  return result;
}

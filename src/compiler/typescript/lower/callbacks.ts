/**
 * Lowers functions that helpers call back. What a callback uses of the function around it lies in that function's frame while
 * the helper runs: it is stored there before the call, the callback reads it at its beginning and stores what it changed
 * at its end, and the caller reads that back. So each side may keep variables in registers.
 */

import type { Value } from "../../ir/ir.ts";
import { sizeOf } from "../layout.ts";
import type { Callback, Capture, Expression, Passed } from "../tree.ts";
import { scalar, writeInto } from "./expressions.ts";
import { type Cell, Lowering } from "./lowering.ts";
import { load } from "./memory.ts";
import type { Session } from "./session.ts";
import { runBody } from "./subprograms.ts";

/** Bytes of each thing in the environment: the verifier follows what is spilled whole. */
export const SLOT = 8;

interface Place {
  readonly capture: Capture;
  readonly offset: number;
}

function isContext({ local }: Capture): boolean {
  return local.type.kind === "context" || local.type.kind === "packet";
}

/** The context is there once, before everything else; a number that may be null takes two slots. */
function layOutEnvironment(captures: readonly Capture[]): { places: readonly Place[]; context: boolean; size: number } {
  const context = captures.some(isContext);
  let size = context ? SLOT : 0;
  const places = captures
    .filter((capture) => !isContext(capture))
    .map((capture): Place => {
      const place = { capture, offset: size };
      size += capture.local.type.kind === "nullable" ? 2 * SLOT : SLOT;
      return place;
    });
  return { places, context, size };
}

/** Everything that a helper's call needs of a callback; `finish` stands right after the call. */
export function prepareCallback(
  to: Lowering,
  callback: Callback,
): { readonly address: Value; readonly environment: Value; readonly finish: () => void } {
  const { ir } = to;
  const { places, context, size } = layOutEnvironment(callback.captures);
  // What is computed may itself use the frame: all of it first.
  const cells = places.map(({ capture }) => cellOf(to, capture));
  const environment = size === 0 ? ir.constant("ptr", 0) : to.slot(size, `what ${callback.function.name} uses`);
  if (context) ir.store(SLOT, environment, 0, to.context);
  for (const [index, { offset }] of places.entries()) storeCell(to, cells[index]!, environment, offset);
  const name = to.session.names.get(callback.function) ?? lowerCallback(to.session, callback);
  return {
    address: ir.functionAddress(name),
    environment,
    finish: () => {
      for (const { capture, offset } of places) {
        if (capture.written) loadCell(to, to.cellOf(capture.local), environment, offset);
      }
    },
  };
}

function cellOf(to: Lowering, { local, value }: Capture): Cell {
  if (value === null) return to.cellOf(local);
  const cell = to.cell(local.type, local.name);
  writeInto(to, cell, value);
  return cell;
}

export function storeCell(to: Lowering, { value, present }: Cell, address: Value, offset: number): void {
  const { ir } = to;
  const whole = (part: Value) => (ir.typeOf(part) === "i32" ? ir.extend(false, 32, part, "i64") : part);
  ir.store(SLOT, address, offset, whole(ir.read(value)));
  if (present !== null) ir.store(SLOT, address, offset + SLOT, whole(ir.read(present)));
}

export function loadCell(to: Lowering, { value, present }: Cell, address: Value, offset: number): void {
  const { ir } = to;
  const read = (type: "i32" | "i64" | "ptr", from: number) => {
    const loaded = ir.load(type === "ptr" ? "ptr" : "i64", SLOT, false, address, from);
    return type === "i32" ? ir.extend(false, 32, loaded, "i32") : loaded;
  };
  ir.write(value, read(value.type, offset));
  if (present !== null) ir.write(present, read("i32", offset + SLOT));
}

function lowerCallback(session: Session, callback: Callback): string {
  const fn = callback.function;
  const name = session.nameFor(fn);
  const to = new Lowering(
    session,
    fn.at,
    name,
    callback.passes.map((passed) => (passed.kind === "number" ? "i64" : "ptr")),
    "i32",
  );
  const { ir } = to;
  const { places, context } = layOutEnvironment(callback.captures);
  const at = callback.passes.findIndex(({ kind }) => kind === "environment");
  const environment = ir.parameters[at] ?? null;
  if (environment !== null) {
    if (context) to.context = to.atEntry(() => ir.load("ptr", SLOT, false, environment, 0));
    for (const { capture, offset } of places) loadCell(to, to.cellOf(capture.local), environment, offset);
  }
  for (const [index, passed] of callback.passes.entries()) receive(to, passed, ir.parameters[index]!);
  const result = runBody(to, fn.body, fn.result, name);
  if (environment !== null) {
    for (const { capture, offset } of places) {
      if (capture.written) storeCell(to, to.cellOf(capture.local), environment, offset);
    }
  }
  const answer = result === null ? ir.constant("i32", 0) : ir.read(result.value);
  ir.return(ir.typeOf(answer) === "i64" ? ir.extend(false, 32, answer, "i32") : answer);
  to.finish();
  const parameters = callback.passes.map((passed) => ({
    name: passed.kind === "environment" ? "state" : passed.kind === "unused" ? "unused" : passed.local.name,
    type: passed.kind === "number" ? ("i64" as const) : ("ptr" as const),
    local: passed.kind === "pointer" && passed.local.type.kind === "reference" ? passed.local.type : null,
  }));
  session.functions.push({
    fn: ir.finish(),
    type: session.types.subprogram(
      name,
      parameters,
      { kind: "int", bits: 32, signed: true, name: "i32" },
      session.program.context,
    ),
  });
  return name;
}

function receive(to: Lowering, passed: Passed, value: Value): void {
  const { ir } = to;
  if (passed.kind === "record") {
    receiveCopy(to, passed, value);
    return;
  }
  if (passed.kind === "number") {
    const cell = to.cellOf(passed.local);
    ir.write(cell.value, cell.value.type === "i32" ? ir.extend(false, 32, value, "i32") : value);
  } else if (passed.kind === "kernel") {
    ir.write(to.cellOf(passed.local).value, value);
  } else if (passed.kind === "pointer") {
    const { stored, local } = passed;
    const plain = stored.kind === "struct" || stored.kind === "array";
    ir.write(to.cellOf(local).value, plain ? value : load(ir, stored, { address: value, offset: 0, memory: "map", align: 8 }));
  }
}

/** A copy of what a dynptr holds; when that is too short the callback ends, and the next is asked for. */
function receiveCopy(to: Lowering, { local, stored }: Extract<Passed, { kind: "record" }>, dynptr: Value): void {
  const { ir } = to;
  const size = sizeOf(stored);
  const copy = to.slot(size, `the ${local.name}`);
  const zero = ir.constant("i64", 0);
  const read = ir.call("bpf_dynptr_read", [copy, ir.constant("i64", size), dynptr, zero, zero], "i64");
  const { short, whole } = to.branches(["short", "whole"], (made) =>
    ir.branch("ne", read, ir.constant("i64", 0), made.short, made.whole),
  );
  ir.switchTo(short);
  ir.return(ir.constant("i32", 0));
  ir.switchTo(whole);
  const isStruct = stored.kind === "struct" || stored.kind === "array";
  const value =
    isStruct || stored.kind === "pointer" ? copy : load(ir, stored, { address: copy, offset: 0, memory: "stack", align: 8 });
  ir.write(to.cellOf(local).value, value);
}

/** `bpf_loop`, `bpf_for_each_map_elem`: what the helper gave. */
export function callBack(to: Lowering, value: Extract<Expression, { kind: "call-back" }>): Value {
  const { ir } = to;
  const first = value.map === null ? value.arguments.map((argument) => scalar(to, argument)) : [ir.map(value.map.name)];
  const { address, environment, finish } = prepareCallback(to, value.callback);
  to.locate(value.at);
  const result = ir.call(value.helper, [...first, address, environment, ir.constant("i64", 0)], "i64");
  finish();
  if (to.session.movesPacket(value.callback.function)) to.movePacket();
  return result;
}

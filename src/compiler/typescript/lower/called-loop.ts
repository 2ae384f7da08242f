/**
 * Lowers loops over numbers for kernels that have no iterators of numbers yet (before Linux 6.4): the body becomes a function that `bpf_loop`
 * (5.17) calls. What it uses of the function around it lies in an environment, as that of any callback (callbacks.ts).
 *
 * `break`, `return` and jumps to loops further out end the body with a number that says how; right behind the call they are done where they
 * belong. The number is one byte: of a whole slot, kernels before 6.7, which walk through the body just once, would believe to know it.
 */

import type { BlockId, Value } from "../../ir/ir.ts";
import type { FunctionDeclaration, JumpTarget, Local, Statement } from "../tree.ts";
import { walk } from "../tree-walk.ts";
import { INTS, type IntType, VOID } from "../types.ts";
import { loadCell, SLOT, storeCell } from "./callbacks.ts";
import { scalar } from "./expressions.ts";
import { convert } from "./integers.ts";
import { type Cell, Lowering } from "./lowering.ts";
import { irType } from "./memory.ts";
import { statements } from "./statements.ts";

type Iterate = Extract<Statement, { kind: "iterate" }>;

/** Something of the function around, and where in the environment it is. */
interface Kept {
  readonly local: Local;
  readonly offset: number;
  readonly written: boolean;
}

/** A way out that is none of the loop's own. */
interface Exit {
  readonly code: number;
  readonly kind: "break" | "continue" | "return";
  readonly target: JumpTarget | null;
}

interface Layout {
  readonly kept: readonly Kept[];
  /** Where the first number is, unless it is constant. */
  readonly from: number | null;
  /** Where the result of the function is, when the body returns. */
  readonly result: number | null;
  readonly how: number;
  readonly size: number;
  readonly exits: readonly Exit[];
}

/** `count`: how many turns there are. */
export function calledLoop(to: Lowering, statement: Iterate, type: IntType, from: Value, count: Value): void {
  const { ir } = to;
  const { at } = statement;
  const layout = layOut(to, statement);
  const fn: FunctionDeclaration = {
    name: `${ir.name}_turn`,
    inline: "never",
    parameters: [],
    defaults: [],
    result: VOID,
    assigned: new Set(),
    body: [statement.body],
    at,
  };
  const environment = to.slot(layout.size, "what the loop uses");
  if (to.hasContext) ir.store(SLOT, environment, 0, to.context);
  for (const { local, offset } of layout.kept) storeCell(to, to.cellOf(local), environment, offset);
  if (layout.from !== null) ir.store(SLOT, environment, layout.from, convert(ir, from, type, WIDE));
  ir.store(1, environment, layout.how, ir.constant("i32", 0));
  const name = lowerTurn(to, statement, fn, layout, type);
  to.locate(at);
  const times = convert(ir, count, INTS.u32, WIDE);
  ir.call("bpf_loop", [times, ir.functionAddress(name), environment, ir.constant("i64", 0)], "i64");
  for (const { local, offset, written } of layout.kept) if (written) loadCell(to, to.cellOf(local), environment, offset);
  if (to.session.movesPacket(fn)) to.movePacket();
  leaveBy(to, layout, environment);
}

const WIDE: IntType = INTS.u64;

function layOut(to: Lowering, { body, target, local: number, from }: Iterate): Layout {
  const used = new Map<Local, boolean>();
  const exits: Exit[] = [];
  const inner = new Set<JumpTarget>([target]);
  const uses = (local: Local, written: boolean) => {
    // What has no cell yet is the body's own.
    if (local !== number && to.cells.has(local)) used.set(local, written || used.get(local) === true);
  };
  const jumps: Exit[] = [];
  walk(body, (node) => {
    if (node.kind === "local") uses(node.local, false);
    else if ((node.kind === "assign" || node.kind === "update") && node.target.kind === "local") uses(node.target.local, true);
    else if (node.kind === "call-back")
      for (const { local, value, written } of node.callback.captures) if (value === null) uses(local, written);
    if (
      node.kind === "loop" ||
      node.kind === "iterate" ||
      node.kind === "each" ||
      node.kind === "switch" ||
      node.kind === "labelled"
    )
      inner.add(node.target);
    if (node.kind === "break" || node.kind === "continue") jumps.push({ code: 0, kind: node.kind, target: node.target });
    if (node.kind === "return") jumps.push({ code: 0, kind: "return", target: null });
  });
  for (const { kind, target: to } of jumps) {
    if (to !== null && inner.has(to)) continue;
    if (!exits.some((exit) => exit.kind === kind && exit.target === to)) exits.push({ code: exits.length + 1, kind, target: to });
  }
  let size = to.hasContext ? SLOT : 0;
  const take = (slots: number) => {
    size += slots * SLOT;
    return size - slots * SLOT;
  };
  const kept = [...used].map(
    ([local, written]): Kept => ({ local, written, offset: take(local.type.kind === "nullable" ? 2 : 1) }),
  );
  const start = from.kind === "constant" ? null : take(1);
  const returns = exits.some(({ kind }) => kind === "return");
  const result = returns && (to.frame.end === null || to.frame.result !== null) ? take(2) : null;
  return { kept, from: start, result, how: take(1), size, exits };
}

/** The function that is called for each number. Like every callback it gives 1 to stop. */
function lowerTurn(outer: Lowering, statement: Iterate, fn: FunctionDeclaration, layout: Layout, type: IntType): string {
  const { session } = outer;
  const name = session.nameFor(fn);
  const to = new Lowering(session, fn.at, name, ["i64", "ptr"], "i32");
  const { ir } = to;
  const [index, environment] = ir.parameters;
  if (index === undefined || environment === undefined) throw new TypeError("a turn has two parameters");
  if (outer.hasContext) to.context = to.atEntry(() => ir.load("ptr", SLOT, false, environment, 0));
  for (const [local, read] of outer.reads) to.reads.set(local, read);
  for (const { local, offset } of layout.kept) loadCell(to, to.cellOf(local), environment, offset);
  const width = irType(type);
  const from =
    layout.from === null
      ? scalar(to, statement.from)
      : convert(ir, ir.load("i64", SLOT, false, environment, layout.from), WIDE, type);
  const number = ir.binary("add", from, width === "i64" ? index : ir.extend(false, 32, index, "i32"));
  const [next, stop] = [ir.block(), ir.block()];
  if (statement.end !== null) {
    const bound = ir.constant(width, statement.end.value);
    const { inside } = to.branches(["inside"], (made) =>
      ir.branch(type.signed ? "slt" : "ult", number, bound, made.inside, stop),
    );
    ir.switchTo(inside);
  }
  to.writePresent(to.cellOf(statement.local), number);
  to.jumps.set(statement.target, { breakTo: stop, continueTo: next, depth: 0 });
  const result = resultOf(outer, to);
  const ways = layout.exits.map((exit) => ({ ...exit, block: ir.block() }));
  for (const { kind, target, block } of ways) {
    if (target === null) to.frame = { result, end: block, depth: 0 };
    else {
      const known = to.jumps.get(target);
      const breakTo: BlockId = kind === "break" ? block : (known?.breakTo ?? block);
      to.jumps.set(target, { breakTo, continueTo: kind === "continue" ? block : (known?.continueTo ?? null), depth: 0 });
    }
  }
  statements(to, [statement.body]);
  if (!ir.terminated) ir.jump(next);
  const end = (block: BlockId, answer: number) => {
    ir.seal(block);
    ir.switchTo(block);
    to.locate(fn.at);
    for (const { local, offset, written } of layout.kept) if (written) storeCell(to, to.cellOf(local), environment, offset);
    ir.return(ir.constant("i32", answer));
  };
  for (const { code, kind, block } of ways) {
    ir.seal(block);
    ir.switchTo(block);
    if (kind === "return" && layout.result !== null && result !== null) storeCell(to, result, environment, layout.result);
    ir.store(1, environment, layout.how, ir.constant("i32", code));
    ir.jump(stop);
  }
  end(next, 0);
  end(stop, 1);
  to.finish();
  const parameters = [
    { name: "index", type: "i64" as const, local: null },
    { name: "state", type: "ptr" as const, local: null },
  ];
  const answer: IntType = { kind: "int", bits: 32, signed: true, name: "i32" };
  session.functions.push({ fn: ir.finish(), type: session.types.subprogram(name, parameters, answer, session.program.context) });
  return name;
}

/** A cell like the one that returns of the function around write; of the program itself, its verdict. */
function resultOf({ frame }: Lowering, to: Lowering): Cell | null {
  const like: Cell | null = frame.end === null ? { value: to.ir.variable("i32", "verdict"), present: null } : frame.result;
  if (like === null) return null;
  const cell: Cell = {
    value: to.ir.variable(like.value.type, "result"),
    present: like.present === null ? null : to.ir.variable("i32", "result is there"),
  };
  to.writeNull(cell);
  return cell;
}

/** Does what the body asked for when it ended the loop. */
function leaveBy(to: Lowering, { exits, result, how }: Layout, environment: Value): void {
  const { ir } = to;
  if (exits.length === 0) return;
  const asked = ir.load("i32", 1, false, environment, how);
  for (const { code, kind, target } of exits) {
    const { yes, no } = to.branches(["yes", "no"], (made) => ir.branch("eq", asked, ir.constant("i32", code), made.yes, made.no));
    ir.switchTo(yes);
    if (target === null) returnFrom(to, environment, result);
    else {
      const jumps = to.jumps.get(target);
      const place = kind === "break" ? jumps?.breakTo : jumps?.continueTo;
      if (jumps === undefined || place === undefined || place === null) throw new TypeError(`${kind} has no target`);
      to.leave(jumps.depth);
      ir.jump(place);
    }
    ir.switchTo(no);
  }
}

function returnFrom(to: Lowering, environment: Value, result: number | null): void {
  const { ir } = to;
  const { end, depth } = to.frame;
  const cell = end === null ? { value: ir.variable("i32", "verdict"), present: null } : to.frame.result;
  if (cell !== null && result !== null) loadCell(to, cell, environment, result);
  to.leave(depth);
  if (end !== null) ir.jump(end);
  else ir.return(cell === null ? ir.constant("i32", 0) : ir.read(cell.value));
}

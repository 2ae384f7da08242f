/** Checks loops. A loop is written as it is: that it ends is for the verifier to prove. */

import type * as Syntax from "@babel/types";
import { condition, factsAfter } from "./conditions.ts";
import { maximum, meaning, minimum } from "./numbers.ts";
import { setRange } from "./ranges.ts";
import { spanOf } from "./report.ts";
import type { Fact, FunctionState, Jump } from "./state.ts";
import { alwaysTrue, assignedNames, effect, single, statement, withoutAssigned } from "./statements.ts";
import type { Expression, Local, Statement } from "./tree.ts";

type LoopNode = Syntax.WhileStatement | Syntax.DoWhileStatement | Syntax.ForStatement;

export function loop(fn: FunctionState, node: LoopNode, label: string | null): Statement {
  return fn.inBlock(() => {
    const initial = node.type === "ForStatement" && node.init ? beginning(fn, node.init) : [];
    const head = withoutAssigned(fn, node);
    fn.facts = head;
    const jump: Jump = { target: { label }, loop: true, plain: true, broken: false };
    const counter = node.type === "ForStatement" ? counterOf(node, initial) : null;
    return node.type === "DoWhileStatement" ? doWhile(fn, node, jump, head) : testFirst(fn, node, jump, head, initial, counter);
  });
}

function testFirst(
  fn: FunctionState,
  node: Syntax.WhileStatement | Syntax.ForStatement,
  jump: Jump,
  head: ReadonlySet<Fact>,
  initial: readonly Statement[],
  counter: Local | null,
): Statement {
  const test = node.test ? condition(fn, node.test) : null;
  if (counter !== null && test !== null)
    boundCounter(counter, initial, test, node.type === "ForStatement" && node.update?.type === "UpdateExpression");
  const after = test === null ? head : factsAfter(fn, test, false);
  if (test !== null) fn.facts = factsAfter(fn, test, true);
  const inside = fn.facts;
  const entered = fn.reachable;
  fn.jumps.push(jump);
  const body = fn.inBlock(() => single(fn, node.body));
  fn.jumps.pop();
  // What the test has proven of what the body leaves alone still holds: `for (let n = head; n !== null; n = n.next)`.
  fn.facts = inside;
  fn.facts = withoutAssigned(fn, node.body);
  const update = node.type === "ForStatement" && node.update ? sequence(fn, node.update) : [];
  if (counter !== null) setRange(counter, null);
  fn.facts = jump.broken ? head : after;
  fn.reachable = entered && (jump.broken || !alwaysTrue(test));
  if (alwaysTrue(test) && !jump.broken) refuseEndless(fn, node);
  return { kind: "loop", target: jump.target, initial, test, update, body, atEnd: false, at: spanOf(node) };
}

function doWhile(fn: FunctionState, node: Syntax.DoWhileStatement, jump: Jump, head: ReadonlySet<Fact>): Statement {
  const entered = fn.reachable;
  fn.jumps.push(jump);
  const body = fn.inBlock(() => single(fn, node.body));
  fn.jumps.pop();
  fn.facts = head;
  const test = condition(fn, node.test);
  fn.reachable = entered && (jump.broken || !alwaysTrue(test));
  if (alwaysTrue(test) && !jump.broken) refuseEndless(fn, node);
  return { kind: "loop", target: jump.target, initial: [], test, update: [], body, atEnd: true, at: spanOf(node) };
}

/** No verifier needs to be asked about a loop that nothing leaves: its test is always true, and no `break` belongs to it. */
function refuseEndless(fn: FunctionState, node: LoopNode): void {
  const open: unknown[] = [node.body];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === null || typeof next !== "object") continue;
    if ("type" in next && next.type === "ReturnStatement") return;
    // Out to a label around this loop, or to one within: either may leave.
    if ("type" in next && (next.type === "BreakStatement" || next.type === "ContinueStatement") && "label" in next && next.label)
      return;
    for (const [key, value] of Object.entries(next)) if (key !== "loc") open.push(value);
  }
  fn.reporter.report("SK2307", spanOf(node));
}

function beginning(fn: FunctionState, node: Syntax.VariableDeclaration | Syntax.Expression): readonly Statement[] {
  return node.type === "VariableDeclaration" ? statement(fn, node) : sequence(fn, node);
}

/** `i++, j--`: the comma is allowed here. */
function sequence(fn: FunctionState, node: Syntax.Expression): readonly Statement[] {
  return node.type === "SequenceExpression" ? node.expressions.flatMap((part) => effect(fn, part)) : effect(fn, node);
}

/** The local that `for (let i = …; i < n; i++)` counts up, when nothing else assigns it. */
function counterOf(node: Syntax.ForStatement, initial: readonly Statement[]): Local | null {
  const [first] = initial;
  const { update } = node;
  if (first?.kind !== "declare" || first.local.type.kind !== "int") return null;
  const upwards =
    update?.type === "UpdateExpression"
      ? update.operator === "++" && update.argument.type === "Identifier" && update.argument.name === first.local.name
      : update?.type === "AssignmentExpression" &&
        update.operator === "+=" &&
        update.left.type === "Identifier" &&
        update.left.name === first.local.name;
  return upwards && !assignedNames(node.body).has(first.local.name) ? first.local : null;
}

/**
 * In the body of `for (let i = a; i < b; i++)`, i is from a to b - 1: it enters the body only after the test, and steps of one
 * cannot jump over b and wrap. Longer steps can, so with `i += 2` only the upper end is known.
 */
function boundCounter(counter: Local, initial: readonly Statement[], test: Expression, byOne: boolean): void {
  const [first] = initial;
  if (
    counter.type.kind !== "int" ||
    first?.kind !== "declare" ||
    first.value.kind !== "constant" ||
    first.value.type.kind !== "int"
  )
    return;
  if (test.kind !== "compare" || test.right.kind !== "constant" || test.right.type.kind !== "int") return;
  const left = test.left.kind === "convert" ? test.left.operand : test.left;
  if (left.kind !== "local" || left.local !== counter) return;
  const bound = meaning(test.right.value, test.right.type);
  const less = test.condition === "ult" || test.condition === "slt";
  if (!less && test.condition !== "ule" && test.condition !== "sle") return;
  const max = less ? bound - 1n : bound;
  // With i <= the greatest number of its type, the test never fails and i wraps.
  const wraps = !byOne || max >= maximum(counter.type);
  const min = wraps ? minimum(counter.type) : meaning(first.value.value, first.value.type);
  // With a cast in the test, a start beyond the end can pass it.
  if (min <= max) setRange(counter, { min, max });
}

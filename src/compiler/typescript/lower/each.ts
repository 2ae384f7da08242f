/** Lowers loops over the kernel's open-coded iterators: one is made, asked until it gives null, and destroyed on every way out. */

import type { BlockId, Value } from "../../ir/ir.ts";
import type { Statement } from "../tree.ts";
import { locate, scalar } from "./expressions.ts";
import type { Lowering } from "./lowering.ts";
import { pointer } from "./memory.ts";
import { statements } from "./statements.ts";

export function each(to: Lowering, statement: Extract<Statement, { kind: "each" }>): void {
  const { ir } = to;
  const { iterator } = statement;
  const given = statement.arguments.map((value) =>
    value.type.kind === "reference" ? pointer(ir, locate(to, value, 0)) : scalar(to, value),
  );
  to.locate(statement.at);
  const place = to.slot(iterator.size, "an iterator");
  // One that could not be made gives nothing, and is destroyed all the same.
  ir.callKfunc(iterator.create.name, [place, ...given], "i32");
  const { element } = iterator;
  const isNumber = element.kind === "int";
  const wide = isNumber && element.bits === 64;
  turns(to, statement, iterator.next.name, iterator.destroy.name, place, (next) =>
    isNumber ? ir.load(wide ? "i64" : "i32", wide ? 8 : 4, false, next, 0) : next,
  );
}

/** The turns of a loop over an iterator that was made at `place`, and its end. `element`: what the loop's variable is; it may leave for the end. */
export function turns(
  to: Lowering,
  { local, target, body, at }: Pick<Extract<Statement, { kind: "each" }>, "local" | "target" | "body" | "at">,
  nextName: string,
  destroyName: string,
  place: Value,
  element: (next: Value, end: BlockId) => Value,
): void {
  const { ir } = to;
  const destroy = () => void ir.callKfunc(destroyName, [place], null);
  const head = ir.block();
  const end = ir.block();
  ir.jump(head);
  ir.switchTo(head);
  const next = ir.callKfunc(nextName, [place], "ptr");
  const { turn } = to.branches(["turn"], (made) => ir.branch("eq", next, ir.constant("ptr", 0), end, made.turn));
  ir.switchTo(turn);
  const value = element(next, end);
  to.cells.delete(local);
  to.writePresent(to.cellOf(local), value);
  to.open.push(destroy);
  to.jumps.set(target, { breakTo: end, continueTo: head, depth: to.open.length });
  statements(to, [body]);
  to.open.pop();
  if (!ir.terminated) ir.jump(head);
  ir.seal(head);
  ir.seal(end);
  ir.switchTo(end);
  to.locate(at);
  destroy();
}

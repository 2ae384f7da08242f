/** Checks statements, and keeps track of what is reachable and what is known not to be null. */

import type * as Syntax from "@babel/types";
import { assignment, increment } from "./assignments.ts";
import { condition, factsAfter } from "./conditions.ts";
import { expression } from "./expressions.ts";
import { forOf } from "./for-of.ts";
import { helperNamed } from "./library/helpers.ts";
import { declaration } from "./locals.ts";
import { loop } from "./loops.ts";
import { boundNames } from "./patterns.ts";
import { spanOf } from "./report.ts";
import { returned } from "./returns.ts";
import type { Fact, FunctionState } from "./state.ts";
import { switchStatement } from "./switches.ts";
import type { Expression, Statement } from "./tree.ts";
import { unsupported } from "./unsupported.ts";

/** The statements of a block whose scope is already open. */
export function statements(fn: FunctionState, nodes: readonly Syntax.Statement[]): readonly Statement[] {
  predeclare(fn, nodes);
  return nodes.flatMap((node) => statement(fn, node));
}

/** Names of this block are its own from its beginning, as in JavaScript: using one too early is a fault, not an outer one. */
function predeclare(fn: FunctionState, nodes: readonly Syntax.Statement[]): void {
  for (const node of nodes) {
    if (node.type !== "VariableDeclaration") continue;
    for (const id of node.declarations.flatMap(({ id: target }) => boundNames(target))) {
      const at = spanOf(id);
      const earlier = fn.scope.declaredAt(id.name);
      if (earlier === null) fn.scope.set(id.name, { kind: "pending", at }, at);
      else fn.reporter.report("SK2002", at, { name: id.name, line: earlier.line });
    }
  }
}

export function statement(fn: FunctionState, node: Syntax.Statement): readonly Statement[] {
  return fn.nested(node, [], () => check(fn, node));
}

/** A statement as one: several become a block. */
export function single(fn: FunctionState, node: Syntax.Statement): Statement {
  const checked = statement(fn, node);
  const [only] = checked;
  return checked.length === 1 && only !== undefined ? only : { kind: "block", body: checked, at: spanOf(node) };
}

function check(fn: FunctionState, node: Syntax.Statement): readonly Statement[] {
  const at = spanOf(node);
  switch (node.type) {
    case "VariableDeclaration":
      return declaration(fn, node);
    case "ExpressionStatement":
      return effect(fn, node.expression);
    case "IfStatement":
      return [branch(fn, node)];
    case "WhileStatement":
    case "DoWhileStatement":
    case "ForStatement":
      return [loop(fn, node, null)];
    case "ForOfStatement":
      return [forOf(fn, node, null)];
    case "SwitchStatement":
      return [switchStatement(fn, node)];
    case "LabeledStatement":
      return labelled(fn, node);
    case "BreakStatement":
    case "ContinueStatement":
      return jump(fn, node);
    case "ReturnStatement": {
      const value = node.argument ? returned(fn, node.argument) : null;
      const result = { kind: "return" as const, at, value };
      fn.returns.push({ value, at, statement: result });
      fn.reachable = false;
      return [result];
    }
    case "BlockStatement":
      return [{ kind: "block", body: fn.inBlock(() => statements(fn, node.body)), at }];
    case "EmptyStatement":
      return [];
    default:
      if (node.type === "FunctionDeclaration") fn.reporter.report("SK1106", at);
      else if (node.type === "TSInterfaceDeclaration" || node.type === "TSTypeAliasDeclaration") {
        fn.reporter.report("SK1101", at, { what: "a type inside a function", instead: "declare it at the top level" });
      } else fn.reporter.report("SK1101", at, { ...unsupported(node.type) });
      return [];
  }
}

/** An expression as a statement: something must happen. */
export function effect(fn: FunctionState, node: Syntax.Expression): readonly Statement[] {
  if (node.type === "AssignmentExpression") return assignment(fn, node);
  if (node.type === "UpdateExpression") return increment(fn, node);
  if (node.type === "ParenthesizedExpression") return effect(fn, node.expression);
  const value = expression(fn, node, null);
  if (value.type.kind === "error") return [];
  switch (value.kind) {
    case "map-set":
    case "map-delete":
    case "map-increment":
    case "call":
    case "call-back":
    case "extern":
    case "print":
    case "atomic":
      return [{ kind: "evaluate", value, at: spanOf(node) }];
    case "special-call":
      // What a field held is the program's from now on.
      if (value.type.kind !== "kernel") return [{ kind: "evaluate", value, at: spanOf(node) }];
      fn.reporter.report("SK1105", spanOf(node), { what: "this call" });
      return [];
    case "kernel-call":
    case "map-call":
      // Whether a record found room may be left unasked.
      if (value.type.kind === "void" || value.type.kind === "bool") return [{ kind: "evaluate", value, at: spanOf(node) }];
      fn.reporter.report("SK1105", spanOf(node), { what: "this call" });
      return [];
    case "helper": {
      // One that only asks is called for its answer.
      const { parameters, result } = helperNamed(value.helper);
      if (parameters.length > 0 || result.kind === "void") return [{ kind: "evaluate", value, at: spanOf(node) }];
      fn.reporter.report("SK1105", spanOf(node), { what: "this call" });
      return [];
    }
    case "map-get":
    case "map-has":
    case "packet-at":
    case "packet-read":
      fn.reporter.report("SK1105", spanOf(node), { what: "this call" });
      return [];
    default:
      fn.reporter.report("SK1104", spanOf(node));
      return [];
  }
}

function branch(fn: FunctionState, node: Syntax.IfStatement): Statement {
  const test = condition(fn, node.test);
  const entry = { reachable: fn.reachable, facts: fn.facts };
  fn.facts = factsAfter(fn, test, true);
  const then = fn.inBlock(() => single(fn, node.consequent));
  const afterThen = { reachable: fn.reachable, facts: fn.facts };
  fn.reachable = entry.reachable;
  fn.facts = entry.facts;
  fn.facts = factsAfter(fn, test, false);
  const otherwise = node.alternate ? fn.inBlock(() => single(fn, node.alternate!)) : null;
  merge(fn, afterThen);
  return { kind: "if", test, then, otherwise, at: spanOf(node) };
}

/** Two ways meet here: this one and `other`. */
function merge(fn: FunctionState, other: { readonly reachable: boolean; readonly facts: ReadonlySet<Fact> }): void {
  if (!other.reachable) return;
  fn.facts = fn.reachable ? new Set([...fn.facts].filter((local) => other.facts.has(local))) : other.facts;
  fn.reachable = true;
}

function labelled(fn: FunctionState, node: Syntax.LabeledStatement): readonly Statement[] {
  const label = node.label.name;
  const { body } = node;
  if (body.type === "WhileStatement" || body.type === "DoWhileStatement" || body.type === "ForStatement") {
    return [loop(fn, body, label)];
  }
  if (body.type === "ForOfStatement") return [forOf(fn, body, label)];
  const jump = { target: { label }, loop: false, plain: false, broken: false };
  const before = withoutAssigned(fn, node);
  fn.jumps.push(jump);
  const checked = fn.inBlock(() => single(fn, body));
  fn.jumps.pop();
  if (jump.broken) {
    fn.reachable = true;
    fn.facts = before;
  }
  return [{ kind: "labelled", target: jump.target, body: checked, at: spanOf(node) }];
}

function jump(fn: FunctionState, node: Syntax.BreakStatement | Syntax.ContinueStatement): readonly Statement[] {
  const kind = node.type === "BreakStatement" ? "break" : "continue";
  const label = node.label?.name ?? null;
  const found = fn.jumps.findLast(
    (candidate) => (label === null ? candidate.plain : candidate.target.label === label) && (kind === "break" || candidate.loop),
  );
  if (found === undefined) {
    const what = label === null ? "loop" : `label ${label} of a loop`;
    const instead = label === null ? "use it inside of a loop" : "name the label of a statement around this one";
    fn.reporter.report("SK2012", spanOf(node), { what, verb: kind === "break" ? "break out of" : "continue", instead });
    return [];
  }
  if (kind === "break") found.broken = true;
  fn.reachable = false;
  return [{ kind, target: found.target, at: spanOf(node) }];
}

/** The facts that still hold wherever control is within `node`: those on locals that it does not assign. */
export function withoutAssigned(fn: FunctionState, node: Syntax.Node): ReadonlySet<Fact> {
  if (fn.facts.size === 0) return fn.facts;
  const assigned = assignedNames(node);
  return new Set([...fn.facts].filter((fact) => !("name" in fact && assigned.has(fact.name))));
}

/** Names that are assigned somewhere in a piece of syntax. Iterative: it may be deep. */
export function assignedNames(node: Syntax.Node): ReadonlySet<string> {
  const names = new Set<string>();
  const open: unknown[] = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === null || typeof next !== "object") continue;
    if ("type" in next) {
      const target =
        next.type === "AssignmentExpression" && "left" in next
          ? next.left
          : next.type === "UpdateExpression" && "argument" in next
            ? next.argument
            : null;
      if (
        target !== null &&
        typeof target === "object" &&
        target !== null &&
        "name" in target &&
        typeof target.name === "string"
      ) {
        names.add(target.name);
      } else if (isPattern(target)) for (const { name } of boundNames(target)) names.add(name);
    }
    for (const [key, value] of Object.entries(next)) {
      if (value !== null && typeof value === "object" && key !== "loc") open.push(value);
    }
  }
  return names;
}

function isPattern(target: unknown): target is Syntax.ObjectPattern | Syntax.ArrayPattern {
  if (typeof target !== "object" || target === null || !("type" in target)) return false;
  return target.type === "ObjectPattern" || target.type === "ArrayPattern";
}

/** Whether a condition is the constant `true`. */
export function alwaysTrue(test: Expression | null): boolean {
  return test === null || (test.kind === "constant" && test.value === 1n);
}

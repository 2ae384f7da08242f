/** Checks `=`, `+=` and its kin, `++` and `--`. */

import type * as Syntax from "@babel/types";
import { converted, literalAs, mayBeNull, refused } from "./conversions.ts";
import { assignPattern } from "./destructuring.ts";
import { expression, literal, typed } from "./expressions.ts";
import { kernelPlace } from "./kernel/writes.ts";
import { copyOf, isFresh, outlives } from "./locals.ts";
import { logicalAssignment } from "./logical-assignments.ts";
import { meaning, operation, promoted, widens } from "./numbers.ts";
import { spanOf } from "./report.ts";
import { refuseCopy } from "./special.ts";
import type { FunctionState } from "./state.ts";
import { placeType } from "./structs.ts";
import type { Expression, Place, Statement } from "./tree.ts";
import { isAddressBytes, isNullable, typeName, type ValueType } from "./types.ts";

export function assignment(fn: FunctionState, node: Syntax.AssignmentExpression): readonly Statement[] {
  if (node.left.type === "ObjectPattern" || node.left.type === "ArrayPattern") return assignPattern(fn, node.left, node.right);
  const target = place(fn, node.left);
  if (node.operator !== "=") {
    const operator = node.operator.slice(0, -1);
    return target === null ? [] : compound(fn, target, operator, node.right, node);
  }
  if (target === null) {
    expression(fn, node.right, null);
    return [];
  }
  return assigned(fn, target, node.right, node);
}

/** `target = right`. */
export function assigned(fn: FunctionState, target: Place, right: Syntax.Node, node: Syntax.Node): readonly Statement[] {
  return assignedValue(fn, target, typed(fn, right, placedType(target)), node);
}

/** What a place takes. */
export function placedType(target: Place): ValueType {
  if (target.kind === "local") return target.local.type;
  return target.kind === "bits" || target.kind === "kernel-field" ? target.type : placeType(target.stored);
}

/** `target = value`, of a value of its type. */
export function assignedValue(fn: FunctionState, target: Place, value: Expression, node: Syntax.Node): readonly Statement[] {
  if (value.type.kind === "error" || (target.kind !== "local" && refuseCopy(fn, value))) return [];
  if (target.kind === "local") {
    const { local } = target;
    const good = local.own ? isFresh(value) || isAddressBytes(value.type) : value.kind === "null" || outlives(value.type);
    if (!good) {
      fn.reporter.report("SK2112", value.at, { instead: copyOf(value) });
      return [];
    }
    learn(fn, target.local, value);
  }
  return [{ kind: "assign", target, value, at: spanOf(node) }];
}

/** After `x = value`, x is null or not as the value is. */
function learn(fn: FunctionState, local: Extract<Place, { kind: "local" }>["local"], value: Expression): void {
  if (!isNullable(local.type)) return;
  const there = value.kind === "present" || (value.kind !== "null" && !isNullable(value.type));
  const facts = new Set(fn.facts);
  if (there) facts.add(local);
  else facts.delete(local);
  fn.facts = facts;
}

export function increment(fn: FunctionState, node: Syntax.UpdateExpression): readonly Statement[] {
  const target = place(fn, node.argument);
  return target === null ? [] : update(fn, target, node.operator === "++" ? "+" : "-", literal(1n, node), node);
}

/** What can be assigned; null, with a report, when it cannot. */
export function place(fn: FunctionState, node: Syntax.Node): Place | null {
  const found = node.type === "Identifier" ? fn.scope.look(node.name) : null;
  if (found?.kind === "constant" && node.type === "Identifier") {
    fn.reporter.report("SK2004", spanOf(node), { name: node.name, instead: "declare it with let inside of the program" });
    return null;
  }
  if (found?.kind === "global" && node.type === "Identifier" && fn.scope.isImported(node.name)) {
    const instead = "what a file imports is not its to assign: export a function from that file";
    fn.reporter.report("SK2004", spanOf(node), { name: node.name, instead });
    return null;
  }
  const target = expression(fn, node, null);
  const refuse = (what: string, instead: string) => {
    fn.reporter.report("SK2114", spanOf(node), { what, instead });
    return null;
  };
  switch (target.kind) {
    case "error":
      return null;
    case "local":
      if (target.local.mutable) return target;
      fn.reporter.report("SK2004", spanOf(node), { name: target.local.name, instead: "declare it with let" });
      return null;
    case "bits":
      if (target.constant === true) return refuse("a readonly field", "keep what changes in a field that is not readonly");
      fn.assigns(target.object);
      return target.field.scale === 1
        ? target
        : refuse("a length that the header counts in larger units", "write the byte that holds it");
    case "member":
    case "element":
      if (target.constant && isInTable(target)) return refuse("a constant", "declare it with let at the top level");
      if (target.constant) return refuse("a readonly field", "keep what changes in a field that is not readonly, or in a map");
      fn.assigns(target.object);
      if (target.object.kind === "local" && target.object.local.own && isAddressBytes(target.object.type)) {
        return refuse("a byte of an address that was copied", "a name for an address is a copy: assign where the address lies");
      }
      return target;
    case "kernel-field":
      return kernelPlace(fn, target, refuse);
    case "kernel-element":
      return refuse("an element of the kernel's at a variable index", "write its index as a number");
    case "literal":
    case "constant":
      return refuse("a constant", "declare it with let inside of the program");
    case "packet-length":
      return refuse("this part of the context", "keep the number in a variable of its own");
    case "map-get":
      return refuse(
        "a number that was read",
        `write ${target.map.name}.set(key, value) or ${target.map.name}.increment(key, by)`,
      );
    default:
      return refuse("this", "assign a variable or a field");
  }
}

/** Whether a part is one of a table of constants, or of a value of `config`. */
function isInTable(value: Expression): boolean {
  let part = value;
  while (part.kind === "member" || part.kind === "element") part = part.object;
  return part.kind === "global" && part.global.section === ".rodata";
}

function compound(
  fn: FunctionState,
  target: Place,
  operator: string,
  right: Syntax.Node,
  node: Syntax.Node,
): readonly Statement[] {
  if (operator === "&&" || operator === "||" || operator === "??") return logicalAssignment(fn, target, operator, right, node);
  if (operator === "**") {
    fn.reporter.report("SK1101", spanOf(node), { what: `${operator}=`, instead: "write if (…) and an assignment" });
    return [];
  }
  const wanted = target.type.kind === "int" ? target.type : null;
  return update(fn, target, operator, expression(fn, right, wanted), node);
}

/** The right side must fit the target without loss; the result wraps in the target's type. */
function update(fn: FunctionState, target: Place, operator: string, right: Expression, node: Syntax.Node): readonly Statement[] {
  const { type } = target;
  if (right.type.kind === "error" || type.kind === "error") return [];
  if (type.kind !== "int" || type.name === "Ipv4Address") {
    if (target.kind === "local" && isNullable(type)) mayBeNull(fn, target);
    else
      fn.reporter.report("SK2104", target.at, { operator: `${operator}=`, found: typeName(type), instead: "it takes integers" });
    return [];
  }
  const computed = promoted(type);
  const op = operation(operator, computed);
  if (op === null) return [];
  const at = spanOf(node);
  const isShift = op === "shl" || op === "lshr" || op === "ashr";
  let value: Expression;
  if (right.kind === "literal") {
    const bitwise = op === "and" || op === "or" || op === "xor";
    value = literalAs(fn, right, isShift ? computed : type, bitwise);
    if (value.type.kind === "error") return [];
  } else if (right.type.kind !== "int") {
    refused(fn, right, `${operator}=`, "it takes integers");
    return [];
  } else if (!isShift && !(right.type.name === type.name || widens(right.type, type))) {
    fn.reporter.report("SK2102", right.at, { expected: typeName(type), found: typeName(right.type) });
    return [];
  } else {
    value = right;
  }
  value = converted(value, computed);
  if (value.kind === "constant") {
    const amount = meaning(value.value, computed);
    if (isShift && (amount < 0n || amount >= BigInt(computed.bits))) {
      fn.reporter.report("SK2204", right.at, { amount, max: computed.bits - 1, type: typeName(computed) });
      return [];
    }
    if ((operator === "/" || operator === "%") && amount === 0n) {
      fn.reporter.report("SK2205", right.at);
      return [];
    }
  }
  return [{ kind: "update", target, op, type: computed, value, at }];
}

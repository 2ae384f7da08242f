/** Checks expressions: dispatches on the syntax; literals, names, assertions and choices are here, the rest in files of its own. */

import type * as Syntax from "@babel/types";
import { element, member } from "./access.ts";
import { valueType } from "./annotations.ts";
import { call } from "./calls.ts";
import { condition, withFacts } from "./conditions.ts";
import { constantOf } from "./constants.ts";
import { coerce, literalAs, settled, unify } from "./conversions.ts";
import { checkGlobal, globalValue } from "./globals.ts";
import { variableValue } from "./kernel/symbols.ts";
import { exporterOf } from "./library/exports.ts";
import { binary, logicalValue, unary } from "./operators.ts";
import { perhaps } from "./optional.ts";
import { spanOf } from "./report.ts";
import { didYouMean, type Meaning } from "./scopes.ts";
import { errorAt, type FunctionState } from "./state.ts";
import { textLiteral } from "./strings.ts";
import { arrayLiteral, structLiteral } from "./structs.ts";
import type { Expression } from "./tree.ts";
import {
  BOOL,
  INTS,
  IPV4_ADDRESS,
  isNullable,
  LITERAL,
  mayCompareWithNull,
  NULL,
  typeName,
  type ValueType,
  withoutNull,
} from "./types.ts";
import { unsupported } from "./unsupported.ts";

/**
 * Checks an expression. `expected` is the type of its place, where that is known: object literals and constants take it.
 * The result may be of another type; `coerce` decides.
 */
export function expression(fn: FunctionState, node: Syntax.Node, expected: ValueType | null): Expression {
  return fn.nested(node, errorAt(node), () => check(fn, node, expected));
}

/** An expression in a place that has a type. */
export function typed(fn: FunctionState, node: Syntax.Node, type: ValueType): Expression {
  return coerce(fn, expression(fn, node, type), type);
}

function check(fn: FunctionState, node: Syntax.Node, expected: ValueType | null): Expression {
  const at = spanOf(node);
  switch (node.type) {
    case "NumericLiteral":
      return number(fn, node);
    case "BigIntLiteral":
      return { kind: "literal", type: { kind: "literal" }, value: BigInt(node.value), complement: false, at };
    case "BooleanLiteral":
      return { kind: "constant", type: BOOL, value: node.value ? 1n : 0n, at };
    case "StringLiteral":
      return textLiteral(fn, node, expected);
    case "NullLiteral":
      return { kind: "null", type: NULL, at };
    case "Identifier":
      return valueNamed(fn, fn.scope.look(node.name), node);
    case "UnaryExpression":
      return unary(fn, node, expected);
    case "BinaryExpression":
      return binary(fn, node, expected);
    case "LogicalExpression":
      return node.operator === "??" ? coalesce(fn, node, expected) : logicalValue(fn, node);
    case "ConditionalExpression":
      return conditional(fn, node, expected);
    case "MemberExpression":
      return node.computed ? element(fn, node) : member(fn, node);
    case "CallExpression":
      return call(fn, node);
    case "ObjectExpression":
      return structLiteral(fn, node, expected);
    case "ArrayExpression":
      return arrayLiteral(fn, node, expected);
    case "ParenthesizedExpression":
      return expression(fn, node.expression, expected);
    case "TSNonNullExpression":
      return nonNull(fn, node, expected);
    case "TSAsExpression":
    case "TSSatisfiesExpression":
      return assertion(fn, node, expected);
    case "AssignmentExpression":
    case "UpdateExpression":
      fn.reporter.report("SK1103", at);
      return errorAt(node);
    case "TSInstantiationExpression":
      fn.reporter.report("SK1101", at, { what: "a type argument here", instead: "remove it" });
      return errorAt(node);
    default:
      fn.reporter.report("SK1101", at, { ...unsupported(node.type) });
      return errorAt(node);
  }
}

function number(fn: FunctionState, node: Syntax.NumericLiteral): Expression {
  const at = spanOf(node);
  const raw = String(node.extra?.["raw"] ?? node.value).replaceAll("_", "");
  // 1e9 is an integer; 1.0 asks for a float.
  if (!Number.isInteger(node.value) || raw.includes(".")) {
    fn.reporter.report("SK2202", at, { value: raw });
    return errorAt(node);
  }
  if (!Number.isSafeInteger(node.value)) {
    fn.reporter.report("SK2203", at, { value: raw });
    return errorAt(node);
  }
  return { kind: "literal", type: { kind: "literal" }, value: BigInt(node.value), complement: false, at };
}

/** What a name, of this file or of a namespace, is as a value. */
export function valueNamed(fn: FunctionState, meaning: Meaning | null, node: Syntax.Identifier): Expression {
  const at = spanOf(node);
  const notAValue = (what: string, instead: string) => {
    fn.reporter.report("SK2007", at, { name: node.name, what, instead });
    return errorAt(node);
  };
  switch (meaning?.kind) {
    case "local": {
      const { local } = meaning;
      if (local.type.kind === "context" || local.type.kind === "packet") return { kind: "context", type: local.type, at };
      const type = fn.facts.has(local) ? withoutNull(local.type) : local.type;
      return { kind: "local", local, type, at };
    }
    case "constant":
      return constantOf(fn, meaning.constant, node);
    case "global": {
      if (meaning.global.state === "checking") {
        fn.reporter.report("SK2003", at, { name: node.name, line: meaning.global.at.line });
        return errorAt(node);
      }
      const global = checkGlobal(meaning.global);
      return global === null ? errorAt(node) : globalValue(global, node);
    }
    case "pending":
      fn.reporter.report("SK2003", at, { name: node.name, line: meaning.at.line });
      return errorAt(node);
    case "map":
      return notAValue("a map", `call one of its methods: ${node.name}.get(key), or ${node.name}.increment(key) to count`);
    case "function":
    case "extern":
      return notAValue("a function", `call it: ${node.name}(…)`);
    case "kernel-enumerator":
      return literal(meaning.value, node);
    case "kernel-variable":
      return variableValue(fn, meaning.variable, node);
    case "ksym":
    case "kconfig":
    case "kernel-per-cpu":
    case "kernel-function":
    case "kernel-iterator":
    case "kernel-question":
    case "kernel-cast":
      return notAValue("a function", `call it: ${node.name}(…)`);
    case "enum":
      return notAValue("an enum", `write one of its members: ${node.name}.${[...meaning.members.keys()][0] ?? "Name"}`);
    case "config":
      return notAValue("a declaration", `write export const name = ${node.name}<u32>(0) at the top level`);
    case "atomic":
      return notAValue("a function", `call it: ${node.name}(…)`);
    case "print":
      return notAValue("a function", "call it: print(`…`)");
    case "can-loop":
      return notAValue("a function", "call it: canLoop()");
    case "callback-helper":
    case "special-function":
    case "object-function":
    case "range":
      return notAValue("a function", `call it: ${node.name}(…)`);
    case "helper":
    case "own-context":
    case "zeroed":
      return notAValue("a helper", `call it: ${node.name}(…)`);
    case "cast":
      return notAValue("a type", `cast with ${node.name}(…)`);
    case "program":
      return notAValue("a program", "move what both need into a function");
    case "map-kind":
    case "hook":
    case "own-hook":
    case "struct-ops":
      return notAValue("a declaration", `write export const name = ${node.name}(…) at the top level`);
    case "header":
      fn.reporter.report("SK3009", at, { name: node.name });
      return errorAt(node);
    case "address":
      return notAValue("a function", `call it: ${node.name}("…")`);
    case "ipv4-mapped":
    case "network-order":
      return notAValue("a function", `call it: ${node.name}(…)`);
    case "text":
      return notAValue("a string", "the program cannot read it");
    case "namespace":
      return notAValue("a module", `write one of its exports: ${node.name}.${meaning.exports.names()[0] ?? "name"}`);
    case "type-only":
      return notAValue("imported as a type", `import its value: import { ${node.name} }`);
    case "refused":
      return errorAt(node);
    default:
      return unknown(fn, node);
  }
}

/** Names that JavaScript has everywhere, and what there is instead. */
const JAVASCRIPT: Readonly<Record<string, string>> = {
  undefined: "write null",
  NaN: "the language has integers only",
  Infinity: "the language has integers only",
  console: "write print(`…`): the text goes to the trace of the kernel",
  Number: "cast with u32(…) or another machine type",
  BigInt: "cast with u64(…) or i64(…)",
  Boolean: "cast with bool(…)",
  parseInt: "numbers are integers already; cast with u32(…) or another machine type",
  parseFloat: "the language has integers only",
  String: "numbers stay numbers; text is made where the map is read",
  Map: "a map that the program and its user share: export const name = hash<Key, Value>({ maxEntries: 1024 })",
  Set: "a map is one: export const name = hash<Key, u8>({ maxEntries: 1024 })",
  Error: "return a value that says what happened",
  Date: "the time is bpf_ktime_get_ns(), in nanoseconds since boot",
  performance: "the time is bpf_ktime_get_ns(), in nanoseconds since boot",
  JSON: "read the map outside, and make text there",
  Object: "name the fields",
  Array: "write a FixedArray, or a map",
  process: "what the program should know, put into a map",
  setTimeout: "a program runs to its end at once: keep state in a map",
  fetch: "a program reaches only its packet and its maps",
};

/** Reports a name that nothing declares. */
export function unknown(fn: FunctionState, node: Syntax.Identifier): Expression {
  const exporter = exporterOf(node.name);
  const instead = Object.hasOwn(JAVASCRIPT, node.name)
    ? (JAVASCRIPT[node.name] ?? "")
    : fn.module.types.has(node.name)
      ? `${node.name} is a type: import it without type to use its value`
      : exporter === null
        ? didYouMean(node.name, fn.scope.names(), "declare it, or import it from skep/bpf")
        : `import it: import { ${node.name} } from "${exporter}"`;
  fn.reporter.report("SK2001", spanOf(node), { name: node.name, instead });
  return errorAt(node);
}

function conditional(fn: FunctionState, node: Syntax.ConditionalExpression, expected: ValueType | null): Expression {
  const test = condition(fn, node.test);
  let then = withFacts(fn, test, true, () => expression(fn, node.consequent, expected));
  let otherwise = withFacts(fn, test, false, () => expression(fn, node.alternate, expected));
  let type = unify(then.type, otherwise.type);
  if (type !== null && expected !== null && (expected.kind === "int" || expected.kind === "nullable" || type.kind === "null")) {
    // A place with a type decides, so that `const x: u64 = c ? 1 : a` widens each side.
    const fit = unify(type, expected);
    if (fit !== null && typeName(fit) === typeName(expected)) type = expected;
  }
  if (type === null) {
    fn.reporter.report("SK2101", otherwise.at, {
      expected: typeName(then.type),
      found: typeName(otherwise.type),
      instead: "give both sides of ?: one type, with a cast where needed",
    });
    return errorAt(node);
  }
  if (type.kind === "literal") {
    [then, otherwise] = [settled(fn, then), settled(fn, otherwise)];
    const common = unify(then.type, otherwise.type);
    type = common ?? INTS.i64;
  }
  then = coerce(fn, then, type);
  otherwise = coerce(fn, otherwise, type);
  if (type.kind === "error" || then.type.kind === "error" || otherwise.type.kind === "error") return errorAt(node);
  const at = spanOf(node);
  const chosen = test.kind === "constant" ? (test.value === 1n ? then : otherwise) : null;
  if (chosen?.kind === "constant") return { ...chosen, at };
  return { kind: "conditional", type, test, then, otherwise, at };
}

function coalesce(fn: FunctionState, node: Syntax.LogicalExpression, expected: ValueType | null): Expression {
  const left = perhaps(fn, node.left, null);
  const right = expression(fn, node.right, isNullable(left.type) ? withoutNull(left.type) : expected);
  if (left.type.kind === "error" || right.type.kind === "error") return errorAt(node);
  if (!mayCompareWithNull(left.type)) {
    fn.reporter.report("SK2304", left.at, { what: "the left side of ??" });
    return errorAt(node);
  }
  // `array[i] ?? null`: what `tsc` with noUncheckedIndexedAccess wants where there may be null already.
  if (right.type.kind === "null") return left;
  const type = isNullable(right.type) ? left.type : withoutNull(left.type);
  const fallback = coerce(fn, right, type);
  return fallback.type.kind === "error" ? fallback : { kind: "coalesce", type, left, right: fallback, at: spanOf(node) };
}

/** `x!` believes nothing: it is only for elements, which `noUncheckedIndexedAccess` shows as perhaps undefined. */
function nonNull(fn: FunctionState, node: Syntax.TSNonNullExpression, expected: ValueType | null): Expression {
  const value = expression(fn, node.expression, expected);
  if (value.type.kind === "error" || (!isNullable(value.type) && value.type.kind !== "null")) return value;
  fn.reporter.report("SK1101", spanOf(node), { ...unsupported(node.type) });
  return errorAt(node);
}

/** `x as T`: allowed where nothing is lost and nothing is only believed. */
function assertion(
  fn: FunctionState,
  node: Syntax.TSAsExpression | Syntax.TSSatisfiesExpression,
  expected: ValueType | null,
): Expression {
  const { typeAnnotation } = node;
  const isConst =
    typeAnnotation.type === "TSTypeReference" &&
    typeAnnotation.typeName.type === "Identifier" &&
    typeAnnotation.typeName.name === "const";
  if (isConst) return expression(fn, node.expression, expected);
  const type = valueType(fn.module, typeAnnotation);
  if (type === null) return errorAt(node);
  const value = expression(fn, node.expression, type);
  if (type.kind === "int" && type.name === "Ipv4Address") {
    if (value.kind === "literal") return { ...literalAs(fn, value, INTS.u32), type: IPV4_ADDRESS } as Expression;
    if (value.type.kind === "int" && (value.type.name === "u32" || value.type.name === "Ipv4Address")) {
      return { kind: "convert", type: IPV4_ADDRESS, operand: value, at: spanOf(node) };
    }
  }
  return coerce(fn, value, type);
}

/** An integer constant that has not met a type. */
export function literal(value: bigint, node: Syntax.Node, complement = false): Expression {
  return { kind: "literal", type: LITERAL as { kind: "literal" }, value, complement, at: spanOf(node) };
}

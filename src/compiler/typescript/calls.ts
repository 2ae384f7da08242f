/** Checks calls: casts, addresses, helpers, functions of the file, methods of maps and of the packet. */

import type * as Syntax from "@babel/types";
import { member, PACKET_READS } from "./access.ts";
import { atomic } from "./atomics.ts";
import { callbackHelper } from "./callbacks.ts";
import { present } from "./conditions.ts";
import { address } from "./constants.ts";
import { argumentMethod, ownContext } from "./context-methods.ts";
import { coerce, converted, mayBeNull, named, refused, unify } from "./conversions.ts";
import { expression, typed, unknown } from "./expressions.ts";
import { checkFunction } from "./functions.ts";
import { instantiate, isGeneric } from "./generics.ts";
import { helperCall } from "./helper-calls.ts";
import { callKernelFunction } from "./kernel/functions.ts";
import { kernelQuestion } from "./kernel/infos.ts";
import { castToKernel } from "./kernel/pointers.ts";
import { kconfigValue, perCpu } from "./kernel/symbols.ts";
import { helperNamed } from "./library/helpers.ts";
import { mapMethod } from "./map-methods.ts";
import { ipv4Mapped } from "./mapped-address.ts";
import { networkOrder } from "./network-order.ts";
import { fits, representation } from "./numbers.ts";
import { objectCall } from "./objects.ts";
import { meet } from "./operators.ts";
import { print } from "./print.ts";
import { spanOf } from "./report.ts";
import { didYouMean, type FunctionSymbol, meaningOf, textOf } from "./scopes.ts";
import { specialCall } from "./special.ts";
import { errorAt, type FunctionState } from "./state.ts";
import { textMethod } from "./strings.ts";
import { zeroed } from "./structs.ts";
import type { Expression, FunctionDeclaration } from "./tree.ts";
import { BOOL, INTS, NETWORK, reference, type ScalarType, typeName } from "./types.ts";

export function call(fn: FunctionState, node: Syntax.CallExpression): Expression {
  const { callee } = node;
  if (node.arguments.some((argument) => argument.type === "SpreadElement")) {
    fn.reporter.report("SK1101", spanOf(node), { what: "spread", instead: "write the arguments out" });
    return errorAt(node);
  }
  const meaning = meaningOf(fn.scope, callee);
  if (meaning === null && callee.type === "MemberExpression" && !callee.computed && callee.property.type === "Identifier") {
    return method(fn, node, callee, callee.property);
  }
  if (callee.type !== "Identifier" && meaning === null) return notCallable(fn, callee, "this");
  const takes = meaning?.kind === "function" && isGeneric(meaning.function);
  if (node.typeArguments && !takes && !TAKES_TYPES.has(meaning?.kind ?? "")) {
    fn.reporter.report("SK1101", spanOf(node.typeArguments), { what: "a type argument here", instead: "remove it" });
    return errorAt(node);
  }
  switch (meaning?.kind) {
    case "cast":
      return cast(fn, meaning.type, node);
    case "address":
      return address(fn, meaning.format, node);
    case "helper":
      return helperCall(fn, helperNamed(meaning.name), node);
    case "zeroed":
      return zeroed(fn, node);
    case "own-context":
      return ownContext(fn, node);
    case "special-function":
      return specialCall(fn, meaning.special, node);
    case "object-function":
      return objectCall(fn, meaning.object, node);
    case "callback-helper":
      return callbackHelper(fn, meaning.helper, node);
    case "extern": {
      const { name, parameters, result } = meaning.extern;
      const signature = `${name}(${parameters.map((parameter) => `${parameter.name}: ${typeName(parameter.type)}`).join(", ")})`;
      const values = argumentsOf(
        fn,
        node,
        name,
        parameters.map(({ type }) => typeName(type)),
        signature,
      );
      if (values === null) return errorAt(node);
      const given = values.map((value, index) => typed(fn, value, parameters[index]!.type));
      return { kind: "extern", type: result, function: meaning.extern, arguments: given, at: spanOf(node) };
    }
    case "print":
      return print(fn, node);
    case "can-loop":
      return argumentsOf(fn, node, "canLoop", [], "canLoop()") === null
        ? errorAt(node)
        : { kind: "can-loop", type: BOOL, at: spanOf(node) };
    case "ipv4-mapped":
      return ipv4Mapped(fn, node);
    case "network-order":
      return networkOrder(fn, node, meaning.name);
    case "atomic":
      return atomic(fn, node, meaning.name, meaning.op);
    case "function":
      return callFunction(fn, meaning.function, node);
    case "kernel-function":
      return callKernelFunction(fn, meaning.function, node);
    case "kernel-per-cpu":
      return perCpu(fn, meaning.helper, node);
    case "kconfig":
      return kconfigValue(fn, node);
    case "kernel-question":
      return kernelQuestion(fn, meaning.question, node);
    case "kernel-cast":
      return castToKernel(fn, node);
    case "config":
    case "ksym":
    case "map-kind":
    case "hook":
    case "own-hook":
    case "struct-ops":
      fn.reporter.report("SK3001", spanOf(node), { what: textOf(callee) });
      return errorAt(node);
    case "type-only":
      return expression(fn, callee, null);
    case "refused":
      return errorAt(node);
    case undefined:
      return callee.type === "Identifier" ? unknown(fn, callee) : errorAt(node);
    default:
      return notCallable(fn, callee, textOf(callee));
  }
}

/** What is called with type arguments: those that this does not take say so themselves. */
const TAKES_TYPES: ReadonlySet<string> = new Set([
  "zeroed",
  "map-kind",
  "kernel-question",
  "kernel-cast",
  "kconfig",
  "object-function",
]);

function notCallable(fn: FunctionState, callee: Syntax.Node, what: string): Expression {
  fn.reporter.report("SK2010", spanOf(callee), { what });
  return errorAt(callee);
}

/** The argument nodes when there are as many as wanted (the last `optional` may be missing), or null with a report. */
export function argumentsOf(
  fn: FunctionState,
  node: Syntax.CallExpression,
  what: string,
  parameters: readonly string[],
  signature: string,
  optional = 0,
): readonly Syntax.Node[] | null {
  const [most, least] = [parameters.length, parameters.length - optional];
  const found = node.arguments.length;
  if (found >= least && found <= most) return node.arguments;
  const expected =
    most === 0 ? "no arguments" : `${least === most ? most : `${least} or ${most}`} argument${most === 1 ? "" : "s"}`;
  fn.reporter.report("SK2106", spanOf(node), { what, expected, found, signature });
  return null;
}

/** `u8(x)`: keeps the low bits, or extends as the operand's sign says; of a constant too. */
function cast(fn: FunctionState, type: ScalarType, node: Syntax.CallExpression): Expression {
  const values = argumentsOf(fn, node, `the cast ${typeName(type)}`, ["number"], `${typeName(type)}(number)`);
  const [argument] = values ?? [];
  if (argument === undefined) return errorAt(node);
  const value = expression(fn, argument, null);
  const at = spanOf(node);
  // The bits of a pointer into the arena, which may be null: what user space finds it by.
  if (value.type.kind === "reference" && value.type.memory === "arena" && type.kind === "int" && type.bits === 64)
    return { kind: "kernel-cast", type, operand: value, at };
  if (!present(fn, value)) return errorAt(node);
  if (type.kind === "bool") {
    if (value.type.kind === "bool") return value;
    if (value.kind === "literal") return { kind: "constant", type, value: value.value === 0n ? 0n : 1n, at };
    if (value.type.kind === "int") return { kind: "truth", type, operand: value, at };
  } else {
    if (value.kind === "literal") return { kind: "constant", type, value: representation(value.value, type), at };
    if (value.type.kind === "bool") return { kind: "convert", type, operand: value, at };
    // The bits of a pointer: a key of a map, a number to compare, or where helpers read from. Of a context: where its registers are.
    if ((value.type.kind === "kernel" || value.type.kind === "context") && type.bits === 64)
      return { kind: "kernel-cast", type, operand: value, at };
    if (value.type.kind === "int") return { ...converted(value, type), at };
  }
  const instead = "only numbers and bools can be cast";
  fn.reporter.report("SK2104", value.at, { operator: `the cast ${typeName(type)}`, found: typeName(value.type), instead });
  return errorAt(node);
}

function callFunction(fn: FunctionState, called: FunctionSymbol, node: Syntax.CallExpression): Expression {
  const instance = isGeneric(called) ? instantiate(fn, called, node) : { symbol: called, values: [] };
  if (instance === null) return errorAt(node);
  const { symbol } = instance;
  const declaration = checkFunction(symbol, spanOf(node));
  if (declaration === null) {
    // Its faults are reported; those of the arguments are not yet.
    for (const argument of node.arguments) {
      if (argument.type !== "ObjectExpression" && argument.type !== "ArrayExpression") expression(fn, argument, null);
    }
    return errorAt(node);
  }
  const { parameters, defaults, name } = declaration;
  const described = parameters.map(
    (parameter, index) => `${parameter.name}${defaults[index] === null ? "" : "?"}: ${typeName(parameter.type)}`,
  );
  const names = parameters.map((parameter) => parameter.name);
  const optional = defaults.length - 1 - defaults.lastIndexOf(null);
  const values = argumentsOf(fn, node, name, names, `${name}(${described.join(", ")})`, optional);
  if (values === null) return errorAt(node);
  const given = parameters.map((parameter, index) => {
    const value = values[index];
    if (value === undefined) return defaults[index] ?? errorAt(node);
    const known = instance.values[index] ?? expression(fn, value, parameter.type);
    return named(fn, coerce(fn, known, parameter.type));
  });
  return callOf(fn, declaration, given, node);
}

/** A call whose arguments are checked. */
export function callOf(
  fn: FunctionState,
  declaration: FunctionDeclaration,
  given: readonly Expression[],
  node: Syntax.Node,
): Expression {
  const { parameters, result, name } = declaration;
  if (given.some((value) => value.type.kind === "error")) return errorAt(node);
  for (const [index, parameter] of parameters.entries()) {
    const value = given[index];
    if (value === undefined || !declaration.assigned.has(parameter)) continue;
    if (value.type.kind === "reference" && value.type.constant === true) {
      const what = `a readonly field (${name} assigns ${parameter.name})`;
      fn.reporter.report("SK2114", value.at, { what, instead: "copy what the function needs into a struct of its own" });
      return errorAt(node);
    }
    fn.assigns(value);
  }
  return { kind: "call", type: result, function: declaration, arguments: given, at: spanOf(node) };
}

function method(
  fn: FunctionState,
  node: Syntax.CallExpression,
  callee: Syntax.MemberExpression,
  property: Syntax.Identifier,
): Expression {
  const meaning = meaningOf(fn.scope, callee.object);
  if (meaning?.kind === "map") return mapMethod(fn, meaning.map, property, node);
  if (meaning?.kind === "refused") return errorAt(node);
  if (meaning?.kind === "namespace") return member(fn, callee);
  if (meaning === null && callee.object.type === "Identifier" && callee.object.name === "Math")
    return extreme(fn, property, node);
  if (meaning?.kind === "header") {
    fn.reporter.report("SK3009", spanOf(callee.object), { name: textOf(callee.object) });
    return errorAt(node);
  }
  const object = expression(fn, callee.object, null);
  if (object.type.kind === "error") return errorAt(node);
  if (object.type.kind === "context" && property.name === "argument") return argumentMethod(fn, object, property, node);
  if (object.type.kind === "packet") return packetMethod(fn, property, node);
  if (object.type.kind === "context" && (property.name === "at" || Object.hasOwn(PACKET_READS, property.name))) {
    const instead = `the packet has it: write ctx.packet.${property.name}(…)`;
    fn.reporter.report("SK2009", spanOf(property), { type: "the context", name: property.name, instead });
    return errorAt(node);
  }
  if (object.type.kind === "map" && !object.type.nullable)
    return mapMethod(fn, { ...object.type.map, pointer: object }, property, node);
  const ofText = textMethod(fn, object, property, node);
  if (ofText !== null) return ofText;
  if ((object.type.kind === "reference" || object.type.kind === "map") && object.type.nullable) {
    mayBeNull(fn, object);
    return errorAt(node);
  }
  return notCallable(fn, property, `${property.name} of ${typeName(object.type)}`);
}

/** The two functions of `Math` that integers have. */
function extreme(fn: FunctionState, property: Syntax.Identifier, node: Syntax.CallExpression): Expression {
  const { name } = property;
  if (name !== "min" && name !== "max") {
    const rounds = ["floor", "ceil", "round", "trunc"].includes(name);
    const instead = rounds
      ? "numbers are integers, and / rounds towards zero"
      : name === "random"
        ? "bpf_get_prandom_u32() gives a random number"
        : "of Math there are min and max";
    fn.reporter.report("SK2009", spanOf(property), { type: "Math", name, instead });
    return errorAt(node);
  }
  const values = argumentsOf(fn, node, `Math.${name}`, ["a", "b"], `Math.${name}(a, b)`);
  const [left, right] = values ?? [];
  if (left === undefined || right === undefined) return errorAt(node);
  const sides = [expression(fn, left, null), expression(fn, right, null)] as const;
  const address = sides.find((side) => side.type.kind === "int" && side.type.name === "Ipv4Address");
  if (address !== undefined) return refused(fn, address, `Math.${name}`, "which address is less would depend on the machine");
  // With a constant that fits, the result is one of the other's type: Math.min(port, 1024) is a port.
  const own = sides.find((side) => side.type.kind === "int")?.type;
  const constant = sides.find((side) => side.kind === "literal");
  if (own?.kind === "int" && constant !== undefined && fits(constant.value, own)) {
    const [a, b] = [coerce(fn, sides[0], own), coerce(fn, sides[1], own)];
    return { kind: "extreme", type: own, op: name, left: a, right: b, at: spanOf(node) };
  }
  const common = sides.every((side) => side.type.kind === "int") ? unify(sides[0].type, sides[1].type) : null;
  if (common?.kind === "int") {
    const [a, b] = [coerce(fn, sides[0], common), coerce(fn, sides[1], common)];
    return { kind: "extreme", type: common, op: name, left: a, right: b, at: spanOf(node) };
  }
  const met = meet(fn, `Math.${name}`, ...sides);
  if (met === null) return errorAt(node);
  const [a, b, type] = met;
  return { kind: "extreme", type, op: name, left: a, right: b, at: spanOf(node) };
}

function packetMethod(fn: FunctionState, property: Syntax.Identifier, node: Syntax.CallExpression): Expression {
  const at = spanOf(node);
  const { name } = property;
  if (name === "at") {
    const values = argumentsOf(fn, node, "packet.at", ["Header", "offset"], "packet.at(Header, offset)");
    const [headerNode, offsetNode] = values ?? [];
    if (headerNode === undefined || offsetNode === undefined) return errorAt(node);
    const meaning = meaningOf(fn.scope, headerNode);
    const offset = typed(fn, offsetNode, INTS.u32);
    if (meaning?.kind !== "header") {
      if (meaning?.kind !== "refused") {
        fn.reporter.report("SK2101", spanOf(headerNode), {
          expected: "a protocol header",
          found: headerNode.type === "Identifier" ? headerNode.name : "something else",
          instead: 'import one: import { Ethernet } from "skep/bpf/net"',
        });
      }
      return errorAt(node);
    }
    if (offset.type.kind === "error") return errorAt(node);
    const type = reference({ kind: "header", name: meaning.name, size: meaning.header.size }, "packet", true);
    return { kind: "packet-at", type, header: meaning.header, offset, at };
  }
  const width = Object.hasOwn(PACKET_READS, name) ? PACKET_READS[name] : undefined;
  if (width === undefined) {
    const known = ["at", ...Object.keys(PACKET_READS)];
    const instead = didYouMean(name, known, `it has ${known.join(", ")} and length`);
    fn.reporter.report("SK2009", spanOf(property), { type: "the packet", name, instead });
    return errorAt(node);
  }
  const values = argumentsOf(fn, node, `packet.${name}`, ["offset"], `packet.${name}(offset): ${name} | null`);
  const [offsetNode] = values ?? [];
  if (offsetNode === undefined) return errorAt(node);
  const offset = typed(fn, offsetNode, INTS.u32);
  if (offset.type.kind === "error") return errorAt(node);
  const stored = width === 1 ? INTS.u8 : width === 2 ? NETWORK.be16 : NETWORK.be32;
  const of = stored.kind === "network" ? stored.host : stored;
  return { kind: "packet-read", type: { kind: "nullable", of }, stored, width, offset, at };
}

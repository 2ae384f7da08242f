/** Checks calls of the kernel's helpers: what each argument is, and how it is passed. */

import type * as Syntax from "@babel/types";
import { coerce, mayBeNull } from "./conversions.ts";
import { expression, typed } from "./expressions.ts";
import { sizeOf } from "./layout.ts";
import { VIEWS } from "./library/contexts.ts";
import { type Helper, type HelperParameter, helperSignature, type Printer, takesTemplate } from "./library/helpers.ts";
import { template } from "./print.ts";
import { spanOf } from "./report.ts";
import { meaningOf, textOf } from "./scopes.ts";
import { errorAt, type FunctionState } from "./state.ts";
import { placeType, storedValue } from "./structs.ts";
import type { Expression, HelperArgument, MapDeclaration } from "./tree.ts";
import { INTS, readAs, reference, type StoredType, typeName, type ValueType, VOID } from "./types.ts";

/** One call while it is checked. */
interface Call {
  readonly fn: FunctionState;
  readonly helper: Helper;
  readonly node: Syntax.CallExpression;
  /** The map that an earlier argument named. */
  map: MapDeclaration | null;
}

export function helperCall(fn: FunctionState, helper: Helper, node: Syntax.CallExpression): Expression {
  const call: Call = { fn, helper, node, map: null };
  const { parameters } = helper;
  const text = node.arguments[1];
  const isTemplate = text?.type === "TemplateLiteral" || (text?.type === "StringLiteral" && node.arguments.length === 2);
  if (takesTemplate(helper.name) && text !== undefined && isTemplate) return printed(call, helper.name, text);
  const sized = parameters.filter(isSized).length;
  const found = node.arguments.length;
  const least = parameters.filter(({ optional }) => !optional).length;
  // Memory may be followed by how many bytes of it are meant: all of it then, or none.
  const withLengths = sized > 0 && found === parameters.length + sized;
  if (!withLengths && (found < least || found > parameters.length)) {
    const most = parameters.length;
    const expected =
      most === 0 ? "no arguments" : `${least === most ? most : `${least} or ${most}`} argument${most === 1 ? "" : "s"}`;
    fn.reporter.report("SK2106", spanOf(node), { what: helper.name, expected, found, signature: helperSignature(helper) });
    return errorAt(node);
  }
  const given: HelperArgument[] = [];
  let index = 0;
  let good = true;
  for (const parameter of parameters) {
    const argument = node.arguments[index++];
    if (argument === undefined) break;
    const passed = check(call, parameter, argument);
    const length = withLengths && isSized(parameter) ? node.arguments[index++] : undefined;
    if (passed === null) {
      good = false;
      continue;
    }
    if (length === undefined || passed.pass !== "bytes") {
      given.push(passed);
      continue;
    }
    const bytes = lengthOf(fn, length, passed.size, argument);
    if (bytes === null) good = false;
    else given.push({ ...passed, sized: "next" }, { pass: "length", value: bytes });
  }
  const type = good ? resultType(call) : null;
  return type === null
    ? errorAt(node)
    : { kind: "helper", type, helper: helper.name, arguments: given, map: call.map, at: spanOf(node) };
}

function isSized({ kind }: HelperParameter): boolean {
  return kind.kind === "memory" && kind.bytes === 0;
}

function refuse({ fn, helper }: Call, value: Expression, parameter: HelperParameter, expected: string, instead?: string): null {
  if (value.type.kind === "error") return null;
  fn.reporter.report("SK2101", value.at, {
    expected: `${expected} for ${parameter.name} of ${helper.name}`,
    found: typeName(value.type),
    instead: instead ?? `${helperSignature(helper)}`,
  });
  return null;
}

function check(call: Call, parameter: HelperParameter, node: Syntax.Node): HelperArgument | null {
  const { fn, helper } = call;
  const { kind } = parameter;
  if (parameter.nullable && node.type === "NullLiteral") {
    return { pass: "null", sized: isSized(parameter), value: null };
  }
  switch (kind.kind) {
    case "number": {
      const wanted = kind.type.kind === "network" ? kind.type.host : kind.type;
      const value = typed(fn, node, wanted);
      if (value.type.kind === "error") return null;
      return kind.type.kind === "network"
        ? { pass: "number", value: { kind: "network-order", type: wanted, operand: value, at: value.at } }
        : { pass: "number", value };
    }
    case "address":
      return address(call, parameter, expression(fn, node, INTS.u64));
    case "object":
      return object(call, parameter, expression(fn, node, null));
    case "map": {
      const meaning = meaningOf(fn.scope, node);
      if (meaning?.kind === "map") {
        call.map = meaning.map;
        return { pass: "map", map: meaning.map, value: null };
      }
      if (meaning?.kind !== "refused") {
        const found = textOf(node);
        fn.reporter.report("SK2101", spanOf(node), {
          expected: `a map for ${helper.name}`,
          found,
          instead: "name an exported map",
        });
      }
      return null;
    }
    case "key":
    case "value":
      return ofMap(call, parameter, node);
    case "memory":
      return memory(call, parameter, expression(fn, node, null));
    case "text":
      if (node.type === "StringLiteral") return { pass: "text", text: node.value, value: null };
      fn.reporter.report("SK2101", spanOf(node), {
        expected: `a text for ${parameter.name} of ${helper.name}`,
        found: "something else",
        instead: 'write it there: "…"',
      });
      return null;
  }
}

/** ``bpf_seq_printf(seq, `pid ${pid}\n`)``, ``bpf_snprintf(text, `pid ${pid}`)`` */
function printed(call: Call, helper: Printer, text: Syntax.Node): Expression {
  const { fn, node } = call;
  const where = call.helper.parameters[0];
  const [targetNode, , more] = node.arguments;
  const signature = `${helper}(${where?.name ?? ""}, \`…\`)`;
  if (where === undefined || targetNode === undefined || more !== undefined) {
    fn.reporter.report("SK2106", spanOf(node), {
      what: helper,
      expected: "2 arguments with a template",
      found: node.arguments.length,
      signature,
    });
    return errorAt(node);
  }
  const target = check(call, where, targetNode);
  const made = template(fn, text, signature);
  if (target === null || target.value === null || made === null) return errorAt(node);
  return { kind: "print", type: INTS.i64, helper, target: target.value, ...made, at: spanOf(node) };
}

function address(call: Call, parameter: HelperParameter, value: Expression): HelperArgument | null {
  const { type } = value;
  if (type.kind === "kernel" || (type.kind === "reference" && !type.nullable)) return { pass: "pointer", value };
  if (type.kind !== "int" && type.kind !== "literal")
    return refuse(call, value, parameter, "an address", "pass a u64, or a pointer");
  const number = coerce(call.fn, value, INTS.u64);
  return number.type.kind === "error" ? null : { pass: "number", value: number };
}

/** What programs may hold pointers to, whatever hook they are at; a verifier knows which is good where. */
function object(call: Call, parameter: HelperParameter, value: Expression): HelperArgument | null {
  const { kind } = parameter;
  const { type } = value;
  if (kind.kind !== "object" || type.kind === "error") return null;
  const expected = [
    ...(kind.context ? ["the context"] : []),
    ...(kind.socket ? ["a socket"] : []),
    ...kind.structs.map((name) => `a ${name}`),
  ].join(" or ");
  if ((type.kind === "reference" || type.kind === "kernel") && type.nullable && !parameter.nullable) {
    mayBeNull(call.fn, value);
    return null;
  }
  if ((isSocket(type) && kind.socket) || (isContext(value) && kind.context) || type.kind === "kernel") {
    return { pass: "pointer", value };
  }
  const instead = kind.context ? "pass the program's ctx; where a program has other parameters, context()" : undefined;
  return refuse(call, value, parameter, expected, instead);
}

function isSocket(type: ValueType): boolean {
  return type.kind === "reference" && Object.values(VIEWS).some((view) => view === type.to);
}

/** What helpers take for the context: what a program is given, whatever its hook makes of it. */
export function isContext(value: Expression): boolean {
  const { type } = value;
  if (type.kind === "context") return true;
  if (value.kind !== "local") return false;
  // A record of a tracepoint, or what an iterator goes through, is a struct of the kernel's.
  if (type.kind === "kernel") return type.read === "direct" && !type.nullable && !type.embedded;
  return type.kind === "reference" && !isSocket(type) && (type.memory === "view" || type.memory === "context");
}

/** A key or a value of the map that was named. */
function ofMap(call: Call, parameter: HelperParameter, node: Syntax.Node): HelperArgument | null {
  const { fn, map, helper } = call;
  if (map === null) return null;
  const stored = parameter.kind.kind === "key" ? map.key : map.value;
  if (stored === null) {
    const instead = `name a map whose ${parameter.kind.kind}s the program sees`;
    fn.reporter.report("SK3004", spanOf(node), { map: map.name, method: helper.name, instead });
    return null;
  }
  if (parameter.kind.kind === "value" && parameter.kind.writes) {
    const value = typed(fn, node, placeType(stored));
    if (value.type.kind !== "reference") return refuse(call, value, parameter, "a struct or an array to fill in");
    return writable(call, parameter, value)
      ? { pass: "bytes", size: sizeOf(stored), sized: "no", packet: helper.packet, value }
      : null;
  }
  const value = storedValue(fn, node, stored);
  return value.type.kind === "error"
    ? null
    : { pass: "stored", stored, role: parameter.kind.kind === "key" ? "key" : "value", packet: helper.packet, value };
}

/** A struct, an array or a header, whose type says how long it is. */
function memory(call: Call, parameter: HelperParameter, value: Expression): HelperArgument | null {
  const { kind } = parameter;
  const { type } = value;
  const { helper } = call;
  if (kind.kind !== "memory" || type.kind === "error") return null;
  if (type.kind !== "reference") {
    const instead = "pass a struct or an array: const bytes: FixedArray<u8, 16> = …";
    return refuse(call, value, parameter, "memory", instead);
  }
  if (type.nullable) {
    mayBeNull(call.fn, value);
    return null;
  }
  const size = type.to.kind === "header" ? type.to.size : sizeOf(type.to);
  if (size < kind.bytes) return refuse(call, value, parameter, `${kind.bytes} bytes`);
  if (kind.writes && !kind.reads && !writable(call, parameter, value)) return null;
  if (kind.writes && kind.reads && type.memory === "packet" && !helper.packet) return unwritable(call, value);
  if (kind.writes && type.memory === "arena") return unwritable(call, value);
  if (kind.writes) call.fn.assigns(value);
  return { pass: "bytes", size, sized: kind.bytes === 0 ? "type" : "no", packet: helper.packet, value };
}

/** Memory that a helper fills in must be the program's own. */
function writable(call: Call, _parameter: HelperParameter, value: Expression): boolean {
  const { type } = value;
  if (type.kind !== "reference") return false;
  if (
    type.constant === true ||
    type.memory === "view" ||
    type.memory === "arena" ||
    (type.memory === "packet" && !call.helper.packet)
  ) {
    unwritable(call, value);
    return false;
  }
  call.fn.assigns(value);
  return true;
}

function unwritable({ fn, helper }: Call, value: Expression): null {
  const instead = "pass a struct or an array of the program's own, or in a map";
  fn.reporter.report("SK2114", value.at, { what: `memory that ${helper.name} may not write`, instead });
  return null;
}

/** How many bytes of memory are meant. */
function lengthOf(fn: FunctionState, node: Syntax.Node, size: number, of: Syntax.Node): Expression | null {
  const value = typed(fn, node, INTS.u32);
  if (value.type.kind === "error") return null;
  if (value.kind !== "constant" || value.value <= BigInt(size)) return value;
  const what = textOf(of);
  fn.reporter.report("SK2101", value.at, {
    expected: `at most ${size} bytes`,
    found: `${value.value}`,
    instead: `${what} has ${size} bytes`,
  });
  return null;
}

function resultType(call: Call): ValueType | null {
  const { fn, helper, node, map } = call;
  const { result } = helper;
  switch (result.kind) {
    case "void":
      return VOID;
    case "number":
      return result.type;
    case "value": {
      if (map === null || map.value === null) {
        const instead = "name a map whose values the program sees";
        fn.reporter.report("SK3004", spanOf(node), { map: map?.name ?? "the map", method: helper.name, instead });
        return null;
      }
      return valueOfMap(map.value);
    }
    case "socket":
      return reference(VIEWS[result.struct], "view", result.nullable);
    case "kernel": {
      const to = fn.module.kernel.types?.struct(result.struct) ?? null;
      if (to !== null) return { kind: "kernel", to, read: "direct", nullable: result.nullable, embedded: false };
      const instead = "whoever compiles gives the kernel's types: compileSource(text, { file, kernel })";
      fn.reporter.report("SK2005", spanOf(node.callee), { module: `the type ${result.struct}`, instead });
      return null;
    }
  }
}

/** As `map.get` gives it. */
function valueOfMap(stored: StoredType): ValueType {
  const value = readAs(stored, "map");
  return value.kind === "reference" ? reference(value.to, "map", true) : { kind: "nullable", of: value };
}

/** Checks `export const name = hash<K, V>({ maxEntries })` and `export const name = xdp((ctx) => …)`. */

import type * as Syntax from "@babel/types";
import { storedType, valueType } from "./annotations.ts";
import { coerce } from "./conversions.ts";
import { expression } from "./expressions.ts";
import { checkCallable } from "./functions.ts";
import { sizeOf } from "./layout.ts";
import { type Hook, ownHook } from "./library/hooks.ts";
import type { MapKind } from "./library/maps.ts";
import { type Span, spanOf } from "./report.ts";
import type { ExternFunction } from "./scopes.ts";
import { FunctionState, type ModuleState } from "./state.ts";
import type { MapDeclaration, ProgramDeclaration } from "./tree.ts";
import { INTS, type IntType, type StoredType, sameStored, typeName } from "./types.ts";

/** A frame has 512 bytes and every key passes through it; the kernel's own limits are wider. */
const LARGEST_KEY = 512;
/** An LPM trie's data, in bytes (`LPM_DATA_SIZE_MAX` of kernel/bpf/lpm_trie.c). */
const LONGEST_PREFIX_DATA = 256;
/** Names are written to BTF whole; the kernel's short names are their first 15 bytes. */
const LONGEST_NAME = 127;
const LONGEST_HOOK = 100;

export function mapDeclaration(
  module: ModuleState,
  kind: MapKind,
  kindName: string,
  name: string,
  node: Syntax.CallExpression,
  at: Span,
): MapDeclaration | null {
  const types = typeArguments(module, kind, kindName, node);
  const maxEntries = options(module, kindName, node);
  if (types === null || maxEntries === null || !nameFits(module, name, at)) return null;
  return { name, kind, ...types, maxEntries, at };
}

function usageOf(kind: MapKind, kindName: string): string {
  return kind.indexed ? `write ${kindName}<u64>({ maxEntries: 256 })` : `write ${kindName}<Key, Value>({ maxEntries: 1024 })`;
}

/** `<Key, Value>`; of an array `<Value>` or `<u32, Value>`. */
function typeArguments(
  module: ModuleState,
  kind: MapKind,
  kindName: string,
  node: Syntax.CallExpression,
): { readonly key: StoredType; readonly value: StoredType } | null {
  const given = node.typeArguments?.params ?? [];
  const instead = usageOf(kind, kindName);
  const refuse = (at: Span, problem: string) => {
    module.reporter.report("SK3003", at, { problem, instead });
    return null;
  };
  const least = kind.indexed ? 1 : 2;
  if (given.length < least || given.length > 2) {
    return refuse(
      spanOf(node.typeArguments ?? node.callee),
      `${kindName} needs the types of its ${kind.indexed ? "values" : "keys and values"}`,
    );
  }
  const [first, second] = given as readonly Syntax.TSType[];
  const keyNode = second === undefined ? null : first;
  const valueNode = second ?? first;
  const key = keyNode ? storedType(module, keyNode) : INTS.u32;
  const value = valueNode ? storedType(module, valueNode) : null;
  if (key === null || value === null) return null;
  const keyAt = spanOf(keyNode ?? node.callee);
  if (kind.indexed && !sameStored(key, INTS.u32))
    return refuse(keyAt, `the key of ${kindName} is its index, a u32, not ${typeName(key)}`);
  if (sizeOf(key) > LARGEST_KEY) return refuse(keyAt, `a key of ${sizeOf(key)} bytes does not fit into the frame of 512`);
  if (kind.prefix) {
    const [prefix] = key.kind === "struct" ? key.fields : [];
    if (prefix === undefined || prefix.name !== "prefixLength" || !sameStored(prefix.type, INTS.u32) || sizeOf(key) <= 4) {
      return refuse(
        keyAt,
        `the key of ${kindName} is a struct that begins with prefixLength: u32 and goes on with the data that it counts bits of`,
      );
    }
    if (sizeOf(key) - 4 > LONGEST_PREFIX_DATA)
      return refuse(keyAt, `the data of a prefix has at most ${LONGEST_PREFIX_DATA} bytes`);
  }
  return { key, value };
}

/** `{ maxEntries: n }`; null, with a report, when it is anything else. */
function options(module: ModuleState, kindName: string, node: Syntax.CallExpression): number | null {
  const [argument] = node.arguments;
  const instead = `write ${kindName}<…>({ maxEntries: 1024 })`;
  const refuse = (at: Syntax.Node, problem: string) => {
    module.reporter.report("SK3002", spanOf(at), { problem, instead });
    return null;
  };
  if (node.arguments.length !== 1 || argument?.type !== "ObjectExpression")
    return refuse(argument ?? node, `${kindName} takes its options in braces`);
  let maxEntries: number | null = null;
  for (const property of argument.properties) {
    const key =
      property.type === "ObjectProperty" && !property.computed && property.key.type === "Identifier" ? property.key.name : null;
    if (property.type !== "ObjectProperty" || key !== "maxEntries") {
      return refuse(property, `${key ?? "this"} is not an option of ${kindName}`);
    }
    if (maxEntries !== null) return refuse(property, "maxEntries is there twice");
    const fn = new FunctionState(module, "maxEntries", null, null);
    const value = coerce(fn, expression(fn, property.value, INTS.u32), INTS.u32);
    if (value.type.kind === "error") return null;
    if (value.kind !== "constant") {
      module.reporter.report("SK2206", spanOf(property.value), { what: "maxEntries" });
      return null;
    }
    if (value.value === 0n) return refuse(property.value, "a map with no entries holds nothing");
    maxEntries = Number(value.value);
  }
  return maxEntries ?? refuse(argument, `${kindName} needs maxEntries`);
}

function nameFits(module: ModuleState, name: string, at: Span): boolean {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name.length <= LONGEST_NAME) return true;
  if (name.length > LONGEST_NAME) module.reporter.report("SK3008", at, { name: `${name.slice(0, 20)}…`, max: LONGEST_NAME });
  else {
    const instead = "use letters, digits and _ only: the kernel knows it by this name";
    module.reporter.report("SK3005", at, { problem: `${name} is no name in C`, instead });
  }
  return false;
}

export function programDeclaration(
  module: ModuleState,
  hook: Hook,
  hookName: string,
  name: string,
  node: Syntax.CallExpression,
  at: Span,
): ProgramDeclaration | null {
  const instead = `write export const ${name} = ${hookName}((ctx) => …)`;
  const [argument] = node.arguments;
  if (node.arguments.length !== 1 || argument === undefined || node.typeArguments) {
    module.reporter.report("SK3005", spanOf(node), { problem: `${hookName} takes one function`, instead });
    return null;
  }
  return programOf(module, hook, hookName, name, argument, at, instead);
}

/** `hook<HttpRequest>("http.request", (request) => …)`: for a hook that an application declares. */
export function ownProgramDeclaration(
  module: ModuleState,
  name: string,
  node: Syntax.CallExpression,
  at: Span,
): ProgramDeclaration | null {
  const instead = `write export const ${name} = hook<HttpRequest>("http.request", (request) => …)`;
  const refuse = (where: Syntax.Node, problem: string) => {
    module.reporter.report("SK3005", spanOf(where), { problem, instead });
    return null;
  };
  const [contextNode, more] = (node.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  if (contextNode === undefined || more !== undefined)
    return refuse(node.typeArguments ?? node.callee, "hook needs the type of its context");
  const [title, argument] = node.arguments;
  if (title === undefined || argument === undefined || node.arguments.length !== 2)
    return refuse(node, "hook takes the hook's name and one function");
  if (
    title.type !== "StringLiteral" ||
    !/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/.test(title.value) ||
    title.value.length > LONGEST_HOOK
  )
    return refuse(title, "a hook's name is a string of small letters, digits, _ and dots");
  const context = storedType(module, contextNode);
  if (context === null) return null;
  if (context.kind !== "struct") return refuse(contextNode, `the context is an interface, not ${typeName(context)}`);
  return programOf(module, ownHook(title.value, context), "hook", name, argument, at, instead);
}

function programOf(
  module: ModuleState,
  hook: Hook,
  hookName: string,
  name: string,
  argument: Syntax.CallExpression["arguments"][number],
  at: Span,
  instead: string,
): ProgramDeclaration | null {
  let callable = argument.type === "ArrowFunctionExpression" || argument.type === "FunctionExpression" ? argument : null;
  if (argument.type === "Identifier") {
    const meaning = module.values.look(argument.name);
    if (meaning?.kind === "refused") return null;
    const named = meaning?.kind === "function" ? meaning.function : null;
    if (named !== null) {
      const body = checkCallable(named.module, named.node, name, { hook, hookName });
      return body !== null && nameFits(module, name, at) ? { name, hook, body, at } : null;
    }
    callable = null;
  }
  if (callable === null) {
    module.reporter.report("SK3005", spanOf(argument), { problem: `${hookName} takes one function`, instead });
    return null;
  }
  const body = checkCallable(module, callable, name, { hook, hookName });
  return body !== null && nameFits(module, name, at) ? { name, hook, body, at } : null;
}

/** `declare function name(a: u32): u32`: integers of up to 32 bits in and out. Null, with a report, when it is anything else. */
export function externFunction(module: ModuleState, name: string, node: Syntax.TSDeclareFunction): ExternFunction | null {
  const refuse = (at: Syntax.Node, problem: string) => {
    const instead = `write declare function ${name}(a: u32): u32; integers of up to 32 bits go in and come out`;
    module.reporter.report("SK3011", spanOf(at), { problem, instead });
    return null;
  };
  const integer = (at: Syntax.Node, annotation: Syntax.Node | null | undefined): IntType | null => {
    if (annotation?.type !== "TSTypeAnnotation") return refuse(at, `${name} needs types`);
    const type = valueType(module, annotation.typeAnnotation);
    if (type === null) return null;
    return type.kind === "int" && type.bits <= 32
      ? type
      : refuse(annotation, `the application cannot take or give ${typeName(type)}`);
  };
  if (node.params.length > 5) return refuse(node.params[5]!, `${name} has more than five parameters`);
  if (node.async === true || node.generator === true || node.typeParameters) return refuse(node, `${name} is no plain function`);
  const parameters: { name: string; type: IntType }[] = [];
  for (const parameter of node.params) {
    if (parameter.type !== "Identifier" || parameter.optional === true)
      return refuse(parameter, `${name} takes plain parameters`);
    const type = integer(parameter, parameter.typeAnnotation);
    if (type === null) return null;
    parameters.push({ name: parameter.name, type });
  }
  const result = integer(node, node.returnType);
  const at = node.id ? spanOf(node.id) : spanOf(node);
  return result === null || !nameFits(module, name, at) ? null : { name, parameters, result, at };
}

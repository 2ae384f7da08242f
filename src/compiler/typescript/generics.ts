/**
 * Generic functions and types, by specialisation: each use with other type arguments makes one of its own, in which the parameters
 * are names for those types. Its body is checked with them, so that what it may do is what they can do.
 */

import type * as Syntax from "@babel/types";
import { resolveDeclared, storedType, typeMeaning } from "./annotations.ts";
import { settled, unify } from "./conversions.ts";
import { expression } from "./expressions.ts";
import { spanOf } from "./report.ts";
import type { FunctionSymbol } from "./scopes.ts";
import type { DeclaredType, FunctionState, GenericType, ModuleState, TypeMeaning } from "./state.ts";
import type { Expression } from "./tree.ts";
import { type StoredType, type StructType, typeName, type ValueType, withoutNull } from "./types.ts";

type Bindings = Map<string, TypeMeaning>;

/** Instances within instances: a type that makes ever new ones of itself has no end. */
const DEEPEST = 16;

/** Which generic type a struct is an instance of. */
const origins = new WeakMap<StructType, { readonly of: GenericType; readonly arguments: readonly TypeMeaning[] }>();

// ── types ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `Pair<u32>`. Null, with a report, when it is none. `module` is where it is written. */
export function instantiateType(module: ModuleState, generic: GenericType, node: Syntax.TSTypeReference): StoredType | null {
  const bindings: Bindings = new Map();
  const { parameters } = generic;
  const given = node.typeArguments?.params ?? [];
  if (given.length > parameters.length || parameters.slice(given.length).some((parameter) => !parameter.default)) {
    const wanted = parameters.map(nameOf).join(", ");
    const problem = `${generic.name} takes ${parameters.length} type argument${parameters.length === 1 ? "" : "s"}`;
    module.reporter.report("SK3003", spanOf(node), { problem, instead: `write ${generic.name}<${wanted}>` });
    return null;
  }
  for (const [index, parameter] of parameters.entries()) {
    const argument = given[index];
    const meaning =
      argument !== undefined
        ? argumentMeaning(module, argument)
        : parameter.default && argumentMeaning(generic.module.withTypes(bindings), parameter.default);
    if (!meaning) return null;
    bindings.set(nameOf(parameter), meaning);
  }
  const key = [...bindings.values()].map(keyOf).join(",");
  let made = generic.instances.get(key);
  if (made === undefined) {
    made = instanceOf(generic, bindings);
    generic.instances.set(key, made);
  }
  if (generic.open >= DEEPEST) {
    module.reporter.report("SK2111", generic.at, { name: generic.name });
    return null;
  }
  generic.open++;
  const type = resolveDeclared(made);
  generic.open--;
  if (type?.kind === "struct" && !origins.has(type)) origins.set(type, { of: generic, arguments: [...bindings.values()] });
  return type;
}

function instanceOf(generic: GenericType, bindings: Bindings): DeclaredType {
  const { node, at, packed } = generic;
  const module = generic.module.withTypes(bindings);
  return { name: nameWith(generic.name, bindings), module, node, at, packed, state: "unresolved", type: null };
}

/** What a type argument stands for: a type, or a number for a length. */
function argumentMeaning(module: ModuleState, node: Syntax.TSType): TypeMeaning | null {
  if (node.type === "TSLiteralType" && node.literal.type === "NumericLiteral")
    return { kind: "length", value: node.literal.value };
  if (node.type === "TSTypeReference" && !node.typeArguments) {
    const meaning = typeMeaning(module, node.typeName);
    if (meaning !== null && meaning.kind !== "declared" && meaning.kind !== "generic") return meaning;
  }
  const type = storedType(module, node);
  return type === null ? null : { kind: "stored", type };
}

// ── functions ───────────────────────────────────────────────────────────────────────────────────────────────────────

export function isGeneric({ node, module }: FunctionSymbol): boolean {
  return (node.typeParameters?.type === "TSTypeParameterDeclaration" && !module.isInstance) === true;
}

export interface Instance {
  readonly symbol: FunctionSymbol;
  /** Arguments that were looked at to find the types; null for those that take theirs from the parameter. */
  readonly values: readonly (Expression | null)[];
}

/** The function for the types of a call: as they are written, or as its arguments have them. Null, with a report. */
export function instantiate(fn: FunctionState, symbol: FunctionSymbol, node: Syntax.CallExpression): Instance | null {
  const parameters = typeParameters(symbol);
  const bindings: Bindings = new Map();
  const explicit = (node.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  if (explicit.length > parameters.length) {
    unknown(fn, symbol, node, `${symbol.name} takes ${parameters.length} type arguments`);
    return null;
  }
  for (const [index, argument] of explicit.entries()) {
    const meaning = argumentMeaning(fn.module, argument);
    const parameter = parameters[index];
    if (meaning === null || parameter === undefined) return null;
    bindings.set(nameOf(parameter), meaning);
  }
  const names = new Set(parameters.map(nameOf));
  const values = node.arguments.map((argument, index): Expression | null => {
    const annotation = annotationOf(symbol, index);
    if (explicit.length === parameters.length || annotation === null) return null;
    if (argument.type === "ObjectExpression" || argument.type === "ArrayExpression") return null;
    const value = expression(fn, argument, null);
    infer(annotation, value.type, symbol.module, names, bindings);
    return value;
  });
  if (values.some((value) => value?.type.kind === "error")) return null;
  // A constant takes the type that others give, and else its own.
  for (const [index, value] of values.entries()) {
    const annotation = annotationOf(symbol, index);
    if (value?.kind === "literal" && annotation !== null)
      inferMissing(annotation, settled(fn, value).type, symbol.module, names, bindings);
  }
  for (const parameter of parameters) {
    const name = nameOf(parameter);
    if (bindings.has(name)) continue;
    const otherwise = parameter.default ? argumentMeaning(symbol.module.withTypes(bindings), parameter.default) : null;
    if (otherwise === null) {
      unknown(fn, symbol, node, `nothing says what ${name} of ${symbol.name} is here`);
      return null;
    }
    bindings.set(name, otherwise);
  }
  // In the order of the parameters, whatever was found first.
  const ordered: Bindings = new Map(parameters.map((parameter) => [nameOf(parameter), bindings.get(nameOf(parameter))!]));
  const key = [...ordered.values()].map(keyOf).join(",");
  let instance = symbol.instances.get(key);
  if (instance === undefined) {
    const module = symbol.module.withTypes(ordered);
    const name = nameWith(symbol.name, ordered);
    instance = { ...symbol, name, module, state: "unchecked", declaration: null, instances: new Map() };
    symbol.instances.set(key, instance);
  }
  return { symbol: instance, values };
}

function unknown(fn: FunctionState, symbol: FunctionSymbol, node: Syntax.Node, problem: string): void {
  const wanted = typeParameters(symbol).map(nameOf).join(", ");
  fn.reporter.report("SK2405", spanOf(node), { problem, instead: `write ${symbol.name}<${wanted}>(…) with types` });
}

function typeParameters({ node }: FunctionSymbol): readonly Syntax.TSTypeParameter[] {
  return node.typeParameters?.type === "TSTypeParameterDeclaration" ? node.typeParameters.params : [];
}

function annotationOf({ node }: FunctionSymbol, index: number): Syntax.TSType | null {
  const given = node.params[index];
  const parameter = given?.type === "AssignmentPattern" ? given.left : given;
  const annotation = parameter !== undefined && "typeAnnotation" in parameter ? parameter.typeAnnotation : null;
  return annotation?.type === "TSTypeAnnotation" ? annotation.typeAnnotation : null;
}

/** Finds what type parameters stand for, where a parameter's annotation meets an argument's type. */
function infer(node: Syntax.TSType, type: ValueType, module: ModuleState, names: ReadonlySet<string>, bindings: Bindings): void {
  if (node.type === "TSParenthesizedType") {
    infer(node.typeAnnotation, type, module, names, bindings);
    return;
  }
  if (node.type === "TSUnionType") {
    for (const part of node.types) infer(part, withoutNull(type), module, names, bindings);
    return;
  }
  const meaning = meaningOfValue(type);
  if (meaning !== null) inferMeaning(node, meaning, module, names, bindings);
}

function inferMissing(
  node: Syntax.TSType,
  type: ValueType,
  module: ModuleState,
  names: ReadonlySet<string>,
  bindings: Bindings,
): void {
  infer(node, type, module, new Set([...names].filter((name) => !bindings.has(name))), bindings);
}

function inferMeaning(
  node: Syntax.TSType,
  meaning: TypeMeaning,
  module: ModuleState,
  names: ReadonlySet<string>,
  bindings: Bindings,
): void {
  if (node.type !== "TSTypeReference" || node.typeName.type !== "Identifier") return;
  const { name } = node.typeName;
  if (names.has(name)) {
    bindings.set(name, common(bindings.get(name), meaning));
    return;
  }
  const given = node.typeArguments?.params ?? [];
  const generic = module.types.get(name)?.meaning;
  const type = meaning.kind === "stored" ? meaning.type : null;
  const [target] = given;
  if (generic?.kind === "pointer" && target !== undefined) inferMeaning(target, meaning, module, names, bindings);
  if (generic?.kind === "fixed-array" && type?.kind === "array") {
    const [element, length] = given;
    if (element !== undefined) inferMeaning(element, { kind: "stored", type: type.element }, module, names, bindings);
    if (length !== undefined) inferMeaning(length, { kind: "length", value: type.length }, module, names, bindings);
  } else if (generic?.kind === "generic" && type?.kind === "struct") {
    const origin = origins.get(type);
    if (origin?.of !== generic.declaration) return;
    for (const [index, argument] of given.entries()) {
      const found = origin.arguments[index];
      if (found !== undefined) inferMeaning(argument, found, module, names, bindings);
    }
  }
}

/** The wider of two integers; of other types the first, and whatever does not fit is told where it is passed. */
function common(earlier: TypeMeaning | undefined, found: TypeMeaning): TypeMeaning {
  if (earlier?.kind !== "stored" || found.kind !== "stored") return earlier ?? found;
  if (earlier.type.kind !== "int" || found.type.kind !== "int") return earlier;
  const wider = unify(earlier.type, found.type);
  return wider?.kind === "int" ? { kind: "stored", type: wider } : earlier;
}

function meaningOfValue(type: ValueType): TypeMeaning | null {
  switch (type.kind) {
    case "int":
    case "bool":
      return { kind: "stored", type };
    case "nullable":
      return { kind: "stored", type: type.of };
    case "reference":
      return type.to.kind === "header" ? { kind: "header", type: type.to } : { kind: "stored", type: type.to };
    case "kernel":
      return { kind: "kernel", type: type.to };
    case "context":
      return { kind: "context", name: type.name };
    case "packet":
      return { kind: "packet" };
    default:
      return null;
  }
}

// ── names and keys ──────────────────────────────────────────────────────────────────────────────────────────────────

function nameOf({ name }: Syntax.TSTypeParameter): string {
  return typeof name === "string" ? name : name.name;
}

/** As the kernel may know it: in C's letters. */
function nameWith(name: string, bindings: Bindings): string {
  const texts = [...bindings.values()].map((meaning) =>
    textOf(meaning)
      .replace(/[^A-Za-z0-9]+/g, "_")
      .replace(/_$/, ""),
  );
  return [name, ...texts].join("_");
}

function textOf(meaning: TypeMeaning): string {
  switch (meaning.kind) {
    case "stored":
    case "header":
      return typeName(meaning.type);
    case "length":
      return String(meaning.value);
    case "context":
      return meaning.name;
    case "kernel":
      return "name" in meaning.type && typeof meaning.type.name === "string" ? meaning.type.name : "kernel";
    default:
      return meaning.kind;
  }
}

const identities = new WeakMap<object, number>();
let identified = 0;

/** One text for one type. */
function keyOf(meaning: TypeMeaning): string {
  if (meaning.kind === "stored") return storedKey(meaning.type);
  if (meaning.kind === "kernel") return `kernel ${identityOf(meaning.type)}`;
  return `${meaning.kind} ${textOf(meaning)}`;
}

function storedKey(type: StoredType): string {
  switch (type.kind) {
    case "int":
    case "network":
      return type.name;
    case "bool":
      return "bool";
    case "array":
      return `${type.name ?? ""}[${storedKey(type.element)};${type.length}]`;
    case "pointer":
      return `pointer ${storedKey(type.to)}`;
    default:
      return `${type.kind} ${identityOf(type)}`;
  }
}

function identityOf(type: object): number {
  let identity = identities.get(type);
  if (identity === undefined) identities.set(type, (identity = ++identified));
  return identity;
}

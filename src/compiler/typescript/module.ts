/** One file: imports, types, constants, functions, maps and programs of the top level. */

import type * as Syntax from "@babel/types";
import { resolveDeclared, valueType } from "./annotations.ts";
import { constantOf } from "./constants.ts";
import { coerce } from "./conversions.ts";
import { externFunction } from "./declarations.ts";
import { hasTag } from "./doc-tags.ts";
import { ExportTable } from "./exports.ts";
import { expression, literal } from "./expressions.ts";
import { checkFunction } from "./functions.ts";
import { isGeneric } from "./generics.ts";
import { checkGlobal, type GlobalForm, globalSymbol, isConfig, isTable } from "./globals.ts";
import { bindExports, bindImports, checkWanted, nameOf, type Wanted } from "./imports.ts";
import { declaredEnum, declaredStruct } from "./kernel/declared.ts";
import { ksymDeclaration } from "./kernel/symbols.ts";
import { mapDeclaration } from "./map-declarations.ts";
import { meaning } from "./numbers.ts";
import type { Source } from "./parse.ts";
import { ownProgramDeclaration, programDeclaration } from "./programs.ts";
import { type Span, spanOf } from "./report.ts";
import {
  type ConstantSymbol,
  type Exports,
  type ExternFunction,
  type FunctionSymbol,
  type GlobalSymbol,
  type Meaning,
  meaningOf,
  textOf,
} from "./scopes.ts";
import { FunctionState, type ModuleState } from "./state.ts";
import { structOpsDeclaration } from "./struct-ops.ts";
import type { Expression, MapDeclaration, Module, ProgramDeclaration, StructOpsDeclaration } from "./tree.ts";
import { INTS, type StoredType } from "./types.ts";
import { unsupported } from "./unsupported.ts";

/**
 * Licence of programs that declare none with `export const license = "…"`. The kernel offers many helpers to programs under
 * a GPL-compatible licence only, so another default would take them away silently; it is what people write in C, too.
 */
const DEFAULT_LICENSE = "GPL";

/** What the kernel keeps of a licence, without the NUL. */
const LONGEST_LICENSE = 127;

/** An exported call to a map's or hook's constructor, checked when all names are known. */
interface Pending {
  readonly name: string;
  readonly callee: Extract<Meaning, { kind: "map-kind" | "hook" | "own-hook" | "struct-ops" }>;
  readonly calleeName: string;
  readonly node: Syntax.CallExpression;
  readonly id: Syntax.Identifier;
  readonly exported: boolean;
}

/** What one file brings to the program. */
export type Part = Module;

/** One file of a program. First it declares, then, when all files have, its names are checked, then what they stand for. */
export class ModuleFile {
  readonly exports: ExportTable;
  /** What the statements that import mean to import from; those that are missing were reported. */
  readonly resolved = new Map<Syntax.Node, Exports>();
  readonly #module: ModuleState;
  readonly #source: Source;
  readonly #wanted: Wanted[] = [];
  /** Declared here and exported by a list elsewhere in the file. */
  readonly #listed = new Set<string>();
  readonly #functions: FunctionSymbol[] = [];
  readonly #constants: { readonly evaluate: () => void }[] = [];
  readonly #pending: Pending[] = [];
  readonly #externs: ExternFunction[] = [];
  readonly #globals: GlobalSymbol[] = [];
  #license = DEFAULT_LICENSE;

  constructor(module: ModuleState, source: Source, title: string) {
    this.#module = module;
    this.#source = source;
    this.exports = new ExportTable(title, module);
  }

  /** Makes names known. Files whose values this one imports must have done so. */
  declare(): void {
    const { body, directives } = this.#source.program;
    for (const directive of directives) this.#refuse(directive, "a directive", "remove it");
    for (const node of body) {
      if (node.type === "ImportDeclaration") this.#import(node);
      else if (node.type === "ExportNamedDeclaration" && !node.source) this.#list(node);
    }
    for (const node of body) if (node.type !== "ImportDeclaration") this.#declare(node);
  }

  /** Where the file needs an arena: a pointer into one, or a variable in one; null where it needs none. */
  needsArena(): Span | null {
    const variable = this.#globals.find(({ declaration }) => declaration?.section === ".addr_space.1");
    return this.#module.pointers[0]?.at ?? variable?.at ?? null;
  }

  /** When all files have declared their names. */
  checkNames(): void {
    for (const wanted of this.#wanted) checkWanted(this.#module, wanted);
    for (const { name, callee } of this.#pending) {
      if (!this.exports.renames(name)) continue;
      const what = callee.kind === "map-kind" || callee.kind === "struct-ops" ? "a map" : "a program";
      this.#module.reporter.report("SK2015", this.#module.values.declaredAt(name) ?? { line: 1, column: 1 }, { name, what });
    }
  }

  check(): Part {
    const maps: MapDeclaration[] = [];
    for (const pending of this.#pending) {
      if (pending.callee.kind !== "map-kind") continue;
      const map = mapDeclaration(
        this.#module,
        pending.callee.map,
        pending.calleeName,
        pending.name,
        pending.node,
        spanOf(pending.id),
      );
      this.#module.values.set(pending.name, map === null ? { kind: "refused" } : { kind: "map", map }, spanOf(pending.id));
      if (map !== null) maps.push(map);
    }
    for (const constant of this.#constants) constant.evaluate();
    const globals = this.#globals.map(checkGlobal).filter((global) => global !== null);
    for (const { meaning } of this.#module.types.values()) {
      if (meaning.kind === "declared") resolveDeclared(meaning.declaration);
    }
    const programs: ProgramDeclaration[] = [];
    const structOps: StructOpsDeclaration[] = [];
    for (const pending of this.#pending) {
      const { callee, name, node } = pending;
      if (callee.kind === "map-kind") continue;
      const at = spanOf(pending.id);
      if (callee.kind === "struct-ops") {
        const declaration = structOpsDeclaration(this.#module, name, node, at);
        if (declaration === null) continue;
        structOps.push(declaration);
        programs.push(...declaration.functions.map(({ program }) => program));
        continue;
      }
      const program =
        callee.kind === "hook"
          ? programDeclaration(this.#module, callee.hook, name, node, at)
          : ownProgramDeclaration(this.#module, name, node, at);
      if (program !== null) programs.push(program);
    }
    for (const symbol of this.#functions) checkFunction(symbol, symbol.at);
    // Looking at one may find others.
    const pointed: StoredType[] = [];
    for (const { target } of this.#module.pointers) pointed.push(target());
    return {
      pointed,
      license: this.#license,
      maps,
      structOps,
      programs,
      globals,
      externs: this.#externs,
      kernel: this.#module.kernel,
    };
  }

  #refuse(node: Syntax.Node, what: string, instead: string): void {
    this.#module.reporter.report("SK1101", spanOf(node), { what, instead });
  }

  // ── imports and exports ───────────────────────────────────────────────────────────────────────────────────────────

  #import(node: Syntax.ImportDeclaration): void {
    const from = this.resolved.get(node);
    if (from !== undefined) {
      this.#wanted.push(...bindImports(this.#module, node, from));
      return;
    }
    for (const { local } of node.specifiers) this.#module.values.set(local.name, { kind: "refused" }, spanOf(local));
  }

  /** `export { a, b }` is as good as `export` before their declarations. */
  #list(node: Syntax.ExportNamedDeclaration): void {
    this.#wanted.push(...bindExports(this.#module, this.exports, node, null));
    for (const specifier of node.specifiers) {
      if (specifier.type === "ExportSpecifier") this.#listed.add(nameOf(specifier.local));
    }
    for (const id of node.declaration ? declaredNames(node.declaration) : []) {
      this.exports.add(id.name, { kind: "own", local: id.name, typeOnly: false });
    }
  }

  #reexport(node: Syntax.ExportNamedDeclaration | Syntax.ExportAllDeclaration): void {
    const from = this.resolved.get(node);
    if (from === undefined) return;
    if (node.type === "ExportAllDeclaration") this.exports.addAll(from);
    else this.#wanted.push(...bindExports(this.#module, this.exports, node, from));
  }

  /** Reports a second declaration of one name. */
  #unused(id: Syntax.Identifier): boolean {
    const earlier = this.#module.values.declaredAt(id.name);
    if (earlier === null) return true;
    this.#module.reporter.report("SK2002", spanOf(id), { name: id.name, line: earlier.line });
    return false;
  }

  // ── declarations ──────────────────────────────────────────────────────────────────────────────────────────────────

  #declare(node: Syntax.Node, exported = false): void {
    switch (node.type) {
      case "ExportNamedDeclaration":
        if (node.source) this.#reexport(node);
        else if (node.declaration) this.#declare(node.declaration, true);
        return;
      case "ExportAllDeclaration":
        this.#reexport(node);
        return;
      case "TSInterfaceDeclaration":
        this.#type(node.id, node);
        return;
      case "TSTypeAliasDeclaration":
        this.#type(node.id, node.typeAnnotation, node);
        return;
      case "TSEnumDeclaration":
        this.#enum(node);
        return;
      case "FunctionDeclaration":
        this.#function(node);
        return;
      case "TSDeclareFunction":
        if (node.declare === true) this.#extern(node);
        else this.#refuse(node, "a function without a body", "give it a body; declare function names one of the application");
        return;
      case "VariableDeclaration":
        if (node.kind !== "const" && node.kind !== "let") {
          this.#refuse(node, node.kind, "write const, or let for what changes");
          for (const { id } of node.declarations)
            if (id.type === "Identifier") this.#module.values.set(id.name, { kind: "refused" }, spanOf(id));
          return;
        }
        for (const declarator of node.declarations) {
          if (node.kind === "let") this.#mutable(declarator, exported);
          else this.#variable(declarator, exported);
        }
        return;
      case "EmptyStatement":
        return;
      default:
        if (node.type.endsWith("Statement")) {
          this.#module.reporter.report("SK1107", spanOf(node), { what: describe(node) });
        } else {
          const { what, instead } = unsupported(node.type);
          this.#refuse(node, what, instead);
        }
    }
  }

  #type(id: Syntax.Identifier, node: Syntax.TSInterfaceDeclaration | Syntax.TSType, whole: Syntax.Node = node): void {
    const at = spanOf(id);
    const earlier = this.#module.types.get(id.name);
    if (earlier !== undefined) {
      this.#module.reporter.report("SK2002", at, { name: id.name, line: earlier.at.line });
      return;
    }
    if (node.type === "TSInterfaceDeclaration" && hasTag(this.#source, node, "kernel")) {
      const type = declaredStruct(this.#module, this.#source, node);
      this.#module.types.set(id.name, { meaning: { kind: "kernel", type }, at });
      return;
    }
    const parameters = "typeParameters" in whole && whole.typeParameters ? whole.typeParameters : null;
    if (parameters?.type === "TSTypeParameterDeclaration") {
      const packed = hasTag(this.#source, whole, "packed");
      const generic = { name: id.name, module: this.#module, node, parameters: parameters.params, at, packed };
      const declaration = { ...generic, instances: new Map(), open: 0 };
      this.#module.types.set(id.name, { meaning: { kind: "generic", declaration }, at });
      return;
    }
    const declaration = {
      name: id.name,
      module: this.#module,
      node,
      at,
      packed: hasTag(this.#source, whole, "packed"),
      union: hasTag(this.#source, whole, "union"),
      state: "unresolved" as const,
      type: null,
    };
    this.#module.types.set(id.name, { meaning: { kind: "declared", declaration }, at });
  }

  /** Members are constants without a type; as a type, an enum is a `u32`, or an `i32` when a member is written as negative. */
  #enum(node: Syntax.TSEnumDeclaration): void {
    if (!this.#unused(node.id)) return;
    if (hasTag(this.#source, node, "kernel")) declaredEnum(this.#module, node);
    const members = new Map<string, ConstantSymbol>();
    let previous: ConstantSymbol | null = null;
    let negative = false;
    for (const member of node.body.members) {
      const { id, initializer } = member;
      const at = spanOf(id);
      const name = id.type === "Identifier" ? id.name : "";
      if (id.type !== "Identifier" || members.has(name)) {
        if (id.type !== "Identifier") this.#refuse(id, "this name of a member", "write a plain name");
        else this.#module.reporter.report("SK2002", at, { name, line: spanOf(node).line });
        continue;
      }
      negative ||= initializer?.type === "UnaryExpression" && initializer.operator === "-";
      const constant = enumMember(this.#module, id, initializer, previous, new Map(members));
      members.set(name, constant);
      this.#constants.push({ evaluate: () => evaluateOnce(constant) });
      previous = constant;
    }
    const at = spanOf(node.id);
    this.#module.values.set(node.id.name, { kind: "enum", name: node.id.name, members }, at);
    const type = negative ? INTS.i32 : INTS.u32;
    if (!this.#module.types.has(node.id.name)) this.#module.types.set(node.id.name, { meaning: { kind: "stored", type }, at });
  }

  #function(node: Syntax.FunctionDeclaration): void {
    if (!node.id || !this.#unused(node.id)) return;
    this.#addFunction(node.id, node, node);
  }

  /** A function that the application has: `declare function respond(status: u32): u32`. */
  #extern(node: Syntax.TSDeclareFunction): void {
    if (!node.id || !this.#unused(node.id)) return;
    const at = spanOf(node.id);
    const extern = externFunction(this.#module, node.id.name, node);
    this.#module.values.set(node.id.name, extern === null ? { kind: "refused" } : { kind: "extern", extern }, at);
    if (extern !== null) this.#externs.push(extern);
  }

  #addFunction(id: Syntax.Identifier, node: FunctionSymbol["node"], declaration: Syntax.Node): void {
    const symbol: FunctionSymbol = {
      name: id.name,
      module: this.#module,
      node,
      inline: hasTag(this.#source, declaration, "noinline")
        ? "never"
        : hasTag(this.#source, declaration, "inline")
          ? "always"
          : "auto",
      at: spanOf(id),
      instances: new Map(),
      state: "unchecked",
      declaration: null,
    };
    // Of a generic one the instances are checked, as they are called.
    if (!isGeneric(symbol)) this.#functions.push(symbol);
    this.#module.values.set(id.name, { kind: "function", function: symbol }, symbol.at);
  }

  #variable(node: Syntax.VariableDeclarator, exportedHere: boolean): void {
    const { id, init } = node;
    if (id.type !== "Identifier") {
      this.#refuse(id, "destructuring", "name each constant");
      return;
    }
    const exported = exportedHere || this.#listed.has(id.name);
    if (!this.#unused(id)) return;
    const at = spanOf(id);
    if (!init) {
      this.#module.values.set(id.name, { kind: "refused" }, at);
      this.#module.reporter.report("SK2105", at, {
        what: `${id.name} needs a value and`,
        instead: `write const ${id.name}: u32 = 0`,
      });
      return;
    }
    if (init.type === "ArrowFunctionExpression" || init.type === "FunctionExpression") {
      this.#addFunction(id, init, node);
      return;
    }
    if (init.type === "StringLiteral" && (id.name === "license" || !id.typeAnnotation)) {
      this.#text(id, init, exported);
      return;
    }
    const callee = init.type === "CallExpression" ? meaningOf(this.#module.values, init.callee) : null;
    if (
      init.type === "CallExpression" &&
      (callee?.kind === "map-kind" || callee?.kind === "hook" || callee?.kind === "own-hook" || callee?.kind === "struct-ops")
    ) {
      const calleeName = textOf(init.callee);
      this.#module.values.set(id.name, callee.kind === "map-kind" ? { kind: "refused" } : { kind: "program" }, at);
      if (exported) this.#pending.push({ name: id.name, callee, calleeName, node: init, id, exported });
      else this.#module.reporter.report("SK3001", at, { what: calleeName });
      return;
    }
    if (init.type === "CallExpression" && callee?.kind === "ksym") {
      const variable = ksymDeclaration(this.#module, init);
      this.#module.values.set(id.name, variable === null ? { kind: "refused" } : { kind: "kernel-variable", variable }, at);
      return;
    }
    if (isTable(init) || isConfig(this.#module, init)) {
      this.#global(id, init, isTable(init) ? "table" : "config", exported);
      return;
    }
    this.#evaluated(id, init);
  }

  /** `let total: u64 = 0` */
  #mutable(node: Syntax.VariableDeclarator, exportedHere: boolean): void {
    const { id, init } = node;
    if (id.type !== "Identifier") {
      this.#refuse(id, "destructuring", "name each variable");
      return;
    }
    const form = hasTag(this.#source, node, "arena") ? "arena" : "variable";
    if (this.#unused(id)) this.#global(id, init ?? null, form, exportedHere || this.#listed.has(id.name));
  }

  #global(id: Syntax.Identifier, init: Syntax.Expression | null, form: GlobalForm, exported: boolean): void {
    const symbol = globalSymbol(this.#module, id, init, form, exported);
    this.#globals.push(symbol);
    this.#module.values.set(id.name, { kind: "global", global: symbol }, symbol.at);
  }

  #text(id: Syntax.Identifier, init: Syntax.StringLiteral, exported: boolean): void {
    this.#module.values.set(id.name, { kind: "text" }, spanOf(id));
    if (id.name !== "license" || !exported) {
      const instead =
        id.name === "license"
          ? 'write export const license = "GPL"'
          : `give it a type: const ${id.name}: FixedString<${init.value.length + 1}> = …`;
      this.#refuse(init, "a string", instead);
    } else if (init.value.length > LONGEST_LICENSE || !/^[\x20-\x7e]+$/.test(init.value)) {
      this.#refuse(init, "this licence", 'write a short name such as "GPL", "Dual MIT/GPL" or "Apache-2.0"');
    } else {
      this.#license = init.value;
    }
  }

  /** A number, bool or address that is known when compiling. */
  #evaluated(id: Syntax.Identifier, init: Syntax.Expression): void {
    const at = spanOf(id);
    const evaluate = (): Expression | null => {
      const fn = new FunctionState(this.#module, id.name, null, null);
      const annotation =
        id.typeAnnotation && id.typeAnnotation.type === "TSTypeAnnotation" ? id.typeAnnotation.typeAnnotation : null;
      const type = annotation === null ? null : valueType(this.#module, annotation);
      const value = expression(fn, init, type);
      if (value.type.kind === "error" || (annotation !== null && type === null)) return null;
      const fitted = type === null ? value : coerce(fn, value, type);
      if (fitted.kind === "constant" || fitted.kind === "literal" || fitted.kind === "bytes") return fitted;
      if (fitted.type.kind !== "error") this.#module.reporter.report("SK2206", spanOf(init), { what: id.name });
      return null;
    };
    const constant = { at, state: "unevaluated" as const, evaluate, value: null };
    const meaning: Meaning = { kind: "constant", constant };
    this.#module.values.set(id.name, meaning, at);
    this.#constants.push({ evaluate: () => evaluateOnce(meaning.constant) });
  }
}

/** One more than the member before, unless it says what it is; it may name earlier ones. */
function enumMember(
  module: ModuleState,
  id: Syntax.Identifier,
  initializer: Syntax.TSEnumMember["initializer"],
  previous: ConstantSymbol | null,
  earlier: ReadonlyMap<string, ConstantSymbol>,
): ConstantSymbol {
  const evaluate = (): Expression | null => {
    const fn = new FunctionState(module, id.name, null, null);
    if (!initializer) {
      if (previous === null) return literal(0n, id);
      const before = constantOf(fn, previous, id);
      return before.kind === "literal" ? literal(before.value + 1n, id) : null;
    }
    for (const [other, constant] of earlier) fn.scope.set(other, { kind: "constant", constant }, constant.at);
    const value = expression(fn, initializer, null);
    if (value.type.kind === "error") return null;
    if (value.kind === "literal") return value;
    if (value.kind === "constant" && value.type.kind === "int") return literal(meaning(value.value, value.type), initializer);
    module.reporter.report("SK2206", spanOf(initializer), { what: `the member ${id.name}` });
    return null;
  };
  return { at: spanOf(id), state: "unevaluated", evaluate, value: null };
}

function evaluateOnce(constant: ConstantSymbol): void {
  if (constant.state !== "unevaluated") return;
  constant.state = "evaluating";
  constant.value = constant.evaluate();
  constant.state = "evaluated";
}

/** The names that a declaration of the top level makes known. */
function declaredNames(node: Syntax.Declaration): readonly Syntax.Identifier[] {
  if (node.type === "VariableDeclaration") return node.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id] : []));
  return "id" in node && node.id?.type === "Identifier" ? [node.id] : [];
}

function describe(node: Syntax.Node): string {
  return node.type === "ExpressionStatement"
    ? "an expression"
    : `a statement (${node.type.replace(/Statement$/, "").toLowerCase()})`;
}

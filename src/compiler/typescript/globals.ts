/**
 * Checks variables and tables of the top level: `let total: u64 = 0`, `const table: FixedArray<u16, 4> = […]`,
 * `const target = config<u32>(0)`. They live in maps of one value beside the code (`data.ts`).
 */

import type * as Syntax from "@babel/types";
import { storedType } from "./annotations.ts";
import { constantBytes } from "./constant-bytes.ts";
import { settled } from "./conversions.ts";
import { nameFits } from "./declarations.ts";
import { expression, typed } from "./expressions.ts";
import { sizeOf } from "./layout.ts";
import { refuseSpecial } from "./pointers.ts";
import { spanOf } from "./report.ts";
import { type GlobalSymbol, meaningOf } from "./scopes.ts";
import { hasSpecial } from "./special.ts";
import { FunctionState, type ModuleState } from "./state.ts";
import { placeType } from "./structs.ts";
import type { Expression, GlobalDeclaration } from "./tree.ts";
import { type ArrayType, readAs, reference, type StoredType } from "./types.ts";

/** What a variable is written as. */
export type GlobalForm = "variable" | "arena" | "table" | "config";

/** A variable whose type and value are checked when all names are known. */
export function globalSymbol(
  module: ModuleState,
  id: Syntax.Identifier,
  init: Syntax.Expression | null,
  form: GlobalForm,
  exported: boolean,
): GlobalSymbol {
  return {
    name: id.name,
    at: spanOf(id),
    state: "unchecked",
    check: () => (form === "config" ? config(module, id, init, exported) : variable(module, id, init, form, exported)),
    declaration: null,
  };
}

/** The variable; null after an error. */
export function checkGlobal(symbol: GlobalSymbol): GlobalDeclaration | null {
  if (symbol.state === "unchecked") {
    symbol.state = "checking";
    symbol.declaration = symbol.check();
    symbol.state = "checked";
  }
  return symbol.declaration;
}

/** Whether an initial value makes a `const` a table. */
export function isTable(init: Syntax.Expression): boolean {
  return init.type === "ArrayExpression" || init.type === "ObjectExpression";
}

/** `config<u32>(0)` */
export function isConfig(module: ModuleState, init: Syntax.Expression): init is Syntax.CallExpression {
  return init.type === "CallExpression" && meaningOf(module.values, init.callee)?.kind === "config";
}

function annotationOf(id: Syntax.Identifier): Syntax.TSType | null {
  return id.typeAnnotation?.type === "TSTypeAnnotation" ? id.typeAnnotation.typeAnnotation : null;
}

function variable(
  module: ModuleState,
  id: Syntax.Identifier,
  init: Syntax.Expression | null,
  form: Exclude<GlobalForm, "config">,
  exported: boolean,
): GlobalDeclaration | null {
  const fn = new FunctionState(module, id.name, null, null);
  const annotation = annotationOf(id);
  let type = annotation === null ? null : storedType(module, annotation);
  if (annotation !== null && type === null) return null;
  let value: Expression | null = null;
  if (init !== null) {
    value = type === null ? settled(fn, expression(fn, init, null)) : typed(fn, init, placeType(type));
    if (value.type.kind === "error") return null;
    type ??= value.type.kind === "int" || value.type.kind === "bool" ? value.type : null;
  }
  if (type === null) {
    const word = form === "table" ? "const" : "let";
    module.reporter.report("SK2105", spanOf(id), { what: id.name, instead: `write ${word} ${id.name}: u64 = 0` });
    return null;
  }
  if (form === "arena" && hasSpecial(type)) return refuseSpecial(module, annotation ?? id);
  return made(module, id, { type, value, form, exported });
}

/** `config<T>(initial)`: what is said when the program is loaded. */
function config(
  module: ModuleState,
  id: Syntax.Identifier,
  init: Syntax.Expression | null,
  exported: boolean,
): GlobalDeclaration | null {
  if (init?.type !== "CallExpression") return null;
  const [argument, more] = init.arguments;
  const instead = `write export const ${id.name} = config<u32>(0)`;
  if (!exported) {
    module.reporter.report("SK3106", spanOf(id), { problem: `${id.name} is not exported: nobody can set it`, instead });
    return null;
  }
  if (argument === undefined || more !== undefined) {
    module.reporter.report("SK3106", spanOf(init), {
      problem: "config takes the value that holds when nobody sets another",
      instead,
    });
    return null;
  }
  const [given] = (init.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  const annotation = given ?? annotationOf(id);
  if (annotation === null) {
    module.reporter.report("SK3106", spanOf(init), { problem: "config needs the type of its value", instead });
    return null;
  }
  const type = storedType(module, annotation);
  if (type === null) return null;
  const fn = new FunctionState(module, id.name, null, null);
  const value = typed(fn, argument, placeType(type));
  return value.type.kind === "error" ? null : made(module, id, { type, value, form: "config", exported });
}

function made(
  module: ModuleState,
  id: Syntax.Identifier,
  { type, value, form, exported }: { type: StoredType; value: Expression | null; form: GlobalForm; exported: boolean },
): GlobalDeclaration | null {
  const initial = value === null ? null : constantBytes(value, type);
  if (value !== null && initial === null) {
    module.reporter.report("SK2206", value.at, { what: `what ${id.name} holds from the start` });
    return null;
  }
  if (!nameFits(module, id.name, spanOf(id))) return null;
  const isZero = initial === null || initial.every((byte) => byte === 0);
  const section =
    form === "arena" ? ".addr_space.1" : form !== "variable" ? ".rodata" : isZero ? (".bss" as const) : (".data" as const);
  return { name: id.name, section, type, initial, exported, value: form === "table" ? value : null, at: spanOf(id) };
}

/** The variable where it is used: what lies in its place in memory. */
export function globalValue(declaration: GlobalDeclaration, node: Syntax.Node): Expression {
  const { type, section } = declaration;
  const at = spanOf(node);
  const constant = section === ".rodata";
  const memory = section === ".addr_space.1" ? "arena" : "map";
  const read = readAs(type, memory);
  // It is the only element of what its address points at.
  const whole: ArrayType = { kind: "array", element: type, length: 1, name: null };
  const object: Expression = { kind: "global", type: reference(whole, memory, false), global: declaration, at };
  return {
    kind: "member",
    object,
    offset: 0,
    stored: type,
    type: read.kind === "reference" && constant ? { ...read, constant: true } : read,
    constant,
    at,
  };
}

/** What is known when compiling of a part of a table: an element or a field, or a table within it. Null when nothing is. */
function tableValue(value: Expression): Expression | null {
  // An index that is not known makes an element.
  if (value.kind !== "member") return null;
  const { object } = value;
  if (object.kind === "global") return object.global.value;
  const outer = tableValue(object);
  if (outer?.kind === "struct") return outer.fields.find(({ field }) => field.offset === value.offset)?.value ?? null;
  if (outer?.kind === "array") return outer.elements[value.offset / sizeOf(outer.array.element)] ?? null;
  return null;
}

/** A part of a table as the constant that it is. */
export function folded(value: Expression): Expression {
  const known = tableValue(value);
  return known?.kind === "constant" || known?.kind === "bytes" ? ({ ...known, at: value.at } as Expression) : value;
}

/**
 * Checks functions that helpers call back. Those that are written in place may use the variables around them: what they use
 * is put into the frame of the function that calls the helper, and read back from there (lower/callbacks.ts).
 */

import type * as Syntax from "@babel/types";
import { valueType } from "./annotations.ts";
import { argumentsOf, callOf } from "./calls.ts";
import { coerce } from "./conversions.ts";
import { expression, typed } from "./expressions.ts";
import { findVma } from "./find-vma.ts";
import { callableBody, checkFunction, plainFunction } from "./functions.ts";
import type { CallbackHelper } from "./library/callbacks.ts";
import { type Span, spanOf } from "./report.ts";
import { checkReservations } from "./reservations.ts";
import { type FunctionSymbol, type Meaning, meaningOf, Scope, textOf } from "./scopes.ts";
import { errorAt, FunctionState } from "./state.ts";
import { assignedNames, withoutAssigned } from "./statements.ts";
import type {
  Callback,
  Capture,
  Expression,
  FunctionDeclaration,
  KeyedMap,
  Local,
  MapDeclaration,
  Passed,
  Statement,
} from "./tree.ts";
import { walk } from "./tree-walk.ts";
import { INTS, type KernelType, readAs, type StoredType, typeName, type ValueType } from "./types.ts";

/** A parameter that a helper gives to its callback. */
export type Given =
  /** A number in a register. */
  | { readonly kind: "number"; readonly name: string; readonly type: ValueType }
  /** The address of something; of a number, the callback gets its value. */
  | { readonly kind: "pointer"; readonly name: string; readonly stored: StoredType; readonly constant: boolean }
  /** A dynptr: the callback gets a copy of what it holds, and is not called when that is too short. */
  | { readonly kind: "record"; readonly name: string; readonly stored: StoredType }
  /** A pointer to something of the kernel's. */
  | { readonly kind: "kernel"; readonly name: string; readonly type: KernelType }
  /** A map, which the source knows by name. */
  | { readonly kind: "map"; readonly name: string; readonly map: MapDeclaration }
  /** What the caller passed as state. */
  | { readonly kind: "state"; readonly name: string };

export interface CallbackUse {
  /** The helper, for messages. */
  readonly what: string;
  readonly gives: readonly Given[];
  readonly state: Expression | null;
  /** It is called when the program has ended: no variable of the program is there. */
  readonly later: boolean;
}

/** Null, with a report, when it cannot be called back. */
export function checkCallback(fn: FunctionState, node: Syntax.Node, use: CallbackUse): Callback | null {
  if (node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression") return inPlace(fn, node, use);
  const meaning = meaningOf(fn.scope, node);
  if (meaning?.kind === "refused") return null;
  if (meaning?.kind === "function") return named(fn, meaning.function, node, use);
  fn.reporter.report("SK2402", spanOf(node), { what: use.what, signature: signatureOf(use) });
  return null;
}

function signatureOf({ gives }: CallbackUse): string {
  return `(${gives.map(({ name }) => name).join(", ")}) => …`;
}

/** What a parameter is inside of the callback. */
function typeOf(given: Given, { state }: CallbackUse): ValueType | null {
  switch (given.kind) {
    case "number":
    case "kernel":
      return given.type;
    case "pointer": {
      const type = readAs(given.stored, "map");
      return type.kind === "reference" && given.constant ? { ...type, constant: true } : type;
    }
    case "record":
      return readAs(given.stored, "stack");
    case "map":
      return null;
    case "state":
      return state?.type ?? null;
  }
}

function passedAs(given: Given, local: Local | null): Passed {
  if (given.kind === "number" && local !== null) return { kind: "number", local };
  if (given.kind === "kernel" && local !== null) return { kind: "kernel", local };
  if (given.kind === "pointer" && local !== null) return { kind: "pointer", local, stored: given.stored };
  if (given.kind === "record" && local !== null) return { kind: "record", local, stored: given.stored };
  return { kind: given.kind === "state" ? "environment" : "unused" };
}

/** `(index) => { … }` as an argument. */
function inPlace(
  fn: FunctionState,
  node: Syntax.ArrowFunctionExpression | Syntax.FunctionExpression,
  use: CallbackUse,
): Callback | null {
  if (!plainFunction(fn.module, node)) return null;
  const name = `${fn.name}_${use.what.replace(/^bpf_/, "")}`;
  const inner = new FunctionState(fn.module, name, null, null);
  const used = new Set<Local>();
  inner.scope = new Scope(new Scope(fn.scope, (local) => void used.add(local)));
  // It may run many times: what it assigns is not known when it begins.
  inner.facts = withoutAssigned(fn, node);
  const bound = parameters(inner, node, use);
  if (bound === null) return null;
  const declaration = callableBody(inner, node, bound.locals, "never");
  if (declaration !== null && !fn.module.reporter.failed) checkReservations(fn.module.reporter, declaration);
  fn.facts = withoutAssigned(fn, node);
  for (const local of inner.assigned) if (used.has(local)) fn.assigns({ kind: "local", local, type: local.type, at: local.at });
  if (declaration === null || !checkResult(fn, declaration, use, declaration.at)) return null;
  if (use.later && used.size > 0) {
    fn.reporter.report("SK2404", spanOf(node), { what: use.what, name: [...used][0]?.name ?? "" });
    return null;
  }
  const written = assignedNames(node);
  const captures = [...used].map((local): Capture => ({ local, value: null, written: local.mutable && written.has(local.name) }));
  return { function: declaration, passes: bound.passes, captures: [...bound.captures, ...captures] };
}

function parameters(
  inner: FunctionState,
  node: Syntax.ArrowFunctionExpression | Syntax.FunctionExpression,
  use: CallbackUse,
): { readonly locals: readonly Local[]; readonly passes: readonly Passed[]; readonly captures: readonly Capture[] } | null {
  const locals: Local[] = [];
  const captures: Capture[] = [];
  const passes: Passed[] = [];
  if (node.params.length > use.gives.length) {
    const extra = node.params[use.gives.length];
    inner.reporter.report("SK2402", spanOf(extra ?? node), { what: use.what, signature: signatureOf(use) });
    return null;
  }
  for (const [index, given] of use.gives.entries()) {
    const parameter = node.params[index];
    let local: Local | null = null;
    if (parameter !== undefined) {
      if (parameter.type !== "Identifier" || parameter.optional === true) {
        const instead = `name the parameter: ${signatureOf(use)}`;
        inner.reporter.report("SK1101", spanOf(parameter), { what: "this parameter", instead });
        return null;
      }
      const at = spanOf(parameter);
      const earlier = inner.scope.declaredAt(parameter.name);
      if (earlier !== null) {
        inner.reporter.report("SK2002", at, { name: parameter.name, line: earlier.line });
        return null;
      }
      const type = typeOf(given, use);
      if (given.kind === "map") inner.scope.set(parameter.name, { kind: "map", map: given.map }, at);
      else if (type === null) {
        inner.reporter.report("SK2106", at, {
          what: use.what,
          expected: `a state for ${parameter.name}`,
          found: "none",
          signature: `${use.what}(…, ${signatureOf(use)}, state)`,
        });
        return null;
      } else {
        if (!annotationFits(inner, parameter, type)) return null;
        local = { name: parameter.name, type, mutable: type.kind !== "reference", own: false, at };
        inner.scope.set(parameter.name, { kind: "local", local }, at);
        if (given.kind === "state" && use.state !== null) captures.push({ local, value: use.state, written: false });
        else locals.push(local);
      }
    }
    passes.push(passedAs(given, local));
  }
  return { locals, passes, captures };
}

/** A parameter may say its type again. */
function annotationFits(inner: FunctionState, parameter: Syntax.Identifier, type: ValueType): boolean {
  const annotation = parameter.typeAnnotation;
  if (annotation?.type !== "TSTypeAnnotation") return true;
  const declared = valueType(inner.module, annotation.typeAnnotation);
  if (declared === null) return false;
  if (typeName(declared) === typeName(type)) return true;
  const instead = "leave the annotation out, or convert the number in the body";
  inner.reporter.report("SK2101", spanOf(parameter), { expected: typeName(type), found: typeName(declared), instead });
  return false;
}

/** A function of the file: the callback calls it with what it was given. */
function named(fn: FunctionState, symbol: FunctionSymbol, node: Syntax.Node, use: CallbackUse): Callback | null {
  const callee = checkFunction(symbol, spanOf(node));
  if (callee === null) return null;
  const at = spanOf(node);
  const inner = new FunctionState(fn.module, `${symbol.name}_called_back`, null, null);
  const locals: Local[] = [];
  const captures: Capture[] = [];
  const values: Expression[] = [];
  if (callee.parameters.length > use.gives.length) {
    fn.reporter.report("SK2402", at, { what: use.what, signature: signatureOf(use) });
    return null;
  }
  const passes = use.gives.map((given, index): Passed => {
    const parameter = callee.parameters[index];
    const type = typeOf(given, use);
    if (parameter === undefined || type === null) return passedAs(given, null);
    const local: Local = { name: given.name, type, mutable: false, own: false, at };
    if (given.kind === "state" && use.state !== null) captures.push({ local, value: use.state, written: false });
    else locals.push(local);
    values.push({ kind: "local", local, type, at });
    return passedAs(given, local);
  });
  if (values.length < callee.parameters.length) {
    fn.reporter.report("SK2402", at, { what: use.what, signature: signatureOf(use) });
    return null;
  }
  const given = callee.parameters.map((parameter, index) => coerce(inner, values[index] ?? errorAt(node), parameter.type));
  const value = callOf(inner, callee, given, node);
  if (value.type.kind === "error") return null;
  const nothing = callee.result.kind === "void";
  const returned: Statement = nothing ? { kind: "evaluate", value, at } : { kind: "return", value, at };
  const declaration: FunctionDeclaration = {
    name: inner.name,
    inline: "never",
    parameters: locals,
    defaults: locals.map(() => null),
    result: callee.result,
    assigned: inner.assigned,
    body: [returned],
    at,
  };
  return checkResult(fn, callee, use, at) ? { function: declaration, passes, captures } : null;
}

/** Kernels take 0 and 1 only, as a verifier sees them: of a number that may be anything else they refuse the program. */
function checkResult(fn: FunctionState, { result, body }: FunctionDeclaration, use: CallbackUse, at: Span): boolean {
  if (result.kind === "void" || (!use.later && result.kind === "bool")) return true;
  let wrong: Span | null = result.kind === "int" ? null : at;
  walk(body, (node) => {
    if (node.kind !== "return" || node.value === null || wrong !== null) return;
    const { value } = node;
    if (value.kind !== "constant" || value.value > (use.later ? 0n : 1n)) wrong = node.at;
  });
  if (wrong === null) return true;
  const instead = use.later ? "let it return nothing" : "return true to stop, and false or nothing to go on";
  fn.reporter.report("SK2403", wrong, { what: use.what, found: typeName(result), instead });
  return false;
}

// ── helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export function callbackHelper(fn: FunctionState, helper: CallbackHelper, node: Syntax.CallExpression): Expression {
  if (helper.name === "bpf_find_vma") return findVma(fn, helper, node);
  const names = ["first", "callback", "state"];
  const given = argumentsOf(fn, node, helper.name, names, helper.signature, 1);
  const [first, callbackNode, stateNode] = given ?? [];
  if (first === undefined || callbackNode === undefined) return errorAt(node);
  const what = helper.name;
  const stateGiven: Given = { kind: "state", name: "state" };
  const at = spanOf(node);
  if (helper.name === "bpf_loop") {
    const state = stateOf(fn, stateNode);
    if (state?.type.kind === "error") return state;
    const times = typed(fn, first, INTS.u32);
    const gives: readonly Given[] = [{ kind: "number", name: "index", type: INTS.u32 }, stateGiven];
    const callback = checkCallback(fn, callbackNode, { what, gives, state, later: false });
    if (callback === null || times.type.kind === "error") return errorAt(node);
    return { kind: "call-back", type: INTS.i64, helper: what, map: null, arguments: [times], callback, at };
  }
  const meaning: Meaning | null = meaningOf(fn.scope, first);
  if (meaning?.kind !== "map" || meaning.map.key === null || meaning.map.value === null || meaning.map.kind.prefix) {
    const instead = "pass a map: a hash or an array, or one with values for each CPU";
    if (meaning?.kind !== "refused")
      fn.reporter.report("SK2101", spanOf(first), { expected: "a map with entries", found: textOf(first), instead });
    return errorAt(node);
  }
  return elementCallback(fn, meaning.map as KeyedMap, callbackNode, stateNode, node);
}

/** A callback for each entry of a map. */
export function elementCallback(
  fn: FunctionState,
  map: KeyedMap,
  callbackNode: Syntax.Node,
  stateNode: Syntax.Node | undefined,
  node: Syntax.CallExpression,
): Expression {
  const state = stateOf(fn, stateNode);
  if (state?.type.kind === "error") return state;
  const gives: readonly Given[] = [
    { kind: "map", name: "map", map },
    { kind: "pointer", name: "key", stored: map.key, constant: true },
    { kind: "pointer", name: "value", stored: map.value, constant: false },
    { kind: "state", name: "state" },
  ];
  const what = "bpf_for_each_map_elem";
  const callback = checkCallback(fn, callbackNode, { what, gives, state, later: false });
  if (callback === null) return errorAt(node);
  return { kind: "call-back", type: INTS.i64, helper: what, map, arguments: [], callback, at: spanOf(node) };
}

/** A callback for each record that user space put into a ring. */
export function recordCallback(
  fn: FunctionState,
  map: MapDeclaration,
  stored: StoredType,
  callbackNode: Syntax.Node,
  stateNode: Syntax.Node | undefined,
  node: Syntax.CallExpression,
): Expression {
  const state = stateOf(fn, stateNode);
  if (state?.type.kind === "error") return state;
  const gives: readonly Given[] = [
    { kind: "record", name: "record", stored },
    { kind: "state", name: "state" },
  ];
  const what = "bpf_user_ringbuf_drain";
  const callback = checkCallback(fn, callbackNode, { what, gives, state, later: false });
  if (callback === null) return errorAt(node);
  return { kind: "call-back", type: INTS.i64, helper: what, map, arguments: [], callback, at: spanOf(node) };
}

/** The state that a callback is given; null for none. An error expression, with a report, when it is none. */
export function stateOf(fn: FunctionState, node: Syntax.Node | undefined): Expression | null {
  const state = node === undefined ? null : expression(fn, node, null);
  if (state === null || state.type.kind === "error" || isState(state.type)) return state;
  const instead = "pass a struct, or a number";
  fn.reporter.report("SK2101", state.at, { expected: "a state", found: typeName(state.type), instead });
  return { kind: "error", type: { kind: "error" }, at: state.at };
}

function isState(type: ValueType): boolean {
  return type.kind === "reference" || type.kind === "int" || type.kind === "bool" || type.kind === "nullable";
}

/** Where a value meets a place that has a type: implicit conversions, which lose nothing, and the refusal of all others. */

import { copiedFromKernel } from "./kernel/copies.ts";
import { fitsKernel, unifyKernel } from "./kernel/pointers.ts";
import { alignOf } from "./layout.ts";
import { fits, maximum, minimum, representation, widens } from "./numbers.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression } from "./tree.ts";
import {
  INTS,
  type IntType,
  isAddressBytes,
  isNullable,
  type ReferenceType,
  type ScalarType,
  sameStored,
  typeName,
  type ValueType,
  withoutNull,
} from "./types.ts";

type Untyped = Extract<Expression, { kind: "literal" }>;

/** The expression as a value of `target`; an error expression, with a report, when it is none. */
export function coerce(fn: FunctionState, value: Expression, target: ValueType): Expression {
  const { type } = value;
  if (type.kind === "error" || target.kind === "error") return value;
  switch (target.kind) {
    case "int":
      if (value.kind === "literal") return literalAs(fn, value, target);
      if (type.kind === "int" && (type.name === target.name || integerWidens(type, target))) return converted(value, target);
      break;
    case "bool":
      if (type.kind === "bool") return value;
      break;
    case "reference":
      if (type.kind === "null" && target.nullable) return { ...value, kind: "null", type: target };
      if (type.kind === "kernel") {
        const copied = copiedFromKernel(fn, value, type, target);
        if (copied !== null) return copied;
      }
      if (type.kind === "reference" && sameStored(type.to, target.to) && (target.nullable || !type.nullable)) {
        if (liesRight(type, target)) return value;
        elsewhere(fn, value, type, target);
        return { ...errorAt({}), at: value.at };
      }
      break;
    case "map":
      if (type.kind === "null" && target.nullable) return { ...value, kind: "null", type: target };
      if (type.kind === "map" && type.map === target.map && (target.nullable || !type.nullable)) return value;
      break;
    case "kernel":
      if (type.kind === "null" && !target.embedded) return { ...value, kind: "null", type: target };
      if (type.kind === "kernel" && fitsKernel(fn, value, type, target)) return value;
      break;
    case "nullable":
      if (type.kind === "null") return { ...value, kind: "null", type: target };
      if (type.kind === "nullable" && type.of.kind === target.of.kind && typeName(type) === typeName(target)) return value;
      if (type.kind === "int" || type.kind === "bool" || type.kind === "literal") {
        const operand = coerce(fn, value, target.of);
        return operand.type.kind === "error" ? operand : { kind: "present", type: target, operand, at: value.at };
      }
      break;
    case "context":
      if (type.kind === "context" && type.name === target.name) return value;
      break;
    case "packet":
    case "null":
      if (type.kind === target.kind) return value;
      break;
    case "literal":
    case "void":
      break;
  }
  mismatch(fn, value, target);
  return { kind: "error", type: { kind: "error" }, at: value.at };
}

/** Into an arena leads another kind of address than anywhere else, and whoever follows one must know which. Where memory is named, a copy is made there. */
function liesRight(type: ReferenceType, target: ReferenceType): boolean {
  if (target.memory === "arena" || target.memory === null) return (type.memory === "arena") === (target.memory === "arena");
  return true;
}

function elsewhere(fn: FunctionState, value: Expression, type: ReferenceType, target: ReferenceType): void {
  const name = typeName(withoutNull(target));
  const details =
    target.memory === "arena"
      ? {
          problem: `${name} leads into the arena, where this ${typeName(withoutNull(type))} does not lie`,
          instead: `allocate one, heap.allocPages<${typeName(type.to)}>(), or take a part of an @arena variable, and assign what is to be in it`,
        }
      : {
          problem: `this ${typeName(target.to)} lies in the arena, and here one is wanted that lies anywhere else`,
          instead: `write the type as Pointer<${typeName(target.to)}>, or pass a copy: ${target.to.kind === "array" ? "[...name]" : "{ ...name }"}`,
        };
  fn.reporter.report("SK3112", value.at, details);
}

/** An address is a number wherever one is wanted; a number is an address only by assertion. */
function integerWidens(from: IntType, to: IntType): boolean {
  if (to.name === "Ipv4Address") return false;
  return widens(from, to);
}

function mismatch(fn: FunctionState, value: Expression, target: ValueType): void {
  const { type } = value;
  const [expected, found] = [typeName(target), typeName(type)];
  if (isNullable(type) && target.kind !== "nullable") {
    mayBeNull(fn, value);
    return;
  }
  if (type.kind === "int" && target.kind === "int" && target.name !== "Ipv4Address") {
    fn.reporter.report("SK2102", value.at, { expected, found });
    return;
  }
  let instead = `write a value of the type ${expected}`;
  if (target.kind === "int" && target.name === "Ipv4Address") instead = 'write ipv4("10.0.0.1"), or … as Ipv4Address';
  else if (target.kind === "int" && type.kind === "bool") instead = `write ${expected}(…) for 1 or 0`;
  else if (target.kind === "bool" && (type.kind === "int" || type.kind === "literal")) instead = "compare it: … !== 0";
  else if (type.kind === "null") instead = `declare the type ${expected} | null`;
  else if (type.kind === "void") instead = "the function returns nothing: give it a result";
  fn.reporter.report("SK2101", value.at, { expected, found, instead });
}

export function mayBeNull(fn: FunctionState, value: Expression): void {
  const named = value.kind === "local" ? value.local.name : null;
  fn.reporter.report("SK2301", value.at, {
    what: named ?? `this ${typeName(withoutNull(value.type))}`,
    instead:
      named === null
        ? "keep it in a const and check that: const x = …; if (x === null) return …"
        : `check it first: if (${named} === null) return …`,
  });
}

/** What a name stands for: of an address in memory a copy, because `eth.source = …` must not change what `const old = eth.source` is. */
export function named(fn: FunctionState, value: Expression): Expression {
  const { type } = value;
  if (isMisplaced(value)) {
    fn.reporter.report("SK1101", value.at, {
      what: "a name for a part of a packed struct that is out of line",
      instead: "use its fields where they are: s.part.field",
    });
    return { kind: "error", type: { kind: "error" }, at: value.at };
  }
  if (isShown(value)) {
    fn.reporter.report("SK1101", value.at, {
      what: "a name for a part of the context",
      instead: "use its fields and elements where they are, and name those: const fd = ctx.args[0]",
    });
    return { kind: "error", type: { kind: "error" }, at: value.at };
  }
  if (!isAddressBytes(type) || type.nullable || value.kind === "bytes") return value;
  if (value.kind === "local" && value.local.own && !value.local.mutable) return value;
  return { kind: "copied", type: { ...type, memory: "stack" }, operand: value, at: value.at };
}

/** A struct or array within what the kernel shows field by field: it has no address of its own. */
function isShown(value: Expression): boolean {
  if (value.kind !== "member" || value.type.kind !== "reference" || value.type.memory !== "view") return false;
  return value.stored.kind === "struct" || (value.stored.kind === "array" && !isAddressBytes(value.type));
}

/**
 * A struct in the frame that does not begin at a multiple of its alignment. The frame only takes aligned access, and whoever
 * knows the struct by a name no longer knows where it lies.
 */
function isMisplaced(value: Expression): boolean {
  const { type } = value;
  if (type.kind !== "reference" || (type.memory !== "stack" && type.memory !== null) || type.to.kind === "header") return false;
  let offset = 0;
  for (let part = value; part.kind === "member" && part.stored.kind !== "pointer"; part = part.object) offset += part.offset;
  return offset % alignOf(type.to) !== 0;
}

/** Retypes, widens, narrows: whatever the integer type demands. */
export function converted(value: Expression, type: IntType): Expression {
  if (value.type.kind === "int" && value.type.name === type.name) return value;
  if (value.kind === "constant" && value.type.kind === "int") {
    const number = value.type.signed ? BigInt.asIntN(value.type.bits, value.value) : value.value;
    return { ...value, type, value: representation(number, type) };
  }
  return { kind: "convert", type, operand: value, at: value.at };
}

/** An untyped constant takes the type of its place, and must fit it. `bitwise`: an operand of & | ^. */
export function literalAs(fn: FunctionState, value: Untyped, type: IntType, bitwise = false): Expression {
  const number = value.value;
  // ~0xff stands for its bits: in an unsigned place it is all ones above them.
  const asBits = bitwise && value.complement && number < 0n && fits(number, { ...type, signed: true });
  if (type.name === "Ipv4Address" && number !== 0n) {
    fn.reporter.report("SK2101", value.at, {
      expected: "Ipv4Address",
      found: "a number",
      instead: 'write ipv4("10.0.0.1"): an address is bytes in the order of the wire',
    });
    return { kind: "error", type: { kind: "error" }, at: value.at };
  }
  if (!asBits && !fits(number, type)) {
    fn.reporter.report("SK2201", value.at, { value: number, type: type.name, min: minimum(type), max: maximum(type) });
    return { kind: "error", type: { kind: "error" }, at: value.at };
  }
  return { kind: "constant", type, value: representation(number, type), at: value.at };
}

/** An untyped constant that nothing gives a type: the first of u32, i32, u64, i64 that holds it. */
export function settled(fn: FunctionState, value: Expression): Expression {
  if (value.kind !== "literal") return value;
  const type = [INTS.u32, INTS.i32, INTS.u64, INTS.i64].find((candidate) => fits(value.value, candidate));
  if (type === undefined) {
    fn.reporter.report("SK2207", value.at);
    return { kind: "error", type: { kind: "error" }, at: value.at };
  }
  return literalAs(fn, value, type);
}

/** The type that two values of one place have together, as in `c ? a : b`; null when there is none. */
export function unify(a: ValueType, b: ValueType): ValueType | null {
  if (a.kind === "error") return b;
  if (b.kind === "error") return a;
  if (a.kind === "null" || b.kind === "null") {
    const other = a.kind === "null" ? b : a;
    if (other.kind === "int" || other.kind === "bool") return { kind: "nullable", of: other };
    return other.kind === "reference" || other.kind === "kernel" || other.kind === "map"
      ? { ...other, nullable: true }
      : other.kind === "nullable" || other.kind === "null"
        ? other
        : null;
  }
  if (a.kind === "literal" || b.kind === "literal") {
    const other = a.kind === "literal" ? b : a;
    return other.kind === "literal" || other.kind === "int" || (other.kind === "nullable" && other.of.kind === "int")
      ? other
      : null;
  }
  if (a.kind === "nullable" || b.kind === "nullable") {
    const of = unify(a.kind === "nullable" ? a.of : a, b.kind === "nullable" ? b.of : b);
    return of !== null && (of.kind === "int" || of.kind === "bool") ? { kind: "nullable", of } : null;
  }
  if (a.kind === "int" && b.kind === "int") return unifyIntegers(a, b);
  if (a.kind === "reference" && b.kind === "reference") {
    const alike = (a.memory === "arena") === (b.memory === "arena");
    return alike && sameStored(a.to, b.to) ? unifyReferences(a, b) : null;
  }
  if (a.kind === "map" && b.kind === "map") return a.map === b.map ? { ...a, nullable: a.nullable || b.nullable } : null;
  if (a.kind === "kernel" && b.kind === "kernel") return unifyKernel(a, b);
  return a.kind === b.kind ? a : null;
}

function unifyIntegers(a: IntType, b: IntType): ScalarType | null {
  if (a.name === b.name) return a;
  if (integerWidens(a, b)) return b;
  return integerWidens(b, a) ? a : null;
}

function unifyReferences(a: ReferenceType, b: ReferenceType): ReferenceType {
  return { ...a, memory: a.memory === b.memory ? a.memory : null, nullable: a.nullable || b.nullable };
}

/** Reports that a value cannot be used as it is, and gives what stands for it. */
export function refused(fn: FunctionState, value: Expression, operator: string, instead: string): Expression {
  if (value.type.kind !== "error") {
    if (isNullable(value.type)) mayBeNull(fn, value);
    else fn.reporter.report("SK2104", value.at, { operator, found: typeName(value.type), instead });
  }
  return { ...errorAt({}), at: value.at };
}

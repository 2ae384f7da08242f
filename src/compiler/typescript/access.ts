/** Checks `object.name` and `array[index]`: fields, header bits, the context, lengths and proven indices. */

import type * as Syntax from "@babel/types";
import { constantOf } from "./constants.ts";
import { converted, mayBeNull } from "./conversions.ts";
import { expression, literal, valueNamed } from "./expressions.ts";
import { folded } from "./globals.ts";
import { checkWanted } from "./imports.ts";
import { kernelElement, kernelMember } from "./kernel/access.ts";
import { sizeOf } from "./layout.ts";
import { type ContextName, contextNamed } from "./library/contexts.ts";
import { headerNamed } from "./library/headers.ts";
import { MAP_METHODS } from "./library/maps.ts";
import { rangeOf } from "./ranges.ts";
import { spanOf } from "./report.ts";
import { didYouMean, type Exports, meaningOf } from "./scopes.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression } from "./tree.ts";
import {
  type ArrayType,
  INTS,
  type KernelType,
  PACKET,
  type ReferenceType,
  readAs,
  reference,
  type ScalarType,
  type StoredType,
  typeName,
} from "./types.ts";

/** What reads the packet at an offset: width in bytes. Integers wider than a byte are in network order. */
export const PACKET_READS: Readonly<Record<string, 1 | 2 | 4>> = { u8: 1, u16: 2, u32: 4 };

export function member(fn: FunctionState, node: Syntax.MemberExpression): Expression {
  const property = node.property;
  if (property.type !== "Identifier") {
    fn.reporter.report("SK1101", spanOf(property), { what: "a private name", instead: "use a field of an interface" });
    return errorAt(node);
  }
  const special = meaningOf(fn.scope, node.object);
  if (special?.kind === "namespace") return namespaceMember(fn, special.exports, property, node);
  if (special?.kind === "header") {
    if (property.name === "size") return literal(BigInt(special.header.size), node);
    return unknownProperty(fn, property, special.name, ["size"], `read it from a packet: ctx.packet.at(${special.name}, offset)`);
  }
  if (special?.kind === "map") {
    const methods = MAP_METHODS[special.map.kind.family];
    return Object.hasOwn(methods, property.name)
      ? unknownProperty(fn, property, "a map", [], `call it: ${special.map.name}.${methods[property.name]}`)
      : unknownProperty(fn, property, "a map", Object.keys(methods), `it has ${Object.keys(methods).join(", ")}`);
  }
  if (special?.kind === "enum") {
    const found = special.members.get(property.name);
    if (found !== undefined) return constantOf(fn, found, property);
    const known = [...special.members.keys()];
    return unknownProperty(fn, property, special.name, known, `its members are ${known.join(", ")}`);
  }
  return memberOf(fn, expression(fn, node.object, null), property, node);
}

/** `ns.name`: what another module exports. */
function namespaceMember(fn: FunctionState, exports: Exports, property: Syntax.Identifier, node: Syntax.Node): Expression {
  const found = exports.value(property.name);
  if (found !== null) return valueNamed(fn, found, property);
  const isType = exports.type(property.name) !== null;
  if (isType) fn.reporter.report("SK2007", spanOf(node), { name: property.name, what: "a type", instead: "it has no value" });
  else checkWanted(fn.module, { from: exports, name: property.name, node: property });
  return errorAt(node);
}

/** The field of what is there already. */
export function memberOf(fn: FunctionState, object: Expression, property: Syntax.Identifier, node: Syntax.Node): Expression {
  const { type } = object;
  switch (type.kind) {
    case "error":
      return object;
    case "context":
      return contextField(fn, object, type.name, property, node);
    case "packet":
      if (property.name === "length") return { kind: "packet-length", type: INTS.u32, at: spanOf(node) };
      return unknownProperty(fn, property, "the packet", ["length", "at", ...Object.keys(PACKET_READS)], packetUsage);
    case "reference":
      if (!type.nullable) return field(fn, object, type, property, node);
      mayBeNull(fn, object);
      return errorAt(node);
    case "kernel":
      if (!type.nullable) return kernelMember(fn, object, type, property, node);
      mayBeNull(fn, object);
      return errorAt(node);
    case "nullable":
      mayBeNull(fn, object);
      return errorAt(node);
    default:
      return unknownProperty(fn, property, typeName(type), [], "only structs, packet headers and the context have fields");
  }
}

const packetUsage = "it has length, at(Header, offset), u8(offset), u16(offset), u32(offset)";

function unknownProperty(
  fn: FunctionState,
  property: Syntax.Identifier,
  type: string,
  known: readonly string[],
  otherwise: string,
): Expression {
  const instead = didYouMean(property.name, known, otherwise);
  fn.reporter.report("SK2009", spanOf(property), { type, name: property.name, instead });
  return errorAt(property);
}

function contextField(
  fn: FunctionState,
  object: Expression,
  contextName: ContextName,
  property: Syntax.Identifier,
  node: Syntax.Node,
): Expression {
  const { packet, struct, registers } = contextNamed(contextName, fn.module.machine);
  const at = spanOf(node);
  if (property.name === packet?.property) return { kind: "context", type: PACKET, at };
  const found = struct.fields.find(({ name }) => name === property.name);
  if (found !== undefined) {
    const { offset, type: stored, constant } = found;
    return { kind: "member", object, offset, stored, type: readAs(stored, "view"), constant, at };
  }
  const known = [
    ...(packet === null ? [] : [packet.property]),
    ...(registers ? ["argument(n)"] : []),
    ...struct.fields.map(({ name }) => name),
  ];
  return unknownProperty(
    fn,
    property,
    "the context",
    known,
    known.length === 0 ? "it has no fields" : `it has ${known.join(", ")}`,
  );
}

function field(
  fn: FunctionState,
  object: Expression,
  type: ReferenceType,
  property: Syntax.Identifier,
  node: Syntax.Node,
): Expression {
  const { to } = type;
  const at = spanOf(node);
  if (to.kind === "array" && to.name === "FixedString") {
    const instead = "it has startsWith(text) and charCodeAt(index), and is compared by ===";
    return unknownProperty(fn, property, typeName(to), ["startsWith", "charCodeAt"], instead);
  }
  if (to.kind === "array") {
    if (property.name === "length") return literal(BigInt(to.length), node);
    return unknownProperty(fn, property, typeName(to), ["length"], "index it: [0]");
  }
  if (to.kind === "struct") {
    const found = to.fields.find((candidate) => candidate.name === property.name);
    if (found?.bits !== undefined) {
      const constant = found.constant || type.constant === true;
      return { kind: "bits", object, field: found.bits, type: found.bits.type, ...(constant ? { constant } : {}), at };
    }
    if (found?.type.kind === "struct" && found.type.kptr !== undefined) {
      const stored = found.type;
      const place: Expression = {
        kind: "member",
        object,
        offset: found.offset,
        stored,
        type: memberType(stored, type),
        constant: false,
        at,
      };
      const held: KernelType = { kind: "kernel", to: found.type.kptr, read: "direct", nullable: true, embedded: false };
      return { kind: "kptr-field", type: held, place, at };
    }
    if (found !== undefined) {
      return folded({
        kind: "member",
        object,
        offset: found.offset,
        stored: found.type,
        type: memberType(found.type, type, found.constant),
        constant: found.constant || type.constant === true,
        at,
      });
    }
    const known = to.fields.map((candidate) => candidate.name);
    return unknownProperty(fn, property, to.name, known, `its fields are ${known.join(", ")}`);
  }
  const fields = headerNamed(to.name)?.fields ?? {};
  const found = Object.hasOwn(fields, property.name) ? fields[property.name] : undefined;
  if (found?.kind === "bits") return { kind: "bits", object, field: found, type: found.type, at };
  if (found?.kind === "bytes") {
    return {
      kind: "member",
      object,
      offset: found.offset,
      stored: found.type,
      type: readAs(found.type, "packet"),
      constant: false,
      at,
    };
  }
  return unknownProperty(fn, property, to.name, Object.keys(fields), `its fields are ${Object.keys(fields).join(", ")}`);
}

/** What a part reads as. A nested struct lies in the memory of the one around it; what is pointed at does not. */
export function memberType(stored: StoredType, outer: ReferenceType, constant = false): ScalarType | ReferenceType {
  const type = readAs(stored, outer.memory ?? "stack");
  if (type.kind !== "reference" || stored.kind === "pointer") return type;
  return { ...type, memory: outer.memory, ...(constant || outer.constant === true ? { constant: true } : {}) };
}

export function element(fn: FunctionState, node: Syntax.MemberExpression): Expression {
  return elementOf(fn, expression(fn, node.object, null), node);
}

export function elementOf(
  fn: FunctionState,
  object: Expression,
  node: Syntax.MemberExpression | Syntax.OptionalMemberExpression,
): Expression {
  const index = expression(fn, node.property, null);
  if (object.type.kind === "error" || index.type.kind === "error") return errorAt(node);
  if ((object.type.kind === "reference" || object.type.kind === "kernel") && object.type.nullable) {
    mayBeNull(fn, object);
    return errorAt(node);
  }
  if (object.type.kind === "kernel" && object.type.to.kind === "kernel-array") {
    return kernelElement(fn, object, { ...object.type, to: object.type.to }, index, node);
  }
  if (object.type.kind !== "reference" || object.type.to.kind !== "array") {
    fn.reporter.report("SK1101", spanOf(node), {
      what: `[…] on ${typeName(object.type)}`,
      instead: "only fixed arrays are indexed; write .name for a field, .get(key) for a map",
    });
    return errorAt(node);
  }
  const array = object.type.to;
  const type = memberType(array.element, object.type);
  const at = spanOf(node);
  const constant = object.type.constant === true;
  if (!indexProven(fn, index, array)) return errorAt(node);
  if (object.type.memory === "view" && index.kind !== "literal") {
    const what = "an index into the context that is not a constant";
    fn.reporter.report("SK1101", index.at, { what, instead: "write the number: the kernel shows each element by itself" });
    return errorAt(node);
  }
  if (index.kind === "literal") return elementAt(object, array, Number(index.value), node);
  return { kind: "element", object, index: converted(index, INTS.u64), array, stored: array.element, type, constant, at };
}

/** An element whose index is known, and inside: like a field. */
export function elementAt(object: Expression, array: ArrayType, index: number, node: Syntax.Node): Expression {
  const outer = object.type.kind === "reference" ? object.type : reference(array, "stack", false);
  const type = memberType(array.element, outer);
  const offset = index * sizeOf(array.element);
  const constant = outer.constant === true;
  return folded({ kind: "member", object, offset, stored: array.element, type, constant, at: spanOf(node) });
}

/** An index must be proven to be inside, from its types, masks and loop bounds alone. */
function indexProven(fn: FunctionState, index: Expression, array: ArrayType): boolean {
  if (index.kind !== "literal" && index.type.kind !== "int") {
    fn.reporter.report("SK2101", index.at, {
      expected: "an integer",
      found: typeName(index.type),
      instead: "index with an integer",
    });
    return false;
  }
  const range = rangeOf(fn, index);
  if (range.min >= 0n && range.max < BigInt(array.length)) return true;
  const { min, max } = range;
  const mask = 2 ** Math.floor(Math.log2(array.length)) - 1;
  fn.reporter.report("SK2113", index.at, { range: min === max ? min : `${min} … ${max}`, length: array.length, mask });
  return false;
}

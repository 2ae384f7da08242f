/** Checks calls of functions on dynptrs, and of those that open and close sections (library/objects.ts). */

import type * as Syntax from "@babel/types";
import { storedType, typeMeaning } from "./annotations.ts";
import { mayBeNull } from "./conversions.ts";
import { expression, typed } from "./expressions.ts";
import { isContext } from "./helper-calls.ts";
import { sizeOf } from "./layout.ts";
import { DYNPTR, type ObjectFunction, type ObjectParameter } from "./library/objects.ts";
import { spanOf } from "./report.ts";
import { meaningOf, textOf } from "./scopes.ts";
import { errorAt, type FunctionState } from "./state.ts";
import type { Expression, Local, SpecialArgument } from "./tree.ts";
import { BOOL, INTS, type KernelType, type ReferenceType, reference, typeName, type ValueType, VOID } from "./types.ts";

/** Dynptrs of packets: writing to one moves the packet, as the verifier sees it. */
const ofPackets = new WeakSet<Local>();

interface Call {
  readonly fn: FunctionState;
  readonly object: ObjectFunction;
  readonly node: Syntax.CallExpression;
  /** What the result is of. */
  data: ReferenceType["to"] | null;
  /** The field that holds a pointer. */
  held: KernelType | null;
}

export function objectCall(fn: FunctionState, object: ObjectFunction, node: Syntax.CallExpression): Expression {
  const { name, parameters, result, signature } = object;
  const gives = result === "data" || result === "constant data";
  const call: Call = { fn, object, node, data: null, held: null };
  if (node.typeArguments && !givenType(call, gives)) return errorAt(node);
  const sized = parameters.filter(isSized).length;
  const least = parameters.filter((parameter) => !parameter.startsWith("optional")).length;
  const found = node.arguments.length;
  // Memory may be followed by how many bytes of it are meant, where nothing is left out.
  const withLengths = sized > 0 && found === parameters.length + sized;
  if (!withLengths && (found < least || found > parameters.length)) {
    const expected = `${least === parameters.length ? least : `${least} or ${parameters.length}`} arguments`;
    fn.reporter.report("SK2106", spanOf(node), { what: name, expected, found, signature });
    return errorAt(node);
  }
  const given: SpecialArgument[] = [];
  let index = 0;
  let good = true;
  for (const parameter of parameters) {
    const argument = node.arguments[index++];
    if (argument === undefined) {
      given.push(number(0n, node));
      continue;
    }
    const length = withLengths && isSized(parameter) ? node.arguments[index++] : undefined;
    const passed = argumentOf(call, parameter, argument, length);
    if (passed === null) good = false;
    else given.push(...passed);
  }
  if (!good) return errorAt(node);
  const type = resultOf(call);
  if (type === null) return errorAt(node);
  // How much is wanted, where no buffer has said it.
  if (gives && !parameters.includes("buffer")) given.push(number(BigInt(sizeOfData(call.data)), node));
  return {
    kind: "special-call",
    type,
    name,
    callee: object.callee,
    arguments: given,
    moves: moves(call, given),
    at: spanOf(node),
  };
}

/** `bpf_dynptr_slice<Ipv4>(…)`: a type that lies in memory, or a header. */
function givenType(call: Call, gives: boolean): boolean {
  const { fn, node, object } = call;
  const [type, more] = (node.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  if (!gives || type === undefined || more !== undefined) {
    const instead = gives ? `write ${object.signature}` : "remove it";
    fn.reporter.report("SK1101", spanOf(node.typeArguments ?? node), { what: "a type argument here", instead });
    return false;
  }
  const meaning = type.type === "TSTypeReference" ? typeMeaning(fn.module, type.typeName) : null;
  if (meaning?.kind === "header") {
    call.data = meaning.type;
    return true;
  }
  const stored = storedType(fn.module, type);
  if (stored === null) return false;
  if (stored.kind === "struct" || stored.kind === "array") call.data = stored;
  else
    fn.reporter.report("SK3003", spanOf(type), {
      problem: `${typeName(stored)} is no struct, and no array`,
      instead: "name a struct, an array or a header",
    });
  return call.data !== null;
}

function isSized(parameter: ObjectParameter): boolean {
  return parameter === "source" || parameter === "target" || parameter === "mapped";
}

function sizeOfData(to: ReferenceType["to"] | null): number {
  return to === null ? 0 : to.kind === "header" ? to.size : sizeOf(to);
}

function number(value: bigint, node: Syntax.Node): SpecialArgument {
  return { kind: "value", value: { kind: "constant", type: INTS.u64, value, at: spanOf(node) } };
}

function refuse({ fn, object }: Call, value: Expression, expected: string, instead: string): null {
  if (value.type.kind !== "error")
    fn.reporter.report("SK2101", value.at, { expected: `${expected} for ${object.name}`, found: typeName(value.type), instead });
  return null;
}

function argumentOf(
  call: Call,
  parameter: ObjectParameter,
  node: Syntax.Node,
  length: Syntax.Node | undefined,
): readonly SpecialArgument[] | null {
  const { fn, object } = call;
  switch (parameter) {
    case "u32":
    case "u64":
    case "optional u64": {
      const value = typed(fn, node, parameter === "u32" ? INTS.u32 : INTS.u64);
      return value.type.kind === "error" ? null : [{ kind: "value", value }];
    }
    case "ring": {
      const meaning = meaningOf(fn.scope, node);
      if (meaning?.kind === "map" && meaning.map.kind.type === "ringbuf") return [{ kind: "map", map: meaning.map }];
      if (meaning?.kind !== "refused") {
        const instead = "name one: export const events = ringBuffer<Event>({ maxEntries: 4096 })";
        fn.reporter.report("SK2101", spanOf(node), { expected: "a ring buffer", found: textOf(node), instead });
      }
      return null;
    }
    case "context": {
      const value = expression(fn, node, null);
      return isContext(value)
        ? [{ kind: "value", value }]
        : refuse(call, value, "the context", "pass the program's ctx; where a program has other parameters, context()");
    }
    case "dynptr":
    case "new dynptr": {
      const value = expression(fn, node, null);
      if (value.type.kind !== "reference" || value.type.to !== DYNPTR || value.kind !== "local")
        return refuse(call, value, "a dynptr", "make one, and pass it by its name: const data = zeroed<Dynptr>()");
      if (parameter === "new dynptr") {
        fn.assigns(value);
        if (ofPacket(call)) ofPackets.add(value.local);
      }
      return [{ kind: "value", value }];
    }
    case "kptr": {
      const value = expression(fn, node, null);
      if (value.kind !== "kptr-field")
        return refuse(call, value, "a field that holds a pointer", "give a map's value a field Kptr<task_struct>, and pass that");
      call.held = value.type;
      fn.assigns(value.place);
      return [{ kind: "value", value: value.place }];
    }
    case "owned": {
      if (node.type === "NullLiteral") return [nothing(node)];
      const value = expression(fn, node, null);
      const { type } = value;
      const wanted = call.held?.to;
      if (
        type.kind === "kernel" &&
        type.to.kind === "kernel-struct" &&
        wanted?.kind === "kernel-struct" &&
        type.to.name === wanted.name
      )
        return [{ kind: "value", value }];
      return refuse(
        call,
        value,
        wanted?.kind === "kernel-struct" ? wanted.name : "what the field holds",
        "pass what a function of the kernel gave, or null",
      );
    }
    case "buffer":
      if (node.type === "NullLiteral") {
        if (call.data !== null) return [nothing(node), number(BigInt(sizeOfData(call.data)), node)];
        const instead = `say what it is of: ${object.signature}`;
        fn.reporter.report("SK2405", spanOf(node), { problem: `nothing says what ${object.name} gives`, instead });
        return null;
      }
      return memory(call, parameter, node, length);
    case "source":
    case "target":
    case "mapped":
      return memory(call, parameter, node, length);
  }
}

function nothing(node: Syntax.Node): SpecialArgument {
  return { kind: "value", value: { kind: "null", type: { kind: "null" }, at: spanOf(node) } };
}

/** The clone of a packet's, and what was made of one. */
function ofPacket({ fn, object, node }: Call): boolean {
  if (object.name === "bpf_dynptr_from_skb" || object.name === "bpf_dynptr_from_xdp") return true;
  const [first] = node.arguments;
  const meaning = object.name === "bpf_dynptr_clone" && first !== undefined ? meaningOf(fn.scope, first) : null;
  return meaning?.kind === "local" && ofPackets.has(meaning.local);
}

function memory(
  call: Call,
  parameter: ObjectParameter,
  node: Syntax.Node,
  length: Syntax.Node | undefined,
): readonly SpecialArgument[] | null {
  const { fn } = call;
  const value = expression(fn, node, null);
  const { type } = value;
  if (type.kind !== "reference") return refuse(call, value, "memory", "pass a struct or an array: zeroed<FixedArray<u8, 16>>()");
  if (type.nullable) {
    mayBeNull(fn, value);
    return null;
  }
  if (type.memory === "arena") {
    const instead = "pass a copy: { ...name }, or [...name]";
    fn.reporter.report("SK3112", value.at, { problem: `${call.object.name} follows no pointer into an arena`, instead });
    return null;
  }
  if (parameter === "mapped" && type.memory !== "map" && type.memory !== null)
    return refuse(call, value, "memory of a map", "pass what lies in a map's value, or a variable of the file");
  if (parameter === "target" || parameter === "buffer") {
    if (type.constant === true || type.memory === "view") {
      const what = `memory that ${call.object.name} may not write`;
      fn.reporter.report("SK2114", value.at, { what, instead: "pass a struct or an array of the program's own" });
      return null;
    }
    fn.assigns(value);
  }
  if (parameter === "buffer") {
    if (call.data !== null && sizeOfData(call.data) !== sizeOfData(type.to))
      return refuse(call, value, `${sizeOfData(call.data)} bytes`, "pass a buffer of the type that it gives");
    call.data ??= type.to;
  }
  const size = BigInt(sizeOfData(type.to));
  if (length === undefined) return [{ kind: "value", value }, number(size, node)];
  const bytes = typed(fn, length, INTS.u32);
  if (bytes.type.kind === "error") return null;
  if (bytes.kind === "constant" && bytes.value > size)
    return refuse(call, bytes, `at most ${size} bytes`, `${textOf(node)} has ${size} bytes`);
  return [
    { kind: "value", value },
    { kind: "value", value: bytes },
  ];
}

function resultOf({ fn, object, data, held, node }: Call): ValueType | null {
  switch (object.result) {
    case "void":
      return VOID;
    case "bool":
      return BOOL;
    case "held":
      return held;
    case "data":
    case "constant data": {
      if (data === null) {
        const instead = `say what it is of: ${object.signature}`;
        fn.reporter.report("SK2405", spanOf(node), { problem: `nothing says what ${object.name} gives`, instead });
        return null;
      }
      const type = reference(data, data.kind === "header" ? "packet" : "map", true);
      return object.result === "data" ? type : { ...type, constant: true };
    }
    default:
      return INTS[object.result];
  }
}

/** Verifiers forget where the packet is when something is written to it. */
function moves({ object }: Call, [dynptr]: readonly SpecialArgument[]): boolean {
  if (object.name !== "bpf_dynptr_write" || dynptr?.kind !== "value" || dynptr.value.kind !== "local") return false;
  // A parameter may be anybody's.
  return ofPackets.has(dynptr.value.local) || !dynptr.value.local.own;
}

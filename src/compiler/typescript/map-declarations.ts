/** Checks `export const name = hash<Key, Value>({ maxEntries: … })`: the types and options of a map of any kind. */

import type * as Syntax from "@babel/types";
import { storedType } from "./annotations.ts";
import { coerce } from "./conversions.ts";
import { nameFits } from "./declarations.ts";
import { expression } from "./expressions.ts";
import { sizeOf } from "./layout.ts";
import type { MapKind } from "./library/maps.ts";
import { type Span, spanOf } from "./report.ts";
import { FunctionState, type ModuleState } from "./state.ts";
import type { MapDeclaration } from "./tree.ts";
import { INTS, type StoredType, sameStored, typeName } from "./types.ts";

/** A frame has 512 bytes and every key passes through it; the kernel's own limits are wider. */
const LARGEST_KEY = 512;
/** An LPM trie's data, in bytes (`LPM_DATA_SIZE_MAX` of kernel/bpf/lpm_trie.c). */
const LONGEST_PREFIX_DATA = 256;
/** A ring buffer's memory is whole pages, and a power of two of them. */
const PAGE = 4096;

/** A map's declaration while it is checked: where it is written, and what it is called. */
interface Declared {
  readonly module: ModuleState;
  readonly kind: MapKind;
  readonly kindName: string;
  readonly node: Syntax.CallExpression;
}

interface Types {
  readonly key: StoredType | null;
  readonly value: StoredType | null;
}

type Options = Pick<MapDeclaration, "maxEntries" | "flags" | "pinned" | "numaNode">;

export function mapDeclaration(
  module: ModuleState,
  kind: MapKind,
  kindName: string,
  name: string,
  node: Syntax.CallExpression,
  at: Span,
): MapDeclaration | null {
  const declared: Declared = { module, kind, kindName, node };
  const types = typeArguments(declared);
  const options = optionsOf(declared);
  if (types === null || options === null || !nameFits(module, name, at)) return null;
  return { name, kind, ...types, ...options, at };
}

function usageOf({ kind, kindName }: Declared): string {
  switch (kind.family) {
    case "ring":
      return `write ${kindName}<Event>({ maxEntries: 1 << 18 })`;
    case "perf":
      return `write ${kindName}<Event>()`;
    case "keyed":
      return kind.indexed ? `write ${kindName}<u64>({ maxEntries: 256 })` : `write ${kindName}<Key, Value>({ maxEntries: 1024 })`;
  }
}

function refuseType(declared: Declared, at: Span, problem: string): null {
  declared.module.reporter.report("SK3003", at, { problem, instead: usageOf(declared) });
  return null;
}

function typeArguments(declared: Declared): Types | null {
  return declared.kind.family === "keyed" ? keyAndValue(declared) : recordOnly(declared);
}

/** `<Event>`: what the records of a buffer are. */
function recordOnly(declared: Declared): Types | null {
  const { module, kind, kindName, node } = declared;
  const [only, more] = node.typeArguments?.params ?? [];
  if (only === undefined || more !== undefined)
    return refuseType(declared, spanOf(node.typeArguments ?? node.callee), `${kindName} needs the type of its records`);
  const value = storedType(module, only as Syntax.TSType);
  if (value === null) return null;
  // Of a perf event array, a number of four bytes would be what it holds: descriptors.
  if (kind.family === "perf" && value.kind !== "struct")
    return refuseType(declared, spanOf(only), `records of ${kindName} are structs, not ${typeName(value)}`);
  return { key: null, value };
}

/** `<Key, Value>`; of an array `<Value>` or `<u32, Value>`. */
function keyAndValue(declared: Declared): Types | null {
  const { module, kind, kindName, node } = declared;
  const given = node.typeArguments?.params ?? [];
  const least = kind.indexed ? 1 : 2;
  if (given.length < least || given.length > 2) {
    const problem = `${kindName} needs the types of its ${kind.indexed ? "values" : "keys and values"}`;
    return refuseType(declared, spanOf(node.typeArguments ?? node.callee), problem);
  }
  const [first, second] = given as readonly Syntax.TSType[];
  const keyNode = second === undefined ? null : first;
  const valueNode = second ?? first;
  const key = keyNode ? storedType(module, keyNode) : INTS.u32;
  const value = valueNode ? storedType(module, valueNode) : null;
  if (key === null || value === null) return null;
  const keyAt = spanOf(keyNode ?? node.callee);
  if (kind.indexed && !sameStored(key, INTS.u32))
    return refuseType(declared, keyAt, `the key of ${kindName} is its index, a u32, not ${typeName(key)}`);
  if (sizeOf(key) > LARGEST_KEY)
    return refuseType(declared, keyAt, `a key of ${sizeOf(key)} bytes does not fit into the frame of 512`);
  if (kind.prefix) {
    const [prefix] = key.kind === "struct" ? key.fields : [];
    if (prefix === undefined || prefix.name !== "prefixLength" || !sameStored(prefix.type, INTS.u32) || sizeOf(key) <= 4) {
      const problem = `the key of ${kindName} is a struct that begins with prefixLength: u32 and goes on with the data that it counts bits of`;
      return refuseType(declared, keyAt, problem);
    }
    if (sizeOf(key) - 4 > LONGEST_PREFIX_DATA)
      return refuseType(declared, keyAt, `the data of a prefix has at most ${LONGEST_PREFIX_DATA} bytes`);
  }
  return { key, value };
}

// ── options ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const OPTIONS = ["maxEntries", "flags", "pinning", "numaNode"];

/** `{ maxEntries: n, … }`; null, with a report, when it is anything else. */
function optionsOf(declared: Declared): Options | null {
  const { module, kind, kindName, node } = declared;
  const refuse = (at: Syntax.Node, problem: string) => {
    module.reporter.report("SK3002", spanOf(at), { problem, instead: usageOf(declared) });
    return null;
  };
  const [argument, more] = node.arguments;
  // The number of CPUs is what everybody wants of a perf event array; the engine knows it.
  const needsEntries = kind.family !== "perf";
  if (argument === undefined && !needsEntries) return { maxEntries: 0, flags: 0, pinned: false, numaNode: null };
  if (argument?.type !== "ObjectExpression" || more !== undefined)
    return refuse(argument ?? node, `${kindName} takes its options in braces`);
  const given = new Map<string, bigint>();
  let pinned = false;
  for (const property of argument.properties) {
    const key =
      property.type === "ObjectProperty" && !property.computed && property.key.type === "Identifier" ? property.key.name : null;
    if (property.type !== "ObjectProperty" || key === null || !OPTIONS.includes(key))
      return refuse(property, `${key ?? "this"} is not an option of ${kindName}`);
    if (given.has(key) || (key === "pinning" && pinned)) return refuse(property, `${key} is there twice`);
    if (key === "pinning") {
      if (property.value.type !== "StringLiteral" || property.value.value !== "name")
        return refuse(property.value, 'pinning is "name": the map is pinned in the bpf file system under its name');
      pinned = true;
      continue;
    }
    const value = constantOption(module, key, property.value);
    if (value === null) return null;
    given.set(key, value);
    const problem = key === "maxEntries" ? entriesProblem(declared, value) : null;
    if (problem !== null) return refuse(property.value, problem);
  }
  const maxEntries = given.get("maxEntries");
  if (maxEntries === undefined && needsEntries) return refuse(argument, `${kindName} needs maxEntries`);
  const numaNode = given.get("numaNode");
  return {
    maxEntries: Number(maxEntries ?? 0n),
    flags: Number(given.get("flags") ?? 0n),
    pinned,
    numaNode: numaNode === undefined ? null : Number(numaNode),
  };
}

function constantOption(module: ModuleState, name: string, node: Syntax.Node): bigint | null {
  const fn = new FunctionState(module, name, null, null);
  const value = coerce(fn, expression(fn, node, INTS.u32), INTS.u32);
  if (value.type.kind === "error") return null;
  if (value.kind === "constant") return value.value;
  module.reporter.report("SK2206", spanOf(node), { what: name });
  return null;
}

function entriesProblem({ kind, kindName }: Declared, entries: bigint): string | null {
  if (entries === 0n) return "a map with no entries holds nothing";
  if (kind.family !== "ring") return null;
  const pages = entries / BigInt(PAGE);
  const whole = entries % BigInt(PAGE) === 0n && (pages & (pages - 1n)) === 0n;
  return whole ? null : `maxEntries of ${kindName} is its size in bytes: a power of two, at least ${PAGE}`;
}

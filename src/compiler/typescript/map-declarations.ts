/** Checks `export const name = hash<Key, Value>({ maxEntries: … })`: the types and options of a map of any kind. */

import type * as Syntax from "@babel/types";
import { storedType } from "./annotations.ts";
import { coerce } from "./conversions.ts";
import { nameFits } from "./declarations.ts";
import { expression } from "./expressions.ts";
import { sizeOf } from "./layout.ts";
import type { MapFamily, MapKind } from "./library/maps.ts";
import { type Span, spanOf } from "./report.ts";
import { meaningOf, textOf } from "./scopes.ts";
import { FunctionState, type ModuleState } from "./state.ts";
import type { MapDeclaration } from "./tree.ts";
import { INTS, type IntType, type StoredType, sameStored, typeName } from "./types.ts";

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

type Options = Pick<MapDeclaration, "maxEntries" | "flags" | "pinned" | "numaNode" | "extra" | "depth" | "contents">;

export function mapDeclaration(
  module: ModuleState,
  kind: MapKind,
  kindName: string,
  name: string,
  node: Syntax.CallExpression,
  at: Span,
): MapDeclaration | null {
  const declared: Declared = { module, kind, kindName, node };
  const inner = kind.family === "maps" ? innerOf(declared, name) : null;
  if (kind.family === "maps" && inner === null) return null;
  const types = typeArguments(declared);
  const options = optionsOf(declared);
  if (types === null || options === null || !nameFits(module, name, at)) return null;
  return { name, kind, ...types, ...options, inner, at };
}

/** What stands first in `arrayOfMaps(counts, { … })`: a map of the file, or one that is declared there and then. */
function innerOf(declared: Declared, name: string): MapDeclaration | null {
  const { module, kindName, node } = declared;
  const [first] = node.arguments;
  const meaning = first === undefined ? null : meaningOf(module.values, first);
  let inner: MapDeclaration | null = null;
  if (meaning?.kind === "map") inner = meaning.map;
  else if (first?.type === "CallExpression") {
    const kind = meaningOf(module.values, first.callee);
    if (kind?.kind === "map-kind") inner = mapDeclaration(module, kind.map, textOf(first.callee), name, first, spanOf(first));
    if (kind?.kind === "map-kind" && inner === null) return null;
  }
  if (inner !== null && inner.inner === null) return { ...inner, name: `${name}.inner`, pinned: false };
  if (meaning?.kind !== "refused") {
    const problem = inner === null ? `${kindName} takes first what its maps look like` : "a map of maps holds no maps of maps";
    module.reporter.report("SK3002", spanOf(first ?? node), { problem, instead: usageOf(declared) });
  }
  return null;
}

function usageOf({ kind, kindName }: Declared): string {
  switch (kind.family) {
    case "ring":
    case "user-ring":
      return `write ${kindName}<Event>({ maxEntries: 1 << 18 })`;
    case "perf":
      return `write ${kindName}<Event>()`;
    case "queue":
    case "bloom":
      return `write ${kindName}<Value>({ maxEntries: 1024 })`;
    case "storage":
      return `write ${kindName}<Value>()`;
    case "stacks":
      return `write ${kindName}({ maxEntries: 1024, depth: 64 })`;
    case "maps":
      return kind.indexed
        ? `write ${kindName}(counts, { maxEntries: 8 }), after export const counts = …`
        : `write ${kindName}<Key, typeof counts>(counts, { maxEntries: 8 }), after export const counts = …`;
    case "keyed":
      return kind.indexed ? `write ${kindName}<u64>({ maxEntries: 256 })` : `write ${kindName}<Key, Value>({ maxEntries: 1024 })`;
    case "sockets":
      return kind.indexed ? `write ${kindName}({ maxEntries: 64 })` : `write ${kindName}<Key>({ maxEntries: 64 })`;
    case "arena":
      return `write ${kindName}({ pages: 16 })`;
    default:
      return `write ${kindName}({ maxEntries: 64 })`;
  }
}

function refuseType(declared: Declared, at: Span, problem: string): null {
  declared.module.reporter.report("SK3003", at, { problem, instead: usageOf(declared) });
  return null;
}

function typeArguments(declared: Declared): Types | null {
  const { kind } = declared;
  switch (kind.family) {
    case "keyed":
      return keyAndValue(declared);
    case "ring":
    case "user-ring":
    case "perf":
    case "queue":
    case "bloom":
    case "storage":
      return valueOnly(declared);
    case "sockets":
      return kind.indexed ? without(declared, { key: INTS.u32, value: INTS.u32 }) : keyOnly(declared, INTS.u32);
    case "maps":
      return kind.indexed ? without(declared, { key: INTS.u32, value: null }) : keyOnly(declared, null);
    case "redirect":
      return without(declared, { key: INTS.u32, value: INTS.u32 });
    case "reuseport":
      return without(declared, { key: INTS.u32, value: INTS.u64 });
    default:
      return without(declared, { key: null, value: null });
  }
}

/** Kinds whose keys and values are the kernel's matter. */
function without(declared: Declared, types: Types): Types | null {
  const { kindName, kind, node } = declared;
  // `arrayOfMaps<typeof counts>(counts, …)` says to the editor what the argument says, too.
  if (!node.typeArguments || kind.family === "maps") return types;
  return refuseType(declared, spanOf(node.typeArguments), `${kindName} takes no types`);
}

/** The type of a key or value; null with a report. What a map's value is would be null or not there at all: a pointer is a field of one. */
function partType(declared: Declared, node: Syntax.TSType): StoredType | null {
  const type = storedType(declared.module, node);
  if (type?.kind !== "pointer") return type;
  const instead = `put it into a struct: interface Entry { node: ${typeName(type)} }`;
  declared.module.reporter.report("SK3110", spanOf(node), {
    problem: `a pointer is no key or value of ${declared.kindName}`,
    instead,
  });
  return null;
}

/** `<Key>`; of a map of maps, the inner map's type may follow. */
function keyOnly(declared: Declared, value: StoredType | null): Types | null {
  const { kindName, node, kind } = declared;
  const given = (node.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  const [first] = given;
  if (first === undefined || given.length > (kind.family === "maps" ? 2 : 1))
    return refuseType(declared, spanOf(node.typeArguments ?? node.callee), `${kindName} needs the type of its keys`);
  const key = partType(declared, first);
  if (key === null) return null;
  if (sizeOf(key) > LARGEST_KEY)
    return refuseType(declared, spanOf(first), `a key of ${sizeOf(key)} bytes does not fit into the frame of 512`);
  return { key, value };
}

function isBuffer({ family }: MapKind): boolean {
  return family === "ring" || family === "user-ring" || family === "perf";
}

/** `<Event>`: what the records of a buffer are, what is in a queue, what an object carries. */
function valueOnly(declared: Declared): Types | null {
  const { kind, kindName, node } = declared;
  const [only, more] = node.typeArguments?.params ?? [];
  if (only === undefined || more !== undefined)
    return refuseType(
      declared,
      spanOf(node.typeArguments ?? node.callee),
      `${kindName} needs the type of its ${isBuffer(kind) ? "records" : "values"}`,
    );
  const value = partType(declared, only as Syntax.TSType);
  if (value === null) return null;
  // Of a perf event array, a number of four bytes would be what it holds: descriptors.
  if (kind.family === "perf" && value.kind !== "struct")
    return refuseType(declared, spanOf(only), `records of ${kindName} are structs, not ${typeName(value)}`);
  if (kind.family === "storage" && value.kind !== "struct")
    return refuseType(declared, spanOf(only), `values of ${kindName} are structs, not ${typeName(value)}`);
  return { key: kind.family === "storage" ? INTS.i32 : null, value };
}

/** `<Key, Value>`; of an array `<Value>` or `<u32, Value>`. */
function keyAndValue(declared: Declared): Types | null {
  const { kind, kindName, node } = declared;
  const given = node.typeArguments?.params ?? [];
  const least = kind.indexed ? 1 : 2;
  if (given.length < least || given.length > 2) {
    const problem = `${kindName} needs the types of its ${kind.indexed ? "values" : "keys and values"}`;
    return refuseType(declared, spanOf(node.typeArguments ?? node.callee), problem);
  }
  const [first, second] = given as readonly Syntax.TSType[];
  const keyNode = second === undefined ? null : first;
  const valueNode = second ?? first;
  const key = keyNode ? partType(declared, keyNode) : INTS.u32;
  const value = valueNode ? partType(declared, valueNode) : null;
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

/** An arena has at most 4 GiB (`arena_map_alloc` of kernel/bpf/arena.c). */
const MOST_PAGES = 1 << 20;

/** Options of some kinds alone, and their largest values. */
const OWN_OPTIONS: Readonly<Partial<Record<MapFamily, Readonly<Record<string, number | bigint>>>>> = {
  stacks: { depth: 127 },
  bloom: { hashes: 15 },
  // Addresses of a process (x86-64 with four levels of pages; more than any machine with 48 bits has).
  arena: { pages: MOST_PAGES, address: (1n << 47n) - 1n },
};

/** Addresses of a call chain, as `kernel.perf_event_max_stack` limits it. */
const DEPTH = 127;

/** `{ maxEntries: n, … }`; null, with a report, when it is anything else. */
function optionsOf(declared: Declared): Options | null {
  const { module, kind, kindName, node } = declared;
  const refuse = (at: Syntax.Node, problem: string) => {
    module.reporter.report("SK3002", spanOf(at), { problem, instead: usageOf(declared) });
    return null;
  };
  const [argument, more] = kind.family === "maps" ? node.arguments.slice(1) : node.arguments;
  // The number of CPUs is what everybody wants of a perf event array; the engine knows it. Storages grow with their objects.
  const counts = kind.family !== "perf" && kind.family !== "storage";
  const size = kind.family === "arena" ? "pages" : "maxEntries";
  const nothing: Options = { maxEntries: 0, flags: 0, pinned: false, numaNode: null, extra: null, depth: DEPTH, contents: null };
  if (argument === undefined && !counts) return nothing;
  if (argument?.type !== "ObjectExpression" || more !== undefined)
    return refuse(argument ?? node, `${kindName} takes its options in braces`);
  const own = OWN_OPTIONS[kind.family] ?? {};
  const known = [
    ...OPTIONS.filter((name) => name !== "maxEntries" || (kind.family !== "storage" && kind.family !== "arena")),
    ...Object.keys(own),
    ...(kind.type === "prog_array" ? ["programs"] : kind.type === "array_of_maps" ? ["maps"] : []),
  ];
  const given = new Map<string, bigint>();
  let pinned = false;
  let contents: MapDeclaration["contents"] = null;
  for (const property of argument.properties) {
    const key =
      property.type === "ObjectProperty" && !property.computed && property.key.type === "Identifier" ? property.key.name : null;
    if (property.type !== "ObjectProperty" || key === null || !known.includes(key))
      return refuse(property, `${key ?? "this"} is not an option of ${kindName}`);
    if (given.has(key) || (key === "pinning" && pinned)) return refuse(property, `${key} is there twice`);
    if (key === "pinning") {
      if (property.value.type !== "StringLiteral" || property.value.value !== "name")
        return refuse(property.value, 'pinning is "name": the map is pinned in the bpf file system under its name');
      pinned = true;
      continue;
    }
    if (key === "programs" || key === "maps") {
      const names = namesOf(declared, key, property.value);
      if (names === null) return null;
      contents = { kind: key, names };
      continue;
    }
    const value = constantOption(module, key, property.value, key === "address" ? INTS.u64 : INTS.u32);
    if (value === null) return null;
    given.set(key, value);
    const largest = own[key];
    if (largest !== undefined && (value === 0n || value > BigInt(largest)))
      return refuse(property.value, `${key} is a number from 1 to ${largest}`);
    const problem =
      key === "maxEntries"
        ? entriesProblem(declared, value)
        : key === "address" && value % BigInt(PAGE) !== 0n
          ? `address is a multiple of ${PAGE}, where the arena's first page lies in user space`
          : null;
    if (problem !== null) return refuse(property.value, problem);
  }
  const maxEntries = given.get(size);
  if (maxEntries === undefined && counts) return refuse(argument, `${kindName} needs ${size}`);
  if (contents !== null && BigInt(contents.names.length) > (maxEntries ?? 0n))
    return refuse(argument, `${contents.names.length} ${contents.kind} do not fit into ${maxEntries ?? 0n} entries`);
  const numaNode = given.get("numaNode");
  return {
    maxEntries: Number(maxEntries ?? 0n),
    flags: Number(given.get("flags") ?? 0n),
    pinned,
    numaNode: numaNode === undefined ? null : Number(numaNode),
    extra: given.get("hashes") ?? given.get("address") ?? null,
    depth: Number(given.get("depth") ?? DEPTH),
    contents,
  };
}

/**
 * `programs: () => [parse, null, last]`, `maps: [first, second]`: names of what is declared in this file. Programs stand behind an arrow, because
 * they come further down in the file, and use the map themselves.
 */
function namesOf(declared: Declared, key: "programs" | "maps", node: Syntax.Node): readonly (string | null)[] | null {
  const { module, kindName } = declared;
  const refuse = (at: Syntax.Node, problem: string) => {
    const instead = key === "programs" ? "write programs: () => [parse, null, last]" : "write maps: [first, second]";
    module.reporter.report("SK3002", spanOf(at), { problem, instead });
    return null;
  };
  const inner = key === "programs" && node.type === "ArrowFunctionExpression" && node.params.length === 0 ? node.body : null;
  const list = key === "programs" ? inner : node;
  if (list?.type !== "ArrayExpression") return refuse(node, `${key} of ${kindName} are a list of names`);
  const names: (string | null)[] = [];
  for (const item of list.elements) {
    if (item?.type === "NullLiteral") {
      names.push(null);
      continue;
    }
    const wanted = key === "programs" ? "program" : "map";
    const meaning = item?.type === "Identifier" && !module.values.isImported(item.name) ? module.values.look(item.name) : null;
    if (item?.type !== "Identifier" || meaning?.kind !== wanted)
      return meaning?.kind === "refused" ? null : refuse(item ?? list, `this is no ${wanted} of this file`);
    names.push(item.name);
  }
  return names;
}

function constantOption(module: ModuleState, name: string, node: Syntax.Node, type: IntType): bigint | null {
  const fn = new FunctionState(module, name, null, null);
  const value = coerce(fn, expression(fn, node, type), type);
  if (value.type.kind === "error") return null;
  if (value.kind === "constant") return value.value;
  module.reporter.report("SK2206", spanOf(node), { what: name });
  return null;
}

function entriesProblem({ kind, kindName }: Declared, entries: bigint): string | null {
  if (entries === 0n) return "a map with no entries holds nothing";
  if (kind.family !== "ring" && kind.family !== "user-ring") return null;
  const pages = entries / BigInt(PAGE);
  const whole = entries % BigInt(PAGE) === 0n && (pages & (pages - 1n)) === 0n;
  return whole ? null : `maxEntries of ${kindName} is its size in bytes: a power of two, at least ${PAGE}`;
}

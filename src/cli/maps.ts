/** Contents of maps, for people (tables, largest first) and for machines (JSON). */

import type { BpfMap } from "../engine/engine.ts";
import type { ArenaList } from "./arena-lists.ts";
import { type Column, count, counted, type Style, table } from "./terminal.ts";

/** Kinds as the language spells them. */
const KIND_NAMES: Readonly<Record<string, string>> = {
  array: "array",
  hash: "hash",
  percpu_array: "per-CPU array",
  percpu_hash: "per-CPU hash",
  lru_hash: "LRU hash",
  lru_percpu_hash: "per-CPU LRU hash",
  lpm_trie: "LPM trie",
  stack_trace: "stacks",
};

/** Kinds that have no keys to go through: rings, queues, filters, references to programs and maps, bare memory. */
const WITHOUT_ENTRIES: ReadonlySet<string> = new Set([
  "ringbuf",
  "user_ringbuf",
  "perf_event_array",
  "queue",
  "stack",
  "bloom_filter",
  "prog_array",
  "array_of_maps",
  "hash_of_maps",
  "arena",
]);

/** Those of the maps whose entries can be shown. */
export function withEntries<Map extends { readonly spec: { readonly type: string } }>(maps: readonly Map[]): Map[] {
  return maps.filter(({ spec }) => !WITHOUT_ENTRIES.has(spec.type));
}

/** A value that may be shown: what codecs decode to. */
type Shown = number | bigint | string | boolean | Uint8Array | readonly Shown[] | { readonly [field: string]: Shown };

/**
 * A titled table of a map's entries, the largest by the last number first, at most `most` of them. Per-CPU values are
 * added up. Arrays leave out entries that are all zero.
 */
export function renderMap(map: BpfMap, most: number, style: Style): string[] {
  const entries = [...totals(map)].filter(([, value]) => !isArray(map) || !isZero(value));
  const title = `${style.bold(map.name)} ${style.dim(`${KIND_NAMES[map.spec.type] ?? map.spec.type}, ${count(entries.length)} of ${counted(map.spec.maxEntries, "entry", "entries")}`)}`;
  if (entries.length === 0) return [title];
  const rows = entries.map(([key, value]) => [...flatten("key", key), ...flatten("value", value)]);
  rows.sort((one, other) => compare(other.at(-1)?.[1], one.at(-1)?.[1]));
  const columns: Column[] = (rows[0] ?? []).map(([name, value]) => ({
    title: name,
    align: typeof value === "number" || typeof value === "bigint" ? "right" : "left",
  }));
  const keyColumns = flatten("key", entries[0]?.[0] ?? 0).length;
  const shown = rows.slice(0, most).map((row) => row.map(([, value], at) => (at < keyColumns ? keyText(value) : text(value))));
  const rest = rows.length - shown.length;
  return [title, ...table(columns, shown, style), ...(rest > 0 ? [style.dim(`  … and ${count(rest)} more`)] : [])];
}

/** A titled table of structs that follow each other in an arena, in their order, at most `most` of them. */
export function renderList(name: string, { type, next, values, isCut }: ArenaList, most: number, style: Style): string[] {
  const length = `${count(values.length)}${isCut ? " and more" : ""}`;
  const title = `${style.bold(name)} ${style.dim(next === null ? type : `list of ${type}, ${length}`)}`;
  const rows = values.map((value) => flatten("value", value as Shown).filter(([field]) => field !== next));
  const columns: Column[] = (rows[0] ?? []).map(([field, value]) => ({
    title: field,
    align: typeof value === "number" || typeof value === "bigint" ? "right" : "left",
  }));
  const shown = rows.slice(0, most).map((row) => row.map(([, value]) => text(value)));
  const rest = rows.length - shown.length;
  return [title, ...table(columns, shown, style), ...(rest > 0 ? [style.dim(`  … and ${count(rest)} more`)] : [])];
}

/** `{ type, maxEntries, entries: [{ key, value }] }`; a per-CPU value is the total, and `cpus` lists each CPU's. */
export function mapToJson(map: BpfMap): unknown {
  const entries = [...map.entries()].map(([key, value]) =>
    isPerCpu(map) && Array.isArray(value) ? { key, value: sum(value as Shown[]), cpus: value } : { key, value },
  );
  return { type: map.spec.type, maxEntries: map.spec.maxEntries, entries };
}

/** JSON text of anything above: integers beyond 2^53 as strings (they are not exact as JSON numbers), bytes as hexadecimal. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === "bigint") return Number.isSafeInteger(Number(item)) ? Number(item) : item.toString();
    if (item instanceof Uint8Array) return hex(item);
    return item;
  });
}

function* totals(map: BpfMap): Generator<[Shown, Shown]> {
  for (const [key, value] of map.entries()) {
    yield [key as Shown, isPerCpu(map) && Array.isArray(value) ? sum(value as Shown[]) : (value as Shown)];
  }
}

function isPerCpu(map: BpfMap): boolean {
  return map.spec.type.includes("percpu");
}

function isArray(map: BpfMap): boolean {
  return map.spec.type.endsWith("array");
}

/** Adds numbers field by field; of what cannot be added, the first CPU's that is not zero stands. */
function sum(values: readonly Shown[]): Shown {
  const [first] = values;
  if (typeof first === "number" || typeof first === "bigint") {
    const total = values.reduce((left: bigint, right) => left + BigInt(right as number | bigint), 0n);
    return typeof first === "number" ? Number(total) : total;
  }
  if (isFields(first)) {
    return Object.fromEntries(
      Object.keys(first).map((name) => [name, sum(values.map((value) => (isFields(value) ? (value[name] ?? 0) : 0)))]),
    );
  }
  return values.find((value) => !isZero(value)) ?? first ?? 0;
}

function isFields(value: Shown | undefined): value is { readonly [field: string]: Shown } {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function isZero(value: Shown): boolean {
  if (isFields(value)) return Object.values(value).every(isZero);
  if (value instanceof Uint8Array) return value.every((byte) => byte === 0);
  if (Array.isArray(value)) return value.every(isZero);
  return value === 0 || value === 0n || value === false || value === "";
}

/** Columns of a value: one, or one for each field of a struct (`address`, `inner.port`). */
function flatten(name: string, value: Shown): (readonly [string, Shown])[] {
  if (!isFields(value)) return [[name, value]];
  const prefix = name === "key" || name === "value" ? "" : `${name}.`;
  return Object.entries(value).flatMap(([field, item]) => flatten(prefix + field, item));
}

function compare(one: Shown | undefined, other: Shown | undefined): number {
  if ((typeof one === "number" || typeof one === "bigint") && (typeof other === "number" || typeof other === "bigint")) {
    return one < other ? -1 : one > other ? 1 : 0;
  }
  return 0;
}

/** A key is a name, not an amount: port 8080, not 8,080. */
function keyText(value: Shown): string {
  return typeof value === "number" || typeof value === "bigint" ? String(value) : text(value);
}

function text(value: Shown): string {
  if (typeof value === "number" || typeof value === "bigint") return count(value);
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return `[${listed(value, text)}]`;
  if (isFields(value)) return inLine(value);
  return String(value);
}

/** A value of any shape in one line, for people: long lists are cut, and say how much. */
export function inLine(value: unknown): string {
  if (Array.isArray(value)) return `[${listed(value, inLine)}]`;
  if (value === null || !isFields(value as Shown)) return toJson(value);
  const fields = Object.entries(value as object).map(([name, item]) => `${name}: ${inLine(item)}`);
  return `{ ${fields.join(", ")} }`;
}

/** Items that a line shows at most, and zeroes at the end of a list that it shows all the same. */
const MOST_ITEMS = 64;
const FEW_ZEROES = 8;

function listed(items: readonly Shown[], textOf: (item: Shown) => string): string {
  const used = items.findLastIndex((item) => !isZero(item)) + 1;
  const zeroes = items.length - used > FEW_ZEROES ? items.length - used : 0;
  const kept = items.length - zeroes;
  const parts = items.slice(0, Math.min(kept, MOST_ITEMS)).map(textOf);
  if (kept > MOST_ITEMS) parts.push(`… ${count(kept - MOST_ITEMS)} more`);
  if (zeroes > 0) parts.push(`… ${counted(zeroes, "zero", "zeroes")}`);
  return parts.join(", ");
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

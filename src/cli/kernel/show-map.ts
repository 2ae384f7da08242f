/** A map: what the kernel tells of it, who uses it, and what is in it, as its types say. */

import type { KernelInspector } from "../../engine/linux/inspect/inspector.ts";
import type { MapInfo } from "../../engine/linux/inspect/types.ts";
import { isRing } from "../../engine/linux/maps/kinds.ts";
import type { BpfMap, QueueMap } from "../../engine/maps.ts";
import { inLine, mapToJson, renderMap, withEntries } from "../maps.ts";
import { bytes, type Column, count, counted, type Style, table } from "../terminal.ts";
import { type Fact, renderFacts } from "./facts.ts";
import type { Use } from "./usage.ts";

/** Kinds that hold programs or maps. */
const HOLDERS = /^(prog_array|array_of_maps|hash_of_maps)$/;

const QUEUES = /^(queue|stack)$/;

/** `BPF_F_*` of `map_flags` in linux/bpf.h, from the lowest bit on; those that the kernel takes when a map is made. */
const FLAGS = [
  "no-prealloc",
  "no-common-lru",
  "numa-node",
  "rdonly",
  "wronly",
  "stack-build-id",
  "zero-seed",
  "rdonly-prog",
  "wronly-prog",
  "clone",
  "mmapable",
  "preserve-elems",
  "inner-map",
  "link",
  "path-fd",
  "vtype-btf-obj-fd",
  "token-fd",
  "segv-on-fault",
  "no-user-conv",
  "rb-overwrite",
] as const;

export function renderMapFacts(kernel: KernelInspector, map: MapInfo, use: Use, style: Style): string[] {
  const { types, kernelType, owner, device } = map;
  const programs = kernel.programs().filter(({ maps }) => maps.includes(map.id));
  const facts: Fact[] = [
    ["type", map.type],
    ["key", sizeText(map.keySize, types === null ? "" : typeText(kernel, types.btf, types.key))],
    ["value", sizeText(map.valueSize, valueType(kernel, map))],
    ["entries", `${count(map.maxEntries)} at most`],
    ["flags", flagsText(map.flags)],
    ["extra", map.extra === 0n ? "" : `0x${map.extra.toString(16)}`],
    ["memory", map.memory === null ? "" : bytes(map.memory)],
    ["frozen", map.frozen ? "yes: user space cannot write it" : ""],
    ["holds", owner === null ? "" : `programs of type ${owner.type}${owner.jited ? "" : ", interpreted"}`],
    ["types", types === null ? (kernelType === null ? "none: keys and values are bytes" : "the kernel's") : `BTF ${types.btf}`],
    ["lies on", device === null ? "" : `interface ${device.interface} of network namespace ${device.namespace.inode}`],
    ["programs", programs.map(({ name, id }) => `${name || "-"} (${id})`).join(", ")],
    ["pinned", use.pinned.join(", ")],
    ["held by", use.processes.map(({ pid, command }) => `${command} (${pid})`).join(", ")],
  ];
  return renderFacts(`map ${map.id}`, map.name, facts, style);
}

function valueType(kernel: KernelInspector, { types }: MapInfo): string {
  return types === null ? "" : typeText(kernel, types.btf, types.value);
}

function typeText(kernel: KernelInspector, btf: number, type: number): string {
  if (type === 0) return "";
  const { name, kind } = kernel.types(btf).type(type);
  return [kind === "struct" || kind === "union" || kind === "enum" ? kind : "", name].filter((word) => word !== "").join(" ");
}

const sizeText = (size: number, type: string): string => `${counted(size, "byte")}${type === "" ? "" : `, ${type}`}`;

function flagsText(flags: number): string {
  const names = FLAGS.filter((_, bit) => ((flags >>> bit) & 1) === 1);
  const rest = flags >>> FLAGS.length;
  return [...names, ...(rest === 0 ? [] : [`0x${(rest * 2 ** FLAGS.length).toString(16)}`])].join(", ");
}

/** A table of what is in it; or why there is none. @param most rows */
export async function renderMapContents(kernel: KernelInspector, map: MapInfo, most: number, style: Style): Promise<string[]> {
  if (HOLDERS.test(map.type)) {
    const references = await kernel.references(map.id);
    if (references.length === 0) return [style.dim("it is empty")];
    const rows = references.slice(0, most).map(({ key, kind, id }) => [String(key), `${kind} ${id}`, nameOf(kernel, kind, id)]);
    const more = references.length - rows.length;
    return [...table(REFERENCE_COLUMNS, rows, style), ...(more > 0 ? [style.dim(`  … and ${count(more)} more`)] : [])];
  }
  if (isRing(map.type)) {
    const { size, unread } = await kernel.ringFill(map.id);
    return [`${bytes(unread)} of ${bytes(size)} are written and not yet read`];
  }
  using opened = await kernel.openMap(map.id);
  try {
    if (QUEUES.test(map.type)) return [nextText((opened as QueueMap).peek(), style)];
    if (withEntries([opened]).length === 0) return [style.dim(`a map of type ${map.type} has no entries to be shown`)];
    if (map.maxEntries === 1) {
      const [only] = (opened as BpfMap).values();
      if (isFields(only)) return renderFields(only, style);
    }
    return renderMap(opened as BpfMap, most, style);
  } catch (error) {
    if (error instanceof Error && error.name === "MapError") return [style.dim(`what is in it cannot be read: ${error.message}`)];
    throw error;
  }
}

/** Reading one further would take it out. */
function nextText(next: unknown, style: Style): string {
  return next === undefined ? style.dim("it is empty") : `next: ${inLine(next)}`;
}

/** The one value of a map of variables, or of an interface: a field a line, also those that are 0. */
function renderFields(fields: Readonly<Record<string, unknown>>, style: Style): string[] {
  const rows = [...flatten("", fields)].map(([name, value]) => [name, inLine(value)]);
  return table(FIELD_COLUMNS, rows, style);
}

function* flatten(prefix: string, fields: Readonly<Record<string, unknown>>): Generator<[string, unknown]> {
  for (const [name, value] of Object.entries(fields)) {
    if (isFields(value)) yield* flatten(`${prefix}${name}.`, value);
    else yield [`${prefix}${name}`, value];
  }
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

const FIELD_COLUMNS: readonly Column[] = [
  { title: "field", align: "left" },
  { title: "value", align: "left" },
];

const REFERENCE_COLUMNS: readonly Column[] = [
  { title: "key", align: "right" },
  { title: "holds", align: "left" },
  { title: "name", align: "left" },
];

/** What is in a map exists, until somebody takes it out. */
function nameOf(kernel: KernelInspector, kind: "program" | "map", id: number): string {
  try {
    return kind === "program" ? kernel.program(id).name : kernel.map(id).name;
  } catch {
    return "";
  }
}

/** For machines: entries, or references; null when it cannot be read. */
export async function mapContents(kernel: KernelInspector, map: MapInfo): Promise<unknown> {
  if (HOLDERS.test(map.type)) return { entries: await kernel.references(map.id) };
  if (isRing(map.type)) return kernel.ringFill(map.id);
  using opened = await kernel.openMap(map.id);
  if (withEntries([opened]).length === 0) return null;
  try {
    return mapToJson(opened as BpfMap);
  } catch (error) {
    if (error instanceof Error && error.name === "MapError") return null;
    throw error;
  }
}

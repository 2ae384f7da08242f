/** What a run shows at its end: variables by name, and the maps whose entries user space can go through. */

import type { AnyMap, Collection } from "../engine/engine.ts";
import { type ArenaList, arenaLists } from "./arena-lists.ts";
import { inLine, renderList, renderMap, withEntries } from "./maps.ts";
import { count, type Style, table } from "./terminal.ts";

/** Kinds whose entries belong to sockets, tasks and the like, or are descriptors: user space cannot go through them. */
const UNREADABLE = /_storage$|^(sockmap|sockhash|xskmap|cgroup_array|reuseport_sockarray|struct_ops|insn_array)$/;

export interface VariableValue {
  readonly name: string;
  readonly value: unknown;
  /** Where it leads to in an arena. */
  readonly list?: ArenaList | undefined;
}

/** Maps to show at the end: those that hold variables are shown as those. */
export function shownMaps({ maps, spec }: Collection): AnyMap[] {
  const holders = new Set((spec.globals ?? []).map(({ map }) => map));
  return withEntries(Object.values(maps)).filter(
    ({ name, spec }) => !UNREADABLE.test(spec.type) && !holders.has(name) && spec.frozen !== true,
  );
}

/** Variables that programs change, by name. */
export function variableValues(collection: Collection): readonly VariableValue[] {
  const { variables, spec } = collection;
  const lists = arenaLists(collection);
  const constant = new Set(spec.maps.filter(({ frozen }) => frozen === true).map(({ name }) => name));
  return (spec.globals ?? [])
    .filter(({ name, map }) => !constant.has(map) && variables[name] !== undefined)
    .map(({ name }) => ({ name, value: variables[name]?.get(), list: lists.get(name) }));
}

export function variablesToJson(variables: readonly VariableValue[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    variables.map(({ name, value, list }) => [
      name,
      list === undefined ? value : { address: value, type: list.type, values: list.values },
    ]),
  );
}

/** Tables with an empty line before each. */
export function renderContents(
  variables: readonly VariableValue[],
  maps: readonly AnyMap[],
  most: number,
  style: Style,
): readonly string[] {
  const lines: string[] = [];
  if (variables.length > 0) {
    const columns = [
      { title: "variable", align: "left" },
      { title: "value", align: variables.every(({ value }) => isNumber(value)) ? "right" : "left" },
    ] as const;
    const rows = variables.map(({ name, value, list }) => [name, list === undefined ? valueText(value) : address(value)]);
    lines.push("", ...table(columns, rows, style));
  }
  for (const { name, list } of variables) if (list !== undefined) lines.push("", ...renderList(name, list, most, style));
  for (const map of maps) lines.push("", ...renderMap(map, most, style));
  return lines;
}

const valueText = (value: unknown): string => (isNumber(value) ? count(value) : inLine(value));
/** A pointer is a name, not an amount. */
const address = (value: unknown): string => (typeof value === "bigint" ? `0x${value.toString(16)}` : String(value));
const isNumber = (value: unknown): value is number | bigint => typeof value === "number" || typeof value === "bigint";

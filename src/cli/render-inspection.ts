/** What `skep inspect` prints for people. */

import type { GlobalDescription, MapDescription, ProgramDescription, SpecDescription } from "./inspection.ts";
import { toJson } from "./maps.ts";
import { privilegeReasons, privilegesText } from "./render-privileges.ts";
import { minimumText, placesText, placeText, requirementText } from "./requirements.ts";
import { type Column, count, counted, type Style, table } from "./terminal.ts";

export function renderInspection(spec: SpecDescription, style: Style, options: { verbose: boolean }): string {
  const out = [
    `${style.bold(spec.name)} ${style.dim(facts(spec))}`,
    `minimum kernel ${minimumText(spec.minimumKernel, spec.because)}`,
    `privileges     ${privilegesText(spec.privileges)}`,
  ];
  const part = (title: string, lines: readonly string[]) => {
    if (lines.length > 0) out.push("", style.bold(title), ...lines);
  };
  part("Programs", programs(spec.programs, style));
  part("Maps", maps(spec.maps, style));
  part("Variables", globals(spec.globals, style, options.verbose ? Number.POSITIVE_INFINITY : LONGEST_VALUE));
  part("Externs", externs(spec, style));
  part("Sections for tools", sections(spec, style));
  part("Relocations", options.verbose ? everyRelocation(spec.programs, style) : relocations(spec.programs));
  if (options.verbose) part("Requirements", requirements(spec, style));
  if (options.verbose) part("Privileges", privilegeReasons(spec.privileges, style));
  part(
    "Notes",
    spec.notes.map((note) => `  ${note}`),
  );
  return `${out.join("\n")}\n`;
}

function facts(spec: SpecDescription): string {
  const license = spec.license === "" ? "no licence" : spec.license;
  const types = spec.types === 0 ? "no types" : counted(spec.types, "type");
  return [license, types, ...(spec.byteOrder === "big" ? ["big-endian"] : [])].join(", ");
}

const LEFT = (title: string): Column => ({ title, align: "left" });
const RIGHT = (title: string): Column => ({ title, align: "right" });

function programs(all: readonly ProgramDescription[], style: Style): string[] {
  if (all.length === 0) return [];
  const rows = all.map((program) => {
    const flags = [...program.flags, ...(program.autoload ? [] : ["not loaded by itself"])];
    return [
      program.name,
      program.section,
      program.type,
      program.attachType ?? "",
      count(program.instructions),
      program.functions.length > 1 ? program.functions.slice(1).join(" ") : "",
      flags.join(", "),
    ];
  });
  return slimTable(
    [LEFT("name"), LEFT("section"), LEFT("type"), LEFT("attach type"), RIGHT("instructions"), LEFT("functions"), LEFT("flags")],
    rows,
    style,
  );
}

function maps(all: readonly MapDescription[], style: Style): string[] {
  const rows: string[][] = [];
  const add = (map: MapDescription, indent: string) => {
    const notes = [
      ...map.flags,
      ...(map.pinning === null ? [] : [map.pinning === "name" ? "pinned by name" : `pinning ${map.pinning}`]),
      ...(map.frozen ? ["frozen"] : []),
      ...(map.contents === null ? [] : [map.contents]),
    ];
    rows.push([
      indent + map.name,
      map.type,
      sized(map.keyType, map.keySize),
      sized(map.valueType, map.valueSize),
      count(map.maxEntries),
      notes.join(", "),
    ]);
    if (map.inner !== null) add(map.inner, `${indent}  `);
  };
  for (const map of all) add(map, "");
  return rows.length === 0
    ? []
    : slimTable([LEFT("name"), LEFT("type"), LEFT("key"), LEFT("value"), RIGHT("entries"), LEFT("flags, contents")], rows, style);
}

function sized(type: string | null, size: number): string {
  if (size === 0 && type === null) return "";
  return type === null ? counted(size, "byte") : `${type} (${size})`;
}

/** Characters of an initial value that are shown, unless more is asked for. */
const LONGEST_VALUE = 60;

function globals(all: readonly GlobalDescription[], style: Style, longest: number): string[] {
  const rows = all.map(({ name, map, offset, size, type, value }) => {
    const text = value === null ? "" : toJson(value);
    return [
      name,
      type ?? counted(size, "byte"),
      `${map} + ${offset}`,
      text.length > longest ? `${text.slice(0, longest - 1)}…` : text,
    ];
  });
  return rows.length === 0 ? [] : slimTable([LEFT("name"), LEFT("type"), LEFT("place"), LEFT("initial value")], rows, style);
}

function externs(spec: SpecDescription, style: Style): string[] {
  const rows = spec.externs.map(({ name, kind, weak, type }) => [name, kind, type ?? "", weak ? "may be missing" : ""]);
  return rows.length === 0 ? [] : slimTable([LEFT("name"), LEFT("kind"), LEFT("type"), LEFT("")], rows, style);
}

function sections(spec: SpecDescription, style: Style): string[] {
  const rows = spec.sections.map(({ name, size, variables }) => [name, count(size), variables.join(", ")]);
  return rows.length === 0 ? [] : slimTable([LEFT("name"), RIGHT("bytes"), LEFT("variables")], rows, style);
}

/** How many of each kind. */
function relocations(all: readonly ProgramDescription[]): string[] {
  const every = all.flatMap((program) => program.relocations);
  const byKind = Map.groupBy(every, ({ kind }) => kind);
  return [...byKind].map(([kind, of]) => `  ${count(of.length)} × ${kind}`);
}

function everyRelocation(all: readonly ProgramDescription[], style: Style): string[] {
  const rows = all.flatMap((program) =>
    program.relocations.map((relocation) => [relocation.kind, relocation.subject, placeText(relocation)]),
  );
  return rows.length === 0 ? [] : slimTable([LEFT("kind"), LEFT("of"), LEFT("where")], rows, style);
}

function requirements(spec: SpecDescription, style: Style): string[] {
  const rows = spec.requirements.map((one) => [
    one.since ?? "?",
    requirementText(one),
    one.demand === "always" ? "" : one.demand,
    placesText(one.where),
  ]);
  return rows.length === 0 ? [] : slimTable([LEFT("since"), LEFT("what"), LEFT("demand"), LEFT("where")], rows, style);
}

/** A table without the columns that have nothing to say. */
function slimTable(columns: readonly Column[], rows: readonly (readonly string[])[], style: Style): string[] {
  const kept = columns.map((_, at) => at).filter((at) => rows.some((row) => row[at] !== ""));
  return table(
    kept.map((at) => columns[at]!),
    rows.map((row) => kept.map((at) => row[at] ?? "")),
    style,
  );
}

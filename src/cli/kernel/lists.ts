/** What `skep list` shows of each kind: rows for people, objects for machines. */

import type { KernelInspector } from "../../engine/linux/inspect/inspector.ts";
import type { BtfInfo, MapInfo, ProgramInfo } from "../../engine/linux/inspect/types.ts";
import { bytes, type Column, count, type Style, table } from "../terminal.ts";
import { Places } from "./places.ts";
import { type Usage, useText } from "./usage.ts";
import { age } from "./words.ts";

export interface Listed {
  readonly title: string;
  /** For people, when there is none. */
  readonly none: string;
  readonly items: readonly unknown[];
  lines(style: Style): readonly string[];
}

const LEFT = (title: string): Column => ({ title, align: "left" });
const RIGHT = (title: string): Column => ({ title, align: "right" });

export function listPrograms(kernel: KernelInspector, usage: Usage): Listed {
  const all = kernel.programs();
  const rows = (): string[][] =>
    all.map((program) => [
      String(program.id),
      nameOf(program),
      program.type,
      age(program.loadedAt),
      count(program.translatedBytes / 8),
      program.jitedBytes === 0 ? "" : bytes(program.jitedBytes),
      program.maps.join(" "),
      useText(usage.of("program", program.id)),
    ]);
  const columns = [
    RIGHT("id"),
    LEFT("name"),
    LEFT("type"),
    LEFT("loaded"),
    RIGHT("instructions"),
    RIGHT("machine code"),
    LEFT("maps"),
    LEFT("used by"),
  ];
  return {
    title: "Programs",
    none: "no programs are loaded",
    items: all.map((program) => ({ ...program, ...usage.of("program", program.id) })),
    lines: (style) => slimTable(columns, rows(), style),
  };
}

export function listMaps(kernel: KernelInspector, usage: Usage): Listed {
  const all = kernel.maps();
  const rows = (): string[][] =>
    all.map((map) => [
      String(map.id),
      nameOf(map),
      map.type,
      count(map.keySize),
      count(map.valueSize),
      count(map.maxEntries),
      map.memory === null ? "" : bytes(map.memory),
      useText(usage.of("map", map.id)),
    ]);
  const columns = [
    RIGHT("id"),
    LEFT("name"),
    LEFT("type"),
    RIGHT("key"),
    RIGHT("value"),
    RIGHT("entries"),
    RIGHT("memory"),
    LEFT("used by"),
  ];
  return {
    title: "Maps",
    none: "there are no maps",
    items: all.map((map) => ({ ...map, ...usage.of("map", map.id) })),
    lines: (style) => slimTable(columns, rows(), style),
  };
}

export function listLinks(kernel: KernelInspector, usage: Usage): Listed {
  const all = kernel.links();
  const places = new Places(kernel);
  const names = new Map(kernel.programs().map(({ id, name }) => [id, name]));
  const rows = (): string[][] =>
    all.map((link) => [
      String(link.id),
      link.type,
      link.program === 0 ? "" : String(link.program),
      names.get(link.program) ?? "",
      places.describe(link),
      useText(usage.of("link", link.id)),
    ]);
  const columns = [RIGHT("id"), LEFT("type"), RIGHT("program"), LEFT("name"), LEFT("attached as"), LEFT("used by")];
  return {
    title: "Links",
    none: "there are no links",
    items: all.map((link) => ({ ...link, ...usage.of("link", link.id) })),
    lines: (style) => slimTable(columns, rows(), style),
  };
}

/** Types, with the programs and maps that were loaded with them. */
export function listBtfs(kernel: KernelInspector, usage: Usage): Listed {
  const users = typeUsers(kernel);
  const all = kernel.btfs().map((btf) => ({ ...btf, ...users(btf) }));
  const rows = (): string[][] =>
    all.map((btf) => [
      String(btf.id),
      btf.name,
      btf.kernel ? (btf.name === "vmlinux" ? "the kernel's" : "a module's") : "",
      bytes(btf.size),
      btf.programs.join(" "),
      btf.maps.join(" "),
      useText(usage.of("btf", btf.id)),
    ]);
  const columns = [RIGHT("id"), LEFT("name"), LEFT("origin"), RIGHT("size"), LEFT("programs"), LEFT("maps"), LEFT("used by")];
  return {
    title: "BTF objects",
    none: "there are no BTF objects",
    items: all.map((btf) => ({ ...btf, processes: usage.of("btf", btf.id).processes })),
    lines: (style) => slimTable(columns, rows(), style),
  };
}

/** Which programs and maps were loaded with a BTF object. */
export function typeUsers(
  kernel: KernelInspector,
): (btf: BtfInfo) => { readonly programs: readonly number[]; readonly maps: readonly number[] } {
  const programs = kernel.programs();
  const maps = kernel.maps();
  return ({ id }) => ({
    programs: programs.filter(({ btf }) => btf === id).map((each) => each.id),
    maps: maps.filter(({ types }) => types?.btf === id).map((each) => each.id),
  });
}

const nameOf = ({ name }: ProgramInfo | MapInfo): string => name || "-";

/** Without the columns that say nothing. */
export function slimTable(columns: readonly Column[], rows: readonly (readonly string[])[], style: Style): string[] {
  const kept = columns.map((_, at) => at).filter((at) => rows.some((row) => row[at] !== ""));
  return table(
    kept.flatMap((at) => columns[at] ?? []),
    rows.map((row) => kept.map((at) => row[at] ?? "")),
    style,
  );
}

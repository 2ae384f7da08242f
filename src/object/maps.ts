/**
 * All maps of an object, and what lies where in the sections that they come from.
 *
 * In libbpf's order: `.maps`, sections of variables, `.kconfig`, `.struct_ops`. Maps of the old kind come first.
 */

import { isMapOfMaps, MAPS_SECTION, type MapDeclared, PAGE_SIZE, readBtfMaps } from "./btf-maps.ts";
import { readDataMaps, readGlobals, symbolName } from "./data-maps.ts";
import { type Elf, type ElfSection, SHT, STT } from "./elf.ts";
import { ObjectError } from "./errors.ts";
import type { Externs } from "./externs.ts";
import type { Functions } from "./functions.ts";
import { readLegacyMaps } from "./legacy-maps.ts";
import type { GlobalSpec, MapContents, MapSpec } from "./spec.ts";
import { readStructOps } from "./struct-ops.ts";
import type { ObjectTypes } from "./types.ts";

/** Variables in the memory that a program shares with user space. */
const ARENA_SECTION = ".addr_space.1";
/** Tables of `gotox`, one symbol each, 8 bytes an entry. */
const JUMP_TABLES = ".jumptables";

export interface ObjectMaps {
  readonly specs: readonly MapSpec[];
  readonly globals: readonly GlobalSpec[];
  /** The map declared exactly there. */
  declared(section: number, offset: number): MapSpec | undefined;
  /** The map whose value starts with that section. */
  variables(section: number): MapSpec | undefined;
  readonly jumpTables: ElfSection | undefined;
}

/** @throws ObjectError when a definition is malformed or two maps have one name. */
export function readMaps(
  elf: Elf,
  types: ObjectTypes | null,
  functions: Functions,
  externs: Externs,
  objectName: string,
): ObjectMaps {
  const declared = [...readLegacyMaps(elf, types), ...fillValues(elf, functions, readBtfMaps(elf, types))];
  const data = readDataMaps(elf, types, objectName);
  const structOps = readStructOps(elf, types, functions);
  const arena = readArena(elf, declared);
  const specs = [
    ...declared.map(({ spec }) => (spec === arena?.declared.spec ? arena.spec : spec)),
    ...data.map(({ spec }) => spec),
    ...(externs.kconfig === null ? [] : [externs.kconfig]),
    ...structOps.map(({ spec }) => spec),
  ];
  const byName = new Map<string, MapSpec>();
  for (const spec of specs) {
    if (byName.has(spec.name)) {
      throw new ObjectError("map", "expected maps of different names, found two of this name", {
        section: spec.section ?? "",
        symbol: spec.name,
      });
    }
    byName.set(spec.name, spec);
  }
  const places = new Map<number, Map<number, MapSpec>>();
  for (const { section, offset, spec } of [...declared, ...structOps]) {
    let offsets = places.get(section.index);
    if (offsets === undefined) places.set(section.index, (offsets = new Map()));
    offsets.set(offset, spec);
  }
  const sections = new Map<number, MapSpec>();
  const globals: GlobalSpec[] = [];
  for (const { section, spec } of arena === null ? data : [...data, arena]) {
    sections.set(section.index, spec);
    for (const each of readGlobals(elf, types, section, spec.name)) globals.push(each);
  }
  const jumpTables = elf.find(JUMP_TABLES);
  return {
    specs,
    globals,
    declared: (section, offset) => places.get(section)?.get(offset),
    variables: (section) => sections.get(section),
    jumpTables,
  };
}

/** Addresses in `values` of `.maps`: which map or program is in a map from the start. */
function fillValues(elf: Elf, functions: Functions, maps: readonly MapDeclared[]): MapDeclared[] {
  const section = elf.find(MAPS_SECTION);
  const table = section === undefined ? null : elf.relocations(section);
  if (section === undefined || table === null) return [...maps];
  const view = new DataView(section.bytes.buffer, section.bytes.byteOffset, section.bytes.byteLength);
  const filled = new Map<MapDeclared, Map<number, string>>();
  for (let index = 0; index < table.count; index++) {
    const offset = table.offset[index]!;
    const symbol = table.symbol[index]!;
    const name = symbolName(elf, symbol);
    const place = { section: MAPS_SECTION, offset, symbol: name };
    const map = around(maps, offset);
    if (map === undefined || map.valuesAt === null) {
      throw new ObjectError("relocation", "expected an address in `values` of a map, found one elsewhere", place);
    }
    const key = (offset - map.offset - map.valuesAt) / 8;
    if (key < 0 || !Number.isInteger(key))
      throw new ObjectError("relocation", "expected an address at an entry of `values`, found one beside", place);
    // A static map or function is named by its section and an offset, which is in place.
    const addend =
      elf.symbols.type[symbol] === STT.SECTION && offset + 8 <= section.size
        ? Number(view.getBigUint64(offset, elf.littleEndian))
        : 0;
    const at = elf.symbols.value[symbol]! + addend;
    const target = elf.symbols.section[symbol]!;
    let entry: string | undefined;
    if (isMapOfMaps(map.spec.type)) {
      const inner = target === section.index ? around(maps, at) : undefined;
      if (inner?.offset === at) entry = inner.spec.name;
    } else {
      const called = target > 0 ? functions.at(target, at / 8) : undefined;
      if (called?.isProgram === true && called.start === at / 8) entry = called.name;
    }
    if (entry === undefined) {
      throw new ObjectError(
        "relocation",
        `expected the address of a ${isMapOfMaps(map.spec.type) ? "map" : "program"} of this object, found another`,
        place,
      );
    }
    let entries = filled.get(map);
    if (entries === undefined) filled.set(map, (entries = new Map()));
    entries.set(key, entry);
  }
  return maps.map((map) => {
    const entries = filled.get(map);
    if (entries === undefined) return map;
    const sorted = [...entries].sort(([a], [b]) => a - b);
    const contents: MapContents = isMapOfMaps(map.spec.type)
      ? { kind: "maps", entries: sorted.map(([key, name]) => ({ key, map: name })) }
      : { kind: "programs", entries: sorted.map(([key, name]) => ({ key, program: name })) };
    return { ...map, spec: { ...map.spec, contents } };
  });
}

/** The map whose variable lies around an offset; BTF lists them in order. */
function around(maps: readonly MapDeclared[], offset: number): MapDeclared | undefined {
  let low = 0;
  let high = maps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (maps[middle]!.offset <= offset) low = middle + 1;
    else high = middle;
  }
  const found = maps[low - 1];
  return found !== undefined && offset < found.offset + found.size ? found : undefined;
}

interface Arena {
  readonly section: ElfSection;
  readonly declared: MapDeclared;
  readonly spec: MapSpec;
}

/**
 * Variables of an arena lie at its start. libbpf moves them to its end (since 1.7) where the kernel takes addresses so large,
 * which is since Linux 7.0; at the start every kernel takes them.
 */
function readArena(elf: Elf, maps: readonly MapDeclared[]): Arena | null {
  const section = elf.find(ARENA_SECTION);
  if (section === undefined || section.size === 0 || (section.type !== SHT.PROGBITS && section.type !== SHT.NOBITS)) return null;
  const declared = maps.find(({ spec }) => spec.type === "arena");
  if (declared === undefined) {
    // One half of several objects, or variables that nobody reads: libbpf asks for the map where it reads maps at all.
    if (elf.find(".maps") === undefined) {
      elf.notes.push(`section "${ARENA_SECTION}": no map to hold its variables, they are left out`);
      return null;
    }
    throw new ObjectError("map", "expected a map of type arena to hold the variables, found none", { section: ARENA_SECTION });
  }
  if (section.size > declared.spec.maxEntries * PAGE_SIZE) {
    const message = `expected room for ${section.size} bytes of variables, found an arena of ${declared.spec.maxEntries} pages`;
    throw new ObjectError("map", message, { section: ARENA_SECTION, symbol: declared.spec.name });
  }
  elf.budget.spend(section.size, "variables", { section: ARENA_SECTION });
  const bytes = section.type === SHT.NOBITS ? new Uint8Array(section.size) : section.bytes.slice();
  const spec: MapSpec = { ...declared.spec, contents: { kind: "bytes", bytes } };
  return { section, declared, spec };
}

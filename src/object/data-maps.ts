/**
 * Sections of variables become maps: an array of one value, the section's bytes.
 *
 * Names, flags and order as libbpf 1.8 makes them (`internal_map_name`, `map_is_mmapable`).
 */

import { RECORD_COST } from "./budget.ts";
import { type Elf, type ElfSection, SHT, STT } from "./elf.ts";
import type { DataPointer, GlobalSpec, MapSpec } from "./spec.ts";
import { isExtern, type ObjectTypes } from "./types.ts";

/** `BPF_F_RDONLY_PROG` of linux/bpf.h: programs only read it. Since Linux 5.2. */
export const BPF_F_RDONLY_PROG = 1 << 7;
/** `BPF_F_MMAPABLE` of linux/bpf.h: user space may map it into its memory. Since Linux 5.5. */
export const BPF_F_MMAPABLE = 1 << 10;

/** Bytes of a kernel object's name, without the NUL. */
const NAME_LENGTH = 15;

export interface DataMap {
  readonly spec: MapSpec;
  readonly section: ElfSection;
}

export function isData(section: ElfSection): boolean {
  if (section.size === 0) return false;
  if (section.type === SHT.NOBITS) return isNamed(section, ".bss");
  return section.type === SHT.PROGBITS && (isNamed(section, ".data") || isNamed(section, ".rodata"));
}

function isNamed(section: ElfSection, name: string): boolean {
  return section.name === name || section.name.startsWith(`${name}.`);
}

/** The maps of all sections of variables, in order of section. */
export function readDataMaps(elf: Elf, types: ObjectTypes | null, objectName: string): DataMap[] {
  const names = new Set<string>();
  return elf.sections.filter(isData).map((section) => {
    const isConstant = isNamed(section, ".rodata");
    const valueType = types?.btf.find(section.name, "section") ?? 0;
    if (types !== null && valueType > 0) {
      elf.budget.spend(types.variableCount(valueType) * RECORD_COST, "variables", { section: section.name });
    }
    const flags = (isConstant ? BPF_F_RDONLY_PROG : 0) | (isMappable(types, valueType) ? BPF_F_MMAPABLE : 0);
    if (section.type !== SHT.NOBITS) elf.budget.spend(section.size, "variables", { section: section.name });
    const pointers = pointersIn(elf, section);
    // Compilers may write two sections of one name, e.g. constants to be merged beside others.
    let name = dataMapName(section.name, objectName);
    if (names.has(name)) name += `.${section.index}`;
    names.add(name);
    const spec: MapSpec = {
      name,
      type: "array",
      keySize: 4,
      valueSize: section.size,
      maxEntries: 1,
      flags,
      keyType: 0,
      valueType,
      section: section.name,
      ...(section.type === SHT.NOBITS ? {} : { contents: { kind: "bytes", bytes: section.bytes.slice() } }),
      ...(isConstant ? { frozen: true } : {}),
      ...(pointers.length === 0 ? {} : { pointers }),
    };
    return { spec, section };
  });
}

/**
 * Name of the map of a section: `my_objec.rodata` is the object's name, as much as fits, and the section's; sections with
 * a name of their own (`.data.hot`) go without the object's.
 */
export function dataMapName(section: string, objectName: string): string {
  const suffix = Math.max(7, section.length);
  const prefix = section.indexOf(".", 1) >= 0 ? "" : objectName.slice(0, Math.max(0, NAME_LENGTH - suffix));
  return `${prefix}${section}`.replace(/[^A-Za-z0-9_.]/g, "_");
}

/** Only where a variable can be named from outside: constants that the compiler made up gain nothing. */
function isMappable(types: ObjectTypes | null, section: number): boolean {
  if (types === null || section === 0) return false;
  for (let index = 0; index < types.variableCount(section); index++) {
    const variable = types.variable(section, index).type;
    if (types.btf.kind(variable) === "variable" && types.variableLinkage(variable) !== 0) return true;
  }
  return false;
}

function pointersIn(elf: Elf, section: ElfSection): DataPointer[] {
  const table = elf.relocations(section);
  if (table === null) return [];
  return Array.from({ length: table.count }, (_, index) => ({
    offset: table.offset[index]!,
    symbol: symbolName(elf, table.symbol[index]!),
  }));
}

/** A symbol's name, or that of the section that it stands for. */
export function symbolName(elf: Elf, symbol: number): string {
  const name = elf.symbols.name(symbol);
  const section = elf.symbols.section[symbol]!;
  return name === "" && elf.symbols.type[symbol] === STT.SECTION && section > 0 ? elf.sections[section]!.name : name;
}

/** The variables of a section, in order of offset: those that BTF names, else those that symbols name. */
export function readGlobals(elf: Elf, types: ObjectTypes | null, section: ElfSection, map: string): GlobalSpec[] {
  const id = types?.btf.find(section.name, "section");
  const globals: GlobalSpec[] = [];
  if (types !== null && id !== undefined) {
    for (let index = 0; index < types.variableCount(id); index++) {
      const { type, offset, size } = types.variable(id, index);
      const variable = types.btf.type(type);
      if (variable.kind !== "variable" || isExtern(types, type) || offset + size > section.size) continue;
      const linkage = variable.linkage === "global" ? "global" : "static";
      globals.push({ name: variable.name, map, offset, size, type: variable.type, linkage });
    }
    return globals;
  }
  const { symbols } = elf;
  for (const symbol of elf.symbolsIn(section)) {
    if (symbols.type[symbol] !== STT.OBJECT) continue;
    const offset = symbols.value[symbol]!;
    const size = symbols.size[symbol]!;
    if (!(offset + size <= section.size)) continue;
    const linkage = symbols.binding[symbol] === 0 ? "static" : "global";
    globals.push({ name: symbols.name(symbol), map, offset, size, type: 0, linkage });
  }
  return globals.sort((a, b) => a.offset - b.offset);
}

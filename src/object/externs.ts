/**
 * Externs: what the kernel must provide. BTF says what each is, by the section that it is declared in: `.kconfig` (values
 * of the kernel's configuration, which the loader puts into a map) or `.ksyms` (functions and variables of the kernel).
 *
 * The layout of the map, and what becomes of both sections in BTF, as libbpf 1.8 does it (`bpf_object__collect_externs`):
 * the kernel knows no extern variables, so those of `.kconfig` become ordinary ones, those of `.ksyms` integers.
 */

import type { Btf } from "../btf/btf.ts";
import { BPF_F_MMAPABLE, BPF_F_RDONLY_PROG, dataMapName } from "./data-maps.ts";
import { type Elf, STB, STT } from "./elf.ts";
import { ObjectError } from "./errors.ts";
import type { ExternSpec, KconfigExtern, KsymExtern, MapSpec, UnlinkedExtern } from "./spec.ts";
import { isExtern, type ObjectTypes } from "./types.ts";

const KCONFIG = ".kconfig";
const KSYMS = ".ksyms";
const LINKAGE_GLOBAL = 1;

export interface Externs {
  readonly all: readonly ExternSpec[];
  /** Symbol index → what it is. */
  readonly bySymbol: ReadonlyMap<number, ExternSpec>;
  /** The map of the kernel's configuration. */
  readonly kconfig: MapSpec | null;
}

/** Where BTF declares an extern. */
interface Declaration {
  /** VAR or FUNC. */
  readonly id: number;
  /** DATASEC, and the index in it; -1 when it is in none. */
  readonly section: number;
  readonly index: number;
}

/**
 * Collects the externs and completes the types of their sections.
 * @throws ObjectError `extern` when one is of a type that no loader can provide.
 */
export function readExterns(elf: Elf, types: ObjectTypes | null, objectName: string): Externs {
  const declarations = types === null ? new Map<string, Declaration>() : declaredExterns(types);
  const mapName = dataMapName(KCONFIG, objectName);
  const kconfigs: { extern: KconfigExtern; align: number; symbol: number; declaration: Declaration }[] = [];
  const ksyms: { extern: KsymExtern; symbol: number; declaration: Declaration | undefined }[] = [];
  const unlinked: { extern: UnlinkedExtern; symbol: number }[] = [];
  for (let symbol = 1; symbol < elf.symbols.count; symbol++) {
    if (!isExternSymbol(elf, symbol)) continue;
    const name = elf.symbols.name(symbol);
    if (name === "") continue;
    const weak = elf.symbols.binding[symbol] === STB.WEAK;
    const declaration = declarations.get(name);
    if (types === null || declaration === undefined) {
      // Without types it can only be an address; the program's use of it says whether of a function.
      ksyms.push({ extern: { kind: "ksym", name, weak, type: 0 }, symbol, declaration });
      continue;
    }
    const type = types.btf.type(declaration.id);
    const section = declaration.section < 0 ? "" : types.btf.name(declaration.section);
    if (type.kind === "function" && section === KSYMS) {
      ksyms.push({ extern: { kind: "kfunc", name, weak, type: type.type }, symbol, declaration });
    } else if (type.kind === "variable" && section === KCONFIG) {
      const { value, signed } = configValue(types.btf, type.type, name);
      const size = types.btf.sizeOf(type.type);
      const extern: KconfigExtern = {
        kind: "kconfig",
        name,
        weak,
        type: type.type,
        value,
        signed,
        map: mapName,
        offset: 0,
        size,
      };
      kconfigs.push({ extern, align: types.btf.alignOf(type.type), symbol, declaration });
    } else if (type.kind === "variable" && section === KSYMS) {
      const resolved = types.btf.resolve(type.type);
      ksyms.push({ extern: { kind: "ksym", name, weak, type: resolved }, symbol, declaration });
    } else if (type.kind === "function" || type.kind === "variable") {
      unlinked.push({ extern: { kind: "unlinked", name, weak, type: type.type }, symbol });
    }
  }

  // Widest alignment first, then smallest size, then name.
  kconfigs.sort((a, b) => b.align - a.align || a.extern.size - b.extern.size || compareBytes(a.extern.name, b.extern.name));
  ksyms.sort((a, b) => compareBytes(a.extern.name, b.extern.name));
  const all: ExternSpec[] = [];
  const bySymbol = new Map<number, ExternSpec>();
  let end = 0;
  for (const { extern, align, symbol, declaration } of kconfigs) {
    const offset = Math.ceil(end / align) * align;
    const placed = { ...extern, offset };
    end = offset + extern.size;
    if (end > 0x4000_0000)
      throw new ObjectError("extern", `expected a value of moderate size, found ${extern.size} bytes`, { symbol: extern.name });
    all.push(placed);
    bySymbol.set(symbol, placed);
    if (types === null) continue;
    types.setVariable(declaration.section, declaration.index, { offset });
    types.setVariableLinkage(declaration.id, LINKAGE_GLOBAL);
    types.setSizeOrType(declaration.section, end);
  }
  for (const { extern, symbol } of [...ksyms, ...unlinked]) {
    all.push(extern);
    bySymbol.set(symbol, extern);
  }
  const kconfigSection = kconfigs[0]?.declaration.section;
  if (types !== null && kconfigSection !== undefined) types.sortVariables(kconfigSection);
  if (types !== null) settleKsyms(types, ksyms);
  const kconfig: MapSpec | null =
    end === 0
      ? null
      : {
          name: mapName,
          type: "array",
          keySize: 4,
          valueSize: end,
          maxEntries: 1,
          flags: BPF_F_RDONLY_PROG | BPF_F_MMAPABLE,
          keyType: 0,
          valueType: kconfigSection ?? 0,
          section: KCONFIG,
          frozen: true,
        };
  return { all, bySymbol, kconfig };
}

/** Undefined here, of no type, and not local. */
export function isExternSymbol(elf: Elf, symbol: number): boolean {
  const { symbols } = elf;
  return symbols.section[symbol] === 0 && symbols.type[symbol] === STT.NOTYPE && symbols.binding[symbol] !== STB.LOCAL;
}

function declaredExterns(types: ObjectTypes): Map<string, Declaration> {
  const found = new Map<string, Declaration>();
  for (const section of types.btf.ids("section")) {
    for (let index = 0; index < types.variableCount(section); index++) {
      const id = types.variable(section, index).type;
      const kind = types.btf.kind(id);
      if (kind === "function" || (kind === "variable" && isExtern(types, id))) {
        found.set(types.btf.name(id), { id, section, index });
      }
    }
  }
  // What another object defines may be in no section.
  for (const kind of ["function", "variable"] as const) {
    for (const id of types.btf.ids(kind)) {
      const type = types.btf.type(id);
      if ((type.kind === "function" || type.kind === "variable") && type.linkage === "extern" && !found.has(type.name)) {
        found.set(type.name, { id, section: -1, index: -1 });
      }
    }
  }
  return found;
}

function configValue(btf: Btf, id: number, name: string): { value: KconfigExtern["value"]; signed: boolean } {
  const type = btf.type(btf.resolve(id));
  switch (type.kind) {
    case "int":
      if (type.bool) {
        if (type.size === 1) return { value: "bool", signed: false };
      } else if (type.size === 1) {
        return { value: "char", signed: type.signed };
      } else if (type.size === 2 || type.size === 4 || type.size === 8) {
        return { value: "int", signed: type.signed };
      }
      break;
    case "enum":
      if (type.name === "libbpf_tristate" && type.size === 4) return { value: "tristate", signed: false };
      break;
    case "array": {
      const element = btf.type(btf.resolve(type.element));
      if (type.length > 0 && element.kind === "int" && element.size === 1) return { value: "string", signed: false };
      break;
    }
    default:
  }
  const message = `expected bool, enum libbpf_tristate, an integer of up to 8 bytes or an array of char, found a ${type.kind}`;
  throw new ObjectError("extern", message, { section: KCONFIG, symbol: name });
}

/**
 * The kernel wants variables of a size, in order, and knows no functions among them: each variable becomes an `int` (an
 * address is all that counts), each function in the section a variable `dummy_ksym`.
 */
function settleKsyms(types: ObjectTypes, ksyms: readonly { declaration: Declaration | undefined }[]): void {
  const declared = ksyms.flatMap(({ declaration }) =>
    declaration === undefined || declaration.section < 0 ? [] : [declaration],
  );
  const section = declared[0]?.section;
  const int = fourByteInt(types.btf);
  if (section === undefined || int === undefined) return;
  const count = types.variableCount(section);
  const functions = Array.from({ length: count }, (_, index) => types.variable(section, index).type).filter(
    (id) => types.btf.kind(id) === "function",
  );
  const dummy = functions.length === 0 ? 0 : types.addVariable("dummy_ksym", int);
  let offset = 0;
  for (let index = 0; index < count; index++) {
    const id = types.variable(section, index).type;
    if (types.btf.kind(id) === "function") {
      types.setFunctionLinkage(id, LINKAGE_GLOBAL);
      types.nameParameters(id, dummy);
      types.setVariable(section, index, { type: dummy });
    } else if (types.btf.kind(id) === "variable") {
      types.setVariableLinkage(id, LINKAGE_GLOBAL);
      types.setSizeOrType(id, int);
    }
    types.setVariable(section, index, { offset, size: 4 });
    offset += 4;
  }
  types.setSizeOrType(section, offset);
}

function fourByteInt(btf: Btf): number | undefined {
  for (const id of btf.ids("int")) if (btf.sizeOf(id) === 4) return id;
  return undefined;
}

/** As `strcmp`; names are ASCII, so UTF-16 order is the same. */
function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

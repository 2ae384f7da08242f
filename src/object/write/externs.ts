/**
 * Externs in the types, as compilers declare them: reading an object turns them into what the kernel accepts (see the
 * reader's `externs.ts`), so that has to be undone.
 */

import type { BtfType, SectionType, SectionVariable } from "../../btf/types.ts";
import type { ExternSpec, KsymExtern, UnlinkedExtern } from "../spec.ts";
import type { EditableTypes } from "./types.ts";

const KCONFIG = ".kconfig";
const KSYMS = ".ksyms";
/** The variable that the reader puts in a function's place in `.ksyms`. */
const DUMMY = "dummy_ksym";

/** Declares every extern in the section that says what it is. */
export function declareExterns(types: EditableTypes, externs: readonly ExternSpec[]): void {
  const kconfigs = externs.filter((extern) => extern.kind === "kconfig");
  if (kconfigs.length > 0) {
    const section = types.section(KCONFIG);
    const variables = kconfigs.map(({ name, type, size }) => ({ type: variable(types, name, type), offset: 0, size }));
    types.replace({ ...section, size: 0, variables });
  }
  for (const extern of externs) if (extern.kind === "unlinked") declareUnlinked(types, extern);
  // One without types was declared nowhere.
  const ksyms = externs
    .filter((extern): extern is KsymExtern => extern.kind === "kfunc" || extern.kind === "ksym")
    .filter(({ name, type }) => type !== 0 || types.find(name, "variable") !== undefined);
  if (ksyms.length === 0) return;
  const section = types.section(KSYMS);
  types.replace({ ...section, size: 0, variables: inOrder(types, section, ksyms).map((extern) => declareKsym(types, extern)) });
  if (types.type(types.count - 1).name === DUMMY) types.removeLast();
}

/** Where the section has a variable already, there; functions where the reader put something in their place. */
function inOrder(types: EditableTypes, { variables }: SectionType, ksyms: readonly KsymExtern[]): KsymExtern[] {
  const rest = new Map(ksyms.map((extern) => [extern.name, extern]));
  const functions = ksyms
    .filter(({ kind }) => kind === "kfunc")
    .sort((a, b) => (types.find(a.name, "function")?.id ?? types.count) - (types.find(b.name, "function")?.id ?? types.count))
    .values();
  const ordered: KsymExtern[] = [];
  for (const { type } of variables) {
    const { name } = types.type(type);
    const extern = name === DUMMY ? functions.next().value : rest.get(name);
    if (extern === undefined || !rest.delete(extern.name)) continue;
    ordered.push(extern);
  }
  return [...ordered, ...rest.values()];
}

function declareKsym(types: EditableTypes, extern: KsymExtern): SectionVariable {
  if (extern.kind === "kfunc") return { type: declareFunction(types, extern), offset: 0, size: 0 };
  const type = extern.type === 0 ? constVoid(types) : extern.type;
  return { type: variable(types, extern.name, type), offset: 0, size: sizeOf(types, type) };
}

/** What another object defines is declared in no section, or, a map, in `.maps` (see `maps.ts`). */
function declareUnlinked(types: EditableTypes, extern: UnlinkedExtern): void {
  if (types.type(extern.type).kind === "prototype") declareFunction(types, extern);
  else variable(types, extern.name, extern.type);
}

function variable(types: EditableTypes, name: string, type: number): number {
  const known = types.find(name, "variable");
  if (known === undefined) return types.add({ kind: "variable", name, type, linkage: "extern" });
  types.replace({ ...known, type, linkage: "extern" });
  return known.id;
}

function declareFunction(types: EditableTypes, { name, type }: KsymExtern | UnlinkedExtern): number {
  const prototype = types.type(type);
  if (prototype.kind === "prototype") {
    const parameters = prototype.parameters.map((each) => (each.name === DUMMY ? { ...each, name: "" } : each));
    types.replace({ ...prototype, parameters });
  }
  const known = types.find(name, "function");
  if (known === undefined) return types.add({ kind: "function", name, type, linkage: "extern" });
  types.replace({ ...known, linkage: "extern" });
  return known.id;
}

function constVoid(types: EditableTypes): number {
  for (let id = 1; id < types.count; id++) {
    const type: BtfType = types.type(id);
    if (type.kind === "const" && type.type === 0) return id;
  }
  return types.addOnce({ kind: "const", name: "", type: 0 });
}

/** An extern's size matters to nobody: addresses are all that it is for. */
function sizeOf(types: EditableTypes, id: number): number {
  try {
    return id < types.original.count ? types.original.sizeOf(id) : 0;
  } catch {
    return 0;
  }
}

/** Sections of variables: which map becomes which, and what its types say. */

import type { SectionVariable } from "../../btf/types.ts";
import type { GlobalSpec, MapSpec } from "../spec.ts";
import { roundUp } from "./elf.ts";
import { WriteError } from "./errors.ts";
import type { EditableTypes } from "./types.ts";

/** What a map of the Spec is in an object. */
export type MapRole =
  /** A definition in `.maps`. */
  | "defined"
  /** The bytes of a section of variables. */
  | "variables"
  /** Values of the kernel's configuration: externs, no section. */
  | "kconfig"
  /** A variable of `.struct_ops`. */
  | "struct-ops"
  /** A table of `gotox`. */
  | "jump-table";

const VARIABLES = /(\.(?:rodata|data|bss)(?:\..*)?)$/;

export function roleOf(map: MapSpec): MapRole {
  const section = map.section ?? VARIABLES.exec(map.name)?.[1];
  if (map.type === "struct_ops") return "struct-ops";
  if (map.type === "insn_array") return "jump-table";
  if (section === ".kconfig") return "kconfig";
  return map.type === "array" && section !== undefined && VARIABLES.test(section) ? "variables" : "defined";
}

/** Name of the section of a map of variables. */
export function sectionOf(map: MapSpec): string {
  return map.section ?? VARIABLES.exec(map.name)?.[1] ?? map.name;
}

/** Sees to it that a section's variables are known by type, so that they are by name to who loads the object. */
export function describeVariables(types: EditableTypes, name: string, size: number, globals: readonly GlobalSpec[]): void {
  const known = types.find(name, "section");
  if (known !== undefined) {
    if (known.size !== size) types.replace({ ...known, size });
    return;
  }
  const typed = globals.filter(({ type }) => type !== 0);
  if (typed.length === 0) return;
  const variables = typed.map(({ name, type, linkage, offset, size }): SectionVariable => {
    return { type: types.add({ kind: "variable", name, type, linkage }), offset, size };
  });
  types.add({ kind: "section", name, size, variables });
}

export interface PlacedStruct {
  readonly map: MapSpec;
  readonly offset: number;
}

/** Puts the variables of one `.struct_ops` section where the types have them, new ones behind. */
export function placeStructOps(
  types: EditableTypes,
  name: string,
  maps: readonly MapSpec[],
): { placed: PlacedStruct[]; size: number } {
  const section = types.section(name);
  const known = new Map(section.variables.map((variable) => [types.type(variable.type).name, variable]));
  let end = 0;
  const variables: SectionVariable[] = [];
  const placed = maps.map((map): PlacedStruct => {
    if (map.structOps === undefined)
      throw new WriteError("expected the struct of a struct_ops map, found none", { map: map.name });
    const before = known.get(map.name);
    const type = before?.type ?? types.add({ kind: "variable", name: map.name, type: map.structOps.type, linkage: "global" });
    const offset = before !== undefined && before.offset >= end ? before.offset : roundUp(end, 8);
    end = offset + map.valueSize;
    variables.push({ type, offset, size: map.valueSize });
    return { map, offset };
  });
  types.replace({ ...section, size: end, variables });
  return { placed, size: end };
}

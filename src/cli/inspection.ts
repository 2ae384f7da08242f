/** A Spec as `skep inspect --json` shows it: names instead of numbers, values instead of bytes. Plain data. */

import { type Btf, openBtf } from "../btf/btf.ts";
import { spellType } from "../btf/c/declarator.ts";
import { makeCodec } from "../btf/codec.ts";
import { describeAccess, parseAccess } from "../object/core/access.ts";
import { CoreTypes } from "../object/core/types.ts";
import { type Privileges, privilegesOf } from "../object/requirements/privileges.ts";
import { minimumKernel, type Place, placeOf, type Requirement, requirementsOf } from "../object/requirements/requirements.ts";
import type { CoreRelocation, ExternSpec, GlobalSpec, MapSpec, ProgramSpec, Spec } from "../object/spec.ts";
import { MAP_FLAGS, PROGRAM_FLAGS } from "../uapi/since.ts";
import { counted } from "./terminal.ts";

export interface SpecDescription {
  readonly name: string;
  readonly license: string;
  readonly byteOrder: "little" | "big";
  /** First mainline Linux that loads it, and what no earlier one has. */
  readonly minimumKernel: string;
  readonly because: readonly Requirement[];
  /** What whoever loads and attaches it must be allowed to. */
  readonly privileges: Privileges;
  readonly programs: readonly ProgramDescription[];
  readonly maps: readonly MapDescription[];
  readonly globals: readonly GlobalDescription[];
  readonly externs: readonly ExternDescription[];
  /** Sections for tools, which no loader reads. Sizes in bytes. */
  readonly sections: readonly { readonly name: string; readonly size: number; readonly variables: readonly string[] }[];
  /** How many types there are; 0 without BTF. */
  readonly types: number;
  readonly requirements: readonly Requirement[];
  readonly notes: readonly string[];
}

export interface ProgramDescription {
  readonly name: string;
  readonly section: string;
  readonly type: string;
  readonly attachType: string | null;
  readonly target: string | null;
  readonly autoload: boolean;
  readonly flags: readonly string[];
  /** Of 8 bytes, as the kernel counts. */
  readonly instructions: number;
  readonly functions: readonly string[];
  /** Maps it refers to. */
  readonly maps: readonly string[];
  readonly externs: readonly string[];
  readonly relocations: readonly RelocationDescription[];
}

export interface RelocationDescription extends Place {
  readonly slot: number;
  /** `map`, `map-value`, `extern`, or a CO-RE kind. */
  readonly kind: string;
  /** A map, with an offset where there is one; an extern; a type or field as C writes it. */
  readonly subject: string;
}

export interface MapDescription {
  readonly name: string;
  readonly type: string;
  readonly section: string | null;
  readonly keySize: number;
  readonly valueSize: number;
  /** As C spells them; null when unknown. */
  readonly keyType: string | null;
  readonly valueType: string | null;
  readonly maxEntries: number;
  readonly flags: readonly string[];
  readonly pinning: "name" | number | null;
  readonly frozen: boolean;
  readonly inner: MapDescription | null;
  /** What it holds from the start: bytes, or `key → name`. */
  readonly contents: string | null;
}

export interface GlobalDescription {
  readonly name: string;
  readonly map: string;
  readonly offset: number;
  readonly size: number;
  readonly type: string | null;
  readonly linkage: string;
  /** Decoded by its type; hexadecimal when that is unknown. Null: no initial contents at all. */
  readonly value: unknown;
}

export interface ExternDescription {
  readonly name: string;
  readonly kind: ExternSpec["kind"];
  readonly weak: boolean;
  readonly type: string | null;
}

/** @throws BtfError when the types are malformed. */
export function describeSpec(spec: Spec): SpecDescription {
  const btf = spec.types === null ? null : openBtf(spec.types);
  const types = btf === null ? null : new CoreTypes(btf);
  const requirements = requirementsOf(spec);
  const { version, because } = minimumKernel(spec, requirements);
  return {
    name: spec.name,
    license: spec.license,
    byteOrder: spec.byteOrder ?? "little",
    minimumKernel: version,
    because,
    privileges: privilegesOf(spec),
    programs: spec.programs.map((program) => describeProgram(program, types)),
    maps: spec.maps.map((map) => describeMap(map, btf)),
    globals: (spec.globals ?? []).map((global) => describeGlobal(global, spec, btf)),
    externs: (spec.externs ?? []).map(({ name, kind, weak, type }) => ({ name, kind, weak, type: spell(btf, type) })),
    sections: (spec.sections ?? []).map(({ name, bytes, variables }) => ({
      name,
      size: bytes.length,
      variables: variables.map((variable) => variable.name),
    })),
    types: btf === null ? 0 : btf.count - 1,
    requirements,
    notes: spec.notes ?? [],
  };
}

function describeProgram(program: ProgramSpec, types: CoreTypes | null): ProgramDescription {
  const { name, section, type, attachType, target, autoload, flags = 0, code, functions, externs = [], core = [] } = program;
  const relocations: RelocationDescription[] = [
    ...program.relocations.map(({ slot, kind, map, offset }) => ({
      ...placeOf(program, slot),
      slot,
      kind,
      subject: kind === "map" ? map : `${map} + ${offset}`,
    })),
    ...externs.map((extern) => ({ ...placeOf(program, extern.slot), slot: extern.slot, kind: "extern", subject: extern.name })),
    ...core.map((relocation) => ({
      ...placeOf(program, relocation.slot),
      slot: relocation.slot,
      kind: relocation.kind,
      subject: types === null ? `type ${relocation.type}` : describeRelocation(types, relocation),
    })),
  ].sort((a, b) => a.slot - b.slot);
  return {
    name,
    section,
    type,
    attachType,
    target: target ?? null,
    autoload: autoload !== false,
    flags: flagNames(flags, PROGRAM_FLAGS),
    instructions: code.length / 8,
    functions: functions.map((one) => one.name),
    maps: [...new Set(program.relocations.map(({ map }) => map))],
    externs: [...new Set(externs.map((extern) => extern.name))],
    relocations,
  };
}

function describeRelocation(types: CoreTypes, relocation: CoreRelocation): string {
  try {
    return describeAccess(parseAccess(types, relocation));
  } catch {
    // Nothing a compiler writes; what it is stays to be seen.
    return `type ${relocation.type} at ${relocation.access}`;
  }
}

function describeMap(map: MapSpec, btf: Btf | null): MapDescription {
  const { name, type, section, keySize, valueSize, keyType, valueType, maxEntries, flags, pinning, frozen, inner } = map;
  return {
    name,
    type,
    section: section ?? null,
    keySize,
    valueSize,
    keyType: spell(btf, keyType),
    valueType: spell(btf, valueType),
    maxEntries,
    flags: flagNames(flags, MAP_FLAGS),
    pinning: pinning ?? null,
    frozen: frozen === true,
    inner: inner === undefined ? null : describeMap(inner, btf),
    contents: describeContents(map),
  };
}

function describeContents({ contents }: MapSpec): string | null {
  switch (contents?.kind) {
    case "bytes":
      return counted(contents.bytes.length, "byte");
    case "maps":
      return contents.entries.map(({ key, map }) => `${key} → ${map}`).join(", ");
    case "programs":
      return contents.entries.map(({ key, program }) => `${key} → ${program}`).join(", ");
    case undefined:
      return null;
  }
}

function describeGlobal(global: GlobalSpec, spec: Spec, btf: Btf | null): GlobalDescription {
  const { name, map, offset, size, type, linkage } = global;
  return { name, map, offset, size, type: spell(btf, type), linkage, value: initialValue(global, spec, btf) };
}

function initialValue({ map, offset, size, type }: GlobalSpec, spec: Spec, btf: Btf | null): unknown {
  const contents = spec.maps.find(({ name }) => name === map)?.contents;
  if (contents?.kind !== "bytes") return null;
  const start = offset - (contents.offset ?? 0);
  const bytes = contents.bytes.subarray(start, start + size);
  if (start < 0 || bytes.length < size) return null;
  if (btf === null || type === 0) return bytes;
  try {
    return makeCodec(btf, type, { littleEndian: spec.byteOrder !== "big" }).decode(bytes, 0, size);
  } catch {
    // A type without values, like an incomplete struct, or one that says another size than the symbol.
    return bytes;
  }
}

function spell(btf: Btf | null, type: number): string | null {
  if (btf === null || type === 0) return null;
  const found = btf.type(type);
  // A map of variables has its section as value.
  return found.kind === "section" ? `section ${found.name}` : spellType(btf, type);
}

function flagNames(flags: number, table: typeof MAP_FLAGS): string[] {
  const known = table.filter(({ bit }) => (flags & bit) !== 0);
  const rest = flags & ~known.reduce((all, { bit }) => all | bit, 0);
  return [...known.map(({ name }) => name), ...(rest === 0 ? [] : [`0x${(rest >>> 0).toString(16)}`])];
}

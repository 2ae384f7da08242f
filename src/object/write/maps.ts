/**
 * Maps become variables of `.maps`, whose types say what they are: `int (*type)[1]`, `struct key *key` … A definition that
 * the Spec's types have already, and that still says the same, is kept.
 */

import type { Member, StructType } from "../../btf/types.ts";
import { MAP_TYPE } from "../../uapi/map-types.ts";
import { MAPS_SECTION, readDefinition } from "../btf-maps.ts";
import { recordTypedef } from "../record-types.ts";
import type { MapSpec } from "../spec.ts";
import { roundUp } from "./elf.ts";
import { WriteError } from "./errors.ts";
import type { EditableTypes } from "./types.ts";

export interface WrittenMap {
  readonly spec: MapSpec;
  /** In `.maps`; bytes. */
  readonly offset: number;
  readonly size: number;
  readonly isGlobal: boolean;
  /** Where `values` begin in the section; null when there are none. */
  readonly valuesAt: number | null;
}

const POINTER_SIZE = 8;

/** Defines the maps in the types, and says what lies where in `.maps`. */
export function defineMaps(types: EditableTypes, maps: readonly MapSpec[]): WrittenMap[] {
  if (maps.length === 0) return [];
  const section = types.section(MAPS_SECTION);
  const externs = section.variables.filter(({ type }) => isExtern(types, type));
  const known = new Map<string, number>();
  for (const { type } of section.variables) if (!isExtern(types, type)) known.set(types.type(type).name, type);
  let end = 0;
  const variables: { type: number; offset: number; size: number }[] = [];
  const written = maps.map((spec): WrittenMap => {
    const { variable, struct, isGlobal } = definitionOf(types, spec, known.get(spec.name));
    const offset = roundUp(end, POINTER_SIZE);
    const size = struct.size + flexibleSize(struct, spec);
    end = offset + size;
    variables.push({ type: variable, offset, size });
    const values = struct.members.find(({ name }) => name === "values");
    return { spec, offset, size, isGlobal, valuesAt: values === undefined ? null : offset + values.bitOffset / 8 };
  });
  types.replace({ ...section, size: end, variables: [...externs, ...variables] });
  return written;
}

/** A map that another object defines. */
function isExtern(types: EditableTypes, id: number): boolean {
  const type = types.type(id);
  return type.kind === "variable" && type.linkage === "extern";
}

function definitionOf(
  types: EditableTypes,
  spec: MapSpec,
  known: number | undefined,
): { variable: number; struct: StructType; isGlobal: boolean } {
  if (known !== undefined) {
    const variable = types.type(known);
    const struct = variable.kind === "variable" ? types.type(types.original.resolve(variable.type)) : variable;
    if (variable.kind === "variable" && struct.kind === "struct" && says(types, struct, spec)) {
      return { variable: known, struct, isGlobal: variable.linkage === "global" };
    }
  }
  const struct = types.type(define(types, spec));
  if (struct.kind !== "struct") throw new WriteError("expected a struct that defines the map", { map: spec.name });
  const variable = types.add({ kind: "variable", name: spec.name, type: struct.id, linkage: "global" });
  return { variable, struct, isGlobal: true };
}

/** Does the definition still say what the Spec says? Specs may have been changed after they were read. */
function says(types: EditableTypes, struct: StructType, spec: MapSpec): boolean {
  const values = struct.members.find(({ name }) => name === "values");
  if (values === undefined && entriesOf(spec) > 0) return false;
  try {
    return summary(readDefinition(types.original, spec.name, struct)) === summary(spec);
  } catch {
    return false;
  }
}

function summary({
  type,
  keySize,
  valueSize,
  maxEntries,
  flags,
  keyType,
  valueType,
  pinning,
  numaNode,
  extra,
  inner,
}: MapSpec): string {
  const numbers = [type, keySize, valueSize, maxEntries, flags, keyType, valueType, pinning ?? "", numaNode ?? 0, extra ?? 0n];
  return `${numbers.join()}${inner === undefined ? "" : `{${summary(inner)}}`}`;
}

function define(types: EditableTypes, spec: MapSpec, isInner = false): number {
  const members: Member[] = [];
  let end = 0;
  const add = (name: string, type: number, size = POINTER_SIZE): void => {
    members.push({ name, type, bitOffset: end * 8, bitSize: 0 });
    end += size;
  };
  const number = (name: string, value: number): void => add(name, types.number(value));
  number("type", MAP_TYPE[spec.type]);
  if (spec.keyType !== 0) add("key", types.pointer(spec.keyType));
  else if (spec.keySize !== 0) number("key_size", spec.keySize);
  // Records of a buffer are not the map's values: loaders would take their size for that of values.
  const valued = spec.valueType !== 0 && types.original.sizeOf(spec.valueType) === spec.valueSize;
  if (valued) add("value", types.pointer(spec.valueType));
  else if (spec.valueSize !== 0) number("value_size", spec.valueSize);
  if (!valued && spec.valueType !== 0 && !isInner) tellRecords(types, spec);
  if (spec.maxEntries !== 0) number("max_entries", spec.maxEntries);
  if (spec.flags !== 0) number("map_flags", spec.flags);
  if (spec.numaNode !== undefined) number("numa_node", spec.numaNode);
  if (spec.extra !== undefined && spec.extra !== 0n)
    add("map_extra", extra(types, spec.extra), spec.extra > 0xffffffffn ? 8 : POINTER_SIZE);
  if (spec.pinning !== undefined && !isInner) number("pinning", spec.pinning === "name" ? 1 : spec.pinning);
  const entries = entriesOf(spec);
  if ((spec.inner !== undefined || entries > 0) && spec.valueSize !== 0 && spec.valueSize !== 4) {
    throw new WriteError(`expected values of 4 bytes in a map of maps or programs, found ${spec.valueSize}`, { map: spec.name });
  }
  // libbpf wants `values` to come last, and without a length: the variable has the room that its entries need.
  if (spec.inner !== undefined) add("values", types.pointers(define(types, spec.inner, true), 0), 0);
  else if (spec.contents?.kind === "programs") add("values", types.pointers(callback(types), 0), 0);
  else if (entries > 0)
    throw new WriteError("expected the inner map of a map of maps that is filled from the start, found none", { map: spec.name });
  return types.add({ kind: "struct", name: "", size: end, members });
}

/** What the definition cannot say: see record-types.ts. */
function tellRecords(types: EditableTypes, { name, valueType }: MapSpec): void {
  const known = types.find(recordTypedef(name), "typedef");
  if (known !== undefined) types.replace({ ...known, type: valueType });
  else types.add({ kind: "typedef", name: recordTypedef(name), type: valueType });
}

/** Number of entries of `values`. */
function entriesOf({ contents }: MapSpec): number {
  if (contents === undefined || contents.kind === "bytes") return 0;
  return contents.entries.reduce((count, { key }) => Math.max(count, key + 1), 0);
}

/** `values[]` of a type without a length takes the room that its entries need. */
function flexibleSize(struct: StructType, spec: MapSpec): number {
  const values = struct.members.find(({ name }) => name === "values");
  if (values === undefined) return 0;
  return Math.max(0, values.bitOffset / 8 + entriesOf(spec) * POINTER_SIZE - struct.size);
}

/** `void (*)(void)`. */
function callback(types: EditableTypes): number {
  return types.addOnce({ kind: "prototype", name: "", result: 0, parameters: [], variadic: false });
}

/** A number of 64 bits is the only constant of an enumeration (`__ulong` of bpf_helpers.h). */
function extra(types: EditableTypes, value: bigint): number {
  if (value <= 0xffffffffn) return types.number(Number(value));
  return types.add({
    kind: "enum64",
    name: "",
    size: 8,
    signed: false,
    values: [{ name: `__unique_value_${types.count}`, value }],
  });
}

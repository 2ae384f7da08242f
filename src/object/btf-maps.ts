/**
 * Maps declared in `.maps`: variables whose struct type is the definition. A number is the length of an array that is
 * pointed to (`int (*max_entries)[1024]`), a type is what a pointer points to; the variable's bytes hold nothing but the
 * addresses of `values`. (In 2019, before libbpf 0.0.4, a number was a variable's: `.max_entries = 1024`.)
 *
 * Source: `parse_btf_map_def` of libbpf 1.8 and the `__uint`, `__type`, `__array`, `__ulong` macros of its bpf_helpers.h.
 */

import type { Btf } from "../btf/btf.ts";
import type { Member, StructType } from "../btf/types.ts";
import type { MapType } from "../uapi/map-types.ts";
import { MAP_TYPE } from "../uapi/map-types.ts";
import { type Budget, RECORD_COST } from "./budget.ts";
import { type Elf, type ElfSection, SHT } from "./elf.ts";
import { ObjectError } from "./errors.ts";
import { withRecordType } from "./record-types.ts";
import type { MapSpec } from "./spec.ts";
import { isExtern, type ObjectTypes } from "./types.ts";

export const MAPS_SECTION = ".maps";

/** A declared map and where in its section it is. */
export interface MapDeclared {
  readonly spec: MapSpec;
  readonly section: ElfSection;
  /** Bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Where in the variable the array `values` starts; null when there is none. */
  readonly valuesAt: number | null;
}

const TYPE_NAMES: ReadonlyMap<number, MapType> = new Map(
  Object.entries(MAP_TYPE).map(([name, number]) => [number, name as MapType]),
);

/** Name of a `BPF_MAP_TYPE_*` number. @throws ObjectError when there is none. */
export function mapTypeName(number: number, map: string, section: string): MapType {
  const name = TYPE_NAMES.get(number);
  if (name === undefined) {
    throw new ObjectError("map", `expected a map type from 1 to ${TYPE_NAMES.size}, found ${number}`, { section, symbol: map });
  }
  return name;
}

export function isMapOfMaps(type: MapType): boolean {
  return type === "array_of_maps" || type === "hash_of_maps";
}

/**
 * Reads the maps of `.maps` in order of their place.
 * @throws ObjectError `map` when a definition is not one.
 */
export function readBtfMaps(elf: Elf, types: ObjectTypes | null): MapDeclared[] {
  const section = elf.find(MAPS_SECTION);
  if (section === undefined || section.size === 0) return [];
  const id = types?.btf.find(MAPS_SECTION, "section");
  if (types === null || id === undefined) {
    throw new ObjectError("map", "expected the types of the maps, found none; compile with -g", { section: MAPS_SECTION });
  }
  const { btf } = types;
  const declared: MapDeclared[] = [];
  for (let index = 0; index < types.variableCount(id); index++) {
    const { type, offset, size } = types.variable(id, index);
    const variable = btf.type(type);
    if (variable.kind !== "variable")
      throw new ObjectError("map", `expected a variable, found a ${variable.kind}`, { section: MAPS_SECTION, offset });
    // Another object's: `externs.ts` has it.
    if (isExtern(types, type)) continue;
    const definition = btf.type(btf.resolve(variable.type));
    if (definition.kind !== "struct") {
      throw new ObjectError("map", `expected a struct, found a ${definition.kind}`, {
        section: MAPS_SECTION,
        symbol: variable.name,
      });
    }
    const bytes = Math.max(size, definition.size);
    if (offset + bytes > section.size) {
      const message = `expected a definition within ${section.size} bytes, found ${bytes} bytes from ${offset}`;
      throw new ObjectError("map", message, { section: MAPS_SECTION, symbol: variable.name });
    }
    const held = section.bytes;
    const initial =
      section.type === SHT.NOBITS
        ? null
        : { view: new DataView(held.buffer, held.byteOffset + offset, bytes), littleEndian: elf.littleEndian };
    const { spec, valuesAt } = new Definition(btf, variable.name, elf.budget, initial).read(definition, false);
    declared.push({ spec: withRecordType(btf, spec), section, offset, size: bytes, valuesAt });
  }
  return declared;
}

/**
 * What one definition says, whoever declares it.
 * @throws ObjectError `map` when it is none.
 */
export function readDefinition(btf: Btf, name: string, struct: StructType): MapSpec {
  return withRecordType(btf, new Definition(btf, name, null, null).read(struct, false).spec);
}

interface Initial {
  readonly view: DataView;
  readonly littleEndian: boolean;
}

/** One definition being read. */
class Definition {
  readonly #btf: Btf;
  readonly #name: string;
  readonly #budget: Budget | null;
  /** What the variable holds; null of an inner map, and of another object's. */
  readonly #initial: Initial | null;

  constructor(btf: Btf, name: string, budget: Budget | null, initial: Initial | null) {
    this.#btf = btf;
    this.#name = name;
    this.#budget = budget;
    this.#initial = initial;
  }

  read(struct: StructType, isInner: boolean): { spec: MapSpec; valuesAt: number | null } {
    let type: MapType | null = null;
    let maxEntries = 0;
    let flags = 0;
    let keySize: number | null = null;
    let valueSize: number | null = null;
    let keyType = 0;
    let valueType = 0;
    let numaNode: number | undefined;
    let extra: bigint | undefined;
    let pinning: "name" | number | undefined;
    let inner: MapSpec | undefined;
    let valuesAt: number | null = null;
    this.#budget?.spend(struct.members.length * RECORD_COST, "map definitions", { section: MAPS_SECTION, symbol: this.#name });
    for (const member of struct.members) {
      switch (member.name) {
        case "type":
          type = mapTypeName(this.#number(member), this.#name, MAPS_SECTION);
          break;
        case "max_entries":
          maxEntries = this.#number(member);
          break;
        case "map_flags":
          flags = this.#number(member) | 0;
          break;
        case "numa_node":
          numaNode = this.#number(member);
          break;
        case "map_extra":
          extra = this.#long(member);
          break;
        case "key_size":
          keySize = this.#agree("key", keySize, this.#number(member));
          break;
        case "value_size":
          valueSize = this.#agree("value", valueSize, this.#number(member));
          break;
        case "key":
          keyType = this.#pointee(member);
          keySize = this.#agree("key", keySize, this.#btf.sizeOf(keyType));
          break;
        case "value":
          valueType = this.#pointee(member);
          valueSize = this.#agree("value", valueSize, this.#btf.sizeOf(valueType));
          break;
        case "values": {
          if (isInner) throw this.#wrong(member, "expected maps in maps one level deep, found `values` in an inner map");
          // libbpf says that it must come last, so the type is known here.
          if (type === null || (type !== "prog_array" && !isMapOfMaps(type))) {
            throw this.#wrong(
              member,
              `expected \`values\` in a map of maps or a program array, after its type, found it in ${type ?? "a map without a type"}`,
            );
          }
          valueSize = this.#agree("value", valueSize, 4);
          inner = this.#values(member, type);
          valuesAt = member.bitOffset / 8;
          break;
        }
        case "pinning": {
          const how = this.#number(member);
          if (isInner) throw this.#wrong(member, "expected an inner map without pinning, found one with it");
          // libbpf knows 0 and 1.
          if (how > 0) pinning = how === 1 ? "name" : how;
          break;
        }
        default:
          throw this.#wrong(
            member,
            "expected one of type, max_entries, map_flags, numa_node, key_size, key, value_size, value, values, pinning, map_extra",
          );
      }
    }
    if (type === null) throw new ObjectError("map", "expected `type`, found none", { section: MAPS_SECTION, symbol: this.#name });
    const spec = withDefaults({
      name: isInner ? `${this.#name}.inner` : this.#name,
      type,
      keySize: keySize ?? 0,
      valueSize: valueSize ?? 0,
      maxEntries,
      flags: flags >>> 0,
      keyType,
      valueType,
      section: MAPS_SECTION,
      ...(pinning === undefined ? {} : { pinning }),
      ...(numaNode === undefined ? {} : { numaNode }),
      ...(extra === undefined ? {} : { extra }),
      ...(inner === undefined ? {} : { inner }),
    });
    return { spec, valuesAt };
  }

  #values(member: Member, type: MapType): MapSpec | undefined {
    const array = this.#btf.type(this.#btf.resolve(member.type));
    if (array.kind !== "array") throw this.#wrong(member, `expected an array, found a ${array.kind}`);
    const pointer = this.#btf.type(this.#btf.resolve(array.element));
    if (pointer.kind !== "pointer") throw this.#wrong(member, `expected an array of pointers, found one of ${pointer.kind}`);
    const pointee = this.#btf.type(this.#btf.resolve(pointer.type));
    if (type === "prog_array") {
      if (pointee.kind !== "prototype")
        throw this.#wrong(member, `expected pointers to functions, found pointers to ${pointee.kind}`);
      return undefined;
    }
    if (pointee.kind !== "struct")
      throw this.#wrong(member, `expected pointers to map definitions, found pointers to ${pointee.kind}`);
    return new Definition(this.#btf, this.#name, this.#budget, null).read(pointee, true).spec;
  }

  /** `int (*name)[value]`; or, of old, an integer of the variable. */
  #number(member: Member): number {
    if (this.#initial !== null && this.#btf.kind(this.#btf.resolve(member.type)) === "int")
      return this.#plain(member, this.#initial);
    const array = this.#btf.type(this.#btf.resolve(this.#pointee(member)));
    if (array.kind !== "array")
      throw this.#wrong(member, `expected a pointer to an array whose length is the value, found a pointer to ${array.kind}`);
    return array.length;
  }

  #plain(member: Member, { view, littleEndian }: Initial): number {
    const offset = member.bitOffset / 8;
    const size = this.#btf.sizeOf(member.type);
    if (size !== 4 || member.bitSize !== 0 || !Number.isInteger(offset) || offset + 4 > view.byteLength)
      throw this.#wrong(member, `expected an integer of 4 bytes within ${view.byteLength}, found one of ${size} at ${offset}`);
    return view.getUint32(offset, littleEndian);
  }

  /** As `#number`, or the only constant of an enumeration, which may have 64 bits. */
  #long(member: Member): bigint {
    const type = this.#btf.type(this.#btf.resolve(member.type));
    if (type.kind === "pointer") return BigInt(this.#number(member));
    const only = type.kind === "enum" || type.kind === "enum64" ? type.values[0] : undefined;
    if (only === undefined) throw this.#wrong(member, `expected a number as __uint or __ulong writes it, found a ${type.kind}`);
    return BigInt.asUintN(64, BigInt(only.value));
  }

  #pointee(member: Member): number {
    const pointer = this.#btf.type(this.#btf.resolve(member.type));
    if (pointer.kind !== "pointer") throw this.#wrong(member, `expected a pointer, found a ${pointer.kind}`);
    return pointer.type;
  }

  #agree(what: "key" | "value", before: number | null, now: number): number {
    if (before !== null && before !== now) {
      const message = `expected one size of the ${what}, found ${before} and ${now} bytes`;
      throw new ObjectError("map", message, { section: MAPS_SECTION, symbol: this.#name });
    }
    return now;
  }

  #wrong(member: Member, message: string): ObjectError {
    return new ObjectError("map", `member ${JSON.stringify(member.name)}: ${message}`, {
      section: MAPS_SECTION,
      symbol: this.#name,
    });
  }
}

/** Kinds whose keys and values are always descriptors or numbers of 4 bytes, so that sources leave their sizes out. */
const FOUR_BYTES: ReadonlySet<MapType> = new Set<MapType>(["perf_event_array", "prog_array", "cgroup_array", "array_of_maps"]);

/** Fills in what loaders fill in: sizes of 4 bytes, and a ring buffer's size as the kernel accepts it. */
export function withDefaults(spec: MapSpec): MapSpec {
  if (FOUR_BYTES.has(spec.type)) return { ...spec, keySize: spec.keySize || 4, valueSize: spec.valueSize || 4 };
  if (spec.type === "hash_of_maps") return { ...spec, valueSize: spec.valueSize || 4 };
  if (spec.type === "ringbuf" || spec.type === "user_ringbuf") return { ...spec, maxEntries: ringSize(spec.maxEntries) };
  return spec;
}

/** Pages of most machines; where they are larger, the engine rounds up again. */
export const PAGE_SIZE = 4096;

/** The kernel wants a power of two that is a multiple of the page; 0 stays 0, for the error that it deserves. */
function ringSize(bytes: number): number {
  if (bytes === 0) return 0;
  let size = PAGE_SIZE;
  while (size < bytes && size < 2 ** 31) size *= 2;
  return Math.max(bytes, size);
}

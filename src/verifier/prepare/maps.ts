/** What a program's checks ask of the maps that it refers to. */

import type { MapSpec, Spec } from "../../object/spec.ts";
import type { MapFacts, SpecialField } from "../program.ts";
import type { Target } from "../target.ts";
import { FieldError, parseFields } from "./fields.ts";
import { checkOwned } from "./ownership.ts";
import { IN_MAPS, mapTypesFor } from "./special-types.ts";
import type { ProgramTypes } from "./types.ts";

/** `BPF_F_*` of linux/bpf.h. */
const BPF_F_RDONLY_PROG = 1 << 7;
const BPF_F_WRONLY_PROG = 1 << 8;

/** Maps of one Spec as one target would make them: one object a map, made when it is asked for. */
export class MapTable {
  readonly #spec: Spec;
  readonly #target: Target;
  readonly #types: ProgramTypes | null;
  readonly #facts = new Map<string, MapFacts>();

  constructor(spec: Spec, target: Target, types: ProgramTypes | null) {
    this.#spec = spec;
    this.#target = target;
    this.#types = types;
  }

  /** Undefined when the Spec has no such map. */
  get(name: string): MapFacts | undefined {
    const known = this.#facts.get(name);
    if (known !== undefined) return known;
    const spec = this.#spec.maps.find((map) => map.name === name);
    if (spec === undefined) return undefined;
    const facts = this.#make(spec, this.#innerOf(spec));
    this.#facts.set(name, facts);
    return facts;
  }

  /** As declared, or, when only its contents tell, as the first map in it. */
  #innerOf(spec: MapSpec): MapFacts | null {
    if (spec.type !== "array_of_maps" && spec.type !== "hash_of_maps") return null;
    if (spec.inner !== undefined) return this.#make(spec.inner, null);
    const first = spec.contents?.kind === "maps" ? spec.contents.entries[0] : undefined;
    return first === undefined ? null : (this.get(first.map) ?? null);
  }

  #make(spec: MapSpec, inner: MapFacts | null): MapFacts {
    const fields = this.#fields(spec);
    const typed = fields !== null;
    const readOnly = (spec.flags & BPF_F_RDONLY_PROG) !== 0 && spec.frozen === true && spec.type === "array";
    return {
      spec,
      name: spec.name,
      type: spec.type,
      keySize: spec.keySize,
      valueSize: spec.valueSize,
      maxEntries: spec.maxEntries,
      // What is in them is looked up and never written by programs, whoever made them.
      flags: spec.type === "devmap" || spec.type === "devmap_hash" ? spec.flags | BPF_F_RDONLY_PROG : spec.flags,
      typed,
      fields: fields ?? [],
      inner,
      contents: readOnly ? this.#contents(spec) : null,
    };
  }

  #contents(spec: MapSpec): Uint8Array | null {
    const values = (this.#spec.externs ?? []).filter((extern) => extern.kind === "kconfig" && extern.map === spec.name);
    if (values.length === 0) return contentsOf(spec);
    // Values of the kernel's configuration: only those that every kernel of a version has are known here.
    const bytes = new Uint8Array(spec.valueSize);
    const view = new DataView(bytes.buffer);
    for (const value of values) {
      if (value.kind !== "kconfig") return null;
      const known = VIRTUAL_VALUES.get(value.name)?.(this.#target.era);
      if (known === undefined || value.offset + value.size > bytes.length) return null;
      for (let index = 0; index < Math.min(4, value.size); index++) view.setUint8(value.offset + index, known >>> (8 * index));
    }
    return bytes;
  }

  /**
   * Null: the map is made without types. That is what loaders try next when the kernel does not take a map with them
   * (`map_check_btf` of kernel/bpf/syscall.c).
   */
  #fields(spec: MapSpec): readonly SpecialField[] | null {
    const types = this.#types;
    if (types === null || spec.valueType === 0) return null;
    const { btf, objects } = types;
    const { era, types: kernelTypes } = this.#target;
    try {
      if (!sizesMatch(spec, types)) return null;
      const fields = parseQuietly(() =>
        parseFields({ btf, kernelTypes, era, kinds: IN_MAPS }, btf.resolve(spec.valueType), spec.valueSize),
      );
      if (fields.length === 0) return fields;
      if ((spec.flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)) !== 0) return null;
      if (fields.some(({ kind }) => !mapTypesFor(kind, era).includes(spec.type))) return null;
      checkOwned(fields, objects);
      return fields;
    } catch {
      return null;
    }
  }
}

/** The kernel keeps the error where the fields should be, makes the map, and finds no fields from then on. */
function parseQuietly(parse: () => readonly SpecialField[]): readonly SpecialField[] {
  try {
    return parse();
  } catch (error) {
    if (error instanceof FieldError) return [];
    throw error;
  }
}

function sizesMatch(spec: MapSpec, { btf }: ProgramTypes): boolean {
  if (spec.keyType === 0) {
    // Only an array of one value, for variables, has a value type without a key type.
    if (spec.type !== "array" || spec.maxEntries !== 1) return false;
  } else if (btf.sizeOf(spec.keyType) !== spec.keySize) return false;
  const value = btf.resolve(spec.valueType);
  const type = btf.type(value);
  return (type.kind === "section" ? type.size : btf.sizeOf(value)) === spec.valueSize;
}

/** What libbpf makes up beside the kernel's configuration, and what it is on x86-64. */
const VIRTUAL_VALUES: ReadonlyMap<string, (era: number) => number> = new Map<string, (era: number) => number>([
  ["LINUX_KERNEL_VERSION", (era) => (Math.floor(era / 100) << 16) | ((era % 100) << 8)],
  ["LINUX_HAS_BPF_COOKIE", () => 1],
  ["LINUX_HAS_SYSCALL_WRAPPER", () => 1],
]);

function contentsOf(spec: MapSpec): Uint8Array | null {
  const { contents, valueSize, maxEntries } = spec;
  if (maxEntries !== 1) return null;
  const bytes = new Uint8Array(valueSize);
  if (contents === undefined) return bytes;
  if (contents.kind !== "bytes") return null;
  bytes.set(contents.bytes.subarray(0, valueSize - (contents.offset ?? 0)), contents.offset ?? 0);
  return bytes;
}

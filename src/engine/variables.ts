/**
 * Variables of a program, by name: `let` and `config` of a source, globals of an object. They lie in maps of one value (`NAME.bss`,
 * `NAME.data`, `NAME.rodata`), and read and write as their BTF types say. Both engines use this.
 */

import { type Btf, openBtf } from "../btf/btf.ts";
import { type Codec, makeCodec } from "../btf/codec.ts";
import { nearest } from "../nearest.ts";
import type { GlobalSpec, MapSpec, Spec } from "../object/spec.ts";
import { bytesCodec } from "./codecs.ts";
import { MapError } from "./errors.ts";
import type { Variable } from "./maps.ts";
import { type NumberColumn, type NumberMemory, numberAt } from "./numbers.ts";

/** The bytes of a map of variables, in an engine. */
export interface VariableMemory extends NumberMemory {
  read(offset: number, size: number): Uint8Array;
  write(offset: number, bytes: Uint8Array): void;
}

/**
 * The Spec with other values of its variables from the start.
 * @throws RangeError for a name that it does not have, ValueError for a value that does not fit.
 */
export function withVariables(spec: Spec, variables: Readonly<Record<string, unknown>> = {}): Spec {
  const given = Object.entries(variables).filter(([, value]) => value !== undefined);
  if (given.length === 0) return spec;
  const types = spec.types === null ? null : openBtf(spec.types);
  const contents = new Map<string, Uint8Array>();
  for (const [name, value] of given) {
    const global = variableNamed(spec, name);
    const map = spec.maps.find((candidate) => candidate.name === global.map);
    if (map === undefined) throw new RangeError(`${name} lies in ${global.map}, which ${spec.name} does not have`);
    const bytes = contents.get(map.name) ?? initialBytes(map);
    const encoded = encode(codecOf(types, global), value, global.size);
    bytes.set(encoded, global.offset - (map.contents?.kind === "bytes" ? (map.contents.offset ?? 0) : 0));
    contents.set(map.name, bytes);
  }
  const maps = spec.maps.map((map): MapSpec => {
    const bytes = contents.get(map.name);
    if (bytes === undefined) return map;
    const offset = map.contents?.kind === "bytes" ? map.contents.offset : undefined;
    return { ...map, contents: { kind: "bytes", bytes, ...(offset === undefined ? {} : { offset }) } };
  });
  return { ...spec, maps };
}

/** Names of the variables that a Spec's user side may know: those seen by other objects first, each name once. */
export function variablesOf(spec: Spec): readonly GlobalSpec[] {
  const globals = spec.globals ?? [];
  const seen = new Set<string>();
  return [
    ...globals.filter(({ linkage }) => linkage === "global"),
    ...globals.filter(({ linkage }) => linkage === "static"),
  ].filter(
    // The compiler's own texts and counters are nobody's variables.
    ({ name }) => !name.includes(".") && !name.startsWith("____") && !seen.has(name) && seen.add(name),
  );
}

/** Every variable of a Spec; `memoryOf` gives the bytes of a map, or null when the engine did not make it. */
export function makeVariables(spec: Spec, memoryOf: (map: MapSpec) => VariableMemory | null): Readonly<Record<string, Variable>> {
  const variables = variablesOf(spec);
  if (variables.length === 0) return Object.freeze({});
  const types = spec.types === null ? null : openBtf(spec.types);
  const made: Record<string, Variable> = {};
  for (const global of variables) {
    const map = spec.maps.find(({ name }) => name === global.map);
    const memory = map === undefined ? null : memoryOf(map);
    if (map === undefined || memory === null) continue;
    made[global.name] = new SpecVariable(global, codecOf(types, global), memory, map.frozen === true);
  }
  return Object.freeze(made);
}

class SpecVariable implements Variable {
  readonly name: string;
  readonly spec: GlobalSpec;
  readonly #codec: Codec;
  readonly #memory: VariableMemory;
  readonly #constant: boolean;
  /** Of a number that can be read in one piece; undefined before the first use. */
  #number: NumberColumn | null | undefined;

  constructor(spec: GlobalSpec, codec: Codec, memory: VariableMemory, constant: boolean) {
    this.name = spec.name;
    this.spec = spec;
    this.#codec = codec;
    this.#memory = memory;
    this.#constant = constant;
  }

  /** Hot where it is a number: one access of memory. */
  get(): unknown {
    const number = this.#number === undefined ? this.#findNumber() : this.#number;
    if (number !== null) return number.get(0);
    return this.#codec.decode(this.#memory.read(this.spec.offset, this.spec.size), 0);
  }

  set(value: unknown): void {
    if (this.#constant) {
      const instead = `set it when loading: load(spec, { variables: { ${this.name}: … } })`;
      throw new MapError(this.spec.map, "unsupported", `${this.name} is constant once the program is loaded; ${instead}`);
    }
    const number = this.#number === undefined ? this.#findNumber() : this.#number;
    if (number !== null && this.#memory.mayWrite) number.set(0, value as number | bigint);
    else this.#memory.write(this.spec.offset, encode(this.#codec, value, this.spec.size));
  }

  #findNumber(): NumberColumn | null {
    const { name, offset } = this.spec;
    this.#number = numberAt(name, this.#codec, offset, this.#memory);
    return this.#number;
  }
}

function encode(codec: Codec, value: unknown, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  codec.encode(value, bytes, 0);
  return bytes;
}

function codecOf(types: Btf | null, { name, type, size }: GlobalSpec): Codec {
  if (types === null || type === 0 || types.sizeOf(type) !== size) return bytesCodec(size, name);
  return makeCodec(types, type, { name });
}

function initialBytes({ contents, valueSize }: MapSpec): Uint8Array {
  if (contents?.kind !== "bytes") return new Uint8Array(valueSize);
  return contents.bytes.slice();
}

function variableNamed(spec: Spec, name: string): GlobalSpec {
  const known = variablesOf(spec);
  const found = known.find((global) => global.name === name);
  if (found !== undefined) return found;
  const names = known.map((global) => global.name);
  const near = nearest(name, names);
  const instead = near === null ? `it has ${names.join(", ") || "none"}` : `did you mean ${near}?`;
  throw new RangeError(`${spec.name} has no variable ${name}; ${instead}`);
}

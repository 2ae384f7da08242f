/**
 * Where an example plays: loaded into an engine, whichever source it came from. Both sources must agree about maps in every byte that
 * means something, so they are read as bytes, through the types of one of them.
 */

import { openBtf } from "../../src/btf/index.ts";
import { keyCodec, valueCodec } from "../../src/engine/codecs.ts";
import type { BpfMap, Collection, Program, RingBuffer, RunInput, RunResult } from "../../src/engine/engine.ts";
import type { MapSpec, Spec } from "../../src/object/spec.ts";

/** A Spec whose maps have no types, but those of variables: engines give their keys and values as bytes. */
export function untyped(spec: Spec): Spec {
  return { ...spec, maps: spec.maps.map((map) => (isData(map) ? map : { ...map, keyType: 0, valueType: 0 })) };
}

/** Libbpf's names have a dot: `.rodata`, `example.bss`. */
const isData = ({ name }: MapSpec): boolean => name.includes(".");

type Row = readonly [key: unknown, value: unknown];

export class Stage {
  readonly programs: Readonly<Record<string, Program>>;
  readonly #maps: Collection["maps"];
  readonly #types: Spec;

  /** @param types the Spec by whose types maps are read. */
  constructor({ maps, programs }: Pick<Collection, "maps" | "programs">, types: Spec) {
    this.#maps = maps;
    this.programs = programs;
    this.#types = types;
  }

  program(name: string): Program {
    const program = this.programs[name];
    if (program === undefined) throw new RangeError(`no program ${name}`);
    return program;
  }

  run(name: string, input: RunInput): RunResult {
    return this.program(name).run(input);
  }

  set(name: string, key: unknown, value: unknown): void {
    const { keys, values } = this.#codecs(name);
    const bytes = (codec: typeof keys, given: unknown): Uint8Array => {
      const encoded = new Uint8Array(codec.size);
      codec.encode(given, encoded, 0);
      return encoded;
    };
    // An index has no type to be taken away.
    this.#map(name).set(this.#isIndexed(name) ? key : bytes(keys, key), bytes(values, value));
  }

  /** Sorted by key; of a per-CPU map the sum over the CPUs. Arrays without the entries that are still zero. */
  entries(name: string): readonly Row[] {
    const { keys, values } = this.#codecs(name);
    const value = (found: unknown): unknown =>
      Array.isArray(found) ? found.map(value).reduce(sum) : found instanceof Uint8Array ? values.decode(found, 0) : found;
    const rows = [...this.#map(name)]
      .filter(([, found]) => !(this.#isIndexed(name) && isZero(found)))
      .map(([key, found]): Row => [key instanceof Uint8Array ? keys.decode(key, 0) : key, value(found)]);
    return rows.sort(([one], [other]) => (text(one) < text(other) ? -1 : 1));
  }

  /** What waits in a ring buffer. */
  records(name: string): readonly unknown[] {
    const { values } = this.#codecs(name);
    const found: unknown[] = [];
    const ring = this.#maps[name] as RingBuffer<Uint8Array>;
    ring.drain((record) => {
      found.push(values.decode(record, 0));
    });
    return found;
  }

  #isIndexed(name: string): boolean {
    return this.#map(name).spec.type.endsWith("array");
  }

  #map(name: string): BpfMap {
    const map = this.#maps[name];
    if (map === undefined) throw new RangeError(`no map ${name}`);
    return map as BpfMap;
  }

  #codecs(name: string) {
    const spec = this.#types.maps.find((map) => map.name === name);
    if (spec === undefined || this.#types.types === null) throw new RangeError(`${this.#types.name} has no map ${name}`);
    const types = openBtf(this.#types.types);
    const size = spec.valueType === 0 ? 0 : types.sizeOf(spec.valueType);
    return { keys: keyCodec(types, spec), values: valueCodec(types, { ...spec, valueSize: spec.valueSize || size }) };
  }
}

/** Field by field. */
function sum(one: unknown, other: unknown): unknown {
  if (typeof one === "bigint" && typeof other === "bigint") return one + other;
  if (typeof one === "number" && typeof other === "number") return one + other;
  if (Array.isArray(one) && Array.isArray(other)) return one.map((each, at) => sum(each, other[at]));
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null)
    throw new TypeError(`cannot add ${typeof one} and ${typeof other}`);
  const more: Readonly<Record<string, unknown>> = { ...other };
  return Object.fromEntries(Object.entries(one).map(([name, each]) => [name, sum(each, more[name])]));
}

function isZero(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isZero);
  return value instanceof Uint8Array && value.every((byte) => byte === 0);
}

const text = (value: unknown): string => JSON.stringify(value, (_, each) => (typeof each === "bigint" ? `${each}` : each));

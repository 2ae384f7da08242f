/** A Spec in the embedded engine: its maps made, its programs ready; all of it or nothing. */

import { type Btf, openBtf } from "../../btf/btf.ts";
import type { ProgramSpec, Spec } from "../../object/spec.ts";
import { keyCodec, valueCodec } from "../codecs.ts";
import type { AnyModule, Collection, LoadOptions, MapsOf, ProgramsOf } from "../engine.ts";
import { FeatureError, MapError } from "../errors.ts";
import type { Cpu } from "./cpu.ts";
import type { MakeExecutors } from "./executor.ts";
import { helpersFor, PROGRAM_TYPES } from "./helpers.ts";
import type { PacketHost } from "./host.ts";
import { createMap } from "./maps/create.ts";
import type { MapHome, MapStore } from "./maps/store.ts";
import type { Memory } from "./memory.ts";
import { resolve } from "./resolve.ts";
import { UserMap } from "./user-map.ts";
import { XdpProgram } from "./xdp-program.ts";

/** What an engine loads into. */
export interface Target extends MapHome {
  readonly cpuList: readonly Cpu[];
  readonly host: PacketHost;
  readonly fuel: number;
  /** How programs run. */
  readonly executors: MakeExecutors;
}

export class EmbeddedCollection<Module = AnyModule> implements Collection<Module> {
  readonly spec: Spec;
  readonly maps: MapsOf<Module>;
  readonly programs: ProgramsOf<Module>;
  readonly #stores: readonly MapStore[];
  readonly #userMaps: readonly UserMap[];
  readonly #programs: readonly XdpProgram[];
  readonly #disposed: () => void;
  #open = true;

  /** @param disposed told once. @throws as `Engine.load`; nothing is left behind then. */
  constructor(spec: Spec, options: LoadOptions, target: Target, disposed: () => void) {
    const stores: MapStore[] = [];
    try {
      checkOptions(spec, options);
      checkNames("map", spec.maps);
      checkNames("program", spec.programs);
      const wanted = (program: ProgramSpec): boolean => options.programs?.includes(program.name) ?? program.autoload !== false;
      const specs = spec.programs.filter(wanted);
      for (const map of spec.maps) {
        if (map.autocreate !== false)
          stores.push(createMap({ ...map, maxEntries: options.maxEntries?.[map.name] ?? map.maxEntries }, target));
      }
      const byName = new Map(stores.map((store) => [store.name, store]));
      this.#programs = specs.map((program) => makeProgram(program, byName, target));
      const types = spec.types === null ? null : openBtf(spec.types);
      this.#userMaps = stores.map((store) => makeUserMap(store, types, target.memory));
      for (const store of stores) fill(store, target.memory);
    } catch (error) {
      for (const store of stores) store.dispose();
      throw error;
    }
    this.spec = spec;
    this.#stores = stores;
    this.#disposed = disposed;
    // The type parameter only gives names to what the Spec declares.
    const maps: unknown = named(this.#userMaps);
    const programs: unknown = named(this.#programs);
    this.maps = maps as MapsOf<Module>;
    this.programs = programs as ProgramsOf<Module>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    for (const program of this.#programs) await program.close();
    for (const map of this.#userMaps) map.close();
    for (const store of this.#stores) store.dispose();
    this.#disposed();
  }
}

function named<Item extends { readonly name: string }>(items: readonly Item[]): Readonly<Record<string, Item>> {
  return Object.freeze(Object.fromEntries(items.map((item) => [item.name, item])));
}

function checkOptions(spec: Spec, { programs = [], maxEntries = {} }: LoadOptions): void {
  const known = spec.programs.map(({ name }) => name);
  for (const name of programs) {
    if (!known.includes(name)) throw new RangeError(`${spec.name} has no program ${name}; it has ${known.join(", ") || "none"}`);
  }
  const maps = spec.maps.map(({ name }) => name);
  for (const name of Object.keys(maxEntries)) {
    if (!maps.includes(name)) {
      throw new MapError(name, "not-found", `${spec.name} has no map ${name}; it has ${maps.join(", ") || "none"}`);
    }
  }
}

/** Two of one name: the second would hide the first. @throws RangeError */
function checkNames(what: string, items: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of items) {
    if (seen.has(name)) throw new RangeError(`two of the Spec's ${what}s have the name ${name}; give one another name`);
    seen.add(name);
  }
}

function makeProgram(spec: ProgramSpec, maps: ReadonlyMap<string, MapStore>, target: Target): XdpProgram {
  const helpers = helpersFor(spec.type);
  if (helpers === null) {
    throw new FeatureError(
      `BPF_PROG_TYPE_${spec.type.toUpperCase()}`,
      null,
      `program ${spec.name}: the embedded engine runs ${PROGRAM_TYPES.join(", ")} programs; this one is ${spec.type}`,
    );
  }
  const executors = target.executors(resolve(spec, helpers, maps), target.cpuList, helpers);
  return new XdpProgram(spec, executors, target.host, target.fuel);
}

function makeUserMap(store: MapStore, types: Btf | null, memory: Memory): UserMap {
  const { spec } = store;
  const map = new UserMap(store, memory, keyCodec(types, spec), valueCodec(types, spec));
  if (spec.frozen) map.freeze();
  return map;
}

/**
 * What the Spec says a map holds from the start: values of an array, from its first on.
 * @throws MapError `unsupported` for what this engine cannot put into that kind of map, `invalid` for more than fits.
 */
function fill(store: MapStore, memory: Memory): void {
  const { spec, name } = store;
  const { contents } = spec;
  if (contents === undefined) return;
  if (contents.kind !== "bytes" || spec.type !== "array") {
    const what = contents.kind === "bytes" ? "bytes" : `references to ${contents.kind}`;
    throw new MapError(name, "unsupported", `map ${name}: the embedded engine cannot fill a ${spec.type} with ${what}`);
  }
  const { bytes } = contents;
  const { stride, size, start } = store.values;
  if (bytes.length > size * store.maxEntries) {
    const room = size * store.maxEntries;
    throw new MapError(name, "invalid", `map ${name}: begins with ${bytes.length} bytes, but its entries take ${room}`);
  }
  for (let element = 0; element * size < bytes.length; element++) {
    memory.bytes.set(bytes.subarray(element * size, (element + 1) * size), start + element * stride);
  }
}

/** A Spec in the embedded engine: its maps made, its programs ready; all of it or nothing. */

import { type Btf, openBtf } from "../../btf/btf.ts";
import type { ProgramSpec, Spec } from "../../object/spec.ts";
import { keyCodec, valueCodec } from "../codecs.ts";
import type { AnyModule, BpfMap, Collection, LoadOptions, MapsOf, ProgramsOf } from "../engine.ts";
import { FeatureError, MapError } from "../errors.ts";
import { type Debuggee, offerToDebugger } from "./debug/debuggee.ts";
import type { Executor, MakeExecutors } from "./executor.ts";
import { createMap } from "./maps/create.ts";
import type { MapHome, MapStore } from "./maps/store.ts";
import type { Memory } from "./memory.ts";
import type { LoadedProgram, ProgramKind } from "./programs/kind.ts";
import { loadKind, PROGRAM_TYPES } from "./programs/kinds.ts";
import { resolve } from "./resolve.ts";
import { reused } from "./reuse.ts";
import type { Room } from "./room/room.ts";
import { UserMap } from "./user-map.ts";
import { judge, type Verify } from "./verify.ts";

/** What an engine loads into. */
export interface Target extends MapHome {
  readonly room: Room;
  readonly fuel: number;
  /** How programs run. */
  readonly executors: MakeExecutors;
  readonly verify: Verify | undefined;
  readonly unsafe: boolean;
}

/** The kinds of a Spec's programs, by `kindName`. */
export type Kinds = ReadonlyMap<string, ProgramKind>;

export class EmbeddedCollection<Module = AnyModule> implements Collection<Module> {
  readonly spec: Spec;
  readonly maps: MapsOf<Module>;
  readonly programs: ProgramsOf<Module>;
  readonly #stores: readonly MapStore[];
  readonly #userMaps: readonly UserMap[];
  readonly #programs: readonly LoadedProgram[];
  readonly #disposed: () => void;
  #open = true;

  /** @param disposed told once. @throws as `Engine.load`; nothing is left behind then. */
  constructor(spec: Spec, options: LoadOptions, target: Target, kinds: Kinds, disposed: () => void) {
    const stores: MapStore[] = [];
    try {
      checkOptions(spec, options);
      checkNames("map", spec.maps);
      checkNames("program", spec.programs);
      const specs = spec.programs.filter((program) => isWanted(program, options));
      for (const map of spec.maps) {
        if (map.autocreate === false) continue;
        const declared = { ...map, maxEntries: options.maxEntries?.[map.name] ?? map.maxEntries };
        const given = options.reuse?.[map.name];
        stores.push(given === undefined ? createMap(declared, target) : reused(declared, spec, given, target.memory));
      }
      const byName = new Map(stores.map((store) => [store.name, store]));
      const origin = { spec, maps: () => named<BpfMap>(this.#userMaps) };
      this.#programs = specs.map((program) => makeProgram(program, origin, byName, target, kinds));
      const types = spec.types === null ? null : openBtf(spec.types);
      this.#userMaps = stores.map((store) => makeUserMap(store, types, target.memory));
      for (const store of stores) if (options.reuse?.[store.name] === undefined) fill(store, target.memory);
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

/** Imports what the programs of a Spec need. @throws FeatureError for a type that this engine does not run. */
export async function kindsOf(spec: Spec, options: LoadOptions, hooks: Kinds): Promise<Kinds> {
  const kinds = new Map<string, ProgramKind>(hooks);
  for (const program of spec.programs) {
    if (!isWanted(program, options)) continue;
    const name = kindName(program);
    const kind = kinds.get(name) ?? (await loadKind(program.type));
    if (kind === null) {
      if (name.startsWith(OWN_HOOK)) throw unknownHook(program, name, hooks);
      throw new FeatureError(
        `BPF_PROG_TYPE_${program.type.toUpperCase()}`,
        null,
        `program ${program.name}: the embedded engine runs ${PROGRAM_TYPES.join(", ")} programs; this one is ${program.type}`,
      );
    }
    kinds.set(name, kind);
  }
  return kinds;
}

/** Section of programs for hooks of an application's own: `hook/http.request`. */
const OWN_HOOK = "hook/";

/** Programs for hooks of one's own have a kind for each hook, others one for their type. */
function kindName({ type, section }: ProgramSpec): string {
  return type === "unspec" && section?.startsWith(OWN_HOOK) ? section : type;
}

function unknownHook({ name }: ProgramSpec, section: string, hooks: Kinds): FeatureError {
  const known = [...hooks.keys()].map((key) => key.slice(OWN_HOOK.length));
  const instead =
    known.length === 0 ? "open it with the hook: openEmbedded({ hooks: [onRequest] })" : `it has ${known.join(", ")}`;
  const message = `program ${name}: the engine has no hook ${section.slice(OWN_HOOK.length)}; ${instead}`;
  return new FeatureError(section, null, message);
}

/** Whether a load with these options loads the program. */
export const isWanted = (program: ProgramSpec, { programs }: LoadOptions): boolean =>
  programs?.includes(program.name) ?? program.autoload !== false;

function makeProgram(
  program: ProgramSpec,
  origin: Pick<Debuggee, "spec" | "maps">,
  maps: ReadonlyMap<string, MapStore>,
  target: Target,
  kinds: Kinds,
): LoadedProgram {
  const kind = kinds.get(kindName(program));
  if (kind === undefined) throw new TypeError(`${program.name}: ${program.type} was not imported`);
  kind.check?.(program, origin.spec);
  const resolved = resolve(program, kind, maps, origin.spec.externs);
  const trust = judge(program, origin.spec, target.verify, target.unsafe);
  const { room, fuel } = target;
  const executors = target.executors(resolved, room.cpus, kind.helpers, trust);
  const make = (executors: readonly Executor[]) => kind.make(program, executors, room, fuel);
  const loaded = make(executors);
  offerToDebugger(loaded, { ...origin, resolved, helpers: kind.helpers, cpus: room.cpus, fuel, make });
  return loaded;
}

function makeUserMap(store: MapStore, types: Btf | null, memory: Memory): UserMap {
  const { spec } = store;
  const map = new UserMap(store, memory, keyCodec(types, spec), valueCodec(types, spec), types);
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

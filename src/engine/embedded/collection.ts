/** A Spec in the embedded engine: its maps made, its programs ready; all of it or nothing. */

import { type Btf, openBtf } from "../../btf/btf.ts";
import type { MapSpec, ProgramSpec, Spec } from "../../object/spec.ts";
import { attachAll } from "../attach-all.ts";
import type {
  AnyMap,
  AnyModule,
  Attachments,
  AttachOptions,
  Collection,
  LoadOptions,
  MapsOf,
  ProgramsOf,
  VariablesOf,
} from "../engine.ts";
import { FeatureError, MapError, VerifierError } from "../errors.ts";
import { makeVariables } from "../variables.ts";
import { type Debuggee, offerToDebugger } from "./debug/debuggee.ts";
import type { Executor, MakeExecutors } from "./executor.ts";
import { createMap } from "./maps/create.ts";
import { fillMap, type Names } from "./maps/fill.ts";
import { specialFields } from "./maps/special.ts";
import type { MapHome, MapStore } from "./maps/store.ts";
import type { LoadedProgram, ProgramKind } from "./programs/kind.ts";
import { loadKind, PROGRAM_TYPES } from "./programs/kinds.ts";
import { resolve } from "./resolve.ts";
import { reused } from "./reuse.ts";
import type { Room } from "./room/room.ts";
import type { CpuThreads, Sent, SentProgram } from "./threads/cpu-threads.ts";
import { describeUsdtArguments } from "./usdt-arguments.ts";
import type { UserHandle } from "./user-maps/handle.ts";
import { UserArray } from "./user-maps/keyed.ts";
import { makeUserMap } from "./user-maps/make.ts";
import { UserArena } from "./user-maps/others.ts";
import { judge, type Prove, type Verify } from "./verify.ts";

/** What an engine loads into. */
export interface Target extends MapHome {
  readonly room: Room;
  readonly fuel: number;
  /** How programs run. */
  readonly executors: MakeExecutors;
  /** Who judges programs of a kind; undefined: nobody. */
  readonly verifierOf: (kind: ProgramKind) => Verify | Prove | undefined;
  readonly unsafe: boolean;
  /** CPUs that are threads, or null. */
  readonly threads: CpuThreads | null;
}

/** The kinds of a Spec's programs, by `kindName`. */
export type Kinds = ReadonlyMap<string, ProgramKind>;

export class EmbeddedCollection<Module = AnyModule> implements Collection<Module> {
  readonly spec: Spec;
  readonly maps: MapsOf<Module>;
  readonly programs: ProgramsOf<Module>;
  readonly variables: VariablesOf<Module>;
  /** What CPUs that are threads must have of it. */
  readonly sent: Sent;
  readonly #threads: CpuThreads | null;
  readonly #stores: readonly MapStore[];
  readonly #userMaps: readonly UserHandle[];
  readonly #programs: readonly LoadedProgram[];
  readonly #disposed: () => void;
  readonly #room: Room;
  #open = true;

  /** @param disposed told once. @throws as `Engine.load`; nothing is left behind then. */
  constructor(spec: Spec, options: LoadOptions, target: Target, kinds: Kinds, disposed: () => void) {
    const stores: MapStore[] = [];
    const { programs: table } = target.room;
    const made: LoadedProgram[] = [];
    try {
      checkOptions(spec, options);
      checkNames("map", spec.maps);
      checkNames("program", spec.programs);
      const specs = spec.programs.filter((program) => isWanted(program, options));
      for (const map of spec.maps) {
        if (map.autocreate === false) continue;
        const given = options.reuse?.[map.name];
        const declared = { ...map, maxEntries: options.maxEntries?.[map.name] ?? map.maxEntries };
        stores.push(given === undefined ? makeMap(map, spec, options, target) : reused(declared, spec, given, target.memory));
      }
      const valueTypes = spec.types === null ? null : openBtf(spec.types);
      for (const store of stores) {
        const fields = specialFields(valueTypes, store.spec.valueType);
        if (fields.length > 0) store.fields ??= target.room.fieldsOf(store, fields);
      }
      const byName = new Map(stores.map((store) => [store.name, store]));
      const origin = { spec, maps: () => mapsOf(this.#userMaps) };
      const sent: SentProgram[] = [];
      for (const program of specs) {
        made.push(makeProgram(program, origin, byName, target, kinds, sent, valueTypes));
      }
      this.#programs = made;
      this.sent = { maps: stores, programs: sent };
      this.#threads = target.threads;
      const { memory, cpus } = target;
      const { cgroups, counters, packets } = target.room;
      const ownCpus = target.room.cpus.length;
      const hasDevice = (ifindex: number) => packets.byIndex(ifindex) !== null;
      this.#userMaps = stores.map((store) =>
        makeUserMap(store, valueTypes, { memory, cpus, ownCpus, programs: table, cgroups, counters, hasDevice }),
      );
      const names: Names = {
        mapNamed: (name) => byName.get(name)?.handle ?? null,
        programNamed(name, array) {
          const program = made.find((program) => program.name === name);
          return program === undefined ? null : table.numberFor(array, program) || null;
        },
      };
      for (const store of stores) if (options.reuse?.[store.name] === undefined) fillMap(store, memory, names);
      describeUsdtArguments(mapsOf(this.#userMaps), target.room.architecture);
      for (const map of this.#userMaps) if (map.spec.frozen === true) map.freeze();
    } catch (error) {
      for (const program of made) table.remove(program, target.memory.words, target.room.maps.all());
      for (const store of stores) store.dispose();
      throw error;
    }
    this.spec = spec;
    this.#stores = stores;
    this.#disposed = disposed;
    this.#room = target.room;
    // The type parameter only gives names to what the Spec declares.
    const maps: unknown = mapsOf(this.#userMaps);
    const programs: unknown = named(this.#programs);
    const variables: unknown = makeVariables(spec, ({ name }) => {
      const map = this.#userMaps.find((candidate) => candidate.name === name);
      return map instanceof UserArray || map instanceof UserArena ? map : null;
    });
    this.maps = maps as MapsOf<Module>;
    this.variables = variables as VariablesOf<Module>;
    this.programs = programs as ProgramsOf<Module>;
  }

  attach(options: Readonly<Record<string, AttachOptions>> = {}): Promise<Attachments> {
    return attachAll({ spec: this.spec, programs: named(this.#programs), interfaces: [] }, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    for (const program of this.#programs) {
      const code = this.#room.programs.remove(program, this.#room.memory.words, this.#room.maps.all());
      if (code !== null) this.#room.timers.cancelOf(code);
      await program.close();
    }
    await this.#threads?.unload(this.sent);
    for (const map of this.#userMaps) map.close();
    for (const store of this.#stores) store.dispose();
    if (this.#room.cpus.every(({ busy }) => !busy)) this.#room.heap.settle();
    this.#disposed();
  }
}

function named<Item extends { readonly name: string }>(items: readonly Item[]): Readonly<Record<string, Item>> {
  return Object.freeze(Object.fromEntries(items.map((item) => [item.name, item])));
}

/** What each can do depends on its kind, which its Spec's types tell. */
function mapsOf(maps: readonly UserHandle[]): Readonly<Record<string, AnyMap>> {
  const byName: unknown = named(maps);
  return byName as Readonly<Record<string, AnyMap>>;
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

/** Local storages have no size of their own: the option says how many objects there is room for. */
function makeMap(map: MapSpec, { maps }: Spec, { maxEntries }: LoadOptions, target: Target): MapStore {
  const size = maxEntries?.[map.name];
  if (map.type.endsWith("_storage")) return createMap(map, target, size);
  let { inner } = map;
  if (inner === undefined && map.contents?.kind === "maps") {
    // Said by what it is filled with.
    const first = map.contents.entries[0]?.map;
    inner = maps.find(({ name }) => name === first);
  }
  return createMap({ ...map, maxEntries: size ?? map.maxEntries, ...(inner === undefined ? {} : { inner }) }, target);
}

/** The Spec with its maps as they are here: options give them other sizes, and contents that another collection filled in. */
function asMade(spec: Spec, maps: ReadonlyMap<string, MapStore>): Spec {
  const made = spec.maps.map((map): MapSpec => {
    const has = maps.get(map.name)?.spec;
    if (has === undefined || has === map) return map;
    const { contents: _, frozen: __, ...shape } = map;
    const { maxEntries, contents, frozen } = has;
    return { ...shape, maxEntries, ...(contents === undefined ? {} : { contents }), ...(frozen === undefined ? {} : { frozen }) };
  });
  return { ...spec, maps: made };
}

function makeProgram(
  program: ProgramSpec,
  origin: Pick<Debuggee, "spec" | "maps">,
  maps: ReadonlyMap<string, MapStore>,
  target: Target,
  kinds: Kinds,
  sent: SentProgram[],
  types: Btf | null,
): LoadedProgram {
  const kind = kinds.get(kindName(program));
  if (kind === undefined) throw new TypeError(`${program.name}: ${program.type} was not imported`);
  kind.check?.(program, origin.spec);
  const { code, maps: used } = resolve(program, kind, maps, origin.spec.externs, types);
  const { trust, conditions } = judge(program, asMade(origin.spec, maps), target.verifierOf(kind), target.unsafe);
  const resolved = { code: { ...code, conditions }, maps: used };
  const { room, fuel } = target;
  const executors = target.executors(resolved, room.cpus, kind.helpers, trust);
  for (const { space } of executors) space.conditions = conditions;
  const make = (executors: readonly Executor[]) => kind.make(program, executors, room, fuel);
  const loaded = make(executors);
  for (const map of resolved.maps) {
    if (map.type === "prog_array" && !room.programs.claim(map, program.type)) {
      const message = `${program.name}: ${map.name} holds programs of another type than ${program.type}`;
      throw new VerifierError(program.name, [message], message);
    }
  }
  const tail = room.programs.add({ program: loaded, type: program.type, code: resolved.code, executors });
  const [executor] = executors;
  // Rings are worked on by XDP programs; all others run in the engine's own thread.
  if (executor !== undefined && program.type === "xdp")
    sent.push({ handler: loaded, spec: program, externs: origin.spec.externs ?? [], trust, fuel, executor, tail });
  offerToDebugger(loaded, { ...origin, resolved, helpers: kind.helpers, cpus: room.cpus, fuel, make });
  return loaded;
}

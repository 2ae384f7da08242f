/** Loads a program for a test: an engine of its own, in which time and chance are the test's. */

import { debuggeeOf } from "../engine/embedded/debug/debuggee.ts";
import { type EmbeddedEngine, type EmbeddedOptions, openEmbedded } from "../engine/embedded/engine.ts";
import type { AnyHook, Hook } from "../engine/embedded/hooks/hook.ts";
import type { AnyModule, BpfMap, Collection, LoadOptions, MapsOf, Program, ProgramsOf, VariablesOf } from "../engine/engine.ts";
import { nearest } from "../nearest.ts";
import { CountingInterpreter, Counts, type Coverage, coverageOf } from "./coverage.ts";
import { TestHook } from "./hook.ts";
import { TestMap } from "./map.ts";
import { TestProgram } from "./program.ts";
import { type Source, specOf } from "./source.ts";
import { type Duration, VirtualTime, virtualTime } from "./time.ts";

export interface TestOptions<Module = AnyModule>
  extends Pick<LoadOptions<Module>, "maxEntries" | "programs" | "variables">,
    Pick<EmbeddedOptions, "cpus" | "fuel" | "memory" | "room"> {
  /** Of random numbers and hash seeds; default 1, so that every run is the same. */
  readonly seed?: number;
  /** Where time begins, or a time that several tests share; default 0. It moves only when told. */
  readonly time?: VirtualTime | Duration;
  /** Hooks of an application's own that its programs are for. */
  readonly hooks?: readonly AnyHook[];
  /** Runs what the verifier refuses, too, with every access checked: to see what a wrong program does. Default false. */
  readonly unsafe?: boolean;
  /** `interpreter`, the default: exact to the byte, with coverage. `jit`: as applications run it, tens of times faster, without. */
  readonly execution?: "interpreter" | "jit";
}

/** Key and value of a keyed map of a module; unknown where the module is not known. */
type TestMapOf<Found> = Found extends BpfMap<infer Key, infer Value> ? TestMap<Key, Value> : TestMap;

/**
 * Compiles and loads what a test wants to look at.
 * @param source a path to a `.bpf.ts` file or an object, the text of a program, or a Spec.
 * @throws CompileError, ObjectError; what `load` of an engine throws.
 */
export async function load<Module = AnyModule>(source: Source, options: TestOptions<Module> = {}): Promise<Loaded<Module>> {
  const {
    maxEntries,
    programs,
    variables,
    time,
    seed = 1,
    execution = "interpreter",
    unsafe = false,
    ...engineOptions
  } = options;
  const spec = await specOf(source);
  const clock = time instanceof VirtualTime ? time : virtualTime(time);
  const printed: string[] = [];
  const engine = openEmbedded({
    memory: 32 << 20,
    ...engineOptions,
    seed,
    execution,
    clock: clock.clock,
    unsafe,
    onPrint: (text) => printed.push(text),
  });
  try {
    const collection = await engine.load<Module>(spec, {
      ...(maxEntries === undefined ? {} : { maxEntries }),
      ...(programs === undefined ? {} : { programs }),
      ...(variables === undefined ? {} : { variables }),
    });
    return new Loaded(engine, collection, clock, printed, execution === "interpreter");
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}

export class Loaded<Module = AnyModule> implements AsyncDisposable {
  /** The engine: devices, processes, events. */
  readonly engine: EmbeddedEngine;
  readonly collection: Collection<Module>;
  readonly time: VirtualTime;
  readonly #printed: string[];
  readonly #programs = new Map<string, TestProgram>();
  readonly #counts: Counts[] = [];
  readonly #hooked = new Set<string>();

  /** Use `load`. */
  constructor(engine: EmbeddedEngine, collection: Collection<Module>, time: VirtualTime, printed: string[], counting: boolean) {
    this.engine = engine;
    this.collection = collection;
    this.time = time;
    this.#printed = printed;
    const programs = collection.programs as Readonly<Record<string, Program>>;
    for (const [name, program] of Object.entries(programs)) {
      this.#programs.set(name, new TestProgram(counting ? this.#counted(program) : program, () => this.#printed.splice(0)));
    }
  }

  /** @throws RangeError for a name that the source does not have. */
  program(name: keyof ProgramsOf<Module> & string): TestProgram {
    const program = this.#programs.get(name);
    if (program === undefined) throw unknown("program", name, [...this.#programs.keys()]);
    return program;
  }

  /** @throws RangeError for a name that the source does not have. */
  map<Name extends keyof MapsOf<Module> & string>(name: Name): TestMapOf<MapsOf<Module>[Name]> {
    const maps = this.collection.maps as Readonly<Record<string, BpfMap>>;
    const map = Object.hasOwn(maps, name) ? maps[name] : undefined;
    if (map === undefined) throw unknown("map", name, Object.keys(maps));
    // The type parameter only says what the map's types are.
    const made: unknown = new TestMap(map);
    return made as TestMapOf<MapsOf<Module>[Name]>;
  }

  /** A variable of the source. @throws RangeError for a name that it does not have. */
  variable<Name extends keyof VariablesOf<Module> & string>(name: Name): VariablesOf<Module>[Name] {
    const { variables } = this.collection;
    if (!Object.hasOwn(variables, name)) throw unknown("variable", name, Object.keys(variables));
    return variables[name];
  }

  /** A hook of `options.hooks`; the programs that are for it are attached, in the order of the source. */
  async hook<Context, Verdict extends number | boolean>(hook: Hook<Context, Verdict>): Promise<TestHook<Context, Verdict>> {
    if (!this.#hooked.has(hook.name)) {
      this.#hooked.add(hook.name);
      const own = [...this.#programs.values()].filter(({ program }) => program.spec.section === hook.section);
      if (own.length === 0) throw unknown("program for the hook", hook.name, [...this.#programs.keys()]);
      for (const { program } of own) await program.attach({ hook });
    }
    return new TestHook(hook);
  }

  /**
   * Which lines and branches of the programs ran so far.
   * @throws TypeError with `execution: "jit"`: generated code counts nothing.
   */
  coverage(): Coverage {
    if (this.#counts.length === 0) throw new TypeError('coverage: load without execution: "jit"; generated code counts nothing');
    return coverageOf(this.#counts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
  }

  /** The same program on executors that count. */
  #counted(program: Program): Program {
    const debuggee = debuggeeOf(program);
    const counts = new Counts(program.spec, debuggee.resolved.code.instructions);
    this.#counts.push(counts);
    return debuggee.make(debuggee.cpus.map((cpu) => new CountingInterpreter(debuggee, cpu, counts)));
  }
}

function unknown(what: string, name: string, known: readonly string[]): RangeError {
  const near = nearest(name, known);
  const hint = near === null ? `there is ${known.join(", ") || "none"}` : `did you mean ${near}?`;
  return new RangeError(`no ${what} ${name}; ${hint}`);
}

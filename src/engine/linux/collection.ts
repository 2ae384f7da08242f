/** From a Spec to what the kernel holds of it: all of it, or nothing. */

import { lostCounter } from "../../object/lost-records.ts";
import type { ProgramSpec, Spec } from "../../object/spec.ts";
import type {
  AnyModule,
  Attachments,
  AttachOptions,
  Collection,
  LoadOptions,
  MapsOf,
  ProgramsOf,
  VariablesOf,
} from "../engine.ts";
import { FeatureError, MapError } from "../errors.ts";
import { makeVariables } from "../variables.ts";
import type { Descriptor } from "./descriptors.ts";
import type { Kernel } from "./kernel.ts";
import { LinuxArena } from "./maps/arena.ts";
import { LinuxArray } from "./maps/array.ts";
import { checkDeclaration } from "./maps/contents.ts";
import type { LinuxHandle } from "./maps/handle.ts";
import { makeMaps } from "./maps/make-maps.ts";
import { LinuxProgramArray } from "./maps/references.ts";
import { typesOf } from "./maps/reuse.ts";
import { LinuxRingBuffer } from "./maps/ring-buffer.ts";
import { LinuxStructOps } from "./maps/struct-ops.ts";
import { checkInterfaces, isLoaded } from "./maps/struct-ops-layout.ts";
import { checkLinked, findExterns } from "./programs/externs.ts";
import { fitToKernel } from "./programs/fit.ts";
import { loadPrograms } from "./programs/load-programs.ts";
import type { LinuxProgram } from "./programs/program.ts";
import { checkCallbacks, typesForKernel } from "./programs/source-lines.ts";
import { giveTypes, type LoadedTypes, type TypesRefused } from "./programs/types.ts";

export class LinuxCollection<Module = AnyModule> implements Collection<Module> {
  readonly spec: Spec;
  readonly maps: MapsOf<Module>;
  readonly programs: ProgramsOf<Module>;
  readonly variables: VariablesOf<Module>;
  /** Why the kernel did not take the Spec's types; null when it did, or when there are none. Everything works without them. */
  readonly typesRefused: TypesRefused | null;
  readonly #programs: readonly LinuxProgram[];
  readonly #maps: readonly LinuxHandle[];
  readonly #descriptors: readonly Descriptor[];

  private constructor(
    spec: Spec,
    maps: ReadonlyMap<string, LinuxHandle>,
    programs: readonly LinuxProgram[],
    typesRefused: TypesRefused | null,
    descriptors: readonly Descriptor[],
  ) {
    this.spec = spec;
    this.#maps = spec.maps.flatMap(({ name }) => maps.get(name) ?? []);
    const mapsByName: unknown = named(this.#maps);
    this.maps = mapsByName as MapsOf<Module>;
    const byName: unknown = named(programs);
    this.programs = byName as ProgramsOf<Module>;
    this.typesRefused = typesRefused;
    this.#programs = programs;
    this.#descriptors = descriptors;
    const variables: unknown = makeVariables(spec, ({ name }) => {
      const map = maps.get(name);
      return map instanceof LinuxArena || map instanceof LinuxArray ? map : null;
    });
    this.variables = variables as VariablesOf<Module>;
    for (const map of this.#maps) if (map instanceof LinuxRingBuffer) findCounter(map, spec, maps);
  }

  /**
   * Types first, because maps name them; then maps, because programs hold their descriptors; then programs, and what holds those.
   * What was made before something failed is closed again.
   */
  static load<Module>(kernel: Kernel, declared: Spec, options: LoadOptions<Module>): LinuxCollection<Module> {
    const names = new Set(wantedPrograms(declared, options).map(({ name }) => name));
    checkByteOrder(declared);
    checkSizes(declared, options);
    declared.maps.forEach(checkDeclaration);
    const spec = fitToKernel(kernel, declared, names);
    const wanted = spec.programs.filter(({ name }) => names.has(name));
    // As libbpf: who loads a Spec as a whole needs what its programs on request use, too.
    if (options.programs === undefined) checkLinked(spec);
    if (spec.maps.some(({ structOps }) => structOps !== undefined)) checkInterfaces(kernel, spec, typesOf(spec.types));
    const externs = findExterns(kernel, spec, options.programs === undefined ? spec.programs : wanted);
    const made: Descriptor[] = [];
    const keep = (descriptor: Descriptor): Descriptor => {
      made.push(descriptor);
      return descriptor;
    };
    const maps = new Map<string, LinuxHandle>();
    try {
      const texts = typesForKernel(spec);
      if (texts !== null) checkCallbacks(wanted, texts);
      let types: LoadedTypes | null = null;
      let typesRefused: TypesRefused | null = null;
      if (texts !== null) {
        const answer = giveTypes(kernel, spec.name, texts);
        if ("reason" in answer) typesRefused = answer;
        else {
          types = answer;
          keep(answer.descriptor);
        }
      }
      makeMaps(kernel, spec, options, types?.descriptor ?? null, keep, maps);
      const programs = loadPrograms(kernel, spec, wanted, { types, externs, maps, replaces: options.replaces, keep });
      const byName = new Map(programs.map((program) => [program.name, program]));
      for (const map of maps.values()) if (map instanceof LinuxProgramArray) map.fill((name) => byName.get(name));
      for (const map of maps.values()) if (map instanceof LinuxStructOps) map.fill((name) => byName.get(name));
      return new LinuxCollection<Module>(spec, maps, programs, typesRefused, made);
    } catch (error) {
      for (const map of maps.values()) map.close();
      for (const descriptor of made.reverse()) descriptor.close();
      throw error;
    }
  }

  /** Of what others loaded: descriptors that came from them. @param descriptors closed with it; those of programs are the programs'. */
  static around(
    spec: Spec,
    maps: ReadonlyMap<string, LinuxHandle>,
    programs: readonly LinuxProgram[],
    descriptors: readonly Descriptor[],
  ): LinuxCollection {
    return new LinuxCollection(spec, maps, programs, null, descriptors);
  }

  async attach(options: Readonly<Record<string, AttachOptions>> = {}): Promise<Attachments> {
    const { attachAll } = await import("../attach-all.ts");
    const interfaces = this.#maps.filter((map) => map instanceof LinuxStructOps);
    return attachAll({ spec: this.spec, programs: named(this.#programs), interfaces }, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program.close();
    for (const map of this.#maps) map.close();
    for (const descriptor of this.#descriptors) descriptor.close();
  }
}

/** The variable in which programs count what a ring buffer had no room for. */
function findCounter(ring: LinuxRingBuffer, { globals }: Spec, maps: ReadonlyMap<string, LinuxHandle>): void {
  const counter = globals?.find(({ name, size }) => name === lostCounter(ring.name) && size === 8);
  const memory = counter === undefined ? undefined : maps.get(counter.map);
  if (counter === undefined || !(memory instanceof LinuxArray)) return;
  ring.countedBy(() => {
    const bytes = memory.read(counter.offset, counter.size);
    return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  });
}

function named<Item extends { readonly name: string }>(items: readonly Item[]): Readonly<Record<string, Item>> {
  return Object.freeze(Object.fromEntries(items.map((item) => [item.name, item])));
}

function wantedPrograms(spec: Spec, { programs }: LoadOptions): readonly ProgramSpec[] {
  if (programs === undefined) return spec.programs.filter((program) => isLoaded(spec, program));
  const known = spec.programs.map((program) => program.name);
  for (const name of programs)
    if (!known.includes(name)) throw new RangeError(`${spec.name} has no program ${name}; it has ${known.join(", ") || "none"}`);
  return spec.programs.filter((program) => programs.includes(program.name));
}

/** Engines run on little-endian machines (sys/arch.ts), and what maps begin with is as the source's machine reads it. */
function checkByteOrder({ name, byteOrder }: Spec): void {
  if (byteOrder !== "big") return;
  throw new FeatureError(
    "big-endian",
    null,
    `${name} was compiled for a big-endian machine (-target bpfeb); compile it for this one: -target bpf`,
  );
}

function checkSizes(spec: Spec, { maxEntries }: LoadOptions): void {
  const known = spec.maps.map((map) => map.name);
  for (const [name, entries] of Object.entries(maxEntries ?? {})) {
    if (!known.includes(name))
      throw new MapError(name, "not-found", `${spec.name} has no map ${name}; it has ${known.join(", ") || "none"}`);
    if (!Number.isInteger(entries) || entries < 1 || entries > 0xffff_ffff)
      throw new MapError(
        name,
        "invalid",
        `map ${name}: maxEntries: expected a whole number from 1 to 4294967295, found ${entries}`,
      );
  }
}

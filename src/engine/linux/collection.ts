/** From a Spec to what the kernel holds of it: all of it, or nothing. */

import { openBtf } from "../../btf/btf.ts";
import type { ProgramSpec, Spec } from "../../object/spec.ts";
import { keyCodec, valueCodec } from "../codecs.ts";
import type { AnyModule, Collection, LoadOptions, MapsOf, ProgramsOf, VariablesOf } from "../engine.ts";
import { FeatureError, MapError } from "../errors.ts";
import { makeVariables } from "../variables.ts";
import type { Descriptor } from "./descriptors.ts";
import type { Kernel } from "./kernel.ts";
import { checkDeclaration, fillMap } from "./maps/contents.ts";
import { createMap } from "./maps/create.ts";
import { LinuxMap } from "./maps/map.ts";
import { RawMap } from "./maps/raw-map.ts";
import { Section } from "./maps/section.ts";
import { perCpuCodec } from "./maps/values.ts";
import { fitToKernel } from "./programs/fit.ts";
import { type LoadedTypes, loadProgram } from "./programs/load.ts";
import { LinuxProgram } from "./programs/program.ts";
import { relocate } from "./programs/relocate.ts";
import { typesForKernel } from "./programs/source-lines.ts";
import { loadTypes, type TypesRefused } from "./programs/types.ts";

export class LinuxCollection<Module = AnyModule> implements Collection<Module> {
  readonly spec: Spec;
  readonly maps: MapsOf<Module>;
  readonly programs: ProgramsOf<Module>;
  readonly variables: VariablesOf<Module>;
  /** Why the kernel did not take the Spec's types; null when it did, or when there are none. Everything works without them. */
  readonly typesRefused: TypesRefused | null;
  readonly #programs: readonly LinuxProgram[];
  readonly #descriptors: readonly Descriptor[];
  readonly #sections: readonly Section[];

  private constructor(
    spec: Spec,
    maps: unknown,
    programs: readonly LinuxProgram[],
    typesRefused: TypesRefused | null,
    sections: ReadonlyMap<string, Section>,
    descriptors: readonly Descriptor[],
  ) {
    this.spec = spec;
    this.maps = maps as MapsOf<Module>;
    const byName: unknown = named(programs);
    this.programs = byName as ProgramsOf<Module>;
    this.typesRefused = typesRefused;
    this.#programs = programs;
    this.#descriptors = descriptors;
    const variables: unknown = makeVariables(spec, ({ name }) => sections.get(name) ?? null);
    this.variables = variables as VariablesOf<Module>;
    this.#sections = [...sections.values()];
  }

  /**
   * Types first, because maps name them; then maps, because programs hold their descriptors; then programs.
   * What was made before something failed is closed again.
   */
  static load<Module>(kernel: Kernel, declared: Spec, options: LoadOptions<Module>): LinuxCollection<Module> {
    const names = new Set(wantedPrograms(declared, options).map(({ name }) => name));
    checkSizes(declared, options);
    declared.maps.forEach(checkDeclaration);
    const spec = fitToKernel(kernel.facts, declared, names);
    const wanted = spec.programs.filter(({ name }) => names.has(name));
    const made: Descriptor[] = [];
    const keep = (descriptor: Descriptor): Descriptor => {
      made.push(descriptor);
      return descriptor;
    };
    try {
      const texts = typesForKernel(spec);
      let types: LoadedTypes | null = null;
      let typesRefused: TypesRefused | null = null;
      if (texts !== null) {
        const answer = loadTypes(kernel, spec.name, texts.btf);
        if ("reason" in answer) typesRefused = answer;
        else types = { texts, descriptor: keep(answer) };
      }
      const btf = spec.types === null ? null : openBtf(spec.types);
      const maps = new Map<string, LinuxMap>();
      const sections = new Map<string, Section>();
      const [reused] = Object.keys(options.reuse ?? {});
      if (reused !== undefined) throw new FeatureError("reuse", null, `map ${reused}: only the embedded engine reuses maps`);
      for (const declared of spec.maps) {
        const map = { ...declared, maxEntries: options.maxEntries?.[declared.name] ?? declared.maxEntries };
        const raw = new RawMap(kernel, map, keep(createMap(kernel, map, types?.descriptor ?? null)));
        fillMap(raw);
        if (spec.globals?.some((global) => global.map === map.name) === true) sections.set(map.name, new Section(raw));
        const key = keyCodec(btf, map);
        const value = valueCodec(btf, map);
        maps.set(
          map.name,
          new LinuxMap(raw, key, raw.kind.perCpu ? perCpuCodec(value, kernel.cpus, `${map.name}.value`) : value),
        );
      }
      const programs = wanted.map((program) => {
        const code = relocate(program, (name) => maps.get(name)?.fd);
        return new LinuxProgram(kernel, program, keep(loadProgram(kernel, spec, program, code, types)));
      });
      return new LinuxCollection<Module>(spec, named([...maps.values()]), programs, typesRefused, sections, made);
    } catch (error) {
      for (const descriptor of made.reverse()) descriptor.close();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const section of this.#sections) section.close();
    for (const program of this.#programs) await program.close();
    for (const descriptor of this.#descriptors) descriptor.close();
  }
}

function named<Item extends { readonly name: string }>(items: readonly Item[]): Readonly<Record<string, Item>> {
  return Object.freeze(Object.fromEntries(items.map((item) => [item.name, item])));
}

function wantedPrograms(spec: Spec, { programs }: LoadOptions): readonly ProgramSpec[] {
  if (programs === undefined) return spec.programs.filter(({ autoload }) => autoload !== false);
  const known = spec.programs.map((program) => program.name);
  for (const name of programs)
    if (!known.includes(name)) throw new RangeError(`${spec.name} has no program ${name}; it has ${known.join(", ") || "none"}`);
  return spec.programs.filter((program) => programs.includes(program.name));
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

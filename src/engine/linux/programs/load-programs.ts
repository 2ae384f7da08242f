/** All wanted programs of a Spec, with what they refer to written into them. */

import { nearest } from "../../../nearest.ts";
import type { ProgramSpec, Spec } from "../../../object/spec.ts";
import type { Program } from "../../engine.ts";
import { AttachError, FeatureError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import type { LinuxHandle } from "../maps/handle.ts";
import { structOpsTarget } from "../maps/struct-ops-layout.ts";
import { openModuleTypes } from "../module-types.ts";
import { attachTarget } from "./attach-target.ts";
import { type FoundExtern, writeExterns } from "./externs.ts";
import { IteratorProgram } from "./iterator.ts";
import { type LoadReferences, loadProgram } from "./load.ts";
import { LinuxProgram } from "./program.ts";
import { type LeftOut, relocate } from "./relocate.ts";
import type { LoadedTypes } from "./types.ts";

export interface Surroundings {
  readonly types: LoadedTypes | null;
  readonly externs: ReadonlyMap<string, FoundExtern>;
  readonly maps: ReadonlyMap<string, LinuxHandle>;
  /** Of `ext` programs: the program that each is for. */
  readonly replaces: Readonly<Record<string, Program>> | undefined;
  /** Takes every descriptor that is made. */
  readonly keep: (descriptor: Descriptor) => Descriptor;
}

export function loadPrograms(
  kernel: Kernel,
  spec: Spec,
  wanted: readonly ProgramSpec[],
  { types, externs, maps, replaces, keep }: Surroundings,
): readonly LinuxProgram[] {
  const modules = new ModuleList(kernel);
  try {
    return wanted.map((program) => {
      const code = relocate(program, (name) => maps.get(name)?.fd ?? leftOut(spec, name));
      kernel.older?.code(kernel.facts, code);
      const used: number[] = [];
      writeExterns(program, code, externs, (module) => {
        const { fd } = modules.open(program, module);
        if (!used.includes(fd)) used.push(fd);
        // Place 0 is the kernel itself.
        return { index: used.indexOf(fd) + 1, fd };
      });
      const target = program.type === "struct_ops" ? structOpsTarget(kernel, spec, program) : attachTarget(kernel, program);
      const replaced = program.type === "ext" ? replacedBy(program, replaces) : undefined;
      const references: LoadReferences = {
        target:
          replaced ??
          (target === null ? null : { ...target, types: target.module === null ? null : modules.open(program, target.module) }),
        modules: used,
        ...(replaced === undefined ? {} : { replaces: replaced.program }),
      };
      const descriptor = keep(loadProgram(kernel, spec, program, code, types, references));
      const iterates = program.type === "tracing" && program.attachType === "trace_iter";
      return iterates ? new IteratorProgram(kernel, program, descriptor) : new LinuxProgram(kernel, program, descriptor, maps);
    });
  } finally {
    modules.close();
  }
}

/** A map of the Spec that was not made, by its place among them; undefined for one that the Spec does not have. */
function leftOut({ maps }: Spec, name: string): LeftOut | undefined {
  const place = maps.findIndex((map) => map.name === name && map.autocreate === false);
  return place < 0 ? undefined : { place };
}

/** Types of modules, each opened once; programs hold what they need of them when they are loaded. */
class ModuleList {
  readonly #kernel: Kernel;
  readonly #open = new Map<string, Descriptor>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  open({ name }: ProgramSpec, module: string): Descriptor {
    const descriptor = this.#open.get(module) ?? openModuleTypes(this.#kernel, module);
    if (descriptor === null)
      throw new FeatureError(
        "module BTF",
        "5.11",
        `program ${name}: the kernel does not hand out the types of its module ${module}`,
      );
    this.#open.set(module, descriptor);
    return descriptor;
  }

  close(): void {
    for (const descriptor of this.#open.values()) descriptor.close();
  }
}

/** The function that an `ext` program takes the place of: of which program, and its number among that one's types. */
function replacedBy({ name, target = "" }: ProgramSpec, replaces: Surroundings["replaces"]) {
  const program = replaces?.[name];
  const fd = program !== undefined && "fd" in program && typeof program.fd === "number" ? program.fd : -1;
  if (program === undefined || fd < 0)
    throw new AttachError(
      `program ${name}: an ext program takes the place of a function of another program; say of which when it is loaded (replaces: { ${name}: … })`,
    );
  const { functions } = program.spec;
  const found = functions.find((each) => each.name === target && each.type !== 0);
  if (found !== undefined) return { program: fd, id: found.type, types: null };
  const near = nearest(
    target,
    functions.map((each) => each.name),
  );
  const meant = near === null ? `it has ${functions.map((each) => each.name).join(", ")}` : `did you mean ${near}?`;
  throw new AttachError(`program ${name}: ${program.name} has no function ${JSON.stringify(target)} with a type; ${meant}`);
}

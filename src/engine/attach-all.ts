/** Everything of a collection attached at once, for both engines. */

import type { ProgramSpec, Spec } from "../object/spec.ts";
import type { Attachments, AttachOptions, Link, Program, StructOps } from "./engine.ts";

/**
 * Programs that are attached by themselves: not those that others call by a program array, that are parts of an interface, run for entries of
 * device and CPU maps, or are read or run by whoever wants it.
 */
export function attachedByThemselves(spec: Spec): readonly ProgramSpec[] {
  const called = new Set(
    spec.maps.flatMap(({ contents }) => (contents?.kind === "programs" ? contents.entries : [])).map(({ program }) => program),
  );
  return spec.programs.filter(
    ({ name, type, attachType }) => !called.has(name) && type !== "struct_ops" && !isForEntries(attachType),
  );
}

/** XDP programs that device and CPU maps run, by the entry that has them. */
function isForEntries(attachType: ProgramSpec["attachType"]): boolean {
  return attachType === "xdp_devmap" || attachType === "xdp_cpumap";
}

/** It goes through objects, or is called with a context of whoever calls. */
const isCalled = ({ type, attachType }: ProgramSpec): boolean => type === "syscall" || attachType === "trace_iter";

interface Attachable {
  readonly spec: Spec;
  readonly programs: Readonly<Record<string, Program>>;
  /** Interfaces of the kernel (`struct_ops`), which are attached as a whole. */
  readonly interfaces: readonly StructOps[];
}

/** All or nothing: what was attached before one could not be is detached again. */
export async function attachAll(
  { spec, programs, interfaces }: Attachable,
  options: Readonly<Record<string, AttachOptions>>,
): Promise<Attachments> {
  for (const name of Object.keys(options))
    if (programs[name] === undefined)
      throw new RangeError(
        `${spec.name} has no program ${name} that is loaded; it has ${Object.keys(programs).join(", ") || "none"}`,
      );
  const links = new Map<string, Link>();
  const detach = async (): Promise<void> => {
    for (const link of [...links.values()].reverse()) await link.detach();
  };
  try {
    for (const each of attachedByThemselves(spec)) {
      const program = programs[each.name];
      if (program !== undefined && !isCalled(each)) links.set(each.name, await program.attach(options[each.name] ?? {}));
    }
    for (const map of interfaces) links.set(map.name, (await map.attach()) as Link);
  } catch (error) {
    await detach();
    throw error;
  }
  return { links: Object.fromEntries(links), detach, [Symbol.asyncDispose]: detach };
}

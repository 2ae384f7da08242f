/** Everything of a collection attached at once, for both engines. */

import { calledPrograms } from "../object/called-programs.ts";
import type { ProgramSpec, Spec } from "../object/spec.ts";
import type { Attachments, AttachOptions, Link, Program, StructOps } from "./engine.ts";

/**
 * Programs that run for themselves: not those that others call by a program array, and not those that run for entries of device and CPU
 * maps. Parts of an interface of the kernel (`struct_ops`) are among them, and programs that are read or run by whoever wants it.
 */
export function programsByThemselves(spec: Spec): readonly ProgramSpec[] {
  const called = calledPrograms(spec);
  return spec.programs.filter(({ name, attachType }) => !called.has(name) && !isForEntries(attachType));
}

/** XDP programs that device and CPU maps run, by the entry that has them. */
function isForEntries(attachType: ProgramSpec["attachType"]): boolean {
  return attachType === "xdp_devmap" || attachType === "xdp_cpumap";
}

/** Not those that go through objects, are called with a context of whoever calls, or are attached with the interface that they are of. */
const isAttachedAlone = ({ type, attachType }: ProgramSpec): boolean =>
  type !== "syscall" && type !== "struct_ops" && attachType !== "trace_iter";

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
    for (const each of programsByThemselves(spec)) {
      const program = programs[each.name];
      if (program !== undefined && isAttachedAlone(each)) links.set(each.name, await program.attach(options[each.name] ?? {}));
    }
    for (const map of interfaces) links.set(map.name, (await map.attach()) as Link);
  } catch (error) {
    await detach();
    throw error;
  }
  return { links: Object.fromEntries(links), detach, [Symbol.asyncDispose]: detach };
}

/**
 * A program that somebody else loaded, without the Spec that it came from: by the kernel's number of it, or by the name that it is pinned under.
 * The kernel tells its type and its name, and not where it was meant to be attached: that, the section's name says.
 */

import { SECTIONS, sectionMeaning } from "../../../object/sections.ts";
import type { ProgramSpec } from "../../../object/spec.ts";
import { PROGRAM_TYPE, type ProgramType } from "../../../uapi/program-types.ts";
import { AttachError, NotFoundError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { Info } from "../objects/info.ts";
import { PROGRAM_INFO } from "../objects/info-layouts.ts";
import { openPinned } from "../pins.ts";
import { explainRefusal } from "../privileges.ts";
import { Request } from "../request.ts";
import { ERRNO, SystemError } from "../sys/system-error.ts";
import { IteratorProgram } from "./iterator.ts";
import { LinuxProgram } from "./program.ts";

/** Which program. */
export type ProgramPlace = (
  | /** The kernel's number of it, as `bpftool prog` lists them. Needs CAP_SYS_ADMIN. Since 4.13. */ { readonly id: number }
  | /** Where it is pinned: `/sys/fs/bpf/firewall`. Since 4.4. */ { readonly path: string }
) & {
  /** What it is for, as its section said: `cgroup/connect4`, `tracepoint/sched/sched_switch`. Absent: what programs of its type are for, if that is one thing; else it can be run and put into maps, and not be attached. */
  readonly section?: string;
};

/** Of a type that is attached in several ways, and nobody said in which. */
class UnplacedProgram extends LinuxProgram {
  override async attach(): Promise<never> {
    throw new AttachError(
      `program ${this.name}: kernels do not tell where a ${this.spec.type} program is attached; open it with its section (section: "cgroup/connect4")`,
    );
  }
}

/**
 * @throws PinError, PrivilegeError; NotFoundError when there is no program of that number; AttachError for a section of another type of program
 */
export function openProgram(kernel: Kernel, place: ProgramPlace): LinuxProgram {
  const descriptor =
    "path" in place
      ? openPinned(kernel, place.path, { what: "opening a program", kind: "program" })
      : programById(kernel, place.id);
  try {
    const spec = specOf(kernel, descriptor, place.section);
    if (spec.section === "") return new UnplacedProgram(kernel, spec, descriptor);
    const iterates = spec.type === "tracing" && spec.attachType === "trace_iter";
    return iterates ? new IteratorProgram(kernel, spec, descriptor) : new LinuxProgram(kernel, spec, descriptor);
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

function programById(kernel: Kernel, id: number): Descriptor {
  const request = new Request(kernel.transport, "prog_get_fd_by_id").u32("prog_id", id);
  const fd = request.send();
  if (fd >= 0) return kernel.ledger.adopt(fd, `program ${id}`);
  const cause = request.error(fd);
  if (cause.errno === ERRNO.ENOENT) throw new NotFoundError("program", id, `there is no program ${id}`);
  if (cause.errno === ERRNO.EPERM) throw explainRefusal(kernel.facts, `opening program ${id}`, ["CAP_SYS_ADMIN"], cause);
  throw cause;
}

/** Of types that are attached in one way, or in one way most often; else empty. */
function usualSection(type: ProgramType): string {
  if (type === "xdp") return "xdp";
  if (type === "sched_cls") return "tc";
  const [first, ...others] = SECTIONS.filter((rule) => rule.type === type);
  return first === undefined || others.some(({ attachType }) => attachType !== first.attachType)
    ? ""
    : first.name.replace(/\+$/, "");
}

/** All that can be known without the source: no code, no types. */
function specOf(kernel: Kernel, { fd }: Descriptor, section: string | undefined): ProgramSpec {
  const info = new Info(kernel, PROGRAM_INFO);
  const result = info.ask(fd);
  if (result < 0) throw new SystemError("bpf(obj_get_info_by_fd)", -result);
  const number = info.u32("type");
  const name = info.text("name");
  const type = (Object.keys(PROGRAM_TYPE) as ProgramType[]).find((each) => PROGRAM_TYPE[each] === number) ?? "unspec";
  const usual = section ?? usualSection(type);
  const meaning = sectionMeaning(usual);
  if (section !== undefined && meaning.type !== type)
    throw new AttachError(`program ${name}: it is of type ${type}, and ${usual} is for ${meaning.type}`);
  const { attachType, target } = meaning;
  return {
    name,
    section: usual,
    type,
    attachType,
    code: new Uint8Array(0),
    relocations: [],
    functions: [],
    lines: [],
    ...(target === null ? {} : { target }),
  };
}

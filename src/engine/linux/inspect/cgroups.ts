/** What is attached to control groups of version 2. */

import { ATTACH_TYPE, type AttachType } from "../../../uapi/attach-types.ts";
import { NotFoundError } from "../../errors.ts";
import { cgroupRoot, openCgroup } from "../cgroups.ts";
import type { Kernel } from "../kernel.ts";
import { SystemError } from "../sys/system-error.ts";
import { queryPrograms } from "./query.ts";
import type { CgroupAttachment } from "./types.ts";

const ATTACH_TYPES = (Object.keys(ATTACH_TYPE) as AttachType[]).filter(
  (name) => name.startsWith("cgroup_") || name === "lsm_cgroup",
);

/** `BPF_F_ALLOW_OVERRIDE`, `BPF_F_ALLOW_MULTI`. */
const OVERRIDE = 1;
const MULTI = 2;

export interface CgroupOptions {
  /** What runs for the group, that of groups above it included; default: what is attached to it. */
  readonly effective?: boolean;
  /** The group alone, not those below it. */
  readonly alone?: boolean;
}

/**
 * Of a group and all below it.
 * @throws NotFoundError when there is no such group, PrivilegeError
 */
export function* eachCgroupAttachment(
  kernel: Kernel,
  path: string,
  { effective = false, alone = false }: CgroupOptions,
): Generator<CgroupAttachment, undefined, undefined> {
  const root = cgroupRoot(kernel);
  if (root === null) throw noGroup(path, "control groups of version 2 are not mounted here");
  const first = openCgroup(kernel, path);
  if (typeof first === "number") throw noGroup(path, "there is none of that name", new SystemError("open", -first));
  first.close();
  yield* below(kernel, root, nameOf(root, path), { effective, alone });
}

function noGroup(path: string, why: string, cause?: Error): NotFoundError {
  return new NotFoundError("cgroup", path, `control group ${path}: ${why}`, cause === undefined ? {} : { cause });
}

/** From its name or its folder. */
function nameOf(root: string, path: string): string {
  const inside = path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : path;
  return `/${inside.replace(/^\/+|\/+$/g, "")}`;
}

function* below(
  kernel: Kernel,
  root: string,
  name: string,
  options: CgroupOptions,
): Generator<CgroupAttachment, undefined, undefined> {
  const opened = openCgroup(kernel, name);
  // It was removed meanwhile.
  if (typeof opened === "number") return;
  {
    using group = opened;
    for (const attachType of ATTACH_TYPES) {
      const target = { attachType, target: group.fd, effective: options.effective === true };
      const found = queryPrograms(kernel, `asking what is attached to control group ${name}`, target);
      if (found === null || found.programs.length === 0) continue;
      const mode = (found.flags & MULTI) !== 0 ? "multi" : (found.flags & OVERRIDE) !== 0 ? "override" : "exclusive";
      yield {
        cgroup: name,
        attachType,
        mode: options.effective === true ? null : mode,
        programs: found.programs.map(({ program, flags }) => ({ program, flags })),
        revision: found.revision,
      };
    }
  }
  if (options.alone === true) return;
  const folder = name === "/" ? root : `${root}${name}`;
  // A group's folder is never empty; a file's list is.
  for (const entry of kernel.facts.list(folder))
    if (kernel.facts.list(`${folder}/${entry}`).length > 0)
      yield* below(kernel, root, name === "/" ? `/${entry}` : `${name}/${entry}`, options);
}

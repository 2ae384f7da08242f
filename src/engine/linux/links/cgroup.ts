/**
 * Programs on control groups (version 2): what their processes send, receive, connect to, bind, open … Links since 5.7; before, the group
 * holds the program (4.10).
 */

import { ATTACH_TYPE, type AttachType } from "../../../uapi/attach-types.ts";
import { AttachError } from "../../errors.ts";
import { openCgroup } from "../cgroups.ts";
import { atLeast } from "../release.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";
import { type Attaching, type Attempt, attachFailure, checkOptions, linkOf, placeAmong, systemError } from "./attaching.ts";
import { attachHeld, BPF_F_ALLOW_MULTI } from "./held.ts";
import type { LinuxLink } from "./link.ts";

const LINKS_SINCE = "5.7";

export function attachCgroup(attaching: Attaching): LinuxLink {
  const { kernel, spec, descriptor, options } = attaching;
  const directed = spec.type === "cgroup_skb" && spec.attachType === null;
  checkOptions(attaching, `a ${spec.type} program`, [
    "cgroup",
    "position",
    "revision",
    ...(directed ? (["direction"] as const) : []),
  ]);
  if (options.cgroup === undefined)
    throw new AttachError(
      `program ${spec.name}: a ${spec.type} program is attached to a control group; name one (cgroup: "/web")`,
    );
  // Sections of older tools say no type for some: the kernel takes 0 there, which is this one.
  const type: AttachType = directed
    ? `cgroup_inet_${options.direction ?? "ingress"}`
    : (spec.attachType ?? "cgroup_inet_ingress");
  const attempt: Attempt = {
    place: `${spec.section} on ${options.cgroup}`,
    feature: "BPF_LINK_TYPE_CGROUP",
    since: spec.attachType === "lsm_cgroup" ? "6.0" : spec.attachType?.includes("unix") === true ? "6.7" : "4.10",
    needs: ["CAP_BPF", "CAP_NET_ADMIN"],
    means: {
      EBADF: "it is no group of cgroup version 2",
      ENOENT: "there is no such control group",
      ENOTSUPP: "it is no group of cgroup version 2",
    },
  };
  const { flags, relative, revision } = placeAmong(attaching);
  const group = openCgroup(kernel, options.cgroup);
  if (typeof group === "number") throw attachFailure(attaching, attempt, systemError("open", group));
  const request = new Request(kernel.transport, "link_create")
    .u32("target_fd", group.fd)
    .u32("prog_fd", descriptor.fd)
    .u32("attach_type", ATTACH_TYPE[type])
    .u32("flags", flags)
    .u32("cgroup.relative_fd", relative)
    .u64("cgroup.expected_revision", revision);
  const result = request.send();
  const old = result === -ERRNO.EINVAL && !atLeast(kernel.facts.release, LINKS_SINCE) && flags === 0;
  if (old) return attachHeld(attaching, attempt, { target: group.fd, type, flags: [BPF_F_ALLOW_MULTI, 0], open: group });
  group.close();
  if (result < 0) throw attachFailure(attaching, attempt, request.error(result));
  return linkOf(attaching, attempt, result);
}

/** Programs on control groups (version 2): what their processes send, receive, connect to, bind, open … Links since 5.7. */

import { ATTACH_TYPE, type AttachType } from "../../../uapi/attach-types.ts";
import { AttachError } from "../../errors.ts";
import { openCgroup } from "../cgroups.ts";
import { Request } from "../request.ts";
import { type Attaching, type Attempt, attachFailure, checkOptions, createLink, placeAmong, systemError } from "./attaching.ts";
import type { LinuxLink } from "./link.ts";

export function attachCgroup(attaching: Attaching): LinuxLink {
  const { kernel, spec, options } = attaching;
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
  const type: AttachType | null = directed ? `cgroup_inet_${options.direction ?? "ingress"}` : spec.attachType;
  const attempt: Attempt = {
    place: `${spec.section} on ${options.cgroup}`,
    feature: "BPF_LINK_TYPE_CGROUP",
    since: spec.attachType === "lsm_cgroup" ? "6.0" : spec.attachType?.includes("unix") === true ? "6.7" : "5.7",
    needs: ["CAP_BPF", "CAP_NET_ADMIN"],
    means: {
      EBADF: "it is no group of cgroup version 2",
      ENOENT: "there is no such control group",
      ENOTSUPP: "it is no group of cgroup version 2",
    },
  };
  const opened = openCgroup(kernel, options.cgroup);
  if (typeof opened === "number") throw attachFailure(attaching, attempt, systemError("open", opened));
  using group = opened;
  const { flags, relative, revision } = placeAmong(attaching);
  const request = new Request(kernel.transport, "link_create")
    .u32("target_fd", group.fd)
    .u32("attach_type", type === null ? 0 : ATTACH_TYPE[type])
    .u32("flags", flags)
    .u32("cgroup.relative_fd", relative)
    .u64("cgroup.expected_revision", revision);
  return createLink(attaching, request, attempt);
}

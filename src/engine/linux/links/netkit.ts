/** Programs on netkit devices, at the end inside a container and its peer (6.7). */

import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import { Request } from "../request.ts";
import { type Attaching, checkOptions, createLink, placeAmong } from "./attaching.ts";
import { interfaceOf } from "./interfaces.ts";
import type { LinuxLink } from "./link.ts";

export function attachNetkit(attaching: Attaching): LinuxLink {
  checkOptions(attaching, "a netkit program", ["interface", "position", "revision"]);
  const { kernel, spec } = attaching;
  const { name, index } = interfaceOf(attaching, "a netkit program");
  const peer = spec.attachType === "netkit_peer";
  const { flags, relative, revision } = placeAmong(attaching);
  const request = new Request(kernel.transport, "link_create")
    .u32("target_ifindex", index)
    .u32("attach_type", ATTACH_TYPE[peer ? "netkit_peer" : "netkit_primary"])
    .u32("flags", flags)
    // As in `tcx`: the same place of the attribute.
    .u32("tcx.relative_fd", relative)
    .u64("tcx.expected_revision", revision);
  return createLink(attaching, request, {
    place: `netkit ${peer ? "peer" : "primary"} of ${name}`,
    feature: "BPF_LINK_TYPE_NETKIT",
    since: "6.7",
    needs: ["CAP_BPF", "CAP_NET_ADMIN"],
    means: { EINVAL: "it is no netkit device", EACCES: "programs are attached to the primary end of a netkit pair" },
  });
}

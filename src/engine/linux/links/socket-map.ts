/** Programs on the sockets of a sockmap or sockhash: `sk_skb` (4.14) and `sk_msg` (4.17). Links since 6.10; before, the map holds the program. */

import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import { AttachError } from "../../errors.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";
import { type Attaching, type Attempt, attachFailure, checkOptions, linkOf } from "./attaching.ts";
import { attachHeld } from "./held.ts";
import type { LinuxLink } from "./link.ts";

export function attachSocketMap(attaching: Attaching): LinuxLink {
  const { kernel, spec, descriptor, options } = attaching;
  checkOptions(attaching, `a ${spec.type} program`, ["map"]);
  const { map } = options;
  const fd = map !== undefined && "fd" in map && typeof map.fd === "number" ? map.fd : -1;
  if (map === undefined || fd < 0 || !/^sock(map|hash)$/.test(map.spec.type))
    throw new AttachError(
      `program ${spec.name}: a ${spec.type} program is attached to a sockmap or sockhash of the Linux engine; give one (map)`,
    );
  const type = spec.attachType ?? (spec.type === "sk_msg" ? "sk_msg_verdict" : "sk_skb_stream_verdict");
  const attempt: Attempt = {
    place: `${spec.section} on ${map.name}`,
    feature: "BPF_LINK_TYPE_SOCKMAP",
    since: "4.14",
    needs: ["CAP_BPF", "CAP_NET_ADMIN"],
  };
  const link = new Request(kernel.transport, "link_create")
    .u32("prog_fd", descriptor.fd)
    .u32("target_fd", fd)
    .u32("attach_type", ATTACH_TYPE[type]);
  const result = link.send();
  if (result >= 0) return linkOf(attaching, attempt, result);
  if (result !== -ERRNO.EINVAL && result !== -ERRNO.EOPNOTSUPP) throw attachFailure(attaching, attempt, link.error(result));
  return attachHeld(attaching, attempt, { target: fd, type });
}

/** Programs among the rules of netfilter (6.4). */

import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import { AttachError } from "../../errors.ts";
import { Request } from "../request.ts";
import { type Attaching, type Attempt, checkOptions, createLink } from "./attaching.ts";
import type { LinuxLink } from "./link.ts";

/** `NFPROTO_*` and `enum nf_inet_hooks` of linux/netfilter.h. */
const FAMILY = { ipv4: 2, ipv6: 10 } as const;
const HOOK = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;
const BPF_F_NETFILTER_IP_DEFRAG = 1;

export function attachNetfilter(attaching: Attaching): LinuxLink {
  checkOptions(attaching, "a netfilter program", ["netfilter"]);
  const { kernel, spec, options } = attaching;
  const { netfilter } = options;
  if (netfilter === undefined)
    throw new AttachError(
      `program ${spec.name}: a netfilter program is attached to a hook; name one (netfilter: { family: "ipv4", hook: "input" })`,
    );
  const { family, hook, priority = 0, defragment = false } = netfilter;
  const attempt: Attempt = {
    place: `netfilter ${family} ${hook}, priority ${priority}`,
    feature: "BPF_LINK_TYPE_NETFILTER",
    since: "6.4",
    needs: ["CAP_BPF", "CAP_NET_ADMIN"],
    means: {
      ERANGE: "the lowest and the highest priority are the kernel's own",
      EEXIST: "a program with this priority is there already; choose another (priority)",
      EBUSY: "a program with this priority is there already; choose another (priority)",
    },
  };
  const request = new Request(kernel.transport, "link_create")
    .u32("attach_type", ATTACH_TYPE.netfilter)
    .u32("netfilter.pf", FAMILY[family])
    .u32("netfilter.hooknum", HOOK[hook])
    .s32("netfilter.priority", priority)
    .u32("netfilter.flags", defragment ? BPF_F_NETFILTER_IP_DEFRAG : 0);
  return createLink(attaching, request, attempt);
}

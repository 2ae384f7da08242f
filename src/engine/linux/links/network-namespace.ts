/** Programs that a network namespace has one of, or several: `sk_lookup` (5.9) and `flow_dissector` (links: 5.8). */

import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import { Request } from "../request.ts";
import { type Attaching, type Attempt, attachFailure, checkOptions, createLink, systemError } from "./attaching.ts";
import type { LinuxLink } from "./link.ts";

/** Of the calling thread: what `setns` changes for one thread alone. */
const OWN = "/proc/thread-self/ns/net";
/** Where ip(8) keeps those with a name. */
const NAMED = "/run/netns";

export function attachNetworkNamespace(attaching: Attaching): LinuxLink {
  const { kernel, spec, options } = attaching;
  checkOptions(attaching, `a ${spec.type} program`, ["netns"]);
  const { netns } = options;
  const path = netns === undefined ? OWN : netns.includes("/") ? netns : `${NAMED}/${netns}`;
  const attempt: Attempt = {
    place: `${spec.type} in ${netns ?? "this network namespace"}`,
    feature: "BPF_LINK_TYPE_NETNS",
    since: spec.type === "sk_lookup" ? "5.9" : "5.8",
    needs: ["CAP_BPF", "CAP_NET_ADMIN"],
    means: {
      ENOENT: "there is no such network namespace",
      EEXIST: "it has a flow dissector already",
      EINVAL: "that is no network namespace, or its program cannot be chosen here",
    },
  };
  const opened = kernel.transport.open(path);
  if (opened < 0) throw attachFailure(attaching, attempt, systemError("open", opened));
  using namespace = kernel.ledger.adopt(opened, `network namespace ${path}`);
  const type = spec.type === "sk_lookup" ? "sk_lookup" : "flow_dissector";
  const request = new Request(kernel.transport, "link_create")
    .u32("target_fd", namespace.fd)
    .u32("attach_type", ATTACH_TYPE[type]);
  return createLink(attaching, request, attempt);
}

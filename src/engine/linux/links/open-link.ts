/** Links that are there already: by the name under which one is pinned, or by the kernel's number. */

import { AttachError } from "../../errors.ts";
import type { LinkInfo } from "../../link-info.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { openObject } from "../objects/by-id.ts";
import { openPinned } from "../pins.ts";
import { linkInfo } from "./info.ts";
import { LinuxLink } from "./link.ts";

/** Which link. */
export type LinkPlace =
  /** Where it is pinned: `/sys/fs/bpf/firewall`. Since 5.7. */
  | { readonly path: string }
  /** The kernel's number of it, as `bpftool link` lists them. Needs CAP_SYS_ADMIN. Since 5.8. */
  | { readonly id: number };

/** Kinds whose program the kernel exchanges (`bpf_link_ops.update_prog` or `update_map`). */
const EXCHANGED: ReadonlySet<LinkInfo["type"]> = new Set(["cgroup", "netns", "xdp", "tcx", "netkit", "sockmap", "struct_ops"]);

/** @throws PinError, AttachError, PrivilegeError */
export function openLink(kernel: Kernel, place: LinkPlace): LinuxLink {
  const descriptor =
    "path" in place ? openPinned(kernel, place.path, { what: "opening a link", kind: "link" }) : byId(kernel, place.id);
  try {
    const info = linkInfo(kernel, descriptor.fd);
    return new LinuxLink(kernel, {
      description: describe(info),
      descriptors: [descriptor],
      fixed: !EXCHANGED.has(info.type),
      found: { path: "path" in place ? place.path : null },
    });
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

function byId(kernel: Kernel, id: number): Descriptor {
  const descriptor = openObject(kernel, "link", id);
  if (descriptor === null) throw new AttachError(`there is no link ${id}`);
  return descriptor;
}

/** As short as what `attach` says of its own; names of interfaces and groups would be those of another time. */
function describe(info: LinkInfo): string {
  switch (info.type) {
    case "xdp":
      return `xdp on interface ${info.interface}`;
    case "tcx":
    case "netkit":
      return `${info.attachType} on interface ${info.interface}`;
    case "cgroup":
      return `${info.attachType} on control group ${info.cgroup}`;
    case "netns":
      return `${info.attachType} in network namespace ${info.namespace}`;
    case "netfilter":
      return `netfilter ${info.family} ${info.hook}, priority ${info.priority}`;
    case "raw_tracepoint":
      return `raw_tp ${info.tracepoint}`;
    case "tracing":
      return `${info.attachType} of type ${info.target.type}`;
    case "perf_event":
      return `perf_event ${eventName(info.event)}`;
    case "kprobe_multi":
      return `${info.returns ? "kretprobe" : "kprobe"}.multi at ${info.addresses.length} functions`;
    case "uprobe_multi":
      return `${info.returns ? "uretprobe" : "uprobe"}.multi at ${info.offsets.length} places of ${info.file}`;
    case "iter":
      return `iter/${info.target}`;
    case "sockmap":
      return `${info.attachType} on map ${info.map}`;
    case "struct_ops":
      return `struct_ops map ${info.map}`;
    case "unknown":
      return `link of type ${info.number}`;
  }
}

function eventName(event: Extract<LinkInfo, { type: "perf_event" }>["event"]): string {
  switch (event.kind) {
    case "tracepoint":
      return `tracepoint ${event.name}`;
    case "kprobe":
    case "kretprobe":
      return `${event.kind} ${event.function}${event.offset === 0 ? "" : `+${event.offset}`}`;
    case "uprobe":
    case "uretprobe":
      return `${event.kind} ${event.file}:${event.offset}`;
    case "event":
      return `${event.event}:${event.config}`;
    case "unknown":
      return "of an unknown kind";
  }
}

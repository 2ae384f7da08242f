/**
 * Programs of traffic control, on what comes in at an interface and what leaves by it. By a tcx link (6.6), several in a given order;
 * before, as a classic filter, which is no descriptor: it is taken away when the link is detached, and stays behind when the process is
 * killed. The queueing discipline that such filters need goes with the last of them, when it was made for it.
 */

import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import { FeatureError } from "../../errors.ts";
import type { Kernel } from "../kernel.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";
import { type Attaching, type Attempt, attachFailure, checkOptions, linkOf, placeAmong, systemError } from "./attaching.ts";
import { interfaceOf } from "./interfaces.ts";
import { LinuxLink } from "./link.ts";
import { ACTION } from "./tc-action.ts";
import {
  addFilter,
  DIRECT,
  type Direction,
  dropQdisc,
  type FilterKind,
  makeQdisc,
  removeFilter,
  replaceFilter,
} from "./tc-filter.ts";

export function attachTc(attaching: Attaching): LinuxLink {
  checkOptions(attaching, "a tc program", ["interface", "direction", "position", "revision"]);
  const { kernel, spec, descriptor, options } = attaching;
  const { name, index } = interfaceOf(attaching, "a tc program");
  const direction = options.direction ?? (spec.attachType === "tcx_egress" ? "egress" : "ingress");
  const attempt: Attempt = {
    place: `tc ${direction} on ${name} (tcx)`,
    feature: "BPF_LINK_TYPE_TCX",
    since: "6.6",
    needs: ["CAP_BPF", "CAP_NET_ADMIN"],
  };
  const { flags, relative, revision } = placeAmong(attaching);
  const request = new Request(kernel.transport, "link_create")
    .u32("prog_fd", descriptor.fd)
    .u32("target_ifindex", index)
    .u32("attach_type", ATTACH_TYPE[`tcx_${direction}`])
    .u32("flags", flags)
    .u32("tcx.relative_fd", relative)
    .u64("tcx.expected_revision", revision);
  const result = request.send();
  if (result >= 0) return linkOf(attaching, attempt, result);
  const cause = request.error(result);
  if (cause.errno !== ERRNO.EINVAL && cause.errno !== ERRNO.EOPNOTSUPP) throw attachFailure(attaching, attempt, cause);
  if (options.position !== undefined || options.revision !== undefined)
    throw new FeatureError("BPF_LINK_TYPE_TCX", "6.6", `program ${spec.name}: a place among tc programs needs Linux 6.6`, {
      cause,
    });
  return attachFilter(attaching, { name, index, direction }, DIRECT);
}

/** `action`: on its own, not as the action of somebody else's filter. */
export function attachAction(attaching: Attaching): LinuxLink {
  checkOptions(attaching, "an action program", ["interface", "direction"]);
  const { direction = "ingress" } = attaching.options;
  return attachFilter(attaching, { ...interfaceOf(attaching, "an action program"), direction }, ACTION);
}

interface Place {
  readonly name: string;
  readonly index: number;
  readonly direction: Direction;
}

/** Interfaces whose discipline was made here. */
const MADE = new WeakMap<Kernel, Set<number>>();

function attachFilter(attaching: Attaching, { name, index, direction }: Place, kind: FilterKind): LinuxLink {
  const { kernel, spec, descriptor } = attaching;
  const { transport } = kernel;
  const direct = kind === DIRECT;
  const attempt: Attempt = {
    place: `tc ${direction} on ${name} (${direct ? "filter" : "action"})`,
    feature: direct ? "BPF_PROG_TYPE_SCHED_CLS" : "BPF_PROG_TYPE_SCHED_ACT",
    since: direct ? "4.5" : "4.8",
    needs: ["CAP_BPF", "CAP_NET_ADMIN"],
    means: {
      ENOENT: `the kernel has no clsact discipline, or no ${direct ? "bpf filters (cls_bpf)" : "matchall filters (cls_matchall) and bpf actions (act_bpf)"}`,
    },
  };
  const made = makeQdisc(transport, index);
  if (made < 0 && made !== -ERRNO.EEXIST) throw attachFailure(attaching, attempt, systemError("netlink(RTM_NEWQDISC)", made));
  const own = MADE.get(kernel) ?? new Set();
  MADE.set(kernel, own);
  if (made >= 0) own.add(index);
  const dropIfLast = (): void => {
    if (own.has(index) && dropQdisc(transport, index)) own.delete(index);
  };
  const added = addFilter(transport, kind, { index, direction, program: descriptor.fd, name: spec.name });
  if (typeof added === "number") {
    dropIfLast();
    throw attachFailure(attaching, attempt, systemError("netlink(RTM_NEWTFILTER)", added));
  }
  return new LinuxLink(kernel, {
    description: attempt.place,
    descriptors: [],
    replace: (program) => (direct ? replaceFilter(transport, added, program) : -ERRNO.EOPNOTSUPP),
    release() {
      removeFilter(transport, added);
      dropIfLast();
    },
  });
}

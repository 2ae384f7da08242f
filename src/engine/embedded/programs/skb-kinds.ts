/** Programs on socket buffers outside traffic control: filters of sockets, of control groups, of routes; parsers of streams. */

import { SK_BUFF, SK_BUFF_ACCESS } from "../../../uapi/contexts/sk-buff.ts";
import { BPF_SOCK } from "../../../uapi/contexts/sock.ts";
import { type ContextAccess, ContextRules } from "../../../uapi/contexts/struct.ts";
import type { ProgramType } from "../../../uapi/program-types.ts";
import { AttachError } from "../../errors.ts";
import { CURRENT } from "../helpers/current.ts";
import { generalFor } from "../helpers/general.ts";
import { type Helper, helperTable } from "../helpers/helper.ts";
import { skbDynptr } from "../kfuncs/dynptr.ts";
import type { ProgramKind } from "./kind.ts";
import { HookLink } from "./link.ts";
import { CGROUP_SKB_HELPERS, LWT_HELPERS, LWT_XMIT_HELPERS, SK_SKB_HELPERS, SOCKET_FILTER_HELPERS } from "./skb-helpers.ts";
import { isSkbProgram, type SkbFlavour, SkbProgram } from "./skb-program.ts";

type Attach = SkbFlavour["attach"];

/** @param packetLoads whether legacy packet loads may be used (`may_access_skb`). */
function kind(
  type: ProgramType,
  access: ContextAccess,
  helpers: readonly Helper[],
  packetLoads: boolean,
  attach: Attach,
): ProgramKind {
  const flavour: SkbFlavour = {
    rules: new ContextRules(SK_BUFF, access, { size: BPF_SOCK.size, writable: false }),
    fromNetwork: true,
    attach,
  };
  return {
    type,
    helpers: helperTable([...generalFor(type), ...helpers, ...skbDynptr(type === "lwt_xmit" || type === "sk_skb")]),
    packetLoads,
    make: (spec, executors, room, fuel) => new SkbProgram(spec, executors, room, fuel, flavour),
  };
}

const nowhere: Attach = (program) => {
  throw new AttachError(
    `${program.name}: the embedded engine has nothing that ${program.spec.type} programs attach to; run() gives one a packet`,
  );
};

/** A packet socket at a device: it sees what comes in and what leaves. */
const atDevice: Attach = (program, room, { interface: name, position }) => {
  if (name === undefined)
    throw new AttachError(`${program.name}: a socket_filter program listens at a device; name one (interface)`);
  return HookLink.attach(room.packets.find(name).taps, program, isSkbProgram, position);
};

const atCgroup: Attach = (program, room, { cgroup, direction, position }) => {
  if (cgroup === undefined)
    throw new AttachError(`${program.name}: a cgroup_skb program is attached to a control group; name one (cgroup: "/web")`);
  const declared = program.spec.attachType === "cgroup_inet_egress" ? "egress" : "ingress";
  const hook = room.groups.packets(cgroup, `cgroup_inet_${direction ?? declared}`);
  return HookLink.attach(hook, program, isSkbProgram, position);
};

const { lwt, cgroup_skb: cgroup, socket_filter: socket, sk_skb: stream } = SK_BUFF_ACCESS;

export const socketFilter = kind("socket_filter", socket, SOCKET_FILTER_HELPERS, true, atDevice);
export const cgroupSkb = kind("cgroup_skb", cgroup, [...CURRENT, ...CGROUP_SKB_HELPERS], true, atCgroup);
export const lwtIn = kind("lwt_in", lwt, LWT_HELPERS, false, nowhere);
export const lwtOut = kind("lwt_out", lwt, LWT_HELPERS, false, nowhere);
export const lwtXmit = kind("lwt_xmit", lwt, LWT_XMIT_HELPERS, false, nowhere);
export const skSkb = kind("sk_skb", stream, SK_SKB_HELPERS, false, nowhere);

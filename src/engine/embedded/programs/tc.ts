/** Programs of type `sched_cls` and `sched_act`: on what comes in at a device after XDP, and on what leaves it (tcx, Linux 6.6). */

import { SK_BUFF, SK_BUFF_ACCESS } from "../../../uapi/contexts/sk-buff.ts";
import { BPF_SOCK } from "../../../uapi/contexts/sock.ts";
import { ContextRules } from "../../../uapi/contexts/struct.ts";
import type { ProgramType } from "../../../uapi/program-types.ts";
import { AttachError } from "../../errors.ts";
import { generalFor } from "../helpers/general.ts";
import { helperTable } from "../helpers/helper.ts";
import { skbDynptr } from "../kfuncs/dynptr.ts";
import type { ProgramKind } from "./kind.ts";
import { HookLink } from "./link.ts";
import { TC_HELPERS } from "./skb-helpers.ts";
import { isSkbProgram, type SkbFlavour, SkbProgram } from "./skb-program.ts";

const flavour: SkbFlavour = {
  rules: new ContextRules(SK_BUFF, SK_BUFF_ACCESS.sched_cls, { size: BPF_SOCK.size, writable: false }),
  fromNetwork: false,
  attach(program, room, options) {
    const { interface: name, position } = options;
    if (name === undefined)
      throw new AttachError(`${program.name}: a ${program.spec.type} program is attached to a device; name one (interface)`);
    const direction = options.direction ?? (program.spec.attachType === "tcx_egress" ? "egress" : "ingress");
    return HookLink.attach(room.packets.find(name)[direction], program, isSkbProgram, position);
  },
};

function tcKind(type: ProgramType): ProgramKind {
  return {
    type,
    helpers: helperTable([...generalFor(type), ...TC_HELPERS, ...skbDynptr(true)]),
    packetLoads: true,
    make: (spec, executors, room, fuel) => new SkbProgram(spec, executors, room, fuel, flavour),
  };
}

export const schedCls = tcKind("sched_cls");
export const schedAct = tcKind("sched_act");

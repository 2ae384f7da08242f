/** Programs of type XDP: on every packet that a device receives, before anything else sees it. */

import { xdpHelpers } from "../contexts/xdp.ts";
import { checksumDifference } from "../helpers/checksums.ts";
import { xdpRouting } from "../helpers/fib.ts";
import { generalFor } from "../helpers/general.ts";
import { helperTable } from "../helpers/helper.ts";
import { xdpRedirects } from "../helpers/redirect.ts";
import { XDP_DYNPTR } from "../kfuncs/dynptr.ts";
import { XDP_METADATA } from "../kfuncs/xdp-metadata.ts";
import type { ProgramKind } from "./kind.ts";
import { XdpProgram } from "./xdp-program.ts";

export const xdpKind: ProgramKind = {
  type: "xdp",
  helpers: helperTable([
    ...generalFor("xdp"),
    checksumDifference,
    ...xdpRedirects,
    ...xdpRouting,
    ...xdpHelpers,
    ...XDP_DYNPTR,
    ...XDP_METADATA,
  ]),
  packetLoads: false,
  make: (spec, executors, room, fuel) => new XdpProgram(spec, executors, room.packets, fuel),
};

/** Which helpers on packets each type of program on socket buffers has (`*_func_proto` of net/core/filter.c, Linux 6.18). */

import { checksumDifference, checksumHelpers, checksumLevel } from "../helpers/checksums.ts";
import { adjustRoomHelper, roomHelpers } from "../helpers/encapsulation.ts";
import { cgroupHelpers, hashHelpers, hashRecalc, setHashInvalid } from "../helpers/facts.ts";
import { tcRouting } from "../helpers/fib.ts";
import type { Helper } from "../helpers/helper.ts";
import { skbUnder } from "../helpers/objects.ts";
import { cloneRedirectHelper, redirectHelper, tcRedirects } from "../helpers/redirect.ts";
import { changeTypeHelper, loadBytes, loadBytesRelative, pull, storeHelpers } from "../helpers/skb.ts";
import { congestionHelper, fullSocketHelper, setTimeHelper } from "../helpers/skb-marks.ts";
import { tunnelHelpers } from "../helpers/tunnel.ts";

/** What everybody with a packet has. */
const LOADS = [loadBytes, loadBytesRelative];

export const TC_HELPERS: readonly Helper[] = [
  ...LOADS,
  pull,
  ...storeHelpers,
  changeTypeHelper,
  checksumDifference,
  ...checksumHelpers,
  checksumLevel,
  ...roomHelpers,
  ...hashHelpers,
  ...tcRedirects,
  ...tcRouting,
  fullSocketHelper,
  congestionHelper,
  setTimeHelper,
  ...cgroupHelpers,
  skbUnder,
  ...tunnelHelpers,
];

export const SOCKET_FILTER_HELPERS: readonly Helper[] = LOADS;

export const CGROUP_SKB_HELPERS: readonly Helper[] = [...LOADS, fullSocketHelper, congestionHelper, ...cgroupHelpers];

/** Before routing and after it. */
export const LWT_HELPERS: readonly Helper[] = [loadBytes, pull, checksumDifference, hashRecalc];

/** On the way out, where the packet may be changed. */
export const LWT_XMIT_HELPERS: readonly Helper[] = [
  ...LWT_HELPERS,
  ...storeHelpers,
  ...checksumHelpers,
  setHashInvalid,
  ...tunnelHelpers,
  redirectHelper,
  cloneRedirectHelper,
];

export const SK_SKB_HELPERS: readonly Helper[] = [loadBytes, pull, ...storeHelpers, adjustRoomHelper];

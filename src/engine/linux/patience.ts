/** Asking the kernel again where that helps. */

import type { Kernel } from "./kernel.ts";
import { ERRNO } from "./sys/system-error.ts";

/** As often as libbpf (`sys_bpf_prog_load`). */
const MOST_TRIES = 5;

/**
 * Sends what makes something: again when a signal came between (a verifier gives up with EAGAIN then), and with a higher limit of locked memory
 * where a kernel before 5.11 says EPERM for that.
 */
export function sendPatiently(kernel: Kernel, send: () => number): number {
  let result = sendThrough(send);
  if (result === -ERRNO.EPERM && kernel.older?.raiseMemoryLimit(kernel) === true) result = send();
  return result;
}

/** Sends again when a signal came between. */
export function sendThrough(send: () => number): number {
  let result = send();
  for (let tries = 1; (result === -ERRNO.EAGAIN || result === -ERRNO.EINTR) && tries < MOST_TRIES; tries++) result = send();
  return result;
}

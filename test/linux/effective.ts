/** Doing something with fewer capabilities, in this process: its effective ones are lowered for the time (capset(2)), and raised again. */

import koffi from "koffi";
import { CAPABILITIES, type CapabilityName } from "../../src/uapi/capabilities.ts";

const capget = koffi.load(null).func("capget", "int", ["uint64", "uint64"]);
const capset = koffi.load(null).func("capset", "int", ["uint64", "uint64"]);

/** `struct __user_cap_header_struct`, version 3, of this thread: which is the one that makes the calls. */
const header = Uint32Array.of(0x2008_0522, 0);
/** `struct __user_cap_data_struct` twice: effective, permitted, inheritable; bits 0 to 31, then 32 to 63. */
const HALF = 3;

export function withEffective<Result>(capabilities: readonly CapabilityName[], work: () => Result): Result {
  const before = new Uint32Array(2 * HALF);
  if (capget(koffi.address(header), koffi.address(before)) !== 0) throw new Error("capget failed");
  const during = before.slice();
  during[0] = 0;
  during[HALF] = 0;
  for (const name of capabilities) {
    const bit = CAPABILITIES.indexOf(name);
    const at = bit < 32 ? 0 : HALF;
    during[at] = (during[at] ?? 0) | (1 << (bit % 32));
  }
  if (capset(koffi.address(header), koffi.address(during)) !== 0) throw new Error(`capset failed: ${capabilities.join(" ")}`);
  try {
    return work();
  } finally {
    // What is permitted can always be made effective again.
    capset(koffi.address(header), koffi.address(before));
  }
}

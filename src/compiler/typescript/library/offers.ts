/** Which hooks have which helpers. */

import { BPF_F_SLEEPABLE } from "../../../object/sections.ts";
import type { AttachType } from "../../../uapi/attach-types.ts";
import { HELPER, type HelperName } from "../../../uapi/helpers.ts";
import { isOffered } from "../../../uapi/offers/offers.ts";
import { helperNamed, isNamedHelper } from "./helpers.ts";
import type { Hook } from "./hooks.ts";

/** The newest kernel whose helpers are known: who compiles for an older one is told by its verifier. */
const ERA = 618;

function isTrampoline(attachType: AttachType | null): boolean {
  return attachType === "trace_fentry" || attachType === "trace_fexit" || attachType === "modify_return";
}

/** @param target what the program is attached to; null where the hook has none, or for any */
export function hookHas({ type, attachType, flags, implements: struct }: Hook, target: string | null, name: HelperName): boolean {
  if (isNamedHelper(name) && helperNamed(name).sleeps && (flags & BPF_F_SLEEPABLE) === 0) return false;
  // The verifier's own rule (`check_get_func_ip`): there must be a function.
  if (name === "bpf_get_func_ip" && type !== "kprobe" && !isTrampoline(attachType)) return false;
  return isOffered(ERA, HELPER[name], type, attachType, struct === undefined ? (target ?? "") : `${struct}.${target}`);
}

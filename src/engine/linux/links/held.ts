/**
 * Programs that what they are attached to holds, not a descriptor (`BPF_PROG_ATTACH`): how it was before links. They are taken off when the link is
 * detached, and stay when the process is killed.
 */

import { ATTACH_TYPE, type AttachType } from "../../../uapi/attach-types.ts";
import type { Descriptor } from "../descriptors.ts";
import { Request } from "../request.ts";
import { type Attaching, type Attempt, attachFailure } from "./attaching.ts";
import { LinuxLink } from "./link.ts";

/** `BPF_F_ALLOW_MULTI`: beside others, and those of groups above. Since 4.15. */
export const BPF_F_ALLOW_MULTI = 2;

interface Holder {
  /** Descriptor of what holds it: a map, a device, a group. */
  readonly target: number;
  readonly type: AttachType;
  /** Tried in this order: kernels refuse those that they do not know. */
  readonly flags?: readonly number[];
  /** Stays open as long as the program is there. */
  readonly open?: Descriptor;
}

/** @throws AttachError, FeatureError, PrivilegeError; `open` is closed then. */
export function attachHeld(attaching: Attaching, attempt: Attempt, { target, type, flags = [0], open }: Holder): LinuxLink {
  const { kernel, descriptor } = attaching;
  const by = (command: "prog_attach" | "prog_detach") =>
    new Request(kernel.transport, command)
      .u32("target_fd", target)
      .u32("attach_bpf_fd", descriptor.fd)
      .u32("attach_type", ATTACH_TYPE[type]);
  const attach = by("prog_attach");
  let result = 0;
  for (const flag of flags) if ((result = attach.u32("attach_flags", flag).send()) >= 0) break;
  if (result < 0) {
    open?.close();
    throw attachFailure(attaching, attempt, attach.error(result));
  }
  return new LinuxLink(kernel, {
    description: attempt.place,
    descriptors: open === undefined ? [] : [open],
    fixed: true,
    release: () => void by("prog_detach").send(),
  });
}

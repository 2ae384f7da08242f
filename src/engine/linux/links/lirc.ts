/**
 * Programs on what an infrared receiver hears, `lirc_mode2` (4.18). The device holds the program.
 */

import { AttachError } from "../../errors.ts";
import { type Attaching, type Attempt, attachFailure, checkOptions, systemError } from "./attaching.ts";
import { attachHeld } from "./held.ts";
import type { LinuxLink } from "./link.ts";

export function attachLirc(attaching: Attaching): LinuxLink {
  const { kernel, spec, options } = attaching;
  checkOptions(attaching, "a lirc_mode2 program", ["device"]);
  const { device } = options;
  if (device === undefined)
    throw new AttachError(
      `program ${spec.name}: a lirc_mode2 program is attached to an infrared receiver; name one (device: "/dev/lirc0")`,
    );
  const attempt: Attempt = {
    place: `lirc_mode2 of ${device}`,
    feature: "BPF_PROG_TYPE_LIRC_MODE2",
    since: "4.18",
    needs: ["CAP_BPF", "CAP_NET_ADMIN"],
    means: {
      ENOENT: "there is no such device",
      ENODEV: "it is no infrared device",
      EINVAL: "it is no infrared receiver of pulses and spaces, or the kernel is built without CONFIG_BPF_LIRC_MODE2",
      E2BIG: "64 programs are attached there, and more it does not take",
    },
  };
  const opened = kernel.transport.open(device);
  if (opened < 0) throw attachFailure(attaching, attempt, systemError("open", opened));
  const open = kernel.ledger.adopt(opened, `${device} for ${spec.name}`);
  return attachHeld(attaching, attempt, { target: open.fd, type: "lirc_mode2", open });
}

/** Attaching XDP programs to a network interface, through a BPF link (since 5.9; net/core/dev.c `bpf_xdp_link_attach`). */

import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import type { AttachOptions } from "../../engine.ts";
import { AttachError, FeatureError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { explainRefusal } from "../privileges.ts";
import { atLeast } from "../release.ts";
import { Request } from "../request.ts";
import { ERRNO, type SystemError } from "../sys/system-error.ts";
import { noSuchInterface } from "./interfaces.ts";
import { LinuxLink } from "./link.ts";

type Mode = NonNullable<AttachOptions["mode"]>;

/** `XDP_FLAGS_DRV_MODE` and `XDP_FLAGS_SKB_MODE` of linux/if_link.h. */
const FLAGS: Readonly<Record<Mode, number>> = { native: 1 << 2, generic: 1 << 1 };
/** `struct bpf_link_info`: u32 type, id, prog_id. */
const LINK_INFO_SIZE = 16;

/**
 * Without a mode: in the driver, and in the network stack where the driver cannot. (The kernel's own default goes by whether the
 * driver has XDP at all, and fails when it has, but not in its present state.)
 *
 * @throws AttachError, FeatureError, PrivilegeError
 */
export function attachXdp(kernel: Kernel, program: string, descriptor: Descriptor, options: AttachOptions): LinuxLink {
  const name = options.interface;
  if (name === undefined)
    throw new AttachError(`program ${program}: XDP is attached to a network interface; name one (interface)`);
  const index = kernel.transport.interfaceIndex(name);
  if (index < 0) throw noSuchInterface(kernel.facts, name);
  const request = new Request(kernel.transport, "link_create")
    .u32("prog_fd", descriptor.fd)
    .u32("target_ifindex", index)
    .u32("attach_type", ATTACH_TYPE.xdp);
  let mode = options.mode ?? "native";
  let result = request.u32("flags", FLAGS[mode]).send();
  if (result === -ERRNO.EOPNOTSUPP && options.mode === undefined) {
    mode = "generic";
    result = request.u32("flags", FLAGS[mode]).send();
  }
  if (result < 0) throw explain(kernel, program, name, mode, request.error(result));
  const link = kernel.ledger.adopt(result, `link of ${program} to ${name}`);
  return new LinuxLink(kernel, link, linkId(kernel, link), `xdp on ${name} (${mode})`);
}

/** 0 when the kernel does not say. */
function linkId(kernel: Kernel, link: Descriptor): number {
  const info = new Uint8Array(LINK_INFO_SIZE);
  const request = new Request(kernel.transport, "obj_get_info_by_fd")
    .u32("bpf_fd", link.fd)
    .u32("info_len", info.length)
    .pointer("info", info);
  return request.send() < 0 ? 0 : new DataView(info.buffer).getUint32(4, true);
}

function explain(kernel: Kernel, program: string, name: string, mode: Mode, cause: SystemError): Error {
  const what = `attaching ${program} to ${name}`;
  const error = (why: string) => new AttachError(`${what}: ${why}`, { cause });
  switch (cause.errno) {
    case ERRNO.EPERM:
    case ERRNO.EACCES:
      return explainRefusal(kernel.facts, what, ["CAP_BPF", "CAP_NET_ADMIN"], cause);
    case ERRNO.EBUSY:
      return error("another XDP program is attached there; detach it first (bpftool net shows which)");
    case ERRNO.EEXIST:
      return error(
        `a program is attached there in ${mode === "native" ? "generic" : "native"} mode, and an interface runs XDP in one mode only; detach that one first`,
      );
    case ERRNO.EOPNOTSUPP:
      return error(mode === "native" ? 'its driver has no XDP; use mode "generic"' : "XDP cannot run there");
    case ERRNO.ERANGE:
      return error(
        `its MTU is too large for XDP in ${mode} mode; lower it, or use a program that takes packets in pieces (xdp.frags)`,
      );
    case ERRNO.ENODEV:
      return noSuchInterface(kernel.facts, name);
    case ERRNO.EINVAL:
      if (!atLeast(kernel.facts.release, "5.9"))
        return new FeatureError(
          "BPF_LINK_TYPE_XDP",
          "5.9",
          `${what}: attaching XDP through a link needs Linux 5.9, this is ${kernel.facts.release}`,
          {
            cause,
          },
        );
      if (kernel.transport.interfaceIndex(name) < 0) return noSuchInterface(kernel.facts, name);
      return error(`the kernel or the interface's driver refuses it in ${mode} mode (EINVAL)`);
    default:
      return error(cause.message);
  }
}

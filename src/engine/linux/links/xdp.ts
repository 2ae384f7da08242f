/**
 * Attaching XDP programs to a network interface, through a BPF link (since 5.9; net/core/dev.c `bpf_xdp_link_attach`), before by a routing message
 * (4.8; modes 4.12).
 */

import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import type { AttachOptions } from "../../engine.ts";
import { AttachError } from "../../errors.ts";
import type { Kernel } from "../kernel.ts";
import { explainRefusal } from "../privileges.ts";
import { atLeast } from "../release.ts";
import { Request } from "../request.ts";
import { ERRNO, SystemError } from "../sys/system-error.ts";
import { type Attaching, checkOptions } from "./attaching.ts";
import { interfaceOf, noSuchInterface } from "./interfaces.ts";
import { LinuxLink } from "./link.ts";
import { putXdp, removeXdp, replaceXdp } from "./xdp-netlink.ts";

type Mode = NonNullable<AttachOptions["mode"]>;

const LINKS_SINCE = "5.9";

/** `XDP_FLAGS_DRV_MODE` and `XDP_FLAGS_SKB_MODE` of linux/if_link.h. */
const FLAGS: Readonly<Record<Mode, number>> = { native: 1 << 2, generic: 1 << 1 };

/**
 * Without a mode: in the driver, and in the network stack where the driver cannot. (The kernel's own default goes by whether the
 * driver has XDP at all, and fails when it has, but not in its present state.)
 *
 * @throws AttachError, FeatureError, PrivilegeError
 */
export function attachXdp(attaching: Attaching): LinuxLink {
  checkOptions(attaching, "an XDP program", ["interface", "mode"]);
  const { kernel, spec, descriptor, options } = attaching;
  const { name, index } = interfaceOf(attaching, "an XDP program");
  const request = new Request(kernel.transport, "link_create")
    .u32("prog_fd", descriptor.fd)
    .u32("target_ifindex", index)
    .u32("attach_type", ATTACH_TYPE.xdp);
  const { result, mode } = inSomeMode(options.mode, (mode) => request.u32("flags", FLAGS[mode]).send());
  if (result === -ERRNO.EINVAL && !atLeast(kernel.facts.release, LINKS_SINCE)) return attachByMessage(attaching, name, index);
  if (result < 0) throw explain(kernel, spec.name, name, mode, request.error(result));
  const description = `xdp on ${name} (${mode})`;
  return new LinuxLink(kernel, { description, descriptors: [kernel.ledger.adopt(result, `link of ${spec.name} to ${name}`)] });
}

/** In the one that is wanted, else in the driver, else in the network stack. */
function inSomeMode(wanted: Mode | undefined, attach: (mode: Mode) => number): { readonly result: number; readonly mode: Mode } {
  const mode = wanted ?? "native";
  const result = attach(mode);
  if (result !== -ERRNO.EOPNOTSUPP || wanted !== undefined) return { result, mode };
  return { result: attach("generic"), mode: "generic" };
}

function attachByMessage({ kernel, spec, descriptor, options }: Attaching, name: string, index: number): LinuxLink {
  const { transport } = kernel;
  const { result, mode } = inSomeMode(options.mode, (each) => putXdp(transport, { index, mode: FLAGS[each] }, descriptor.fd));
  if (result < 0) throw explain(kernel, spec.name, name, mode, new SystemError("netlink(RTM_SETLINK)", -result));
  const place = { index, mode: FLAGS[mode] };
  return new LinuxLink(kernel, {
    description: `xdp on ${name} (${mode}, held by the interface)`,
    descriptors: [],
    replace: (program) => replaceXdp(transport, place, program),
    release: () => void removeXdp(transport, place),
  });
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
      if (kernel.transport.interfaceIndex(name) < 0) return noSuchInterface(kernel.facts, name);
      return error(`the kernel or the interface's driver refuses it in ${mode} mode (EINVAL)`);
    default:
      return error(cause.message);
  }
}

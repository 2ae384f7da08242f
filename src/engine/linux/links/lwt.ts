/**
 * Programs on routes (lightweight tunnels): what goes along a route is given to one when it comes in, is routed on to a device, or is sent
 * (`lwt_in`, `lwt_out`, `lwt_xmit`, 4.10); or at a segment of a segment routing path that ends here (`lwt_seg6local`, 4.18). Such a program
 * belongs to the route, not to a descriptor: the route is made for it, taken away when the link is detached, and stays when the process is killed.
 *
 * linux/rtnetlink.h, linux/lwtunnel.h, linux/seg6_local.h.
 */

import { parseIpv4, parseIpv6 } from "../../../btf/addresses.ts";
import type { ProgramType } from "../../../uapi/program-types.ts";
import { AttachError } from "../../errors.ts";
import { askRoute, attribute, NLM_F, nested, number, text } from "../route-messages.ts";
import { RTM } from "../route-numbers.ts";
import type { Transport } from "../sys/transport.ts";
import { type Attaching, type Attempt, attachFailure, checkOptions, systemError } from "./attaching.ts";
import { interfaceOf } from "./interfaces.ts";
import { LinuxLink } from "./link.ts";

const RTA = { destination: 1, device: 4, gateway: 5, table: 15, encapsulationType: 21, encapsulation: 22 } as const;
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RT_SCOPE = { universe: 0, link: 253 } as const;
const RTN_UNICAST = 1;
const RTMSG = 12;
const FAMILY = { ipv4: 2, ipv6: 10 } as const;

const ENCAPSULATION = { bpf: 6, segment: 7 } as const;
/** `LWT_BPF_*`, and in each of them the program. */
const LWT: Partial<Readonly<Record<ProgramType, number>>> = { lwt_in: 1, lwt_out: 2, lwt_xmit: 3 };
const PROGRAM = { descriptor: 1, name: 2 } as const;
const SEGMENT = { action: 1, bpf: 8 } as const;
const END_BPF = 15;

/** A route, as the messages have it. */
interface Route {
  readonly family: keyof typeof FAMILY;
  readonly destination: Uint8Array;
  /** Bits. */
  readonly prefix: number;
  readonly gateway: Uint8Array | null;
  readonly device: number;
  readonly table: number;
}

export function attachToRoute(attaching: Attaching): LinuxLink {
  const { kernel, spec, descriptor, options } = attaching;
  const { transport } = kernel;
  const what = `a ${spec.type} program`;
  checkOptions(attaching, what, ["interface", "route"]);
  if (options.route === undefined)
    throw new AttachError(
      `program ${spec.name}: ${what} is attached to a route, which is made for it; say where it leads (route: { to: "198.51.100.0/24" })`,
    );
  const { name, index } = interfaceOf(attaching, what);
  const { to, via, table = RT_TABLE_MAIN } = options.route;
  const route = parsed(spec.name, to, via, { device: index, table });
  if (spec.type === "lwt_seg6local" && route.family !== "ipv6")
    throw new AttachError(`program ${spec.name}: route: segments are IPv6 addresses, found ${to}`);
  const attempt: Attempt = {
    place: `${spec.type} of the route to ${to}${via === undefined ? "" : ` by ${via}`} on ${name}`,
    feature: spec.type === "lwt_seg6local" ? "CONFIG_IPV6_SEG6_BPF" : "CONFIG_LWTUNNEL_BPF",
    since: spec.type === "lwt_seg6local" ? "4.18" : "4.10",
    needs: ["CAP_NET_ADMIN"],
    means: {
      EEXIST: "there is such a route already, and it is not touched; remove it first (ip route)",
      EINVAL: "the kernel does not take this route: the gateway must be reached by that interface",
      ENODEV: "that interface is gone",
    },
  };
  const put = (flags: number, program: number): number =>
    send(transport, RTM.newroute, NLM_F.create | flags, route, encapsulation(spec.type, program, spec.name));
  const made = put(NLM_F.exclusive, descriptor.fd);
  if (made < 0) throw attachFailure(attaching, attempt, systemError("netlink(RTM_NEWROUTE)", made));
  return new LinuxLink(kernel, {
    description: attempt.place,
    descriptors: [],
    replace: (program) => put(NLM_F.replace, program),
    release: () => void send(transport, RTM.delroute, 0, route, []),
  });
}

function encapsulation(type: ProgramType, program: number, name: string): readonly Uint8Array[] {
  const given = [attribute(PROGRAM.descriptor, number(program)), attribute(PROGRAM.name, text(name))];
  const kind = LWT[type];
  const [tunnel, parts] =
    kind === undefined
      ? [ENCAPSULATION.segment, [attribute(SEGMENT.action, number(END_BPF)), nested(SEGMENT.bpf, ...given)]]
      : [ENCAPSULATION.bpf, [nested(kind, ...given)]];
  return [attribute(RTA.encapsulationType, Uint8Array.of(tunnel, 0)), nested(RTA.encapsulation, ...parts)];
}

function send(
  transport: Transport,
  type: number,
  flags: number,
  { family, destination, prefix, gateway, device, table }: Route,
  more: readonly Uint8Array[],
): number {
  const header = new Uint8Array(RTMSG);
  const scope = gateway === null ? RT_SCOPE.link : RT_SCOPE.universe;
  header.set([FAMILY[family], prefix, 0, 0, table < 256 ? table : 0, RTPROT_STATIC, scope, RTN_UNICAST]);
  const parts = [
    header,
    attribute(RTA.destination, destination),
    attribute(RTA.device, number(device)),
    attribute(RTA.table, number(table)),
    ...(gateway === null ? [] : [attribute(RTA.gateway, gateway)]),
    ...more,
  ];
  return askRoute(transport, type, flags, parts).error;
}

/** @throws AttachError for what is no prefix, or no address of the same family. */
function parsed(program: string, to: string, via: string | undefined, rest: Pick<Route, "device" | "table">): Route {
  const refuse = (why: string): never => {
    throw new AttachError(`program ${program}: route: ${why}`);
  };
  const [address = "", bits] = to.split("/");
  const destination = bytesOf(address) ?? refuse(`to: expected a prefix like 198.51.100.0/24 or 2001:db8::/32, found ${to}`);
  const whole = destination.length * 8;
  const prefix = bits === undefined ? whole : Number(bits);
  if (bits === "" || !Number.isInteger(prefix) || prefix < 0 || prefix > whole)
    refuse(`to: expected a length from 0 to ${whole} behind the /, found ${to}`);
  const gateway = via === undefined ? null : (bytesOf(via) ?? refuse(`via: expected an address, found ${via}`));
  if (gateway !== null && gateway.length !== destination.length) refuse(`via: ${via} is an address of another family than ${to}`);
  return { family: whole === 32 ? "ipv4" : "ipv6", destination, prefix, gateway, ...rest };
}

function bytesOf(address: string): Uint8Array | null {
  return parseIpv4(address) ?? parseIpv6(address);
}

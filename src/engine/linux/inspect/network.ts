/**
 * What is attached to the network of this process's namespace: XDP and tc filters, which routing messages tell of (linux/if_link.h,
 * linux/pkt_cls.h), tcx, netkit, flow dissectors and socket lookups, which `BPF_PROG_QUERY` does.
 */

import type { AttachType } from "../../../uapi/attach-types.ts";
import type { LinkInfo } from "../../link-info.ts";
import type { Kernel } from "../kernel.ts";
import { textOf } from "../objects/info.ts";
import { attributesOf, listRoute, numberOf, type RouteMessage } from "../route-messages.ts";
import { CLSACT, IFINFOMSG, IFLA, IFLA_XDP, RTM, TCA, TCA_ACT, TCA_ACT_BPF, TCA_BPF, TCMSG } from "../route-numbers.ts";
import { SystemError } from "../sys/system-error.ts";
import { queryPrograms } from "./query.ts";
import type { NetworkAttachment } from "./types.ts";

/** Where an interface tells of programs: of one by itself, and of each by how it runs. */
const XDP_PROGRAMS = [
  [IFLA_XDP.program, null],
  [IFLA_XDP.native, "native"],
  [IFLA_XDP.generic, "generic"],
  [IFLA_XDP.offloaded, "offloaded"],
] as const;
/** `XDP_ATTACHED_*`: what the one program is attached as, where there is one. */
const XDP_MODES: Readonly<Record<number, NetworkAttachment["mode"]>> = { 1: "native", 2: "generic", 3: "offloaded" };
interface Interface {
  readonly name: string;
  readonly index: number;
}

/** Of this process's network namespace. @throws SystemError */
export function interfaces(kernel: Kernel): Interface[] {
  return dumpLinks(kernel).map(({ name, index }) => ({ name, index }));
}

function dumpLinks(kernel: Kernel): (Interface & { readonly attributes: ReadonlyMap<number, Uint8Array> })[] {
  return listOf(kernel, RTM.getlink, new Uint8Array(IFINFOMSG)).flatMap(({ type, payload }) => {
    if (type !== RTM.newlink) return [];
    const attributes = attributesOf(payload.subarray(IFINFOMSG));
    const index = new DataView(payload.buffer, payload.byteOffset).getInt32(4, true);
    return [{ name: textOf(attributes.get(IFLA.name) ?? new Uint8Array(0)), index, attributes }];
  });
}

/**
 * By interface, and of each in the order in which packets meet them; then what is attached to the namespace.
 * @param links which say what is attached by them, where this process may see them
 * @throws PrivilegeError, SystemError
 */
export function* eachNetworkAttachment(
  kernel: Kernel,
  links: readonly LinkInfo[],
): Generator<NetworkAttachment, undefined, undefined> {
  const disciplines = dumpTc(kernel, RTM.getqdisc, RTM.newqdisc, 0, 0);
  for (const { name, index, attributes } of dumpLinks(kernel)) {
    const at = { name, index };
    yield* xdpOf(at, links, attributesOf(attributes.get(IFLA.xdp) ?? new Uint8Array(0)));
    for (const attachType of ["netkit_primary", "netkit_peer", "tcx_ingress", "tcx_egress"] as const)
      yield* queried(kernel, attachType, index, at);
    const own = disciplines.filter((each) => each.index === index);
    yield* filtersOf(kernel, at, own);
  }
  const namespace = kernel.transport.open("/proc/self/ns/net");
  if (namespace < 0) throw new SystemError("open /proc/self/ns/net", -namespace);
  using own = kernel.ledger.adopt(namespace, "network namespace");
  for (const attachType of ["flow_dissector", "sk_lookup"] as const)
    for (const each of queried(kernel, attachType, own.fd, null)) {
      const isIts = (link: LinkInfo) => link.type === "netns" && link.attachType === attachType && link.program === each.program;
      yield { ...each, link: links.find(isIts)?.id ?? null };
    }
  for (const link of links)
    if (link.type === "netfilter") {
      const { id, program, family, hook, priority } = link;
      yield { ...NOTHING, hook: "netfilter", interface: null, program, link: id, netfilter: { family, hook, priority } };
    }
}

function* xdpOf(
  at: Interface,
  links: readonly LinkInfo[],
  xdp: ReadonlyMap<number, Uint8Array>,
): Generator<NetworkAttachment, undefined, undefined> {
  const only = XDP_MODES[numberOf(xdp.get(IFLA_XDP.attached))];
  for (const [attribute, mode] of XDP_PROGRAMS) {
    const program = numberOf(xdp.get(attribute));
    // One that is alone is told twice, by itself and under its mode; older kernels say the mode beside.
    if (program === 0 || (mode === null && hasMode(xdp))) continue;
    const isIts = (link: LinkInfo) => link.type === "xdp" && link.interface === at.index && link.program === program;
    const link = links.find(isIts)?.id ?? null;
    yield { ...NOTHING, hook: "xdp", interface: at, program, mode: mode ?? only ?? null, link };
  }
}

const hasMode = (xdp: ReadonlyMap<number, Uint8Array>): boolean =>
  XDP_PROGRAMS.some(([attribute, mode]) => mode !== null && numberOf(xdp.get(attribute)) !== 0);

function* queried(
  kernel: Kernel,
  attachType: AttachType & NetworkAttachment["hook"],
  target: number,
  at: Interface | null,
): Generator<NetworkAttachment, undefined, undefined> {
  const where = at === null ? "this network namespace" : at.name;
  const found = queryPrograms(kernel, `asking what is attached to ${where}`, { attachType, target });
  for (const { program, link } of found?.programs ?? [])
    yield { ...NOTHING, hook: attachType, interface: at, program, link, revision: found?.revision ?? 0n };
}

/** What is not told of most. */
const NOTHING = { link: null, mode: null, discipline: null, filter: null, netfilter: null, revision: 0n } as const;

/** Of every discipline and class of an interface: filters of kind `bpf`, and actions of kind `bpf` that they lead to. */
function* filtersOf(
  kernel: Kernel,
  at: Interface,
  disciplines: readonly TrafficControl[],
): Generator<NetworkAttachment, undefined, undefined> {
  for (const { kind, handle } of disciplines) {
    // Most interfaces have nothing else, and nothing hangs there.
    if (kind === "noqueue" || kind === "") continue;
    if (kind === "clsact" || kind === "ingress") {
      yield* filtersAt(kernel, at, CLSACT.ingress, "tc_ingress", kind);
      if (kind === "clsact") yield* filtersAt(kernel, at, CLSACT.egress, "tc_egress", kind);
      continue;
    }
    if (handle === 0) continue;
    yield* filtersAt(kernel, at, handle, "tc_egress", kind);
    for (const { handle: own } of dumpTc(kernel, RTM.gettclass, RTM.newtclass, at.index, handle))
      yield* filtersAt(kernel, at, own, "tc_egress", kind);
  }
}

function* filtersAt(
  kernel: Kernel,
  at: Interface,
  parent: number,
  hook: "tc_ingress" | "tc_egress",
  discipline: string,
): Generator<NetworkAttachment, undefined, undefined> {
  for (const { kind, options } of dumpTc(kernel, RTM.gettfilter, RTM.newtfilter, at.index, parent)) {
    if (kind !== "bpf") continue;
    const attributes = attributesOf(options);
    const filter = textOf(attributes.get(TCA_BPF.name) ?? new Uint8Array(0));
    const program = numberOf(attributes.get(TCA_BPF.id));
    if (program !== 0) yield { ...NOTHING, hook, interface: at, program, discipline, filter };
    for (const action of attributesOf(attributes.get(TCA_BPF.act) ?? new Uint8Array(0)).values()) {
      const inside = attributesOf(action);
      if (textOf(inside.get(TCA_ACT.kind) ?? new Uint8Array(0)) !== "bpf") continue;
      const own = attributesOf(inside.get(TCA_ACT.options) ?? new Uint8Array(0));
      const name = textOf(own.get(TCA_ACT_BPF.name) ?? new Uint8Array(0));
      yield {
        ...NOTHING,
        hook: "tc_action",
        interface: at,
        program: numberOf(own.get(TCA_ACT_BPF.id)),
        discipline,
        filter: name,
      };
    }
  }
}

/** A discipline, a class or a filter. */
interface TrafficControl {
  readonly index: number;
  readonly kind: string;
  readonly handle: number;
  readonly options: Uint8Array;
}

/** Of an interface; disciplines: of all. */
function dumpTc(kernel: Kernel, request: number, answer: number, index: number, parent: number): TrafficControl[] {
  const message = new Uint8Array(TCMSG);
  const view = new DataView(message.buffer);
  view.setInt32(4, index, true);
  view.setUint32(12, parent, true);
  return listOf(kernel, request, message).flatMap(({ type, payload }) => {
    if (type !== answer || payload.length < TCMSG) return [];
    const own = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    const attributes = attributesOf(payload.subarray(TCMSG));
    return [
      {
        index: own.getInt32(4, true),
        kind: textOf(attributes.get(TCA.kind) ?? new Uint8Array(0)),
        handle: own.getUint32(8, true),
        options: attributes.get(TCA.options) ?? new Uint8Array(0),
      },
    ];
  });
}

/** @throws SystemError */
function listOf({ transport }: Kernel, type: number, header: Uint8Array): readonly RouteMessage[] {
  const { error, messages } = listRoute(transport, type, [header]);
  if (error < 0) throw new SystemError("netlink", -error);
  return messages;
}

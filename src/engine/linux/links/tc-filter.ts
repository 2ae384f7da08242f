/**
 * Classic bpf filters through routing messages: linux/pkt_sched.h, linux/pkt_cls.h. All numbers are in the machine's order but the protocol,
 * which is in the network's.
 */

import { askRoute, attribute, joined, listRoute, NLM_F, number, type RouteAnswer, text } from "../route-messages.ts";
import { CLSACT, RTM, TCA, TCA_BPF, TCMSG } from "../route-numbers.ts";
import { ERRNO } from "../sys/system-error.ts";
import type { Transport } from "../sys/transport.ts";

export type Direction = "ingress" | "egress";

/** How a filter runs its program. */
export interface FilterKind {
  /** The kernel's name for such filters. */
  readonly name: "bpf" | "matchall";
  /** `TCA_OPTIONS`. */
  readonly options: (program: number, name: string) => Uint8Array;
}

/** A filter as the kernel numbers it. */
export interface Filter {
  readonly kind: FilterKind;
  readonly index: number;
  readonly direction: Direction;
  readonly name: string;
  /** `tcm_info`: priority in the upper half, protocol in the lower. */
  readonly info: number;
  readonly handle: number;
}

const TCA_BPF_FLAG_ACT_DIRECT = 1;
/** `htons(ETH_P_ALL)` of a little-endian machine. */
const ALL_PROTOCOLS = 0x0300;

interface Tc {
  readonly index: number;
  readonly parent: number;
  readonly handle?: number;
  readonly info?: number;
  readonly attributes?: readonly Uint8Array[];
}

/** Makes the discipline that filters hang on. @returns below zero: an error number, negated; -EEXIST when it is there. */
export function makeQdisc(transport: Transport, index: number): number {
  const attributes = [attribute(TCA.kind, text("clsact"))];
  const flags = NLM_F.create | NLM_F.exclusive;
  return ask(transport, RTM.newqdisc, flags, { index, parent: CLSACT.parent, handle: CLSACT.handle, attributes }).error;
}

/** Takes it away, if it is known that no filter hangs on it. @returns whether it did. */
export function dropQdisc(transport: Transport, index: number): boolean {
  for (const direction of ["ingress", "egress"] as const) {
    const { error, messages } = listRoute(transport, RTM.gettfilter, [headerOf({ index, parent: CLSACT[direction] })]);
    if (error < 0 || messages.some(({ type }) => type === RTM.newtfilter)) return false;
  }
  return ask(transport, RTM.delqdisc, 0, { index, parent: CLSACT.parent, handle: CLSACT.handle }).error >= 0;
}

/** Adds a filter behind those that are there. @returns it, or an error number, negated. */
export function addFilter(
  transport: Transport,
  kind: FilterKind,
  { index, direction, program, name }: { index: number; direction: Direction; program: number; name: string },
): Filter | number {
  const flags = NLM_F.create | NLM_F.exclusive | NLM_F.echo;
  const message = { index, parent: CLSACT[direction], info: ALL_PROTOCOLS, attributes: described(kind, program, name) };
  const { error, messages } = ask(transport, RTM.newtfilter, flags, message);
  if (error < 0) return error;
  const made = messages.find(({ type }) => type === RTM.newtfilter);
  if (made === undefined) return -ERRNO.EINVAL;
  const view = new DataView(made.payload.buffer, made.payload.byteOffset, made.payload.byteLength);
  return {
    kind,
    index,
    direction,
    name,
    handle: view.getUint32(8, true),
    info: view.getUint32(16, true),
  };
}

export function replaceFilter(transport: Transport, filter: Filter, program: number): number {
  const { kind, index, direction, handle, info, name } = filter;
  const message = { index, parent: CLSACT[direction], handle, info, attributes: described(kind, program, name) };
  return ask(transport, RTM.newtfilter, NLM_F.create | NLM_F.replace, message).error;
}

export function removeFilter(transport: Transport, { kind, index, direction, handle, info }: Filter): number {
  const attributes = [attribute(TCA.kind, text(kind.name))];
  return ask(transport, RTM.deltfilter, 0, { index, parent: CLSACT[direction], handle, info, attributes }).error;
}

/** A filter that decides itself (`direct-action`). */
export const DIRECT: FilterKind = {
  name: "bpf",
  options: (program, name) =>
    joined([
      attribute(TCA_BPF.descriptor, number(program)),
      attribute(TCA_BPF.name, text(name)),
      attribute(TCA_BPF.flags, number(TCA_BPF_FLAG_ACT_DIRECT)),
    ]),
};

const described = (kind: FilterKind, program: number, name: string): readonly Uint8Array[] => [
  attribute(TCA.kind, text(kind.name)),
  attribute(TCA.options, kind.options(program, name)),
];

/** `struct tcmsg` and what follows it. */
const ask = (transport: Transport, type: number, flags: number, message: Tc): RouteAnswer =>
  askRoute(transport, type, flags, [headerOf(message), ...(message.attributes ?? [])]);

function headerOf({ index, parent, handle = 0, info = 0 }: Tc): Uint8Array {
  const header = new Uint8Array(TCMSG);
  const view = new DataView(header.buffer);
  view.setInt32(4, index, true);
  view.setUint32(8, handle, true);
  view.setUint32(12, parent, true);
  view.setUint32(16, info, true);
  return header;
}

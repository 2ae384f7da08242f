/**
 * Classic bpf filters through routing messages: linux/rtnetlink.h, linux/pkt_sched.h, linux/pkt_cls.h. All numbers are in the machine's
 * order but the protocol, which is in the network's.
 */

import { ERRNO } from "../sys/system-error.ts";
import type { Transport } from "../sys/transport.ts";

export type Direction = "ingress" | "egress";

/** A filter as the kernel numbers it. */
export interface Filter {
  readonly index: number;
  readonly direction: Direction;
  readonly name: string;
  /** `tcm_info`: priority in the upper half, protocol in the lower. */
  readonly info: number;
  readonly handle: number;
}

const RTM = { newQdisc: 36, delQdisc: 37, newFilter: 44, delFilter: 45, getFilter: 46 } as const;
const NLM_F = { request: 1, ack: 4, echo: 8, dump: 0x300, replace: 0x100, exclusive: 0x200, create: 0x400 } as const;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const TC_H_CLSACT = 0xffff_fff1;
const CLSACT_HANDLE = 0xffff_0000;
const PARENT = { ingress: 0xffff_fff2, egress: 0xffff_fff3 } as const;
const TCA = { kind: 1, options: 2 } as const;
const TCA_BPF = { fd: 6, name: 7, flags: 8 } as const;
const TCA_BPF_FLAG_ACT_DIRECT = 1;
/** `htons(ETH_P_ALL)` of a little-endian machine. */
const ALL_PROTOCOLS = 0x0300;
const HEADER = 16;
const TCMSG = 20;

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
  return ask(transport, RTM.newQdisc, flags, { index, parent: TC_H_CLSACT, handle: CLSACT_HANDLE, attributes }).error;
}

/** Takes it away, if no filter hangs on it. @returns whether it did. */
export function dropQdisc(transport: Transport, index: number): boolean {
  for (const direction of ["ingress", "egress"] as const) {
    const { messages } = ask(transport, RTM.getFilter, NLM_F.dump, { index, parent: PARENT[direction] });
    if (messages.some(({ type }) => type === RTM.newFilter)) return false;
  }
  return ask(transport, RTM.delQdisc, 0, { index, parent: TC_H_CLSACT, handle: CLSACT_HANDLE }).error >= 0;
}

/** Adds a filter that decides (`direct-action`), behind those that are there. @returns it, or an error number, negated. */
export function addFilter(
  transport: Transport,
  { index, direction, program, name }: { index: number; direction: Direction; program: number; name: string },
): Filter | number {
  const flags = NLM_F.create | NLM_F.exclusive | NLM_F.echo;
  const message = { index, parent: PARENT[direction], info: ALL_PROTOCOLS, attributes: options(program, name) };
  const { error, messages } = ask(transport, RTM.newFilter, flags, message);
  if (error < 0) return error;
  const made = messages.find(({ type }) => type === RTM.newFilter);
  if (made === undefined) return -ERRNO.EINVAL;
  const { view } = made;
  return { index, direction, name, handle: view.getUint32(HEADER + 8, true), info: view.getUint32(HEADER + 16, true) };
}

export function replaceFilter(transport: Transport, filter: Filter, program: number): number {
  const { index, direction, handle, info, name } = filter;
  const message = { index, parent: PARENT[direction], handle, info, attributes: options(program, name) };
  return ask(transport, RTM.newFilter, NLM_F.create | NLM_F.replace, message).error;
}

export function removeFilter(transport: Transport, { index, direction, handle, info }: Filter): number {
  const attributes = [attribute(TCA.kind, text("bpf"))];
  return ask(transport, RTM.delFilter, 0, { index, parent: PARENT[direction], handle, info, attributes }).error;
}

function options(program: number, name: string): readonly Uint8Array[] {
  const nested = [
    attribute(TCA_BPF.fd, number(program)),
    attribute(TCA_BPF.name, text(name)),
    attribute(TCA_BPF.flags, number(TCA_BPF_FLAG_ACT_DIRECT)),
  ];
  return [attribute(TCA.kind, text("bpf")), attribute(TCA.options, joined(nested))];
}

interface Message {
  readonly type: number;
  readonly view: DataView;
}

/** One request and what came back; `error` is 0, or an error number, negated. */
function ask(
  transport: Transport,
  type: number,
  flags: number,
  { index, parent, handle = 0, info = 0, attributes = [] }: Tc,
): { readonly error: number; readonly messages: readonly Message[] } {
  const header = new Uint8Array(HEADER + TCMSG);
  const view = new DataView(header.buffer);
  const bytes = joined([header, ...attributes]);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, NLM_F.request | NLM_F.ack | flags, true);
  view.setInt32(HEADER + 4, index, true);
  view.setUint32(HEADER + 8, handle, true);
  view.setUint32(HEADER + 12, parent, true);
  view.setUint32(HEADER + 16, info, true);
  bytes.set(header);
  const answer = new Uint8Array(1 << 16);
  const length = transport.netlink(bytes, answer);
  if (length < 0) return { error: length, messages: [] };
  const messages: Message[] = [];
  for (let at = 0; at + HEADER <= length; ) {
    const whole = new DataView(answer.buffer, at);
    const size = whole.getUint32(0, true);
    const kind = whole.getUint16(4, true);
    if (kind === NLMSG_ERROR) return { error: whole.getInt32(HEADER, true), messages };
    if (kind === NLMSG_DONE) break;
    messages.push({ type: kind, view: whole });
    at += Math.max(HEADER, (size + 3) & ~3);
  }
  return { error: 0, messages };
}

/** `struct rtattr`, padded to four bytes. */
function attribute(type: number, payload: Uint8Array): Uint8Array {
  const length = 4 + payload.length;
  const bytes = new Uint8Array((length + 3) & ~3);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, length, true);
  view.setUint16(2, type, true);
  bytes.set(payload, 4);
  return bytes;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(`${value}\0`);

function number(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

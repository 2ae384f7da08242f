/**
 * Routing messages (`NETLINK_ROUTE`): linux/netlink.h, linux/rtnetlink.h. A message is a header, a struct of its type, and attributes; numbers
 * are in the machine's order.
 */

import type { Transport } from "../sys/transport.ts";

export const NLM_F = { request: 1, ack: 4, echo: 8, dump: 0x300, replace: 0x100, exclusive: 0x200, create: 0x400 } as const;
/** In an attribute's type: it consists of attributes. */
export const NLA_F_NESTED = 0x8000;
/** Bytes of `struct nlmsghdr`, before every message. */
export const NLMSG_HEADER = 16;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

export interface RouteMessage {
  readonly type: number;
  /** From its header on. */
  readonly view: DataView;
}

export interface RouteAnswer {
  /** 0, or an error number, negated. */
  readonly error: number;
  readonly messages: readonly RouteMessage[];
}

/** One request, whose `parts` follow its header, and what came back. */
export function askRoute(transport: Transport, type: number, flags: number, parts: readonly Uint8Array[]): RouteAnswer {
  const bytes = joined([new Uint8Array(NLMSG_HEADER), ...parts]);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, NLM_F.request | NLM_F.ack | flags, true);
  const answer = new Uint8Array(1 << 16);
  const length = transport.netlink(bytes, answer);
  if (length < 0) return { error: length, messages: [] };
  const messages: RouteMessage[] = [];
  for (let at = 0; at + NLMSG_HEADER <= length; ) {
    const whole = new DataView(answer.buffer, at);
    const size = whole.getUint32(0, true);
    const kind = whole.getUint16(4, true);
    if (kind === NLMSG_ERROR) return { error: whole.getInt32(NLMSG_HEADER, true), messages };
    if (kind === NLMSG_DONE) break;
    messages.push({ type: kind, view: whole });
    at += Math.max(NLMSG_HEADER, (size + 3) & ~3);
  }
  return { error: 0, messages };
}

/** `struct rtattr`, padded to four bytes. */
export function attribute(type: number, payload: Uint8Array): Uint8Array {
  const length = 4 + payload.length;
  const bytes = new Uint8Array((length + 3) & ~3);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, length, true);
  view.setUint16(2, type, true);
  bytes.set(payload, 4);
  return bytes;
}

/** An attribute that consists of others. */
export const nested = (type: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  attribute(type | NLA_F_NESTED, joined(parts));

export const text = (value: string): Uint8Array => new TextEncoder().encode(`${value}\0`);

/** A u32. */
export function number(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

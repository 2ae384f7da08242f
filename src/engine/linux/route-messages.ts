/**
 * Routing messages (`NETLINK_ROUTE`; rtnetlink(7), linux/netlink.h, linux/rtnetlink.h). A message is a header, a struct of its type, and attributes;
 * numbers are in the machine's order.
 */

import { ERRNO } from "./sys/system-error.ts";
import type { Transport } from "./sys/transport.ts";

export const NLM_F = { request: 1, ack: 4, echo: 8, dump: 0x300, replace: 0x100, exclusive: 0x200, create: 0x400 } as const;
/** In an attribute's type: it consists of attributes. */
const NLA_F_NESTED = 0x8000;
/** The upper two bits of an attribute's type say how it is built. */
const NLA_TYPE_MASK = 0x3fff;
/** Bytes of `struct nlmsghdr`, before every message. */
const NLMSG_HEADER = 16;
export const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
/** Bytes that there is room for in an answer: at first, and at most. Acknowledgements and echoes are far shorter. */
const ROOM = 1 << 16;
const MOST_ROOM = 1 << 28;

export interface RouteMessage {
  readonly type: number;
  /** Behind its header. */
  readonly payload: Uint8Array;
}

export interface RouteAnswer {
  /** 0, or an error number, negated. */
  readonly error: number;
  readonly messages: readonly RouteMessage[];
}

/** Asks the kernel to do something: `parts` follow the request's header. */
export const askRoute = (transport: Transport, type: number, flags: number, parts: readonly Uint8Array[]): RouteAnswer =>
  messagesOf(transport, requestOf(type, NLM_F.request | NLM_F.ack | flags, parts), ROOM);

/** A list of the kernel's, which is asked for again with more room until it is there as a whole. */
export function listRoute(transport: Transport, type: number, parts: readonly Uint8Array[]): RouteAnswer {
  const request = requestOf(type, NLM_F.request | NLM_F.dump, parts);
  for (let room = ROOM; ; room *= 4) {
    const answer = messagesOf(transport, request, room);
    if (answer.error !== -ERRNO.ENOSPC || room >= MOST_ROOM) return answer;
  }
}

function requestOf(type: number, flags: number, parts: readonly Uint8Array[]): Uint8Array {
  const bytes = joined([new Uint8Array(NLMSG_HEADER), ...parts]);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  return bytes;
}

function messagesOf(transport: Transport, request: Uint8Array, room: number): RouteAnswer {
  const answer = new Uint8Array(room);
  const view = new DataView(answer.buffer);
  const length = transport.netlink(request, answer);
  if (length < 0) return { error: length, messages: [] };
  const messages: RouteMessage[] = [];
  for (let at = 0; at + NLMSG_HEADER <= length; ) {
    const size = view.getUint32(at, true);
    const type = view.getUint16(at + 4, true);
    if (type === NLMSG_ERROR) return { error: view.getInt32(at + NLMSG_HEADER, true), messages };
    if (type === NLMSG_DONE) break;
    messages.push({ type, payload: answer.subarray(at + NLMSG_HEADER, at + size) });
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

/** Attributes by their number. Of two with one number, the last. */
export function attributesOf(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const attributes = new Map<number, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > bytes.length) break;
    attributes.set(view.getUint16(at + 2, true) & NLA_TYPE_MASK, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return attributes;
}

/** A u32 or a u8; 0 when there is none. */
export function numberOf(attribute: Uint8Array | undefined): number {
  if (attribute === undefined || attribute.length === 0) return 0;
  if (attribute.length < 4) return attribute[0] ?? 0;
  return new DataView(attribute.buffer, attribute.byteOffset, 4).getUint32(0, true);
}

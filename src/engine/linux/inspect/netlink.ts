/** Lists that the kernel sends by routing messages (rtnetlink(7)): one request, many messages, each a struct and attributes behind it. */

import { NLM_F, NLMSG_HEADER } from "../links/route-messages.ts";
import { ERRNO, SystemError } from "../sys/system-error.ts";
import type { Transport } from "../sys/transport.ts";

export interface Message {
  readonly type: number;
  /** Behind the message's header. */
  readonly payload: Uint8Array;
}

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
/** Bytes of answers that there is room for at first, and at most. */
const ROOM = 1 << 18;
const MOST_ROOM = 1 << 28;

/** @throws SystemError */
export function dump(transport: Transport, type: number, payload: Uint8Array): Message[] {
  const request = new Uint8Array(NLMSG_HEADER + payload.length);
  const view = new DataView(request.buffer);
  view.setUint32(0, request.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, NLM_F.request | NLM_F.dump, true);
  request.set(payload, NLMSG_HEADER);
  for (let room = ROOM; ; room *= 4) {
    const answer = new Uint8Array(room);
    const length = transport.netlink(request, answer);
    if (length === -ERRNO.ENOSPC && room < MOST_ROOM) continue;
    if (length < 0) throw new SystemError("netlink", -length);
    return messagesOf(answer.subarray(0, length));
  }
}

function messagesOf(answer: Uint8Array): Message[] {
  const messages: Message[] = [];
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  for (let at = 0; at + NLMSG_HEADER <= answer.length; ) {
    const size = view.getUint32(at, true);
    const type = view.getUint16(at + 4, true);
    if (type === NLMSG_DONE) break;
    if (type === NLMSG_ERROR) {
      const errno = -view.getInt32(at + NLMSG_HEADER, true);
      if (errno > 0) throw new SystemError("netlink", errno);
      break;
    }
    messages.push({ type, payload: answer.subarray(at + NLMSG_HEADER, at + size) });
    at += Math.max(NLMSG_HEADER, (size + 3) & ~3);
  }
  return messages;
}

/** Attributes by their number: `struct rtattr`, each padded to four bytes. Of two with one number, the last. */
export function attributesOf(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const attributes = new Map<number, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > bytes.length) break;
    // The upper two bits say how it is built.
    attributes.set(view.getUint16(at + 2, true) & 0x3fff, bytes.subarray(at + 4, at + length));
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

/** A hash of a packet's flow: addresses, protocol and ports, as the kernel's flow dissector takes them, mixed as murmur3 does. */

import { PROTOCOL } from "../contexts/skb.ts";

const TCP = 6;
const UDP = 17;
const SCTP = 132;
const VLAN_TAG = 4;

/**
 * A u32 that is never 0. The direction counts: a flow and its answers have different hashes. What is no IP packet hashes by its
 * protocol alone, fragments without ports.
 * @param network address of the network header. @param protocol its type, as in `skb->protocol`.
 */
export function flowHash(bytes: Uint8Array, network: number, end: number, protocol: number, seed: number): number {
  let at = network;
  let type = protocol;
  // Tags that are in the packet come before the addresses.
  while ((type === PROTOCOL.vlan || type === PROTOCOL.serviceVlan) && at + VLAN_TAG <= end) {
    type = bytes[at + 2]! | (bytes[at + 3]! << 8);
    at += VLAN_TAG;
  }
  let hash = mix(seed | 0, type);
  let transport = -1;
  let next = 0;
  if (type === PROTOCOL.ipv4 && at + 20 <= end) {
    hash = mixBytes(hash, bytes, at + 12, at + 20);
    next = bytes[at + 9]!;
    const fragmented = ((bytes[at + 6]! & 0x3f) | bytes[at + 7]!) !== 0;
    if (!fragmented) transport = at + (bytes[at]! & 15) * 4;
  } else if (type === PROTOCOL.ipv6 && at + 40 <= end) {
    hash = mixBytes(hash, bytes, at + 8, at + 40);
    next = bytes[at + 6]!;
    transport = at + 40;
  }
  hash = mix(hash, next);
  const hasPorts = next === TCP || next === UDP || next === SCTP;
  if (hasPorts && transport >= 0 && transport + 4 <= end) hash = mixBytes(hash, bytes, transport, transport + 4);
  return finish(hash) || 1;
}

function mixBytes(hash: number, bytes: Uint8Array, from: number, to: number): number {
  let mixed = hash;
  for (let at = from; at < to; at += 4)
    mixed = mix(mixed, bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
  return mixed;
}

/** A round of murmur3's 32-bit body (Austin Appleby, public domain). */
function mix(hash: number, word: number): number {
  const scrambled = Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
  return (Math.imul(rotate(hash ^ scrambled, 13), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/**
 * A test run of a program on socket buffers: which fields of the context may be given, and what is given back
 * (`convert___skb_to_skb`, `convert_skb_to___skb` of net/bpf/test_run.c, Linux 6.18).
 */

import { SK_BUFF } from "../../../uapi/contexts/sk-buff.ts";
import { fieldOf } from "../../../uapi/contexts/struct.ts";
import { SKB, type Skb } from "./skb.ts";

/** What may be other than zero. */
const GIVEN = [
  ...["mark", "priority", "ingress_ifindex", "ifindex", "cb", "tstamp", "wire_len", "gso_segs", "gso_size", "hwtstamp"],
].map((name) => fieldOf(SK_BUFF, name));

/** What comes back as the program left it; the rest as it was given. */
const RETURNED = ["mark", "priority", "ingress_ifindex", "ifindex", "tstamp", "cb", "wire_len", "gso_segs", "hwtstamp"].map(
  (name) => fieldOf(SK_BUFF, name),
);

const MOST_SEGMENTS = 65_535;
const LARGEST_SEGMENTED = 65_536;

/** @throws RangeError for what the kernel answers with EINVAL. */
export function checkTestContext(context: Uint8Array, length: number): void {
  for (const { name, offset, size } of SK_BUFF.fields) {
    if (GIVEN.some((field) => field.name === name)) continue;
    if (context.subarray(offset, offset + size).some((byte) => byte !== 0))
      throw new RangeError(`context: ${name} cannot be given to a test run; ${GIVEN.map((field) => field.name).join(", ")} can`);
  }
  const view = new DataView(context.buffer, context.byteOffset);
  const wire = view.getUint32(SKB.wire_len * 4, true);
  if (wire !== 0 && (wire < length || wire > LARGEST_SEGMENTED))
    throw new RangeError(`context: wire_len: expected ${length} to ${LARGEST_SEGMENTED}, found ${wire}`);
  const segments = view.getUint32(SKB.gso_segs * 4, true);
  if (segments > MOST_SEGMENTS) throw new RangeError(`context: gso_segs: expected 0 to ${MOST_SEGMENTS}, found ${segments}`);
}

/** Puts a checked context into a packet that was just received, of which the program does not see `hidden` bytes. */
export function giveTestContext(skb: Skb, context: Uint8Array, hidden: number): void {
  const view = new DataView(context.buffer, context.byteOffset);
  for (const { offset, size } of GIVEN) {
    if (offset === SKB.ifindex * 4) continue;
    for (let at = offset; at < offset + size; at += 4) skb.set(at >>> 2, view.getUint32(at, true));
  }
  if (skb.get(SKB.wire_len) === 0) skb.set(SKB.wire_len, skb.length - hidden);
}

export function takeTestContext(skb: Skb, given: Uint8Array): Uint8Array {
  const context = given.slice();
  const { bytes } = skb.cpu.room.memory;
  const base = skb.cpu.context;
  for (const { offset, size } of RETURNED) context.set(bytes.subarray(base + offset, base + offset + size), offset);
  return context;
}

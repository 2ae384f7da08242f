/**
 * A program to watch traffic with: it counts packets by EtherType and protocol, and drops the kinds that its user names.
 * A kind is `EtherType << 8 | protocol`; the protocol is 0 where the packet is neither IPv4 nor IPv6.
 */

import type { Spec } from "../../src/object/spec.ts";
import { specOf } from "../contract/specs.ts";

export const KIND = {
  icmp: 0x0800_01,
  tcp: 0x0800_06,
  udp: 0x0800_11,
  icmp6: 0x86dd_3a,
  tcp6: 0x86dd_06,
  udp6: 0x86dd_11,
  vlan: 0x8100_00,
  arp: 0x0806_00,
} as const;

export function trafficSpec(): Spec {
  return specOf(
    {
      counts: { type: "percpu_hash", maxEntries: 256, key: "u32", value: "u64" },
      dropped: { type: "hash", maxEntries: 256, key: "u32", value: "u32" },
    },
    {
      watch: `
      r2 = *(u32 *)(r1 + 0)
      r3 = *(u32 *)(r1 + 4)
      r0 = 2
      r4 = r2
      r4 += 34
      if r4 > r3 goto out
      r6 = *(u16 *)(r2 + 12)
      r6 = be16 r6
      r7 = 0
      if r6 != 0x0800 goto six
      r7 = *(u8 *)(r2 + 23)
    six:
      if r6 != 0x86dd goto key
      r7 = *(u8 *)(r2 + 20)
    key:
      r6 <<= 8
      r6 |= r7
      *(u32 *)(r10 - 4) = r6
      r1 = map counts
      r2 = r10
      r2 += -4
      call 1
      if r0 == 0 goto first
      r1 = *(u64 *)(r0 + 0)
      r1 += 1
      *(u64 *)(r0 + 0) = r1
      goto judge
    first:
      r1 = 1
      *(u64 *)(r10 - 16) = r1
      r1 = map counts
      r2 = r10
      r2 += -4
      r3 = r10
      r3 += -16
      r4 = 0
      call 2
    judge:
      r1 = map dropped
      r2 = r10
      r2 += -4
      call 1
      if r0 == 0 goto pass
      r0 = 1
      exit
    pass:
      r0 = 2
    out:
      exit`,
    },
  );
}

/** Direct packet access, packet loads of old, and what helpers do to packets. */

import { Rules } from "../case.ts";
import { OUT, SKB_PACKET, XDP_PACKET } from "./text.ts";

export const packets = new Rules("core", { type: "xdp" });

/** r7 and r8 as in XDP_PACKET; 14 bytes are proven for r7. */
const ETHERNET = `${XDP_PACKET}r2 = r7; r2 += 14; if r2 > r8 goto out; `;

packets
  .rule(
    "packet bounds",
    {
      "checked with greater": `${ETHERNET}r3 = *(u8 *)(r7 +13)${OUT}`,
      "checked with less or equal": `${XDP_PACKET}r2 = r7; r2 += 14; if r2 <= r8 goto in; goto out; in: r3 = *(u8 *)(r7 +13)${OUT}`,
      "end on the left, less": `${XDP_PACKET}r2 = r7; r2 += 14; if r8 < r2 goto out; r3 = *(u8 *)(r7 +13)${OUT}`,
      "end on the left, greater or equal": `${XDP_PACKET}r2 = r7; r2 += 14; if r8 >= r2 goto in; goto out; in: r3 = *(u8 *)(r7 +13)${OUT}`,
      "one less than checked with greater or equal": `${XDP_PACKET}r2 = r7; r2 += 14; if r2 >= r8 goto out; r3 = *(u8 *)(r7 +14)${OUT}`,
      less: `${XDP_PACKET}r2 = r7; r2 += 14; if r2 < r8 goto in; goto out; in: r3 = *(u8 *)(r7 +14)${OUT}`,
      "end greater": `${XDP_PACKET}r2 = r7; r2 += 14; if r8 > r2 goto in; goto out; in: r3 = *(u8 *)(r7 +14)${OUT}`,
      "end less or equal": `${XDP_PACKET}r2 = r7; r2 += 14; if r8 <= r2 goto out; r3 = *(u8 *)(r7 +14)${OUT}`,
      "the checked copy, backwards": `${ETHERNET}r3 = *(u8 *)(r2 -1)${OUT}`,
      written: `${ETHERNET}*(u16 *)(r7 +12) = 8${OUT}`,
      "checked once more for more": `${ETHERNET}r2 += 20; if r2 > r8 goto out; r3 = *(u8 *)(r7 +33)${OUT}`,
      "a variable offset, checked after": `${ETHERNET}r3 = *(u8 *)(r7 +0); r3 &= 15; r4 = r7; r4 += r3; r5 = r4; r5 += 4; if r5 > r8 goto out; r3 = *(u32 *)(r4 +0)${OUT}`,
      "a copy of the pointer": `${ETHERNET}r4 = r7; r3 = *(u8 *)(r4 +5)${OUT}`,
      "copied through the stack": `${XDP_PACKET}*(u64 *)(r10 -8) = r7; r2 = r7; r2 += 14; if r2 > r8 goto out; r4 = *(u64 *)(r10 -8); r3 = *(u8 *)(r4 +5)${OUT}`,
      "to a helper": `r6 = r1; ${ETHERNET}r1 = r7; r2 = 14; r3 = 0; r4 = 0; r5 = 0; r0 = 0; out: r0 = 0; exit`,
      "as a key": `${ETHERNET}r2 = r7; r1 = map array8; call bpf_map_lookup_elem${OUT}`,
      misaligned: `${ETHERNET}r3 = *(u32 *)(r7 +1)${OUT}`,
      "with a frame's size": `${XDP_PACKET}r2 = r7; r2 += 65535; if r2 > r8 goto out; r3 = *(u8 *)(r2 -1)${OUT}`,
      "a pointer stored": `${ETHERNET}*(u64 *)(r7 +0) = r1${OUT}`,
    },
    {
      unchecked: `${XDP_PACKET}r3 = *(u8 *)(r7 +0)${OUT}`,
      "one byte more": `${ETHERNET}r3 = *(u8 *)(r7 +14)${OUT}`,
      "word across the end": `${ETHERNET}r3 = *(u32 *)(r7 +12)${OUT}`,
      "the wrong branch": `${XDP_PACKET}r2 = r7; r2 += 14; if r2 > r8 goto in; goto out; in: r3 = *(u8 *)(r7 +0)${OUT}`,
      "less or equal, other branch": `${XDP_PACKET}r2 = r7; r2 += 14; if r2 <= r8 goto out; r3 = *(u8 *)(r7 +0)${OUT}`,
      "greater or equal, other branch": `${XDP_PACKET}r2 = r7; r2 += 14; if r2 >= r8 goto in; goto out; in: r3 = *(u8 *)(r7 +0)${OUT}`,
      "less, one more": `${XDP_PACKET}r2 = r7; r2 += 14; if r2 < r8 goto in; goto out; in: r3 = *(u8 *)(r7 +15)${OUT}`,
      "greater than, as if with equal": `${XDP_PACKET}r2 = r7; r2 += 14; if r2 > r8 goto out; r3 = *(u8 *)(r7 +14)${OUT}`,
      equal: `${XDP_PACKET}r2 = r7; r2 += 14; if r2 == r8 goto in; goto out; in: r3 = *(u8 *)(r7 +0)${OUT}`,
      "not equal": `${XDP_PACKET}r2 = r7; r2 += 14; if r2 != r8 goto out; r3 = *(u8 *)(r7 +0)${OUT}`,
      "before its start": `${ETHERNET}r3 = *(u8 *)(r7 -1)${OUT}`,
      "moved before its start": `${ETHERNET}r7 += -1; r3 = *(u8 *)(r7 +0)${OUT}`,
      "moved on after the check": `${ETHERNET}r7 += 10; r3 = *(u64 *)(r7 +0)${OUT}`,
      "another variable offset": `${ETHERNET}r3 = *(u8 *)(r7 +0); r4 = r7; r4 += r3; r5 = r7; r5 += r3; r5 += 4; if r5 > r8 goto out; r3 = *(u32 *)(r4 +0)${OUT}`,
      "variable offset, unchecked": `${ETHERNET}r3 = *(u8 *)(r7 +0); r7 += r3; r3 = *(u8 *)(r7 +0)${OUT}`,
      "the end": `${XDP_PACKET}r3 = *(u8 *)(r8 +0)${OUT}`,
      "before the end": `${XDP_PACKET}r3 = *(u8 *)(r8 -1)${OUT}`,
      "the end moved": `${XDP_PACKET}r8 += -1${OUT}`,
      "the end moved by a variable": `r3 = *(u32 *)(r1 +12); ${XDP_PACKET}r8 += r3${OUT}`,
      "a packet longer than packets are": `${XDP_PACKET}r2 = r7; r2 += 70000; if r2 > r8 goto out; r3 = *(u8 *)(r2 -1)${OUT}`,
      "an unbounded offset": `r3 = *(u32 *)(r1 +12); ${XDP_PACKET}r7 += r3; r2 = r7; r2 += 1; if r2 > r8 goto out; r3 = *(u8 *)(r7 +0)${OUT}`,
      "64 unknown bits": `r6 = r1; call bpf_ktime_get_ns; r1 = r6; ${XDP_PACKET}r7 += r0; r2 = r7; r2 += 1; if r2 > r8 goto out; r3 = *(u8 *)(r7 +0)${OUT}`,

      "a number compared": `${XDP_PACKET}r2 = r7; r2 += 14; r3 = 0; if r2 > r3 goto out; r3 = *(u8 *)(r7 +0)${OUT}`,
      "subtracted from the end": `${XDP_PACKET}r2 = r8; r2 -= r7; if r2 < 14 goto out; r3 = *(u8 *)(r7 +0)${OUT}`,
      "in 32 bits": `${XDP_PACKET}r2 = r7; r2 += 14; if w2 > w8 goto out; r3 = *(u8 *)(r7 +13)${OUT}`,
      atomic: `${ETHERNET}r3 = 1; lock *(u32 *)(r7 +0) += r3${OUT}`,
    },
  )
  .rule(
    "metadata",
    {
      "checked against the data": `r2 = *(u32 *)(r1 +8); r3 = *(u32 *)(r1 +0); r4 = r2; r4 += 4; if r4 > r3 goto out; r5 = *(u32 *)(r2 +0)${OUT}`,
      written: `r2 = *(u32 *)(r1 +8); r3 = *(u32 *)(r1 +0); r4 = r2; r4 += 4; if r4 > r3 goto out; *(u32 *)(r2 +0) = 1${OUT}`,
      "data on the left": `r2 = *(u32 *)(r1 +8); r3 = *(u32 *)(r1 +0); r4 = r2; r4 += 4; if r3 < r4 goto out; r5 = *(u32 *)(r2 +0)${OUT}`,
    },
    {
      "checked against the end": `r2 = *(u32 *)(r1 +8); r3 = *(u32 *)(r1 +4); r4 = r2; r4 += 4; if r4 > r3 goto out; r5 = *(u32 *)(r2 +0)${OUT}`,
      unchecked: `r2 = *(u32 *)(r1 +8); r5 = *(u32 *)(r2 +0)${OUT}`,
      "one byte more": `r2 = *(u32 *)(r1 +8); r3 = *(u32 *)(r1 +0); r4 = r2; r4 += 4; if r4 > r3 goto out; r5 = *(u8 *)(r2 +4)${OUT}`,
      "checked against the data, moved": `r2 = *(u32 *)(r1 +8); r3 = *(u32 *)(r1 +0); r3 += 4; r4 = r2; r4 += 4; if r4 > r3 goto out; r5 = *(u32 *)(r2 +0)${OUT}`,
      "the data checked against metadata": `r2 = *(u32 *)(r1 +8); r3 = *(u32 *)(r1 +0); r4 = r3; r4 += 4; if r4 > r2 goto out; r5 = *(u32 *)(r3 +0)${OUT}`,
    },
  )
  .rule(
    "helpers that move packets",
    {
      "reloaded after": `r6 = r1; r2 = -4; call bpf_xdp_adjust_head; r1 = r6; ${ETHERNET}r3 = *(u8 *)(r7 +0)${OUT}`,
      "a helper that does not": `r6 = r1; ${ETHERNET}call bpf_ktime_get_ns; r3 = *(u8 *)(r7 +0)${OUT}`,
    },
    {
      adjust_head: `r6 = r1; ${ETHERNET}r1 = r6; r2 = -4; call bpf_xdp_adjust_head; r3 = *(u8 *)(r7 +0)${OUT}`,
      adjust_tail: `r6 = r1; ${ETHERNET}r1 = r6; r2 = -4; call bpf_xdp_adjust_tail; r3 = *(u8 *)(r7 +0)${OUT}`,
      adjust_meta: `r6 = r1; ${ETHERNET}r1 = r6; r2 = -4; call bpf_xdp_adjust_meta; r3 = *(u8 *)(r7 +0)${OUT}`,
      "the end, too": `r6 = r1; ${ETHERNET}r1 = r6; r2 = -4; call bpf_xdp_adjust_tail; r2 = *(u32 *)(r6 +0); r3 = r2; r3 += 1; if r3 > r8 goto out; r4 = *(u8 *)(r2 +0)${OUT}`,
      "a spilled pointer, too": `r6 = r1; ${ETHERNET}*(u64 *)(r10 -8) = r7; r1 = r6; r2 = -4; call bpf_xdp_adjust_head; r7 = *(u64 *)(r10 -8); r3 = *(u8 *)(r7 +0)${OUT}`,
    },
  )
  .rule(
    "context of XDP",
    {
      ingress_ifindex: "r0 = *(u32 *)(r1 +12); exit",
      rx_queue_index: "r0 = *(u32 *)(r1 +16); exit",
    },
    {
      "egress_ifindex outside of devmaps": "r0 = *(u32 *)(r1 +20); exit",
      written: "*(u32 *)(r1 +16) = 1; r0 = 0; exit",
      "64 bits": "r0 = *(u64 *)(r1 +0); exit",
      "part of data": "r0 = *(u8 *)(r1 +0); exit",
      beyond: "r0 = *(u32 *)(r1 +24); exit",
    },
  )
  .rule(
    "return of XDP",
    { "a verdict": "r0 = 2; exit", "any number": "r0 = 100; exit", "a packet pointer": `${XDP_PACKET}r0 = r7; exit` },
    {},
  );

packets.rule(
  "egress of devmaps",
  { egress_ifindex: "r0 = *(u32 *)(r1 +20); exit" },
  { written: "*(u32 *)(r1 +20) = 1; r0 = 0; exit" },
  { type: "xdp", attachType: "xdp_devmap" },
);

packets
  .rule(
    "packets of tc",
    {
      read: `${SKB_PACKET}r2 = r7; r2 += 14; if r2 > r8 goto out; r3 = *(u8 *)(r7 +13)${OUT}`,
      written: `${SKB_PACKET}r2 = r7; r2 += 14; if r2 > r8 goto out; *(u8 *)(r7 +13) = 1${OUT}`,
      "pulled and reloaded": `r6 = r1; r2 = 100; call bpf_skb_pull_data; r1 = r6; ${SKB_PACKET}r2 = r7; r2 += 14; if r2 > r8 goto out; r3 = *(u8 *)(r7 +13)${OUT}`,
      "to csum_diff": `${SKB_PACKET}r2 = r7; r2 += 16; if r2 > r8 goto out; r1 = 0; r2 = 0; r3 = r7; r4 = 16; r5 = 0; call bpf_csum_diff${OUT}`,

      "tc_classid written": "*(u32 *)(r1 +72) = 1; r0 = 0; exit",
      tstamp: "r0 = *(u64 *)(r1 +152); exit",
      "cb as 64 bits": "r0 = *(u64 *)(r1 +48); exit",
    },
    {
      pulled: `r6 = r1; ${SKB_PACKET}r2 = r7; r2 += 14; if r2 > r8 goto out; r1 = r6; r2 = 100; call bpf_skb_pull_data; r3 = *(u8 *)(r7 +13)${OUT}`,
      "stored to": `r6 = r1; ${SKB_PACKET}r2 = r7; r2 += 14; if r2 > r8 goto out; *(u64 *)(r10 -8) = 0; r1 = r6; r2 = 0; r3 = r10; r3 += -8; r4 = 8; r5 = 0; call bpf_skb_store_bytes; r3 = *(u8 *)(r7 +13)${OUT}`,
      "to csum_diff, one byte more": `${SKB_PACKET}r2 = r7; r2 += 16; if r2 > r8 goto out; r1 = 0; r2 = 0; r3 = r7; r4 = 20; r5 = 0; call bpf_csum_diff${OUT}`,
      "mark as 64 bits": "r0 = *(u64 *)(r1 +8); exit",
      "part of data": "r0 = *(u16 *)(r1 +76); exit",
      "data written": "*(u32 *)(r1 +76) = 1; r0 = 0; exit",
      "tstamp as 32 bits at its middle": "r0 = *(u32 *)(r1 +158); exit",
      beyond: "r0 = *(u32 *)(r1 +192); exit",
      wire_len: "r0 = *(u32 *)(r1 +168); exit",
    },
    { type: "sched_cls" },
  )
  .rule(
    "packets of cgroups",
    { read: `${SKB_PACKET}r2 = r7; r2 += 14; if r2 > r8 goto out; r3 = *(u8 *)(r7 +13); out: r0 = 1; exit` },
    {
      written: `${SKB_PACKET}r2 = r7; r2 += 14; if r2 > r8 goto out; *(u8 *)(r7 +13) = 1; out: r0 = 1; exit`,
      "stored into with an atomic": `${SKB_PACKET}r2 = r7; r2 += 14; if r2 > r8 goto out; r3 = 1; lock *(u32 *)(r7 +0) += r3; out: r0 = 1; exit`,
      "2 on ingress": "r0 = 2; exit",
      "unknown return": "r0 = *(u32 *)(r1 +0); exit",
    },
    { type: "cgroup_skb", attachType: "cgroup_inet_ingress" },
  )
  .rule(
    "returns on egress",
    { "3": "r0 = 3; exit" },
    { "4": "r0 = 4; exit" },
    { type: "cgroup_skb", attachType: "cgroup_inet_egress" },
  )
  .rule(
    "packet loads",
    {
      absolute: "r6 = r1; r0 = *(u8 *)skb[0]; exit",
      indirect: "r6 = r1; r2 = 4; r0 = *(u32 *)skb[r2 + 4]; exit",
      "half a word": "r6 = r1; r0 = *(u16 *)skb[12]; exit",
      "r7 survives": "r6 = r1; r7 = 1; r0 = *(u8 *)skb[0]; r0 = r7; exit",
      negative: "r6 = r1; r0 = *(u8 *)skb[-1048576]; exit",
    },
    {
      "r6 is not the context": "r6 = 0; r0 = *(u8 *)skb[0]; exit",
      "r6 is not set": "r0 = *(u8 *)skb[0]; exit",
      "r6 was changed": "r6 = r1; r6 += 4; r0 = *(u8 *)skb[0]; exit",
      "r1 afterwards": "r6 = r1; r0 = *(u8 *)skb[0]; r0 = r1; exit",
      "r5 afterwards": "r6 = r1; r5 = 1; r0 = *(u8 *)skb[0]; r0 = r5; exit",
      "index not set": "r6 = r1; r0 = *(u32 *)skb[r2 + 4]; exit",
      "r6 is the stack": "r6 = r10; r0 = *(u8 *)skb[0]; exit",
    },
    { type: "socket_filter" },
  )
  .rule("packet loads elsewhere", {}, { XDP: "r6 = r1; r0 = *(u8 *)skb[0]; exit" }, { type: "xdp" })
  .rule("packet loads in tracing", {}, { kprobe: "r6 = r1; r0 = *(u8 *)skb[0]; exit" }, { type: "kprobe" })
  .rule(
    "flow keys",
    {
      read: "r2 = *(u64 *)(r1 +144); r0 = *(u16 *)(r2 +0); r0 = 0; exit",
      written: "r2 = *(u64 *)(r1 +144); *(u16 *)(r2 +0) = 1; r0 = 0; exit",
      last: "r2 = *(u64 *)(r1 +144); r0 = *(u32 *)(r2 +52); r0 = 0; exit",
      moved: "r2 = *(u64 *)(r1 +144); r2 += 4; r0 = *(u16 *)(r2 +0); r0 = 0; exit",
      "a pointer in it": "r2 = *(u64 *)(r1 +144); *(u64 *)(r2 +0) = r1; r0 = 0; exit",
    },
    {
      beyond: "r2 = *(u64 *)(r1 +144); r0 = *(u32 *)(r2 +56); r0 = 0; exit",
      before: "r2 = *(u64 *)(r1 +144); r0 = *(u8 *)(r2 -1); r0 = 0; exit",

      "moved by a variable":
        "r3 = *(u32 *)(r1 +16); r3 &= 7; r2 = *(u64 *)(r1 +144); r2 += r3; r0 = *(u16 *)(r2 +0); r0 = 0; exit",
      "stored elsewhere": "*(u64 *)(r1 +144) = 0; r0 = 0; exit",

      mark: "r0 = *(u32 *)(r1 +8); exit",
    },
    { type: "flow_dissector" },
  );

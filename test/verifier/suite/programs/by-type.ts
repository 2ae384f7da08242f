/** Packets and sockets by type of program: where they begin in the context, whether they may be written, handed to helpers, null. */

import { Rules, type Setting } from "../case.ts";

const SKB = "r6 = *(u32 *)(r1 +76); r7 = *(u32 *)(r1 +80)";

const PACKET = {
  read: "r2 = r6; r2 += 8; if r2 > r7 goto e; r3 = *(u64 *)(r6 +0); e: exit",
  written: "r2 = r6; r2 += 8; if r2 > r7 goto e; r3 = 1; *(u64 *)(r6 +0) = r3; e: exit",
  "for csum_diff":
    "r2 = r6; r2 += 8; if r2 > r7 goto e; r1 = r6; r2 = 8; r3 = 0; r4 = 0; r5 = 0; call bpf_csum_diff; r0 = 0; e: exit",
  "as a key": "r2 = r6; r2 += 8; if r2 > r7 goto e; r2 = r6; r1 = map hash8; call bpf_map_lookup_elem; r0 = 0; e: exit",
  "not checked": "r3 = *(u8 *)(r6 +0); exit",
} as const;
type Access = keyof typeof PACKET;

/** What the context says where a packet is, and what may be done with it. */
const PACKETS: Readonly<Record<string, readonly [load: string, may: readonly Access[], setting: Setting]>> = {
  filters: [SKB, [], { type: "socket_filter" }],
  tc: [SKB, ["read", "written", "for csum_diff", "as a key"], { type: "sched_act" }],
  "cgroups, egress": [SKB, ["read", "as a key"], { type: "cgroup_skb", attachType: "cgroup_inet_egress" }],
  lwt_in: [SKB, ["read", "for csum_diff", "as a key"], { type: "lwt_in" }],
  lwt_out: [SKB, ["read", "for csum_diff", "as a key"], { type: "lwt_out" }],
  lwt_xmit: [SKB, ["read", "written", "for csum_diff", "as a key"], { type: "lwt_xmit" }],
  lwt_seg6local: [SKB, ["read", "for csum_diff", "as a key"], { type: "lwt_seg6local" }],
  "parsers of streams": [SKB, ["read", "written", "as a key"], { type: "sk_skb", attachType: "sk_skb_stream_parser" }],
  "flow dissectors": [SKB, ["read", "as a key"], { type: "flow_dissector" }],
  "XDP, metadata": [
    "r6 = *(u32 *)(r1 +8); r7 = *(u32 *)(r1 +0)",
    ["read", "written", "for csum_diff", "as a key"],
    { type: "xdp" },
  ],
  sk_msg: [
    "r6 = *(u64 *)(r1 +0); r7 = *(u64 *)(r1 +8)",
    ["read", "written", "as a key"],
    { type: "sk_msg", attachType: "sk_msg_verdict" },
  ],
  sk_reuseport: [
    "r6 = *(u64 *)(r1 +0); r7 = *(u64 *)(r1 +8)",
    ["read", "as a key"],
    { type: "sk_reuseport", attachType: "sk_reuseport_select" },
  ],
  sock_ops: ["r6 = *(u64 *)(r1 +192); r7 = *(u64 *)(r1 +200)", ["read"], { type: "sock_ops", attachType: "cgroup_sock_ops" }],
  "options that are set": [
    "r6 = *(u64 *)(r1 +8); r7 = *(u64 *)(r1 +16)",
    ["read", "written", "as a key"],
    { type: "cgroup_sockopt", attachType: "cgroup_setsockopt" },
  ],
  "options that are read": [
    "r6 = *(u64 *)(r1 +8); r7 = *(u64 *)(r1 +16)",
    ["read", "written", "as a key"],
    { type: "cgroup_sockopt", attachType: "cgroup_getsockopt" },
  ],
};

const SOCKET = {
  "its mark": "if r1 == 0 goto e; r2 = *(u32 *)(r1 +16); e: exit",
  "not checked": "r2 = *(u32 *)(r1 +4); exit",
  "a field of any": "if r1 == 0 goto e; r2 = *(u32 *)(r1 +4); r3 = *(u32 *)(r1 +44); e: exit",
  written: "if r1 == 0 goto e; r2 = 0; *(u32 *)(r1 +16) = r2; e: exit",
  moved: "if r1 == 0 goto e; r1 += 4; r2 = *(u32 *)(r1 +0); e: exit",
} as const;
type Use = keyof typeof SOCKET;

const FULL: readonly Use[] = ["its mark", "a field of any"];
const THERE: readonly Use[] = [...FULL, "not checked"];
const SOCKETS: Readonly<Record<string, readonly [load: string, may: readonly Use[], setting: Setting]>> = {
  sk_reuseport: ["r1 = *(u64 *)(r1 +40)", THERE, { type: "sk_reuseport", attachType: "sk_reuseport_select" }],
  "sk_reuseport, migrating": [
    "r1 = *(u64 *)(r1 +48)",
    ["a field of any"],
    { type: "sk_reuseport", attachType: "sk_reuseport_select" },
  ],
  sk_msg: ["r1 = *(u64 *)(r1 +72)", THERE, { type: "sk_msg", attachType: "sk_msg_verdict" }],
  sock_ops: ["r1 = *(u64 *)(r1 +184)", FULL, { type: "sock_ops", attachType: "cgroup_sock_ops" }],
  "options that are set": ["r1 = *(u64 *)(r1 +0)", THERE, { type: "cgroup_sockopt", attachType: "cgroup_setsockopt" }],
  bind4: ["r1 = *(u64 *)(r1 +64)", THERE, { type: "cgroup_sock_addr", attachType: "cgroup_inet4_bind" }],
  sk_lookup: ["r1 = *(u64 *)(r1 +0)", FULL, { type: "sk_lookup", attachType: "sk_lookup" }],
  "parsers of streams": ["r1 = *(u64 *)(r1 +168)", ["a field of any"], { type: "sk_skb", attachType: "sk_skb_stream_parser" }],
  lwt_xmit: ["r1 = *(u64 *)(r1 +168)", ["a field of any"], { type: "lwt_xmit" }],
};

export const byType = new Rules("core");

for (const [of, [load, may, setting]] of Object.entries(PACKETS))
  byType.rule(`data of ${of}`, ...sides(load, PACKET, may), setting);
for (const [of, [load, may, setting]] of Object.entries(SOCKETS))
  byType.rule(`the socket of ${of}`, ...sides(load, SOCKET, may), setting);

/** Texts that are taken, and those that are not. */
function sides(
  load: string,
  texts: Readonly<Record<string, string>>,
  may: readonly string[],
): [accept: Record<string, string>, refuse: Record<string, string>] {
  const accept: Record<string, string> = {};
  const refuse: Record<string, string> = {};
  for (const [what, text] of Object.entries(texts)) (may.includes(what) ? accept : refuse)[what] = `r0 = 1; ${load}; ${text}`;
  return [accept, refuse];
}

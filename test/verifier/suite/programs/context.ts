/** Contexts of program types, one field read and one that is not there. */

import { Rules } from "../case.ts";

export const contexts = new Rules("core");

const read = (size: number, offset: number) => `r0 = *(u${size * 8} *)(r1 ${offset < 0 ? offset : `+${offset}`}); r0 = 0; exit`;
const write = (size: number, offset: number) => `*(u${size * 8} *)(r1 +${offset}) = 1; r0 = 0; exit`;

contexts
  .rule(
    "context of kprobes",
    { "first register": read(8, 0), "last register": read(8, 160), "half a register": read(4, 0) },
    { beyond: read(8, 168), written: write(8, 0), misaligned: read(8, 4), negative: read(8, -8) },
    { type: "kprobe" },
  )
  .rule(
    "context of tracepoints",
    { "common fields": read(8, 8), "a byte": read(1, 64), "8 at 4 (x86)": read(4, 12), negative: read(8, -8) },
    { written: write(8, 8), "far beyond": read(8, 8192), misaligned: read(8, 9) },
    { type: "tracepoint" },
  )
  .rule(
    "context of raw tracepoints",
    { "first argument": read(8, 0), "twelfth argument": read(8, 88), "half an argument": read(4, 0) },
    { thirteenth: read(8, 96), written: write(8, 0), misaligned: read(8, 4) },
    { type: "raw_tracepoint" },
  )
  .rule(
    "context of writable raw tracepoints",
    { "an argument": read(8, 0), "a buffer": "r1 = *(u64 *)(r1 +0); *(u32 *)(r1 +0) = 1; r0 = 0; exit" },
    {
      "a buffer at a negative offset": "r1 = *(u64 *)(r1 +0); r0 = *(u32 *)(r1 -4); r0 = 0; exit",
      "a variable offset": "r2 = *(u64 *)(r1 +8); r1 = *(u64 *)(r1 +0); r2 &= 4; r1 += r2; r0 = *(u32 *)(r1 +0); r0 = 0; exit",
    },
    { type: "raw_tracepoint_writable" },
  )
  .rule(
    "context of perf events",
    { "a register": read(8, 0), "sample period": read(8, 168), address: read(8, 176), "half of it": read(4, 168) },
    { beyond: read(8, 184), written: write(8, 168) },
    { type: "perf_event" },
  )
  .rule(
    "context of cgroup_sock",
    { family: read(4, 4), mark: read(4, 16), "mark written": write(4, 16), "bound device written": write(4, 0) },
    { "family written": write(4, 4), "source address at creation": read(4, 24), beyond: read(4, 80) },
    { type: "cgroup_sock", attachType: "cgroup_inet_sock_create" },
  )
  .rule(
    "context of post_bind",
    { "source address": read(4, 24), port: read(4, 44) },
    { mark: read(4, 16), "address written": write(4, 24) },
    { type: "cgroup_sock", attachType: "cgroup_inet4_post_bind" },
  )
  .rule(
    "context of connect4",
    {
      address: read(4, 4),
      "address written": write(4, 4),
      port: read(4, 24),
      family: read(4, 0),
      "a byte of it": read(1, 4),
      socket: read(8, 64),
    },
    {
      "IPv6 address": read(4, 8),
      "family written": write(4, 0),
      beyond: read(4, 72),
      "source address": read(4, 40),
      "a byte written": write(1, 4),
    },
    { type: "cgroup_sock_addr", attachType: "cgroup_inet4_connect" },
  )
  .rule(
    "context of connect6",
    { "IPv6 address": read(4, 8), "as 64 bits": read(8, 8), "written as 64 bits": write(8, 8) },
    { "IPv4 address": read(4, 4), "across its end": read(8, 20) },
    { type: "cgroup_sock_addr", attachType: "cgroup_inet6_connect" },
  )
  .rule(
    "context of sendmsg6",
    { "source IPv6": "r0 = *(u32 *)(r1 +44); r0 = 1; exit" },
    { "source IPv4": "r0 = *(u32 *)(r1 +40); r0 = 1; exit" },
    { type: "cgroup_sock_addr", attachType: "cgroup_udp6_sendmsg" },
  )
  .rule(
    "context of cgroup_device",
    { "access type": read(4, 0), major: read(4, 4), "half of the type": read(2, 0) },
    { beyond: read(4, 12), written: write(4, 0), "half of major": read(2, 4) },
    { type: "cgroup_device", attachType: "cgroup_device" },
  )
  .rule(
    "context of cgroup_sysctl",
    { write: read(4, 0), "position written": write(4, 4), "a byte of write": read(1, 0) },
    { beyond: read(4, 8), "write written": write(4, 0) },
    { type: "cgroup_sysctl", attachType: "cgroup_sysctl" },
  )
  .rule(
    "context of getsockopt",
    {
      level: read(4, 24),
      value:
        "r2 = *(u64 *)(r1 +8); r3 = *(u64 *)(r1 +16); r4 = r2; r4 += 1; if r4 > r3 goto +1; r0 = *(u8 *)(r2 +0); r0 = 1; exit",
      "retval written": write(4, 36),
    },
    {
      "level written": write(4, 24),
      "value unchecked": "r2 = *(u64 *)(r1 +8); r0 = *(u8 *)(r2 +0); r0 = 1; exit",
      "half of the value pointer": read(4, 8),
    },
    { type: "cgroup_sockopt", attachType: "cgroup_getsockopt" },
  )
  .rule(
    "context of setsockopt",
    { "level written": write(4, 24), "optlen written": write(4, 32) },
    { retval: read(4, 36) },
    { type: "cgroup_sockopt", attachType: "cgroup_setsockopt" },
  )
  .rule(
    "context of sock_ops",
    {
      op: read(4, 0),
      "reply written": write(4, 4),
      socket: read(8, 184),
      "bytes acked": read(8, 176),
      "callback flags": read(4, 84),
    },
    {
      "op written": write(4, 0),
      "half of op": read(2, 0),
      "half of bytes acked": read(4, 176),
      beyond: read(4, 4096),
      "temporary written as 64 bits": write(8, 4),
    },
    { type: "sock_ops", attachType: "cgroup_sock_ops" },
  )
  .rule(
    "context of sk_msg",
    {
      size: read(4, 68),
      family: read(4, 16),
      data: "r2 = *(u64 *)(r1 +0); r3 = *(u64 *)(r1 +8); r4 = r2; r4 += 8; if r4 > r3 goto +1; r0 = *(u64 *)(r2 +0); r0 = 0; exit",
    },
    { "half of data": read(4, 0), "family written": write(4, 16), beyond: read(4, 80) },
    { type: "sk_msg", attachType: "sk_msg_verdict" },
  )
  .rule(
    "context of sk_skb",
    {
      data: "r2 = *(u32 *)(r1 +76); r3 = *(u32 *)(r1 +80); r4 = r2; r4 += 8; if r4 > r3 goto +1; r0 = *(u64 *)(r2 +0); r0 = 0; exit",
      "tc_index written": write(4, 44),
      priority: read(4, 32),
    },
    { mark: read(4, 8), tc_classid: read(4, 72), tstamp: read(8, 152) },
    { type: "sk_skb", attachType: "sk_skb_stream_verdict" },
  )
  .rule(
    "context of sk_reuseport",
    { length: read(4, 16), hash: read(4, 32), socket: read(8, 40) },
    { "data as 32 bits": read(4, 0), written: write(4, 16), beyond: read(4, 56) },
    { type: "sk_reuseport" },
  )
  .rule(
    "context of sk_lookup",
    { family: read(4, 8), "a byte of it": read(1, 8), port: read(4, 24), socket: read(8, 0) },
    { written: write(4, 8), "socket as 32 bits": read(4, 0), beyond: read(4, 72), "across fields": read(8, 8) },
    { type: "sk_lookup", attachType: "sk_lookup" },
  )
  .rule(
    "context of filters",
    {
      hash: read(4, 68),
      cb: read(4, 48),
      "cb written as a byte": write(1, 49),
      "a byte of mark": read(1, 8),
      socket: read(8, 168),
      wire_len: read(4, 176),
    },
    {
      tc_classid: read(4, 72),
      data: read(4, 76),
      data_meta: read(4, 140),
      "mark written": write(4, 8),

      "half a word misaligned": read(2, 9),
      family: read(4, 88 + 200),
    },
    { type: "socket_filter" },
  )
  .rule(
    "context of cgroup_skb",
    {
      "mark written": "*(u32 *)(r1 +8) = 1; r0 = 1; exit",
      tstamp: "r0 = *(u64 *)(r1 +152); r0 = 1; exit",
      "local port": "r0 = *(u32 *)(r1 +136); r0 = 1; exit",
    },
    { tc_classid: "r0 = *(u32 *)(r1 +72); r0 = 1; exit", data_meta: "r0 = *(u32 *)(r1 +140); r0 = 1; exit" },
    { type: "cgroup_skb", attachType: "cgroup_inet_ingress" },
  )
  .rule(
    "context of lwt_in",
    { data: read(4, 76), "mark written": write(4, 8) },
    { tc_classid: read(4, 72), family: read(4, 88) },
    { type: "lwt_in" },
  )
  .rule(
    "context of lwt_xmit",
    {
      "packet written":
        "r2 = *(u32 *)(r1 +76); r3 = *(u32 *)(r1 +80); r4 = r2; r4 += 8; if r4 > r3 goto +1; *(u64 *)(r2 +0) = 1; r0 = 0; exit",
    },
    { data_meta: read(4, 140) },
    { type: "lwt_xmit" },
  )
  .rule(
    "packets of lwt_in",
    {},
    {
      written:
        "r2 = *(u32 *)(r1 +76); r3 = *(u32 *)(r1 +80); r4 = r2; r4 += 8; if r4 > r3 goto +1; *(u64 *)(r2 +0) = 1; r0 = 0; exit",
    },
    { type: "lwt_in" },
  )
  .rule(
    "context of syscall programs",
    {
      "a word": read(8, 0),
      written: write(8, 0),

      "a byte": read(1, 3),
    },
    {
      beyond: "r1 += 65536; r0 = *(u64 *)(r1 +0); r0 = 0; exit",
      negative: read(8, -8),
      far: "r1 += 65528; r0 = *(u64 *)(r1 +0); r0 = 0; exit",
      moved: "r1 += 8; r0 = *(u64 *)(r1 +0); r0 = 0; exit",
      "moved by a variable": "r2 = *(u64 *)(r1 +0); r2 &= 8; r1 += r2; r0 = *(u64 *)(r1 +0); r0 = 0; exit",
    },
    { type: "syscall", flags: 16 },
  )
  .rule(
    "context of netfilter",
    { state: "r2 = *(u64 *)(r1 +0); r0 = *(u8 *)(r2 +0); r0 = 0; exit", packet: read(8, 8) },
    { "half of it": read(4, 0), written: write(8, 0), beyond: read(8, 16) },
    { type: "netfilter", attachType: "netfilter" },
  );

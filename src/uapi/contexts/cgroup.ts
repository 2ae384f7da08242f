// Data from linux/bpf.h (Linux 6.18), and from `sock_addr_is_valid_access`, `sock_filter_is_valid_access`, `sock_ops_is_valid_access`,
// `sk_lookup_is_valid_access`, `sk_msg_is_valid_access`, `sk_reuseport_is_valid_access` of net/core/filter.c and
// `sysctl_is_valid_access`, `cg_sockopt_is_valid_access`, `cgroup_dev_is_valid_access` of kernel/bpf/cgroup.c.

import { type ContextAccess, contextStruct } from "./struct.ts";

/** Calls of connect, bind, sendmsg …: addresses and `user_port` in network order. */
export const SOCK_ADDR = contextStruct("struct bpf_sock_addr", {
  user_family: 4,
  user_ip4: 4,
  user_ip6: [4, 4],
  user_port: 4,
  family: 4,
  type: 4,
  protocol: 4,
  msg_src_ip4: 4,
  msg_src_ip6: [4, 4],
  sk: 8,
});

/** What happens to a TCP connection. `remote_port` in network order, `local_port` in the machine's. */
export const SOCK_OPS = contextStruct("struct bpf_sock_ops", {
  op: 4,
  args: [4, 4],
  family: 4,
  remote_ip4: 4,
  local_ip4: 4,
  remote_ip6: [4, 4],
  local_ip6: [4, 4],
  remote_port: 4,
  local_port: 4,
  is_fullsock: 4,
  snd_cwnd: 4,
  srtt_us: 4,
  bpf_sock_ops_cb_flags: 4,
  state: 4,
  rtt_min: 4,
  snd_ssthresh: 4,
  rcv_nxt: 4,
  snd_nxt: 4,
  snd_una: 4,
  mss_cache: 4,
  ecn_flags: 4,
  rate_delivered: 4,
  rate_interval_us: 4,
  packets_out: 4,
  retrans_out: 4,
  total_retrans: 4,
  segs_in: 4,
  data_segs_in: 4,
  segs_out: 4,
  data_segs_out: 4,
  lost_out: 4,
  sacked_out: 4,
  sk_txhash: 4,
  bytes_received: 8,
  bytes_acked: 8,
  sk: 8,
  skb_data: 8,
  skb_data_end: 8,
  skb_len: 4,
  skb_tcp_flags: 4,
  skb_hwtstamp: 8,
});

/** Which socket shall get a packet that comes in. `remote_port` is 16 bits in network order and two zero bytes. */
export const SK_LOOKUP = contextStruct("struct bpf_sk_lookup", {
  sk: 8,
  family: 4,
  protocol: 4,
  remote_ip4: 4,
  remote_ip6: [4, 4],
  remote_port: 4,
  local_ip4: 4,
  local_ip6: [4, 4],
  local_port: 4,
  ingress_ifindex: 4,
});

/** Data that a process sends. `data` and `data_end` are addresses. */
export const SK_MSG = contextStruct("struct sk_msg_md", {
  data: 8,
  data_end: 8,
  family: 4,
  remote_ip4: 4,
  local_ip4: 4,
  remote_ip6: [4, 4],
  local_ip6: [4, 4],
  remote_port: 4,
  local_port: 4,
  size: 4,
  sk: 8,
});

/** Which socket of a group shall get a packet. `data` begins with the transport header; `eth_protocol` in network order. */
export const SK_REUSEPORT = contextStruct("struct sk_reuseport_md", {
  data: 8,
  data_end: 8,
  len: 4,
  eth_protocol: 4,
  ip_protocol: 4,
  bind_inany: 4,
  hash: 4,
  sk: 8,
  migrating_sk: 8,
});

/** A setting that somebody reads (`write` 0) or writes (1). */
export const SYSCTL = contextStruct("struct bpf_sysctl", { write: 4, file_pos: 4 });

/** Calls of getsockopt and setsockopt. `optval` and `optval_end` are addresses. */
export const SOCKOPT = contextStruct("struct bpf_sockopt", {
  sk: 8,
  optval: 8,
  optval_end: 8,
  level: 4,
  optname: 4,
  optlen: 4,
  retval: 4,
});

/** A device that is opened or made: `access_type` is access (1 mknod, 2 read, 4 write) << 16 | kind (1 block, 2 character). */
export const DEVICE = contextStruct("struct bpf_cgroup_dev_ctx", { access_type: 4, major: 4, minor: 4 });

const ADDRESS_FACTS = ["user_family", "family", "type", "protocol", "sk"];
const without = (names: readonly string[], ...out: readonly string[]): string[] => names.filter((name) => !out.includes(name));
const OPS_WIDE = ["sk", "skb_data", "skb_data_end", "bytes_received", "bytes_acked", "skb_hwtstamp"];

const BOUND = [...["family", "type", "protocol", "src_port", "dst_port", "dst_ip4", "dst_ip6", "state", "rx_queue_mapping"]];

export const CONTEXT_ACCESS = {
  addr4: { read: ["user_ip4", "user_port"], readWhole: ADDRESS_FACTS, write: ["user_ip4", "user_port"] },
  addr6: {
    read: ["user_ip6", "user_port"],
    readWhole: ADDRESS_FACTS,
    write: ["user_port"],
    writeWords: ["user_ip6"],
  },
  addrUnix: { read: ["user_port"], readWhole: ADDRESS_FACTS, write: ["user_port"] },
  sendmsg4: {
    read: ["user_ip4", "user_port", "msg_src_ip4"],
    readWhole: ADDRESS_FACTS,
    write: ["user_ip4", "user_port", "msg_src_ip4"],
  },
  sendmsg6: {
    read: ["user_ip6", "user_port", "msg_src_ip6"],
    readWhole: ADDRESS_FACTS,
    write: ["user_port"],
    writeWords: ["user_ip6", "msg_src_ip6"],
  },
  sock: {
    read: ["family", "type", "protocol", "dst_port", "dst_ip4", "dst_ip6", "state", "rx_queue_mapping"],
    readWhole: ["bound_dev_if", "mark", "priority"],
    write: ["bound_dev_if", "mark", "priority"],
  },
  sysctl: { read: ["write", "file_pos"], write: ["file_pos"] },
  device: { read: ["access_type"], readWhole: ["major", "minor"] },
  getsockopt: {
    readWhole: ["sk", "optval", "optval_end", "level", "optname", "optlen", "retval"],
    write: ["optlen", "retval"],
  },
  setsockopt: {
    readWhole: ["sk", "optval", "optval_end", "level", "optname", "optlen"],
    write: ["level", "optname", "optlen"],
  },
  sockOps: {
    read: ["skb_tcp_flags"],
    readWhole: [
      ...without(
        SOCK_OPS.fields.map(({ name }) => name),
        ...OPS_WIDE,
        "skb_tcp_flags",
      ),
      ...OPS_WIDE,
    ],
    write: ["sk_txhash"],
    // The kernel lets only the first be written, `reply`; what is in the others has no meaning to it.
    writeWords: ["args"],
  },
  /** After bind: the socket's own address is known, and nothing may be written any more. */
  postBind4: { read: [...BOUND, "src_ip4"] },
  postBind6: { read: [...BOUND, "src_ip6"] },
  lookup: {
    read: without(
      SK_LOOKUP.fields.map(({ name }) => name),
      "sk",
    ),
    readWhole: ["sk"],
  },
  message: { readWhole: SK_MSG.fields.map(({ name }) => name) },
  reuseport: {
    read: ["len", "eth_protocol", "ip_protocol", "bind_inany"],
    readWhole: ["data", "data_end", "hash", "sk", "migrating_sk"],
  },
} as const satisfies Record<string, ContextAccess>;

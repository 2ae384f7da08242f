// Data from linux/bpf.h (Linux 6.18), and from `sk_filter_is_valid_access`, `tc_cls_act_is_valid_access`, `cg_skb_is_valid_access`,
// `lwt_is_valid_access`, `sk_skb_is_valid_access` and `flow_dissector_is_valid_access` of net/core/filter.c.

import { type ContextAccess, contextStruct } from "./struct.ts";

/** What programs on socket buffers see. `data`, `data_end` and `data_meta` are addresses; `protocol` and `vlan_proto` in network order. */
export const SK_BUFF = contextStruct("struct __sk_buff", {
  len: 4,
  pkt_type: 4,
  mark: 4,
  queue_mapping: 4,
  protocol: 4,
  vlan_present: 4,
  vlan_tci: 4,
  vlan_proto: 4,
  priority: 4,
  ingress_ifindex: 4,
  ifindex: 4,
  tc_index: 4,
  cb: [4, 5],
  hash: 4,
  tc_classid: 4,
  data: 4,
  data_end: 4,
  napi_id: 4,
  family: 4,
  remote_ip4: 4,
  local_ip4: 4,
  remote_ip6: [4, 4],
  local_ip6: [4, 4],
  remote_port: 4,
  local_port: 4,
  data_meta: 4,
  flow_keys: 8,
  tstamp: 8,
  wire_len: 4,
  gso_segs: 4,
  sk: 8,
  gso_size: 4,
  tstamp_type: 1,
  hwtstamp: 8,
});

/**
 * What a flow dissector fills in. Offsets from the start of the packet; `n_proto`, ports and addresses in network order. The IPv4
 * addresses lie where the IPv6 ones begin.
 */
export const FLOW_KEYS = contextStruct("struct bpf_flow_keys", {
  nhoff: 2,
  thoff: 2,
  addr_proto: 2,
  is_frag: 1,
  is_first_frag: 1,
  is_encap: 1,
  ip_proto: 1,
  n_proto: 2,
  sport: 2,
  dport: 2,
  ipv6_src: [4, 4],
  ipv6_dst: [4, 4],
  flags: 4,
  flow_label: 4,
});

const FACTS = [
  ...["len", "pkt_type", "mark", "queue_mapping", "protocol", "vlan_present", "vlan_tci", "vlan_proto", "priority"],
  ...["ingress_ifindex", "ifindex", "tc_index", "cb", "hash", "napi_id", "gso_segs", "gso_size"],
];
const PACKET = ["data", "data_end"];
const PORTS = ["family", "remote_port", "local_port"];
const ADDRESSES = ["remote_ip4", "local_ip4", "remote_ip6", "local_ip6"];

/** By program type. */
export const SK_BUFF_ACCESS = {
  sched_cls: {
    read: [...FACTS, "tc_classid", "wire_len", "tstamp_type"],
    readWhole: [...PACKET, "data_meta", "tstamp", "sk", "hwtstamp"],
    write: ["mark", "queue_mapping", "priority", "tc_index", "tc_classid", "tstamp"],
    writeParts: ["cb"],
  },
  socket_filter: { read: FACTS, readWhole: ["sk"], writeParts: ["cb"] },
  cgroup_skb: {
    read: [...FACTS, ...PORTS],
    readWhole: [...PACKET, ...ADDRESSES, "tstamp", "sk", "hwtstamp"],
    write: ["mark", "priority", "tstamp"],
    writeParts: ["cb"],
  },
  lwt: { read: FACTS, readWhole: [...PACKET, "sk"], write: ["mark", "priority"], writeParts: ["cb"] },
  sk_skb: {
    read: [...FACTS.filter((name) => name !== "mark"), ...PORTS],
    readWhole: [...PACKET, ...ADDRESSES, "sk"],
    write: ["priority", "tc_index"],
  },
  flow_dissector: { readWhole: [...PACKET, "flow_keys"] },
} as const satisfies Record<string, ContextAccess>;

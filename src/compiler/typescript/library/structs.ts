/** Structs that helpers take and fill in, as linux/bpf.h and linux/in.h have them. Where those have unions, fields lie over each other. */

import { INTS, IPV4_ADDRESS, IPV6_ADDRESS, MAC_ADDRESS, NETWORK, type StoredType, type StructType } from "../types.ts";

const { u8, u16, u32, u64 } = INTS;
const { be16, be32 } = NETWORK;

/** Fields in ascending order of offset. */
function struct(
  name: string,
  size: number,
  align: StructType["align"],
  fields: readonly (readonly [string, number, StoredType])[],
): StructType {
  return {
    kind: "struct",
    name,
    size,
    align,
    fields: fields.map(([field, offset, type]) => ({ name: field, offset, type, constant: false })),
  };
}

export const HELPER_STRUCTS = {
  bpf_fib_lookup: struct("bpf_fib_lookup", 64, 4, [
    ["family", 0, u8],
    ["l4_protocol", 1, u8],
    ["sport", 2, be16],
    ["dport", 4, be16],
    ["tot_len", 6, u16],
    ["mtu_result", 6, u16],
    ["ifindex", 8, u32],
    ["tos", 12, u8],
    ["flowinfo", 12, be32],
    ["rt_metric", 12, u32],
    ["ipv4_src", 16, IPV4_ADDRESS],
    ["ipv6_src", 16, IPV6_ADDRESS],
    ["ipv4_dst", 32, IPV4_ADDRESS],
    ["ipv6_dst", 32, IPV6_ADDRESS],
    ["h_vlan_proto", 48, be16],
    ["tbid", 48, u32],
    ["h_vlan_TCI", 50, be16],
    ["smac", 52, MAC_ADDRESS],
    ["mark", 52, u32],
    ["dmac", 58, MAC_ADDRESS],
  ]),
  bpf_tunnel_key: struct("bpf_tunnel_key", 44, 4, [
    ["tunnel_id", 0, u32],
    ["remote_ipv4", 4, u32],
    ["remote_ipv6", 4, IPV6_ADDRESS],
    ["tunnel_tos", 20, u8],
    ["tunnel_ttl", 21, u8],
    ["tunnel_flags", 22, be16],
    ["tunnel_label", 24, u32],
    ["local_ipv4", 28, u32],
    ["local_ipv6", 28, IPV6_ADDRESS],
  ]),
  bpf_redir_neigh: struct("bpf_redir_neigh", 20, 4, [
    ["nh_family", 0, u32],
    ["ipv4_nh", 4, IPV4_ADDRESS],
    ["ipv6_nh", 4, IPV6_ADDRESS],
  ]),
  bpf_sock_tuple4: struct("bpf_sock_tuple4", 12, 4, [
    ["saddr", 0, IPV4_ADDRESS],
    ["daddr", 4, IPV4_ADDRESS],
    ["sport", 8, be16],
    ["dport", 10, be16],
  ]),
  bpf_sock_tuple6: struct("bpf_sock_tuple6", 36, 4, [
    ["saddr", 0, IPV6_ADDRESS],
    ["daddr", 16, IPV6_ADDRESS],
    ["sport", 32, be16],
    ["dport", 34, be16],
  ]),
  bpf_perf_event_value: struct("bpf_perf_event_value", 24, 8, [
    ["counter", 0, u64],
    ["enabled", 8, u64],
    ["running", 16, u64],
  ]),
  bpf_pidns_info: struct("bpf_pidns_info", 8, 4, [
    ["pid", 0, u32],
    ["tgid", 4, u32],
  ]),
  btf_ptr: struct("btf_ptr", 16, 8, [
    ["ptr", 0, u64],
    ["type_id", 8, u32],
    ["flags", 12, u32],
  ]),
  sockaddr_in: struct("sockaddr_in", 16, 4, [
    ["sin_family", 0, u16],
    ["sin_port", 2, be16],
    ["sin_addr", 4, IPV4_ADDRESS],
  ]),
  sockaddr_in6: struct("sockaddr_in6", 28, 4, [
    ["sin6_family", 0, u16],
    ["sin6_port", 2, be16],
    ["sin6_flowinfo", 4, be32],
    ["sin6_addr", 8, IPV6_ADDRESS],
    ["sin6_scope_id", 24, u32],
  ]),
} as const satisfies Readonly<Record<string, StructType>>;

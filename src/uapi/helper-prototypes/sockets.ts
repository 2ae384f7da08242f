/** Helpers of sockets: finding them, their options, TCP, socket maps. Lines as ./lines.ts describes them. */
export const SOCKET_HELPERS = `
bpf_sk_lookup_tcp(ctx, mem:r, size, any, any) -> socket? | in cgroup_sock_addr before 612
bpf_sk_lookup_tcp(ctx, mem:r, size0, any, any) -> socket? | in cgroup_sock_addr
bpf_sk_lookup_tcp(ctx, mem:r, size, any, any) -> socket? packet | before 612
bpf_sk_lookup_tcp(ctx, mem:r, size0, any, any) -> socket? packet
bpf_sk_lookup_udp(ctx, mem:r, size, any, any) -> socket? | in cgroup_sock_addr before 612
bpf_sk_lookup_udp(ctx, mem:r, size0, any, any) -> socket? | in cgroup_sock_addr
bpf_sk_lookup_udp(ctx, mem:r, size, any, any) -> socket? packet | before 612
bpf_sk_lookup_udp(ctx, mem:r, size0, any, any) -> socket? packet
bpf_skc_lookup_tcp(ctx, mem:r, size, any, any) -> sock_common? | in cgroup_sock_addr before 612
bpf_skc_lookup_tcp(ctx, mem:r, size0, any, any) -> sock_common? | in cgroup_sock_addr
bpf_skc_lookup_tcp(ctx, mem:r, size, any, any) -> sock_common? packet | before 612
bpf_skc_lookup_tcp(ctx, mem:r, size0, any, any) -> sock_common? packet
bpf_sk_release(sock:!) -> int
bpf_sk_fullsock(sock_common) -> socket?
bpf_tcp_sock(sock_common) -> tcp_sock?
bpf_get_listener_sock(sock_common) -> socket?
bpf_sk_cgroup_id(sock) -> int
bpf_sk_ancestor_cgroup_id(sock, any) -> int
bpf_get_socket_cookie(sock) -> int | in tracing_or_lsm before 612
bpf_get_socket_cookie(sock?) -> int | in tracing_or_lsm
bpf_get_socket_cookie(ctx) -> int
bpf_get_socket_uid(ctx) -> int
bpf_get_netns_cookie(ctx?) -> int
bpf_setsockopt(sock, any, any, mem:r, size) -> int | in socket_options
bpf_setsockopt(ctx, any, any, mem:r, size) -> int
bpf_getsockopt(sock, any, any, mem:uw, size) -> int | in socket_options
bpf_getsockopt(ctx, any, any, mem:uw, size) -> int
bpf_bind(ctx, mem:r, size) -> int
bpf_sock_ops_cb_flags_set(ctx, any) -> int
bpf_load_hdr_opt(ctx, mem:w, size, any) -> int
bpf_store_hdr_opt(ctx, mem:r, size, any) -> int changes
bpf_reserve_hdr_opt(ctx, any, any) -> int
bpf_sk_assign(ctx, socket?, any) -> int | in sk_lookup
bpf_sk_assign(ctx, sock, any) -> int
bpf_sk_select_reuseport(ctx, map, key, any) -> int
bpf_sk_redirect_map(ctx, map, any, any) -> int
bpf_sk_redirect_hash(ctx, map, key, any) -> int
bpf_msg_redirect_map(ctx, map, any, any) -> int
bpf_msg_redirect_hash(ctx, map, key, any) -> int
bpf_sock_map_update(ctx, map, key, any) -> int packet
bpf_sock_hash_update(ctx, map, key, any) -> int packet
bpf_msg_apply_bytes(ctx, any) -> int
bpf_msg_cork_bytes(ctx, any) -> int
bpf_msg_pull_data(ctx, any, any, any) -> int changes
bpf_msg_push_data(ctx, any, any, any) -> int changes
bpf_msg_pop_data(ctx, any, any, any) -> int changes
bpf_tcp_check_syncookie(sock, mem:r, size, mem:r, size) -> int gpl packet
bpf_tcp_gen_syncookie(sock, mem:r, size, mem:r, size) -> int gpl packet
bpf_tcp_raw_gen_syncookie_ipv4(mem[20], mem, size) -> int gpl packet | before 612
bpf_tcp_raw_gen_syncookie_ipv4(mem[20], mem, size0) -> int gpl packet | before 618
bpf_tcp_raw_gen_syncookie_ipv4(mem[20]:r, mem:r, size0) -> int gpl packet
bpf_tcp_raw_gen_syncookie_ipv6(mem[40], mem, size) -> int gpl packet | before 612
bpf_tcp_raw_gen_syncookie_ipv6(mem[40], mem, size0) -> int gpl packet | before 618
bpf_tcp_raw_gen_syncookie_ipv6(mem[40]:r, mem:r, size0) -> int gpl packet
bpf_tcp_raw_check_syncookie_ipv4(mem[20], mem[20]) -> int gpl packet | before 618
bpf_tcp_raw_check_syncookie_ipv4(mem[20]:r, mem[20]:r) -> int gpl packet
bpf_tcp_raw_check_syncookie_ipv6(mem[40], mem[20]) -> int gpl packet | before 618
bpf_tcp_raw_check_syncookie_ipv6(mem[40]:r, mem[20]:r) -> int gpl packet
bpf_tcp_send_ack(btf(tcp_sock), any) -> int
bpf_skc_to_tcp6_sock(sock) -> btf(tcp6_sock)?
bpf_skc_to_tcp_sock(sock) -> btf(tcp_sock)?
bpf_skc_to_tcp_timewait_sock(sock) -> btf(tcp_timewait_sock)?
bpf_skc_to_tcp_request_sock(sock) -> btf(tcp_request_sock)?
bpf_skc_to_udp6_sock(sock) -> btf(udp6_sock)?
bpf_skc_to_unix_sock(sock) -> btf(unix_sock)?
bpf_skc_to_mptcp_sock(sock_common) -> btf(mptcp_sock)?
bpf_sock_from_file(btf(file)) -> btf(socket)?
`;

/** Helpers that look at packets, change them and send them elsewhere. Lines as ./lines.ts describes them. */
export const NETWORK_HELPERS = `
bpf_skb_load_bytes(ctx, any, mem:uw, size) -> int
bpf_skb_load_bytes_relative(ctx, any, mem:uw, size, any) -> int
bpf_skb_store_bytes(ctx, any, mem:r, size, any) -> int changes
bpf_skb_pull_data(ctx, any) -> int changes
bpf_l3_csum_replace(ctx, any, any, any, any) -> int changes
bpf_l4_csum_replace(ctx, any, any, any, any) -> int changes
bpf_csum_diff(mem:r?, size0, mem:r?, size0, any) -> int packet
bpf_csum_update(ctx, any) -> int
bpf_csum_level(ctx, any) -> int
bpf_clone_redirect(ctx, any, any) -> int changes
bpf_redirect(any, any) -> int
bpf_redirect_peer(any, any) -> int
bpf_redirect_neigh(any, mem:r?, size0, any) -> int
bpf_redirect_map(map, any, any) -> int
bpf_get_cgroup_classid(ctx) -> int | in classid_of_packet
bpf_get_cgroup_classid() -> int
bpf_skb_cgroup_classid(ctx) -> int
bpf_get_route_realm(ctx) -> int
bpf_get_hash_recalc(ctx) -> int
bpf_set_hash_invalid(ctx) -> int
bpf_set_hash(ctx, any) -> int
bpf_skb_vlan_push(ctx, any, any) -> int changes
bpf_skb_vlan_pop(ctx) -> int changes
bpf_skb_change_proto(ctx, any, any) -> int changes
bpf_skb_change_type(ctx, any) -> int
bpf_skb_adjust_room(ctx, any, any, any) -> int changes
bpf_skb_change_tail(ctx, any, any) -> int changes
bpf_skb_change_head(ctx, any, any) -> int changes
bpf_skb_get_tunnel_key(ctx, mem:uw, size, any) -> int
bpf_skb_get_tunnel_opt(ctx, mem:uw, size) -> int
bpf_skb_set_tunnel_key(ctx, mem:r, size, any) -> int
bpf_skb_set_tunnel_opt(ctx, mem:r, size) -> int
bpf_skb_under_cgroup(ctx, map, any) -> int
bpf_skb_cgroup_id(ctx) -> int
bpf_skb_ancestor_cgroup_id(ctx, any) -> int
bpf_skb_get_xfrm_state(ctx, any, mem:uw, size, any) -> int
bpf_skb_ecn_set_ce(ctx) -> int
bpf_skb_set_tstamp(ctx, any, any) -> int
bpf_skb_output(btf(sk_buff), map, any, mem:r, size0) -> int gpl
bpf_fib_lookup(ctx, mem, size, any) -> int gpl | before 618
bpf_fib_lookup(ctx, mem:w, size, any) -> int gpl
bpf_check_mtu(ctx, any, mem[4]:uwa, any, any) -> int gpl | before 612
bpf_check_mtu(ctx, any, mem[4]:wa, any, any) -> int gpl
bpf_xdp_adjust_head(ctx, any) -> int changes
bpf_xdp_adjust_meta(ctx, any) -> int changes
bpf_xdp_adjust_tail(ctx, any) -> int changes
bpf_xdp_get_buff_len(btf(xdp_buff)) -> int | in tracing
bpf_xdp_get_buff_len(ctx) -> int
bpf_xdp_load_bytes(ctx, any, mem:uw, size) -> int
bpf_xdp_store_bytes(ctx, any, mem:r, size) -> int
bpf_xdp_output(btf(xdp_buff), map, any, mem:r, size0) -> int gpl
bpf_lwt_push_encap(ctx, any, mem:r, size) -> int changes
bpf_lwt_seg6_store_bytes(ctx, any, mem:r, size) -> int changes
bpf_lwt_seg6_action(ctx, any, mem:r, size) -> int changes
bpf_lwt_seg6_adjust_srh(ctx, any, any) -> int changes
`;

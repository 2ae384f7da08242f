/**
 * Names of what helpers take, a line each: `uapi/helper-prototypes` says the rest. A number is a u64 unless a type follows its
 * name; `address` is one of memory that the verifier knows nothing of. Behind `>` stands the type of the result, unless it is i64.
 *
 * Helpers of timers, locks, dynptrs, per-CPU variables of the kernel and kptrs, those that call back, and `bpf_ringbuf_reserve` and its
 * kin are not here: the language has them in other shapes.
 */
export const HELPER_NAMES = `
bpf_map_lookup_elem map key
bpf_map_update_elem map key value flags
bpf_map_delete_elem map key
bpf_map_push_elem map value flags
bpf_map_pop_elem map value
bpf_map_peek_elem map value
bpf_map_lookup_percpu_elem map key cpu:u32
bpf_tail_call ctx map index:u32
bpf_get_local_storage map flags
bpf_sk_storage_get map sk value flags
bpf_sk_storage_delete map sk
bpf_inode_storage_get map inode value flags
bpf_inode_storage_delete map inode
bpf_task_storage_get map task value flags
bpf_task_storage_delete map task
bpf_cgrp_storage_get map cgroup value flags
bpf_cgrp_storage_delete map cgroup
bpf_ringbuf_output map data flags
bpf_ringbuf_query map what > u64
bpf_strtol text flags result
bpf_strtoul text flags result
bpf_strncmp text other
bpf_snprintf text format values
bpf_snprintf_btf text pointer flags
bpf_trace_printk format
bpf_trace_vprintk format values
bpf_probe_read to from:address
bpf_probe_read_str to from:address
bpf_probe_read_user to from:address
bpf_probe_read_user_str to from:address
bpf_probe_read_kernel to from:address
bpf_probe_read_kernel_str to from:address
bpf_probe_write_user to:address from
bpf_copy_from_user to from:address
bpf_copy_from_user_task to from:address task flags
bpf_ktime_get_ns > u64
bpf_ktime_get_boot_ns > u64
bpf_ktime_get_coarse_ns > u64
bpf_ktime_get_tai_ns > u64
bpf_jiffies64 > u64
bpf_get_prandom_u32 > u32
bpf_get_smp_processor_id > u32
bpf_get_numa_node_id > u32
bpf_get_current_pid_tgid > u64
bpf_get_ns_current_pid_tgid dev ino info
bpf_get_current_uid_gid > u64
bpf_get_current_comm name
bpf_get_current_task > u64
bpf_get_current_task_btf
bpf_task_pt_regs task
bpf_get_current_cgroup_id > u64
bpf_get_current_ancestor_cgroup_id level:i32 > u64
bpf_current_task_under_cgroup map index:u32
bpf_send_signal signal:u32
bpf_send_signal_thread signal:u32
bpf_override_return ctx result
bpf_perf_event_read map flags > u64
bpf_perf_event_read_value map flags value
bpf_perf_event_output ctx map flags data
bpf_perf_prog_read_value ctx value
bpf_read_branch_records ctx records flags
bpf_get_branch_snapshot records flags
bpf_get_stackid ctx map flags
bpf_get_stack ctx addresses flags
bpf_get_task_stack task addresses flags
bpf_get_func_ip ctx > u64
bpf_get_attach_cookie ctx > u64
bpf_get_func_arg ctx index:u32 value
bpf_get_func_ret ctx value
bpf_get_func_arg_cnt ctx
bpf_d_path path text
bpf_seq_printf seq format values
bpf_seq_write seq data
bpf_seq_printf_btf seq pointer flags
bpf_bprm_opts_set bprm flags
bpf_ima_inode_hash inode hash
bpf_ima_file_hash file hash
bpf_rc_repeat ctx
bpf_rc_keydown ctx protocol:u32 scancode toggle:u32
bpf_rc_pointer_rel ctx x:i32 y:i32
bpf_get_retval
bpf_set_retval value:i32
bpf_sysctl_get_name ctx name flags
bpf_sysctl_get_current_value ctx value
bpf_sysctl_get_new_value ctx value
bpf_sysctl_set_new_value ctx value
bpf_sys_bpf command:u32 attributes
bpf_sys_close descriptor:u32
bpf_btf_find_by_name_kind name kind:u32 flags:u32
bpf_kallsyms_lookup_name name flags:u32 address
bpf_skb_load_bytes ctx offset:u32 to
bpf_skb_load_bytes_relative ctx offset:u32 to from:u32
bpf_skb_store_bytes ctx offset:u32 data flags
bpf_skb_pull_data ctx length:u32
bpf_l3_csum_replace ctx offset:u32 from to flags
bpf_l4_csum_replace ctx offset:u32 from to flags
bpf_csum_diff from to seed:u32
bpf_csum_update ctx sum:u32
bpf_csum_level ctx level
bpf_clone_redirect ctx ifindex:u32 flags
bpf_redirect ifindex:u32 flags
bpf_redirect_peer ifindex:u32 flags
bpf_redirect_neigh ifindex:u32 neighbour flags
bpf_redirect_map map key flags
bpf_get_cgroup_classid ctx > u32
bpf_skb_cgroup_classid ctx > u64
bpf_get_route_realm ctx > u32
bpf_get_hash_recalc ctx > u32
bpf_set_hash_invalid ctx > void
bpf_set_hash ctx hash:u32
bpf_skb_vlan_push ctx protocol:be16 tag:u16
bpf_skb_vlan_pop ctx
bpf_skb_change_proto ctx protocol:be16 flags
bpf_skb_change_type ctx type:u32
bpf_skb_adjust_room ctx difference:i32 mode:u32 flags
bpf_skb_change_tail ctx length:u32 flags
bpf_skb_change_head ctx length:u32 flags
bpf_skb_get_tunnel_key ctx key flags
bpf_skb_get_tunnel_opt ctx options
bpf_skb_set_tunnel_key ctx key flags
bpf_skb_set_tunnel_opt ctx options
bpf_skb_under_cgroup ctx map index:u32
bpf_skb_cgroup_id ctx > u64
bpf_skb_ancestor_cgroup_id ctx level:i32 > u64
bpf_skb_get_xfrm_state ctx index:u32 state flags
bpf_skb_ecn_set_ce ctx
bpf_skb_set_tstamp ctx tstamp type:u32
bpf_skb_output ctx map flags data
bpf_fib_lookup ctx parameters flags:u32
bpf_check_mtu ctx ifindex:u32 mtu difference:i32 flags
bpf_xdp_adjust_head ctx difference:i32
bpf_xdp_adjust_meta ctx difference:i32
bpf_xdp_adjust_tail ctx difference:i32
bpf_xdp_get_buff_len ctx > u64
bpf_xdp_load_bytes ctx offset:u32 to
bpf_xdp_store_bytes ctx offset:u32 data
bpf_xdp_output ctx map flags data
bpf_lwt_push_encap ctx type:u32 header
bpf_lwt_seg6_store_bytes ctx offset:u32 data
bpf_lwt_seg6_action ctx action:u32 parameters
bpf_lwt_seg6_adjust_srh ctx offset:u32 difference:i32
bpf_sk_lookup_tcp ctx tuple netns:i64 flags
bpf_sk_lookup_udp ctx tuple netns:i64 flags
bpf_skc_lookup_tcp ctx tuple netns:i64 flags
bpf_sk_release sk
bpf_sk_fullsock sk
bpf_tcp_sock sk
bpf_get_listener_sock sk
bpf_sk_cgroup_id sk > u64
bpf_sk_ancestor_cgroup_id sk level:i32 > u64
bpf_get_socket_cookie sk > u64
bpf_get_socket_uid ctx > u32
bpf_get_netns_cookie ctx > u64
bpf_setsockopt sk level:i32 option:i32 value
bpf_getsockopt sk level:i32 option:i32 value
bpf_bind ctx address
bpf_sock_ops_cb_flags_set ctx flags:i32
bpf_load_hdr_opt ctx option flags
bpf_store_hdr_opt ctx option flags
bpf_reserve_hdr_opt ctx length:u32 flags
bpf_sk_assign ctx sk flags
bpf_sk_select_reuseport ctx map key flags
bpf_sk_redirect_map ctx map key:u32 flags
bpf_sk_redirect_hash ctx map key flags
bpf_msg_redirect_map ctx map key:u32 flags
bpf_msg_redirect_hash ctx map key flags
bpf_sock_map_update ctx map key flags
bpf_sock_hash_update ctx map key flags
bpf_msg_apply_bytes ctx length:u32
bpf_msg_cork_bytes ctx length:u32
bpf_msg_pull_data ctx start:u32 end:u32 flags
bpf_msg_push_data ctx start:u32 length:u32 flags
bpf_msg_pop_data ctx start:u32 length:u32 flags
bpf_tcp_check_syncookie sk ip tcp
bpf_tcp_gen_syncookie sk ip tcp
bpf_tcp_raw_gen_syncookie_ipv4 ip tcp
bpf_tcp_raw_gen_syncookie_ipv6 ip tcp
bpf_tcp_raw_check_syncookie_ipv4 ip tcp
bpf_tcp_raw_check_syncookie_ipv6 ip tcp
bpf_tcp_send_ack tp sequence:u32
bpf_skc_to_tcp6_sock sk
bpf_skc_to_tcp_sock sk
bpf_skc_to_tcp_timewait_sock sk
bpf_skc_to_tcp_request_sock sk
bpf_skc_to_udp6_sock sk
bpf_skc_to_unix_sock sk
bpf_skc_to_mptcp_sock sk
bpf_sock_from_file file
`;

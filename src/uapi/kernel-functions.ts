/**
 * Kernel functions by the set that registers them (`register_btf_kfunc_id_set`), with their flags (`KF_*`, linux/btf.h). A line
 * that starts with `@` says which programs the set below it is for, as verifier/targets/kfuncs.ts has it. `|` as
 * in helper-prototypes/.
 *
 * Flags: `acquire`, `release`, `null` (may return null), `trusted` (all arguments), `sleeps`, `destructive`, `rcu`, `protected`
 * (needs an RCU section), `new`, `next`, `destroy` (of an iterator), `fastcall`, and for arenas `returns-arena`, `arena2`.
 */
export const KERNEL_FUNCTIONS = `
@common
__bpf_trap | since 617
bpf_arena_alloc_pages trusted sleeps returns-arena arena2 | since 612
bpf_arena_free_pages trusted sleeps arena2 | since 612
bpf_arena_reserve_pages trusted sleeps arena2 | since 617
bpf_cast_to_kern_ctx | since 612 before 613
bpf_cast_to_kern_ctx fastcall | since 613
bpf_rdonly_cast | since 612 before 613
bpf_rdonly_cast fastcall | since 613
bpf_cgroup_read_xattr rcu | since 617
bpf_copy_from_user_str sleeps | since 612
bpf_copy_from_user_task_str sleeps | since 615
bpf_copy_from_user_dynptr sleeps | since 617
bpf_copy_from_user_str_dynptr sleeps | since 617
bpf_copy_from_user_task_dynptr sleeps trusted | since 617
bpf_copy_from_user_task_str_dynptr sleeps trusted | since 617
bpf_probe_read_user_dynptr | since 617
bpf_probe_read_kernel_dynptr | since 617
bpf_probe_read_user_str_dynptr | since 617
bpf_probe_read_kernel_str_dynptr | since 617
bpf_dynptr_adjust | since 612
bpf_dynptr_clone | since 612
bpf_dynptr_copy | since 616
bpf_dynptr_memset | since 617
bpf_dynptr_is_null | since 612
bpf_dynptr_is_rdonly | since 612
bpf_dynptr_size | since 612
bpf_dynptr_slice null | since 612
bpf_dynptr_slice_rdwr null | since 612
bpf_get_kmem_cache | since 613
bpf_iter_bits_new new | since 612
bpf_iter_bits_next next null | since 612
bpf_iter_bits_destroy destroy | since 612
bpf_iter_css_new new trusted protected | since 612
bpf_iter_css_next next null | since 612
bpf_iter_css_destroy destroy | since 612
bpf_iter_css_task_new new trusted | since 612
bpf_iter_css_task_next next null | since 612
bpf_iter_css_task_destroy destroy | since 612
bpf_iter_dmabuf_new new sleeps | since 616
bpf_iter_dmabuf_next next null sleeps | since 616
bpf_iter_dmabuf_destroy destroy sleeps | since 616
bpf_iter_kmem_cache_new new sleeps | since 613
bpf_iter_kmem_cache_next next null sleeps | since 613
bpf_iter_kmem_cache_destroy destroy sleeps | since 613
bpf_iter_num_new new | since 612
bpf_iter_num_next next null | since 612
bpf_iter_num_destroy destroy | since 612
bpf_iter_task_new new trusted protected | since 612
bpf_iter_task_next next null | since 612
bpf_iter_task_destroy destroy | since 612
bpf_iter_task_vma_new new rcu | since 612
bpf_iter_task_vma_next next null | since 612
bpf_iter_task_vma_destroy destroy | since 612
bpf_local_irq_save | since 614
bpf_local_irq_restore | since 614
bpf_map_sum_elem_count trusted | since 612
bpf_modify_return_test_tp | since 612
bpf_preempt_disable | since 612
bpf_preempt_enable | since 612
bpf_rcu_read_lock | since 612
bpf_rcu_read_unlock | since 612
bpf_res_spin_lock null | since 615
bpf_res_spin_unlock | since 615
bpf_res_spin_lock_irqsave null | since 615
bpf_res_spin_unlock_irqrestore | since 615
bpf_strcmp | since 617
bpf_strcasecmp | since 618
bpf_strchr | since 617
bpf_strchrnul | since 617
bpf_strnchr | since 617
bpf_strrchr | since 617
bpf_strlen | since 617
bpf_strnlen | since 617
bpf_strspn | since 617
bpf_strcspn | since 617
bpf_strstr | since 617
bpf_strnstr | since 617
bpf_stream_vprintk_impl trusted | since 617
bpf_task_work_schedule_signal_impl trusted | since 618
bpf_task_work_schedule_resume_impl trusted | since 618
bpf_wq_init | since 612
bpf_wq_set_callback_impl | since 612
bpf_wq_start | since 612
@generic
crash_kexec destructive | since 612
bpf_obj_new_impl acquire null | since 612
bpf_percpu_obj_new_impl acquire null | since 612
bpf_obj_drop_impl release | since 612
bpf_percpu_obj_drop_impl release | since 612
bpf_refcount_acquire_impl acquire null rcu | since 612
bpf_list_push_front_impl | since 612
bpf_list_push_back_impl | since 612
bpf_list_pop_front acquire null | since 612
bpf_list_pop_back acquire null | since 612
bpf_list_front null | since 616
bpf_list_back null | since 616
bpf_rbtree_remove acquire null | since 612
bpf_rbtree_add_impl | since 612
bpf_rbtree_first null | since 612
bpf_rbtree_root null | since 616
bpf_rbtree_left null | since 616
bpf_rbtree_right null | since 616
bpf_task_acquire acquire rcu null | since 612
bpf_task_release release | since 612
bpf_task_from_pid acquire null | since 612
bpf_task_from_vpid acquire null | since 614
bpf_task_under_cgroup rcu | since 612
bpf_task_get_cgroup1 acquire rcu null | since 612
bpf_cgroup_acquire acquire rcu null | since 612
bpf_cgroup_release release | since 612
bpf_cgroup_ancestor acquire rcu null | since 612
bpf_cgroup_from_id acquire null | since 612
bpf_send_signal_task trusted | since 613
bpf_throw | since 612
bpf_lookup_user_key acquire null sleeps | since 613
bpf_lookup_system_key acquire null | since 613
bpf_key_put release | since 613
bpf_verify_pkcs7_signature sleeps | since 613 before 618
@tracing
bpf_lookup_user_key acquire null sleeps | before 613
bpf_lookup_system_key acquire null | before 613
bpf_key_put release | before 613
bpf_verify_pkcs7_signature sleeps | before 613
crash_kexec destructive | before 612
cgroup_rstat_updated | before 615
cgroup_rstat_flush sleeps | before 615
css_rstat_updated | since 615
css_rstat_flush sleeps | since 615
@cpumask
bpf_cpumask_create acquire null | since 612
bpf_cpumask_release release | since 612
bpf_cpumask_acquire acquire trusted | since 612
bpf_cpumask_first rcu | since 612
bpf_cpumask_first_zero rcu | since 612
bpf_cpumask_first_and rcu | since 612
bpf_cpumask_set_cpu rcu | since 612
bpf_cpumask_clear_cpu rcu | since 612
bpf_cpumask_test_cpu rcu | since 612
bpf_cpumask_test_and_set_cpu rcu | since 612
bpf_cpumask_test_and_clear_cpu rcu | since 612
bpf_cpumask_setall rcu | since 612
bpf_cpumask_clear rcu | since 612
bpf_cpumask_and rcu | since 612
bpf_cpumask_or rcu | since 612
bpf_cpumask_xor rcu | since 612
bpf_cpumask_equal rcu | since 612
bpf_cpumask_intersects rcu | since 612
bpf_cpumask_subset rcu | since 612
bpf_cpumask_empty rcu | since 612
bpf_cpumask_full rcu | since 612
bpf_cpumask_copy rcu | since 612
bpf_cpumask_any_distribute rcu | since 612
bpf_cpumask_any_and_distribute rcu | since 612
bpf_cpumask_weight rcu | since 612
bpf_cpumask_populate rcu | since 615
@test
bpf_kfunc_call_test1 | before 612
bpf_kfunc_call_test2 | before 612
bpf_kfunc_call_test3 | before 612
bpf_kfunc_call_test_acquire acquire null | before 612
bpf_kfunc_call_memb_acquire acquire null | before 612
bpf_kfunc_call_memb1_release release | before 612
bpf_kfunc_call_test_get_rdwr_mem null | before 612
bpf_kfunc_call_test_get_rdonly_mem null | before 612
bpf_kfunc_call_test_acq_rdonly_mem acquire null | before 612
bpf_kfunc_call_int_mem_release release | before 612
bpf_kfunc_call_test_pass_ctx | before 612
bpf_kfunc_call_test_pass1 | before 612
bpf_kfunc_call_test_pass2 | before 612
bpf_kfunc_call_test_fail1 | before 612
bpf_kfunc_call_test_fail2 | before 612
bpf_kfunc_call_test_fail3 | before 612
bpf_kfunc_call_test_mem_len_pass1 | before 612
bpf_kfunc_call_test_mem_len_fail1 | before 612
bpf_kfunc_call_test_mem_len_fail2 | before 612
bpf_kfunc_call_test_ref trusted | before 612
bpf_kfunc_call_test_destructive destructive | before 612
bpf_kfunc_call_test_release release
bpf_kfunc_call_memb_release release
@skb
bpf_dynptr_from_skb trusted | since 612
@skb-meta
bpf_dynptr_from_skb_meta trusted | since 618
@xdp
bpf_dynptr_from_xdp | since 612
bpf_xdp_pull_data | since 618
bpf_xdp_get_xfrm_state null acquire | since 612
bpf_xdp_xfrm_state_release release | since 612
bpf_xdp_metadata_rx_timestamp trusted | since 612
bpf_xdp_metadata_rx_hash trusted | since 612
bpf_xdp_metadata_rx_vlan_tag trusted | since 612
@conntrack
bpf_xdp_ct_alloc acquire null | since 612
bpf_xdp_ct_lookup acquire null | since 612
bpf_skb_ct_alloc acquire null | since 612
bpf_skb_ct_lookup acquire null | since 612
bpf_ct_insert_entry acquire null release | since 612
bpf_ct_release release | since 612
bpf_ct_set_timeout trusted | since 612
bpf_ct_change_timeout trusted | since 612
bpf_ct_set_status trusted | since 612
bpf_ct_change_status trusted | since 612
bpf_ct_set_nat_info trusted | since 612
@crypto
bpf_crypto_decrypt rcu | since 612
bpf_crypto_encrypt rcu | since 612
@syscall
bpf_crypto_ctx_create acquire null sleeps | since 612
bpf_crypto_ctx_acquire acquire rcu null | since 612
bpf_crypto_ctx_release release | since 612
@sock_addr
bpf_sock_addr_set_sun_path | since 612
@sock_ops
bpf_sock_ops_enable_tx_tstamp trusted | since 615
@sched_cls
bpf_sk_assign_tcp_reqsk trusted | since 612
@iterator
bpf_sock_destroy trusted | since 612
@session
bpf_session_is_return | since 612
bpf_session_cookie | since 612
@lsm
bpf_get_task_exe_file acquire trusted null | since 612
bpf_put_file release | since 612
bpf_path_d_path trusted | since 612
bpf_get_dentry_xattr sleeps trusted | since 612
bpf_get_file_xattr sleeps trusted | since 612
bpf_set_dentry_xattr sleeps trusted | since 614
bpf_remove_dentry_xattr sleeps trusted | since 614
@struct_ops
tcp_reno_ssthresh
tcp_reno_cong_avoid
tcp_reno_undo_cwnd
tcp_slow_start
tcp_cong_avoid_ai
cubictcp_init
cubictcp_recalc_ssthresh
cubictcp_cong_avoid
cubictcp_state
cubictcp_cwnd_event
cubictcp_acked
dctcp_init
dctcp_update_alpha
dctcp_cwnd_event
dctcp_ssthresh
dctcp_cwnd_undo
dctcp_state
bbr_init
bbr_main
bbr_sndbuf_expand
bbr_undo_cwnd
bbr_cwnd_event
bbr_ssthresh
bbr_min_tso_segs
bbr_set_state
`;

// Written by scripts/pack-kfunc-prototypes.ts from the types of Linux 6.18: do not edit.

/**
 * Prototypes of kernel functions: name, result, parameters. Integers are `i4`, `u8` … (bytes), `*` is a pointer, `()` a function,
 * `name/size` a struct with its size in bytes (0: unknown).
 */
export const KFUNC_PROTOTYPES = `
bpf_arena_alloc_pages *void p__map:*void addr__ign:*void page_cnt:u4 node_id:i4 flags:u8
bpf_arena_free_pages void p__map:*void ptr__ign:*void page_cnt:u4
bpf_arena_reserve_pages i4 p__map:*void ptr__ign:*void page_cnt:u4
bpf_cgroup_acquire *cgroup/2240 cgrp:*cgroup/2240
bpf_cgroup_ancestor *cgroup/2240 cgrp:*cgroup/2240 level:i4
bpf_cgroup_from_id *cgroup/2240 cgid:u8
bpf_cgroup_release void cgrp:*cgroup/2240
bpf_dynptr_adjust i4 p:*bpf_dynptr/16 start:u4 end:u4
bpf_dynptr_clone i4 p:*bpf_dynptr/16 clone__uninit:*bpf_dynptr/16
bpf_dynptr_copy i4 dst_ptr:*bpf_dynptr/16 dst_off:u4 src_ptr:*bpf_dynptr/16 src_off:u4 size:u4
bpf_dynptr_from_skb i4 s:*__sk_buff/192 flags:u8 ptr__uninit:*bpf_dynptr/16
bpf_dynptr_from_xdp i4 x:*xdp_md/24 flags:u8 ptr__uninit:*bpf_dynptr/16
bpf_dynptr_is_null b1 p:*bpf_dynptr/16
bpf_dynptr_is_rdonly b1 p:*bpf_dynptr/16
bpf_dynptr_memset i4 p:*bpf_dynptr/16 offset:u4 size:u4 val:u1
bpf_dynptr_size u4 p:*bpf_dynptr/16
bpf_dynptr_slice *void p:*bpf_dynptr/16 offset:u4 buffer__opt:*void buffer__szk:u4
bpf_dynptr_slice_rdwr *void p:*bpf_dynptr/16 offset:u4 buffer__opt:*void buffer__szk:u4
bpf_iter_bits_destroy void it:*bpf_iter_bits/16
bpf_iter_bits_new i4 it:*bpf_iter_bits/16 unsafe_ptr__ign:*u8 nr_words:u4
bpf_iter_bits_next *i4 it:*bpf_iter_bits/16
bpf_iter_num_destroy void it:*bpf_iter_num/8
bpf_iter_num_new i4 it:*bpf_iter_num/8 start:i4 end:i4
bpf_iter_num_next *i4 it:*bpf_iter_num/8
bpf_list_back *bpf_list_node/24 head:*bpf_list_head/16
bpf_list_front *bpf_list_node/24 head:*bpf_list_head/16
bpf_list_pop_back *bpf_list_node/24 head:*bpf_list_head/16
bpf_list_pop_front *bpf_list_node/24 head:*bpf_list_head/16
bpf_list_push_back_impl i4 head:*bpf_list_head/16 node:*bpf_list_node/24 meta__ign:*void off:u8
bpf_list_push_front_impl i4 head:*bpf_list_head/16 node:*bpf_list_node/24 meta__ign:*void off:u8
bpf_local_irq_restore void flags__irq_flag:*u8
bpf_local_irq_save void flags__irq_flag:*u8
bpf_obj_drop_impl void p__alloc:*void meta__ign:*void
bpf_obj_new_impl *void local_type_id__k:u8 meta__ign:*void
bpf_preempt_disable void
bpf_preempt_enable void
bpf_rbtree_add_impl i4 root:*bpf_rb_root/16 node:*bpf_rb_node/32 less:*() meta__ign:*void off:u8
bpf_rbtree_first *bpf_rb_node/32 root:*bpf_rb_root/16
bpf_rbtree_remove *bpf_rb_node/32 root:*bpf_rb_root/16 node:*bpf_rb_node/32
bpf_rcu_read_lock void
bpf_rcu_read_unlock void
bpf_refcount_acquire_impl *void p__refcounted_kptr:*void meta__ign:*void
bpf_res_spin_lock i4 lock:*bpf_res_spin_lock/4
bpf_res_spin_lock_irqsave i4 lock:*bpf_res_spin_lock/4 flags__irq_flag:*u8
bpf_res_spin_unlock void lock:*bpf_res_spin_lock/4
bpf_res_spin_unlock_irqrestore void lock:*bpf_res_spin_lock/4 flags__irq_flag:*u8
bpf_strcasecmp i4 s1__ign:*u1 s2__ign:*u1
bpf_strchr i4 s__ign:*u1 c:u1
bpf_strchrnul i4 s__ign:*u1 c:u1
bpf_strcmp i4 s1__ign:*u1 s2__ign:*u1
bpf_strcspn i4 s__ign:*u1 reject__ign:*u1
bpf_strlen i4 s__ign:*u1
bpf_strnchr i4 s__ign:*u1 count:u8 c:u1
bpf_strnlen i4 s__ign:*u1 count:u8
bpf_strnstr i4 s1__ign:*u1 s2__ign:*u1 len:u8
bpf_strrchr i4 s__ign:*u1 c:i4
bpf_strspn i4 s__ign:*u1 accept__ign:*u1
bpf_strstr i4 s1__ign:*u1 s2__ign:*u1
bpf_task_acquire *task_struct/3264 p:*task_struct/3264
bpf_task_from_pid *task_struct/3264 pid:i4
bpf_task_from_vpid *task_struct/3264 vpid:i4
bpf_task_release void p:*task_struct/3264
bpf_task_under_cgroup i8 task:*task_struct/3264 ancestor:*cgroup/2240
bpf_wq_init i4 wq:*bpf_wq/16 p__map:*void flags:u4
bpf_wq_set_callback_impl i4 wq:*bpf_wq/16 callback_fn:*() flags:u4 aux__prog:*void
bpf_wq_start i4 wq:*bpf_wq/16 flags:u4
bpf_xdp_metadata_rx_hash i4 ctx:*xdp_md/24 hash:*u4 rss_type:*u4
bpf_xdp_metadata_rx_timestamp i4 ctx:*xdp_md/24 timestamp:*u8
bpf_xdp_metadata_rx_vlan_tag i4 ctx:*xdp_md/24 vlan_proto:*u2 vlan_tci:*u2
`;

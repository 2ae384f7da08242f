/** Helpers of maps and of what lives in them: elements, tail calls, timers, locks, local storage. Lines as ./lines.ts describes them. */
export const MAP_HELPERS = `
bpf_map_lookup_elem(map, key) -> value? packet
bpf_map_update_elem(map, key, value, any) -> int packet
bpf_map_delete_elem(map, key) -> int packet
bpf_map_push_elem(map, value, any) -> int packet
bpf_map_pop_elem(map, value:uw) -> int
bpf_map_peek_elem(map, value:uw) -> int
bpf_map_lookup_percpu_elem(map, key, any) -> value? packet
bpf_for_each_map_elem(map, func, stack?, any) -> int
bpf_loop(scalar, func, stack?, any) -> int | since 612 before 613
bpf_loop(any, func, stack?, any) -> int
bpf_tail_call(ctx, map, any) -> void | before 612
bpf_tail_call(ctx, map, any) -> void changes
bpf_spin_lock(lock) -> void
bpf_spin_unlock(lock) -> void
bpf_timer_init(timer, map, any) -> int gpl
bpf_timer_set_callback(timer, func) -> int gpl
bpf_timer_start(timer, any, any) -> int gpl
bpf_timer_cancel(timer) -> int gpl
bpf_kptr_xchg(kptr, btf:!?) -> btf?
bpf_get_local_storage(map, any) -> value
bpf_sk_storage_get(map, ctx, value?, any) -> value? | in cgroup_sock
bpf_sk_storage_get(map, btf(sock_common), value?, any) -> value? | in tracing before 612
bpf_sk_storage_get(map, btf(sock_common)?, value?, any) -> value? | in tracing
bpf_sk_storage_get(map, sock, value?, any) -> value?
bpf_sk_storage_delete(map, btf(sock_common)) -> int | in tracing before 612
bpf_sk_storage_delete(map, btf(sock_common)?) -> int | in tracing
bpf_sk_storage_delete(map, sock) -> int
bpf_inode_storage_get(map, btf(inode), value?, any) -> value? | before 612
bpf_inode_storage_get(map, btf(inode)?, value?, any) -> value?
bpf_inode_storage_delete(map, btf(inode)) -> int | before 612
bpf_inode_storage_delete(map, btf(inode)?) -> int
bpf_task_storage_get(map, btf(task_struct), value?, any) -> value? | before 612
bpf_task_storage_get(map, btf(task_struct)?, value?, any) -> value?
bpf_task_storage_delete(map, btf(task_struct)) -> int | before 612
bpf_task_storage_delete(map, btf(task_struct)?) -> int
bpf_cgrp_storage_get(map, btf(cgroup)?, value?, any) -> value?
bpf_cgrp_storage_delete(map, btf(cgroup)?) -> int
`;

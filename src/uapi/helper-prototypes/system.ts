/** Helpers that ask about the machine, the time and the current task, and those of tracing, LSM, cgroup and syscall programs. Lines as ./lines.ts describes them. */
export const SYSTEM_HELPERS = `
bpf_ktime_get_ns() -> int
bpf_ktime_get_boot_ns() -> int
bpf_ktime_get_coarse_ns() -> int
bpf_ktime_get_tai_ns() -> int
bpf_jiffies64() -> int
bpf_get_prandom_u32() -> int
bpf_get_smp_processor_id() -> int fastcall | in inlined since 612
bpf_get_smp_processor_id() -> int
bpf_get_numa_node_id() -> int
bpf_get_current_pid_tgid() -> int
bpf_get_ns_current_pid_tgid(any, any, mem:uw, size) -> int
bpf_get_current_uid_gid() -> int
bpf_get_current_comm(mem:uw, size) -> int
bpf_get_current_task() -> int gpl
bpf_get_current_task_btf() -> btf(task_struct) gpl | before 612
bpf_get_current_task_btf() -> btf(task_struct):t gpl
bpf_task_pt_regs(btf(task_struct)) -> btf(pt_regs) gpl
bpf_get_current_cgroup_id() -> int
bpf_get_current_ancestor_cgroup_id(any) -> int
bpf_current_task_under_cgroup(map, any) -> int
bpf_send_signal(any) -> int
bpf_send_signal_thread(any) -> int
bpf_override_return(ctx, any) -> int gpl
bpf_perf_event_read(map, any) -> int gpl
bpf_perf_event_read_value(map, any, mem:uw, size) -> int gpl
bpf_perf_event_output(ctx, map, any, mem:r, size0) -> int gpl
bpf_perf_prog_read_value(ctx, mem:uw, size) -> int gpl
bpf_read_branch_records(ctx, mem?, size0, any) -> int gpl | before 618
bpf_read_branch_records(ctx, mem:w?, size0, any) -> int gpl
bpf_get_branch_snapshot(mem:uw, size0) -> int gpl
bpf_get_stackid(ctx, map, any) -> int | in perf_event
bpf_get_stackid(ctx, map, any) -> int gpl
bpf_get_stack(ctx, mem:r, size0, any) -> int gpl | in raw before 618
bpf_get_stack(ctx, mem:uw, size0, any) -> int gpl sleeps | in sleepable_kprobe since 612
bpf_get_stack(ctx, mem:uw, size0, any) -> int gpl
bpf_get_task_stack(btf(task_struct), mem:uw, size0, any) -> int sleeps | in sleepable since 612
bpf_get_task_stack(btf(task_struct), mem:uw, size0, any) -> int
bpf_get_func_ip(ctx) -> int | in multi
bpf_get_func_ip(ctx) -> int gpl
bpf_get_attach_cookie(ctx) -> int
bpf_get_func_arg(ctx, any, mem[8]:uwa) -> int
bpf_get_func_ret(ctx, mem[8]:uwa) -> int
bpf_get_func_arg_cnt(ctx) -> int
bpf_find_vma(btf(task_struct), any, func, stack?, any) -> int
bpf_d_path(btf(path), mem, size0) -> int | before 618
bpf_d_path(btf(path), mem:w, size0) -> int
bpf_seq_printf(btf(seq_file), mem:r, size, mem:r?, size0) -> int gpl
bpf_seq_write(btf(seq_file), mem:r, size0) -> int gpl
bpf_seq_printf_btf(btf(seq_file), mem:r, size0, any) -> int gpl
bpf_bprm_opts_set(btf(linux_binprm), any) -> int
bpf_ima_inode_hash(btf(inode), mem:uw, size) -> int sleeps
bpf_ima_file_hash(btf(file), mem:uw, size) -> int sleeps
bpf_rc_repeat(ctx) -> int gpl
bpf_rc_keydown(ctx, any, any, any) -> int gpl
bpf_rc_pointer_rel(ctx, any, any) -> int gpl
bpf_get_retval() -> int
bpf_set_retval(any) -> int
bpf_sysctl_get_name(ctx, mem, size, any) -> int | before 618
bpf_sysctl_get_name(ctx, mem:w, size, any) -> int
bpf_sysctl_get_current_value(ctx, mem:uw, size) -> int
bpf_sysctl_get_new_value(ctx, mem:uw, size) -> int
bpf_sysctl_set_new_value(ctx, mem:r, size) -> int
bpf_sys_bpf(any, mem:r, size) -> int | before 612
bpf_sys_bpf(any, mem:r, size) -> int sleeps
bpf_sys_close(any) -> int | before 612
bpf_sys_close(any) -> int sleeps
bpf_btf_find_by_name_kind(mem:r, size, any, any) -> int sleeps
bpf_kallsyms_lookup_name(mem, size0, any, mem[8]:uwa) -> int | before 618
bpf_kallsyms_lookup_name(mem:r, size0, any, mem[8]:uwa) -> int
`;

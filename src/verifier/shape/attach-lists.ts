/**
 * Which hooks and functions take which programs, as names: lists of kernel/bpf/bpf_lsm.c and kernel/bpf/verifier.c. Functions
 * that allow error injection are no list: none of the kernels is built with it (CONFIG_FUNCTION_ERROR_INJECTION).
 */

/** `sleepable_lsm_hooks`, in 6.1 and since. */
const SLEEPABLE_HOOKS: readonly string[] = [
  "bpf",
  "bpf_map",
  "bpf_prog",
  "bprm_check_security",
  "bprm_committed_creds",
  "bprm_committing_creds",
  "bprm_creds_for_exec",
  "bprm_creds_from_file",
  "capget",
  "capset",
  "cred_prepare",
  "current_getsecid_subj",
  "file_ioctl",
  "file_lock",
  "file_open",
  "file_receive",
  "inode_create",
  "inode_free_security",
  "inode_getattr",
  "inode_getxattr",
  "inode_mknod",
  "inode_need_killpriv",
  "inode_post_setxattr",
  "inode_readlink",
  "inode_rename",
  "inode_rmdir",
  "inode_setattr",
  "inode_setxattr",
  "inode_symlink",
  "inode_unlink",
  "kernel_module_request",
  "kernel_read_file",
  "kernfs_init_security",
  "mmap_file",
  "netlink_send",
  "path_notify",
  "release_secctx",
  "sb_alloc_security",
  "sb_eat_lsm_opts",
  "sb_kern_mount",
  "sb_mount",
  "sb_remount",
  "sb_set_mnt_opts",
  "sb_show_options",
  "sb_statfs",
  "sb_umount",
  "settime",
  "socket_accept",
  "socket_bind",
  "socket_connect",
  "socket_create",
  "socket_getpeername",
  "socket_getpeersec_dgram",
  "socket_getsockname",
  "socket_getsockopt",
  "socket_listen",
  "socket_post_create",
  "socket_recvmsg",
  "socket_sendmsg",
  "socket_shutdown",
  "socket_socketpair",
  "syslog",
  "task_alloc",
  "task_getsecid_obj",
  "task_prctl",
  "task_setscheduler",
  "userns_create",
];

/** Those that came until 6.12. */
const SLEEPABLE_HOOKS_LATER: readonly string[] = [
  "bpf_map_create",
  "bpf_map_free",
  "bpf_prog_load",
  "bpf_token_capable",
  "bpf_token_cmd",
  "bpf_token_create",
  "bpf_token_free",
  "file_post_open",
  "path_chmod",
  "path_chown",
  "path_link",
  "path_mkdir",
  "path_rename",
  "path_rmdir",
  "path_symlink",
  "path_truncate",
  "path_unlink",
];

/** Those of 6.1 alone: renamed or taken back. */
const SLEEPABLE_HOOKS_61: readonly string[] = [
  "bpf_map_alloc_security",
  "bpf_map_free_security",
  "inet_conn_established",
  "key_free",
];

/** `bpf_lsm_disabled_hooks`. */
const DISABLED_HOOKS: readonly string[] = [
  "vm_enough_memory",
  "inode_need_killpriv",
  "inode_getsecurity",
  "inode_listsecurity",
  "inode_copy_up_xattr",
  "getselfattr",
  "getprocattr",
  "setprocattr",
  "key_getsecurity",
  "audit_rule_match",
  "xfrm_decode_session",
  "ismaclabel",
];

const sleepable: ReadonlySet<string> = new Set([...SLEEPABLE_HOOKS, ...SLEEPABLE_HOOKS_LATER]);
const sleepable61: ReadonlySet<string> = new Set([...SLEEPABLE_HOOKS, ...SLEEPABLE_HOOKS_61]);
const disabled: ReadonlySet<string> = new Set(DISABLED_HOOKS);

/** @param hook without `bpf_lsm_`. */
export function isSleepableHook(hook: string, era: number): boolean {
  return (era < 602 ? sleepable61 : sleepable).has(hook);
}

export function isDisabledHook(hook: string): boolean {
  return disabled.has(hook);
}

/** `btf_id_deny`: functions that run around every program. */
export const DENIED: ReadonlySet<string> = new Set([
  "migrate_disable",
  "migrate_enable",
  "rcu_read_unlock_strict",
  "preempt_count_add",
  "preempt_count_sub",
  "__rcu_read_lock",
  "__rcu_read_unlock",
]);

/** `noreturn_deny`. Since 6.15, and in 6.12 by its updates. */
export const NEVER_RETURN: ReadonlySet<string> = new Set([
  "__ia32_sys_exit",
  "__ia32_sys_exit_group",
  "__kunit_abort",
  "kunit_try_catch_throw",
  "__module_put_and_kthread_exit",
  "__x64_sys_exit",
  "__x64_sys_exit_group",
  "do_exit",
  "do_group_exit",
  "kthread_complete_and_exit",
  "kthread_exit",
  "make_task_dead",
]);

/** Kernel functions made to be changed: of 6.1 by error injection alone. The last may also be by programs that sleep. */
export const MODIFIABLE: ReadonlySet<string> = new Set([
  "bpf_modify_return_test",
  "bpf_modify_return_test2",
  "bpf_modify_return_test_tp",
]);
export const MODIFIABLE_ASLEEP: ReadonlySet<string> = new Set(["bpf_fentry_test1"]);

/** Functions named `bpf_lsm_…` that are no hooks. */
export const NO_HOOKS: ReadonlySet<string> = new Set([
  "verify_prog",
  "find_cgroup_shim",
  "is_sleepable_hook",
  "is_trusted",
  "func_proto",
  "get_retval_range",
  "hook_idx",
  "toggle_hook",
  "init",
]);

/** What iterators go through (`bpf_iter_reg_target`). Newer ones are told apart by the kernel's types. */
const ITERATED: ReadonlySet<string> = new Set([
  "task",
  "task_file",
  "task_vma",
  "bpf_map",
  "bpf_prog",
  "bpf_link",
  "cgroup",
  "ksym",
  "netlink",
  "tcp",
  "udp",
  "unix",
  "ipv6_route",
  "kmem_cache",
  "dmabuf",
]);

/** The 6.18 that was asked has their functions, and does not take programs for them. */
const ITERATED_UNTIL: ReadonlySet<string> = new Set(["bpf_map_elem", "sockmap", "bpf_sk_storage_map"]);

export function isIterated(name: string, era: number): boolean {
  return ITERATED.has(name) || (era < 618 && ITERATED_UNTIL.has(name));
}

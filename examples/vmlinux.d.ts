/**
 * Types of Linux 6.18 for programs, as `skep types` writes them: those that are used, whole, and what their fields lead to.
 * Compiled programs adapt to the kernel that runs them; offsets here are of the kernel that the types are from.
 */

declare module "skep/vmlinux" {
  import type { u8, u16, u32, u64, i16, i32, i64, bool, be16, be32, FixedArray, FixedString } from "skep/bpf";
  import type { Ipv4Address, Ipv6Address } from "skep/bpf/net";

  export const TCP_ESTABLISHED: 1;
  export const TCP_SYN_SENT: 2;
  /** `struct __call_single_node`, 16 bytes. */
  export interface __call_single_node {
    readonly "~kernel"?: "struct __call_single_node";
    /** `struct llist_node`, at 0 */
    llist: llist_node;
    /** `unsigned int`, at 8 */
    u_flags: u32;
    /** `atomic_t`, at 8 */
    a_flags: atomic_t;
    /** `u16`, at 12 */
    src: u16;
    /** `u16`, at 14 */
    dst: u16;
  }
  /** `struct __kernel_sockaddr_storage`. `skep types __kernel_sockaddr_storage` prints its fields. */
  export interface __kernel_sockaddr_storage {
    readonly "~kernel"?: "struct __kernel_sockaddr_storage";
  }
  /** `struct __kernel_timespec`. `skep types __kernel_timespec` prints its fields. */
  export interface __kernel_timespec {
    readonly "~kernel"?: "struct __kernel_timespec";
  }
  /** `union __sifields`. `skep types __sifields` prints its fields. */
  export interface __sifields {
    readonly "~kernel"?: "union __sifields";
  }
  /** `struct address_space`, 192 bytes. */
  export interface address_space {
    readonly "~kernel"?: "struct address_space";
    /** `struct inode *`, at 0 */
    host: inode;
    /** `struct xarray`, at 8 */
    i_pages: xarray;
    /** `struct rw_semaphore`, at 24 */
    invalidate_lock: rw_semaphore;
    /** `gfp_t`, at 64 */
    gfp_mask: u32;
    /** `atomic_t`, at 68 */
    i_mmap_writable: atomic_t;
    /** `struct rb_root_cached`, at 72 */
    i_mmap: rb_root_cached;
    /** `long unsigned int`, at 88 */
    nrpages: u64;
    /** `long unsigned int`, at 96 */
    writeback_index: u64;
    /** `const struct address_space_operations *`, at 104 */
    a_ops: address_space_operations;
    /** `long unsigned int`, at 112 */
    flags: u64;
    /** `errseq_t`, at 120 */
    wb_err: u32;
    /** `spinlock_t`, at 124 */
    i_private_lock: spinlock;
    /** `struct list_head`, at 128 */
    i_private_list: list_head;
    /** `struct rw_semaphore`, at 144 */
    i_mmap_rwsem: rw_semaphore;
    /** `void *`, at 184 */
    i_private_data: u64;
  }
  /** `struct address_space_operations`. `skep types address_space_operations` prints its fields. */
  export interface address_space_operations {
    readonly "~kernel"?: "struct address_space_operations";
  }
  /** `struct arch_tlbflush_unmap_batch`. `skep types arch_tlbflush_unmap_batch` prints its fields. */
  export interface arch_tlbflush_unmap_batch {
    readonly "~kernel"?: "struct arch_tlbflush_unmap_batch";
  }
  /** `struct arch_uprobe`. `skep types arch_uprobe` prints its fields. */
  export interface arch_uprobe {
    readonly "~kernel"?: "struct arch_uprobe";
  }
  /** `struct arch_uprobe_task`. `skep types arch_uprobe_task` prints its fields. */
  export interface arch_uprobe_task {
    readonly "~kernel"?: "struct arch_uprobe_task";
  }
  /** `struct assoc_array`. `skep types assoc_array` prints its fields. */
  export interface assoc_array {
    readonly "~kernel"?: "struct assoc_array";
  }
  /** `atomic64_t`. `skep types atomic64_t` prints its fields. */
  export interface atomic64_t {
    readonly "~kernel"?: "struct atomic64_t";
  }
  /** `atomic_t`, 4 bytes. */
  export interface atomic_t {
    readonly "~kernel"?: "struct atomic_t";
    /** `int`, at 0 */
    counter: i32;
  }
  /** `struct audit_aux_data`. `skep types audit_aux_data` prints its fields. */
  export interface audit_aux_data {
    readonly "~kernel"?: "struct audit_aux_data";
  }
  /** `struct audit_cap_data`. `skep types audit_cap_data` prints its fields. */
  export interface audit_cap_data {
    readonly "~kernel"?: "struct audit_cap_data";
  }
  /** `struct audit_context`, 1056 bytes. */
  export interface audit_context {
    readonly "~kernel"?: "struct audit_context";
    /** `int`, at 0 */
    dummy: i32;
    /** `enum { AUDIT_CTX_UNUSED, AUDIT_CTX_SYSCALL, AUDIT_CTX_URING }`, at 4 */
    context: u32;
    /** `enum audit_state`, at 8 */
    state: u32;
    /** `enum audit_state`, at 12 */
    current_state: u32;
    /** `struct audit_stamp`, at 16 */
    stamp: audit_stamp;
    /** `int`, at 40 */
    major: i32;
    /** `int`, at 44 */
    uring_op: i32;
    /** `long unsigned int [4]`, at 48 */
    argv: FixedArray<u64, 4>;
    /** `long int`, at 80 */
    return_code: i64;
    /** `u64`, at 88 */
    prio: u64;
    /** `int`, at 96 */
    return_valid: i32;
    /** `struct audit_names [5]`, at 104 */
    preallocated_names: FixedArray<audit_names, 5>;
    /** `int`, at 704 */
    name_count: i32;
    /** `struct list_head`, at 712 */
    names_list: list_head;
    /** `char *`, at 728 */
    filterkey: u64;
    /** `struct path`, at 736 */
    pwd: path;
    /** `struct audit_aux_data *`, at 752 */
    aux: audit_aux_data;
    /** `struct audit_aux_data *`, at 760 */
    aux_pids: audit_aux_data;
    /** `struct __kernel_sockaddr_storage *`, at 768 */
    sockaddr: __kernel_sockaddr_storage;
    /** `size_t`, at 776 */
    sockaddr_len: u64;
    /** `pid_t`, at 784 */
    ppid: i32;
    /** `kuid_t`, at 788 */
    uid: kuid_t;
    /** `kuid_t`, at 792 */
    euid: kuid_t;
    /** `kuid_t`, at 796 */
    suid: kuid_t;
    /** `kuid_t`, at 800 */
    fsuid: kuid_t;
    /** `kgid_t`, at 804 */
    gid: kgid_t;
    /** `kgid_t`, at 808 */
    egid: kgid_t;
    /** `kgid_t`, at 812 */
    sgid: kgid_t;
    /** `kgid_t`, at 816 */
    fsgid: kgid_t;
    /** `long unsigned int`, at 824 */
    personality: u64;
    /** `int`, at 832 */
    arch: i32;
    /** `pid_t`, at 836 */
    target_pid: i32;
    /** `kuid_t`, at 840 */
    target_auid: kuid_t;
    /** `kuid_t`, at 844 */
    target_uid: kuid_t;
    /** `unsigned int`, at 848 */
    target_sessionid: u32;
    /** `struct lsm_prop`, at 852 */
    target_ref: lsm_prop;
    /** `char [16]`, at 860 */
    target_comm: FixedArray<u8, 16> & FixedString<16>;
    /** `struct audit_tree_refs *`, at 880 */
    trees: audit_tree_refs;
    /** `struct audit_tree_refs *`, at 888 */
    first_trees: audit_tree_refs;
    /** `struct list_head`, at 896 */
    killed_trees: list_head;
    /** `int`, at 912 */
    tree_count: i32;
    /** `int`, at 916 */
    type: i32;
    /** `struct { int nargs; long int args[6]; }`, at 920 */
    socketcall: {
      /** `int`, at 0 */
      nargs: i32;
      /** `long int [6]`, at 8 */
      args: FixedArray<i64, 6>;
    };
    /** `struct { kuid_t uid; kgid_t gid; umode_t mode; struct lsm_prop oprop; int has_perm; uid_t perm_uid; gid_t perm_gid; umode_t perm_mode; long unsigned int qbytes; }`, at 920 */
    ipc: {
      /** `kuid_t`, at 0 */
      uid: kuid_t;
      /** `kgid_t`, at 4 */
      gid: kgid_t;
      /** `umode_t`, at 8 */
      mode: u16;
      /** `struct lsm_prop`, at 12 */
      oprop: lsm_prop;
      /** `int`, at 20 */
      has_perm: i32;
      /** `uid_t`, at 24 */
      perm_uid: u32;
      /** `gid_t`, at 28 */
      perm_gid: u32;
      /** `umode_t`, at 32 */
      perm_mode: u16;
      /** `long unsigned int`, at 40 */
      qbytes: u64;
    };
    /** `struct { mqd_t mqdes; struct mq_attr mqstat; }`, at 920 */
    mq_getsetattr: {
      /** `mqd_t`, at 0 */
      mqdes: i32;
      /** `struct mq_attr`, at 8 */
      mqstat: mq_attr;
    };
    /** `struct { mqd_t mqdes; int sigev_signo; }`, at 920 */
    mq_notify: {
      /** `mqd_t`, at 0 */
      mqdes: i32;
      /** `int`, at 4 */
      sigev_signo: i32;
    };
    /** `struct { mqd_t mqdes; size_t msg_len; unsigned int msg_prio; struct timespec64 abs_timeout; }`, at 920 */
    mq_sendrecv: {
      /** `mqd_t`, at 0 */
      mqdes: i32;
      /** `size_t`, at 8 */
      msg_len: u64;
      /** `unsigned int`, at 16 */
      msg_prio: u32;
      /** `struct timespec64`, at 24 */
      abs_timeout: timespec64;
    };
    /** `struct { int oflag; umode_t mode; struct mq_attr attr; }`, at 920 */
    mq_open: {
      /** `int`, at 0 */
      oflag: i32;
      /** `umode_t`, at 4 */
      mode: u16;
      /** `struct mq_attr`, at 8 */
      attr: mq_attr;
    };
    /** `struct { pid_t pid; struct audit_cap_data cap; }`, at 920 */
    capset: {
      /** `pid_t`, at 0 */
      pid: i32;
      /** `struct audit_cap_data`, at 8 */
      cap: audit_cap_data;
    };
    /** `struct { int fd; int flags; }`, at 920 */
    mmap: {
      /** `int`, at 0 */
      fd: i32;
      /** `int`, at 4 */
      flags: i32;
    };
    /** `struct open_how`, at 920 */
    openat2: open_how;
    /** `struct { int argc; }`, at 920 */
    execve: {
      /** `int`, at 0 */
      argc: i32;
    };
    /** `struct { const char *name; }`, at 920 */
    module: {
      /** `const char *`, at 0 */
      name: u64;
    };
    /** `struct { struct audit_ntp_data ntp_data; struct timespec64 tk_injoffset; }`, at 920 */
    time: {
      /** `struct audit_ntp_data`, at 0 */
      ntp_data: audit_ntp_data;
      /** `struct timespec64`, at 96 */
      tk_injoffset: timespec64;
    };
    /** `int [2]`, at 1032 */
    fds: FixedArray<i32, 2>;
    /** `struct audit_proctitle`, at 1040 */
    proctitle: audit_proctitle;
  }
  /** `struct audit_names`. `skep types audit_names` prints its fields. */
  export interface audit_names {
    readonly "~kernel"?: "struct audit_names";
  }
  /** `struct audit_ntp_data`. `skep types audit_ntp_data` prints its fields. */
  export interface audit_ntp_data {
    readonly "~kernel"?: "struct audit_ntp_data";
  }
  /** `struct audit_proctitle`. `skep types audit_proctitle` prints its fields. */
  export interface audit_proctitle {
    readonly "~kernel"?: "struct audit_proctitle";
  }
  /** `struct audit_stamp`. `skep types audit_stamp` prints its fields. */
  export interface audit_stamp {
    readonly "~kernel"?: "struct audit_stamp";
  }
  /** `struct audit_tree_refs`. `skep types audit_tree_refs` prints its fields. */
  export interface audit_tree_refs {
    readonly "~kernel"?: "struct audit_tree_refs";
  }
  /** `struct autogroup`. `skep types autogroup` prints its fields. */
  export interface autogroup {
    readonly "~kernel"?: "struct autogroup";
  }
  /** `struct backing_dev_info`. `skep types backing_dev_info` prints its fields. */
  export interface backing_dev_info {
    readonly "~kernel"?: "struct backing_dev_info";
  }
  /** `struct badblocks`. `skep types badblocks` prints its fields. */
  export interface badblocks {
    readonly "~kernel"?: "struct badblocks";
  }
  /** `struct bio`. `skep types bio` prints its fields. */
  export interface bio {
    readonly "~kernel"?: "struct bio";
  }
  /** `struct bio_list`, 16 bytes. */
  export interface bio_list {
    readonly "~kernel"?: "struct bio_list";
    /** `struct bio *`, at 0 */
    head: bio;
    /** `struct bio *`, at 8 */
    tail: bio;
  }
  /** `struct bio_set`. `skep types bio_set` prints its fields. */
  export interface bio_set {
    readonly "~kernel"?: "struct bio_set";
  }
  /** `struct blk_independent_access_ranges`. `skep types blk_independent_access_ranges` prints its fields. */
  export interface blk_independent_access_ranges {
    readonly "~kernel"?: "struct blk_independent_access_ranges";
  }
  /** `struct blk_plug`, 64 bytes. */
  export interface blk_plug {
    readonly "~kernel"?: "struct blk_plug";
    /** `struct rq_list`, at 0 */
    mq_list: rq_list;
    /** `struct rq_list`, at 16 */
    cached_rqs: rq_list;
    /** `u64`, at 32 */
    cur_ktime: u64;
    /** `short unsigned int`, at 40 */
    nr_ios: u16;
    /** `short unsigned int`, at 42 */
    rq_count: u16;
    /** `bool`, at 44 */
    multiple_queues: bool;
    /** `bool`, at 45 */
    has_elevator: bool;
    /** `struct list_head`, at 48 */
    cb_list: list_head;
  }
  /** `struct block_device`. `skep types block_device` prints its fields. */
  export interface block_device {
    readonly "~kernel"?: "struct block_device";
  }
  /** `struct block_device_operations`. `skep types block_device_operations` prints its fields. */
  export interface block_device_operations {
    readonly "~kernel"?: "struct block_device_operations";
  }
  /** `struct bpf_iter__task`, 16 bytes. */
  export interface bpf_iter__task {
    readonly "~kernel"?: "struct bpf_iter__task";
    /** `struct bpf_iter_meta *`, at 0 */
    meta: bpf_iter_meta;
    /** `struct task_struct *`, at 8 */
    task: task_struct | null;
  }
  /** `struct bpf_iter_meta`, 24 bytes. */
  export interface bpf_iter_meta {
    readonly "~kernel"?: "struct bpf_iter_meta";
    /** `struct seq_file *`, at 0 */
    seq: seq_file;
    /** `u64`, at 8 */
    session_id: u64;
    /** `u64`, at 16 */
    seq_num: u64;
  }
  /** `struct bpf_local_storage`, 176 bytes. */
  export interface bpf_local_storage {
    readonly "~kernel"?: "struct bpf_local_storage";
    /** `struct bpf_local_storage_data *[16]`, at 0 */
    cache: FixedArray<bpf_local_storage_data, 16>;
    /** `struct bpf_local_storage_map *`, at 128 */
    smap: bpf_local_storage_map;
    /** `struct hlist_head`, at 136 */
    list: hlist_head;
    /** `void *`, at 144 */
    owner: u64;
    /** `struct callback_head`, at 152 */
    rcu: callback_head;
    /** `raw_spinlock_t`, at 168 */
    lock: raw_spinlock;
  }
  /** `struct bpf_local_storage_data`. `skep types bpf_local_storage_data` prints its fields. */
  export interface bpf_local_storage_data {
    readonly "~kernel"?: "struct bpf_local_storage_data";
  }
  /** `struct bpf_local_storage_map`. `skep types bpf_local_storage_map` prints its fields. */
  export interface bpf_local_storage_map {
    readonly "~kernel"?: "struct bpf_local_storage_map";
  }
  /** `struct bpf_net_context`, 112 bytes. */
  export interface bpf_net_context {
    readonly "~kernel"?: "struct bpf_net_context";
    /** `struct bpf_redirect_info`, at 0 */
    ri: bpf_redirect_info;
    /** `struct list_head`, at 64 */
    cpu_map_flush_list: list_head;
    /** `struct list_head`, at 80 */
    dev_map_flush_list: list_head;
    /** `struct list_head`, at 96 */
    xskmap_map_flush_list: list_head;
  }
  /** `struct bpf_prog`. `skep types bpf_prog` prints its fields. */
  export interface bpf_prog {
    readonly "~kernel"?: "struct bpf_prog";
  }
  /** `struct bpf_redirect_info`. `skep types bpf_redirect_info` prints its fields. */
  export interface bpf_redirect_info {
    readonly "~kernel"?: "struct bpf_redirect_info";
  }
  /** `struct bpf_run_ctx`, 0 bytes. */
  export interface bpf_run_ctx {
    readonly "~kernel"?: "struct bpf_run_ctx";
  }
  /** `struct callback_head`, 16 bytes. */
  export interface callback_head {
    readonly "~kernel"?: "struct callback_head";
    /** `struct callback_head *`, at 0 */
    next: callback_head;
    /** `void (*)(struct callback_head *)`, at 8 */
    func: u64;
  }
  /** `struct capture_control`, 16 bytes. */
  export interface capture_control {
    readonly "~kernel"?: "struct capture_control";
    /** `struct compact_control *`, at 0 */
    cc: compact_control;
    /** `struct page *`, at 8 */
    page: page;
  }
  /** `struct cfs_bandwidth`. `skep types cfs_bandwidth` prints its fields. */
  export interface cfs_bandwidth {
    readonly "~kernel"?: "struct cfs_bandwidth";
  }
  /** `struct cfs_rq`. `skep types cfs_rq` prints its fields. */
  export interface cfs_rq {
    readonly "~kernel"?: "struct cfs_rq";
  }
  /** `struct cgroup`. `skep types cgroup` prints its fields. */
  export interface cgroup {
    readonly "~kernel"?: "struct cgroup";
  }
  /** `struct cgroup_file`. `skep types cgroup_file` prints its fields. */
  export interface cgroup_file {
    readonly "~kernel"?: "struct cgroup_file";
  }
  /** `struct cgroup_namespace`. `skep types cgroup_namespace` prints its fields. */
  export interface cgroup_namespace {
    readonly "~kernel"?: "struct cgroup_namespace";
  }
  /** `struct cgroup_subsys_state`. `skep types cgroup_subsys_state` prints its fields. */
  export interface cgroup_subsys_state {
    readonly "~kernel"?: "struct cgroup_subsys_state";
  }
  /** `struct compact_control`. `skep types compact_control` prints its fields. */
  export interface compact_control {
    readonly "~kernel"?: "struct compact_control";
  }
  /** `struct compat_robust_list`. `skep types compat_robust_list` prints its fields. */
  export interface compat_robust_list {
    readonly "~kernel"?: "struct compat_robust_list";
  }
  /** `struct compat_robust_list_head`, 12 bytes. */
  export interface compat_robust_list_head {
    readonly "~kernel"?: "struct compat_robust_list_head";
    /** `struct compat_robust_list`, at 0 */
    list: compat_robust_list;
    /** `compat_long_t`, at 4 */
    futex_offset: i32;
    /** `compat_uptr_t`, at 8 */
    list_op_pending: u32;
  }
  /** `struct completion`, 32 bytes. */
  export interface completion {
    readonly "~kernel"?: "struct completion";
    /** `unsigned int`, at 0 */
    done: u32;
    /** `struct swait_queue_head`, at 8 */
    wait: swait_queue_head;
  }
  /** `struct core_state`. `skep types core_state` prints its fields. */
  export interface core_state {
    readonly "~kernel"?: "struct core_state";
  }
  /** `struct cpu_itimer`. `skep types cpu_itimer` prints its fields. */
  export interface cpu_itimer {
    readonly "~kernel"?: "struct cpu_itimer";
  }
  /** `struct cpumask`, 32 bytes. */
  export interface cpumask {
    readonly "~kernel"?: "struct cpumask";
    /** `long unsigned int [4]`, at 0 */
    bits: FixedArray<u64, 4>;
  }
  /** `struct cred`, 184 bytes. */
  export interface cred {
    readonly "~kernel"?: "struct cred";
    /** `atomic_long_t`, at 0 */
    usage: atomic64_t;
    /** `kuid_t`, at 8 */
    uid: kuid_t;
    /** `kgid_t`, at 12 */
    gid: kgid_t;
    /** `kuid_t`, at 16 */
    suid: kuid_t;
    /** `kgid_t`, at 20 */
    sgid: kgid_t;
    /** `kuid_t`, at 24 */
    euid: kuid_t;
    /** `kgid_t`, at 28 */
    egid: kgid_t;
    /** `kuid_t`, at 32 */
    fsuid: kuid_t;
    /** `kgid_t`, at 36 */
    fsgid: kgid_t;
    /** `unsigned int`, at 40 */
    securebits: u32;
    /** `kernel_cap_t`, at 48 */
    cap_inheritable: kernel_cap_t;
    /** `kernel_cap_t`, at 56 */
    cap_permitted: kernel_cap_t;
    /** `kernel_cap_t`, at 64 */
    cap_effective: kernel_cap_t;
    /** `kernel_cap_t`, at 72 */
    cap_bset: kernel_cap_t;
    /** `kernel_cap_t`, at 80 */
    cap_ambient: kernel_cap_t;
    /** `unsigned char`, at 88 */
    jit_keyring: u8;
    /** `struct key *`, at 96 */
    session_keyring: key;
    /** `struct key *`, at 104 */
    process_keyring: key;
    /** `struct key *`, at 112 */
    thread_keyring: key;
    /** `struct key *`, at 120 */
    request_key_auth: key;
    /** `void *`, at 128 */
    security: u64;
    /** `struct user_struct *`, at 136 */
    user: user_struct;
    /** `struct user_namespace *`, at 144 */
    user_ns: user_namespace;
    /** `struct ucounts *`, at 152 */
    ucounts: ucounts;
    /** `struct group_info *`, at 160 */
    group_info: group_info;
    /** `int`, at 168 */
    non_rcu: i32;
    /** `struct callback_head`, at 168 */
    rcu: callback_head;
  }
  /** `struct css_set`, 544 bytes. */
  export interface css_set {
    readonly "~kernel"?: "struct css_set";
    /** `struct cgroup_subsys_state *[12]`, at 0 */
    subsys: FixedArray<cgroup_subsys_state, 12>;
    /** `refcount_t`, at 96 */
    refcount: refcount_struct;
    /** `struct css_set *`, at 104 */
    dom_cset: css_set;
    /** `struct cgroup *`, at 112 */
    dfl_cgrp: cgroup;
    /** `int`, at 120 */
    nr_tasks: i32;
    /** `struct list_head`, at 128 */
    tasks: list_head;
    /** `struct list_head`, at 144 */
    mg_tasks: list_head;
    /** `struct list_head`, at 160 */
    dying_tasks: list_head;
    /** `struct list_head`, at 176 */
    task_iters: list_head;
    /** `struct list_head [12]`, at 192 */
    e_cset_node: FixedArray<list_head, 12>;
    /** `struct list_head`, at 384 */
    threaded_csets: list_head;
    /** `struct list_head`, at 400 */
    threaded_csets_node: list_head;
    /** `struct hlist_node`, at 416 */
    hlist: hlist_node;
    /** `struct list_head`, at 432 */
    cgrp_links: list_head;
    /** `struct list_head`, at 448 */
    mg_src_preload_node: list_head;
    /** `struct list_head`, at 464 */
    mg_dst_preload_node: list_head;
    /** `struct list_head`, at 480 */
    mg_node: list_head;
    /** `struct cgroup *`, at 496 */
    mg_src_cgrp: cgroup;
    /** `struct cgroup *`, at 504 */
    mg_dst_cgrp: cgroup;
    /** `struct css_set *`, at 512 */
    mg_dst_cset: css_set;
    /** `bool`, at 520 */
    dead: bool;
    /** `struct callback_head`, at 528 */
    callback_head: callback_head;
  }
  /** `struct deferred_split`. `skep types deferred_split` prints its fields. */
  export interface deferred_split {
    readonly "~kernel"?: "struct deferred_split";
  }
  /** `struct dentry`. `skep types dentry` prints its fields. */
  export interface dentry {
    readonly "~kernel"?: "struct dentry";
  }
  /** `struct desc_struct`. `skep types desc_struct` prints its fields. */
  export interface desc_struct {
    readonly "~kernel"?: "struct desc_struct";
  }
  /** `struct disk_events`. `skep types disk_events` prints its fields. */
  export interface disk_events {
    readonly "~kernel"?: "struct disk_events";
  }
  /** `struct dst_entry`, 136 bytes. */
  export interface dst_entry {
    readonly "~kernel"?: "struct dst_entry";
    /** `struct net_device *`, at 0 */
    dev: net_device;
    /** `struct net_device *`, at 0 */
    dev_rcu: net_device;
    /** `struct dst_ops *`, at 8 */
    ops: dst_ops;
    /** `long unsigned int`, at 16 */
    _metrics: u64;
    /** `long unsigned int`, at 24 */
    expires: u64;
    /** `struct xfrm_state *`, at 32 */
    xfrm: xfrm_state;
    /** `int (*)(struct sk_buff *)`, at 40 */
    input: u64;
    /** `int (*)(struct net *, struct sock *, struct sk_buff *)`, at 48 */
    output: u64;
    /** `short unsigned int`, at 56 */
    flags: u16;
    /** `short int`, at 58 */
    obsolete: i16;
    /** `short unsigned int`, at 60 */
    header_len: u16;
    /** `short unsigned int`, at 62 */
    trailer_len: u16;
    /** `rcuref_t`, at 64 */
    __rcuref: rcuref_t;
    /** `int`, at 68 */
    __use: i32;
    /** `long unsigned int`, at 72 */
    lastuse: u64;
    /** `struct callback_head`, at 80 */
    callback_head: callback_head;
    /** `short int`, at 96 */
    error: i16;
    /** `short int`, at 98 */
    __pad: i16;
    /** `__u32`, at 100 */
    tclassid: u32;
    /** `netdevice_tracker`, at 104 */
    dev_tracker: netdevice_tracker;
    /** `struct list_head`, at 104 */
    rt_uncached: list_head;
    /** `struct uncached_list *`, at 120 */
    rt_uncached_list: uncached_list;
    /** `struct lwtunnel_state *`, at 128 */
    lwtstate: lwtunnel_state;
  }
  /** `struct dst_ops`. `skep types dst_ops` prints its fields. */
  export interface dst_ops {
    readonly "~kernel"?: "struct dst_ops";
  }
  /** `struct fasync_struct`. `skep types fasync_struct` prints its fields. */
  export interface fasync_struct {
    readonly "~kernel"?: "struct fasync_struct";
  }
  /** `struct fdtable`. `skep types fdtable` prints its fields. */
  export interface fdtable {
    readonly "~kernel"?: "struct fdtable";
  }
  /** `struct file`. `skep types file` prints its fields. */
  export interface file {
    readonly "~kernel"?: "struct file";
  }
  /** `struct filename`. `skep types filename` prints its fields. */
  export interface filename {
    readonly "~kernel"?: "struct filename";
  }
  /** `struct files_struct`, 704 bytes. */
  export interface files_struct {
    readonly "~kernel"?: "struct files_struct";
    /** `atomic_t`, at 0 */
    count: atomic_t;
    /** `bool`, at 4 */
    resize_in_progress: bool;
    /** `wait_queue_head_t`, at 8 */
    resize_wait: wait_queue_head;
    /** `struct fdtable *`, at 32 */
    fdt: fdtable;
    /** `struct fdtable`, at 40 */
    fdtab: fdtable;
    /** `spinlock_t`, at 128 */
    file_lock: spinlock;
    /** `unsigned int`, at 132 */
    next_fd: u32;
    /** `long unsigned int [1]`, at 136 */
    close_on_exec_init: FixedArray<u64, 1>;
    /** `long unsigned int [1]`, at 144 */
    open_fds_init: FixedArray<u64, 1>;
    /** `long unsigned int [1]`, at 152 */
    full_fds_bits_init: FixedArray<u64, 1>;
    /** `struct file *[64]`, at 160 */
    fd_array: FixedArray<file, 64>;
  }
  /** `struct fs_struct`, 56 bytes. */
  export interface fs_struct {
    readonly "~kernel"?: "struct fs_struct";
    /** `int`, at 0 */
    users: i32;
    /** `seqlock_t`, at 4 */
    seq: seqlock_t;
    /** `int`, at 12 */
    umask: i32;
    /** `int`, at 16 */
    in_exec: i32;
    /** `struct path`, at 24 */
    root: path;
    /** `struct path`, at 40 */
    pwd: path;
  }
  /** `union futex_key`. `skep types futex_key` prints its fields. */
  export interface futex_key {
    readonly "~kernel"?: "union futex_key";
  }
  /** `struct futex_pi_state`, 88 bytes. */
  export interface futex_pi_state {
    readonly "~kernel"?: "struct futex_pi_state";
    /** `struct list_head`, at 0 */
    list: list_head;
    /** `struct rt_mutex_base`, at 16 */
    pi_mutex: rt_mutex_base;
    /** `struct task_struct *`, at 48 */
    owner: task_struct;
    /** `refcount_t`, at 56 */
    refcount: refcount_struct;
    /** `union futex_key`, at 64 */
    key: futex_key;
  }
  /** `struct futex_private_hash`. `skep types futex_private_hash` prints its fields. */
  export interface futex_private_hash {
    readonly "~kernel"?: "struct futex_private_hash";
  }
  /** `struct gendisk`, 568 bytes. */
  export interface gendisk {
    readonly "~kernel"?: "struct gendisk";
    /** `int`, at 0 */
    major: i32;
    /** `int`, at 4 */
    first_minor: i32;
    /** `int`, at 8 */
    minors: i32;
    /** `char [32]`, at 12 */
    disk_name: FixedArray<u8, 32> & FixedString<32>;
    /** `short unsigned int`, at 44 */
    events: u16;
    /** `short unsigned int`, at 46 */
    event_flags: u16;
    /** `struct xarray`, at 48 */
    part_tbl: xarray;
    /** `struct block_device *`, at 64 */
    part0: block_device;
    /** `const struct block_device_operations *`, at 72 */
    fops: block_device_operations;
    /** `struct request_queue *`, at 80 */
    queue: request_queue;
    /** `void *`, at 88 */
    private_data: u64;
    /** `struct bio_set`, at 96 */
    bio_split: bio_set;
    /** `int`, at 344 */
    flags: i32;
    /** `long unsigned int`, at 352 */
    state: u64;
    /** `struct mutex`, at 360 */
    open_mutex: mutex;
    /** `unsigned int`, at 392 */
    open_partitions: u32;
    /** `struct backing_dev_info *`, at 400 */
    bdi: backing_dev_info;
    /** `struct kobject`, at 408 */
    queue_kobj: kobject;
    /** `struct kobject *`, at 472 */
    slave_dir: kobject;
    /** `struct timer_rand_state *`, at 480 */
    random: timer_rand_state;
    /** `struct disk_events *`, at 488 */
    ev: disk_events;
    /** `int`, at 496 */
    node_id: i32;
    /** `struct badblocks *`, at 504 */
    bb: badblocks;
    /** `struct lockdep_map`, at 512 */
    lockdep_map: lockdep_map;
    /** `u64`, at 512 */
    diskseq: u64;
    /** `blk_mode_t`, at 520 */
    open_mode: u32;
    /** `struct blk_independent_access_ranges *`, at 528 */
    ia_ranges: blk_independent_access_ranges;
    /** `struct mutex`, at 536 */
    rqos_state_mutex: mutex;
  }
  /** `struct group_info`. `skep types group_info` prints its fields. */
  export interface group_info {
    readonly "~kernel"?: "struct group_info";
  }
  /** `struct hlist_head`, 8 bytes. */
  export interface hlist_head {
    readonly "~kernel"?: "struct hlist_head";
    /** `struct hlist_node *`, at 0 */
    first: hlist_node;
  }
  /** `struct hlist_node`, 16 bytes. */
  export interface hlist_node {
    readonly "~kernel"?: "struct hlist_node";
    /** `struct hlist_node *`, at 0 */
    next: hlist_node;
    /** `struct hlist_node **`, at 8 */
    pprev: u64;
  }
  /** `struct hlist_nulls_node`. `skep types hlist_nulls_node` prints its fields. */
  export interface hlist_nulls_node {
    readonly "~kernel"?: "struct hlist_nulls_node";
  }
  /** `struct hrtimer`. `skep types hrtimer` prints its fields. */
  export interface hrtimer {
    readonly "~kernel"?: "struct hrtimer";
  }
  /** `struct in6_addr`, 16 bytes. */
  export interface in6_addr {
    readonly "~kernel"?: "struct in6_addr";
    /** `union { __u8 u6_addr8[16]; __be16 u6_addr16[8]; __be32 u6_addr32[4]; }`, at 0 */
    in6_u: {
      /** `__u8 [16]`, at 0 */
      u6_addr8: FixedArray<u8, 16>;
      /** `__be16 [8]`, at 0 */
      u6_addr16: FixedArray<be16, 8>;
      /** `__be32 [4]`, at 0 */
      u6_addr32: FixedArray<be32, 4>;
    };
  }
  /** `struct inet_hashinfo`. `skep types inet_hashinfo` prints its fields. */
  export interface inet_hashinfo {
    readonly "~kernel"?: "struct inet_hashinfo";
  }
  /** `struct inet_timewait_death_row`. `skep types inet_timewait_death_row` prints its fields. */
  export interface inet_timewait_death_row {
    readonly "~kernel"?: "struct inet_timewait_death_row";
  }
  /** `struct inode`. `skep types inode` prints its fields. */
  export interface inode {
    readonly "~kernel"?: "struct inode";
  }
  /** `struct io_bitmap`. `skep types io_bitmap` prints its fields. */
  export interface io_bitmap {
    readonly "~kernel"?: "struct io_bitmap";
  }
  /** `struct io_context`, 88 bytes. */
  export interface io_context {
    readonly "~kernel"?: "struct io_context";
    /** `atomic_long_t`, at 0 */
    refcount: atomic64_t;
    /** `atomic_t`, at 8 */
    active_ref: atomic_t;
    /** `short unsigned int`, at 12 */
    ioprio: u16;
    /** `spinlock_t`, at 16 */
    lock: spinlock;
    /** `struct xarray`, at 24 */
    icq_tree: xarray;
    /** `struct io_cq *`, at 40 */
    icq_hint: io_cq;
    /** `struct hlist_head`, at 48 */
    icq_list: hlist_head;
    /** `struct work_struct`, at 56 */
    release_work: work_struct;
  }
  /** `struct io_cq`. `skep types io_cq` prints its fields. */
  export interface io_cq {
    readonly "~kernel"?: "struct io_cq";
  }
  /** `struct io_ring_ctx`. `skep types io_ring_ctx` prints its fields. */
  export interface io_ring_ctx {
    readonly "~kernel"?: "struct io_ring_ctx";
  }
  /** `struct io_uring_task`, 320 bytes. */
  export interface io_uring_task {
    readonly "~kernel"?: "struct io_uring_task";
    /** `int`, at 0 */
    cached_refs: i32;
    /** `const struct io_ring_ctx *`, at 8 */
    last: io_ring_ctx;
    /** `struct task_struct *`, at 16 */
    task: task_struct;
    /** `struct io_wq *`, at 24 */
    io_wq: io_wq;
    /** `struct file *[16]`, at 32 */
    registered_rings: FixedArray<file, 16>;
    /** `struct xarray`, at 160 */
    xa: xarray;
    /** `struct wait_queue_head`, at 176 */
    wait: wait_queue_head;
    /** `atomic_t`, at 200 */
    in_cancel: atomic_t;
    /** `atomic_t`, at 204 */
    inflight_tracked: atomic_t;
    /** `struct percpu_counter`, at 208 */
    inflight: percpu_counter;
    /** `struct llist_head`, at 256 */
    task_list: llist_head;
    /** `struct callback_head`, at 264 */
    task_work: callback_head;
  }
  /** `struct io_wq`. `skep types io_wq` prints its fields. */
  export interface io_wq {
    readonly "~kernel"?: "struct io_wq";
  }
  /** `struct ipc_namespace`. `skep types ipc_namespace` prints its fields. */
  export interface ipc_namespace {
    readonly "~kernel"?: "struct ipc_namespace";
  }
  /** `struct k_sigaction`. `skep types k_sigaction` prints its fields. */
  export interface k_sigaction {
    readonly "~kernel"?: "struct k_sigaction";
  }
  /** `kernel_cap_t`. `skep types kernel_cap_t` prints its fields. */
  export interface kernel_cap_t {
    readonly "~kernel"?: "struct kernel_cap_t";
  }
  /** `struct kernel_siginfo`, 48 bytes. */
  export interface kernel_siginfo {
    readonly "~kernel"?: "struct kernel_siginfo";
    /** `int`, at 0 */
    si_signo: i32;
    /** `int`, at 4 */
    si_errno: i32;
    /** `int`, at 8 */
    si_code: i32;
    /** `union __sifields`, at 16 */
    _sifields: __sifields;
  }
  /** `struct key`, 216 bytes. */
  export interface key {
    readonly "~kernel"?: "struct key";
    /** `refcount_t`, at 0 */
    usage: refcount_struct;
    /** `key_serial_t`, at 4 */
    serial: i32;
    /** `struct list_head`, at 8 */
    graveyard_link: list_head;
    /** `struct rb_node`, at 8 */
    serial_node: rb_node;
    /** `struct rw_semaphore`, at 32 */
    sem: rw_semaphore;
    /** `struct key_user *`, at 72 */
    user: key_user;
    /** `void *`, at 80 */
    security: u64;
    /** `time64_t`, at 88 */
    expiry: i64;
    /** `time64_t`, at 88 */
    revoked_at: i64;
    /** `time64_t`, at 96 */
    last_used_at: i64;
    /** `kuid_t`, at 104 */
    uid: kuid_t;
    /** `kgid_t`, at 108 */
    gid: kgid_t;
    /** `key_perm_t`, at 112 */
    perm: u32;
    /** `short unsigned int`, at 116 */
    quotalen: u16;
    /** `short unsigned int`, at 118 */
    datalen: u16;
    /** `short int`, at 120 */
    state: i16;
    /** `long unsigned int`, at 128 */
    flags: u64;
    /** `struct keyring_index_key`, at 136 */
    index_key: keyring_index_key;
    /** `long unsigned int`, at 136 */
    hash: u64;
    /** `long unsigned int`, at 144 */
    len_desc: u64;
    /** `struct key_type *`, at 152 */
    type: key_type;
    /** `struct key_tag *`, at 160 */
    domain_tag: key_tag;
    /** `char *`, at 168 */
    description: u64;
    /** `union key_payload`, at 176 */
    payload: key_payload;
    /** `struct list_head`, at 176 */
    name_link: list_head;
    /** `struct assoc_array`, at 192 */
    keys: assoc_array;
    /** `struct key_restriction *`, at 208 */
    restrict_link: key_restriction;
  }
  /** `union key_payload`. `skep types key_payload` prints its fields. */
  export interface key_payload {
    readonly "~kernel"?: "union key_payload";
  }
  /** `struct key_restriction`. `skep types key_restriction` prints its fields. */
  export interface key_restriction {
    readonly "~kernel"?: "struct key_restriction";
  }
  /** `struct key_tag`. `skep types key_tag` prints its fields. */
  export interface key_tag {
    readonly "~kernel"?: "struct key_tag";
  }
  /** `struct key_type`. `skep types key_type` prints its fields. */
  export interface key_type {
    readonly "~kernel"?: "struct key_type";
  }
  /** `struct key_user`. `skep types key_user` prints its fields. */
  export interface key_user {
    readonly "~kernel"?: "struct key_user";
  }
  /** `struct keyring_index_key`. `skep types keyring_index_key` prints its fields. */
  export interface keyring_index_key {
    readonly "~kernel"?: "struct keyring_index_key";
  }
  /** `kgid_t`. `skep types kgid_t` prints its fields. */
  export interface kgid_t {
    readonly "~kernel"?: "struct kgid_t";
  }
  /** `struct kioctx_table`. `skep types kioctx_table` prints its fields. */
  export interface kioctx_table {
    readonly "~kernel"?: "struct kioctx_table";
  }
  /** `struct kmap_ctrl`, 0 bytes. */
  export interface kmap_ctrl {
    readonly "~kernel"?: "struct kmap_ctrl";
  }
  /** `struct kmem_cache`. `skep types kmem_cache` prints its fields. */
  export interface kmem_cache {
    readonly "~kernel"?: "struct kmem_cache";
  }
  /** `struct kobject`. `skep types kobject` prints its fields. */
  export interface kobject {
    readonly "~kernel"?: "struct kobject";
  }
  /** `struct kthread_worker`. `skep types kthread_worker` prints its fields. */
  export interface kthread_worker {
    readonly "~kernel"?: "struct kthread_worker";
  }
  /** `kuid_t`, 4 bytes. */
  export interface kuid_t {
    readonly "~kernel"?: "struct kuid_t";
    /** `uid_t`, at 0 */
    val: u32;
  }
  /** `struct linux_binfmt`. `skep types linux_binfmt` prints its fields. */
  export interface linux_binfmt {
    readonly "~kernel"?: "struct linux_binfmt";
  }
  /** `struct list_head`, 16 bytes. */
  export interface list_head {
    readonly "~kernel"?: "struct list_head";
    /** `struct list_head *`, at 0 */
    next: list_head;
    /** `struct list_head *`, at 8 */
    prev: list_head;
  }
  /** `struct llist_head`. `skep types llist_head` prints its fields. */
  export interface llist_head {
    readonly "~kernel"?: "struct llist_head";
  }
  /** `struct llist_node`. `skep types llist_node` prints its fields. */
  export interface llist_node {
    readonly "~kernel"?: "struct llist_node";
  }
  /** `struct load_weight`. `skep types load_weight` prints its fields. */
  export interface load_weight {
    readonly "~kernel"?: "struct load_weight";
  }
  /** `local_t`. `skep types local_t` prints its fields. */
  export interface local_t {
    readonly "~kernel"?: "struct local_t";
  }
  /** `struct lockdep_map`. Only declared in the kernel's types. */
  export interface lockdep_map {
    readonly "~kernel"?: "struct lockdep_map";
  }
  /** `struct lsm_prop`. `skep types lsm_prop` prints its fields. */
  export interface lsm_prop {
    readonly "~kernel"?: "struct lsm_prop";
  }
  /** `struct lwtunnel_state`. `skep types lwtunnel_state` prints its fields. */
  export interface lwtunnel_state {
    readonly "~kernel"?: "struct lwtunnel_state";
  }
  /** `struct maple_tree`. `skep types maple_tree` prints its fields. */
  export interface maple_tree {
    readonly "~kernel"?: "struct maple_tree";
  }
  /** `struct mem_cgroup`, 2176 bytes. */
  export interface mem_cgroup {
    readonly "~kernel"?: "struct mem_cgroup";
    /** `struct cgroup_subsys_state`, at 0 */
    css: cgroup_subsys_state;
    /** `struct mem_cgroup_id`, at 208 */
    id: mem_cgroup_id;
    /** `struct page_counter`, at 256 */
    memory: page_counter;
    /** `struct page_counter`, at 448 */
    swap: page_counter;
    /** `struct page_counter`, at 448 */
    memsw: page_counter;
    /** `struct list_head`, at 640 */
    memory_peaks: list_head;
    /** `struct list_head`, at 656 */
    swap_peaks: list_head;
    /** `spinlock_t`, at 672 */
    peaks_lock: spinlock;
    /** `struct work_struct`, at 680 */
    high_work: work_struct;
    /** `long unsigned int`, at 712 */
    zswap_max: u64;
    /** `bool`, at 720 */
    zswap_writeback: bool;
    /** `struct vmpressure`, at 728 */
    vmpressure: vmpressure;
    /** `bool`, at 848 */
    oom_group: bool;
    /** `int`, at 852 */
    swappiness: i32;
    /** `struct cgroup_file`, at 856 */
    events_file: cgroup_file;
    /** `struct cgroup_file`, at 912 */
    events_local_file: cgroup_file;
    /** `struct cgroup_file`, at 968 */
    swap_events_file: cgroup_file;
    /** `struct memcg_vmstats *`, at 1024 */
    vmstats: memcg_vmstats;
    /** `atomic_long_t [9]`, at 1032 */
    memory_events: FixedArray<atomic64_t, 9>;
    /** `atomic_long_t [9]`, at 1104 */
    memory_events_local: FixedArray<atomic64_t, 9>;
    /** `u64`, at 1176 */
    socket_pressure: u64;
    /** `int`, at 1184 */
    kmemcg_id: i32;
    /** `struct obj_cgroup *`, at 1192 */
    objcg: obj_cgroup;
    /** `struct obj_cgroup *`, at 1200 */
    orig_objcg: obj_cgroup;
    /** `struct list_head`, at 1208 */
    objcg_list: list_head;
    /** `struct memcg_vmstats_percpu *`, at 1224 */
    vmstats_percpu: memcg_vmstats_percpu;
    /** `struct list_head`, at 1232 */
    cgwb_list: list_head;
    /** `struct wb_domain`, at 1248 */
    cgwb_domain: wb_domain;
    /** `struct memcg_cgwb_frn [4]`, at 1368 */
    cgwb_frn: FixedArray<memcg_cgwb_frn, 4>;
    /** `struct deferred_split`, at 1528 */
    deferred_split_queue: deferred_split;
    /** `struct page_counter`, at 1600 */
    kmem: page_counter;
    /** `struct page_counter`, at 1792 */
    tcpmem: page_counter;
    /** `struct memcg1_events_percpu *`, at 1984 */
    events_percpu: memcg1_events_percpu;
    /** `long unsigned int`, at 1992 */
    soft_limit: u64;
    /** `long unsigned int`, at 2000 */
    shown_ram: u64;
    /** `bool`, at 2008 */
    oom_lock: bool;
    /** `int`, at 2012 */
    under_oom: i32;
    /** `int`, at 2016 */
    oom_kill_disable: i32;
    /** `struct mutex`, at 2024 */
    thresholds_lock: mutex;
    /** `struct mem_cgroup_thresholds`, at 2056 */
    thresholds: mem_cgroup_thresholds;
    /** `struct mem_cgroup_thresholds`, at 2072 */
    memsw_thresholds: mem_cgroup_thresholds;
    /** `struct list_head`, at 2088 */
    oom_notify: list_head;
    /** `bool`, at 2104 */
    tcpmem_active: bool;
    /** `int`, at 2108 */
    tcpmem_pressure: i32;
    /** `struct list_head`, at 2112 */
    event_list: list_head;
    /** `spinlock_t`, at 2128 */
    event_list_lock: spinlock;
    /** `struct mem_cgroup_per_node *[0]`, at 2136 */
    nodeinfo: readonly mem_cgroup_per_node[];
  }
  /** `struct mem_cgroup_id`. `skep types mem_cgroup_id` prints its fields. */
  export interface mem_cgroup_id {
    readonly "~kernel"?: "struct mem_cgroup_id";
  }
  /** `struct mem_cgroup_per_node`. `skep types mem_cgroup_per_node` prints its fields. */
  export interface mem_cgroup_per_node {
    readonly "~kernel"?: "struct mem_cgroup_per_node";
  }
  /** `struct mem_cgroup_thresholds`. `skep types mem_cgroup_thresholds` prints its fields. */
  export interface mem_cgroup_thresholds {
    readonly "~kernel"?: "struct mem_cgroup_thresholds";
  }
  /** `struct memcg1_events_percpu`. `skep types memcg1_events_percpu` prints its fields. */
  export interface memcg1_events_percpu {
    readonly "~kernel"?: "struct memcg1_events_percpu";
  }
  /** `struct memcg_cgwb_frn`. `skep types memcg_cgwb_frn` prints its fields. */
  export interface memcg_cgwb_frn {
    readonly "~kernel"?: "struct memcg_cgwb_frn";
  }
  /** `struct memcg_vmstats`. `skep types memcg_vmstats` prints its fields. */
  export interface memcg_vmstats {
    readonly "~kernel"?: "struct memcg_vmstats";
  }
  /** `struct memcg_vmstats_percpu`. `skep types memcg_vmstats_percpu` prints its fields. */
  export interface memcg_vmstats_percpu {
    readonly "~kernel"?: "struct memcg_vmstats_percpu";
  }
  /** `struct mempolicy`, 288 bytes. */
  export interface mempolicy {
    readonly "~kernel"?: "struct mempolicy";
    /** `atomic_t`, at 0 */
    refcnt: atomic_t;
    /** `short unsigned int`, at 4 */
    mode: u16;
    /** `short unsigned int`, at 6 */
    flags: u16;
    /** `nodemask_t`, at 8 */
    nodes: nodemask_t;
    /** `int`, at 136 */
    home_node: i32;
    /** `union { nodemask_t cpuset_mems_allowed; nodemask_t user_nodemask; }`, at 144 */
    w: {
      /** `nodemask_t`, at 0 */
      cpuset_mems_allowed: nodemask_t;
      /** `nodemask_t`, at 0 */
      user_nodemask: nodemask_t;
    };
    /** `struct callback_head`, at 272 */
    rcu: callback_head;
  }
  /** `struct mm_cid`. `skep types mm_cid` prints its fields. */
  export interface mm_cid {
    readonly "~kernel"?: "struct mm_cid";
  }
  /** `mm_context_t`. `skep types mm_context_t` prints its fields. */
  export interface mm_context_t {
    readonly "~kernel"?: "struct mm_context_t";
  }
  /** `mm_flags_t`. `skep types mm_flags_t` prints its fields. */
  export interface mm_flags_t {
    readonly "~kernel"?: "struct mm_flags_t";
  }
  /** `struct mm_struct`, 1472 bytes. */
  export interface mm_struct {
    readonly "~kernel"?: "struct mm_struct";
    /** `atomic_t`, at 0 */
    mm_count: atomic_t;
    /** `struct maple_tree`, at 64 */
    mm_mt: maple_tree;
    /** `long unsigned int`, at 80 */
    mmap_base: u64;
    /** `long unsigned int`, at 88 */
    mmap_legacy_base: u64;
    /** `long unsigned int`, at 96 */
    mmap_compat_base: u64;
    /** `long unsigned int`, at 104 */
    mmap_compat_legacy_base: u64;
    /** `long unsigned int`, at 112 */
    task_size: u64;
    /** `pgd_t *`, at 120 */
    pgd: pgd_t;
    /** `atomic_t`, at 128 */
    membarrier_state: atomic_t;
    /** `atomic_t`, at 132 */
    mm_users: atomic_t;
    /** `struct mm_cid *`, at 136 */
    pcpu_cid: mm_cid;
    /** `long unsigned int`, at 144 */
    mm_cid_next_scan: u64;
    /** `unsigned int`, at 152 */
    nr_cpus_allowed: u32;
    /** `atomic_t`, at 156 */
    max_nr_cid: atomic_t;
    /** `raw_spinlock_t`, at 160 */
    cpus_allowed_lock: raw_spinlock;
    /** `atomic_long_t`, at 168 */
    pgtables_bytes: atomic64_t;
    /** `int`, at 176 */
    map_count: i32;
    /** `spinlock_t`, at 180 */
    page_table_lock: spinlock;
    /** `struct rw_semaphore`, at 184 */
    mmap_lock: rw_semaphore;
    /** `struct list_head`, at 224 */
    mmlist: list_head;
    /** `struct rcuwait`, at 240 */
    vma_writer_wait: rcuwait;
    /** `seqcount_t`, at 248 */
    mm_lock_seq: seqcount;
    /** `struct mutex`, at 256 */
    futex_hash_lock: mutex;
    /** `struct futex_private_hash *`, at 288 */
    futex_phash: futex_private_hash;
    /** `struct futex_private_hash *`, at 296 */
    futex_phash_new: futex_private_hash;
    /** `long unsigned int`, at 304 */
    futex_batches: u64;
    /** `struct callback_head`, at 312 */
    futex_rcu: callback_head;
    /** `atomic_long_t`, at 328 */
    futex_atomic: atomic64_t;
    /** `unsigned int *`, at 336 */
    futex_ref: u64;
    /** `long unsigned int`, at 344 */
    hiwater_rss: u64;
    /** `long unsigned int`, at 352 */
    hiwater_vm: u64;
    /** `long unsigned int`, at 360 */
    total_vm: u64;
    /** `long unsigned int`, at 368 */
    locked_vm: u64;
    /** `atomic64_t`, at 376 */
    pinned_vm: atomic64_t;
    /** `long unsigned int`, at 384 */
    data_vm: u64;
    /** `long unsigned int`, at 392 */
    exec_vm: u64;
    /** `long unsigned int`, at 400 */
    stack_vm: u64;
    /** `vm_flags_t`, at 408 */
    def_flags: u64;
    /** `seqcount_t`, at 416 */
    write_protect_seq: seqcount;
    /** `spinlock_t`, at 420 */
    arg_lock: spinlock;
    /** `long unsigned int`, at 424 */
    start_code: u64;
    /** `long unsigned int`, at 432 */
    end_code: u64;
    /** `long unsigned int`, at 440 */
    start_data: u64;
    /** `long unsigned int`, at 448 */
    end_data: u64;
    /** `long unsigned int`, at 456 */
    start_brk: u64;
    /** `long unsigned int`, at 464 */
    brk: u64;
    /** `long unsigned int`, at 472 */
    start_stack: u64;
    /** `long unsigned int`, at 480 */
    arg_start: u64;
    /** `long unsigned int`, at 488 */
    arg_end: u64;
    /** `long unsigned int`, at 496 */
    env_start: u64;
    /** `long unsigned int`, at 504 */
    env_end: u64;
    /** `long unsigned int [56]`, at 512 */
    saved_auxv: FixedArray<u64, 56>;
    /** `struct percpu_counter [4]`, at 960 */
    rss_stat: FixedArray<percpu_counter, 4>;
    /** `struct linux_binfmt *`, at 1120 */
    binfmt: linux_binfmt;
    /** `mm_context_t`, at 1128 */
    context: mm_context_t;
    /** `mm_flags_t`, at 1272 */
    flags: mm_flags_t;
    /** `spinlock_t`, at 1280 */
    ioctx_lock: spinlock;
    /** `struct kioctx_table *`, at 1288 */
    ioctx_table: kioctx_table;
    /** `struct task_struct *`, at 1296 */
    owner: task_struct;
    /** `struct user_namespace *`, at 1304 */
    user_ns: user_namespace;
    /** `struct file *`, at 1312 */
    exe_file: file;
    /** `struct mmu_notifier_subscriptions *`, at 1320 */
    notifier_subscriptions: mmu_notifier_subscriptions;
    /** `long unsigned int`, at 1328 */
    numa_next_scan: u64;
    /** `long unsigned int`, at 1336 */
    numa_scan_offset: u64;
    /** `int`, at 1344 */
    numa_scan_seq: i32;
    /** `atomic_t`, at 1348 */
    tlb_flush_pending: atomic_t;
    /** `atomic_t`, at 1352 */
    tlb_flush_batched: atomic_t;
    /** `struct uprobes_state`, at 1360 */
    uprobes_state: uprobes_state;
    /** `atomic_long_t`, at 1376 */
    hugetlb_usage: atomic64_t;
    /** `struct work_struct`, at 1384 */
    async_put_work: work_struct;
    /** `long unsigned int`, at 1416 */
    ksm_merging_pages: u64;
    /** `long unsigned int`, at 1424 */
    ksm_rmap_items: u64;
    /** `atomic_long_t`, at 1432 */
    ksm_zero_pages: atomic64_t;
    /** `mm_id_t`, at 1440 */
    mm_id: u32;
    /** `long unsigned int [0]`, at 1472 */
    cpu_bitmap: readonly u64[];
  }
  /** `struct mmu_notifier_subscriptions`. `skep types mmu_notifier_subscriptions` prints its fields. */
  export interface mmu_notifier_subscriptions {
    readonly "~kernel"?: "struct mmu_notifier_subscriptions";
  }
  /** `struct mnt_namespace`. `skep types mnt_namespace` prints its fields. */
  export interface mnt_namespace {
    readonly "~kernel"?: "struct mnt_namespace";
  }
  /** `struct module`. `skep types module` prints its fields. */
  export interface module {
    readonly "~kernel"?: "struct module";
  }
  /** `struct mq_attr`. `skep types mq_attr` prints its fields. */
  export interface mq_attr {
    readonly "~kernel"?: "struct mq_attr";
  }
  /** `struct mutex`, 32 bytes. */
  export interface mutex {
    readonly "~kernel"?: "struct mutex";
    /** `atomic_long_t`, at 0 */
    owner: atomic64_t;
    /** `raw_spinlock_t`, at 8 */
    wait_lock: raw_spinlock;
    /** `struct optimistic_spin_queue`, at 12 */
    osq: optimistic_spin_queue;
    /** `struct list_head`, at 16 */
    wait_list: list_head;
  }
  /** `struct nameidata`, 240 bytes. */
  export interface nameidata {
    readonly "~kernel"?: "struct nameidata";
    /** `struct path`, at 0 */
    path: path;
    /** `struct qstr`, at 16 */
    last: qstr;
    /** `struct path`, at 32 */
    root: path;
    /** `struct inode *`, at 48 */
    inode: inode;
    /** `unsigned int`, at 56 */
    flags: u32;
    /** `unsigned int`, at 60 */
    state: u32;
    /** `unsigned int`, at 64 */
    seq: u32;
    /** `unsigned int`, at 68 */
    next_seq: u32;
    /** `unsigned int`, at 72 */
    m_seq: u32;
    /** `unsigned int`, at 76 */
    r_seq: u32;
    /** `int`, at 80 */
    last_type: i32;
    /** `unsigned int`, at 84 */
    depth: u32;
    /** `int`, at 88 */
    total_link_count: i32;
    /** `struct saved *`, at 96 */
    stack: saved;
    /** `struct saved [2]`, at 104 */
    internal: FixedArray<saved, 2>;
    /** `struct filename *`, at 200 */
    name: filename;
    /** `const char *`, at 208 */
    pathname: u64;
    /** `struct nameidata *`, at 216 */
    saved: nameidata;
    /** `unsigned int`, at 224 */
    root_seq: u32;
    /** `int`, at 228 */
    dfd: i32;
    /** `vfsuid_t`, at 232 */
    dir_vfsuid: vfsuid_t;
    /** `umode_t`, at 236 */
    dir_mode: u16;
  }
  /** `struct net`. `skep types net` prints its fields. */
  export interface net {
    readonly "~kernel"?: "struct net";
  }
  /** `struct net_device`. `skep types net_device` prints its fields. */
  export interface net_device {
    readonly "~kernel"?: "struct net_device";
  }
  /** `netdevice_tracker`. Only declared in the kernel's types. */
  export interface netdevice_tracker {
    readonly "~kernel"?: "struct netdevice_tracker";
  }
  /** `netns_tracker`, 0 bytes. */
  export interface netns_tracker {
    readonly "~kernel"?: "struct netns_tracker";
  }
  /** `nodemask_t`, 128 bytes. */
  export interface nodemask_t {
    readonly "~kernel"?: "struct nodemask_t";
    /** `long unsigned int [16]`, at 0 */
    bits: FixedArray<u64, 16>;
  }
  /** `struct nsproxy`, 72 bytes. */
  export interface nsproxy {
    readonly "~kernel"?: "struct nsproxy";
    /** `refcount_t`, at 0 */
    count: refcount_struct;
    /** `struct uts_namespace *`, at 8 */
    uts_ns: uts_namespace;
    /** `struct ipc_namespace *`, at 16 */
    ipc_ns: ipc_namespace;
    /** `struct mnt_namespace *`, at 24 */
    mnt_ns: mnt_namespace;
    /** `struct pid_namespace *`, at 32 */
    pid_ns_for_children: pid_namespace;
    /** `struct net *`, at 40 */
    net_ns: net;
    /** `struct time_namespace *`, at 48 */
    time_ns: time_namespace;
    /** `struct time_namespace *`, at 56 */
    time_ns_for_children: time_namespace;
    /** `struct cgroup_namespace *`, at 64 */
    cgroup_ns: cgroup_namespace;
  }
  /** `struct numa_drop_counters`, 128 bytes. */
  export interface numa_drop_counters {
    readonly "~kernel"?: "struct numa_drop_counters";
    /** `atomic_t`, at 0 */
    drops0: atomic_t;
    /** `atomic_t`, at 64 */
    drops1: atomic_t;
  }
  /** `struct numa_group`, 56 bytes. */
  export interface numa_group {
    readonly "~kernel"?: "struct numa_group";
    /** `refcount_t`, at 0 */
    refcount: refcount_struct;
    /** `spinlock_t`, at 4 */
    lock: spinlock;
    /** `int`, at 8 */
    nr_tasks: i32;
    /** `pid_t`, at 12 */
    gid: i32;
    /** `int`, at 16 */
    active_nodes: i32;
    /** `struct callback_head`, at 24 */
    rcu: callback_head;
    /** `long unsigned int`, at 40 */
    total_faults: u64;
    /** `long unsigned int`, at 48 */
    max_faults_cpu: u64;
    /** `long unsigned int [0]`, at 56 */
    faults: readonly u64[];
  }
  /** `struct obj_cgroup`, 48 bytes. */
  export interface obj_cgroup {
    readonly "~kernel"?: "struct obj_cgroup";
    /** `struct percpu_ref`, at 0 */
    refcnt: percpu_ref;
    /** `struct mem_cgroup *`, at 16 */
    memcg: mem_cgroup;
    /** `atomic_t`, at 24 */
    nr_charged_bytes: atomic_t;
    /** `struct list_head`, at 32 */
    list: list_head;
    /** `struct callback_head`, at 32 */
    rcu: callback_head;
  }
  /** `struct old_timespec32`. `skep types old_timespec32` prints its fields. */
  export interface old_timespec32 {
    readonly "~kernel"?: "struct old_timespec32";
  }
  /** `struct open_how`. `skep types open_how` prints its fields. */
  export interface open_how {
    readonly "~kernel"?: "struct open_how";
  }
  /** `struct optimistic_spin_queue`. `skep types optimistic_spin_queue` prints its fields. */
  export interface optimistic_spin_queue {
    readonly "~kernel"?: "struct optimistic_spin_queue";
  }
  /** `struct pacct_struct`. `skep types pacct_struct` prints its fields. */
  export interface pacct_struct {
    readonly "~kernel"?: "struct pacct_struct";
  }
  /** `struct page`. `skep types page` prints its fields. */
  export interface page {
    readonly "~kernel"?: "struct page";
  }
  /** `struct page_counter`. `skep types page_counter` prints its fields. */
  export interface page_counter {
    readonly "~kernel"?: "struct page_counter";
  }
  /** `struct page_frag`, 16 bytes. */
  export interface page_frag {
    readonly "~kernel"?: "struct page_frag";
    /** `struct page *`, at 0 */
    page: page;
    /** `__u32`, at 8 */
    offset: u32;
    /** `__u32`, at 12 */
    size: u32;
  }
  /** `struct path`. `skep types path` prints its fields. */
  export interface path {
    readonly "~kernel"?: "struct path";
  }
  /** `struct percpu_counter`. `skep types percpu_counter` prints its fields. */
  export interface percpu_counter {
    readonly "~kernel"?: "struct percpu_counter";
  }
  /** `struct percpu_ref`. `skep types percpu_ref` prints its fields. */
  export interface percpu_ref {
    readonly "~kernel"?: "struct percpu_ref";
  }
  /** `struct perf_ctx_data`, 40 bytes. */
  export interface perf_ctx_data {
    readonly "~kernel"?: "struct perf_ctx_data";
    /** `struct callback_head`, at 0 */
    callback_head: callback_head;
    /** `refcount_t`, at 16 */
    refcount: refcount_struct;
    /** `int`, at 20 */
    global: i32;
    /** `struct kmem_cache *`, at 24 */
    ctx_cache: kmem_cache;
    /** `void *`, at 32 */
    data: u64;
  }
  /** `struct perf_event`. `skep types perf_event` prints its fields. */
  export interface perf_event {
    readonly "~kernel"?: "struct perf_event";
  }
  /** `struct perf_event_context`, 224 bytes. */
  export interface perf_event_context {
    readonly "~kernel"?: "struct perf_event_context";
    /** `raw_spinlock_t`, at 0 */
    lock: raw_spinlock;
    /** `struct mutex`, at 8 */
    mutex: mutex;
    /** `struct list_head`, at 40 */
    pmu_ctx_list: list_head;
    /** `struct perf_event_groups`, at 56 */
    pinned_groups: perf_event_groups;
    /** `struct perf_event_groups`, at 72 */
    flexible_groups: perf_event_groups;
    /** `struct list_head`, at 88 */
    event_list: list_head;
    /** `int`, at 104 */
    nr_events: i32;
    /** `int`, at 108 */
    nr_user: i32;
    /** `int`, at 112 */
    is_active: i32;
    /** `int`, at 116 */
    nr_stat: i32;
    /** `int`, at 120 */
    nr_freq: i32;
    /** `int`, at 124 */
    rotate_disable: i32;
    /** `refcount_t`, at 128 */
    refcount: refcount_struct;
    /** `struct task_struct *`, at 136 */
    task: task_struct;
    /** `u64`, at 144 */
    time: u64;
    /** `u64`, at 152 */
    timestamp: u64;
    /** `u64`, at 160 */
    timeoffset: u64;
    /** `struct perf_event_context *`, at 168 */
    parent_ctx: perf_event_context;
    /** `u64`, at 176 */
    parent_gen: u64;
    /** `u64`, at 184 */
    generation: u64;
    /** `int`, at 192 */
    pin_count: i32;
    /** `int`, at 196 */
    nr_cgroups: i32;
    /** `struct callback_head`, at 200 */
    callback_head: callback_head;
    /** `local_t`, at 216 */
    nr_no_switch_fast: local_t;
  }
  /** `struct perf_event_groups`. `skep types perf_event_groups` prints its fields. */
  export interface perf_event_groups {
    readonly "~kernel"?: "struct perf_event_groups";
  }
  /** `pgd_t`. `skep types pgd_t` prints its fields. */
  export interface pgd_t {
    readonly "~kernel"?: "struct pgd_t";
  }
  /** `struct pid`, 144 bytes. */
  export interface pid {
    readonly "~kernel"?: "struct pid";
    /** `refcount_t`, at 0 */
    count: refcount_struct;
    /** `unsigned int`, at 4 */
    level: u32;
    /** `spinlock_t`, at 8 */
    lock: spinlock;
    /** `u64`, at 16 */
    ino: u64;
    /** `struct rb_node`, at 24 */
    pidfs_node: rb_node;
    /** `struct dentry *`, at 48 */
    stashed: dentry;
    /** `struct pidfs_attr *`, at 56 */
    attr: pidfs_attr;
    /** `struct hlist_head [4]`, at 64 */
    tasks: FixedArray<hlist_head, 4>;
    /** `struct hlist_head`, at 96 */
    inodes: hlist_head;
    /** `wait_queue_head_t`, at 104 */
    wait_pidfd: wait_queue_head;
    /** `struct callback_head`, at 128 */
    rcu: callback_head;
    /** `struct upid [0]`, at 144 */
    numbers: readonly upid[];
  }
  /** `struct pid_namespace`. `skep types pid_namespace` prints its fields. */
  export interface pid_namespace {
    readonly "~kernel"?: "struct pid_namespace";
  }
  /** `struct pidfs_attr`. `skep types pidfs_attr` prints its fields. */
  export interface pidfs_attr {
    readonly "~kernel"?: "struct pidfs_attr";
  }
  /** `struct pipe_buffer`. `skep types pipe_buffer` prints its fields. */
  export interface pipe_buffer {
    readonly "~kernel"?: "struct pipe_buffer";
  }
  /** `struct pipe_inode_info`, 176 bytes. */
  export interface pipe_inode_info {
    readonly "~kernel"?: "struct pipe_inode_info";
    /** `struct mutex`, at 0 */
    mutex: mutex;
    /** `wait_queue_head_t`, at 32 */
    rd_wait: wait_queue_head;
    /** `wait_queue_head_t`, at 56 */
    wr_wait: wait_queue_head;
    /** `long unsigned int`, at 80 */
    head_tail: u64;
    /** `pipe_index_t`, at 80 */
    head: u32;
    /** `pipe_index_t`, at 84 */
    tail: u32;
    /** `unsigned int`, at 88 */
    max_usage: u32;
    /** `unsigned int`, at 92 */
    ring_size: u32;
    /** `unsigned int`, at 96 */
    nr_accounted: u32;
    /** `unsigned int`, at 100 */
    readers: u32;
    /** `unsigned int`, at 104 */
    writers: u32;
    /** `unsigned int`, at 108 */
    files: u32;
    /** `unsigned int`, at 112 */
    r_counter: u32;
    /** `unsigned int`, at 116 */
    w_counter: u32;
    /** `bool`, at 120 */
    poll_usage: bool;
    /** `struct page *[2]`, at 128 */
    tmp_page: FixedArray<page, 2>;
    /** `struct fasync_struct *`, at 144 */
    fasync_readers: fasync_struct;
    /** `struct fasync_struct *`, at 152 */
    fasync_writers: fasync_struct;
    /** `struct pipe_buffer *`, at 160 */
    bufs: pipe_buffer;
    /** `struct user_struct *`, at 168 */
    user: user_struct;
  }
  /** `struct plist_node`, 40 bytes. */
  export interface plist_node {
    readonly "~kernel"?: "struct plist_node";
    /** `int`, at 0 */
    prio: i32;
    /** `struct list_head`, at 8 */
    prio_list: list_head;
    /** `struct list_head`, at 24 */
    node_list: list_head;
  }
  /** `struct pollfd`. `skep types pollfd` prints its fields. */
  export interface pollfd {
    readonly "~kernel"?: "struct pollfd";
  }
  /** `struct posix_cputimer_base`. `skep types posix_cputimer_base` prints its fields. */
  export interface posix_cputimer_base {
    readonly "~kernel"?: "struct posix_cputimer_base";
  }
  /** `struct posix_cputimers`, 80 bytes. */
  export interface posix_cputimers {
    readonly "~kernel"?: "struct posix_cputimers";
    /** `struct posix_cputimer_base [3]`, at 0 */
    bases: FixedArray<posix_cputimer_base, 3>;
    /** `unsigned int`, at 72 */
    timers_active: u32;
    /** `unsigned int`, at 76 */
    expiry_active: u32;
  }
  /** `struct posix_cputimers_work`, 56 bytes. */
  export interface posix_cputimers_work {
    readonly "~kernel"?: "struct posix_cputimers_work";
    /** `struct callback_head`, at 0 */
    work: callback_head;
    /** `struct mutex`, at 16 */
    mutex: mutex;
    /** `unsigned int`, at 48 */
    scheduled: u32;
  }
  /** `possible_net_t`. `skep types possible_net_t` prints its fields. */
  export interface possible_net_t {
    readonly "~kernel"?: "struct possible_net_t";
  }
  /** `struct prev_cputime`, 24 bytes. */
  export interface prev_cputime {
    readonly "~kernel"?: "struct prev_cputime";
    /** `u64`, at 0 */
    utime: u64;
    /** `u64`, at 8 */
    stime: u64;
    /** `raw_spinlock_t`, at 16 */
    lock: raw_spinlock;
  }
  /** `struct proto`, 448 bytes. */
  export interface proto {
    readonly "~kernel"?: "struct proto";
    /** `void (*)(struct sock *, long int)`, at 0 */
    close: u64;
    /** `int (*)(struct sock *, struct sockaddr *, int)`, at 8 */
    pre_connect: u64;
    /** `int (*)(struct sock *, struct sockaddr *, int)`, at 16 */
    connect: u64;
    /** `int (*)(struct sock *, int)`, at 24 */
    disconnect: u64;
    /** `struct sock *(*)(struct sock *, struct proto_accept_arg *)`, at 32 */
    accept: u64;
    /** `int (*)(struct sock *, int, int *)`, at 40 */
    ioctl: u64;
    /** `int (*)(struct sock *)`, at 48 */
    init: u64;
    /** `void (*)(struct sock *)`, at 56 */
    destroy: u64;
    /** `void (*)(struct sock *, int)`, at 64 */
    shutdown: u64;
    /** `int (*)(struct sock *, int, int, sockptr_t, unsigned int)`, at 72 */
    setsockopt: u64;
    /** `int (*)(struct sock *, int, int, char *, int *)`, at 80 */
    getsockopt: u64;
    /** `void (*)(struct sock *, int)`, at 88 */
    keepalive: u64;
    /** `int (*)(struct sock *, unsigned int, long unsigned int)`, at 96 */
    compat_ioctl: u64;
    /** `int (*)(struct sock *, struct msghdr *, size_t)`, at 104 */
    sendmsg: u64;
    /** `int (*)(struct sock *, struct msghdr *, size_t, int)`, at 112 */
    recvmsg: u64;
    /** `void (*)(struct socket *)`, at 120 */
    splice_eof: u64;
    /** `int (*)(struct sock *, struct sockaddr *, int)`, at 128 */
    bind: u64;
    /** `int (*)(struct sock *, struct sockaddr *, int)`, at 136 */
    bind_add: u64;
    /** `int (*)(struct sock *, struct sk_buff *)`, at 144 */
    backlog_rcv: u64;
    /** `bool (*)(int, int)`, at 152 */
    bpf_bypass_getsockopt: u64;
    /** `void (*)(struct sock *)`, at 160 */
    release_cb: u64;
    /** `int (*)(struct sock *)`, at 168 */
    hash: u64;
    /** `void (*)(struct sock *)`, at 176 */
    unhash: u64;
    /** `void (*)(struct sock *)`, at 184 */
    rehash: u64;
    /** `int (*)(struct sock *, short unsigned int)`, at 192 */
    get_port: u64;
    /** `void (*)(struct sock *)`, at 200 */
    put_port: u64;
    /** `int (*)(struct sock *, struct sk_psock *, bool)`, at 208 */
    psock_update_sk_prot: u64;
    /** `unsigned int`, at 216 */
    inuse_idx: u32;
    /** `bool (*)(const struct sock *, int)`, at 224 */
    stream_memory_free: u64;
    /** `bool (*)(struct sock *)`, at 232 */
    sock_is_readable: u64;
    /** `void (*)(struct sock *)`, at 240 */
    enter_memory_pressure: u64;
    /** `void (*)(struct sock *)`, at 248 */
    leave_memory_pressure: u64;
    /** `atomic_long_t *`, at 256 */
    memory_allocated: atomic64_t;
    /** `int *`, at 264 */
    per_cpu_fw_alloc: u64;
    /** `struct percpu_counter *`, at 272 */
    sockets_allocated: percpu_counter;
    /** `long unsigned int *`, at 280 */
    memory_pressure: u64;
    /** `long int *`, at 288 */
    sysctl_mem: u64;
    /** `int *`, at 296 */
    sysctl_wmem: u64;
    /** `int *`, at 304 */
    sysctl_rmem: u64;
    /** `u32`, at 312 */
    sysctl_wmem_offset: u32;
    /** `u32`, at 316 */
    sysctl_rmem_offset: u32;
    /** `int`, at 320 */
    max_header: i32;
    /** `bool`, at 324 */
    no_autobind: bool;
    /** `struct kmem_cache *`, at 328 */
    slab: kmem_cache;
    /** `unsigned int`, at 336 */
    obj_size: u32;
    /** `unsigned int`, at 340 */
    ipv6_pinfo_offset: u32;
    /** `slab_flags_t`, at 344 */
    slab_flags: u32;
    /** `unsigned int`, at 348 */
    useroffset: u32;
    /** `unsigned int`, at 352 */
    usersize: u32;
    /** `struct request_sock_ops *`, at 360 */
    rsk_prot: request_sock_ops;
    /** `struct timewait_sock_ops *`, at 368 */
    twsk_prot: timewait_sock_ops;
    /** `union { struct inet_hashinfo *hashinfo; struct udp_table *udp_table; struct raw_hashinfo *raw_hash; struct smc_hashinfo *smc_hash; }`, at 376 */
    h: {
      /** `struct inet_hashinfo *`, at 0 */
      hashinfo: inet_hashinfo;
      /** `struct udp_table *`, at 0 */
      udp_table: udp_table;
      /** `struct raw_hashinfo *`, at 0 */
      raw_hash: raw_hashinfo;
      /** `struct smc_hashinfo *`, at 0 */
      smc_hash: smc_hashinfo;
    };
    /** `struct module *`, at 384 */
    owner: module;
    /** `char [32]`, at 392 */
    name: FixedArray<u8, 32> & FixedString<32>;
    /** `struct list_head`, at 424 */
    node: list_head;
    /** `int (*)(struct sock *, int)`, at 440 */
    diag_destroy: u64;
  }
  /** `struct proto_ops`. `skep types proto_ops` prints its fields. */
  export interface proto_ops {
    readonly "~kernel"?: "struct proto_ops";
  }
  /** `struct qrwlock`. `skep types qrwlock` prints its fields. */
  export interface qrwlock {
    readonly "~kernel"?: "struct qrwlock";
  }
  /** `struct qspinlock`. `skep types qspinlock` prints its fields. */
  export interface qspinlock {
    readonly "~kernel"?: "struct qspinlock";
  }
  /** `struct qstr`. `skep types qstr` prints its fields. */
  export interface qstr {
    readonly "~kernel"?: "struct qstr";
  }
  /** `struct raw_hashinfo`. `skep types raw_hashinfo` prints its fields. */
  export interface raw_hashinfo {
    readonly "~kernel"?: "struct raw_hashinfo";
  }
  /** `struct raw_spinlock`, 4 bytes. */
  export interface raw_spinlock {
    readonly "~kernel"?: "struct raw_spinlock";
    /** `arch_spinlock_t`, at 0 */
    raw_lock: qspinlock;
  }
  /** `struct rb_node`, 24 bytes. */
  export interface rb_node {
    readonly "~kernel"?: "struct rb_node";
    /** `long unsigned int`, at 0 */
    __rb_parent_color: u64;
    /** `struct rb_node *`, at 8 */
    rb_right: rb_node;
    /** `struct rb_node *`, at 16 */
    rb_left: rb_node;
  }
  /** `struct rb_root`, 8 bytes. */
  export interface rb_root {
    readonly "~kernel"?: "struct rb_root";
    /** `struct rb_node *`, at 0 */
    rb_node: rb_node;
  }
  /** `struct rb_root_cached`, 16 bytes. */
  export interface rb_root_cached {
    readonly "~kernel"?: "struct rb_root_cached";
    /** `struct rb_root`, at 0 */
    rb_root: rb_root;
    /** `struct rb_node *`, at 8 */
    rb_leftmost: rb_node;
  }
  /** `struct rcu_exp_work`. `skep types rcu_exp_work` prints its fields. */
  export interface rcu_exp_work {
    readonly "~kernel"?: "struct rcu_exp_work";
  }
  /** `struct rcu_node`, 704 bytes. */
  export interface rcu_node {
    readonly "~kernel"?: "struct rcu_node";
    /** `raw_spinlock_t`, at 0 */
    lock: raw_spinlock;
    /** `long unsigned int`, at 8 */
    gp_seq: u64;
    /** `long unsigned int`, at 16 */
    gp_seq_needed: u64;
    /** `long unsigned int`, at 24 */
    completedqs: u64;
    /** `long unsigned int`, at 32 */
    qsmask: u64;
    /** `long unsigned int`, at 40 */
    rcu_gp_init_mask: u64;
    /** `long unsigned int`, at 48 */
    qsmaskinit: u64;
    /** `long unsigned int`, at 56 */
    qsmaskinitnext: u64;
    /** `long unsigned int`, at 64 */
    expmask: u64;
    /** `long unsigned int`, at 72 */
    expmaskinit: u64;
    /** `long unsigned int`, at 80 */
    expmaskinitnext: u64;
    /** `struct kthread_worker *`, at 88 */
    exp_kworker: kthread_worker;
    /** `long unsigned int`, at 96 */
    cbovldmask: u64;
    /** `long unsigned int`, at 104 */
    ffmask: u64;
    /** `long unsigned int`, at 112 */
    grpmask: u64;
    /** `int`, at 120 */
    grplo: i32;
    /** `int`, at 124 */
    grphi: i32;
    /** `u8`, at 128 */
    grpnum: u8;
    /** `u8`, at 129 */
    level: u8;
    /** `bool`, at 130 */
    wait_blkd_tasks: bool;
    /** `struct rcu_node *`, at 136 */
    parent: rcu_node;
    /** `struct list_head`, at 144 */
    blkd_tasks: list_head;
    /** `struct list_head *`, at 160 */
    gp_tasks: list_head;
    /** `struct list_head *`, at 168 */
    exp_tasks: list_head;
    /** `struct list_head *`, at 176 */
    boost_tasks: list_head;
    /** `struct rt_mutex`, at 184 */
    boost_mtx: rt_mutex;
    /** `long unsigned int`, at 216 */
    boost_time: u64;
    /** `struct mutex`, at 224 */
    kthread_mutex: mutex;
    /** `struct task_struct *`, at 256 */
    boost_kthread_task: task_struct;
    /** `unsigned int`, at 264 */
    boost_kthread_status: u32;
    /** `long unsigned int`, at 272 */
    n_boosts: u64;
    /** `struct swait_queue_head [2]`, at 280 */
    nocb_gp_wq: FixedArray<swait_queue_head, 2>;
    /** `raw_spinlock_t`, at 384 */
    fqslock: raw_spinlock;
    /** `spinlock_t`, at 448 */
    exp_lock: spinlock;
    /** `long unsigned int`, at 456 */
    exp_seq_rq: u64;
    /** `wait_queue_head_t [4]`, at 464 */
    exp_wq: FixedArray<wait_queue_head, 4>;
    /** `struct rcu_exp_work`, at 560 */
    rew: rcu_exp_work;
    /** `bool`, at 608 */
    exp_need_flush: bool;
    /** `raw_spinlock_t`, at 612 */
    exp_poll_lock: raw_spinlock;
    /** `long unsigned int`, at 616 */
    exp_seq_poll_rq: u64;
    /** `struct work_struct`, at 624 */
    exp_poll_wq: work_struct;
  }
  /** `union rcu_special`, 4 bytes. */
  export interface rcu_special {
    readonly "~kernel"?: "union rcu_special";
    /** `struct { u8 blocked; u8 need_qs; u8 exp_hint; u8 need_mb; }`, at 0 */
    b: {
      /** `u8`, at 0 */
      blocked: u8;
      /** `u8`, at 1 */
      need_qs: u8;
      /** `u8`, at 2 */
      exp_hint: u8;
      /** `u8`, at 3 */
      need_mb: u8;
    };
    /** `u32`, at 0 */
    s: u32;
  }
  /** `rcuref_t`. `skep types rcuref_t` prints its fields. */
  export interface rcuref_t {
    readonly "~kernel"?: "struct rcuref_t";
  }
  /** `struct rcuwait`. `skep types rcuwait` prints its fields. */
  export interface rcuwait {
    readonly "~kernel"?: "struct rcuwait";
  }
  /** `struct reclaim_state`, 8 bytes. */
  export interface reclaim_state {
    readonly "~kernel"?: "struct reclaim_state";
    /** `long unsigned int`, at 0 */
    reclaimed: u64;
  }
  /** `struct refcount_struct`, 4 bytes. */
  export interface refcount_struct {
    readonly "~kernel"?: "struct refcount_struct";
    /** `atomic_t`, at 0 */
    refs: atomic_t;
  }
  /** `struct request_queue`. `skep types request_queue` prints its fields. */
  export interface request_queue {
    readonly "~kernel"?: "struct request_queue";
  }
  /** `struct request_sock_ops`. `skep types request_sock_ops` prints its fields. */
  export interface request_sock_ops {
    readonly "~kernel"?: "struct request_sock_ops";
  }
  /** `struct restart_block`, 56 bytes. */
  export interface restart_block {
    readonly "~kernel"?: "struct restart_block";
    /** `long unsigned int`, at 0 */
    arch_data: u64;
    /** `long int (*)(struct restart_block *)`, at 8 */
    fn: u64;
    /** `struct { u32 *uaddr; u32 val; u32 flags; u32 bitset; u64 time; u32 *uaddr2; }`, at 16 */
    futex: {
      /** `u32 *`, at 0 */
      uaddr: u64;
      /** `u32`, at 8 */
      val: u32;
      /** `u32`, at 12 */
      flags: u32;
      /** `u32`, at 16 */
      bitset: u32;
      /** `u64`, at 24 */
      time: u64;
      /** `u32 *`, at 32 */
      uaddr2: u64;
    };
    /** `struct { clockid_t clockid; enum timespec_type type; union { struct __kernel_timespec *rmtp; struct old_timespec32 *compat_rmtp; }; u64 expires; }`, at 16 */
    nanosleep: {
      /** `clockid_t`, at 0 */
      clockid: i32;
      /** `enum timespec_type`, at 4 */
      type: u32;
      /** `struct __kernel_timespec *`, at 8 */
      rmtp: __kernel_timespec;
      /** `struct old_timespec32 *`, at 8 */
      compat_rmtp: old_timespec32;
      /** `u64`, at 16 */
      expires: u64;
    };
    /** `struct { struct pollfd *ufds; int nfds; int has_timeout; long unsigned int tv_sec; long unsigned int tv_nsec; }`, at 16 */
    poll: {
      /** `struct pollfd *`, at 0 */
      ufds: pollfd;
      /** `int`, at 8 */
      nfds: i32;
      /** `int`, at 12 */
      has_timeout: i32;
      /** `long unsigned int`, at 16 */
      tv_sec: u64;
      /** `long unsigned int`, at 24 */
      tv_nsec: u64;
    };
  }
  /** `struct return_instance`. `skep types return_instance` prints its fields. */
  export interface return_instance {
    readonly "~kernel"?: "struct return_instance";
  }
  /** `struct rlimit`. `skep types rlimit` prints its fields. */
  export interface rlimit {
    readonly "~kernel"?: "struct rlimit";
  }
  /** `struct robust_list`. `skep types robust_list` prints its fields. */
  export interface robust_list {
    readonly "~kernel"?: "struct robust_list";
  }
  /** `struct robust_list_head`, 24 bytes. */
  export interface robust_list_head {
    readonly "~kernel"?: "struct robust_list_head";
    /** `struct robust_list`, at 0 */
    list: robust_list;
    /** `long int`, at 8 */
    futex_offset: i64;
    /** `struct robust_list *`, at 16 */
    list_op_pending: robust_list;
  }
  /** `struct rq`. `skep types rq` prints its fields. */
  export interface rq {
    readonly "~kernel"?: "struct rq";
  }
  /** `struct rq_list`. `skep types rq_list` prints its fields. */
  export interface rq_list {
    readonly "~kernel"?: "struct rq_list";
  }
  /** `struct rseq`, 32 bytes. */
  export interface rseq {
    readonly "~kernel"?: "struct rseq";
    /** `__u32`, at 0 */
    cpu_id_start: u32;
    /** `__u32`, at 4 */
    cpu_id: u32;
    /** `__u64`, at 8 */
    rseq_cs: u64;
    /** `__u32`, at 16 */
    flags: u32;
    /** `__u32`, at 20 */
    node_id: u32;
    /** `__u32`, at 24 */
    mm_cid: u32;
    /** `char [0]`, at 28 */
    end: readonly u8[];
  }
  /** `struct rt_bandwidth`. `skep types rt_bandwidth` prints its fields. */
  export interface rt_bandwidth {
    readonly "~kernel"?: "struct rt_bandwidth";
  }
  /** `struct rt_mutex`. `skep types rt_mutex` prints its fields. */
  export interface rt_mutex {
    readonly "~kernel"?: "struct rt_mutex";
  }
  /** `struct rt_mutex_base`. `skep types rt_mutex_base` prints its fields. */
  export interface rt_mutex_base {
    readonly "~kernel"?: "struct rt_mutex_base";
  }
  /** `struct rt_mutex_waiter`, 112 bytes. */
  export interface rt_mutex_waiter {
    readonly "~kernel"?: "struct rt_mutex_waiter";
    /** `struct rt_waiter_node`, at 0 */
    tree: rt_waiter_node;
    /** `struct rt_waiter_node`, at 40 */
    pi_tree: rt_waiter_node;
    /** `struct task_struct *`, at 80 */
    task: task_struct;
    /** `struct rt_mutex_base *`, at 88 */
    lock: rt_mutex_base;
    /** `unsigned int`, at 96 */
    wake_state: u32;
    /** `struct ww_acquire_ctx *`, at 104 */
    ww_ctx: ww_acquire_ctx;
  }
  /** `struct rt_rq`. `skep types rt_rq` prints its fields. */
  export interface rt_rq {
    readonly "~kernel"?: "struct rt_rq";
  }
  /** `struct rt_waiter_node`. `skep types rt_waiter_node` prints its fields. */
  export interface rt_waiter_node {
    readonly "~kernel"?: "struct rt_waiter_node";
  }
  /** `struct rw_semaphore`. `skep types rw_semaphore` prints its fields. */
  export interface rw_semaphore {
    readonly "~kernel"?: "struct rw_semaphore";
  }
  /** `rwlock_t`, 8 bytes. */
  export interface rwlock_t {
    readonly "~kernel"?: "struct rwlock_t";
    /** `arch_rwlock_t`, at 0 */
    raw_lock: qrwlock;
  }
  /** `struct saved`. `skep types saved` prints its fields. */
  export interface saved {
    readonly "~kernel"?: "struct saved";
  }
  /** `struct sched_avg`. `skep types sched_avg` prints its fields. */
  export interface sched_avg {
    readonly "~kernel"?: "struct sched_avg";
  }
  /** `struct sched_class`, 224 bytes. */
  export interface sched_class {
    readonly "~kernel"?: "struct sched_class";
    /** `void (*)(struct rq *, struct task_struct *, int)`, at 0 */
    enqueue_task: u64;
    /** `bool (*)(struct rq *, struct task_struct *, int)`, at 8 */
    dequeue_task: u64;
    /** `void (*)(struct rq *)`, at 16 */
    yield_task: u64;
    /** `bool (*)(struct rq *, struct task_struct *)`, at 24 */
    yield_to_task: u64;
    /** `void (*)(struct rq *, struct task_struct *, int)`, at 32 */
    wakeup_preempt: u64;
    /** `int (*)(struct rq *, struct task_struct *, struct rq_flags *)`, at 40 */
    balance: u64;
    /** `struct task_struct *(*)(struct rq *)`, at 48 */
    pick_task: u64;
    /** `struct task_struct *(*)(struct rq *, struct task_struct *)`, at 56 */
    pick_next_task: u64;
    /** `void (*)(struct rq *, struct task_struct *, struct task_struct *)`, at 64 */
    put_prev_task: u64;
    /** `void (*)(struct rq *, struct task_struct *, bool)`, at 72 */
    set_next_task: u64;
    /** `int (*)(struct task_struct *, int, int)`, at 80 */
    select_task_rq: u64;
    /** `void (*)(struct task_struct *, int)`, at 88 */
    migrate_task_rq: u64;
    /** `void (*)(struct rq *, struct task_struct *)`, at 96 */
    task_woken: u64;
    /** `void (*)(struct task_struct *, struct affinity_context *)`, at 104 */
    set_cpus_allowed: u64;
    /** `void (*)(struct rq *)`, at 112 */
    rq_online: u64;
    /** `void (*)(struct rq *)`, at 120 */
    rq_offline: u64;
    /** `struct rq *(*)(struct task_struct *, struct rq *)`, at 128 */
    find_lock_rq: u64;
    /** `void (*)(struct rq *, struct task_struct *, int)`, at 136 */
    task_tick: u64;
    /** `void (*)(struct task_struct *)`, at 144 */
    task_fork: u64;
    /** `void (*)(struct task_struct *)`, at 152 */
    task_dead: u64;
    /** `void (*)(struct rq *, struct task_struct *)`, at 160 */
    switching_to: u64;
    /** `void (*)(struct rq *, struct task_struct *)`, at 168 */
    switched_from: u64;
    /** `void (*)(struct rq *, struct task_struct *)`, at 176 */
    switched_to: u64;
    /** `void (*)(struct rq *, struct task_struct *, const struct load_weight *)`, at 184 */
    reweight_task: u64;
    /** `void (*)(struct rq *, struct task_struct *, int)`, at 192 */
    prio_changed: u64;
    /** `unsigned int (*)(struct rq *, struct task_struct *)`, at 200 */
    get_rr_interval: u64;
    /** `void (*)(struct rq *)`, at 208 */
    update_curr: u64;
    /** `void (*)(struct task_struct *)`, at 216 */
    task_change_group: u64;
  }
  /** `struct sched_dl_entity`, 240 bytes. */
  export interface sched_dl_entity {
    readonly "~kernel"?: "struct sched_dl_entity";
    /** `struct rb_node`, at 0 */
    rb_node: rb_node;
    /** `u64`, at 24 */
    dl_runtime: u64;
    /** `u64`, at 32 */
    dl_deadline: u64;
    /** `u64`, at 40 */
    dl_period: u64;
    /** `u64`, at 48 */
    dl_bw: u64;
    /** `u64`, at 56 */
    dl_density: u64;
    /** `s64`, at 64 */
    runtime: i64;
    /** `u64`, at 72 */
    deadline: u64;
    /** `unsigned int`, at 80 */
    flags: u32;
    /** `unsigned int`, 1 bit at bit 672 */
    dl_throttled: u32;
    /** `unsigned int`, 1 bit at bit 673 */
    dl_yielded: u32;
    /** `unsigned int`, 1 bit at bit 674 */
    dl_non_contending: u32;
    /** `unsigned int`, 1 bit at bit 675 */
    dl_overrun: u32;
    /** `unsigned int`, 1 bit at bit 676 */
    dl_server: u32;
    /** `unsigned int`, 1 bit at bit 677 */
    dl_server_active: u32;
    /** `unsigned int`, 1 bit at bit 678 */
    dl_defer: u32;
    /** `unsigned int`, 1 bit at bit 679 */
    dl_defer_armed: u32;
    /** `unsigned int`, 1 bit at bit 680 */
    dl_defer_running: u32;
    /** `struct hrtimer`, at 88 */
    dl_timer: hrtimer;
    /** `struct hrtimer`, at 152 */
    inactive_timer: hrtimer;
    /** `struct rq *`, at 216 */
    rq: rq;
    /** `dl_server_pick_f`, at 224 */
    server_pick_task: u64;
    /** `struct sched_dl_entity *`, at 232 */
    pi_se: sched_dl_entity;
  }
  /** `struct sched_entity`, 256 bytes. */
  export interface sched_entity {
    readonly "~kernel"?: "struct sched_entity";
    /** `struct load_weight`, at 0 */
    load: load_weight;
    /** `struct rb_node`, at 16 */
    run_node: rb_node;
    /** `u64`, at 40 */
    deadline: u64;
    /** `u64`, at 48 */
    min_vruntime: u64;
    /** `u64`, at 56 */
    min_slice: u64;
    /** `u64`, at 64 */
    max_slice: u64;
    /** `struct list_head`, at 72 */
    group_node: list_head;
    /** `unsigned char`, at 88 */
    on_rq: u8;
    /** `unsigned char`, at 89 */
    sched_delayed: u8;
    /** `unsigned char`, at 90 */
    rel_deadline: u8;
    /** `unsigned char`, at 91 */
    custom_slice: u8;
    /** `u64`, at 96 */
    exec_start: u64;
    /** `u64`, at 104 */
    sum_exec_runtime: u64;
    /** `u64`, at 112 */
    prev_sum_exec_runtime: u64;
    /** `u64`, at 120 */
    vruntime: u64;
    /** `s64`, at 128 */
    vlag: i64;
    /** `u64`, at 128 */
    vprot: u64;
    /** `u64`, at 136 */
    slice: u64;
    /** `u64`, at 144 */
    nr_migrations: u64;
    /** `int`, at 152 */
    depth: i32;
    /** `struct sched_entity *`, at 160 */
    parent: sched_entity;
    /** `struct cfs_rq *`, at 168 */
    cfs_rq: cfs_rq;
    /** `struct cfs_rq *`, at 176 */
    my_q: cfs_rq;
    /** `long unsigned int`, at 184 */
    runnable_weight: u64;
    /** `struct sched_avg`, at 192 */
    avg: sched_avg;
  }
  /** `struct sched_info`, 48 bytes. */
  export interface sched_info {
    readonly "~kernel"?: "struct sched_info";
    /** `long unsigned int`, at 0 */
    pcount: u64;
    /** `long long unsigned int`, at 8 */
    run_delay: u64;
    /** `long long unsigned int`, at 16 */
    max_run_delay: u64;
    /** `long long unsigned int`, at 24 */
    min_run_delay: u64;
    /** `long long unsigned int`, at 32 */
    last_arrival: u64;
    /** `long long unsigned int`, at 40 */
    last_queued: u64;
  }
  /** `struct sched_rt_entity`, 72 bytes. */
  export interface sched_rt_entity {
    readonly "~kernel"?: "struct sched_rt_entity";
    /** `struct list_head`, at 0 */
    run_list: list_head;
    /** `long unsigned int`, at 16 */
    timeout: u64;
    /** `long unsigned int`, at 24 */
    watchdog_stamp: u64;
    /** `unsigned int`, at 32 */
    time_slice: u32;
    /** `short unsigned int`, at 36 */
    on_rq: u16;
    /** `short unsigned int`, at 38 */
    on_list: u16;
    /** `struct sched_rt_entity *`, at 40 */
    back: sched_rt_entity;
    /** `struct sched_rt_entity *`, at 48 */
    parent: sched_rt_entity;
    /** `struct rt_rq *`, at 56 */
    rt_rq: rt_rq;
    /** `struct rt_rq *`, at 64 */
    my_q: rt_rq;
  }
  /** `struct sched_statistics`, 0 bytes. */
  export interface sched_statistics {
    readonly "~kernel"?: "struct sched_statistics";
  }
  /** `struct scx_task_group`. Only declared in the kernel's types. */
  export interface scx_task_group {
    readonly "~kernel"?: "struct scx_task_group";
  }
  /** `struct seccomp`, 16 bytes. */
  export interface seccomp {
    readonly "~kernel"?: "struct seccomp";
    /** `int`, at 0 */
    mode: i32;
    /** `atomic_t`, at 4 */
    filter_count: atomic_t;
    /** `struct seccomp_filter *`, at 8 */
    filter: seccomp_filter;
  }
  /** `struct seccomp_filter`. `skep types seccomp_filter` prints its fields. */
  export interface seccomp_filter {
    readonly "~kernel"?: "struct seccomp_filter";
  }
  /** `struct sem_undo_list`. `skep types sem_undo_list` prints its fields. */
  export interface sem_undo_list {
    readonly "~kernel"?: "struct sem_undo_list";
  }
  /** `struct seq_file`. `skep types seq_file` prints its fields. */
  export interface seq_file {
    readonly "~kernel"?: "struct seq_file";
  }
  /** `struct seqcount`. `skep types seqcount` prints its fields. */
  export interface seqcount {
    readonly "~kernel"?: "struct seqcount";
  }
  /** `struct seqcount_spinlock`, 4 bytes. */
  export interface seqcount_spinlock {
    readonly "~kernel"?: "struct seqcount_spinlock";
    /** `seqcount_t`, at 0 */
    seqcount: seqcount;
  }
  /** `seqlock_t`. `skep types seqlock_t` prints its fields. */
  export interface seqlock_t {
    readonly "~kernel"?: "struct seqlock_t";
  }
  /** `struct sighand_struct`, 2080 bytes. */
  export interface sighand_struct {
    readonly "~kernel"?: "struct sighand_struct";
    /** `spinlock_t`, at 0 */
    siglock: spinlock;
    /** `refcount_t`, at 4 */
    count: refcount_struct;
    /** `wait_queue_head_t`, at 8 */
    signalfd_wqh: wait_queue_head;
    /** `struct k_sigaction [64]`, at 32 */
    action: FixedArray<k_sigaction, 64>;
  }
  /** `struct signal_struct`, 1144 bytes. */
  export interface signal_struct {
    readonly "~kernel"?: "struct signal_struct";
    /** `refcount_t`, at 0 */
    sigcnt: refcount_struct;
    /** `atomic_t`, at 4 */
    live: atomic_t;
    /** `int`, at 8 */
    nr_threads: i32;
    /** `int`, at 12 */
    quick_threads: i32;
    /** `struct list_head`, at 16 */
    thread_head: list_head;
    /** `wait_queue_head_t`, at 32 */
    wait_chldexit: wait_queue_head;
    /** `struct task_struct *`, at 56 */
    curr_target: task_struct;
    /** `struct sigpending`, at 64 */
    shared_pending: sigpending;
    /** `struct hlist_head`, at 88 */
    multiprocess: hlist_head;
    /** `int`, at 96 */
    group_exit_code: i32;
    /** `int`, at 100 */
    notify_count: i32;
    /** `struct task_struct *`, at 104 */
    group_exec_task: task_struct;
    /** `int`, at 112 */
    group_stop_count: i32;
    /** `unsigned int`, at 116 */
    flags: u32;
    /** `struct core_state *`, at 120 */
    core_state: core_state;
    /** `unsigned int`, 1 bit at bit 1024 */
    is_child_subreaper: u32;
    /** `unsigned int`, 1 bit at bit 1025 */
    has_child_subreaper: u32;
    /** `unsigned int`, 1 bit at bit 1026 */
    timer_create_restore_ids: u32;
    /** `atomic_t`, at 132 */
    next_posix_timer_id: atomic_t;
    /** `struct hlist_head`, at 136 */
    posix_timers: hlist_head;
    /** `struct hlist_head`, at 144 */
    ignored_posix_timers: hlist_head;
    /** `struct hrtimer`, at 152 */
    real_timer: hrtimer;
    /** `ktime_t`, at 216 */
    it_real_incr: i64;
    /** `struct cpu_itimer [2]`, at 224 */
    it: FixedArray<cpu_itimer, 2>;
    /** `struct thread_group_cputimer`, at 256 */
    cputimer: thread_group_cputimer;
    /** `struct posix_cputimers`, at 280 */
    posix_cputimers: posix_cputimers;
    /** `struct pid *[4]`, at 360 */
    pids: FixedArray<pid, 4>;
    /** `struct pid *`, at 392 */
    tty_old_pgrp: pid;
    /** `int`, at 400 */
    leader: i32;
    /** `struct tty_struct *`, at 408 */
    tty: tty_struct;
    /** `struct autogroup *`, at 416 */
    autogroup: autogroup;
    /** `seqlock_t`, at 424 */
    stats_lock: seqlock_t;
    /** `u64`, at 432 */
    utime: u64;
    /** `u64`, at 440 */
    stime: u64;
    /** `u64`, at 448 */
    cutime: u64;
    /** `u64`, at 456 */
    cstime: u64;
    /** `u64`, at 464 */
    gtime: u64;
    /** `u64`, at 472 */
    cgtime: u64;
    /** `struct prev_cputime`, at 480 */
    prev_cputime: prev_cputime;
    /** `long unsigned int`, at 504 */
    nvcsw: u64;
    /** `long unsigned int`, at 512 */
    nivcsw: u64;
    /** `long unsigned int`, at 520 */
    cnvcsw: u64;
    /** `long unsigned int`, at 528 */
    cnivcsw: u64;
    /** `long unsigned int`, at 536 */
    min_flt: u64;
    /** `long unsigned int`, at 544 */
    maj_flt: u64;
    /** `long unsigned int`, at 552 */
    cmin_flt: u64;
    /** `long unsigned int`, at 560 */
    cmaj_flt: u64;
    /** `long unsigned int`, at 568 */
    inblock: u64;
    /** `long unsigned int`, at 576 */
    oublock: u64;
    /** `long unsigned int`, at 584 */
    cinblock: u64;
    /** `long unsigned int`, at 592 */
    coublock: u64;
    /** `long unsigned int`, at 600 */
    maxrss: u64;
    /** `long unsigned int`, at 608 */
    cmaxrss: u64;
    /** `struct task_io_accounting`, at 616 */
    ioac: task_io_accounting;
    /** `long long unsigned int`, at 672 */
    sum_sched_runtime: u64;
    /** `struct rlimit [16]`, at 680 */
    rlim: FixedArray<rlimit, 16>;
    /** `struct pacct_struct`, at 936 */
    pacct: pacct_struct;
    /** `struct taskstats *`, at 992 */
    stats: taskstats;
    /** `unsigned int`, at 1000 */
    audit_tty: u32;
    /** `struct tty_audit_buf *`, at 1008 */
    tty_audit_buf: tty_audit_buf;
    /** `struct rw_semaphore`, at 1016 */
    cgroup_threadgroup_rwsem: rw_semaphore;
    /** `bool`, at 1056 */
    oom_flag_origin: bool;
    /** `short int`, at 1058 */
    oom_score_adj: i16;
    /** `short int`, at 1060 */
    oom_score_adj_min: i16;
    /** `struct mm_struct *`, at 1064 */
    oom_mm: mm_struct;
    /** `struct mutex`, at 1072 */
    cred_guard_mutex: mutex;
    /** `struct rw_semaphore`, at 1104 */
    exec_update_lock: rw_semaphore;
  }
  /** `struct sigpending`, 24 bytes. */
  export interface sigpending {
    readonly "~kernel"?: "struct sigpending";
    /** `struct list_head`, at 0 */
    list: list_head;
    /** `sigset_t`, at 16 */
    signal: sigset_t;
  }
  /** `sigset_t`, 8 bytes. */
  export interface sigset_t {
    readonly "~kernel"?: "struct sigset_t";
    /** `long unsigned int [1]`, at 0 */
    sig: FixedArray<u64, 1>;
  }
  /** `struct sk_buff`, 224 bytes. */
  export interface sk_buff {
    readonly "~kernel"?: "struct sk_buff";
    /** `struct sk_buff *`, at 0 */
    next: sk_buff;
    /** `struct sk_buff *`, at 8 */
    prev: sk_buff;
    /** `struct net_device *`, at 16 */
    dev: net_device;
    /** `long unsigned int`, at 16 */
    dev_scratch: u64;
    /** `struct rb_node`, at 0 */
    rbnode: rb_node;
    /** `struct list_head`, at 0 */
    list: list_head;
    /** `struct llist_node`, at 0 */
    ll_node: llist_node;
    /** `struct sock *`, at 24 */
    sk: sock;
    /** `ktime_t`, at 32 */
    tstamp: i64;
    /** `u64`, at 32 */
    skb_mstamp_ns: u64;
    /** `char [48]`, at 40 */
    cb: FixedArray<u8, 48> & FixedString<48>;
    /** `long unsigned int`, at 88 */
    _skb_refdst: u64;
    /** `void (*)(struct sk_buff *)`, at 96 */
    destructor: u64;
    /** `struct list_head`, at 88 */
    tcp_tsorted_anchor: list_head;
    /** `long unsigned int`, at 88 */
    _sk_redir: u64;
    /** `long unsigned int`, at 104 */
    _nfct: u64;
    /** `unsigned int`, at 112 */
    len: u32;
    /** `unsigned int`, at 116 */
    data_len: u32;
    /** `__u16`, at 120 */
    mac_len: u16;
    /** `__u16`, at 122 */
    hdr_len: u16;
    /** `__u16`, at 124 */
    queue_mapping: u16;
    /** `__u8 [0]`, at 126 */
    __cloned_offset: readonly u8[];
    /** `__u8`, 1 bit at bit 1008 */
    cloned: u8;
    /** `__u8`, 1 bit at bit 1009 */
    nohdr: u8;
    /** `__u8`, 2 bits at bit 1010 */
    fclone: u8;
    /** `__u8`, 1 bit at bit 1012 */
    peeked: u8;
    /** `__u8`, 1 bit at bit 1013 */
    head_frag: u8;
    /** `__u8`, 1 bit at bit 1014 */
    pfmemalloc: u8;
    /** `__u8`, 1 bit at bit 1015 */
    pp_recycle: u8;
    /** `__u8`, at 127 */
    active_extensions: u8;
    /** `__u8 [0]`, at 128 */
    __pkt_type_offset: readonly u8[];
    /** `__u8`, 3 bits at bit 1024 */
    pkt_type: u8;
    /** `__u8`, 1 bit at bit 1027 */
    ignore_df: u8;
    /** `__u8`, 1 bit at bit 1028 */
    dst_pending_confirm: u8;
    /** `__u8`, 2 bits at bit 1029 */
    ip_summed: u8;
    /** `__u8`, 1 bit at bit 1031 */
    ooo_okay: u8;
    /** `__u8 [0]`, at 129 */
    __mono_tc_offset: readonly u8[];
    /** `__u8`, 2 bits at bit 1032 */
    tstamp_type: u8;
    /** `__u8`, 1 bit at bit 1034 */
    tc_at_ingress: u8;
    /** `__u8`, 1 bit at bit 1035 */
    tc_skip_classify: u8;
    /** `__u8`, 1 bit at bit 1036 */
    remcsum_offload: u8;
    /** `__u8`, 1 bit at bit 1037 */
    csum_complete_sw: u8;
    /** `__u8`, 2 bits at bit 1038 */
    csum_level: u8;
    /** `__u8`, 1 bit at bit 1040 */
    inner_protocol_type: u8;
    /** `__u8`, 1 bit at bit 1041 */
    l4_hash: u8;
    /** `__u8`, 1 bit at bit 1042 */
    sw_hash: u8;
    /** `__u8`, 1 bit at bit 1043 */
    no_fcs: u8;
    /** `__u8`, 1 bit at bit 1044 */
    encapsulation: u8;
    /** `__u8`, 1 bit at bit 1045 */
    encap_hdr_csum: u8;
    /** `__u8`, 1 bit at bit 1046 */
    csum_valid: u8;
    /** `__u8`, 1 bit at bit 1047 */
    nf_trace: u8;
    /** `__u8`, 1 bit at bit 1048 */
    redirected: u8;
    /** `__u8`, 1 bit at bit 1049 */
    from_ingress: u8;
    /** `__u8`, 1 bit at bit 1050 */
    nf_skip_egress: u8;
    /** `__u8`, 1 bit at bit 1051 */
    slow_gro: u8;
    /** `__u8`, 1 bit at bit 1052 */
    unreadable: u8;
    /** `__u16`, at 132 */
    tc_index: u16;
    /** `u16`, at 134 */
    alloc_cpu: u16;
    /** `__wsum`, at 136 */
    csum: u32;
    /** `__u16`, at 136 */
    csum_start: u16;
    /** `__u16`, at 138 */
    csum_offset: u16;
    /** `__u32`, at 140 */
    priority: u32;
    /** `int`, at 144 */
    skb_iif: i32;
    /** `__u32`, at 148 */
    hash: u32;
    /** `u32`, at 152 */
    vlan_all: u32;
    /** `__be16`, at 152 */
    vlan_proto: be16;
    /** `__u16`, at 154 */
    vlan_tci: u16;
    /** `unsigned int`, at 156 */
    napi_id: u32;
    /** `unsigned int`, at 156 */
    sender_cpu: u32;
    /** `__u32`, at 160 */
    secmark: u32;
    /** `__u32`, at 164 */
    mark: u32;
    /** `__u32`, at 164 */
    reserved_tailroom: u32;
    /** `__be16`, at 168 */
    inner_protocol: be16;
    /** `__u8`, at 168 */
    inner_ipproto: u8;
    /** `__u16`, at 170 */
    inner_transport_header: u16;
    /** `__u16`, at 172 */
    inner_network_header: u16;
    /** `__u16`, at 174 */
    inner_mac_header: u16;
    /** `__be16`, at 176 */
    protocol: be16;
    /** `__u16`, at 178 */
    transport_header: u16;
    /** `__u16`, at 180 */
    network_header: u16;
    /** `__u16`, at 182 */
    mac_header: u16;
    /** `struct { __u8 __pkt_type_offset[0]; __u8 pkt_type: 3; __u8 ignore_df: 1; __u8 dst_pending_confirm: 1; __u8 ip_summed: 2; __u8 ooo_okay: 1; __u8 __mono_tc_offset[0]; __u8 tstamp_type: 2; __u8 tc_at_ingress: 1; __u8 tc_skip_classify: 1; __u8 remcsum_offload: 1; __u8 csum_complete_sw: 1; __u8 csum_level: 2; __u8 inner_protocol_type: 1; __u8 l4_hash: 1; __u8 sw_hash: 1; __u8 no_fcs: 1; __u8 encapsulation: 1; __u8 encap_hdr_csum: 1; __u8 csum_valid: 1; __u8 nf_trace: 1; __u8 redirected: 1; __u8 from_ingress: 1; __u8 nf_skip_egress: 1; __u8 slow_gro: 1; __u8 unreadable: 1; __u16 tc_index; u16 alloc_cpu; union { __wsum csum; struct { __u16 csum_start; __u16 csum_offset; }; }; __u32 priority; int skb_iif; __u32 hash; union { u32 vlan_all; struct { __be16 vlan_proto; __u16 vlan_tci; }; }; union { unsigned int napi_id; unsigned int sender_cpu; }; __u32 secmark; union { __u32 mark; __u32 reserved_tailroom; }; union { __be16 inner_protocol; __u8 inner_ipproto; }; __u16 inner_transport_header; __u16 inner_network_header; __u16 inner_mac_header; __be16 protocol; __u16 transport_header; __u16 network_header; __u16 mac_header; }`, at 128 */
    headers: {
      /** `__u8 [0]`, at 0 */
      __pkt_type_offset: readonly u8[];
      /** `__u8`, 3 bits at bit 0 */
      pkt_type: u8;
      /** `__u8`, 1 bit at bit 3 */
      ignore_df: u8;
      /** `__u8`, 1 bit at bit 4 */
      dst_pending_confirm: u8;
      /** `__u8`, 2 bits at bit 5 */
      ip_summed: u8;
      /** `__u8`, 1 bit at bit 7 */
      ooo_okay: u8;
      /** `__u8 [0]`, at 1 */
      __mono_tc_offset: readonly u8[];
      /** `__u8`, 2 bits at bit 8 */
      tstamp_type: u8;
      /** `__u8`, 1 bit at bit 10 */
      tc_at_ingress: u8;
      /** `__u8`, 1 bit at bit 11 */
      tc_skip_classify: u8;
      /** `__u8`, 1 bit at bit 12 */
      remcsum_offload: u8;
      /** `__u8`, 1 bit at bit 13 */
      csum_complete_sw: u8;
      /** `__u8`, 2 bits at bit 14 */
      csum_level: u8;
      /** `__u8`, 1 bit at bit 16 */
      inner_protocol_type: u8;
      /** `__u8`, 1 bit at bit 17 */
      l4_hash: u8;
      /** `__u8`, 1 bit at bit 18 */
      sw_hash: u8;
      /** `__u8`, 1 bit at bit 19 */
      no_fcs: u8;
      /** `__u8`, 1 bit at bit 20 */
      encapsulation: u8;
      /** `__u8`, 1 bit at bit 21 */
      encap_hdr_csum: u8;
      /** `__u8`, 1 bit at bit 22 */
      csum_valid: u8;
      /** `__u8`, 1 bit at bit 23 */
      nf_trace: u8;
      /** `__u8`, 1 bit at bit 24 */
      redirected: u8;
      /** `__u8`, 1 bit at bit 25 */
      from_ingress: u8;
      /** `__u8`, 1 bit at bit 26 */
      nf_skip_egress: u8;
      /** `__u8`, 1 bit at bit 27 */
      slow_gro: u8;
      /** `__u8`, 1 bit at bit 28 */
      unreadable: u8;
      /** `__u16`, at 4 */
      tc_index: u16;
      /** `u16`, at 6 */
      alloc_cpu: u16;
      /** `__wsum`, at 8 */
      csum: u32;
      /** `__u16`, at 8 */
      csum_start: u16;
      /** `__u16`, at 10 */
      csum_offset: u16;
      /** `__u32`, at 12 */
      priority: u32;
      /** `int`, at 16 */
      skb_iif: i32;
      /** `__u32`, at 20 */
      hash: u32;
      /** `u32`, at 24 */
      vlan_all: u32;
      /** `__be16`, at 24 */
      vlan_proto: be16;
      /** `__u16`, at 26 */
      vlan_tci: u16;
      /** `unsigned int`, at 28 */
      napi_id: u32;
      /** `unsigned int`, at 28 */
      sender_cpu: u32;
      /** `__u32`, at 32 */
      secmark: u32;
      /** `__u32`, at 36 */
      mark: u32;
      /** `__u32`, at 36 */
      reserved_tailroom: u32;
      /** `__be16`, at 40 */
      inner_protocol: be16;
      /** `__u8`, at 40 */
      inner_ipproto: u8;
      /** `__u16`, at 42 */
      inner_transport_header: u16;
      /** `__u16`, at 44 */
      inner_network_header: u16;
      /** `__u16`, at 46 */
      inner_mac_header: u16;
      /** `__be16`, at 48 */
      protocol: be16;
      /** `__u16`, at 50 */
      transport_header: u16;
      /** `__u16`, at 52 */
      network_header: u16;
      /** `__u16`, at 54 */
      mac_header: u16;
    };
    /** `sk_buff_data_t`, at 184 */
    tail: u32;
    /** `sk_buff_data_t`, at 188 */
    end: u32;
    /** `unsigned char *`, at 192 */
    head: u64;
    /** `unsigned char *`, at 200 */
    data: u64;
    /** `unsigned int`, at 208 */
    truesize: u32;
    /** `refcount_t`, at 212 */
    users: refcount_struct;
    /** `struct skb_ext *`, at 216 */
    extensions: skb_ext;
  }
  /** `struct sk_buff_head`, 24 bytes. */
  export interface sk_buff_head {
    readonly "~kernel"?: "struct sk_buff_head";
    /** `struct sk_buff *`, at 0 */
    next: sk_buff;
    /** `struct sk_buff *`, at 8 */
    prev: sk_buff;
    /** `struct sk_buff_list`, at 0 */
    list: sk_buff_list;
    /** `__u32`, at 16 */
    qlen: u32;
    /** `spinlock_t`, at 20 */
    lock: spinlock;
  }
  /** `struct sk_buff_list`. `skep types sk_buff_list` prints its fields. */
  export interface sk_buff_list {
    readonly "~kernel"?: "struct sk_buff_list";
  }
  /** `struct sk_filter`, 32 bytes. */
  export interface sk_filter {
    readonly "~kernel"?: "struct sk_filter";
    /** `refcount_t`, at 0 */
    refcnt: refcount_struct;
    /** `struct callback_head`, at 8 */
    rcu: callback_head;
    /** `struct bpf_prog *`, at 24 */
    prog: bpf_prog;
  }
  /** `struct skb_ext`. `skep types skb_ext` prints its fields. */
  export interface skb_ext {
    readonly "~kernel"?: "struct skb_ext";
  }
  /** `struct smc_hashinfo`. Only declared in the kernel's types. */
  export interface smc_hashinfo {
    readonly "~kernel"?: "struct smc_hashinfo";
  }
  /** `struct sock`, 784 bytes. */
  export interface sock {
    readonly "~kernel"?: "struct sock";
    /** `struct sock_common`, at 0 */
    __sk_common: sock_common;
    /** `__u8 [0]`, at 136 */
    __cacheline_group_begin__sock_write_rx: readonly u8[];
    /** `atomic_t`, at 136 */
    sk_drops: atomic_t;
    /** `__s32`, at 140 */
    sk_peek_off: i32;
    /** `struct sk_buff_head`, at 144 */
    sk_error_queue: sk_buff_head;
    /** `struct sk_buff_head`, at 168 */
    sk_receive_queue: sk_buff_head;
    /** `struct { atomic_t rmem_alloc; int len; struct sk_buff *head; struct sk_buff *tail; }`, at 192 */
    sk_backlog: {
      /** `atomic_t`, at 0 */
      rmem_alloc: atomic_t;
      /** `int`, at 4 */
      len: i32;
      /** `struct sk_buff *`, at 8 */
      head: sk_buff;
      /** `struct sk_buff *`, at 16 */
      tail: sk_buff;
    };
    /** `__u8 [0]`, at 216 */
    __cacheline_group_end__sock_write_rx: readonly u8[];
    /** `__u8 [0]`, at 216 */
    __cacheline_group_begin__sock_read_rx: readonly u8[];
    /** `struct dst_entry *`, at 216 */
    sk_rx_dst: dst_entry;
    /** `int`, at 224 */
    sk_rx_dst_ifindex: i32;
    /** `u32`, at 228 */
    sk_rx_dst_cookie: u32;
    /** `unsigned int`, at 232 */
    sk_ll_usec: u32;
    /** `unsigned int`, at 236 */
    sk_napi_id: u32;
    /** `u16`, at 240 */
    sk_busy_poll_budget: u16;
    /** `u8`, at 242 */
    sk_prefer_busy_poll: u8;
    /** `u8`, at 243 */
    sk_userlocks: u8;
    /** `int`, at 244 */
    sk_rcvbuf: i32;
    /** `struct sk_filter *`, at 248 */
    sk_filter: sk_filter;
    /** `struct socket_wq *`, at 256 */
    sk_wq: socket_wq;
    /** `struct socket_wq *`, at 256 */
    sk_wq_raw: socket_wq;
    /** `void (*)(struct sock *)`, at 264 */
    sk_data_ready: u64;
    /** `long int`, at 272 */
    sk_rcvtimeo: i64;
    /** `int`, at 280 */
    sk_rcvlowat: i32;
    /** `__u8 [0]`, at 284 */
    __cacheline_group_end__sock_read_rx: readonly u8[];
    /** `__u8 [0]`, at 284 */
    __cacheline_group_begin__sock_read_rxtx: readonly u8[];
    /** `int`, at 284 */
    sk_err: i32;
    /** `struct socket *`, at 288 */
    sk_socket: socket;
    /** `struct mem_cgroup *`, at 296 */
    sk_memcg: mem_cgroup;
    /** `struct xfrm_policy *[2]`, at 304 */
    sk_policy: FixedArray<xfrm_policy, 2>;
    /** `__u8 [0]`, at 320 */
    __cacheline_group_end__sock_read_rxtx: readonly u8[];
    /** `__u8 [0]`, at 320 */
    __cacheline_group_begin__sock_write_rxtx: readonly u8[];
    /** `socket_lock_t`, at 320 */
    sk_lock: socket_lock_t;
    /** `u32`, at 352 */
    sk_reserved_mem: u32;
    /** `int`, at 356 */
    sk_forward_alloc: i32;
    /** `u32`, at 360 */
    sk_tsflags: u32;
    /** `__u8 [0]`, at 364 */
    __cacheline_group_end__sock_write_rxtx: readonly u8[];
    /** `__u8 [0]`, at 364 */
    __cacheline_group_begin__sock_write_tx: readonly u8[];
    /** `int`, at 364 */
    sk_write_pending: i32;
    /** `atomic_t`, at 368 */
    sk_omem_alloc: atomic_t;
    /** `int`, at 372 */
    sk_err_soft: i32;
    /** `int`, at 376 */
    sk_wmem_queued: i32;
    /** `refcount_t`, at 380 */
    sk_wmem_alloc: refcount_struct;
    /** `long unsigned int`, at 384 */
    sk_tsq_flags: u64;
    /** `struct sk_buff *`, at 392 */
    sk_send_head: sk_buff;
    /** `struct rb_root`, at 392 */
    tcp_rtx_queue: rb_root;
    /** `struct sk_buff_head`, at 400 */
    sk_write_queue: sk_buff_head;
    /** `u32`, at 424 */
    sk_dst_pending_confirm: u32;
    /** `u32`, at 428 */
    sk_pacing_status: u32;
    /** `struct page_frag`, at 432 */
    sk_frag: page_frag;
    /** `struct timer_list`, at 448 */
    sk_timer: timer_list;
    /** `long unsigned int`, at 488 */
    sk_pacing_rate: u64;
    /** `atomic_t`, at 496 */
    sk_zckey: atomic_t;
    /** `atomic_t`, at 500 */
    sk_tskey: atomic_t;
    /** `__u8 [0]`, at 504 */
    __cacheline_group_end__sock_write_tx: readonly u8[];
    /** `__u8 [0]`, at 504 */
    __cacheline_group_begin__sock_read_tx: readonly u8[];
    /** `long unsigned int`, at 504 */
    sk_max_pacing_rate: u64;
    /** `long int`, at 512 */
    sk_sndtimeo: i64;
    /** `u32`, at 520 */
    sk_priority: u32;
    /** `u32`, at 524 */
    sk_mark: u32;
    /** `kuid_t`, at 528 */
    sk_uid: kuid_t;
    /** `u16`, at 532 */
    sk_protocol: u16;
    /** `u16`, at 534 */
    sk_type: u16;
    /** `struct dst_entry *`, at 536 */
    sk_dst_cache: dst_entry;
    /** `netdev_features_t`, at 544 */
    sk_route_caps: u64;
    /** `u16`, at 552 */
    sk_gso_type: u16;
    /** `u16`, at 554 */
    sk_gso_max_segs: u16;
    /** `unsigned int`, at 556 */
    sk_gso_max_size: u32;
    /** `gfp_t`, at 560 */
    sk_allocation: u32;
    /** `u32`, at 564 */
    sk_txhash: u32;
    /** `int`, at 568 */
    sk_sndbuf: i32;
    /** `u8`, at 572 */
    sk_pacing_shift: u8;
    /** `bool`, at 573 */
    sk_use_task_frag: bool;
    /** `__u8 [0]`, at 574 */
    __cacheline_group_end__sock_read_tx: readonly u8[];
    /** `u8`, 1 bit at bit 4592 */
    sk_gso_disabled: u8;
    /** `u8`, 1 bit at bit 4593 */
    sk_kern_sock: u8;
    /** `u8`, 1 bit at bit 4594 */
    sk_no_check_tx: u8;
    /** `u8`, 1 bit at bit 4595 */
    sk_no_check_rx: u8;
    /** `u8`, at 575 */
    sk_shutdown: u8;
    /** `long unsigned int`, at 576 */
    sk_lingertime: u64;
    /** `struct proto *`, at 584 */
    sk_prot_creator: proto;
    /** `rwlock_t`, at 592 */
    sk_callback_lock: rwlock_t;
    /** `u32`, at 600 */
    sk_ack_backlog: u32;
    /** `u32`, at 604 */
    sk_max_ack_backlog: u32;
    /** `long unsigned int`, at 608 */
    sk_ino: u64;
    /** `spinlock_t`, at 616 */
    sk_peer_lock: spinlock;
    /** `int`, at 620 */
    sk_bind_phc: i32;
    /** `struct pid *`, at 624 */
    sk_peer_pid: pid;
    /** `const struct cred *`, at 632 */
    sk_peer_cred: cred;
    /** `ktime_t`, at 640 */
    sk_stamp: i64;
    /** `int`, at 648 */
    sk_disconnects: i32;
    /** `u8`, at 652 */
    sk_txrehash: u8;
    /** `u8`, at 652 */
    sk_scm_recv_flags: u8;
    /** `u8`, 1 bit at bit 5216 */
    sk_scm_credentials: u8;
    /** `u8`, 1 bit at bit 5217 */
    sk_scm_security: u8;
    /** `u8`, 1 bit at bit 5218 */
    sk_scm_pidfd: u8;
    /** `u8`, 1 bit at bit 5219 */
    sk_scm_rights: u8;
    /** `u8`, 4 bits at bit 5220 */
    sk_scm_unused: u8;
    /** `u8`, at 653 */
    sk_clockid: u8;
    /** `u8`, 1 bit at bit 5232 */
    sk_txtime_deadline_mode: u8;
    /** `u8`, 1 bit at bit 5233 */
    sk_txtime_report_errors: u8;
    /** `u8`, 6 bits at bit 5234 */
    sk_txtime_unused: u8;
    /** `u8`, at 655 */
    sk_bpf_cb_flags: u8;
    /** `void *`, at 656 */
    sk_user_data: u64;
    /** `void *`, at 664 */
    sk_security: u64;
    /** `struct sock_cgroup_data`, at 672 */
    sk_cgrp_data: sock_cgroup_data;
    /** `void (*)(struct sock *)`, at 688 */
    sk_state_change: u64;
    /** `void (*)(struct sock *)`, at 696 */
    sk_write_space: u64;
    /** `void (*)(struct sock *)`, at 704 */
    sk_error_report: u64;
    /** `int (*)(struct sock *, struct sk_buff *)`, at 712 */
    sk_backlog_rcv: u64;
    /** `void (*)(struct sock *)`, at 720 */
    sk_destruct: u64;
    /** `struct sock_reuseport *`, at 728 */
    sk_reuseport_cb: sock_reuseport;
    /** `struct bpf_local_storage *`, at 736 */
    sk_bpf_storage: bpf_local_storage;
    /** `struct numa_drop_counters *`, at 744 */
    sk_drop_counters: numa_drop_counters;
    /** `struct callback_head`, at 752 */
    sk_rcu: callback_head;
    /** `netns_tracker`, at 768 */
    ns_tracker: netns_tracker;
    /** `struct xarray`, at 768 */
    sk_user_frags: xarray;
  }
  /** `struct sock_cgroup_data`, 16 bytes. */
  export interface sock_cgroup_data {
    readonly "~kernel"?: "struct sock_cgroup_data";
    /** `struct cgroup *`, at 0 */
    cgroup: cgroup;
    /** `u32`, at 8 */
    classid: u32;
    /** `u16`, at 12 */
    prioidx: u16;
  }
  /** `struct sock_common`, 136 bytes. */
  export interface sock_common {
    readonly "~kernel"?: "struct sock_common";
    /** `__addrpair`, at 0 */
    skc_addrpair: u64;
    /** `__be32`, at 0 */
    skc_daddr: Ipv4Address;
    /** `__be32`, at 4 */
    skc_rcv_saddr: Ipv4Address;
    /** `unsigned int`, at 8 */
    skc_hash: u32;
    /** `__u16 [2]`, at 8 */
    skc_u16hashes: FixedArray<u16, 2>;
    /** `__portpair`, at 12 */
    skc_portpair: u32;
    /** `__be16`, at 12 */
    skc_dport: be16;
    /** `__u16`, at 14 */
    skc_num: u16;
    /** `short unsigned int`, at 16 */
    skc_family: u16;
    /** `volatile unsigned char`, at 18 */
    skc_state: u8;
    /** `unsigned char`, 4 bits at bit 152 */
    skc_reuse: u8;
    /** `unsigned char`, 1 bit at bit 156 */
    skc_reuseport: u8;
    /** `unsigned char`, 1 bit at bit 157 */
    skc_ipv6only: u8;
    /** `unsigned char`, 1 bit at bit 158 */
    skc_net_refcnt: u8;
    /** `int`, at 20 */
    skc_bound_dev_if: i32;
    /** `struct hlist_node`, at 24 */
    skc_bind_node: hlist_node;
    /** `struct hlist_node`, at 24 */
    skc_portaddr_node: hlist_node;
    /** `struct proto *`, at 40 */
    skc_prot: proto;
    /** `possible_net_t`, at 48 */
    skc_net: possible_net_t;
    /** `struct in6_addr`, at 56 */
    skc_v6_daddr: in6_addr & Ipv6Address;
    /** `struct in6_addr`, at 72 */
    skc_v6_rcv_saddr: in6_addr & Ipv6Address;
    /** `atomic64_t`, at 88 */
    skc_cookie: atomic64_t;
    /** `long unsigned int`, at 96 */
    skc_flags: u64;
    /** `struct sock *`, at 96 */
    skc_listener: sock;
    /** `struct inet_timewait_death_row *`, at 96 */
    skc_tw_dr: inet_timewait_death_row;
    /** `int [0]`, at 104 */
    skc_dontcopy_begin: readonly i32[];
    /** `struct hlist_node`, at 104 */
    skc_node: hlist_node;
    /** `struct hlist_nulls_node`, at 104 */
    skc_nulls_node: hlist_nulls_node;
    /** `short unsigned int`, at 120 */
    skc_tx_queue_mapping: u16;
    /** `short unsigned int`, at 122 */
    skc_rx_queue_mapping: u16;
    /** `int`, at 124 */
    skc_incoming_cpu: i32;
    /** `u32`, at 124 */
    skc_rcv_wnd: u32;
    /** `u32`, at 124 */
    skc_tw_rcv_nxt: u32;
    /** `refcount_t`, at 128 */
    skc_refcnt: refcount_struct;
    /** `int [0]`, at 132 */
    skc_dontcopy_end: readonly i32[];
    /** `u32`, at 132 */
    skc_rxhash: u32;
    /** `u32`, at 132 */
    skc_window_clamp: u32;
    /** `u32`, at 132 */
    skc_tw_snd_nxt: u32;
  }
  /** `struct sock_reuseport`, 48 bytes. */
  export interface sock_reuseport {
    readonly "~kernel"?: "struct sock_reuseport";
    /** `struct callback_head`, at 0 */
    rcu: callback_head;
    /** `u16`, at 16 */
    max_socks: u16;
    /** `u16`, at 18 */
    num_socks: u16;
    /** `u16`, at 20 */
    num_closed_socks: u16;
    /** `u16`, at 22 */
    incoming_cpu: u16;
    /** `unsigned int`, at 24 */
    synq_overflow_ts: u32;
    /** `unsigned int`, at 28 */
    reuseport_id: u32;
    /** `unsigned int`, 1 bit at bit 256 */
    bind_inany: u32;
    /** `unsigned int`, 1 bit at bit 257 */
    has_conns: u32;
    /** `struct bpf_prog *`, at 40 */
    prog: bpf_prog;
    /** `struct sock *[0]`, at 48 */
    socks: readonly sock[];
  }
  /** `struct socket`, 128 bytes. */
  export interface socket {
    readonly "~kernel"?: "struct socket";
    /** `socket_state`, at 0 */
    state: u32;
    /** `short int`, at 4 */
    type: i16;
    /** `long unsigned int`, at 8 */
    flags: u64;
    /** `struct file *`, at 16 */
    file: file;
    /** `struct sock *`, at 24 */
    sk: sock;
    /** `const struct proto_ops *`, at 32 */
    ops: proto_ops;
    /** `struct socket_wq`, at 64 */
    wq: socket_wq;
  }
  /** `socket_lock_t`, 32 bytes. */
  export interface socket_lock_t {
    readonly "~kernel"?: "struct socket_lock_t";
    /** `spinlock_t`, at 0 */
    slock: spinlock;
    /** `int`, at 4 */
    owned: i32;
    /** `wait_queue_head_t`, at 8 */
    wq: wait_queue_head;
  }
  /** `struct socket_wq`, 64 bytes. */
  export interface socket_wq {
    readonly "~kernel"?: "struct socket_wq";
    /** `wait_queue_head_t`, at 0 */
    wait: wait_queue_head;
    /** `struct fasync_struct *`, at 24 */
    fasync_list: fasync_struct;
    /** `long unsigned int`, at 32 */
    flags: u64;
    /** `struct callback_head`, at 40 */
    rcu: callback_head;
  }
  /** `struct spinlock`, 4 bytes. */
  export interface spinlock {
    readonly "~kernel"?: "struct spinlock";
    /** `struct raw_spinlock`, at 0 */
    rlock: raw_spinlock;
  }
  /** `struct swait_queue_head`. `skep types swait_queue_head` prints its fields. */
  export interface swait_queue_head {
    readonly "~kernel"?: "struct swait_queue_head";
  }
  /** `struct syscall_user_dispatch`, 32 bytes. */
  export interface syscall_user_dispatch {
    readonly "~kernel"?: "struct syscall_user_dispatch";
    /** `char *`, at 0 */
    selector: u64;
    /** `long unsigned int`, at 8 */
    offset: u64;
    /** `long unsigned int`, at 16 */
    len: u64;
    /** `bool`, at 24 */
    on_dispatch: bool;
  }
  /** `struct sysv_sem`, 8 bytes. */
  export interface sysv_sem {
    readonly "~kernel"?: "struct sysv_sem";
    /** `struct sem_undo_list *`, at 0 */
    undo_list: sem_undo_list;
  }
  /** `struct sysv_shm`, 16 bytes. */
  export interface sysv_shm {
    readonly "~kernel"?: "struct sysv_shm";
    /** `struct list_head`, at 0 */
    shm_clist: list_head;
  }
  /** `struct task_delay_info`, 256 bytes. */
  export interface task_delay_info {
    readonly "~kernel"?: "struct task_delay_info";
    /** `raw_spinlock_t`, at 0 */
    lock: raw_spinlock;
    /** `u64`, at 8 */
    blkio_start: u64;
    /** `u64`, at 16 */
    blkio_delay_max: u64;
    /** `u64`, at 24 */
    blkio_delay_min: u64;
    /** `u64`, at 32 */
    blkio_delay: u64;
    /** `u64`, at 40 */
    swapin_start: u64;
    /** `u64`, at 48 */
    swapin_delay_max: u64;
    /** `u64`, at 56 */
    swapin_delay_min: u64;
    /** `u64`, at 64 */
    swapin_delay: u64;
    /** `u32`, at 72 */
    blkio_count: u32;
    /** `u32`, at 76 */
    swapin_count: u32;
    /** `u64`, at 80 */
    freepages_start: u64;
    /** `u64`, at 88 */
    freepages_delay_max: u64;
    /** `u64`, at 96 */
    freepages_delay_min: u64;
    /** `u64`, at 104 */
    freepages_delay: u64;
    /** `u64`, at 112 */
    thrashing_start: u64;
    /** `u64`, at 120 */
    thrashing_delay_max: u64;
    /** `u64`, at 128 */
    thrashing_delay_min: u64;
    /** `u64`, at 136 */
    thrashing_delay: u64;
    /** `u64`, at 144 */
    compact_start: u64;
    /** `u64`, at 152 */
    compact_delay_max: u64;
    /** `u64`, at 160 */
    compact_delay_min: u64;
    /** `u64`, at 168 */
    compact_delay: u64;
    /** `u64`, at 176 */
    wpcopy_start: u64;
    /** `u64`, at 184 */
    wpcopy_delay_max: u64;
    /** `u64`, at 192 */
    wpcopy_delay_min: u64;
    /** `u64`, at 200 */
    wpcopy_delay: u64;
    /** `u64`, at 208 */
    irq_delay_max: u64;
    /** `u64`, at 216 */
    irq_delay_min: u64;
    /** `u64`, at 224 */
    irq_delay: u64;
    /** `u32`, at 232 */
    freepages_count: u32;
    /** `u32`, at 236 */
    thrashing_count: u32;
    /** `u32`, at 240 */
    compact_count: u32;
    /** `u32`, at 244 */
    wpcopy_count: u32;
    /** `u32`, at 248 */
    irq_count: u32;
  }
  /** `struct task_group`, 704 bytes. */
  export interface task_group {
    readonly "~kernel"?: "struct task_group";
    /** `struct cgroup_subsys_state`, at 0 */
    css: cgroup_subsys_state;
    /** `int`, at 208 */
    idle: i32;
    /** `struct sched_entity **`, at 216 */
    se: u64;
    /** `struct cfs_rq **`, at 224 */
    cfs_rq: u64;
    /** `long unsigned int`, at 232 */
    shares: u64;
    /** `atomic_long_t`, at 256 */
    load_avg: atomic64_t;
    /** `struct sched_rt_entity **`, at 264 */
    rt_se: u64;
    /** `struct rt_rq **`, at 272 */
    rt_rq: u64;
    /** `struct rt_bandwidth`, at 280 */
    rt_bandwidth: rt_bandwidth;
    /** `struct scx_task_group`, at 376 */
    scx: scx_task_group;
    /** `struct callback_head`, at 376 */
    rcu: callback_head;
    /** `struct list_head`, at 392 */
    list: list_head;
    /** `struct task_group *`, at 408 */
    parent: task_group;
    /** `struct list_head`, at 416 */
    siblings: list_head;
    /** `struct list_head`, at 432 */
    children: list_head;
    /** `struct autogroup *`, at 448 */
    autogroup: autogroup;
    /** `struct cfs_bandwidth`, at 456 */
    cfs_bandwidth: cfs_bandwidth;
  }
  /** `struct task_io_accounting`, 56 bytes. */
  export interface task_io_accounting {
    readonly "~kernel"?: "struct task_io_accounting";
    /** `u64`, at 0 */
    rchar: u64;
    /** `u64`, at 8 */
    wchar: u64;
    /** `u64`, at 16 */
    syscr: u64;
    /** `u64`, at 24 */
    syscw: u64;
    /** `u64`, at 32 */
    read_bytes: u64;
    /** `u64`, at 40 */
    write_bytes: u64;
    /** `u64`, at 48 */
    cancelled_write_bytes: u64;
  }
  /** `struct task_struct`, 3264 bytes. */
  export interface task_struct {
    readonly "~kernel"?: "struct task_struct";
    /** `struct thread_info`, at 0 */
    thread_info: thread_info;
    /** `unsigned int`, at 24 */
    __state: u32;
    /** `unsigned int`, at 28 */
    saved_state: u32;
    /** `void *`, at 32 */
    stack: u64;
    /** `refcount_t`, at 40 */
    usage: refcount_struct;
    /** `unsigned int`, at 44 */
    flags: u32;
    /** `unsigned int`, at 48 */
    ptrace: u32;
    /** `int`, at 52 */
    on_cpu: i32;
    /** `struct __call_single_node`, at 56 */
    wake_entry: __call_single_node;
    /** `unsigned int`, at 72 */
    wakee_flips: u32;
    /** `long unsigned int`, at 80 */
    wakee_flip_decay_ts: u64;
    /** `struct task_struct *`, at 88 */
    last_wakee: task_struct;
    /** `int`, at 96 */
    recent_used_cpu: i32;
    /** `int`, at 100 */
    wake_cpu: i32;
    /** `int`, at 104 */
    on_rq: i32;
    /** `int`, at 108 */
    prio: i32;
    /** `int`, at 112 */
    static_prio: i32;
    /** `int`, at 116 */
    normal_prio: i32;
    /** `unsigned int`, at 120 */
    rt_priority: u32;
    /** `struct sched_entity`, at 128 */
    se: sched_entity;
    /** `struct sched_rt_entity`, at 384 */
    rt: sched_rt_entity;
    /** `struct sched_dl_entity`, at 456 */
    dl: sched_dl_entity;
    /** `struct sched_dl_entity *`, at 696 */
    dl_server: sched_dl_entity;
    /** `const struct sched_class *`, at 704 */
    sched_class: sched_class;
    /** `struct task_group *`, at 712 */
    sched_task_group: task_group;
    /** `struct callback_head`, at 720 */
    sched_throttle_work: callback_head;
    /** `struct list_head`, at 736 */
    throttle_node: list_head;
    /** `bool`, at 752 */
    throttled: bool;
    /** `struct sched_statistics`, at 768 */
    stats: sched_statistics;
    /** `struct hlist_head`, at 768 */
    preempt_notifiers: hlist_head;
    /** `unsigned int`, at 776 */
    btrace_seq: u32;
    /** `unsigned int`, at 780 */
    policy: u32;
    /** `long unsigned int`, at 784 */
    max_allowed_capacity: u64;
    /** `int`, at 792 */
    nr_cpus_allowed: i32;
    /** `const cpumask_t *`, at 800 */
    cpus_ptr: cpumask;
    /** `cpumask_t *`, at 808 */
    user_cpus_ptr: cpumask;
    /** `cpumask_t`, at 816 */
    cpus_mask: cpumask;
    /** `void *`, at 848 */
    migration_pending: u64;
    /** `short unsigned int`, at 856 */
    migration_disabled: u16;
    /** `short unsigned int`, at 858 */
    migration_flags: u16;
    /** `int`, at 860 */
    rcu_read_lock_nesting: i32;
    /** `union rcu_special`, at 864 */
    rcu_read_unlock_special: rcu_special;
    /** `struct list_head`, at 872 */
    rcu_node_entry: list_head;
    /** `struct rcu_node *`, at 888 */
    rcu_blocked_node: rcu_node;
    /** `long unsigned int`, at 896 */
    rcu_tasks_nvcsw: u64;
    /** `u8`, at 904 */
    rcu_tasks_holdout: u8;
    /** `u8`, at 905 */
    rcu_tasks_idx: u8;
    /** `int`, at 908 */
    rcu_tasks_idle_cpu: i32;
    /** `struct list_head`, at 912 */
    rcu_tasks_holdout_list: list_head;
    /** `int`, at 928 */
    rcu_tasks_exit_cpu: i32;
    /** `struct list_head`, at 936 */
    rcu_tasks_exit_list: list_head;
    /** `int`, at 952 */
    trc_reader_nesting: i32;
    /** `int`, at 956 */
    trc_ipi_to_cpu: i32;
    /** `union rcu_special`, at 960 */
    trc_reader_special: rcu_special;
    /** `struct list_head`, at 968 */
    trc_holdout_list: list_head;
    /** `struct list_head`, at 984 */
    trc_blkd_node: list_head;
    /** `int`, at 1000 */
    trc_blkd_cpu: i32;
    /** `struct sched_info`, at 1008 */
    sched_info: sched_info;
    /** `struct list_head`, at 1056 */
    tasks: list_head;
    /** `struct plist_node`, at 1072 */
    pushable_tasks: plist_node;
    /** `struct rb_node`, at 1112 */
    pushable_dl_tasks: rb_node;
    /** `struct mm_struct *`, at 1136 */
    mm: mm_struct;
    /** `struct mm_struct *`, at 1144 */
    active_mm: mm_struct;
    /** `struct address_space *`, at 1152 */
    faults_disabled_mapping: address_space;
    /** `int`, at 1160 */
    exit_state: i32;
    /** `int`, at 1164 */
    exit_code: i32;
    /** `int`, at 1168 */
    exit_signal: i32;
    /** `int`, at 1172 */
    pdeath_signal: i32;
    /** `long unsigned int`, at 1176 */
    jobctl: u64;
    /** `unsigned int`, at 1184 */
    personality: u32;
    /** `unsigned int`, 1 bit at bit 9504 */
    sched_reset_on_fork: u32;
    /** `unsigned int`, 1 bit at bit 9505 */
    sched_contributes_to_load: u32;
    /** `unsigned int`, 1 bit at bit 9506 */
    sched_migrated: u32;
    /** `unsigned int`, 1 bit at bit 9507 */
    sched_task_hot: u32;
    /** `unsigned int`, 1 bit at bit 9536 */
    sched_remote_wakeup: u32;
    /** `unsigned int`, 1 bit at bit 9537 */
    sched_rt_mutex: u32;
    /** `unsigned int`, 1 bit at bit 9538 */
    user_dumpable: u32;
    /** `unsigned int`, 1 bit at bit 9539 */
    in_execve: u32;
    /** `unsigned int`, 4 bits at bit 9540 */
    init_private_fork_class: u32;
    /** `unsigned int`, 1 bit at bit 9544 */
    in_iowait: u32;
    /** `unsigned int`, 1 bit at bit 9545 */
    restore_sigmask: u32;
    /** `unsigned int`, 1 bit at bit 9546 */
    in_user_fault: u32;
    /** `unsigned int`, 1 bit at bit 9547 */
    no_cgroup_migration: u32;
    /** `unsigned int`, 1 bit at bit 9548 */
    frozen: u32;
    /** `unsigned int`, 1 bit at bit 9549 */
    use_memdelay: u32;
    /** `unsigned int`, 1 bit at bit 9550 */
    in_memstall: u32;
    /** `unsigned int`, 1 bit at bit 9551 */
    in_eventfd: u32;
    /** `unsigned int`, 1 bit at bit 9552 */
    reported_split_lock: u32;
    /** `unsigned int`, 1 bit at bit 9553 */
    in_thrashing: u32;
    /** `unsigned int`, 1 bit at bit 9554 */
    in_nf_duplicate: u32;
    /** `long unsigned int`, at 1200 */
    atomic_flags: u64;
    /** `struct restart_block`, at 1208 */
    restart_block: restart_block;
    /** `pid_t`, at 1264 */
    pid: i32;
    /** `pid_t`, at 1268 */
    tgid: i32;
    /** `long unsigned int`, at 1272 */
    stack_canary: u64;
    /** `struct task_struct *`, at 1280 */
    real_parent: task_struct;
    /** `struct task_struct *`, at 1288 */
    parent: task_struct;
    /** `struct list_head`, at 1296 */
    children: list_head;
    /** `struct list_head`, at 1312 */
    sibling: list_head;
    /** `struct task_struct *`, at 1328 */
    group_leader: task_struct;
    /** `struct list_head`, at 1336 */
    ptraced: list_head;
    /** `struct list_head`, at 1352 */
    ptrace_entry: list_head;
    /** `struct pid *`, at 1368 */
    thread_pid: pid;
    /** `struct hlist_node [4]`, at 1376 */
    pid_links: FixedArray<hlist_node, 4>;
    /** `struct list_head`, at 1440 */
    thread_node: list_head;
    /** `struct completion *`, at 1456 */
    vfork_done: completion;
    /** `int *`, at 1464 */
    set_child_tid: u64;
    /** `int *`, at 1472 */
    clear_child_tid: u64;
    /** `void *`, at 1480 */
    worker_private: u64;
    /** `u64`, at 1488 */
    utime: u64;
    /** `u64`, at 1496 */
    stime: u64;
    /** `u64`, at 1504 */
    gtime: u64;
    /** `struct prev_cputime`, at 1512 */
    prev_cputime: prev_cputime;
    /** `long unsigned int`, at 1536 */
    nvcsw: u64;
    /** `long unsigned int`, at 1544 */
    nivcsw: u64;
    /** `u64`, at 1552 */
    start_time: u64;
    /** `u64`, at 1560 */
    start_boottime: u64;
    /** `long unsigned int`, at 1568 */
    min_flt: u64;
    /** `long unsigned int`, at 1576 */
    maj_flt: u64;
    /** `struct posix_cputimers`, at 1584 */
    posix_cputimers: posix_cputimers;
    /** `struct posix_cputimers_work`, at 1664 */
    posix_cputimers_work: posix_cputimers_work;
    /** `const struct cred *`, at 1720 */
    ptracer_cred: cred;
    /** `const struct cred *`, at 1728 */
    real_cred: cred;
    /** `const struct cred *`, at 1736 */
    cred: cred;
    /** `struct key *`, at 1744 */
    cached_requested_key: key;
    /** `char [16]`, at 1752 */
    comm: FixedArray<u8, 16> & FixedString<16>;
    /** `struct nameidata *`, at 1768 */
    nameidata: nameidata;
    /** `struct sysv_sem`, at 1776 */
    sysvsem: sysv_sem;
    /** `struct sysv_shm`, at 1784 */
    sysvshm: sysv_shm;
    /** `long unsigned int`, at 1800 */
    last_switch_count: u64;
    /** `long unsigned int`, at 1808 */
    last_switch_time: u64;
    /** `struct fs_struct *`, at 1816 */
    fs: fs_struct;
    /** `struct files_struct *`, at 1824 */
    files: files_struct;
    /** `struct io_uring_task *`, at 1832 */
    io_uring: io_uring_task;
    /** `struct nsproxy *`, at 1840 */
    nsproxy: nsproxy;
    /** `struct signal_struct *`, at 1848 */
    signal: signal_struct;
    /** `struct sighand_struct *`, at 1856 */
    sighand: sighand_struct;
    /** `sigset_t`, at 1864 */
    blocked: sigset_t;
    /** `sigset_t`, at 1872 */
    real_blocked: sigset_t;
    /** `sigset_t`, at 1880 */
    saved_sigmask: sigset_t;
    /** `struct sigpending`, at 1888 */
    pending: sigpending;
    /** `long unsigned int`, at 1912 */
    sas_ss_sp: u64;
    /** `size_t`, at 1920 */
    sas_ss_size: u64;
    /** `unsigned int`, at 1928 */
    sas_ss_flags: u32;
    /** `struct callback_head *`, at 1936 */
    task_works: callback_head;
    /** `struct audit_context *`, at 1944 */
    audit_context: audit_context;
    /** `kuid_t`, at 1952 */
    loginuid: kuid_t;
    /** `unsigned int`, at 1956 */
    sessionid: u32;
    /** `struct seccomp`, at 1960 */
    seccomp: seccomp;
    /** `struct syscall_user_dispatch`, at 1976 */
    syscall_dispatch: syscall_user_dispatch;
    /** `u64`, at 2008 */
    parent_exec_id: u64;
    /** `u64`, at 2016 */
    self_exec_id: u64;
    /** `spinlock_t`, at 2024 */
    alloc_lock: spinlock;
    /** `raw_spinlock_t`, at 2028 */
    pi_lock: raw_spinlock;
    /** `struct wake_q_node`, at 2032 */
    wake_q: wake_q_node;
    /** `struct rb_root_cached`, at 2040 */
    pi_waiters: rb_root_cached;
    /** `struct task_struct *`, at 2056 */
    pi_top_task: task_struct;
    /** `struct rt_mutex_waiter *`, at 2064 */
    pi_blocked_on: rt_mutex_waiter;
    /** `struct mutex *`, at 2072 */
    blocked_on: mutex;
    /** `long unsigned int`, at 2080 */
    blocker: u64;
    /** `void *`, at 2088 */
    journal_info: u64;
    /** `struct bio_list *`, at 2096 */
    bio_list: bio_list;
    /** `struct blk_plug *`, at 2104 */
    plug: blk_plug;
    /** `struct reclaim_state *`, at 2112 */
    reclaim_state: reclaim_state;
    /** `struct io_context *`, at 2120 */
    io_context: io_context;
    /** `struct capture_control *`, at 2128 */
    capture_control: capture_control;
    /** `long unsigned int`, at 2136 */
    ptrace_message: u64;
    /** `kernel_siginfo_t *`, at 2144 */
    last_siginfo: kernel_siginfo;
    /** `struct task_io_accounting`, at 2152 */
    ioac: task_io_accounting;
    /** `unsigned int`, at 2208 */
    psi_flags: u32;
    /** `u64`, at 2216 */
    acct_rss_mem1: u64;
    /** `u64`, at 2224 */
    acct_vm_mem1: u64;
    /** `u64`, at 2232 */
    acct_timexpd: u64;
    /** `nodemask_t`, at 2240 */
    mems_allowed: nodemask_t;
    /** `seqcount_spinlock_t`, at 2368 */
    mems_allowed_seq: seqcount_spinlock;
    /** `int`, at 2372 */
    cpuset_mem_spread_rotor: i32;
    /** `struct css_set *`, at 2376 */
    cgroups: css_set;
    /** `struct list_head`, at 2384 */
    cg_list: list_head;
    /** `struct robust_list_head *`, at 2400 */
    robust_list: robust_list_head;
    /** `struct compat_robust_list_head *`, at 2408 */
    compat_robust_list: compat_robust_list_head;
    /** `struct list_head`, at 2416 */
    pi_state_list: list_head;
    /** `struct futex_pi_state *`, at 2432 */
    pi_state_cache: futex_pi_state;
    /** `struct mutex`, at 2440 */
    futex_exit_mutex: mutex;
    /** `unsigned int`, at 2472 */
    futex_state: u32;
    /** `u8 [4]`, at 2476 */
    perf_recursion: FixedArray<u8, 4>;
    /** `struct perf_event_context *`, at 2480 */
    perf_event_ctxp: perf_event_context;
    /** `struct mutex`, at 2488 */
    perf_event_mutex: mutex;
    /** `struct list_head`, at 2520 */
    perf_event_list: list_head;
    /** `struct perf_ctx_data *`, at 2536 */
    perf_ctx_data: perf_ctx_data;
    /** `struct mempolicy *`, at 2544 */
    mempolicy: mempolicy;
    /** `short int`, at 2552 */
    il_prev: i16;
    /** `u8`, at 2554 */
    il_weight: u8;
    /** `short int`, at 2556 */
    pref_node_fork: i16;
    /** `int`, at 2560 */
    numa_scan_seq: i32;
    /** `unsigned int`, at 2564 */
    numa_scan_period: u32;
    /** `unsigned int`, at 2568 */
    numa_scan_period_max: u32;
    /** `int`, at 2572 */
    numa_preferred_nid: i32;
    /** `long unsigned int`, at 2576 */
    numa_migrate_retry: u64;
    /** `u64`, at 2584 */
    node_stamp: u64;
    /** `u64`, at 2592 */
    last_task_numa_placement: u64;
    /** `u64`, at 2600 */
    last_sum_exec_runtime: u64;
    /** `struct callback_head`, at 2608 */
    numa_work: callback_head;
    /** `struct numa_group *`, at 2624 */
    numa_group: numa_group;
    /** `long unsigned int *`, at 2632 */
    numa_faults: u64;
    /** `long unsigned int`, at 2640 */
    total_numa_faults: u64;
    /** `long unsigned int [3]`, at 2648 */
    numa_faults_locality: FixedArray<u64, 3>;
    /** `long unsigned int`, at 2672 */
    numa_pages_migrated: u64;
    /** `struct rseq *`, at 2680 */
    rseq: rseq;
    /** `u32`, at 2688 */
    rseq_len: u32;
    /** `u32`, at 2692 */
    rseq_sig: u32;
    /** `long unsigned int`, at 2696 */
    rseq_event_mask: u64;
    /** `int`, at 2704 */
    mm_cid: i32;
    /** `int`, at 2708 */
    last_mm_cid: i32;
    /** `int`, at 2712 */
    migrate_from_cpu: i32;
    /** `int`, at 2716 */
    mm_cid_active: i32;
    /** `struct callback_head`, at 2720 */
    cid_work: callback_head;
    /** `struct tlbflush_unmap_batch`, at 2736 */
    tlb_ubc: tlbflush_unmap_batch;
    /** `struct pipe_inode_info *`, at 2784 */
    splice_pipe: pipe_inode_info;
    /** `struct page_frag`, at 2792 */
    task_frag: page_frag;
    /** `struct task_delay_info *`, at 2808 */
    delays: task_delay_info;
    /** `int`, at 2816 */
    nr_dirtied: i32;
    /** `int`, at 2820 */
    nr_dirtied_pause: i32;
    /** `long unsigned int`, at 2824 */
    dirty_paused_when: u64;
    /** `u64`, at 2832 */
    timer_slack_ns: u64;
    /** `u64`, at 2840 */
    default_timer_slack_ns: u64;
    /** `long unsigned int`, at 2848 */
    trace_recursion: u64;
    /** `struct mem_cgroup *`, at 2856 */
    memcg_in_oom: mem_cgroup;
    /** `unsigned int`, at 2864 */
    memcg_nr_pages_over_high: u32;
    /** `struct mem_cgroup *`, at 2872 */
    active_memcg: mem_cgroup;
    /** `struct obj_cgroup *`, at 2880 */
    objcg: obj_cgroup;
    /** `struct gendisk *`, at 2888 */
    throttle_disk: gendisk;
    /** `struct uprobe_task *`, at 2896 */
    utask: uprobe_task;
    /** `struct kmap_ctrl`, at 2904 */
    kmap_ctrl: kmap_ctrl;
    /** `struct callback_head`, at 2904 */
    rcu: callback_head;
    /** `refcount_t`, at 2920 */
    rcu_users: refcount_struct;
    /** `int`, at 2924 */
    pagefault_disabled: i32;
    /** `struct task_struct *`, at 2928 */
    oom_reaper_list: task_struct;
    /** `struct timer_list`, at 2936 */
    oom_reaper_timer: timer_list;
    /** `struct vm_struct *`, at 2976 */
    stack_vm_area: vm_struct;
    /** `refcount_t`, at 2984 */
    stack_refcount: refcount_struct;
    /** `void *`, at 2992 */
    security: u64;
    /** `struct bpf_local_storage *`, at 3000 */
    bpf_storage: bpf_local_storage;
    /** `struct bpf_run_ctx *`, at 3008 */
    bpf_ctx: bpf_run_ctx;
    /** `struct bpf_net_context *`, at 3016 */
    bpf_net_context: bpf_net_context;
    /** `u32`, at 3024 */
    kstack_offset: u32;
    /** `struct callback_head`, at 3032 */
    l1d_flush_kill: callback_head;
    /** `struct unwind_task_info`, at 3048 */
    unwind_info: unwind_task_info;
    /** `struct thread_struct`, at 3088 */
    thread: thread_struct;
  }
  /** `struct taskstats`. `skep types taskstats` prints its fields. */
  export interface taskstats {
    readonly "~kernel"?: "struct taskstats";
  }
  /** `struct thread_group_cputimer`. `skep types thread_group_cputimer` prints its fields. */
  export interface thread_group_cputimer {
    readonly "~kernel"?: "struct thread_group_cputimer";
  }
  /** `struct thread_info`, 24 bytes. */
  export interface thread_info {
    readonly "~kernel"?: "struct thread_info";
    /** `long unsigned int`, at 0 */
    flags: u64;
    /** `long unsigned int`, at 8 */
    syscall_work: u64;
    /** `u32`, at 16 */
    status: u32;
    /** `u32`, at 20 */
    cpu: u32;
  }
  /** `struct thread_struct`, 152 bytes. */
  export interface thread_struct {
    readonly "~kernel"?: "struct thread_struct";
    /** `struct desc_struct [3]`, at 0 */
    tls_array: FixedArray<desc_struct, 3>;
    /** `long unsigned int`, at 24 */
    sp: u64;
    /** `short unsigned int`, at 32 */
    es: u16;
    /** `short unsigned int`, at 34 */
    ds: u16;
    /** `short unsigned int`, at 36 */
    fsindex: u16;
    /** `short unsigned int`, at 38 */
    gsindex: u16;
    /** `long unsigned int`, at 40 */
    fsbase: u64;
    /** `long unsigned int`, at 48 */
    gsbase: u64;
    /** `struct perf_event *[4]`, at 56 */
    ptrace_bps: FixedArray<perf_event, 4>;
    /** `long unsigned int`, at 88 */
    virtual_dr6: u64;
    /** `long unsigned int`, at 96 */
    ptrace_dr7: u64;
    /** `long unsigned int`, at 104 */
    cr2: u64;
    /** `long unsigned int`, at 112 */
    trap_nr: u64;
    /** `long unsigned int`, at 120 */
    error_code: u64;
    /** `struct io_bitmap *`, at 128 */
    io_bitmap: io_bitmap;
    /** `long unsigned int`, at 136 */
    iopl_emul: u64;
    /** `unsigned int`, 1 bit at bit 1152 */
    iopl_warn: u32;
    /** `u32`, at 148 */
    pkru: u32;
  }
  /** `struct time_namespace`. `skep types time_namespace` prints its fields. */
  export interface time_namespace {
    readonly "~kernel"?: "struct time_namespace";
  }
  /** `struct timer_list`, 40 bytes. */
  export interface timer_list {
    readonly "~kernel"?: "struct timer_list";
    /** `struct hlist_node`, at 0 */
    entry: hlist_node;
    /** `long unsigned int`, at 16 */
    expires: u64;
    /** `void (*)(struct timer_list *)`, at 24 */
    function: u64;
    /** `u32`, at 32 */
    flags: u32;
  }
  /** `struct timer_rand_state`. `skep types timer_rand_state` prints its fields. */
  export interface timer_rand_state {
    readonly "~kernel"?: "struct timer_rand_state";
  }
  /** `struct timespec64`. `skep types timespec64` prints its fields. */
  export interface timespec64 {
    readonly "~kernel"?: "struct timespec64";
  }
  /** `struct timewait_sock_ops`. `skep types timewait_sock_ops` prints its fields. */
  export interface timewait_sock_ops {
    readonly "~kernel"?: "struct timewait_sock_ops";
  }
  /** `struct tlbflush_unmap_batch`, 48 bytes. */
  export interface tlbflush_unmap_batch {
    readonly "~kernel"?: "struct tlbflush_unmap_batch";
    /** `struct arch_tlbflush_unmap_batch`, at 0 */
    arch: arch_tlbflush_unmap_batch;
    /** `bool`, at 40 */
    flush_required: bool;
    /** `bool`, at 41 */
    writable: bool;
  }
  /** `struct trace_entry`, 8 bytes. */
  export interface trace_entry {
    readonly "~kernel"?: "struct trace_entry";
    /** `short unsigned int`, at 0 */
    type: u16;
    /** `unsigned char`, at 2 */
    flags: u8;
    /** `unsigned char`, at 3 */
    preempt_count: u8;
    /** `int`, at 4 */
    pid: i32;
  }
  /** `struct trace_event_raw_sched_process_exec`, 20 bytes. */
  export interface trace_event_raw_sched_process_exec {
    readonly "~kernel"?: "struct trace_event_raw_sched_process_exec";
    /** `struct trace_entry`, at 0 */
    ent: trace_entry;
    /** `u32`, at 8 */
    __data_loc_filename: u32;
    /** `pid_t`, at 12 */
    pid: i32;
    /** `pid_t`, at 16 */
    old_pid: i32;
    /** `char [0]`, at 20 */
    __data: readonly u8[];
  }
  /** `struct tty_audit_buf`. `skep types tty_audit_buf` prints its fields. */
  export interface tty_audit_buf {
    readonly "~kernel"?: "struct tty_audit_buf";
  }
  /** `struct tty_struct`. `skep types tty_struct` prints its fields. */
  export interface tty_struct {
    readonly "~kernel"?: "struct tty_struct";
  }
  /** `struct ucounts`. `skep types ucounts` prints its fields. */
  export interface ucounts {
    readonly "~kernel"?: "struct ucounts";
  }
  /** `struct udp_table`. `skep types udp_table` prints its fields. */
  export interface udp_table {
    readonly "~kernel"?: "struct udp_table";
  }
  /** `struct uncached_list`. `skep types uncached_list` prints its fields. */
  export interface uncached_list {
    readonly "~kernel"?: "struct uncached_list";
  }
  /** `struct unwind_cache`. `skep types unwind_cache` prints its fields. */
  export interface unwind_cache {
    readonly "~kernel"?: "struct unwind_cache";
  }
  /** `union unwind_task_id`. `skep types unwind_task_id` prints its fields. */
  export interface unwind_task_id {
    readonly "~kernel"?: "union unwind_task_id";
  }
  /** `struct unwind_task_info`, 40 bytes. */
  export interface unwind_task_info {
    readonly "~kernel"?: "struct unwind_task_info";
    /** `long unsigned int`, at 0 */
    unwind_mask: u64;
    /** `struct unwind_cache *`, at 8 */
    cache: unwind_cache;
    /** `struct callback_head`, at 16 */
    work: callback_head;
    /** `union unwind_task_id`, at 32 */
    id: unwind_task_id;
  }
  /** `struct upid`. `skep types upid` prints its fields. */
  export interface upid {
    readonly "~kernel"?: "struct upid";
  }
  /** `struct uprobe`. `skep types uprobe` prints its fields. */
  export interface uprobe {
    readonly "~kernel"?: "struct uprobe";
  }
  /** `struct uprobe_task`, 128 bytes. */
  export interface uprobe_task {
    readonly "~kernel"?: "struct uprobe_task";
    /** `enum uprobe_task_state`, at 0 */
    state: u32;
    /** `unsigned int`, at 4 */
    depth: u32;
    /** `struct return_instance *`, at 8 */
    return_instances: return_instance;
    /** `struct return_instance *`, at 16 */
    ri_pool: return_instance;
    /** `struct timer_list`, at 24 */
    ri_timer: timer_list;
    /** `seqcount_t`, at 64 */
    ri_seqcount: seqcount;
    /** `struct arch_uprobe_task`, at 72 */
    autask: arch_uprobe_task;
    /** `long unsigned int`, at 88 */
    vaddr: u64;
    /** `struct callback_head`, at 72 */
    dup_xol_work: callback_head;
    /** `long unsigned int`, at 88 */
    dup_xol_addr: u64;
    /** `struct uprobe *`, at 96 */
    active_uprobe: uprobe;
    /** `long unsigned int`, at 104 */
    xol_vaddr: u64;
    /** `bool`, at 112 */
    signal_denied: bool;
    /** `struct arch_uprobe *`, at 120 */
    auprobe: arch_uprobe;
  }
  /** `struct uprobes_state`. `skep types uprobes_state` prints its fields. */
  export interface uprobes_state {
    readonly "~kernel"?: "struct uprobes_state";
  }
  /** `struct user_namespace`. `skep types user_namespace` prints its fields. */
  export interface user_namespace {
    readonly "~kernel"?: "struct user_namespace";
  }
  /** `struct user_struct`. `skep types user_struct` prints its fields. */
  export interface user_struct {
    readonly "~kernel"?: "struct user_struct";
  }
  /** `struct uts_namespace`. `skep types uts_namespace` prints its fields. */
  export interface uts_namespace {
    readonly "~kernel"?: "struct uts_namespace";
  }
  /** `vfsuid_t`. `skep types vfsuid_t` prints its fields. */
  export interface vfsuid_t {
    readonly "~kernel"?: "struct vfsuid_t";
  }
  /** `struct vm_struct`, 72 bytes. */
  export interface vm_struct {
    readonly "~kernel"?: "struct vm_struct";
    /** `struct vm_struct *`, at 0 */
    next: vm_struct;
    /** `void *`, at 8 */
    addr: u64;
    /** `long unsigned int`, at 16 */
    size: u64;
    /** `long unsigned int`, at 24 */
    flags: u64;
    /** `struct page **`, at 32 */
    pages: u64;
    /** `unsigned int`, at 40 */
    page_order: u32;
    /** `unsigned int`, at 44 */
    nr_pages: u32;
    /** `phys_addr_t`, at 48 */
    phys_addr: u64;
    /** `const void *`, at 56 */
    caller: u64;
    /** `long unsigned int`, at 64 */
    requested_size: u64;
  }
  /** `struct vmpressure`. `skep types vmpressure` prints its fields. */
  export interface vmpressure {
    readonly "~kernel"?: "struct vmpressure";
  }
  /** `struct wait_queue_head`. `skep types wait_queue_head` prints its fields. */
  export interface wait_queue_head {
    readonly "~kernel"?: "struct wait_queue_head";
  }
  /** `struct wake_q_node`, 8 bytes. */
  export interface wake_q_node {
    readonly "~kernel"?: "struct wake_q_node";
    /** `struct wake_q_node *`, at 0 */
    next: wake_q_node;
  }
  /** `struct wb_domain`. `skep types wb_domain` prints its fields. */
  export interface wb_domain {
    readonly "~kernel"?: "struct wb_domain";
  }
  /** `struct work_struct`. `skep types work_struct` prints its fields. */
  export interface work_struct {
    readonly "~kernel"?: "struct work_struct";
  }
  /** `struct ww_acquire_ctx`. `skep types ww_acquire_ctx` prints its fields. */
  export interface ww_acquire_ctx {
    readonly "~kernel"?: "struct ww_acquire_ctx";
  }
  /** `struct xarray`, 16 bytes. */
  export interface xarray {
    readonly "~kernel"?: "struct xarray";
    /** `spinlock_t`, at 0 */
    xa_lock: spinlock;
    /** `gfp_t`, at 4 */
    xa_flags: u32;
    /** `void *`, at 8 */
    xa_head: u64;
  }
  /** `struct xfrm_dev_offload`. `skep types xfrm_dev_offload` prints its fields. */
  export interface xfrm_dev_offload {
    readonly "~kernel"?: "struct xfrm_dev_offload";
  }
  /** `struct xfrm_lifetime_cfg`. `skep types xfrm_lifetime_cfg` prints its fields. */
  export interface xfrm_lifetime_cfg {
    readonly "~kernel"?: "struct xfrm_lifetime_cfg";
  }
  /** `struct xfrm_lifetime_cur`. `skep types xfrm_lifetime_cur` prints its fields. */
  export interface xfrm_lifetime_cur {
    readonly "~kernel"?: "struct xfrm_lifetime_cur";
  }
  /** `struct xfrm_mark`. `skep types xfrm_mark` prints its fields. */
  export interface xfrm_mark {
    readonly "~kernel"?: "struct xfrm_mark";
  }
  /** `struct xfrm_policy`, 824 bytes. */
  export interface xfrm_policy {
    readonly "~kernel"?: "struct xfrm_policy";
    /** `possible_net_t`, at 0 */
    xp_net: possible_net_t;
    /** `struct hlist_node`, at 8 */
    bydst: hlist_node;
    /** `struct hlist_node`, at 24 */
    byidx: hlist_node;
    /** `struct hlist_head`, at 40 */
    state_cache_list: hlist_head;
    /** `rwlock_t`, at 48 */
    lock: rwlock_t;
    /** `refcount_t`, at 56 */
    refcnt: refcount_struct;
    /** `u32`, at 60 */
    pos: u32;
    /** `struct timer_list`, at 64 */
    timer: timer_list;
    /** `atomic_t`, at 104 */
    genid: atomic_t;
    /** `u32`, at 108 */
    priority: u32;
    /** `u32`, at 112 */
    index: u32;
    /** `u32`, at 116 */
    if_id: u32;
    /** `struct xfrm_mark`, at 120 */
    mark: xfrm_mark;
    /** `struct xfrm_selector`, at 128 */
    selector: xfrm_selector;
    /** `struct xfrm_lifetime_cfg`, at 184 */
    lft: xfrm_lifetime_cfg;
    /** `struct xfrm_lifetime_cur`, at 248 */
    curlft: xfrm_lifetime_cur;
    /** `struct xfrm_policy_walk_entry`, at 280 */
    walk: xfrm_policy_walk_entry;
    /** `struct xfrm_policy_queue`, at 304 */
    polq: xfrm_policy_queue;
    /** `bool`, at 376 */
    bydst_reinsert: bool;
    /** `u8`, at 377 */
    type: u8;
    /** `u8`, at 378 */
    action: u8;
    /** `u8`, at 379 */
    flags: u8;
    /** `u8`, at 380 */
    xfrm_nr: u8;
    /** `u16`, at 382 */
    family: u16;
    /** `struct xfrm_sec_ctx *`, at 384 */
    security: xfrm_sec_ctx;
    /** `struct xfrm_tmpl [6]`, at 392 */
    xfrm_vec: FixedArray<xfrm_tmpl, 6>;
    /** `struct callback_head`, at 776 */
    rcu: callback_head;
    /** `struct xfrm_dev_offload`, at 792 */
    xdo: xfrm_dev_offload;
  }
  /** `struct xfrm_policy_queue`. `skep types xfrm_policy_queue` prints its fields. */
  export interface xfrm_policy_queue {
    readonly "~kernel"?: "struct xfrm_policy_queue";
  }
  /** `struct xfrm_policy_walk_entry`. `skep types xfrm_policy_walk_entry` prints its fields. */
  export interface xfrm_policy_walk_entry {
    readonly "~kernel"?: "struct xfrm_policy_walk_entry";
  }
  /** `struct xfrm_sec_ctx`. `skep types xfrm_sec_ctx` prints its fields. */
  export interface xfrm_sec_ctx {
    readonly "~kernel"?: "struct xfrm_sec_ctx";
  }
  /** `struct xfrm_selector`. `skep types xfrm_selector` prints its fields. */
  export interface xfrm_selector {
    readonly "~kernel"?: "struct xfrm_selector";
  }
  /** `struct xfrm_state`. `skep types xfrm_state` prints its fields. */
  export interface xfrm_state {
    readonly "~kernel"?: "struct xfrm_state";
  }
  /** `struct xfrm_tmpl`. `skep types xfrm_tmpl` prints its fields. */
  export interface xfrm_tmpl {
    readonly "~kernel"?: "struct xfrm_tmpl";
  }
}

/** For what gives pointers to structs. */
interface SkepKernelStructs {
  __call_single_node: import("skep/vmlinux").__call_single_node;
  address_space: import("skep/vmlinux").address_space;
  atomic_t: import("skep/vmlinux").atomic_t;
  audit_context: import("skep/vmlinux").audit_context;
  bio_list: import("skep/vmlinux").bio_list;
  blk_plug: import("skep/vmlinux").blk_plug;
  bpf_iter__task: import("skep/vmlinux").bpf_iter__task;
  bpf_iter_meta: import("skep/vmlinux").bpf_iter_meta;
  bpf_local_storage: import("skep/vmlinux").bpf_local_storage;
  bpf_net_context: import("skep/vmlinux").bpf_net_context;
  bpf_run_ctx: import("skep/vmlinux").bpf_run_ctx;
  callback_head: import("skep/vmlinux").callback_head;
  capture_control: import("skep/vmlinux").capture_control;
  compat_robust_list_head: import("skep/vmlinux").compat_robust_list_head;
  completion: import("skep/vmlinux").completion;
  cpumask: import("skep/vmlinux").cpumask;
  cred: import("skep/vmlinux").cred;
  css_set: import("skep/vmlinux").css_set;
  dst_entry: import("skep/vmlinux").dst_entry;
  files_struct: import("skep/vmlinux").files_struct;
  fs_struct: import("skep/vmlinux").fs_struct;
  futex_pi_state: import("skep/vmlinux").futex_pi_state;
  gendisk: import("skep/vmlinux").gendisk;
  hlist_head: import("skep/vmlinux").hlist_head;
  hlist_node: import("skep/vmlinux").hlist_node;
  in6_addr: import("skep/vmlinux").in6_addr;
  io_context: import("skep/vmlinux").io_context;
  io_uring_task: import("skep/vmlinux").io_uring_task;
  kernel_siginfo: import("skep/vmlinux").kernel_siginfo;
  key: import("skep/vmlinux").key;
  kmap_ctrl: import("skep/vmlinux").kmap_ctrl;
  kuid_t: import("skep/vmlinux").kuid_t;
  list_head: import("skep/vmlinux").list_head;
  mem_cgroup: import("skep/vmlinux").mem_cgroup;
  mempolicy: import("skep/vmlinux").mempolicy;
  mm_struct: import("skep/vmlinux").mm_struct;
  mutex: import("skep/vmlinux").mutex;
  nameidata: import("skep/vmlinux").nameidata;
  netns_tracker: import("skep/vmlinux").netns_tracker;
  nodemask_t: import("skep/vmlinux").nodemask_t;
  nsproxy: import("skep/vmlinux").nsproxy;
  numa_drop_counters: import("skep/vmlinux").numa_drop_counters;
  numa_group: import("skep/vmlinux").numa_group;
  obj_cgroup: import("skep/vmlinux").obj_cgroup;
  page_frag: import("skep/vmlinux").page_frag;
  perf_ctx_data: import("skep/vmlinux").perf_ctx_data;
  perf_event_context: import("skep/vmlinux").perf_event_context;
  pid: import("skep/vmlinux").pid;
  pipe_inode_info: import("skep/vmlinux").pipe_inode_info;
  plist_node: import("skep/vmlinux").plist_node;
  posix_cputimers: import("skep/vmlinux").posix_cputimers;
  posix_cputimers_work: import("skep/vmlinux").posix_cputimers_work;
  prev_cputime: import("skep/vmlinux").prev_cputime;
  proto: import("skep/vmlinux").proto;
  raw_spinlock: import("skep/vmlinux").raw_spinlock;
  rb_node: import("skep/vmlinux").rb_node;
  rb_root: import("skep/vmlinux").rb_root;
  rb_root_cached: import("skep/vmlinux").rb_root_cached;
  rcu_node: import("skep/vmlinux").rcu_node;
  rcu_special: import("skep/vmlinux").rcu_special;
  reclaim_state: import("skep/vmlinux").reclaim_state;
  refcount_struct: import("skep/vmlinux").refcount_struct;
  restart_block: import("skep/vmlinux").restart_block;
  robust_list_head: import("skep/vmlinux").robust_list_head;
  rseq: import("skep/vmlinux").rseq;
  rt_mutex_waiter: import("skep/vmlinux").rt_mutex_waiter;
  rwlock_t: import("skep/vmlinux").rwlock_t;
  sched_class: import("skep/vmlinux").sched_class;
  sched_dl_entity: import("skep/vmlinux").sched_dl_entity;
  sched_entity: import("skep/vmlinux").sched_entity;
  sched_info: import("skep/vmlinux").sched_info;
  sched_rt_entity: import("skep/vmlinux").sched_rt_entity;
  sched_statistics: import("skep/vmlinux").sched_statistics;
  seccomp: import("skep/vmlinux").seccomp;
  seqcount_spinlock: import("skep/vmlinux").seqcount_spinlock;
  sighand_struct: import("skep/vmlinux").sighand_struct;
  signal_struct: import("skep/vmlinux").signal_struct;
  sigpending: import("skep/vmlinux").sigpending;
  sigset_t: import("skep/vmlinux").sigset_t;
  sk_buff: import("skep/vmlinux").sk_buff;
  sk_buff_head: import("skep/vmlinux").sk_buff_head;
  sk_filter: import("skep/vmlinux").sk_filter;
  sock: import("skep/vmlinux").sock;
  sock_cgroup_data: import("skep/vmlinux").sock_cgroup_data;
  sock_common: import("skep/vmlinux").sock_common;
  sock_reuseport: import("skep/vmlinux").sock_reuseport;
  socket: import("skep/vmlinux").socket;
  socket_lock_t: import("skep/vmlinux").socket_lock_t;
  socket_wq: import("skep/vmlinux").socket_wq;
  spinlock: import("skep/vmlinux").spinlock;
  syscall_user_dispatch: import("skep/vmlinux").syscall_user_dispatch;
  sysv_sem: import("skep/vmlinux").sysv_sem;
  sysv_shm: import("skep/vmlinux").sysv_shm;
  task_delay_info: import("skep/vmlinux").task_delay_info;
  task_group: import("skep/vmlinux").task_group;
  task_io_accounting: import("skep/vmlinux").task_io_accounting;
  task_struct: import("skep/vmlinux").task_struct;
  thread_info: import("skep/vmlinux").thread_info;
  thread_struct: import("skep/vmlinux").thread_struct;
  timer_list: import("skep/vmlinux").timer_list;
  tlbflush_unmap_batch: import("skep/vmlinux").tlbflush_unmap_batch;
  trace_entry: import("skep/vmlinux").trace_entry;
  trace_event_raw_sched_process_exec: import("skep/vmlinux").trace_event_raw_sched_process_exec;
  unwind_task_info: import("skep/vmlinux").unwind_task_info;
  uprobe_task: import("skep/vmlinux").uprobe_task;
  vm_struct: import("skep/vmlinux").vm_struct;
  wake_q_node: import("skep/vmlinux").wake_q_node;
  xarray: import("skep/vmlinux").xarray;
  xfrm_policy: import("skep/vmlinux").xfrm_policy;
}

/** What programs are given where they are attached, by section. */
interface SkepKernelTargets {
  "iter/task": [ctx: import("skep/vmlinux").bpf_iter__task];
  "tp_btf/inet_sock_set_state": [sk: import("skep/vmlinux").sock, oldstate: import("skep/bpf").i32, newstate: import("skep/bpf").i32];
  "tp_btf/sched_switch": [preempt: import("skep/bpf").bool, prev: import("skep/vmlinux").task_struct, next: import("skep/vmlinux").task_struct, prev_state: import("skep/bpf").u32];
  "tp_btf/sched_wakeup": [p: import("skep/vmlinux").task_struct];
  "tp_btf/sched_wakeup_new": [p: import("skep/vmlinux").task_struct];
}

/**
 * Types of Linux 6.18 for programs, as `skep types` writes them: those that are used, whole, and what their fields lead to.
 * Compiled programs adapt to the kernel that runs them; offsets here are of the kernel that the types are from.
 */

declare module "skep/vmlinux" {
  import type { u8, u16, u32, u64, i16, i32, i64, bool, be16, be32, FixedArray } from "skep/bpf";
  import type { Ipv4Address, Ipv6Address } from "skep/bpf/net";

  export const TCP_ESTABLISHED: 1;
  export const TCP_SYN_SENT: 2;
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
  /** `struct bpf_prog`. `skep types bpf_prog` prints its fields. */
  export interface bpf_prog {
    readonly "~kernel"?: "struct bpf_prog";
  }
  /** `struct callback_head`, 16 bytes. */
  export interface callback_head {
    readonly "~kernel"?: "struct callback_head";
    /** `struct callback_head *`, at 0 */
    next: callback_head;
    /** `void (*)(struct callback_head *)`, at 8 */
    func: u64;
  }
  /** `struct cgroup`. `skep types cgroup` prints its fields. */
  export interface cgroup {
    readonly "~kernel"?: "struct cgroup";
  }
  /** `struct cgroup_file`. `skep types cgroup_file` prints its fields. */
  export interface cgroup_file {
    readonly "~kernel"?: "struct cgroup_file";
  }
  /** `struct cgroup_subsys_state`. `skep types cgroup_subsys_state` prints its fields. */
  export interface cgroup_subsys_state {
    readonly "~kernel"?: "struct cgroup_subsys_state";
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
  /** `struct deferred_split`. `skep types deferred_split` prints its fields. */
  export interface deferred_split {
    readonly "~kernel"?: "struct deferred_split";
  }
  /** `struct dentry`. `skep types dentry` prints its fields. */
  export interface dentry {
    readonly "~kernel"?: "struct dentry";
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
  /** `struct file`. `skep types file` prints its fields. */
  export interface file {
    readonly "~kernel"?: "struct file";
  }
  /** `struct group_info`. `skep types group_info` prints its fields. */
  export interface group_info {
    readonly "~kernel"?: "struct group_info";
  }
  /** `struct hlist_head`. `skep types hlist_head` prints its fields. */
  export interface hlist_head {
    readonly "~kernel"?: "struct hlist_head";
  }
  /** `struct hlist_node`. `skep types hlist_node` prints its fields. */
  export interface hlist_node {
    readonly "~kernel"?: "struct hlist_node";
  }
  /** `struct hlist_nulls_node`. `skep types hlist_nulls_node` prints its fields. */
  export interface hlist_nulls_node {
    readonly "~kernel"?: "struct hlist_nulls_node";
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
  /** `kernel_cap_t`. `skep types kernel_cap_t` prints its fields. */
  export interface kernel_cap_t {
    readonly "~kernel"?: "struct kernel_cap_t";
  }
  /** `struct key`. `skep types key` prints its fields. */
  export interface key {
    readonly "~kernel"?: "struct key";
  }
  /** `kgid_t`. `skep types kgid_t` prints its fields. */
  export interface kgid_t {
    readonly "~kernel"?: "struct kgid_t";
  }
  /** `struct kmem_cache`. `skep types kmem_cache` prints its fields. */
  export interface kmem_cache {
    readonly "~kernel"?: "struct kmem_cache";
  }
  /** `kuid_t`, 4 bytes. */
  export interface kuid_t {
    readonly "~kernel"?: "struct kuid_t";
    /** `uid_t`, at 0 */
    val: u32;
  }
  /** `struct list_head`. `skep types list_head` prints its fields. */
  export interface list_head {
    readonly "~kernel"?: "struct list_head";
  }
  /** `struct llist_node`. `skep types llist_node` prints its fields. */
  export interface llist_node {
    readonly "~kernel"?: "struct llist_node";
  }
  /** `struct lwtunnel_state`. `skep types lwtunnel_state` prints its fields. */
  export interface lwtunnel_state {
    readonly "~kernel"?: "struct lwtunnel_state";
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
  /** `struct module`. `skep types module` prints its fields. */
  export interface module {
    readonly "~kernel"?: "struct module";
  }
  /** `struct mutex`. `skep types mutex` prints its fields. */
  export interface mutex {
    readonly "~kernel"?: "struct mutex";
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
  /** `struct numa_drop_counters`, 128 bytes. */
  export interface numa_drop_counters {
    readonly "~kernel"?: "struct numa_drop_counters";
    /** `atomic_t`, at 0 */
    drops0: atomic_t;
    /** `atomic_t`, at 64 */
    drops1: atomic_t;
  }
  /** `struct obj_cgroup`. `skep types obj_cgroup` prints its fields. */
  export interface obj_cgroup {
    readonly "~kernel"?: "struct obj_cgroup";
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
  /** `struct percpu_counter`. `skep types percpu_counter` prints its fields. */
  export interface percpu_counter {
    readonly "~kernel"?: "struct percpu_counter";
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
  /** `struct pidfs_attr`. `skep types pidfs_attr` prints its fields. */
  export interface pidfs_attr {
    readonly "~kernel"?: "struct pidfs_attr";
  }
  /** `possible_net_t`. `skep types possible_net_t` prints its fields. */
  export interface possible_net_t {
    readonly "~kernel"?: "struct possible_net_t";
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
    name: FixedArray<u8, 32>;
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
  /** `struct raw_hashinfo`. `skep types raw_hashinfo` prints its fields. */
  export interface raw_hashinfo {
    readonly "~kernel"?: "struct raw_hashinfo";
  }
  /** `struct raw_spinlock`. `skep types raw_spinlock` prints its fields. */
  export interface raw_spinlock {
    readonly "~kernel"?: "struct raw_spinlock";
  }
  /** `struct rb_node`. `skep types rb_node` prints its fields. */
  export interface rb_node {
    readonly "~kernel"?: "struct rb_node";
  }
  /** `struct rb_root`, 8 bytes. */
  export interface rb_root {
    readonly "~kernel"?: "struct rb_root";
    /** `struct rb_node *`, at 0 */
    rb_node: rb_node;
  }
  /** `rcuref_t`. `skep types rcuref_t` prints its fields. */
  export interface rcuref_t {
    readonly "~kernel"?: "struct rcuref_t";
  }
  /** `struct refcount_struct`, 4 bytes. */
  export interface refcount_struct {
    readonly "~kernel"?: "struct refcount_struct";
    /** `atomic_t`, at 0 */
    refs: atomic_t;
  }
  /** `struct request_sock_ops`. `skep types request_sock_ops` prints its fields. */
  export interface request_sock_ops {
    readonly "~kernel"?: "struct request_sock_ops";
  }
  /** `rwlock_t`, 8 bytes. */
  export interface rwlock_t {
    readonly "~kernel"?: "struct rwlock_t";
    /** `arch_rwlock_t`, at 0 */
    raw_lock: qrwlock;
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
    cb: FixedArray<u8, 48>;
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
  /** `struct timewait_sock_ops`. `skep types timewait_sock_ops` prints its fields. */
  export interface timewait_sock_ops {
    readonly "~kernel"?: "struct timewait_sock_ops";
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
  /** `struct upid`. `skep types upid` prints its fields. */
  export interface upid {
    readonly "~kernel"?: "struct upid";
  }
  /** `struct user_namespace`. `skep types user_namespace` prints its fields. */
  export interface user_namespace {
    readonly "~kernel"?: "struct user_namespace";
  }
  /** `struct user_struct`. `skep types user_struct` prints its fields. */
  export interface user_struct {
    readonly "~kernel"?: "struct user_struct";
  }
  /** `struct vmpressure`. `skep types vmpressure` prints its fields. */
  export interface vmpressure {
    readonly "~kernel"?: "struct vmpressure";
  }
  /** `struct wait_queue_head`. `skep types wait_queue_head` prints its fields. */
  export interface wait_queue_head {
    readonly "~kernel"?: "struct wait_queue_head";
  }
  /** `struct wb_domain`. `skep types wb_domain` prints its fields. */
  export interface wb_domain {
    readonly "~kernel"?: "struct wb_domain";
  }
  /** `struct work_struct`. `skep types work_struct` prints its fields. */
  export interface work_struct {
    readonly "~kernel"?: "struct work_struct";
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

/** What programs are given where they are attached, by section. */
interface SkepKernelTargets {
  "tp_btf/inet_sock_set_state": [sk: import("skep/vmlinux").sock, oldstate: import("skep/bpf").i32, newstate: import("skep/bpf").i32];
}

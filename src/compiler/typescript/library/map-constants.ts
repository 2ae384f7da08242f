/** Flags of maps, of their elements and of buffers, as linux/bpf.h has them. */

export const MAP_CONSTANTS = {
  // of map.set
  BPF_ANY: 0,
  BPF_NOEXIST: 1,
  BPF_EXIST: 2,
  BPF_F_LOCK: 4,
  // of making a map
  BPF_F_NO_PREALLOC: 1 << 0,
  BPF_F_NO_COMMON_LRU: 1 << 1,
  BPF_F_NUMA_NODE: 1 << 2,
  BPF_F_RDONLY: 1 << 3,
  BPF_F_WRONLY: 1 << 4,
  BPF_F_STACK_BUILD_ID: 1 << 5,
  BPF_F_ZERO_SEED: 1 << 6,
  BPF_F_RDONLY_PROG: 1 << 7,
  BPF_F_WRONLY_PROG: 1 << 8,
  BPF_F_CLONE: 1 << 9,
  BPF_F_MMAPABLE: 1 << 10,
  BPF_F_PRESERVE_ELEMS: 1 << 11,
  BPF_F_INNER_MAP: 1 << 12,
  // of ring buffers
  BPF_RB_NO_WAKEUP: 1 << 0,
  BPF_RB_FORCE_WAKEUP: 1 << 1,
  BPF_RB_AVAIL_DATA: 0,
  BPF_RB_RING_SIZE: 1,
  BPF_RB_CONS_POS: 2,
  BPF_RB_PROD_POS: 3,
  // of perf event arrays
  BPF_F_INDEX_MASK: 0xffff_ffff,
  BPF_F_CURRENT_CPU: 0xffff_ffff,
  // of stackTrace.id
  BPF_F_SKIP_FIELD_MASK: 0xff,
  BPF_F_USER_STACK: 1 << 8,
  BPF_F_FAST_STACK_CMP: 1 << 9,
  BPF_F_REUSE_STACKID: 1 << 10,
  BPF_F_USER_BUILD_ID: 1 << 11,
  // of storages
  BPF_LOCAL_STORAGE_GET_F_CREATE: 1,
} as const;

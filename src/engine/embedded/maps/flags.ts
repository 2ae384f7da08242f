/** Flags of map creation and update, from linux/bpf.h. */

/** Update: add or replace. */
export const BPF_ANY = 0;
/** Update: only add. */
export const BPF_NOEXIST = 1;
/** Update: only replace. */
export const BPF_EXIST = 2;

/** Lookup and update: under the spin lock in the value. */
export const BPF_F_LOCK = 4;

/** Entries are allocated as they come; required of an LPM trie and of local storages. */
export const BPF_F_NO_PREALLOC = 1 << 0;
/** One LRU list for each CPU instead of a common one. */
export const BPF_F_NO_COMMON_LRU = 1 << 1;
export const BPF_F_NUMA_NODE = 1 << 2;
/** User space may not write, may not read. */
export const BPF_F_RDONLY = 1 << 3;
export const BPF_F_WRONLY = 1 << 4;
/** A stack trace map of build ids instead of addresses. */
export const BPF_F_STACK_BUILD_ID = 1 << 5;
export const BPF_F_ZERO_SEED = 1 << 6;
/** Programs may not write (`.rodata`), may not read. */
export const BPF_F_RDONLY_PROG = 1 << 7;
export const BPF_F_WRONLY_PROG = 1 << 8;
/** A local storage that is copied when its socket is cloned. */
export const BPF_F_CLONE = 1 << 9;
export const BPF_F_MMAPABLE = 1 << 10;
/** A perf event array whose events outlive the descriptor that put them in. */
export const BPF_F_PRESERVE_ELEMS = 1 << 11;
export const BPF_F_INNER_MAP = 1 << 12;
export const BPF_F_SEGV_ON_FAULT = 1 << 17;
export const BPF_F_NO_USER_CONV = 1 << 18;

/** What most kinds accept. */
export const ACCESS_FLAGS = BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;

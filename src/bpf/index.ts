/**
 * What a `.bpf.ts` file imports from "skep/bpf": hooks, maps, machine integers, helpers, constants.
 *
 * To an editor and to `tsc` these are functions and types; to Skep's compiler they are names that it knows. Run as
 * JavaScript, the functions throw NotCompiledError; the constants are real.
 */

export { type Arena, type ArenaOptions, arena } from "./arena.ts";
export { bpf_find_vma, bpf_for_each_map_elem, bpf_loop, canLoop, range, type Stop } from "./callbacks.ts";
export * from "./constants.ts";
export type * from "./contexts.ts";
export { perfEventArray, print, ringBuffer, userRingBuffer } from "./events.ts";
export { atomicAdd, atomicAnd, atomicOr, atomicXor, compareExchange, config, exchange } from "./globals.ts";
export * from "./helpers.ts";
export { hook } from "./hook.ts";
export * from "./hooks.ts";
export {
  type Bits,
  type be16,
  type be32,
  type be64,
  bool,
  type FixedArray,
  type FixedString,
  i8,
  i16,
  i32,
  i64,
  type Union,
  u8,
  u16,
  u32,
  u64,
} from "./integers.ts";
export {
  bpf_per_cpu_ptr,
  bpf_this_cpu_ptr,
  cast,
  enumExists,
  enumValue,
  exists,
  field,
  kconfig,
  ksym,
  type Pointer,
  sizeOf,
} from "./kernel.ts";
export * from "./map-kinds.ts";
export { array, hash, lpmTrie, lruHash, lruPerCpuHash, perCpuArray, perCpuHash } from "./maps.ts";
export {
  type Address,
  context,
  type KernelStruct,
  zeroed,
} from "./memory.ts";
export { NotCompiledError } from "./not-compiled.ts";
export {
  bpf_dynptr_adjust,
  bpf_dynptr_clone,
  bpf_dynptr_data,
  bpf_dynptr_from_mem,
  bpf_dynptr_from_skb,
  bpf_dynptr_from_xdp,
  bpf_dynptr_is_null,
  bpf_dynptr_is_rdonly,
  bpf_dynptr_read,
  bpf_dynptr_size,
  bpf_dynptr_slice,
  bpf_dynptr_slice_rdwr,
  bpf_dynptr_write,
  bpf_kptr_xchg,
  bpf_preempt_disable,
  bpf_preempt_enable,
  bpf_rcu_read_lock,
  bpf_rcu_read_unlock,
  bpf_ringbuf_discard_dynptr,
  bpf_ringbuf_reserve_dynptr,
  bpf_ringbuf_submit_dynptr,
  type Dynptr,
  type Kptr,
} from "./objects.ts";
export type { Header, Packet } from "./packet.ts";
export {
  bpf_spin_lock,
  bpf_spin_unlock,
  bpf_timer_cancel,
  bpf_timer_init,
  bpf_timer_set_callback,
  bpf_timer_start,
  bpf_wq_init,
  bpf_wq_set_callback,
  bpf_wq_start,
  type SpinLock,
  type Timer,
  type Workqueue,
} from "./special.ts";
export { type StructOpsMembers, type StructOpsOptions, type StructOpsProgram, structOps } from "./struct-ops.ts";

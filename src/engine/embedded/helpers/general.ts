/**
 * The helper functions that programs of every type may call: prototypes and what they do, from the documentation comments of
 * include/uapi/linux/bpf.h and the implementations' `bpf_func_proto` in kernel/bpf/helpers.c, kernel/trace/bpf_trace.c
 * and net/core/filter.c (Linux 6.18). What is not here is refused when a program is loaded, by name.
 */

import type { ProgramType } from "../../../uapi/program-types.ts";
import { ARENAS } from "../kfuncs/arena.ts";
import { DYNPTR_KFUNCS } from "../kfuncs/dynptr.ts";
import { ITERATORS } from "../kfuncs/iterators.ts";
import { OBJECTS, POINTER_EXCHANGE } from "../kfuncs/objects.ts";
import { RESILIENT_LOCKS } from "../kfuncs/resilient-locks.ts";
import { SECTIONS } from "../kfuncs/sections.ts";
import { STRING_KFUNCS } from "../kfuncs/strings.ts";
import { WORK_QUEUES } from "../kfuncs/work-queues.ts";
import { EINVAL } from "../maps/errno.ts";
import { CALLBACKS } from "./callbacks.ts";
import { DYNPTRS } from "./dynptr.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";
import { LOCKS } from "./locks.ts";
import { QUEUES } from "./queues.ts";
import { RINGS } from "./rings.ts";
import { STRINGS } from "./strings.ts";
import { TAIL_CALLS } from "./tail-calls.ts";
import { TIMERS } from "./timers.ts";

const now = new Uint32Array(2);

function time(call: HelperCall): number {
  call.cpu.room.clock.read(now);
  call.high = now[1]!;
  return now[0]!;
}

/** CONFIG_HZ of most kernels that are not for servers; the room's configuration may say another. */
const USUAL_HZ = 1000;

/** Ticks since boot. */
function jiffies(call: HelperCall): number {
  const { clock, config } = call.cpu.room;
  clock.read(now);
  const nanoseconds = (BigInt(now[1]!) << 32n) | BigInt(now[0]!);
  const ticks = (nanoseconds * BigInt(Number(config["CONFIG_HZ"] ?? USUAL_HZ))) / 1_000_000_000n;
  call.high = Number(ticks >> 32n);
  return Number(ticks & 0xffff_ffffn);
}

/** What every program type may call. */
export const GENERAL: readonly Helper[] = [
  helper("bpf_map_lookup_elem", ["map", "key"], "address", (call, map, key) => call.mapAt(map).lookup(key >>> 0, call.cpu.id)),
  helper("bpf_map_update_elem", ["map", "key", "value", "wide"], "int", (call, map, key, value, flags) =>
    call.highOf(4) !== 0 ? -EINVAL : call.mapAt(map).update(key >>> 0, value >>> 0, flags, call.cpu.id),
  ),
  helper("bpf_map_delete_elem", ["map", "key"], "int", (call, map, key) => call.mapAt(map).delete(key >>> 0)),
  helper("bpf_map_lookup_percpu_elem", ["map", "key", "number"], "address", (call, map, key, cpu) => {
    const store = call.mapAt(map);
    return cpu >>> 0 < store.slots ? store.lookup(key >>> 0, cpu >>> 0) : 0;
  }),
  helper("bpf_ktime_get_ns", [], "u64", time),
  helper("bpf_ktime_get_boot_ns", [], "u64", time),
  helper("bpf_ktime_get_tai_ns", [], "u64", time),
  helper("bpf_jiffies64", [], "u64", jiffies),
  helper("bpf_get_prandom_u32", [], "u32", (call) => call.cpu.random.next()),
  helper("bpf_get_smp_processor_id", [], "u32", (call) => call.cpu.id),
  // All memory is one node.
  helper("bpf_get_numa_node_id", [], "u32", () => 0),
  ...STRINGS,
  ...CALLBACKS,
  ...QUEUES,
  ...RINGS,
  ...TAIL_CALLS,
  ...DYNPTRS,
  ...DYNPTR_KFUNCS,
  ...ITERATORS,
  ...SECTIONS,
  ...STRING_KFUNCS,
  ...LOCKS,
  ...RESILIENT_LOCKS,
  ...TIMERS,
  ...WORK_QUEUES,
  POINTER_EXCHANGE,
];

/** Programs on packets and sockets may ask for the time of the last tick. */
const COARSE: Helper = helper("bpf_ktime_get_coarse_ns", [], "u64", time);

/** Types that cannot: those on events, and `cgroup_device`. */
const WITHOUT_COARSE: ReadonlySet<ProgramType> = new Set<ProgramType>([
  ...(["tracepoint", "raw_tracepoint", "raw_tracepoint_writable", "kprobe", "perf_event", "tracing", "lsm", "syscall"] as const),
  "cgroup_device",
]);

/** Types whose programs may allocate objects (`generic_kfunc_set`): the hooks XDP, SCHED_CLS, TRACING, SYSCALL and CGROUP. */
const WITH_OBJECTS: ReadonlySet<ProgramType> = new Set<ProgramType>([
  ...(["xdp", "sched_cls", "tracepoint", "perf_event", "tracing", "lsm", "syscall", "cgroup_skb", "cgroup_sock"] as const),
  ...(["cgroup_sock_addr", "cgroup_sockopt", "cgroup_sysctl", "cgroup_device", "sock_ops"] as const),
]);

/** Types whose programs may sleep. In the kernel those on events must be loaded so. */
const MAY_SLEEP: ReadonlySet<ProgramType> = new Set<ProgramType>(["syscall", "tracing", "lsm", "kprobe"]);

/** What programs of a type may call besides what belongs to the type. */
export const generalFor = (type: ProgramType): readonly Helper[] => [
  ...GENERAL,
  ...(WITHOUT_COARSE.has(type) ? [] : [COARSE]),
  ...(WITH_OBJECTS.has(type) ? OBJECTS : []),
  ...(MAY_SLEEP.has(type) ? ARENAS : []),
];

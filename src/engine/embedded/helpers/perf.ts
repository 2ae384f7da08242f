/** Helpers of programs on events: about the event itself (kernel/trace/bpf_trace.c, Linux 6.18). */

import { resultOffset } from "../contexts/registers.ts";
import { E2BIG, EINVAL, ENOENT } from "../maps/errno.ts";
import { BPF_F_CURRENT_CPU, PerfEventArrayMap } from "../maps/perf-events.ts";
import type { PerfValue, RunningEvent } from "../room/events.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";

const eventOf = ({ cpu }: HelperCall): RunningEvent | null => cpu.room.events.running[cpu.id] ?? null;

function wide(call: HelperCall, value: bigint): number {
  call.high = Number(BigInt.asUintN(64, value) >> 32n);
  return Number(value & 0xffff_ffffn);
}

/** `bpf_get_attach_cookie`: what `attach({ cookie })` said; 0 outside of links. Linux 5.15. */
export const COOKIE: Helper = helper("bpf_get_attach_cookie", ["context"], "u64", (call) =>
  wide(call, eventOf(call)?.cookie ?? 0n),
);

/** `bpf_get_func_ip`: the address that the event brought along; 0 when it brought none. Linux 5.15. */
export const FUNCTION_IP: Helper = helper("bpf_get_func_ip", ["context"], "u64", (call) =>
  wide(call, BigInt(eventOf(call)?.meta.ip ?? 0)),
);

const EOPNOTSUPP = 95;

/** How many arguments the function has, and its result where it has returned. */
function functionOf(call: HelperCall): { readonly count: number; readonly returned: boolean } {
  const data = eventOf(call)?.data ?? {};
  const args = data instanceof Uint8Array ? undefined : data["args"];
  // Bytes do not say where the arguments end.
  if (!Array.isArray(args)) throw call.fault("how many arguments the function has is known where the event has args");
  return { count: args.length, returned: !(data instanceof Uint8Array) && data["ret"] !== undefined };
}

function copyWord(call: HelperCall, context: number, index: number, to: number): number {
  call.memory.bytes.copyWithin(to >>> 0, (context >>> 0) + index * 8, (context >>> 0) + index * 8 + 8);
  return 0;
}

/** `bpf_get_func_arg` and its siblings, of functions as they begin and end. Linux 5.17. */
export const FUNCTION_ARGUMENTS: readonly Helper[] = [
  helper("bpf_get_func_arg", ["context", "wide", { memory: 8, write: true }], "int", (call, context, index, to) => {
    const { count } = functionOf(call);
    return index >>> 0 >= count || call.highOf(2) !== 0 ? -EINVAL : copyWord(call, context, index, to);
  }),
  helper("bpf_get_func_ret", ["context", { memory: 8, write: true }], "int", (call, context, to) => {
    const { count, returned } = functionOf(call);
    return returned ? copyWord(call, context, count, to) : -EOPNOTSUPP;
  }),
  helper("bpf_get_func_arg_cnt", ["context"], "int", (call) => functionOf(call).count),
];

/** `struct bpf_perf_event_value`: three u64. */
const VALUE_SIZE = 24;

/** Linux 4.15. */
export const READ_VALUE: Helper = helper(
  "bpf_perf_prog_read_value",
  ["context", "write", "size"],
  "int",
  (call, _context, to, size) => {
    const { bytes } = call.memory;
    const start = to >>> 0;
    const counter = eventOf(call)?.meta.counter;
    if (size !== VALUE_SIZE || counter === undefined) {
      bytes.fill(0, start, start + size);
      return -EINVAL;
    }
    writeValue(call, start, counter);
    return 0;
  },
);

/** The counter that the flags name, or a negated error number (`get_map_perf_counter`). */
function counterOf(call: HelperCall, handle: number, flags: number): PerfValue | number {
  const map = call.mapAt(handle);
  if (!(map instanceof PerfEventArrayMap)) throw call.fault(`${map.name} is a ${map.type}, not a perf_event_array`);
  if (call.highOf(2) !== 0) return -EINVAL;
  const own = call.cpu.id;
  const index = flags >>> 0 === BPF_F_CURRENT_CPU ? own : flags >>> 0;
  if (index >= map.maxEntries) return -E2BIG;
  if (map.referenceAt(index) === 0) return -ENOENT;
  const counter = map.counterAt(index);
  if (counter === null) throw call.fault(`${map.name}: entry ${index} is a buffer; a counter is put in by count("cpu-cycles")`);
  // A counter is read where it counts.
  return index === own ? (counter.read() ?? -ENOENT) : -EINVAL;
}

function writeValue({ memory: { view } }: HelperCall, to: number, value: PerfValue): void {
  [value.counter, value.enabled, value.running].forEach((part, index) => {
    view.setBigUint64(to + index * 8, BigInt.asUintN(64, BigInt(part)), true);
  });
}

/** Of this CPU. Linux 4.3; with times 4.15. */
export const COUNTERS: readonly Helper[] = [
  helper("bpf_perf_event_read", ["map", "wide"], "u64", (call, map, flags) => {
    const value = counterOf(call, map, flags);
    return wide(call, BigInt(typeof value === "number" ? value : value.counter));
  }),
  helper("bpf_perf_event_read_value", ["map", "wide", "write", "size"], "int", (call, map, flags, to, size) => {
    const value = size === VALUE_SIZE ? counterOf(call, map, flags) : -EINVAL;
    if (typeof value === "number") {
      call.memory.bytes.fill(0, to >>> 0, (to >>> 0) + size);
      return value;
    }
    writeValue(call, to >>> 0, value);
    return 0;
  }),
];

/** `bpf_override_return`: told to whoever emitted the event (`Emitted.override`), and in the register of results. Linux 4.16. */
export const OVERRIDE: Helper = helper("bpf_override_return", ["context", "wide"], "int", (call, context, low) => {
  const high = call.highOf(2);
  const at = (context >>> 0) + resultOffset(call.cpu.room.architecture);
  call.memory.view.setInt32(at, low, true);
  call.memory.view.setInt32(at + 4, high, true);
  const event = eventOf(call);
  if (event !== null) event.override = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return 0;
});

// Data from linux/bpf.h and include/linux/trace_events.h (Linux 6.18): contexts of programs that observe.

import { type Architecture, REGISTERS } from "../registers.ts";
import { type ContextStruct, contextStruct } from "./struct.ts";

/** Arguments of a tracepoint as the kernel's code gives them: at most twelve, each in 8 bytes. */
export const RAW_TRACEPOINT_ARGS = contextStruct("struct bpf_raw_tracepoint_args", { args: [8, 12] });

/** `syscalls/sys_enter_…`. The first 8 bytes are the record's header, which programs may not read. */
export const SYS_ENTER = contextStruct("struct trace_event_raw_sys_enter", { "{header}": 8, id: 8, args: [8, 6] });

/** `syscalls/sys_exit_…`. */
export const SYS_EXIT = contextStruct("struct trace_event_raw_sys_exit", { "{header}": 8, id: 8, ret: 8 });

/** What is left of a tracepoint's record when nobody says what is in it: its header. */
export const TRACE_ENTRY = contextStruct("struct trace_entry", { "{header}": 8 });

/** Registers, 8 bytes each; on some machines others follow that programs cannot name. */
export function ptRegs(architecture: Architecture): ContextStruct {
  const { names } = REGISTERS[architecture];
  return contextStruct("struct pt_regs", Object.fromEntries(names.map((name) => [name, 8])));
}

/** A sample of a performance counter. */
export function perfEventData(architecture: Architecture): ContextStruct {
  const { names, userSize } = REGISTERS[architecture];
  const registers = names.slice(0, userSize / 8).map((name) => [name, 8] as const);
  return contextStruct("struct bpf_perf_event_data", { ...Object.fromEntries(registers), sample_period: 8, addr: 8 });
}

// What runs on this machine: every thread with its process, state, parent and name.
//
//   sudo skep run examples/task-iterator.bpf.ts

import { bpf_seq_printf, config, iterator, type u8, u32 } from "skep/bpf";

/** Only threads of this process; 0: all. */
export const target = config<u32>(0);

/** As ps and /proc/PID/stat have it: the lowest bit that is set. */
function letter(state: u32): u8 {
  if (state === 0) return 0x52; // R
  if ((state & 0x01) !== 0) return 0x53; // S
  if ((state & 0x02) !== 0) return 0x44; // D
  if ((state & 0x04) !== 0) return 0x54; // T
  if ((state & 0x08) !== 0) return 0x74; // t
  if ((state & 0x10) !== 0) return 0x58; // X
  if ((state & 0x20) !== 0) return 0x5a; // Z
  return 0x49; // I
}

export const tasks = iterator("task", (ctx) => {
  const task = ctx.task;
  // The end.
  if (task === null) return;
  if (target !== 0 && u32(task.tgid) !== target) return;
  const { seq, seq_num } = ctx.meta;
  if (seq_num === 0) bpf_seq_printf(seq, "PROCESS  THREAD   PARENT   S NAME\n");
  const state = letter(task.__state | u32(task.exit_state));
  bpf_seq_printf(
    seq,
    `${task.tgid.toString().padEnd(8)} ${task.pid.toString().padEnd(8)} ${task.real_parent.tgid.toString().padEnd(8)} ${String.fromCharCode(state)} ${task.comm}\n`,
  );
});

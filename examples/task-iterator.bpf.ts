// What runs on this machine: every thread with its process, state, parent and name.
//
//   sudo skep run examples/task-iterator.bpf.ts

import { bpf_seq_printf, config, type FixedString, iterator, type u8, u32, u64 } from "skep/bpf";

/** Only threads of this process; 0: all. */
export const target = config<u32>(0);

const TITLE: FixedString<40> = "PROCESS  THREAD   PARENT   S NAME\n";
const ROW: FixedString<24> = "%-8d %-8d %-8d %c %s\n";

/** What stands for the directives of a row, in the words that `bpf_seq_printf` takes. */
interface Row {
  process: u64;
  thread: u64;
  parent: u64;
  state: u64;
  name: u64;
}

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
  if (seq_num === 0) bpf_seq_printf(seq, TITLE, null);
  const row: Row = {
    process: u64(task.tgid),
    thread: u64(task.pid),
    parent: u64(task.real_parent.tgid),
    state: letter(task.__state | u32(task.exit_state)),
    name: u64(task.comm),
  };
  bpf_seq_printf(seq, ROW, row);
});

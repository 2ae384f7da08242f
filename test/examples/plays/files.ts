/** Files that are opened and programs that start. */

import type { Play } from "../plays.ts";

const PATH = 0x7ffd_1000n;
const encoder = new TextEncoder();

/** `struct trace_event_raw_sched_process_exec` with its text behind. */
function executed(file: string, pid: number): Uint8Array {
  const text = encoder.encode(`${file}\0`);
  const bytes = new Uint8Array(20 + text.length);
  const view = new DataView(bytes.buffer);
  // Where the text lies, and in the upper half how long it is.
  view.setUint32(8, 20 | (text.length << 16), true);
  view.setUint32(12, pid, true);
  view.setUint32(16, pid, true);
  bytes.set(text, 20);
  return bytes;
}

export const opens: Play = {
  processes: [
    {
      pid: 7,
      comm: "sh",
      uid: 1000,
      memory: [
        { address: PATH, bytes: encoder.encode("/etc/passwd\0") },
        { address: PATH + 0x100n, bytes: encoder.encode(`/${"long/".repeat(80)}\0`) },
      ],
    },
    { pid: 9, comm: "cat", memory: [{ address: PATH, bytes: encoder.encode("notes.txt\0") }] },
  ],
  happen(engine, stage) {
    const seen: unknown[] = [];
    let time = 2_000_000_000;
    const open = (pid: number, path: bigint, flags: number) =>
      engine.emit("syscalls/sys_enter_openat", { arg0: -100, arg1: path, arg2: flags, arg3: 0 }, { pid, time: (time += 777) });
    for (let round = 0; round < 20; round++) {
      open(7, PATH, 0);
      open(9, PATH, 0o101);
      open(7, PATH + 0x100n, round);
      // Where nothing is.
      open(9, 0x10n, 0);
      engine.emit("sched/sched_process_exec", executed(`/usr/bin/${"x".repeat(round)}`, 9), { pid: 9, time: (time += 777) });
      seen.push(...stage.records("events"));
    }
    return seen;
  },
  observe: () => null,
};

/** Processes that compute, ask for memory, and are looked at. */

import type { Play } from "../plays.ts";

const PROCESSES = [
  { pid: 1, comm: "init" },
  { pid: 7, comm: "sh", parent: 1, uid: 1000 },
  { pid: 40, comm: "web", parent: 7 },
  { pid: 40, tid: 41, comm: "worker", parent: 7 },
  { pid: 50, comm: "batch", parent: 1 },
];

/** Samples of two processes, with the stacks that they were in; and of the idle thread. */
export const samples: Play = {
  processes: PROCESSES,
  happen(engine) {
    const text = 0x40_0000;
    const kernel = [0xffff_ffff_8100_1000n, 0xffff_ffff_8100_2000n];
    const stacks = [
      { user: [text + 0x10, text + 0x100, text + 0x1000] },
      { user: [text + 0x20, text + 0x100, text + 0x1000] },
      { user: [text + 0x30, text + 0x1000], kernel },
    ];
    for (let round = 0; round < 90; round++) {
      const pid = round % 9 === 0 ? 0 : round % 4 === 3 ? 50 : 40;
      engine.emit(
        "perf_event/cpu-clock",
        { sample_period: 10_101_010 },
        {
          time: 1_000_000_000 + round * 10_101_010,
          pid,
          stack: stacks[round % stacks.length] ?? {},
        },
      );
    }
  },
  // Which numbers stacks get depends on the hash of their frames: the same for both sources.
  observe: (stage) => stage.entries("samples"),
};

/** Requests of all sizes; only one process is looked at. */
export const heap: Play = {
  variables: { target: 40 },
  processes: PROCESSES,
  happen(engine) {
    for (let round = 0; round < 120; round++) {
      const pid = round % 5 === 4 ? 50 : 40;
      const size = BigInt(round) ** 3n;
      engine.emit("uprobe/libc.so.6:malloc", { args: [size] }, { pid });
      engine.emit("uprobe/libc.so.6:calloc", { args: [BigInt(round), 24] }, { pid });
      engine.emit("uprobe/libc.so.6:realloc", { args: [0x1000, 1n << BigInt(round % 40)] }, { pid });
    }
  },
  observe: (stage) => stage.entries("requested"),
};

export const tasks: Play = {
  processes: [
    ...PROCESSES,
    { pid: 60, comm: "sleeper", parent: 7, task: { __state: 1 } },
    { pid: 61, comm: "disk", parent: 7, task: { __state: 2 } },
    { pid: 62, comm: "stopped", parent: 7, task: { __state: 4 } },
    { pid: 63, comm: "gone", parent: 7, task: { __state: 0x80, exit_state: 0x20 } },
    { pid: 64, comm: "idle", parent: 1, task: { __state: 0x402 } },
    { pid: 65, comm: "parked", parent: 1, task: { __state: 0x40 } },
  ],
  async happen(_engine, stage) {
    const lines: string[] = [];
    const { iterate } = stage.program("tasks");
    if (iterate === undefined) throw new TypeError("no iterator");
    for await (const line of iterate.call(stage.program("tasks"))) lines.push(line);
    return lines;
  },
  observe: () => null,
};

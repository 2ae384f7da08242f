/**
 * What an event costs: nanoseconds of one `emit`, the context laid out and one program run, as WebAssembly and interpreted; and of a line
 * of a recording, read and played. Medians of nine rounds. Run: `node bench/events.ts`.
 */

import { virtualClock } from "../src/engine/embedded/clock.ts";
import { type EmbeddedEngine, openEmbedded } from "../src/engine/embedded/engine.ts";
import { replayEvents } from "../src/engine/embedded/host/replay-events.ts";
import type { ContextInput } from "../src/engine/engine.ts";
import { fixture } from "../test/events/fixtures.ts";
import { median, printTable } from "./measure.ts";

const ROUNDS = 9;
const EVENTS = 20_000;

const memory = [{ address: 0x7ffd_1a2b_3c40n, bytes: new TextEncoder().encode("/etc/passwd\0") }];

async function opened(name: string, execution: "jit" | "interpreter"): Promise<EmbeddedEngine> {
  const engine = openEmbedded({
    execution,
    clock: virtualClock(),
    room: { processes: [{ pid: 7, comm: "sh", memory }] },
  });
  const collection = await engine.load(fixture(name));
  for (const program of Object.values(collection.programs)) await program.attach({});
  engine.processes.run(7);
  return engine;
}

/** Nanoseconds of one of `EVENTS`. */
async function cost(work: () => unknown): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    await work();
    // The first warms.
    if (round > 0) rounds.push(((performance.now() - start) * 1e6) / EVENTS);
  }
  return median(rounds);
}

const ROWS: readonly (readonly [title: string, fixture: string, event: string, data: ContextInput])[] = [
  ["nothing attached", "syscalls", "raw_tp/none", { args: [0, 257] }],
  ["raw tracepoint, two arguments; counts in a hash map", "syscalls", "raw_tp/sys_enter", { args: [0, 257] }],
  [
    "tracepoint, one field; text from the process into a key",
    "syscalls",
    "syscalls/sys_enter_openat",
    { arg1: 0x7ffd_1a2b_3c40n },
  ],
  ["uprobe, two arguments; the same into a value", "readline", "uprobe//bin/sh:execute", { args: [0x7ffd_1a2b_3c40n, 11] }],
];

const rows: string[][] = [];
for (const [title, name, event, data] of ROWS) {
  const cells: string[] = [];
  for (const execution of ["jit", "interpreter"] as const) {
    await using engine = await opened(name, execution);
    const nanoseconds = await cost(() => {
      for (let index = 0; index < EVENTS; index++) engine.emit(event, data);
    });
    cells.push(`${Math.round(nanoseconds)} ns`);
  }
  rows.push([title, ...cells]);
}
const line = JSON.stringify({ event: "raw_tp/sys_enter", time: 1, cpu: 0, pid: 7, fields: { args: [0, 257] } });
const lines = new Array<string>(EVENTS).fill(line);
const cells: string[] = [];
for (const execution of ["jit", "interpreter"] as const) {
  await using engine = await opened("syscalls", execution);
  cells.push(`${Math.round(await cost(() => replayEvents(lines, engine)))} ns`);
}
rows.push(["a line of a recording: the raw tracepoint", ...cells]);
printTable(["one event", "WebAssembly", "interpreter"], rows);

/** Programs on events: the same objects in the kernel and in the embedded engine, and the same answers from both. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { virtualClock } from "../../src/engine/embedded/clock.ts";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { readHeader } from "../../src/engine/embedded/host/event-recording.ts";
import { replayEvents } from "../../src/engine/embedded/host/replay-events.ts";
import { loadKind } from "../../src/engine/embedded/programs/kinds.ts";
import type { BpfMap } from "../../src/engine/engine.ts";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { HELPER } from "../../src/uapi/helpers.ts";
import type { ProgramType } from "../../src/uapi/program-types.ts";
import { Folder } from "../cli/skep.ts";
import { fixture } from "../events/fixtures.ts";
import { type Row, rowsOf, USER_AND_KERNEL } from "../events/texts.ts";
import { inChild } from "./child.ts";
import "./leaks.ts";

const probe = probeLinux();
const skip = probe.available ? false : probe.reason;

describe("the same object here and in the kernel", { skip }, () => {
  for (const execution of ["interpreter", "jit"] as const) {
    test(`text in and out, reading what is not there (${execution})`, async () => {
      await using engine = openEmbedded({
        execution,
        clock: virtualClock(),
        room: { processes: [{ pid: 7, comm: "MainThread" }] },
      });
      engine.processes.run(7);
      await using collection = await engine.load(fixture("texts"));
      const { formats, numbers, reads } = collection.programs;
      const verdicts = [formats!.run(), numbers!.run(), reads!.run(USER_AND_KERNEL)].map(({ verdict }) => verdict);
      const kernel = (await inChild("eventTexts")) as { verdicts: number[]; rows: Row[] };
      const byIndex = new Map(rowsOf(collection.maps["rows"]!).map((row) => [row.index, row]));
      for (const row of kernel.rows) assert.deepEqual(byIndex.get(row.index), row);
      assert.equal(byIndex.size, kernel.rows.length);
      assert.deepEqual(verdicts, kernel.verdicts);
    });
  }

  test("what a type of programs may call here, it may call there", async () => {
    const kernel = (await inChild("eventHelpers")) as Readonly<Record<string, readonly string[]>>;
    // A locked down kernel refuses the first; the second needs CONFIG_BPF_KPROBE_OVERRIDE.
    const settings = ["bpf_probe_write_user", "bpf_override_return"];
    for (const [type, offered] of Object.entries(kernel)) {
      const kind = await loadKind(type as ProgramType);
      const here = kind!.helpers.flatMap((helper) => (helper === undefined || !(helper.name in HELPER) ? [] : [helper.name]));
      assert.ok(here.length > 50, type);
      assert.deepEqual(
        here.filter((name) => !offered.includes(name) && !settings.includes(name)),
        [],
        type,
      );
    }
  });

  test("a syscall program changes its context", async () => {
    assert.deepEqual(await inChild("eventSyscall"), { verdict: 21, context: [21, 0, 0, 0, 42, 0, 0, 0] });
  });
});

/** Compiles a program of fixtures/. Null when this machine cannot. */
function compiled(folder: Folder, name: string, ...flags: string[]): string | null {
  const path = join(folder.path, name);
  const source = join(import.meta.dirname, "fixtures", `${name}.c`);
  return spawnSync("cc", ["-O1", "-o", path, source, ...flags]).status === 0 ? path : null;
}

/** A map as bpftool prints it: keys and values by their types. */
type Dump = readonly { readonly formatted: { readonly key: unknown; readonly value: number } }[];

/** How often opens.c sleeps. */
const NAPS = 20;

const waitsOf = (dump: Dump): number => dump.reduce((sum, { formatted }) => sum + formatted.value, 0);

const plain = (value: unknown): string => JSON.stringify(value, (_, item) => (typeof item === "bigint" ? Number(item) : item));

test("what this kernel recorded of a process gives the maps that the kernel's own run gave", { skip }, async (context) => {
  using folder = new Folder();
  // Its texts stay where they are: nothing is loaded or moved while it runs.
  const program = compiled(folder, "opens", "-static");
  const attach = compiled(folder, "attach", "-lbpf");
  if (program === null || attach === null) return context.skip("needs a C compiler (cc), a static C library and libbpf");
  const recorder = join(import.meta.dirname, "record-events.ts");
  const own = ["-m", "--propagation", "private", process.execPath, "--no-warnings", recorder, program, attach];
  type Recorded = { readonly recording: string[]; readonly kernel: Readonly<Record<string, Dump>> };
  let recorded: Recorded = { recording: [], kernel: {} };
  // A kernel runs no program on an event that interrupts a use of maps on the same CPU, by whichever process: others run tests, too. A run
  // whose programs saw fewer waits than there were says nothing of the recording.
  for (let attempt = 0; attempt < 4 && waitsOf(recorded.kernel["waits"] ?? []) < NAPS; attempt++) {
    const { status, stdout, stderr } = spawnSync("unshare", own, { encoding: "utf8", timeout: 25_000, maxBuffer: 1 << 26 });
    if (/unshare|mount: |bpftool/.test(stderr) && status !== 0)
      return context.skip(`needs mounts, tracefs and bpftool: ${stderr.split("\n")[0]}`);
    assert.equal(status, 0, stderr);
    recorded = JSON.parse(stdout) as Recorded;
  }
  const { recording, kernel } = recorded;
  for (const execution of ["interpreter", "jit"] as const) {
    const { cpus, architecture } = readHeader(recording[0] ?? "");
    await using engine = openEmbedded({ execution, clock: virtualClock(), cpus, room: { architecture } });
    await using syscalls = await engine.load(fixture("syscalls"));
    await using runqueue = await engine.load(fixture("runqueue"));
    for (const program of [...Object.values(syscalls.programs), ...Object.values(runqueue.programs)]) await program.attach({});
    const { faults } = await replayEvents(recording.slice(1), engine);
    assert.equal(faults.first, null);

    const entries = (map: BpfMap | undefined) => [...map!].map(([key, value]) => plain({ key, value })).sort();
    const dumped = (name: string) => kernel[name]!.map(({ formatted }) => plain(formatted)).sort();
    assert.deepEqual(entries(syscalls.maps["calls"]), dumped("calls"));
    assert.deepEqual(entries(syscalls.maps["opens"]), dumped("opens"));
    // A program's clock is read a little after the event's, so a wait may count one power of two higher: how many there are is the same.
    const waits = [...runqueue.maps["waits"]!].reduce((sum, [, count]) => sum + Number(count), 0);
    assert.equal(waits, waitsOf(kernel["waits"]!));
    assert.ok(waits >= NAPS, "it slept twenty times");
  }
});

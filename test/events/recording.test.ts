/** Recordings of events: what a line may say, and objects that clang compiled playing them, through the API and `skep run --replay-events`. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { virtualClock } from "../../src/engine/embedded/clock.ts";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { readHeader, readLine } from "../../src/engine/embedded/host/event-recording.ts";
import { replayEvents } from "../../src/engine/embedded/host/replay-events.ts";
import type { BpfMap } from "../../src/engine/engine.ts";
import type { AnyMap, RingBuffer } from "../../src/engine/maps.ts";
import { Folder, skep } from "../cli/skep.ts";
import { fixture } from "./fixtures.ts";

const SCHED = (name: string, fields: readonly string[]) =>
  `name: ${name}\nID: 1\nformat:\n${["unsigned short common_type;0;2", "int common_pid;4;4", ...fields]
    .map((field) => {
      const [declaration, offset, size] = field.split(";");
      return `\tfield:${declaration};\toffset:${offset};\tsize:${size};\tsigned:0;`;
    })
    .join("\n")}\n`;

const VMLINUX = "/sys/kernel/btf/vmlinux";

const WAKEUP = SCHED("sched_wakeup", ["char comm[16];8;16", "pid_t pid;24;4", "int prio;28;4", "int target_cpu;32;4"]);
const SWITCH = SCHED("sched_switch", [
  "char prev_comm[16];8;16",
  "pid_t prev_pid;24;4",
  "int prev_prio;28;4",
  "long prev_state;32;8",
  "char next_comm[16];40;16",
  "pid_t next_pid;56;4",
  "int next_prio;60;4",
]);

const RECORDING = [
  { recording: "events", version: 1, cpus: 2, architecture: "x86_64" },
  { format: "sched/sched_wakeup", text: WAKEUP },
  { format: "sched/sched_switch", text: SWITCH },
  { process: { pid: 7, comm: "sh", uid: 1000, memory: [{ address: "0x7ffd1a2b3c40", text: "/etc/passwd" }] } },
  { event: "raw_tp/sys_enter", time: 1_000, pid: 7, fields: { args: [0, 257] } },
  { event: "syscalls/sys_enter_openat", time: 1_000, pid: 7, fields: { __syscall_nr: 257, arg1: "0x7ffd1a2b3c40" } },
  { event: "syscalls/sys_enter_openat", time: 2_000, pid: 7, fields: { arg1: "0x7ffd1a2b3c45" } },
  { event: "syscalls/sys_enter_openat", time: 2_000, pid: 7, fields: { arg1: "0x7ffd1a2b3c40" } },
  { event: "syscalls/sys_exit_openat", time: 2_100, pid: 7, fields: { ret: -2 } },
  { event: "raw_tp/sys_enter", time: 2_500, cpu: 1, process: { pid: 8, comm: "cat" }, fields: { args: [0, 0] } },
  { event: "sched/sched_wakeup", time: 10_000, fields: { comm: "cat", pid: 8 } },
  { event: "sched/sched_switch", time: 20_000, cpu: 1, fields: { prev_pid: 0, next_pid: 8, next_comm: "cat" } },
  { event: "perf_event/cpu-clock", time: 30_000, cpu: 1, fields: { ip: "0x401000" }, stack: { user: ["0x401000", "0x402000"] } },
  { event: "perf_event/cpu-clock", time: 40_000, cpu: 1, fields: {}, stack: { user: ["0x401000", "0x402000"] } },
  { event: "uprobe//bin/sh:execute", pid: 7, fields: { args: ["0x7ffd1a2b3c40", 11] } },
  { event: "uretprobe//bin/sh:execute", pid: 7, fields: { ret: -1 } },
  { exit: 8 },
].map((line) => JSON.stringify(line));

for (const execution of ["interpreter", "jit"] as const) {
  describe(`a recording, ${execution}`, () => {
    /** Plays it through all programs of a fixture. */
    async function play(name: string, check: (maps: Readonly<Record<string, AnyMap>>) => void) {
      const { cpus, architecture } = readHeader(RECORDING[0]!);
      await using engine = openEmbedded({ execution, clock: virtualClock(), cpus, room: { architecture } });
      await using collection = await engine.load(fixture(name));
      for (const program of Object.values(collection.programs)) await program.attach({});
      const result = await replayEvents(RECORDING.slice(1), engine);
      assert.deepEqual([result.events, result.faults], [12, { events: 0, first: null }]);
      assert.deepEqual(result.span, { first: 1_000n, last: 40_000n });
      check(collection.maps);
      return result;
    }

    test("system calls by number, and files that were opened, from the process's memory", async () => {
      const result = await play("syscalls", ({ calls, opens }) => {
        assert.deepEqual([...calls!].sort(), [
          [0n, 1n],
          [257n, 1n],
        ]);
        assert.deepEqual(
          [...(opens as BpfMap<{ file: string }>)].map(([key]) => key).sort((one, other) => (one.file < other.file ? -1 : 1)),
          [
            { pid: 7, file: "/etc/passwd" },
            { pid: 7, file: "passwd" },
          ],
        );
      });
      assert.equal(result.runs, 5);
      assert.deepEqual(
        result.tallies.find(({ event }) => event === "raw_tp/sys_enter"),
        { event: "raw_tp/sys_enter", events: 2, runs: 2 },
      );
    });

    test("time in the run queue, by the recording's clock", async () => {
      await play("runqueue", ({ waits, woken }) => {
        // 10 µs: 2^3.
        assert.deepEqual(
          [...waits!].filter(([, count]) => count !== 0n),
          [[3, 1n]],
        );
        assert.equal([...woken!].length, 0);
      });
    });

    test("samples by stack, each stack kept once", async () => {
      await play("profile", ({ samples, by_stack, stacks }) => {
        assert.deepEqual([...samples!], [[{ frames: [0x401000n, 0x402000n, 0n, 0n] }, 2n]]);
        const [[id = -1, count] = []] = [...(by_stack as BpfMap<number, bigint>)];
        assert.equal(count, 2n);
        assert.deepEqual(stacks!.get(id), [0x401000n, 0x402000n]);
      });
    });

    test("files that were opened, with what became of it, for user space", async () => {
      await play("opens", ({ events }) => {
        const records: Uint8Array[] = [];
        (events as RingBuffer<Uint8Array>).drain((record) => {
          records.push(record);
        });
        assert.equal(records.length, 1);
        const [record = new Uint8Array(0)] = records;
        const view = new DataView(record.buffer, record.byteOffset);
        assert.deepEqual([view.getBigUint64(0, true), view.getUint32(8, true), view.getUint32(12, true)], [2_100n, 7, 1000]);
        assert.equal(view.getBigInt64(16, true), -2n);
        assert.equal(new TextDecoder().decode(record.subarray(24)).replace(/\0+/g, " "), "sh /etc/passwd ");
      });
    });

    test("arguments and result of a function", async () => {
      await play("readline", ({ lines }) =>
        assert.deepEqual([...lines!], [[(7n << 32n) | 7n, { length: 11n, result: -1n, text: "/etc/passwd" }]]),
      );
    });
  });
}

describe("lines", () => {
  test("a header says for what machine", () => {
    assert.deepEqual(readHeader('{"recording":"events","version":1}'), { cpus: 1, architecture: "x86_64" });
    for (const [line, why] of [
      ["", /line 1: no JSON/],
      ["{}", /is this a recording of events\?/],
      ['{"recording":"events","version":2}', /expected version 1, found 2/],
      ['{"recording":"events","version":1,"cpus":0}', /cpus: expected 1 to 256, found 0/],
      ['{"recording":"events","version":1,"architecture":"mips"}', /expected x86_64 or arm64, found "mips"/],
    ] as const)
      assert.throws(() => readHeader(line), { name: "RecordingError", line: 1, message: why });
  });

  test("what means nothing is refused, with its line", () => {
    for (const [line, why] of [
      ["[]", /line 9: expected an object, found \[\]/],
      ["{}", /expected an event, format, process, exit or memory, found nothing/],
      ['{"event":"a/b","time":-1}', /time: expected a number, or text like/],
      ['{"event":"a/b","time":"1e9"}', /time: expected a number/],
      ['{"event":"a/b","cpu":"0"}', /cpu: expected a whole number, found "0"/],
      ['{"event":"a/b","fields":[]}', /fields: expected an object/],
      ['{"event":"a/b","fields":{"x":true}}', /x: expected a number, text, \{ hex \}/],
      ['{"event":"a/b","bytes":"abc"}', /bytes: expected hexadecimal digits, two a byte/],
      ['{"event":"a/b","stack":{"user":[null]}}', /stack\.user: expected a number/],
      ['{"process":{"comm":"x"}}', /process\.pid: expected a whole number, found undefined/],
      ['{"memory":[{"address":1}]}', /memory\.hex: expected hexadecimal digits/],
    ] as const)
      assert.throws(() => readLine(line, 9), { name: "RecordingError", line: 9, message: why });
  });

  test("what the engine has no place for is refused, with its line", async () => {
    await using engine = openEmbedded({ clock: virtualClock() });
    const play = (line: string) => replayEvents(["", line], engine);
    await assert.rejects(play('{"event":"a/b","cpu":1}'), /line 3: cpu: expected 0 to 0, found 1/);
    await assert.rejects(play('{"event":"a/b","pid":5}'), /line 3: tid 5: the room has no such thread/);
    await assert.rejects(
      play('{"event":"raw_tp/x","fields":{"args":[{"object":"task_struct"}]}}'),
      /line 3: .*the room has no kernel types/,
    );
  });
});

describe("skep run --replay-events", () => {
  const FILE = "test/events/fixtures/syscalls.bpf.o";

  test("shows events and maps", async () => {
    using folder = new Folder();
    const recording = folder.file("events.jsonl", `${RECORDING.join("\n")}\n`);
    const { status, stdout, stderr } = await skep(["run", FILE, "--replay-events", recording]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^enter, open on .*events\.jsonl: 12 events, 0\.000 s\n/);
    assert.match(stdout, /raw_tp\/sys_enter +2 +2\n/);
    assert.match(stdout, /7 +"?\/etc\/passwd"? +2\n/);
    const json = await skep(["run", FILE, "--replay-events", "-", "--program", "enter", "--json"], {
      input: RECORDING.join("\n"),
    });
    const { programs, runs, maps } = JSON.parse(json.stdout);
    assert.deepEqual([programs, runs, maps.calls.entries.length], [["enter"], 2, 2]);
  });

  test("samples by the recording's clock", async () => {
    const args = ["run", "test/events/fixtures/profile.bpf.o", "--replay-events", "-", "--frequency", "100000", "--json"];
    const { stdout } = await skep(args, { input: RECORDING.join("\n") });
    const { runs, samples, maps } = JSON.parse(stdout);
    assert.deepEqual(
      [runs, samples],
      [0, 6],
      "every 10 µs from the first event on, on two CPUs; recorded samples are for programs without a frequency",
    );
    assert.deepEqual(maps.samples.entries, [{ key: { frames: [0x401000, 0x402000, 0, 0] }, value: 1 }], "where a stack was seen");
  });

  test("prints what programs write for user space", async () => {
    const { stdout } = await skep(["run", "test/events/fixtures/opens.bpf.o", "--replay-events", "-"], {
      input: RECORDING.join("\n"),
    });
    assert.match(stdout, /^events: "3408000000000000/);
  });

  test("reads iterators at the end", { skip: existsSync(VMLINUX) ? false : `no types of a kernel in ${VMLINUX}` }, async () => {
    const args = ["run", "test/events/fixtures/iterators.bpf.o", "--replay-events", "-", "--btf", "kernel"];
    const input = RECORDING.join("\n");
    const { stdout } = await skep([...args, "--program", "tasks"], { input });
    assert.match(stdout, /^7 7 sh\n0: that is all\n/, "8 has ended");
    const { stderr } = await skep([...args, "--program", "entries"], { input });
    assert.match(stderr, /entries goes through the entries of a map: read it from an application/);
  });

  test("says what is wrong, and where", async () => {
    const bad = await skep(["run", FILE, "--replay-events", "-"], { input: `${RECORDING[0]}\n{"evnt":1}\n` });
    assert.equal(bad.status, 4);
    assert.match(bad.stderr, /skep: -, line 2: expected an event, format, process, exit or memory, found evnt/);
    const none = await skep(["run", FILE, "--replay-events", "-"], { input: `${RECORDING[0]}\n{"event":"a/b"}\n` });
    assert.match(none.stderr, /no program is attached to any of its events \(a\/b\)/);
    const both = await skep(["run", FILE, "--replay-events", "-", "--interface", "x"]);
    assert.match(both.stderr, /--interface is for the kernel, --replay-events for the embedded engine: choose one of them/);
    const stray = await skep(["run", FILE, "--replay-events", "-", "--mode", "native"]);
    assert.match(stray.stderr, /--mode is for the kernel, --replay-events for the embedded engine/);
  });
});

/** Programs on events of this kernel: each is attached, fires for a child of ours, and is gone again. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { KernelCensus } from "../kernel/census.ts";
import { compilerMissing } from "./probes.ts";
import { scenariosOf } from "./scenario.ts";
import "../kernel/leaks.ts";
import { needs, noEngine, noGroups, noTypes } from "./this-kernel.ts";

const run = scenariosOf("./tracing.scenarios.ts");

const noUprobes = existsSync("/sys/bus/event_source/devices/uprobe") ? false : "the kernel has no uprobes";

const noBreakpoints = existsSync("/sys/bus/event_source/devices/breakpoint") ? false : "the kernel watches no addresses";
const noCompiler = compilerMissing();

interface Observed {
  readonly result: unknown;
  readonly description: string;
  readonly detached: boolean;
  readonly leftOpen: number;
}

async function observed(name: string): Promise<{ readonly result: unknown; readonly description: string }> {
  const census = await KernelCensus.open();
  const result = await run(name);
  const { detached, leftOpen, ...rest } = result as Observed;
  assert.ok(detached, "a detached program sees nothing");
  assert.ok(leftOpen <= 0 || name === "raw", "a link is all that attaching opens");
  assert.deepEqual(await census.settled(), [], "nothing is left in the kernel");
  return rest;
}

describe("programs on events", { skip: noEngine }, () => {
  test("a tracepoint, its cookie, and a ring buffer: drained, waited for, what is discarded never seen", async () => {
    const cookie = 0x1234_5678_9abc;
    assert.deepEqual(await observed("tracepoint"), {
      result: {
        hits: 12,
        drained: [1, 2, 4, 5, 7],
        waited: [
          [true, 8, cookie],
          [true, 10, cookie],
        ],
        rest: [11],
        left: 0,
      },
      description: "tracepoint syscalls/sys_enter_getppid",
    });
  });

  test("a raw tracepoint, and perf buffers: drained, waited for, what found no room counted", async () => {
    assert.deepEqual(await observed("raw"), {
      result: { hits: 1005, drained: [1, 2, 3], waited: 4, accounted: 1000, lost: true },
      description: "raw_tp sys_enter",
    });
  });

  test("a tracepoint with the kernel's types", { skip: noTypes }, async () => {
    assert.deepEqual(await observed("btf"), { result: [20, true], description: "tp_btf sys_enter" });
  });

  for (const [name, description, cookie] of [
    ["uprobe", "uprobe libc.so.6:getppid", 11],
    ["uprobe of one process", "uprobe libc.so.6:getppid in process PID", 0],
    ["uretprobe", "uretprobe libc.so.6:getppid", 0],
    ["uprobe.multi", "uprobe.multi libc.so.6:getppid", 5],
  ] as const) {
    test(name, { skip: noUprobes }, async () => {
      assert.deepEqual(await observed(name), { result: [20, cookie], description });
    });
  }

  test("a uprobe at a function of a stripped Go program", { skip: noUprobes }, async () => {
    const result = await run("uprobe of Go");
    assert.deepEqual(result, [1, "uprobe FILE:main.main"]);
  });

  test("probes of a program (USDT): arguments, cookies, a semaphore", { skip: noUprobes || noCompiler }, async () => {
    const result = await run("usdt");
    assert.deepEqual(result, {
      semaphore: [1, 1],
      hits: [2, 2, 0, 2, 2],
      first: { number: 2, here: -2, wide: 2 * 2 ** 32, byte: 7, count: 4, cookie: 77 },
      second: { number: 3, here: -5, wide: 0, byte: 200, count: 4, cookie: 77 },
      counted: 2,
      descriptions: ["usdt FILE:skep:plain", "usdt FILE:skep:counted", "usdt FILE:skep:none in process PID"],
      after: [0, [2, 2, 0, 2, 2]],
    });
  });

  test("probes of a program (USDT) in our language: arguments in registers, in memory, in tables", {
    skip: noUprobes || noCompiler,
  }, async () => {
    const result = await run("usdt in our language");
    // The second time around; the last place has a byte of memory, and the table's fourth byte is read with an index register.
    assert.deepEqual(result, { number: 2, here: -2, wide: 2 * 2 ** 32, last: 200, byte: 203, hits: 2 });
  });

  test("many functions of a library, in our language; a session sees both ends", {
    skip: noUprobes || needs("6.13"),
  }, async () => {
    const result = await run("many functions in our language");
    assert.deepEqual(result, {
      during: [20, 20, 40],
      after: [20, 20, 40],
      descriptions: ["uprobe.multi libc.so.6:getppid", "uretprobe.multi libc.so.6:getppid", "uprobe.session libc.so.6:getppid"],
    });
  });

  test("samples of one process, with the stacks of what it did", async () => {
    assert.deepEqual(await observed("perf_event of one process"), {
      result: [true, true, true, false, false, true, 0],
      description: "perf_event cpu-clock, 1000 Hz, process PID",
    });
  });

  test("samples of a control group", { skip: noGroups }, async () => {
    assert.deepEqual(await observed("perf_event of a control group"), {
      result: true,
      description: "perf_event cpu-clock, 500 Hz, control group GROUP, all CPUs",
    });
  });

  test("an instruction that is executed", { skip: noBreakpoints }, async () => {
    assert.deepEqual(await observed("perf_event of an instruction"), {
      result: 20,
      description: "perf_event mem:ADDRESS:x, every 1, process PID",
    });
  });

  test("samples of all CPUs", async () => {
    assert.deepEqual(await observed("perf_event of all CPUs"), {
      result: true,
      description: "perf_event cpu-clock, 500 Hz, all CPUs",
    });
  });

  test("an iterator over threads: all, one, those of another process", { skip: noTypes }, async () => {
    const result = await run("iterator");
    assert.deepEqual(result, {
      threads: true,
      own: ["pid ", "MainThread"],
      others: [],
      refused: "tasks: an iterator is read, and attached nowhere: for await (const line of program.iterate())",
      unknown: "tasks: iter/task does not know the option cgroup; leave it out",
      open: [],
    });
  });
});

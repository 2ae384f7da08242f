/** `skep run` in the kernel: the programs of a file where their sections say, records as they come, maps at the end, nothing left. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { KernelCensus } from "../kernel/census.ts";
import { Target } from "./scenario.ts";
import "../kernel/leaks.ts";
import { noEngine } from "./this-kernel.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const OBJECT = "test/linux/fixtures/tracing.bpf.o";

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it; once it tells that it is attached, does something and interrupts it. */
async function run(args: readonly string[], act?: () => Promise<unknown>): Promise<Run> {
  const child = spawn(process.execPath, ["--no-warnings", "bin/skep.js", "run", ...args], { cwd: ROOT });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (!stderr.includes("nothing stays attached") || act === undefined) return;
    const once = act;
    act = undefined;
    void once().then(() => child.kill("SIGINT"));
  });
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stdout, stderr };
}

describe("skep run in the kernel", { skip: noEngine }, () => {
  let target: Target;
  before(async () => {
    target = await Target.start();
  });
  after(() => target[Symbol.asyncDispose]());
  const watching = () => ["--set", `watched=${target.pid}`];

  test("records are printed as they come, then the maps; Ctrl-C leaves nothing", async () => {
    const census = await KernelCensus.open();
    const { status, stdout, stderr } = await run([OBJECT, "--program", "on_tracepoint", ...watching()], () =>
      target.do("getppid 4"),
    );
    assert.equal(status, 0, stderr);
    assert.equal(stderr, "on_tracepoint: tracepoint syscalls/sys_enter_getppid; Ctrl-C ends it, and nothing stays attached\n");
    assert.deepEqual(stdout.split("\n").slice(0, 3), [
      `events: {"pid":${target.pid},"kind":1,"cookie":0}`,
      `events: {"pid":${target.pid},"kind":2,"cookie":0}`,
      `events: {"pid":${target.pid},"kind":4,"cookie":0}`,
    ]);
    assert.match(stdout, /^on_tracepoint .*detached$/m);
    assert.deepEqual(await census.settled(), [], "nothing is left in the kernel");
  });

  test("--json: a line for each record, and one for the end", async () => {
    const args = [OBJECT, "--program", "on_raw", "--json", ...watching()];
    const { status, stdout, stderr } = await run(args, () => target.do("getppid 2"));
    assert.equal(status, 0, stderr);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.slice(0, 2).map(({ map, record }) => [map, typeof record.cpu, record.data.length]),
      [
        ["samples", "number", 40],
        ["samples", "number", 40],
      ],
    );
    const { programs, engine, attached, variables } = lines[2];
    assert.deepEqual([programs, engine, attached], [["on_raw"], "linux", ["raw_tp sys_enter"]]);
    assert.equal(variables.hits[1], 2);
  });

  test("all programs of a file, with the options that each takes", async () => {
    const args = [OBJECT, "--pid", String(target.pid), "--frequency", "49", "--json", ...watching()];
    const { status, stdout, stderr } = await run(args, () => target.do("getppid 3"));
    assert.equal(status, 0, stderr);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const { attached, variables } = lines.at(-1);
    assert.deepEqual(attached, [
      "tracepoint syscalls/sys_enter_getppid",
      "raw_tp sys_enter",
      "tp_btf sys_enter",
      `uprobe libc.so.6:getppid in process ${target.pid}`,
      `uretprobe libc.so.6:getppid in process ${target.pid}`,
      "uprobe.multi libc.so.6:getppid",
      `perf_event cpu-clock, 49 Hz, process ${target.pid}`,
    ]);
    assert.deepEqual(variables.hits.slice(0, 6), [3, 3, 3, 3, 3, 3]);
    // What the iterator wrote, at the end.
    assert.ok(lines.some(({ program, text }) => program === "tasks" && text.startsWith("MainThread")));
  });

  test("an iterator alone is read, and that is all", async () => {
    const { status, stdout, stderr } = await run([OBJECT, "--program", "tasks", ...watching()]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^pid \nMainThread/);
    assert.equal(stderr, "");
  });

  test("a syscall program is run; one that reads a context has none here", async () => {
    const { status, stderr } = await run(["test/linux/fixtures/network.bpf.o", "--program", "on_call"]);
    assert.equal(status, 4, stderr);
    assert.match(stderr, /on_call \(syscall\): it reads bytes that only an application can give it/);
  });

  for (const [args, message, status] of [
    [[OBJECT, "--cgroup", "/x"], "--cgroup goes with programs on control groups, and tracing has none", 2],
    [
      ["test/linux/fixtures/network.bpf.o", "--program", "on_tc"],
      "where shall it run? --interface NAME attaches on_tc to an interface",
      2,
    ],
    [
      ["test/linux/fixtures/network.bpf.o", "--program", "on_connect"],
      "on_connect (cgroup/connect4) is for a control group: --cgroup PATH",
      2,
    ],
    [
      ["test/linux/fixtures/network.bpf.o", "--program", "on_connect", "--cgroup", "/no/such/group"],
      "there is no such control group",
      8,
    ],
    [[OBJECT, "--program", "on_entry", "--library", "libc.so.7"], 'there is no file or library "libc.so.7"', 8],
    [[OBJECT, "--program", "on_sample", "--pid", "999999999"], "there is no process 999999999", 8],
  ] as const) {
    test(`${args.slice(1).join(" ")}: ${message}`, async () => {
      const ended = await run(args);
      assert.equal(ended.status, status, ended.stderr);
      assert.ok(ended.stderr.includes(message), ended.stderr);
      assert.equal(ended.stderr.trimEnd().split("\n").length, 1);
    });
  }
});

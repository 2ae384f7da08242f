/**
 * Records what one process of our own does, while the kernel runs programs on the same events: `unshare -m node record-events.ts PROGRAM ATTACH`
 * prints the recording and what the kernel's maps hold, as JSON. Mounts, trace buffer and pins are this process's own and end with it.
 */

import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { parseFormat } from "../../src/engine/embedded/contexts/tracepoint.ts";
import type { Spec } from "../../src/object/spec.ts";
import { writeObject } from "../../src/object/write/write.ts";
import { fixture } from "../events/fixtures.ts";
import { recordsOf } from "../events/trace-pages.ts";

/** Events, and which of them are the process's. */
const EVENTS: Readonly<Record<string, (pid: number) => string>> = {
  "raw_syscalls/sys_enter": (pid) => `common_pid == ${pid}`,
  "syscalls/sys_enter_openat": (pid) => `common_pid == ${pid}`,
  "sched/sched_wakeup": (pid) => `pid == ${pid}`,
  "sched/sched_switch": (pid) => `next_pid == ${pid}`,
};

const MAPS = ["calls", "opens", "waits"];

/** The Spec with its constant `only` set: the programs look at no other process. */
function only(spec: Spec, pid: number): Spec {
  const variable = spec.globals?.find(({ name }) => name === "only");
  const maps = spec.maps.map((map) => {
    if (map.name !== variable?.map || map.contents?.kind !== "bytes") return map;
    const bytes = map.contents.bytes.slice();
    new DataView(bytes.buffer).setUint32(variable.offset, pid, true);
    return { ...map, contents: { ...map.contents, bytes } };
  });
  return { ...spec, maps };
}

const stateOf = (pid: number): string => / (\w) /.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1] ?? "?";

async function stopped(pid: number): Promise<void> {
  for (let tries = 0; stateOf(pid) !== "T"; tries++) {
    if (tries > 500) throw new Error(`process ${pid} does not stop; its state is ${stateOf(pid)}`);
    await setTimeout(10);
  }
}

function* pagesOf(file: string): Generator<Uint8Array> {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    for (;;) {
      const page = new Uint8Array(4096);
      if (readSync(descriptor, page) === 0) return;
      yield page;
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Text in the memory of a process that stands still. */
function textAt(pid: number, address: bigint): string {
  const descriptor = openSync(`/proc/${pid}/mem`, "r");
  try {
    const bytes = new Uint8Array(64);
    readSync(descriptor, bytes, 0, bytes.length, address);
    return Buffer.from(bytes.subarray(0, bytes.indexOf(0))).toString("latin1");
  } finally {
    closeSync(descriptor);
  }
}

async function record(program: string, attach: string) {
  const folder = mkdtempSync(join(tmpdir(), "skep-trace-"));
  // Where libbpf looks for it.
  const tracing = "/sys/kernel/tracing";
  const pins = join(folder, "bpf");
  mkdirSync(pins);
  execFileSync("mount", ["-t", "tracefs", "skep", tracing]);
  execFileSync("mount", ["-t", "bpf", "skep", pins]);
  const instance = join(tracing, "instances", `skep-${process.pid}`);
  mkdirSync(instance);
  const child = spawn(program, { stdio: "ignore" });
  const pid = child.pid ?? 0;
  let attached: ChildProcessByStdio<Writable, Readable, null> | null = null;
  try {
    await stopped(pid);
    const objects = ["syscalls", "runqueue"].map((name) => {
      const object = join(folder, `${name}.o`);
      writeFileSync(object, writeObject(only(fixture(name), pid)));
      return object;
    });
    attached = spawn(attach, [pins, ...objects], { stdio: ["pipe", "pipe", "inherit"] });
    const [said] = await Promise.race([once(attached.stdout, "data"), once(attached, "close")]);
    if (String(said) !== "attached\n") throw new Error(`the programs were not attached: ${said}`);
    writeFileSync(join(instance, "trace_clock"), "mono");
    const formats = Object.entries(EVENTS).map(([event, filter]) => {
      writeFileSync(join(instance, "events", event, "filter"), filter(pid));
      writeFileSync(join(instance, "events", event, "enable"), "1");
      return [event, readFileSync(join(instance, "events", event, "format"), "utf8")] as const;
    });
    process.kill(pid, "SIGCONT");
    await setTimeout(50);
    await stopped(pid);
    for (const [event] of formats) writeFileSync(join(instance, "events", event, "enable"), "0");
    const kernel = Object.fromEntries(
      MAPS.map((map) => {
        const dump = execFileSync("bpftool", ["-j", "map", "dump", "pinned", join(pins, map)], { encoding: "utf8" });
        return [map, JSON.parse(dump)] as const;
      }),
    );
    const lines: unknown[] = [];
    const texts = new Map<bigint, string>();
    const names = new Map(formats.map(([event, text]) => [parseFormat(text).id, event]));
    const cpus = readdirSync(join(instance, "per_cpu")).map((name) => Number(name.slice(3)));
    const records = cpus.flatMap((cpu) =>
      [...pagesOf(join(instance, "per_cpu", `cpu${cpu}`, "trace_pipe_raw"))].flatMap((page) =>
        [...recordsOf(page)].map((record) => ({ ...record, cpu })),
      ),
    );
    records.sort((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0));
    for (const { time, cpu, bytes } of records) {
      const view = new DataView(bytes.buffer);
      const event = names.get(view.getUint16(0, true)) ?? "";
      const place = { time: `${time}`, cpu, ...(event.startsWith("sched/") ? {} : { pid }) };
      if (event === "syscalls/sys_enter_openat") {
        const address = view.getBigUint64(24, true);
        texts.set(address, textAt(pid, address));
      }
      lines.push({ event, ...place, bytes: Buffer.from(bytes).toString("hex") });
      // The raw tracepoint beneath: registers, which nobody has any more, and the number.
      if (event === "raw_syscalls/sys_enter")
        lines.push({ event: "raw_tp/sys_enter", ...place, fields: { args: [0, `${view.getBigUint64(8, true)}`] } });
    }
    const memory = [...texts].map(([address, text]) => ({ address: `0x${address.toString(16)}`, text }));
    const before = [
      { recording: "events", version: 1, cpus: Math.max(...cpus) + 1, architecture: "x86_64" },
      ...formats.map(([format, text]) => ({ format, text })),
      { process: { pid, comm: "opens", memory } },
    ];
    return { recording: [...before, ...lines].map((line) => JSON.stringify(line)), kernel };
  } finally {
    attached?.stdin.end();
    process.kill(pid, "SIGKILL");
    rmdirSync(instance);
    for (const mount of [tracing, pins]) execFileSync("umount", ["-l", mount]);
    execFileSync("rm", ["-r", folder]);
  }
}

process.stdout.write(JSON.stringify(await record(process.argv[2] ?? "", process.argv[3] ?? "")));

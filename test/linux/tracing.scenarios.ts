/** Programs on events, observing a child of ours. See scenario.ts. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { compile } from "../../src/compile.ts";
import type { AttachOptions, Collection, PerfEventArray, RingBuffer, StackTraceMap } from "../../src/engine/engine.ts";
import { cgroupRoot } from "../../src/engine/linux/cgroups.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { probeTarget } from "../../src/engine/linux/symbols/probe-target.ts";
import { addressIn } from "../../src/engine/linux/symbols/usdt-target.ts";
import { fixture } from "./fixtures.ts";
import { Probes } from "./probes.ts";
import { main, removeGroup, Target, Variables } from "./scenario.ts";

/** Loads one program of `tracing`, observing a new process; what `use` does with both. */
async function observing<Result>(
  program: string,
  options: (target: Target) => AttachOptions,
  use: (target: Target, variables: Variables, collection: Collection) => Promise<Result>,
) {
  await using target = await Target.start();
  await using engine = await openLinux();
  await using collection = await engine.load(fixture("tracing"), { programs: [program] });
  const variables = new Variables(collection);
  variables.set("watched", target.pid);
  const loaded = collection.programs[program];
  if (loaded === undefined) throw new RangeError(`no program ${program}`);
  const before = engine.descriptors.length;
  const link = await loaded.attach(options(target));
  const result = await use(target, variables, collection);
  await link.detach();
  // What it does now nobody sees.
  const seen = JSON.stringify(variables.get("hits"), (_, value) => String(value));
  await target.do("getppid 5");
  const still = JSON.stringify(variables.get("hits"), (_, value) => String(value));
  return {
    result,
    description: link.description.replaceAll(String(target.pid), "PID"),
    detached: seen === still,
    leftOpen: engine.descriptors.length - before,
  };
}

const counted =
  (program: string, place: number, options: (target: Target) => AttachOptions = () => ({})) =>
  () =>
    observing(program, options, async (target, variables) => {
      await target.do("getppid 20");
      return [variables.hits(place), Number((variables.get("cookies") as bigint[])[place])];
    });

await main({
  tracepoint: () =>
    observing(
      "on_tracepoint",
      () => ({ cookie: 0x1234_5678_9abcn }),
      async (target, variables, collection) => {
        const events = collection.maps["events"] as unknown as RingBuffer<{ pid: number; kind: number; cookie: bigint }>;
        await target.do("getppid 7");
        const drained: unknown[] = [];
        events.drain(({ kind }) => {
          drained.push(kind);
        });
        // From here on they are waited for.
        const records = events.records();
        const first = records.next();
        await target.do("getppid 5");
        const waited = [(await first).value, (await records.next()).value];
        await records.return?.();
        // What was not asked for is still there.
        const rest: number[] = [];
        events.drain(({ kind }) => void rest.push(kind));
        return {
          hits: variables.hits(0),
          drained,
          waited: waited.map(({ pid, kind, cookie }) => [pid === target.pid, kind, cookie]),
          rest,
          left: events.available,
        };
      },
    ),
  raw: () =>
    observing(
      "on_raw",
      () => ({}),
      async (target, variables, collection) => {
        const samples = collection.maps["samples"] as unknown as PerfEventArray<Uint8Array>;
        samples.open({ bytes: 4096 });
        await target.do("getppid 3");
        const drained: number[] = [];
        samples.drain(({ data }) => {
          drained.push(new DataView(data.buffer, data.byteOffset).getUint32(4, true));
        });
        const records = samples.records();
        const first = records.next();
        await target.do("getppid 1");
        const { data } = (await first).value;
        await records.return?.();
        // More than the buffer holds: the rest is counted.
        await target.do("getppid 1000");
        const kept = samples.drain(() => {});
        await target.do("getppid 1");
        samples.drain(() => {});
        return {
          hits: variables.hits(1),
          drained,
          waited: new DataView(data.buffer, data.byteOffset).getUint32(4, true),
          accounted: kept + samples.lost,
          lost: samples.lost > 0,
        };
      },
    ),
  btf: () =>
    observing(
      "on_btf",
      () => ({}),
      async (target, variables) => {
        await target.do("getppid 20");
        return [variables.hits(2), variables.get("task_pid") === BigInt(target.pid)];
      },
    ),
  uprobe: counted("on_entry", 3, () => ({ cookie: 11 })),
  "uprobe of one process": counted("on_entry", 3, ({ pid }) => ({ pid })),
  uretprobe: counted("on_return", 4),
  "uprobe.multi": counted("on_many", 5, ({ pid }) => ({ pid, cookie: 5 })),
  "uprobe of Go": async () => {
    // A Go program whose symbols were stripped, which every developer of this project has.
    const file = realpathSync(createRequire(import.meta.url).resolve(`@esbuild/linux-${process.arch}/bin/esbuild`));
    await using engine = await openLinux();
    await using collection = await engine.load(fixture("tracing"), { programs: ["on_entry"] });
    const variables = new Variables(collection);
    const link = await collection.programs["on_entry"]?.attach({ event: `${file}:main.main` });
    // It is stopped before it is anything but a shell: who is observed is known before it begins.
    const script = 'kill -STOP $$; exec "$0" --version';
    const child = spawn("sh", ["-c", script, file], { stdio: "ignore" });
    const ended = once(child, "close");
    variables.set("watched", child.pid);
    const status = () => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
    while (status() !== "T") await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill("SIGCONT");
    await ended;
    await link?.detach();
    return [variables.hits(3), link?.description.replace(file, "FILE")];
  },
  usdt: async () => {
    await using probes = await Probes.start();
    await using engine = await openLinux();
    await using collection = await engine.load(fixture("usdt"));
    const { programs, variables } = collection;
    variables["watched"]?.set(probes.pid);
    const plain = await programs["on_plain"]?.attach({ event: "skep:plain", library: probes.file, cookie: 77 });
    const counted = await programs["on_counted"]?.attach({ event: `${probes.file}:skep:counted` });
    const none = await programs["on_none"]?.attach({ event: `${probes.file}:skep:none`, pid: probes.pid });
    const semaphore = [await probes.pass(), await probes.pass()];
    const [first, second] = variables["plain"]?.get() as Record<string, number | bigint>[];
    const result = {
      semaphore,
      hits: (variables["hits"]?.get() as bigint[]).slice(0, 5),
      first,
      // Where the bytes lie, nobody knows.
      second: { ...second, wide: 0 },
      counted: variables["counted"]?.get(),
      descriptions: [plain, counted, none].map((link) => link?.description.replace(probes.file, "FILE").replace(/\d+$/, "PID")),
    };
    for (const link of [plain, counted, none]) await link?.detach();
    return { ...result, after: [await probes.pass(), (variables["hits"]?.get() as bigint[]).slice(0, 5)] };
  },
  "usdt in our language": async () => {
    await using probes = await Probes.start();
    await using engine = await openLinux();
    await using collection = await engine.load(await compile(new URL("fixtures/probes.bpf.ts", import.meta.url).pathname));
    const { programs, variables } = collection;
    variables["watched"]?.set(probes.pid);
    const plain = await programs["onPlain"]?.attach({ event: "skep:plain", library: probes.file });
    const indexed = await programs["onIndexed"]?.attach({ event: "skep:indexed", library: probes.file });
    await probes.pass();
    await probes.pass();
    const seen = Object.fromEntries(
      ["number", "here", "wide", "last", "byte", "hits"].map((name) => [name, variables[name]?.get()]),
    );
    await plain?.detach();
    await indexed?.detach();
    return seen;
  },
  "many functions in our language": async () => {
    await using target = await Target.start();
    await using engine = await openLinux();
    const programs = ["onEntries", "onReturns", "onSession"];
    const spec = await compile(new URL("fixtures/probes.bpf.ts", import.meta.url).pathname);
    await using collection = await engine.load(spec, { programs });
    collection.variables["watched"]?.set(target.pid);
    const links = [];
    for (const name of programs) links.push(await collection.programs[name]?.attach());
    await target.do("getppid 20");
    const seen = () => ["entered", "returned", "both"].map((name) => collection.variables[name]?.get());
    const during = seen();
    for (const link of links) await link?.detach();
    await target.do("getppid 20");
    return { during, after: seen(), descriptions: links.map((link) => link?.description) };
  },
  "perf_event of one process": () =>
    observing(
      "on_sample",
      ({ pid }) => ({ pid, frequency: 1000 }),
      async (target, variables, collection) => {
        await target.do("spin 300");
        const stacks = collection.maps["stacks"] as unknown as StackTraceMap;
        const [entry] = [...stacks.entries()];
        if (entry === undefined) throw new RangeError("no stack was kept");
        const [id, addresses] = entry;
        const kept = addresses.length > 0 && stacks.get(id)?.length === addresses.length;
        const deleted = [stacks.delete(id), stacks.delete(id), stacks.delete(2 ** 31)];
        stacks.clear();
        return [variables.hits(6) > 20, kept, ...deleted, stacks.get(id) === undefined, [...stacks.entries()].length];
      },
    ),
  "perf_event of all CPUs": () =>
    observing(
      "on_sample",
      () => ({ frequency: 500 }),
      async (target, variables) => {
        await target.do("spin 200");
        return variables.hits(6) > 10;
      },
    ),
  "perf_event of a control group": async () => {
    const folder = `${cgroupRoot({ facts: MACHINE })}/skep-samples-${process.pid}`;
    mkdirSync(folder);
    try {
      return await observing(
        "on_sample",
        ({ pid }) => {
          writeFileSync(`${folder}/cgroup.procs`, String(pid));
          return { cgroup: folder, frequency: 500 };
        },
        async (target, variables) => {
          await target.do("spin 200");
          return variables.hits(6) > 10;
        },
      ).then(({ description, ...rest }) => ({ ...rest, description: description.replace(folder, "GROUP") }));
    } finally {
      await removeGroup(folder);
    }
  },
  "perf_event of an instruction": async () => {
    // Where the C library's getppid begins, in the process that is observed.
    const { file, offset } = probeTarget(MACHINE, "", { event: "libc.so.6:getppid", library: undefined, pid: undefined });
    return observing(
      "on_sample",
      ({ pid }) => ({ pid, event: `mem:${addressIn(MACHINE, pid, realpathSync(file), offset)}:x` }),
      async (target, variables) => {
        await target.do("getppid 20");
        return variables.hits(6);
      },
    ).then((observed) => ({ ...observed, description: observed.description.replace(/mem:\d+/, "mem:ADDRESS") }));
  },
  iterator: async () => {
    await using target = await Target.start();
    await using engine = await openLinux();
    await using collection = await engine.load(fixture("tracing"), { programs: ["tasks"] });
    new Variables(collection).set("watched", target.pid);
    const tasks = collection.programs["tasks"];
    const all: string[] = [];
    for await (const line of tasks?.iterate?.() ?? []) all.push(line.replaceAll("\0", ""));
    const threads = all.filter((line) => line.endsWith("pid ")).length;
    const own: string[] = [];
    for await (const line of tasks?.iterate?.({ tid: target.pid }) ?? []) own.push(line.replaceAll("\0", ""));
    const others: string[] = [];
    for await (const line of tasks?.iterate?.({ pid: process.pid }) ?? []) others.push(line);
    const refused = await tasks?.attach().catch((error: Error) => error.message);
    let unknown = "";
    try {
      tasks?.iterate?.({ cgroup: "/" });
    } catch (error) {
      unknown = (error as Error).message;
    }
    return {
      threads: threads > 1,
      own,
      others,
      refused,
      unknown,
      open: engine.descriptors.filter((each) => /link|reader/.test(each)),
    };
  },
});

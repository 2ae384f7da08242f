/**
 * A child process of bench/clang.ts, in a network namespace of its own: how long programs at hooks take in this machine's kernel for one event, ours and
 * clang's attached in turn to the same work of a process that this one starts. The kernel counts (kernel.bpf_stats_enabled). Prints
 * `{ example: { clang, ours } }` as JSON: nanoseconds, the median of the rounds, all programs of an example together.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { createInterface } from "node:readline";
import type { AttachOptions, Collection, Link } from "../src/engine/engine.ts";
import { openLinux } from "../src/engine/linux/engine.ts";
import type { Spec } from "../src/object/spec.ts";
import { type ExampleName, playOf } from "../test/examples/plays.ts";
import { fromC, fromTypeScript } from "../test/examples/sources.ts";
import { Stage, untyped } from "../test/examples/stage.ts";
import { median } from "./measure.ts";

const ROUNDS = 11;
const STATISTICS = "/proc/sys/kernel/bpf_stats_enabled";

interface Scene {
  /** What the worker does for each line that it gets, in Perl; `$port` is the server's. */
  readonly work: string;
  readonly variables?: (worker: number, port: number) => Readonly<Record<string, number>>;
  readonly options?: AttachOptions;
  readonly inGroup?: boolean;
  /** The ring buffer that is emptied between rounds. */
  readonly ring?: string;
}

const CONNECT =
  'for (1 .. 100) { my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or next; print $s "hello\\n"; <$s>; close $s; }';
const target = (worker: number) => ({ target: worker });

const SCENES: Readonly<Partial<Record<ExampleName, Scene>>> = {
  "tcp-latency": { work: CONNECT, variables: (_, port) => ({ port }) },
  "open-exec": { work: "for (1 .. 500) { open my $f, '<', '/etc/hostname'; }", variables: target, ring: "events" },
  "runqueue-latency": { work: "select(undef, undef, undef, 0.0005) for 1 .. 200;", variables: target },
  profiler: { work: "my $x = 0; $x++ for 1 .. 4_000_000;", variables: target, options: { frequency: 999 } },
  "uprobe-libc": { work: "my @kept; push @kept, 'x' x 5_000 for 1 .. 1_000;", variables: target },
  "connect-guard": { work: CONNECT, variables: () => ({ deny: 1 }), inGroup: true, ring: "attempts" },
  "sock-ops": { work: CONNECT, inGroup: true, ring: "ended" },
  "task-iterator": { work: "1;", variables: (worker) => ({ target: worker }) },
};

/** A process that does its work once for each line, and says when it has. */
class Worker {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(work: string, port: number) {
    const code = `use IO::Socket::INET; $| = 1; my $port = ${port}; while (<STDIN>) { ${work} print "done\\n"; }`;
    this.#child = spawn("perl", ["-e", code], { stdio: ["pipe", "pipe", "inherit"] });
    if (this.#child.pid === undefined || this.#child.stdout === null) throw new Error("perl cannot be started");
    this.pid = this.#child.pid;
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  async work(): Promise<void> {
    this.#child.stdin?.write("\n");
    if ((await this.#lines.next()).done === true) throw new Error("the worker ended");
  }

  async end(): Promise<void> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await once(this.#child, "exit");
  }
}

/** What the kernel counted so far, of programs by the descriptors that hold them. */
function counted(descriptors: readonly string[]): { readonly time: number; readonly runs: number } {
  const sums = { time: 0, runs: 0 };
  for (const descriptor of descriptors) {
    const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1");
    sums.time += Number(/^run_time_ns:\s*(\d+)/m.exec(info)?.[1] ?? 0);
    sums.runs += Number(/^run_cnt:\s*(\d+)/m.exec(info)?.[1] ?? 0);
  }
  return sums;
}

/** Descriptors of programs, which links are not. */
const programDescriptors = (): string[] =>
  readdirSync("/proc/self/fdinfo").filter((descriptor) => {
    try {
      return /^run_time_ns:/m.test(readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1"));
    } catch {
      return false; // the one that the folder itself was read by
    }
  });

async function attachAll({ programs }: Pick<Collection, "programs">, options: AttachOptions): Promise<Link[]> {
  const links: Link[] = [];
  for (const program of Object.values(programs))
    if (!program.spec.section.startsWith("iter/")) links.push(await program.attach(options));
  return links;
}

async function measure(name: ExampleName, scene: Scene, port: number): Promise<{ clang: number; ours: number }> {
  const worker = new Worker(scene.work, port);
  const group = scene.inGroup === true ? ownGroup() : null;
  try {
    if (group !== null) writeFileSync(`${group}/cgroup.procs`, String(worker.pid));
    const options = { ...scene.options, ...(group === null ? {} : { cgroup: group }) };
    const types = await fromTypeScript(name);
    await using engine = await openLinux();
    const load = async (spec: Spec) => {
      const before = new Set(programDescriptors());
      const collection = await engine.load(untyped(spec), { variables: scene.variables?.(worker.pid, port) ?? {} });
      const stage = new Stage(collection, types);
      if (name === "connect-guard") stage.set("rules4", { prefixLength: 8, address: "127.0.0.0" }, 1);
      return {
        collection,
        stage,
        held: programDescriptors().filter((descriptor) => !before.has(descriptor)),
        times: [] as number[],
      };
    };
    const sides = [await load(await fromC(name)), await load(types)] as const;
    for (let round = 0; round < ROUNDS + 1; round++) {
      for (const { collection, stage, held, times } of sides) {
        const before = counted(held);
        const links = await attachAll(collection, options);
        await worker.work();
        if (links.length === 0) for (let time = 0; time < 10; time++) await walk(stage);
        for (const link of links) await link.detach();
        const after = counted(held);
        if (scene.ring !== undefined) stage.records(scene.ring);
        if (after.runs === before.runs) throw new Error(`${name}: no program ran`);
        if (round > 0) times.push((after.time - before.time) / (after.runs - before.runs));
      }
    }
    return { clang: median(sides[0].times), ours: median(sides[1].times) };
  } finally {
    await worker.end();
    if (group !== null) await removed(group);
  }
}

async function walk(stage: Stage): Promise<void> {
  for (const program of Object.values(stage.programs)) {
    if (program.iterate === undefined) throw new Error("the engine reads no iterators");
    for await (const _ of program.iterate());
  }
}

function ownGroup(): string {
  const mount = / (\S+) cgroup2 /.exec(readFileSync("/proc/mounts", "latin1"))?.[1];
  if (mount === undefined) throw new Error("needs a cgroup2 file system");
  const path = `${mount}/skep-bench-${process.pid}`;
  mkdirSync(path);
  return path;
}

/** Processes that ended are still there for a moment. */
async function removed(group: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return rmdirSync(group);
    } catch (error) {
      if (tries > 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function listen(): Promise<readonly [Server, number]> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return [server, address.port];
}

const before = readFileSync(STATISTICS, "latin1").trim();
process.once("exit", () => writeFileSync(STATISTICS, before));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
writeFileSync(STATISTICS, "1");
const [server, port] = await listen();
const results: Record<string, { clang: number; ours: number }> = {};
for (const name of process.argv.slice(2) as ExampleName[]) {
  const scene = SCENES[name];
  if (scene !== undefined && playOf(name).packets === undefined) results[name] = await measure(name, scene, port);
}
server.close();
process.stdout.write(JSON.stringify(results));
process.exit(0);

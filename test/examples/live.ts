/**
 * A child process: an example in this machine's kernel, attached, with work for it to see: of processes that this one starts, in control groups
 * that it makes. `node live.ts EXAMPLE ts|c` prints what there was to see, as JSON.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { connect, createServer } from "node:net";
import { setTimeout } from "node:timers/promises";
import type { AttachOptions } from "../../src/engine/engine.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";
import type { ExampleName } from "./plays.ts";
import { fromC, fromTypeScript } from "./sources.ts";
import { Stage, untyped } from "./stage.ts";

/** Loads it with these variables, and attaches all of its programs; `work` looks at the stage afterwards. */
async function live<T>(
  variables: Readonly<Record<string, number>>,
  options: AttachOptions,
  work: (stage: Stage) => Promise<T>,
  set?: (stage: Stage) => void,
): Promise<T> {
  await using engine = await openLinux();
  await using collection = await engine.load(untyped(spec), { variables });
  const stage = new Stage(collection, types);
  set?.(stage);
  for (const program of Object.values(stage.programs))
    if (!program.spec.section.startsWith("iter/")) await program.attach(options);
  return await work(stage);
}

/** A process that waits for a line before it does what it is for. */
function waiting(command: string, ...args: readonly string[]): ChildProcess & { readonly pid: number } {
  const child = spawn(command, args, { stdio: ["pipe", "ignore", "inherit"] });
  if (child.pid === undefined) throw new Error(`${command} cannot be started`);
  return child as ChildProcess & { readonly pid: number };
}

async function go(child: ChildProcess): Promise<void> {
  child.stdin?.end("\n");
  if (child.exitCode === null) await once(child, "exit");
}

const perl = (code: string) => waiting("perl", "-e", `<STDIN>; ${code}`);

/** A control group of this process's own, gone with the function's end. */
async function inOwnGroup<T>(work: (path: string) => Promise<T>): Promise<T> {
  const mount = / (\S+) cgroup2 /.exec(readFileSync("/proc/mounts", "latin1"))?.[1];
  if (mount === undefined) throw new Error("needs a cgroup2 file system");
  const path = `${mount}/skep-example-${process.pid}`;
  mkdirSync(path);
  try {
    return await work(path);
  } finally {
    await removed(path);
  }
}

async function removed(group: string): Promise<void> {
  // Processes that ended are still there for a moment.
  for (let tries = 0; ; tries++) {
    try {
      return rmdirSync(group);
    } catch (error) {
      if (tries > 50) throw error;
      await setTimeout(20);
    }
  }
}

/** A TCP server on a port of the kernel's choice, which sends back what it gets. */
async function withServer<T>(work: (port: number) => Promise<T>): Promise<T> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  try {
    return await work(address.port);
  } finally {
    server.close();
  }
}

/** Of a process in a group that connects to addresses, one after the other, and says what became of it. */
const CONNECT = `
use IO::Socket::INET;
for my $address (@ARGV) {
  my $socket = IO::Socket::INET->new(PeerAddr => $address, Timeout => 2);
  print $socket ? "open\\n" : ($! + 0) . "\\n";
  if ($socket) { print $socket "hello\\n"; <$socket>; close $socket; }
}`;

async function connectIn(group: string, addresses: readonly string[]): Promise<string[]> {
  const script = `echo $$ > "$0/cgroup.procs"; exec perl -e '${CONNECT}' "$@"`;
  const child = spawn("sh", ["-c", script, group, ...addresses], { stdio: ["ignore", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(child, "close");
  return Buffer.concat(chunks).toString("latin1").trim().split("\n");
}

const LIVE: Readonly<Partial<Record<ExampleName, () => Promise<unknown>>>> = {
  "tcp-latency": () =>
    withServer((port) =>
      live({ port }, {}, async (stage) => {
        for (let count = 0; count < 5; count++) {
          const socket = connect(port, "127.0.0.1");
          await once(socket, "connect");
          socket.destroy();
        }
        const opened = stage.entries("histogram").reduce((sum, [, count]) => sum + Number(count), 0);
        const destinations = stage.entries("destinations").map(([to, latency]) => {
          const { address, port: at } = to as { address: unknown; port: number };
          return { address, right: at === port, connections: Number((latency as { connections: bigint }).connections) };
        });
        return { opened, destinations, opening: stage.entries("opening").length };
      }),
    ),

  async "open-exec"() {
    const shell = waiting("sh", "-c", "read line; exec cat /etc/hostname /nowhere 2>/dev/null");
    return live({ target: shell.pid }, {}, async (stage) => {
      await go(shell);
      const events = stage.records("events") as readonly { kind: number; comm: string; path: string; pid: number }[];
      return {
        own: events.every(({ pid }) => pid === shell.pid),
        executed: events.filter(({ kind }) => kind === 1).map(({ comm, path }) => [comm, path.replace(/^.*\//, "")]),
        opened: events.filter(({ path }) => /hostname|nowhere/.test(path)).map(({ comm, path }) => [comm, path]),
      };
    });
  },

  async "runqueue-latency"() {
    const sleeper = perl("select(undef, undef, undef, 0.002) for 1 .. 50;");
    return live({ target: sleeper.pid }, {}, async (stage) => {
      await go(sleeper);
      const rows = stage.entries("histograms") as readonly (readonly [number, { comm: string; slots: readonly number[] }])[];
      return rows.map(([pid, { comm, slots }]) => {
        const waits = slots.reduce((sum, count) => sum + count, 0);
        // Of 50, on a machine that does other things, too: a sleep that is over before it begins wakes nobody.
        return { own: pid === sleeper.pid, comm, enough: waits >= 20 };
      });
    });
  },

  async profiler() {
    const busy = perl("my $end = time + 2; my $x = 0; $x++ while time < $end;");
    return live({ target: busy.pid }, { frequency: 199 }, async (stage) => {
      await go(busy);
      const rows = stage.entries("samples") as readonly (readonly [{ pid: number; comm: string; user: number }, bigint])[];
      return {
        own: rows.every(([{ pid, comm }]) => pid === busy.pid && comm === "perl"),
        // Of some 200 to 400, on a machine that does other things, too.
        enough: rows.reduce((sum, [, count]) => sum + count, 0n) > 20n,
        stacks: rows.some(([{ user }]) => user >= 0),
      };
    });
  },

  async "uprobe-libc"() {
    const asking = perl("my @kept; push @kept, 'x' x 100_000 for 1 .. 50;");
    return live({ target: asking.pid }, {}, async (stage) => {
      await go(asking);
      const rows = stage.entries("requested") as readonly (readonly [
        number,
        { calls: bigint; bytes: bigint; slots: bigint[] },
      ])[];
      const large = rows.reduce((sum, [, { slots }]) => sum + Number(slots[16] ?? 0n), 0);
      return {
        large: large >= 50,
        consistent: rows.every(([, { calls, slots }]) => calls === slots.reduce((sum, count) => sum + count, 0n)),
      };
    });
  },

  "task-iterator": () =>
    live({ target: process.pid }, {}, async (stage) => {
      const tasks = stage.program("tasks");
      if (tasks.iterate === undefined) throw new Error("the engine reads no iterators");
      const lines: string[] = [];
      for await (const line of tasks.iterate()) lines.push(line);
      const first = lines.find((line) => line.split(/ +/)[1] === String(process.pid)) ?? "";
      const [pid, tid, parent, state] = first.split(/ +/);
      return {
        own: lines.filter((line) => /^\d/.test(line)).every((line) => line.startsWith(`${process.pid} `)),
        threads: lines.length > 4,
        process: [Number(pid) === process.pid, Number(tid) === process.pid, Number(parent) === process.ppid, state],
      };
    }),

  "connect-guard": () =>
    withServer((port) =>
      inOwnGroup((group) =>
        live(
          { deny: 1 },
          { cgroup: group },
          async (stage) => {
            const told = await connectIn(group, [`127.0.0.1:${port}`, `127.0.0.2:${port}`]);
            const attempts = stage.records("attempts") as readonly {
              address: string;
              port: number;
              allowed: number;
              comm: string;
            }[];
            return {
              told,
              attempts: attempts.map(({ address, port: at, allowed, comm }) => ({
                address,
                right: at === port,
                allowed: Number(allowed),
                comm,
              })),
            };
          },
          (stage) => stage.set("rules4", { prefixLength: 32, address: "127.0.0.1" }, 1),
        ),
      ),
    ),

  "sock-ops": () =>
    withServer((port) =>
      inOwnGroup((group) =>
        live({}, { cgroup: group }, async (stage) => {
          await connectIn(group, [`127.0.0.1:${port}`, `127.0.0.1:${port}`]);
          // The last packets are still on their way.
          const ended: { remote: string; remotePort: number; passive: number; roundTrips: number; bytesAcknowledged: bigint }[] =
            [];
          for (let tries = 0; tries < 100 && ended.length < 2; tries++) {
            ended.push(...(stage.records("ended") as typeof ended));
            await setTimeout(20);
          }
          return ended.map(({ remote, remotePort, passive, roundTrips, bytesAcknowledged }) => ({
            remote,
            right: remotePort === port,
            passive,
            measured: roundTrips > 0,
            // The SYN counts.
            acknowledged: Number(bytesAcknowledged) >= "hello\n".length,
          }));
        }),
      ),
    ),
};

const [, , name, source] = process.argv as [string, string, ExampleName, "ts" | "c"];
const spec = await (source === "ts" ? fromTypeScript(name) : fromC(name));
const types = await fromTypeScript(name);
const happen = LIVE[name];
if (happen === undefined) throw new Error(`${name} is no example that is attached`);
process.stdout.write(JSON.stringify(await happen(), (_, value) => (typeof value === "bigint" ? `${value}n` : value)));
process.exit(0);

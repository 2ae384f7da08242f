/** The kinds that other kernels have, too, on these: through other calls on 6.1 than on 6.12. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { before } from "node:test";
import type { AttachOptions } from "../../../src/engine/engine.ts";
import { openLinux } from "../../../src/engine/linux/engine.ts";
import { ACTIONS } from "../../linux/actions.ts";
import { fixture } from "../../linux/fixtures.ts";
import { fires, hits, lacks, leavesNothing, ownCgroup, sh, test, typescript, variable } from "./guest.ts";

leavesNothing();
before(() => sh("ip link set dev lo up"));

const does =
  (action: string, argument = "0") =>
  () =>
    ACTIONS[action]?.(argument);
const [tracing, network] = [fixture("tracing"), fixture("network")];

interface Kind {
  readonly program: string;
  readonly place: number;
  readonly act: () => unknown;
  readonly options?: AttachOptions;
  readonly skip?: string | false;
  readonly description: string;
}

const sample = { pid: process.pid, frequency: 1000 };
const EVENTS: readonly Kind[] = [
  { program: "on_tracepoint", place: 0, act: does("getppid", "5"), description: "tracepoint syscalls/sys_enter_getppid" },
  { program: "on_raw", place: 1, act: does("getppid", "5"), description: "raw_tp sys_enter" },
  { program: "on_btf", place: 2, act: does("getppid", "5"), description: "tp_btf sys_enter" },
  {
    program: "on_sample",
    place: 6,
    act: does("spin", "100"),
    options: sample,
    description: `perf_event cpu-clock, 1000 Hz, process ${process.pid}`,
  },
];
for (const { program, place, act, options = {}, description } of EVENTS) {
  test(`clang: ${description.replace(/\d+$/, "PID")}`, async () => {
    assert.equal(await fires({ program, spec: tracing, counter: hits(place), options, act }), description);
  });
}

const cgroup = ownCgroup();
const NETWORK: readonly Kind[] = [
  { program: "on_socket", place: 3, act: does("udp"), options: { interface: "lo" }, description: "packet socket on lo" },
  {
    program: "on_netfilter",
    place: 4,
    act: does("udp"),
    options: { netfilter: { family: "ipv4", hook: "output", priority: -10 } },
    skip: lacks("6.4", "CONFIG_NETFILTER_BPF_LINK"),
    description: "netfilter ipv4 output, priority -10",
  },
  { program: "on_lookup", place: 5, act: does("tcp"), description: "sk_lookup in this network namespace" },
  { program: "on_in", place: 8, act: does("udp"), options: { cgroup }, description: "cgroup_skb/ingress on /skep" },
  { program: "on_create", place: 10, act: does("udp"), options: { cgroup }, description: "cgroup/sock_create on /skep" },
  { program: "on_connect", place: 13, act: does("tcp"), options: { cgroup }, description: "cgroup/connect4 on /skep" },
  {
    program: "on_sysctl",
    place: 16,
    act: does("read", "/proc/sys/kernel/ostype"),
    options: { cgroup },
    description: "cgroup/sysctl on /skep",
  },
  { program: "on_device", place: 17, act: does("open", "/dev/zero"), options: { cgroup }, description: "cgroup/dev on /skep" },
  { program: "on_getsockopt", place: 18, act: does("udp"), options: { cgroup }, description: "cgroup/getsockopt on /skep" },
  { program: "on_sockops", place: 20, act: does("tcp"), options: { cgroup }, description: "sockops on /skep" },
  {
    program: "on_unix",
    place: 21,
    act: does("unix", "/run/skep.sock"),
    options: { cgroup },
    skip: lacks("6.7"),
    description: "cgroup/connect_unix on /skep",
  },
];
for (const { program, place, act, options = {}, skip = false, description } of NETWORK) {
  test(`clang: ${description}`, { skip }, async () => {
    assert.equal(await fires({ program, spec: network, counter: hits(place), options, act }), description);
  });
}

test("TypeScript: an iterator over threads", async () => {
  await using engine = await openLinux();
  await using collection = await engine.load(typescript("functions"), { programs: ["eachThread"] });
  for await (const line of collection.programs["eachThread"]?.iterate?.() ?? []) assert.fail(`it writes nothing: ${line}`);
  assert.ok(variable("threads")(collection) > 1);
});

test("clang: sk_msg on a sockmap, which holds the program before Linux 6.10", async () => {
  await using engine = await openLinux();
  await using collection = await engine.load(network, { programs: ["on_message"] });
  const { on_message } = collection.programs;
  const { sockets } = collection.maps;
  assert.ok(on_message && sockets);
  const link = await on_message.attach({ map: sockets });
  assert.equal(link.description, "sk_msg on sockets");
  const server = createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = createConnection((server.address() as { port: number }).port, "127.0.0.1");
  await once(client, "connect");
  const { fd } = (client as unknown as { _handle: { fd: number } })._handle;
  (sockets as unknown as { set(key: number, value: bigint): void }).set(0, BigInt(fd));
  client.write("hello");
  await new Promise<void>((resolve) => client.end(() => resolve()));
  assert.ok(hits(24)(collection) > 0, "it saw what was sent");
  await link.detach();
  server.close();
});

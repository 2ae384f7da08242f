/** Programs on real traffic without eBPF in the kernel: packet sockets and TUN devices, in network namespaces of our own. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ethernet, ipv4, packet, padding, udp, vlan } from "../../src/packets/index.ts";
import { Conversation } from "../kernel/child.ts";
import { type Lab, openLab, probeLab } from "../support/netns.ts";
import "../kernel/leaks.ts";

const skip = (await probeLab()) ?? (existsSync("/dev/net/tun") ? false : "there is no /dev/net/tun");
const ROOT = resolve(import.meta.dirname, "../..");
const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));

function start(lab: Lab, ...options: readonly string[]): Conversation {
  return new Conversation(
    lab.spawn("b", [process.execPath, "--no-warnings", WORKER, ...options], { stdio: ["pipe", "pipe", "pipe"] }),
  );
}

interface Report {
  readonly live: { readonly received: number; readonly sent: number };
  readonly received: number;
  readonly dropped: number;
  readonly delivered: number;
  readonly transmitted: number;
  readonly captured: readonly string[];
  /** Microseconds of processor time so far. */
  readonly cpu: number;
}

const report = async (worker: Conversation): Promise<Report> => (await worker.ask("report")) as Report;

async function ping(lab: Lab, host: string, address: string, count = 2): Promise<boolean> {
  const { status } = await lab.exec(host, ["ping", "-c", String(count), "-i", "0.05", "-W", "1", address], { check: false });
  return status === 0;
}

describe("a packet socket", { skip, concurrency: 3 }, () => {
  test("observes: what the program drops, the machine gets all the same", async () => {
    await using lab = await openLab();
    const worker = start(lab, "raw", "veth0", "drop");
    assert.deepEqual(await worker.hear(), { name: "veth0", mac: "02000000000b", mtu: 1500 });
    assert.equal(await ping(lab, "a", "192.0.2.2", 3), true);
    const { dropped, live } = await report(worker);
    assert.ok(dropped >= 3, `${dropped} packets were dropped, of ${live.received}`);
    assert.equal(live.sent, 0);
    assert.deepEqual(await worker.ask("end"), { ended: null });
    assert.deepEqual(await worker.ended, { status: 0, signal: null });
  });

  test("transmits: a program answers pings for an address that nobody has", async () => {
    await using lab = await openLab();
    const worker = start(lab, "raw", "veth0", "answer");
    await worker.hear();
    await lab.exec("a", ["ip", "neigh", "replace", "192.0.2.77", "lladdr", "02:00:00:00:00:0b", "dev", "veth0"]);
    assert.equal(await ping(lab, "a", "192.0.2.77"), true);
    const { live, transmitted } = await report(worker);
    assert.equal(live.sent, 2);
    assert.equal(transmitted, 2);
    await worker.ask("end");
    assert.equal(await ping(lab, "a", "192.0.2.77", 1), false);
  });

  test("sees VLAN tags and checksums that the machine keeps beside a packet", async () => {
    await using lab = await openLab();
    const worker = start(lab, "raw", "veth0", "tagged");
    await worker.hear();
    const tagged = packet(ethernet({ destination: "02:00:00:00:00:0b" }), vlan({ id: 42 }), ipv4(), udp(), padding());
    await lab.send("a", "veth0", [tagged, packet(ethernet(), ipv4(), udp(), padding())]);
    let seen = await report(worker);
    for (let tries = 0; tries < 50 && seen.captured.length === 0; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen = await report(worker);
    }
    assert.equal(seen.captured.length, 1);
    await worker.ask("end");
  });

  test("goes on when the interface was down", async () => {
    await using lab = await openLab();
    const worker = start(lab, "raw", "veth0", "drop");
    await worker.hear();
    await lab.exec("b", ["ip", "link", "set", "veth0", "down"]);
    await lab.exec("b", ["ip", "link", "set", "veth0", "up"]);
    assert.equal(await ping(lab, "a", "192.0.2.2", 1), true);
    assert.ok((await report(worker)).received > 0);
    await worker.ask("end");
  });

  test("an interface that is not there", async () => {
    await using lab = await openLab();
    const worker = start(lab, "raw", "nothing0", "drop");
    await assert.rejects(worker.hear(), /AttachError: there is no network interface "nothing0"/);
  });
});

describe("skep run", { skip }, () => {
  const skep = (...args: readonly string[]) => [
    process.execPath,
    join(ROOT, "bin/skep.js"),
    "run",
    "examples/protocols.bpf.ts",
    ...args,
  ];

  test("--raw counts what comes in until Ctrl-C, and prints it", async () => {
    await using lab = await openLab();
    const child = lab.spawn("b", skep("--raw", "veth0", "--json"), { stdio: ["ignore", "pipe", "pipe"], cwd: ROOT });
    let stdout = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    await new Promise<void>((resolve) => child.stderr?.once("data", () => resolve()));
    assert.equal(await ping(lab, "a", "192.0.2.2", 3), true);
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGINT");
    assert.equal(await ended, 0);
    const { packets, maps } = JSON.parse(stdout);
    assert.ok(packets.received >= 3);
    const icmp = maps.traffic.entries.find(({ key }: { key: { protocol: number } }) => key.protocol === 1);
    assert.ok(icmp.value.packets >= 3);
  });

  test("--tun makes an interface for so long, and nothing stays", async () => {
    await using lab = await openLab();
    const { stdout, stderr } = await lab.exec("b", skep("--tun", "skep9", "--duration", "0.2"), { cwd: ROOT });
    assert.match(stdout, /protocols on skep9, .* in the embedded engine; detached/);
    assert.match(stderr, /xdp on skep9 \(embedded\); for 0\.2 s/);
    assert.notEqual((await lab.exec("b", ["ip", "link", "show", "skep9"], { check: false })).status, 0);
  });
});

describe("a TUN device", { skip, concurrency: 3 }, () => {
  async function openTun(lab: Lab, kind: "tun" | "tap", program: string): Promise<Conversation> {
    const worker = start(lab, kind, "skep%d", program);
    assert.equal(((await worker.hear()) as { name: string }).name, "skep0");
    await lab.exec("b", ["ip", "addr", "add", "198.51.100.1/24", "dev", "skep0"]);
    await lab.exec("b", ["ip", "link", "set", "skep0", "up"]);
    return worker;
  }

  test("the program decides: it answers, or nobody does", async () => {
    await using lab = await openLab();
    const worker = await openTun(lab, "tun", "answer");
    assert.equal(await ping(lab, "b", "198.51.100.9"), true);
    assert.equal((await report(worker)).transmitted, 2);
    await worker.ask("end");
    const { status } = await lab.exec("b", ["ip", "link", "show", "skep0"], { check: false });
    assert.notEqual(status, 0, "it is gone with its process");
  });

  test("what is dropped reaches nobody", async () => {
    await using lab = await openLab();
    const worker = await openTun(lab, "tun", "drop");
    assert.equal(await ping(lab, "b", "198.51.100.9", 1), false);
    assert.ok((await report(worker)).dropped >= 1);
    await worker.ask("end");
  });

  test("with Ethernet frames (TAP)", async () => {
    await using lab = await openLab();
    const worker = await openTun(lab, "tap", "answer");
    await lab.exec("b", ["ip", "neigh", "replace", "198.51.100.9", "lladdr", "02:00:00:00:00:99", "dev", "skep0"]);
    assert.equal(await ping(lab, "b", "198.51.100.9"), true);
    await worker.ask("end");
  });

  test("costs nothing while nothing comes", async () => {
    await using lab = await openLab();
    const worker = await openTun(lab, "tun", "drop");
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = await report(worker);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const after = await report(worker);
    assert.ok(after.cpu - before.cpu < 50_000, `${after.cpu - before.cpu} microseconds of work in a second of silence`);
    await worker.ask("end");
  });

  test("a killed process leaves nothing", async () => {
    await using lab = await openLab();
    const worker = await openTun(lab, "tun", "drop");
    worker.kill("SIGINT");
    await worker.ended;
    const { status } = await lab.exec("b", ["ip", "link", "show", "skep0"], { check: false });
    assert.notEqual(status, 0);
  });
});

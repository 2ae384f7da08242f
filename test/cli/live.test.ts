/** `skep run --interface`: the examples live in the kernel, on interfaces of our own, and nothing left when they end. */

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { ethernet, ipv4, packet, padding, payload, udp } from "../../src/packets/index.ts";
import { type Lab, openLab, probeLab } from "../support/netns.ts";
import { type Ended, ROOT, skep } from "./skep.ts";
import "../kernel/leaks.ts";

const probe = probeLinux();
const skip = probe.available ? ((await probeLab()) ?? false) : probe.reason;

/** `skep run FILE --interface veth0 …` on host b: its standard error tells when it is attached. */
class Live {
  readonly #child: ChildProcess;
  readonly attached: Promise<void>;
  readonly ended: Promise<Ended>;

  constructor(lab: Lab, args: readonly string[]) {
    const child = lab.spawn("b", [process.execPath, join(ROOT, "bin/skep.js"), "run", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    this.attached = new Promise((done, fail) => {
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
        if (stderr.includes("nothing stays attached")) done();
      });
      child.on("close", () => fail(new Error(`ended before it was attached: ${stderr}`)));
    });
    this.ended = new Promise((done) => child.on("close", (status, signal) => done({ status, signal, stdout, stderr })));
  }

  kill(signal: NodeJS.Signals): Promise<Ended> {
    this.#child.kill(signal);
    return this.ended;
  }
}

async function isAttached(lab: Lab): Promise<boolean> {
  const { stdout } = await lab.exec("b", ["ip", "-details", "link", "show", "dev", "veth0"]);
  return stdout.includes("prog/xdp");
}

async function pings(lab: Lab): Promise<boolean> {
  return (await lab.exec("a", ["ping", "-c", "1", "-W", "0.3", "192.0.2.2"], { check: false })).status === 0;
}

const firewall = (...more: readonly string[]) => [join(ROOT, "examples/firewall.bpf.ts"), "--interface", "veth0", ...more];
const BLOCK_A = ["--set", 'blocked={"prefixLength":32,"address":"192.0.2.1"}:1'];

describe("skep run --interface", { skip, concurrency: 2 }, () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`the firewall drops what is blocked until ${signal}, then tells what it dropped and is gone`, async () => {
      await using lab = await openLab();
      assert.equal(await pings(lab), true);
      const live = new Live(lab, firewall(...BLOCK_A));
      await live.attached;
      assert.equal(await isAttached(lab), true);
      assert.equal(await pings(lab), false);
      const { status, stdout } = await live.kill(signal);
      assert.equal(status, 0);
      assert.match(stdout, /192\.0\.2\.1 +1/);
      assert.equal(await isAttached(lab), false);
      assert.equal(await pings(lab), true);
    });
  }

  test("kill -9 leaves nothing attached", async () => {
    await using lab = await openLab();
    const live = new Live(lab, firewall(...BLOCK_A));
    await live.attached;
    await live.kill("SIGKILL");
    // The kernel closes the link's descriptor a moment after the process is gone.
    for (let tries = 0; tries < 50 && (await isAttached(lab)); tries++) await new Promise((done) => setTimeout(done, 20));
    assert.equal(await isAttached(lab), false);
    assert.equal(await pings(lab), true);
  });

  test("--duration ends it by itself, --json speaks to machines", async () => {
    await using lab = await openLab();
    const live = new Live(lab, firewall(...BLOCK_A, "--duration", "2", "--json", "--mode", "generic"));
    await live.attached;
    await pings(lab);
    const { status, stdout } = await live.ended;
    assert.equal(status, 0);
    const { maps, engine } = JSON.parse(stdout);
    assert.equal(engine, "linux");
    assert.deepEqual(
      maps.drops.entries.map(({ key, value }: { key: string; value: number }) => [key, value]),
      [["192.0.2.1", 1]],
    );
    assert.equal(await isAttached(lab), false);
  });

  test("the protocol counter counts what it sees", async () => {
    await using lab = await openLab();
    const live = new Live(lab, [join(ROOT, "examples/protocols.bpf.ts"), "--interface", "veth0", "--json"]);
    await live.attached;
    const frame = packet(ethernet(), ipv4(), udp({ destinationPort: 5353 }), payload(new Uint8Array(100)));
    await lab.send("a", "veth0", [frame, frame, frame]);
    await new Promise((done) => setTimeout(done, 100));
    const { stdout } = await live.kill("SIGINT");
    const rows: { key: { etherType: number; port: number; protocol: number }; value: unknown }[] =
      JSON.parse(stdout).maps.traffic.entries;
    const row = rows.find(({ key }) => key.port === 5353);
    assert.deepEqual(row?.key, { etherType: 0x0800, port: 5353, protocol: 17 });
    assert.deepEqual(row?.value, { packets: 3, bytes: 3 * frame.length });
  });

  test("the rate limiter lets a burst through and drops what comes on top", async () => {
    await using lab = await openLab();
    const live = new Live(lab, [join(ROOT, "examples/rate-limit.bpf.ts"), "--interface", "veth0", "--json"]);
    await live.attached;
    const frame = packet(ethernet(), ipv4({ source: "198.51.100.1" }), udp({ destinationPort: 9 }), padding());
    await lab.send("a", "veth0", new Array(3000).fill(frame));
    await new Promise((done) => setTimeout(done, 200));
    const { stdout } = await live.kill("SIGINT");
    const [passed, dropped] = JSON.parse(stdout).maps.verdicts.entries.map(({ value }: { value: number }) => value);
    assert.ok(passed >= 200 && dropped > 0, `passed ${passed}, dropped ${dropped}`);
    assert.ok(passed + dropped >= 3000, `${passed} + ${dropped} of 3000`);
  });

  test("an interface that is not there: one line, status 8, nothing attached", async () => {
    const { status, stderr } = await skep(["run", "examples/firewall.bpf.ts", "--interface", "nosuchif0"]);
    assert.equal(status, 8);
    assert.match(stderr, /nosuchif0/);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
  });

  test("an interface that is taken: one line, status 8, and the other program stays", async () => {
    await using lab = await openLab();
    const first = new Live(lab, firewall());
    await first.attached;
    const second = new Live(lab, firewall());
    second.attached.catch(() => {});
    const { status, stderr } = await second.ended;
    assert.equal(status, 8);
    assert.match(stderr, /veth0.*attached/);
    assert.equal(await isAttached(lab), true);
    await first.kill("SIGINT");
  });
});

test("without privileges: one line that names what is missing, status 6", {
  skip: process.getuid?.() === 0 ? false : "root, to give privileges up",
}, async () => {
  const { status, stderr } = await skep(["run", "examples/firewall.bpf.ts", "--interface", "lo"], { unprivileged: true });
  assert.equal(status, 6, stderr);
  assert.match(stderr, /CAP_|root/);
  assert.equal(stderr.trimEnd().split("\n").length, 1);
});

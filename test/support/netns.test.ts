import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { LabError, openLab, probeLab } from "./netns.ts";

const reason = await probeLab();
const netns = fileURLToPath(new URL("netns.ts", import.meta.url));

/** Namespaces that a process made and that still exist. */
function left(pid: number | undefined): string[] {
  return existsSync("/run/netns") ? readdirSync("/run/netns").filter((name) => name.startsWith(`skep-lab-${pid}-`)) : [];
}

/** Dead and not yet waited for (by an init that takes its time) is dead. */
function runs(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, "utf8") !== "";
}

/** A process that opens a laboratory with a running command in it, says so, and then does `ending`. */
async function processWithLab(ending: string): Promise<{ pid: number; exited: Promise<unknown>; namespace: string }> {
  const program = `
    import { openLab } from ${JSON.stringify(netns)};
    const lab = await openLab();
    lab.spawn("a", ["sleep", "100"]);
    console.log(lab.namespace("a"));
    ${ending}`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", program], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = once(child, "exit");
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  return { pid: child.pid ?? 0, exited, namespace: String(line).trim() };
}

describe("a laboratory of network namespaces", { skip: reason ?? false }, () => {
  it("has two hosts that reach each other by IPv4 and IPv6 at once", async () => {
    await using lab = await openLab();
    await lab.exec("a", ["ping", "-n", "-c", "1", "-W", "1", "192.0.2.2"]);
    await lab.exec("b", ["ping", "-n", "-c", "1", "-W", "1", "2001:db8::1"]);
  });

  it("makes the hosts and links that it is asked for", async () => {
    await using lab = await openLab({
      hosts: ["left", "middle", "right"],
      links: [
        [
          { host: "left", interface: "eth0", addresses: ["198.51.100.1/24"], mac: "02:00:00:00:00:01" },
          { host: "middle", interface: "west" },
        ],
        [
          { host: "middle", interface: "east" },
          { host: "right", interface: "eth0", addresses: ["198.51.100.2/24"] },
        ],
      ],
    });
    const { stdout } = await lab.exec("middle", ["ip", "-o", "link"]);
    assert.match(stdout, /west@.*\n.*east@/);
    assert.match((await lab.exec("left", ["cat", "/sys/class/net/eth0/address"])).stdout, /^02:00:00:00:00:01\n$/);
  });

  it("shows nothing of itself outside", async () => {
    await using lab = await openLab();
    const outside = spawnSync("ip", ["-o", "link"], { encoding: "utf8" }).stdout;
    assert.doesNotMatch(outside, /02:00:00:00:00:0a/);
    assert.match((await lab.exec("a", ["ip", "-o", "link"])).stdout, /02:00:00:00:00:0a/);
  });

  it("says which command failed, and how", async () => {
    await using lab = await openLab();
    await assert.rejects(lab.exec("a", ["cat", "/nonexistent"]), (error) => {
      assert(error instanceof LabError);
      assert.equal(error.result?.status, 1);
      assert.match(error.message, /cat \/nonexistent: status 1: .*No such file/);
      return true;
    });
    assert.equal((await lab.exec("a", ["false"], { check: false })).status, 1);
    await assert.rejects(lab.exec("a", ["sleep", "10"], { timeout: 20 }), /SIGKILL/);
    assert.throws(() => lab.exec("c", ["true"]), /no host "c" in this laboratory; there are: a, b/);
  });

  it("feeds a command and gives what it printed", async () => {
    await using lab = await openLab();
    assert.equal((await lab.exec("b", ["cat"], { input: "hello" })).stdout, "hello");
  });

  it("sends frames as they are, VLAN tags too", async (t) => {
    if (spawnSync("perl", ["-v"]).error !== undefined) return t.skip("the command `perl` is missing");
    if (spawnSync("tcpdump", ["--version"]).error !== undefined) return t.skip("the command `tcpdump` is missing");
    await using lab = await openLab();
    const sniffer = lab.spawn("b", ["tcpdump", "-l", "-n", "-e", "-i", "veth0", "-c", "1", "vlan"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    await once(sniffer.stderr!, "data"); // "listening on ..."
    const frame = new Uint8Array(60);
    frame.set([2, 0, 0, 0, 0, 0x0b, 2, 0, 0, 0, 0, 0x0a, 0x81, 0x00, 0x00, 42, 0x08, 0x00]);
    await lab.send("a", "veth0", [frame]);
    const [line] = await once(sniffer.stdout!.setEncoding("utf8"), "data");
    assert.match(String(line), /02:00:00:00:00:0a > 02:00:00:00:00:0b.*vlan 42/);
  });

  it("kills what still runs, its children too, and leaves no namespace", async () => {
    const lab = await openLab();
    const stubborn = lab.spawn("a", ["sh", "-c", "sleep 100 & echo $!; wait"], { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = await once(stubborn.stdout!.setEncoding("utf8"), "data");
    await lab[Symbol.asyncDispose]();
    assert.deepEqual(left(process.pid), []);
    for (let tries = 0; runs(Number(line)) && tries < 100; tries++) await new Promise((done) => setTimeout(done, 10));
    assert(!runs(Number(line)));
    assert.throws(() => lab.exec("a", ["true"]), /closed/);
  });

  it("leaves nothing when making it fails half way", async () => {
    const link = [
      { host: "a", interface: "this-name-is-too-long", addresses: [] },
      { host: "b", interface: "veth0" },
    ] as const;
    await assert.rejects(openLab({ hosts: ["a", "b"], links: [link] }), LabError);
    assert.deepEqual(left(process.pid), []);
  });

  for (const [how, ending] of [
    ["process.exit", "process.exit(3);"],
    ["an uncaught exception", "throw new Error('on purpose');"],
  ] as const) {
    it(`is gone after ${how}`, async () => {
      const { pid, exited } = await processWithLab(ending);
      await exited;
      assert.deepEqual(left(pid), []);
    });
  }

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    it(`is gone after ${signal}, and the process ended by it`, async () => {
      const { pid, exited } = await processWithLab("setInterval(() => {}, 1000);");
      process.kill(pid, signal);
      assert.deepEqual(await exited, [null, signal]);
      assert.deepEqual(left(pid), []);
    });
  }

  it("is swept away by the next one after SIGKILL", async () => {
    const { pid, exited, namespace } = await processWithLab("setInterval(() => {}, 1000);");
    process.kill(pid, "SIGKILL");
    await exited;
    assert(left(pid).includes(namespace));
    await using _lab = await openLab();
    assert.deepEqual(left(pid), []);
  });
});

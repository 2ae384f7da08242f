/** `skep run --replay`: the example on the example capture, what it prints and writes, and how it ends early. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { openCapture } from "../../src/engine/embedded/host/read-capture.ts";
import { Folder, ROOT, skep } from "./skep.ts";

const FIREWALL = "examples/firewall.bpf.ts";
const OFFICE = "examples/captures/office.pcap";
const BLOCK = ["--set", 'blocked={"prefixLength":24,"address":"203.0.113.0"}:1'];

/** Counted by tshark when the capture was recorded, not by us. */
function fromReadme(row: string): number {
  const readme = readFileSync(join(ROOT, "examples/captures/README.md"), "utf8");
  const line = readme.split("\n").find((text) => text.includes(row));
  return Number(line?.split("|")[2]?.trim());
}

test("the firewall drops exactly what comes from the blocked network, as tshark counts it", async () => {
  const { status, stdout, stderr } = await skep(["run", FIREWALL, "--replay", OFFICE, ...BLOCK, "--json"]);
  assert.equal(status, 0, stderr);
  const { verdicts, packets, maps } = JSON.parse(stdout);
  const blocked = fromReadme("blocked by the firewall example");
  assert.ok(blocked > 0);
  assert.equal(verdicts.drop.packets, blocked);
  assert.equal(packets, fromReadme("all frames"));
  assert.equal(verdicts.pass.packets, packets - blocked);
  const drops: { key: string; value: number }[] = maps.drops.entries;
  assert.equal(
    drops.reduce((sum, { value }) => sum + value, 0),
    blocked,
  );
  assert.ok(drops.every(({ key }) => key.startsWith("203.0.113.")));
});

test("verdicts are called what they are in traffic control; a program that no packet comes to is refused", async () => {
  const objects = "test/object/fixtures/programs.o";
  const { status, stdout, stderr } = await skep(["run", objects, "--program", "iproute2", "--replay", OFFICE, "--json"]);
  assert.equal(status, 0, stderr);
  const { verdicts, packets } = JSON.parse(stdout);
  assert.deepEqual(Object.keys(verdicts), ["pass"]);
  assert.equal(verdicts.pass.packets, packets);
  const other = await skep(["run", objects, "--program", "wide", "--replay", OFFICE]);
  assert.equal(other.status, 2);
  assert.match(other.stderr, /wide is a kprobe program: no packet of a capture comes to it/);
});

test("people get tables: verdicts, drops by source, time per packet", async () => {
  const { stdout } = await skep(["run", FIREWALL, "--replay", OFFICE, ...BLOCK]);
  assert.match(stdout, /verdict +packets +share +bytes/);
  assert.match(stdout, /203\.0\.113\.66 +\d+/);
  assert.match(stdout, /per packet/);
  assert.ok(!stdout.includes("\x1b"), "no colours where there is no terminal");
});

test("a replay is the same every time, the clock included", async () => {
  const run = async () => {
    const { stdout } = await skep(["run", "examples/rate-limit.bpf.ts", "--replay", OFFICE, "--json"]);
    const { nanosecondsPerPacket, ...rest } = JSON.parse(stdout);
    return rest;
  };
  assert.deepEqual(await run(), await run());
});

test("packets that pass and packets that are dropped go to files that hold all of them", async () => {
  using folder = new Folder();
  const [pass, drop] = [join(folder.path, "pass.pcap"), join(folder.path, "drop.pcap")];
  const { status } = await skep(["run", FIREWALL, "--replay", OFFICE, ...BLOCK, "--pass", pass, "--drop", drop]);
  assert.equal(status, 0);
  const sources = async (path: string) => {
    const found: string[] = [];
    for await (const { data } of (await openCapture(createReadStream(path))).each())
      found.push(Buffer.from(data.subarray(26, 29)).join("."));
    return found;
  };
  const dropped = await sources(drop);
  assert.equal(dropped.length, fromReadme("blocked by the firewall example"));
  assert.ok(dropped.every((source) => source === "203.0.113"));
  assert.equal((await sources(pass)).length, fromReadme("all frames") - dropped.length);
});

test("a gzipped capture, and one on stdin, are read like any other", async () => {
  using folder = new Folder();
  const packed = folder.file("office.pcap.gz", gzipSync(readFileSync(join(ROOT, OFFICE))));
  const plain = JSON.parse((await skep(["run", FIREWALL, "--replay", OFFICE, "--json"])).stdout);
  const unpacked = JSON.parse((await skep(["run", FIREWALL, "--replay", packed, "--json"])).stdout);
  assert.deepEqual(unpacked.verdicts, plain.verdicts);
  const child = spawn(process.execPath, [join(ROOT, "bin/skep.js"), "run", FIREWALL, "--replay", "-", "--json"], { cwd: ROOT });
  createReadStream(join(ROOT, OFFICE)).pipe(child.stdin);
  let stdout = "";
  for await (const text of child.stdout.setEncoding("utf8")) stdout += text;
  assert.deepEqual(JSON.parse(stdout).verdicts, plain.verdicts);
});

test("Ctrl-C ends a replay of a program that takes long for every packet: what was done is told, status 130", async () => {
  using folder = new Folder();
  const slow = folder.file(
    "slow.bpf.ts",
    `import { type u64, XDP_PASS, xdp } from "skep/bpf";
     export const slow = xdp((ctx) => {
       let sum: u64 = 0;
       for (let i: u64 = 0; i < 2_000_000; i += 1) sum += i & ctx.packet.length;
       return sum === 1 ? 0 : XDP_PASS;
     });`,
  );
  const child = spawn(process.execPath, [join(ROOT, "bin/skep.js"), "run", slow, "--unsafe", "--replay", OFFICE], { cwd: ROOT });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number | null>((done) => child.on("close", done));
  await new Promise((done) => setTimeout(done, 1500));
  const asked = performance.now();
  child.kill("SIGINT");
  assert.equal(await ended, 130, stderr);
  assert.ok(performance.now() - asked < 5000);
  assert.match(stderr, /interrupted/);
});

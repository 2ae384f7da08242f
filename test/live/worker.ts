/**
 * `node worker.ts raw|tun|tap NAME PROGRAM`: a live device with one of the programs below, until `end` comes on standard input;
 * `report` prints what was counted. For live.test.ts, which runs it in a network namespace of its own.
 */

import { createInterface } from "node:readline";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { netSpec, type ProgramText } from "../../src/engine/embedded/fixtures/net-spec.ts";
import { openRawDevice, openTunDevice } from "../../src/live/index.ts";

/** Answers pings, whoever they are for; everything else passes. */
const ANSWER = `
  r2 = *(u32 *)(r1 + 0)
  r3 = *(u32 *)(r1 + 4)
  r4 = r2
  r4 += 42
  if r4 > r3 goto pass
  r4 = *(u16 *)(r2 + 12)
  if r4 != 0x0008 goto pass
  r4 = *(u8 *)(r2 + 23)
  if r4 != 1 goto pass
  r4 = *(u8 *)(r2 + 34)
  if r4 != 8 goto pass
  r4 = *(u32 *)(r2 + 0)
  r5 = *(u16 *)(r2 + 4)
  r6 = *(u32 *)(r2 + 6)
  r7 = *(u16 *)(r2 + 10)
  *(u32 *)(r2 + 0) = r6
  *(u16 *)(r2 + 4) = r7
  *(u32 *)(r2 + 6) = r4
  *(u16 *)(r2 + 10) = r5
  r4 = *(u32 *)(r2 + 26)
  r5 = *(u32 *)(r2 + 30)
  *(u32 *)(r2 + 26) = r5
  *(u32 *)(r2 + 30) = r4
  r4 = 0
  *(u8 *)(r2 + 34) = r4
  r4 = *(u16 *)(r2 + 36)
  r4 += 8
  r5 = r4
  r5 >>= 16
  r4 += r5
  *(u16 *)(r2 + 36) = r4
  w0 = 3
  exit
pass:
  w0 = 2
  exit`;

const PROGRAMS: Readonly<Record<string, ProgramText>> = {
  answer: { type: "xdp", text: ANSWER },
  drop: { type: "xdp", text: "w0 = 1\nexit" },
  // Keeps packets whole whose VLAN tag is 42: it is beside them in tc, in them for a socket.
  tagged: {
    type: "socket_filter",
    text: "r6 = r1\nr0 = *(u32 *)(r6 + 24)\nr0 &= 0xfff\nif r0 == 42 goto keep\nr0 = 0\nexit\nkeep:\nr0 = -1\nexit",
  },
};

const [kind = "", name = "", program = ""] = process.argv.slice(2);
await using engine = openEmbedded();
await using live =
  kind === "raw"
    ? await openRawDevice(engine, name)
    : await openTunDevice(engine, { name, frames: kind === "tap" ? "ethernet" : "ip" });
await using collection = await engine.load(netSpec({ program: PROGRAMS[program] ?? { type: "xdp", text: "w0 = 2\nexit" } }));
await collection.programs["program"]?.attach({ interface: live.name });
const captured: string[] = [];
live.device.onCapture((packet) => captured.push(Buffer.from(packet).toString("hex")));
const say = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};
say({ name: live.name, mac: Buffer.from(live.device.mac).toString("hex"), mtu: live.device.mtu });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "end") break;
  const { user, system } = process.cpuUsage();
  const { received, dropped, delivered, transmitted } = live.device.counters;
  say({ live: live.counters, received, dropped, delivered, transmitted, captured, cpu: user + system });
}
// The pipe alone would keep the process.
process.stdin.destroy();
await live.close();
say({ ended: await live.ended });

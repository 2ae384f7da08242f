/**
 * What a packet of 1,500 bytes costs from its arrival in memory to its verdict: `node bench/receive.ts [--rounds 9]`.
 *
 * 64 different packets in a ring, a parser of headers (`bench/programs/parse.s`), WebAssembly. In place, the host has written them into
 * the frames already, as a network card or a `readSync` does; the copying ways begin with packets that lie elsewhere. Nanoseconds of
 * processor time of this thread for one packet: median and best of the rounds, which take the ways in turn. The kernel's figure is
 * its own (BPF_PROG_TEST_RUN in a child process, one packet again and again, nothing received).
 */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openEmbedded } from "../src/engine/embedded/engine.ts";
import type { PacketDevice } from "../src/engine/embedded/room/packet-host.ts";
import { openLinux, probeLinux } from "../src/engine/linux/engine.ts";
import { ethernet, ipv4, packet, payload, tcp } from "../src/packets/index.ts";
import { specOf } from "../test/contract/specs.ts";
import { median, printTable } from "./measure.ts";

const FRAMES = 64;
const text = readFileSync(new URL("./programs/parse.s", import.meta.url), "utf8").replace(/^;.*$/gm, "");
const spec = specOf({}, { main: text });
const packets = Array.from({ length: FRAMES }, (_, at) =>
  packet(
    ethernet(),
    ipv4({ source: `198.51.100.${at}` }),
    tcp({ destinationPort: at % 3 === 0 ? 22 : 443 }),
    payload(new Uint8Array(1446).fill(at)),
  ),
);

async function deviceFor(trust: "bare" | "checked"): Promise<PacketDevice> {
  const engine = openEmbedded(trust === "bare" ? { memory: 16 << 20 } : { memory: 16 << 20, unsafe: true });
  const device = engine.addDevice("net0");
  const { programs } = await engine.load(spec);
  await programs["main"]!.attach({ interface: "net0" });
  return device;
}

/** Each gives 64 packets to the program. */
type Way = () => void;

async function ways(): Promise<(readonly [name: string, way: Way])[]> {
  const list: (readonly [string, Way])[] = [];
  for (const trust of ["bare", "checked"] as const) {
    const device = await deviceFor(trust);
    const ring = device.openRing({ frames: FRAMES });
    packets.forEach((packet, at) => {
      ring.frame(at).set(packet);
      ring.lengths[at] = packet.length;
    });
    list.push([`${trust}: in place`, () => ring.submit(FRAMES)]);
    const copied = device.openRing({ frames: FRAMES });
    const copyIn = (): void => {
      for (let at = 0; at < FRAMES; at++) {
        const packet = packets[at]!;
        copied.frame(at).set(packet);
        copied.lengths[at] = packet.length;
      }
      copied.submit(FRAMES);
    };
    list.push([`${trust}: copied into the ring`, copyIn]);
    const receive = (): void => {
      for (let at = 0; at < FRAMES; at++) device.receive(packets[at]!);
    };
    list.push([`${trust}: device.receive, a copy each`, receive]);
  }
  return list;
}

/** Nanoseconds of processor time for one packet. */
function measure(way: Way, milliseconds: number): number {
  const start = process.threadCpuUsage();
  const end = performance.now() + milliseconds;
  let rounds = 0;
  for (; performance.now() < end; rounds += 50) for (let at = 0; at < 50; at++) way();
  const { user, system } = process.threadCpuUsage(start);
  return ((user + system) * 1e3) / (rounds * FRAMES);
}

async function kernelFigure(): Promise<void> {
  await using engine = await openLinux();
  const { programs } = await engine.load(spec);
  const runs = Array.from({ length: 9 }, () => programs["main"]!.run({ packet: packets[0]!, repeat: 1_000_000 }).duration);
  console.log(median(runs).toFixed(0));
}

const { values } = parseArgs({ options: { rounds: { type: "string", default: "9" }, kernel: { type: "boolean" } } });
if (values.kernel === true) await kernelFigure();
else {
  const all = await ways();
  const times = new Map(all.map(([name]) => [name, [] as number[]]));
  for (const [, way] of all) measure(way, 100);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, way] of all) times.get(name)!.push(measure(way, 30));
  }
  const rows = all.map(([name]) => {
    const list = times.get(name)!;
    return [name, median(list).toFixed(1), Math.min(...list).toFixed(1)];
  });
  printTable([`${packets[0]!.length} bytes, parsed`, "ns/packet", "best"], rows);
  const [inPlace, , receive] = all.map(([name]) => median(times.get(name)!)) as [number, number, number];
  console.log(`in place takes ${(inPlace / receive).toFixed(2)} of the time of device.receive`);
  if (probeLinux().available) {
    const { stdout } = spawnSync(process.execPath, ["--no-warnings", fileURLToPath(import.meta.url), "--kernel"], {
      encoding: "utf8",
    });
    console.log(`kernel, one packet in place: ${stdout.trim()} ns (its empty program: see bench/jit.ts)`);
  }
}

/**
 * What the machine room costs for each packet: `node bench/room.ts [--rounds 7]`.
 *
 * A packet of 64 bytes through `device.receive`, generated code, one CPU. Each way is told as its median of rounds, which take the ways in
 * turn, and as a multiple of the first: a device without any program.
 */

import { parseArgs } from "node:util";
import { openEmbedded } from "../src/engine/embedded/engine.ts";
import { netSpec, type ProgramText } from "../src/engine/embedded/fixtures/net-spec.ts";
import { ethernet, ipv4, packet, padding, udp } from "../src/packets/index.ts";
import { median, printTable } from "./measure.ts";

const PACKETS = 20_000;
const PACKET = packet(ethernet(), ipv4({ destination: "203.0.113.9" }), udp(), padding());

interface Way {
  readonly name: string;
  readonly programs: Readonly<Record<string, ProgramText>>;
}

const xdp = (text: string): ProgramText => ({ type: "xdp", text });
const tc = (text: string): ProgramText => ({ type: "sched_cls", text });

const WAYS: readonly Way[] = [
  { name: "no program", programs: {} },
  { name: "XDP_PASS", programs: { pass: xdp("w0 = 2\nexit") } },
  { name: "XDP_REDIRECT to another device", programs: { there: xdp("r1 = 3\nr2 = 0\ncall bpf_redirect\nexit") } },
  { name: "TCX_PASS", programs: { pass: tc("w0 = 0\nexit") } },
  { name: "XDP_PASS, then TCX_PASS", programs: { early: xdp("w0 = 2\nexit"), late: tc("w0 = 0\nexit") } },
  {
    name: "four tc programs",
    programs: { a: tc("w0 = -1\nexit"), b: tc("w0 = -1\nexit"), c: tc("w0 = -1\nexit"), d: tc("w0 = 0\nexit") },
  },
  { name: "TCX_REDIRECT to another device", programs: { there: tc("r1 = 3\nr2 = 0\ncall bpf_redirect\nexit") } },
];

async function prepare({ programs }: Way): Promise<() => void> {
  const engine = openEmbedded({
    memory: 16 << 20,
    room: {
      devices: [
        { name: "in", ifindex: 2 },
        { name: "out", ifindex: 3 },
      ],
    },
  });
  const loaded = await engine.load(netSpec(programs));
  for (const program of Object.values(loaded.programs)) await program.attach({ interface: "in" });
  const [device] = engine.devices;
  return () => {
    for (let at = 0; at < PACKETS; at++) device?.receive(PACKET);
  };
}

const { values } = parseArgs({ options: { rounds: { type: "string", default: "7" } } });
const rounds = Number(values.rounds);
const runs = await Promise.all(WAYS.map(prepare));
const times: number[][] = WAYS.map(() => []);
for (let round = -1; round < rounds; round++) {
  runs.forEach((run, way) => {
    const start = performance.now();
    run();
    // The first round is for the optimizer.
    if (round >= 0) times[way]?.push(((performance.now() - start) * 1e6) / PACKETS);
  });
}
const medians = times.map(median);
printTable(
  ["a packet", "ns", "×"],
  WAYS.map(({ name }, way) => [name, (medians[way] ?? 0).toFixed(0), ((medians[way] ?? 0) / (medians[0] ?? 1)).toFixed(1)]),
);

/** CPUs as threads, with real ones: what they count, what they say, how programs come and go under traffic, how they end. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { type MapShape, specOf } from "../../test/contract/specs.ts";
import { type EmbeddedEngine, type EmbeddedOptions, openEmbedded } from "../engine/embedded/engine.ts";
import type { PacketDevice } from "../engine/embedded/room/packet-host.ts";
import type { PacketRing } from "../engine/embedded/room/packet-ring.ts";
import { ethernet, ipv4, packet, padding, payload, tcp } from "../packets/index.ts";
import { nodeThreads } from "./node.ts";

const WAYS = [
  { name: "generated code, bare", options: {} },
  { name: "generated code, checked", options: { unsafe: true } },
  { name: "interpreter", options: { unsafe: true, execution: "interpreter" } },
] as const satisfies readonly { name: string; options: EmbeddedOptions }[];

const PACKET = packet(ethernet(), ipv4(), tcp(), payload(new Uint8Array(10)), padding());

function open(cpus: number, options: EmbeddedOptions = { unsafe: true }): EmbeddedEngine {
  return openEmbedded({ memory: 8 << 20, cpus, threads: nodeThreads({ patience: 2_000 }), ...options });
}

/** A ring of every CPU, full of packets. */
function ringsOf(device: PacketDevice, cpus: readonly number[], frames = 64): PacketRing[] {
  return cpus.map((cpu) => {
    const ring = device.openRing({ frames, cpu });
    for (let frame = 0; frame < frames; frame++) {
      ring.frame(frame).set(PACKET);
      ring.lengths[frame] = PACKET.length;
    }
    return ring;
  });
}

/** Hands packets over as fast as they are taken, until there were `count`; reads each verdict once. */
async function pump(ring: PacketRing, count: number, read: (verdict: number) => void): Promise<void> {
  let sent = 0;
  let seen = 0;
  while (seen < count) {
    const more = Math.min(ring.frames - (sent - seen), count - sent);
    ring.submit(more);
    sent += more;
    await new Promise((resolve) => setImmediate(resolve));
    for (const done = sent - ring.pending; seen < done; seen++) read(ring.verdicts[seen & ring.mask]!);
  }
  await ring.done();
}

const COUNTERS: Record<string, MapShape> = {
  shared: { type: "array", maxEntries: 1, key: "u32", value: "u64" },
  own: { type: "percpu_array", maxEntries: 1, key: "u32", value: "u64" },
};

/** Adds to a counter that all share, atomically, and to one of its own, not atomically. The verdict is the CPU's number. */
const COUNT = `
  *(u32 *)(r10 - 4) = 0
  r2 = r10
  r2 += -4
  r1 = map shared
  call 1
  if r0 == 0 goto +2
  r1 = 1
  lock *(u64 *)(r0 + 0) += r1
  r2 = r10
  r2 += -4
  r1 = map own
  call 1
  if r0 == 0 goto +3
  r1 = *(u64 *)(r0 + 0)
  r1 += 1
  *(u64 *)(r0 + 0) = r1
  call 8
  exit`;

for (const { name, options } of WAYS) {
  test(`${name}: no packet and no count is lost`, async () => {
    await using engine = open(3, options);
    const device = engine.addDevice("net0");
    const { maps, programs } = await engine.load(specOf(COUNTERS, { main: COUNT }));
    await programs["main"]!.attach({ interface: "net0" });
    const rings = ringsOf(device, [1, 2]);
    const wrong: number[] = [];
    await Promise.all(rings.map((ring) => pump(ring, 10_000, (verdict) => verdict !== ring.shape.cpu && wrong.push(verdict))));
    device.receive(PACKET);
    assert.deepEqual(wrong, []);
    assert.equal(maps["shared"]!.get(0), 20_001n);
    assert.deepEqual(maps["own"]!.get(0), [1n, 10_000n, 10_000n]);
  });

  test(`${name}: a CPU reads the values of others`, async () => {
    await using engine = open(2, options);
    const device = engine.addDevice("net0");
    const look = `
      *(u32 *)(r10 - 4) = 0
      r2 = r10
      r2 += -4
      r1 = map own
      r3 = 0
      call 195
      if r0 == 0 goto +1
      r0 = *(u64 *)(r0 + 0)
      exit`;
    const { maps, programs } = await engine.load(specOf(COUNTERS, { main: look }));
    maps["own"]!.set(0, [77n, 5n]);
    await programs["main"]!.attach({ interface: "net0" });
    const [ring] = ringsOf(device, [1], 1);
    ring!.submit();
    await ring!.done();
    assert.equal(ring!.verdicts[0], 77);
  });

  test(`${name}: replaced under traffic, every packet meets one of the two, and the new one from the update on`, async () => {
    await using engine = open(3, options);
    const device = engine.addDevice("net0");
    const old = await engine.load(specOf(COUNTERS, { one: COUNT.replace("call 8", "r0 = 1") }));
    const link = await old.programs["one"]!.attach({ interface: "net0" });
    const rings = ringsOf(device, [1, 2]);
    const verdicts = new Map<number, number>();
    const read = (verdict: number) => void verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    const traffic = Promise.all(rings.map((ring) => pump(ring, 10_000, read)));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const fresh = await engine.load(specOf(COUNTERS, { two: COUNT.replace("call 8", "r0 = 2") }));
    await link.update(fresh.programs["two"]!);
    const counted = old.maps["shared"]!.get(0);
    const before = engine.memory.used;
    await old[Symbol.asyncDispose]();
    assert.ok(engine.memory.used < before, "the old maps are free, for nobody holds them");
    await traffic;
    assert.deepEqual([...verdicts.keys()].sort(), verdicts.size === 1 ? [2] : [1, 2]);
    assert.equal(
      verdicts.get(1) ?? 0,
      Number(counted),
      "what the old program counted when the update was done is all it ever saw",
    );
    assert.equal(verdicts.get(2), Number(fresh.maps["shared"]!.get(0)));
    assert.equal((verdicts.get(1) ?? 0) + (verdicts.get(2) ?? 0), 20_000);
    await link.detach();
    for (const ring of rings) ring.submit();
    await Promise.all(rings.map((ring) => ring.done()));
    assert.equal(rings[0]!.verdicts[10_000 & 63], 2, "without a program everything passes");
  });
}

for (const key of ["u32", "u64", 12] as const) {
  test(`a key of ${key === 12 ? "12 bytes" : key} is found whatever other threads add and delete around it`, async () => {
    await using engine = open(3, { verify: () => null });
    const device = engine.addDevice("net0");
    // CPU 1 looks entry 7 up, CPU 2 adds and deletes others: 16 to 31, in a map of 32 entries, so chains change all the time.
    const program = `
      *(u64 *)(r10 - 16) = 0
      *(u64 *)(r10 - 8) = 0
      *(u64 *)(r10 - 24) = 1
      call 8
      if r0 != 1 goto +9
      *(u32 *)(r10 - 16) = 7
      r2 = r10
      r2 += -16
      r1 = map table
      call 1
      if r0 == 0 goto +1
      r0 = *(u64 *)(r0 + 0)
      exit
      call 7
      r6 = r0
      r0 &= 15
      r0 |= 16
      *(u32 *)(r10 - 16) = r0
      r2 = r10
      r2 += -16
      r1 = map table
      r6 &= 16
      if r6 != 0 goto +4
      r3 = r10
      r3 += -24
      r4 = 0
      call 2
      exit
      call 3
      exit`;
    const table = { type: "hash", maxEntries: 32, key, value: "u64" } as const;
    const { maps, programs } = await engine.load(specOf({ table }, { main: program }));
    const seven = key === "u32" ? 7 : key === "u64" ? 7n : Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    maps["table"]!.set(seven, 7777n);
    await programs["main"]!.attach({ interface: "net0" });
    const [reader, writer] = ringsOf(device, [1, 2], 1024);
    const missed: number[] = [];
    await Promise.all([
      pump(reader!, 30_000, (verdict) => verdict !== 7777 && missed.push(verdict)),
      pump(writer!, 30_000, () => {}),
    ]);
    assert.deepEqual(missed, []);
    const left = [...maps["table"]!.keys()];
    assert.ok(left.length <= 17, `${left.length} entries`);
  });
}

test("many packets are spread by flow, and those of a flow stay in order", async () => {
  /** The verdict is the first word of the packet: its number. */
  const program = `
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    r0 = 0
    if r4 > r3 goto +1
    r0 = *(u32 *)(r2 + 0)
    exit`;
  const FLOWS = 50;
  function* packets(): Generator<Uint8Array> {
    for (let number = 0; number < 5_000; number++) {
      const frame = packet(
        ethernet(),
        ipv4({ source: `10.0.0.${number % FLOWS}` }),
        tcp(),
        payload(new Uint8Array(10)),
        padding(),
      );
      new DataView(frame.buffer).setUint32(frame.byteOffset, number, true);
      yield frame;
    }
  }
  for (const cpus of [1, 3]) {
    await using engine = open(cpus);
    const device = engine.addDevice("net0");
    const { programs } = await engine.load(specOf({}, { main: program }));
    await programs["main"]!.attach({ interface: "net0" });
    const before = engine.memory.used;
    const last = new Map<number, { number: number; cpu: number }>();
    const result = await device.receiveMany(packets(), {
      frames: 128,
      onVerdict(number, packet, cpu) {
        assert.equal(new DataView(packet.buffer, packet.byteOffset).getUint32(0, true), number);
        const flow = last.get(number % FLOWS);
        assert.ok(flow === undefined || (flow.number < number && flow.cpu === cpu), `packet ${number} on cpu ${cpu}`);
        last.set(number % FLOWS, { number, cpu });
      },
    });
    assert.equal(result.packets, 5_000);
    assert.equal(result.verdicts.size, 5_000);
    assert.equal(last.size, FLOWS);
    assert.equal(result.perCpu.length, Math.max(1, cpus - 1));
    assert.ok(result.perCpu.every((packets) => packets > 1_000));
    assert.equal(engine.memory.used, before);
    await assert.rejects(device.receiveMany([new Uint8Array(13)]), {
      name: "RangeError",
      message: /expected 14 to 1536 bytes, found 13/,
    });
  }
});

test("a fault comes back with its slot and line, and the CPU goes on", async () => {
  await using engine = open(2);
  const device = engine.addDevice("net0");
  // The twelfth byte of the packet chooses: null, or a verdict.
  const program = `
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    r0 = 1
    if r4 > r3 goto +3
    r5 = *(u8 *)(r2 + 11)
    if r5 == 0 goto +1
    r0 = *(u8 *)(r5 + 0)
    exit`;
  const { programs } = await engine.load(specOf({}, { main: program }));
  await programs["main"]!.attach({ interface: "net0" });
  const [ring] = ringsOf(device, [1], 8);
  for (const frame of [0, 1, 2, 3]) ring!.frame(frame)[11] = frame === 1 || frame === 2 ? 9 : 0;
  ring!.submit(4);
  await ring!.done();
  assert.deepEqual([...ring!.verdicts.subarray(0, 4)], [1, 0, 0, 1]);
  assert.equal(ring!.faults.packets, 2);
  assert.match(
    String(ring!.faults.first),
    /^FaultError: main, slot 8 \(contract\.s:1\), r0 = \*\(u8 \*\)\(r5 \+0\): reads 1 byte at null\+9/,
  );
  assert.equal(ring!.faults.first!.slot, 8);
});

test("what programs print arrives before `done` says so, in the order of each CPU", async () => {
  const printed: [number, string][] = [];
  await using engine = open(3, { unsafe: true, onPrint: (text, cpu) => void printed.push([cpu, text]) });
  const device = engine.addDevice("net0");
  // Prints the last byte of the Ethernet destination.
  const program = `
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 > r3 goto +6
    r3 = *(u8 *)(r2 + 5)
    *(u32 *)(r10 - 8) = 0x00007525
    r1 = r10
    r1 += -8
    r2 = 3
    call 6
    r0 = 2
    exit`;
  const { programs } = await engine.load(specOf({}, { main: program }));
  await programs["main"]!.attach({ interface: "net0" });
  const rings = ringsOf(device, [1, 2]);
  for (const ring of rings) for (let frame = 0; frame < 64; frame++) ring.frame(frame)[5] = frame;
  for (const ring of rings) ring.submit(64);
  await Promise.all(rings.map((ring) => ring.done()));
  const expected = Array.from({ length: 64 }, (_, frame) => `${frame}`);
  for (const cpu of [1, 2]) {
    assert.deepEqual(
      printed.filter(([of]) => of === cpu).map(([, text]) => text),
      expected,
    );
  }
});

test("records of a ring buffer wake who reads them in this thread, from whichever CPU, whole and in the order of each", async () => {
  await using engine = open(3, { verify: () => null });
  const device = engine.addDevice("net0");
  // A record: the CPU, and the number that the packet begins with.
  const program = `
    r6 = *(u32 *)(r1 + 0)
    r7 = *(u32 *)(r1 + 4)
    call 8
    *(u32 *)(r10 - 8) = r0
    r2 = r6
    r2 += 14
    if r2 > r7 goto +7
    r2 = *(u32 *)(r6 + 0)
    *(u32 *)(r10 - 4) = r2
    r2 = r10
    r2 += -8
    r1 = map events
    r3 = 8
    r4 = 0
    call 130
    r0 = 2
    exit`;
  const events = { type: "ringbuf", maxEntries: 65_536, key: 0, value: 0 } as const;
  const { maps, programs } = await engine.load(specOf({ events }, { main: program }));
  await programs["main"]!.attach({ interface: "net0" });
  const map = maps["events"];
  assert.ok(map !== undefined && "records" in map);
  const records = map.records() as AsyncIterable<Uint8Array>;
  const COUNT = 2_000;
  const read = (async () => {
    const next = [0, 0, 0];
    let seen = 0;
    for await (const record of records) {
      const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
      const cpu = view.getUint32(0, true);
      assert.equal(view.getUint32(4, true), next[cpu]!++);
      if (++seen === 2 * COUNT) return next;
    }
    return next;
  })();
  const rings = ringsOf(device, [1, 2], 64);
  let number = 0;
  for (; number < COUNT; number += 50) {
    for (const ring of rings) {
      for (let at = 0; at < 50; at++) {
        const frame = ring.frame((ring.next + at) & ring.mask);
        new DataView(frame.buffer, frame.byteOffset).setUint32(0, number + at, true);
      }
      ring.submit(50);
    }
    await Promise.all(rings.map((ring) => ring.done()));
  }
  assert.deepEqual(await read, [0, COUNT, COUNT]);
});

test("the same seed gives each CPU the same random numbers, in every run", async () => {
  const numbers = async (): Promise<number[]> => {
    await using engine = open(3, { unsafe: true, seed: 42 });
    const device = engine.addDevice("net0");
    const { programs } = await engine.load(specOf({}, { main: "call 7\nexit" }));
    await programs["main"]!.attach({ interface: "net0" });
    const rings = ringsOf(device, [0, 1, 2], 4);
    for (const ring of rings) ring.submit(4);
    await Promise.all(rings.map((ring) => ring.done()));
    return rings.flatMap((ring) => [...ring.verdicts]);
  };
  const first = await numbers();
  assert.equal(new Set(first).size, 12, "each CPU has its own");
  assert.deepEqual(await numbers(), first);
});

test("all CPUs have one clock", async () => {
  await using engine = open(2);
  const device = engine.addDevice("net0");
  const { programs } = await engine.load(specOf({}, { main: "call 5\nr0 >>= 10\nexit" }));
  await programs["main"]!.attach({ interface: "net0" });
  const [here, there] = ringsOf(device, [0, 1], 1);
  here!.submit();
  there!.submit();
  await there!.done();
  const before = here!.verdicts[0]!;
  const between = there!.verdicts[0]!;
  here!.submit();
  assert.ok(before <= between && between <= here!.verdicts[0]!, `${before} ≤ ${between} ≤ ${here!.verdicts[0]}`);
});

test("a program without an end costs its CPU, and an error says so; the others go on", async () => {
  await using engine = openEmbedded({ memory: 8 << 20, cpus: 3, threads: nodeThreads({ patience: 100 }), verify: () => null });
  const device = engine.addDevice("net0");
  // On CPU 1 it goes round for ever: a bare program has no fuel.
  const program = `
    call 8
    if r0 != 1 goto +2
    r1 += 1
    goto -2
    exit`;
  const { programs } = await engine.load(specOf({}, { spin: program }));
  const link = await programs["spin"]!.attach({ interface: "net0" });
  const [stuck, fine] = ringsOf(device, [1, 2], 4);
  stuck!.submit(2);
  fine!.submit(2);
  const error = {
    name: "CpuError",
    cpu: 1,
    reason: "stuck",
    message: /cpu 1: program spin did not end within 100 ms, so its thread was ended/,
  };
  await assert.rejects(stuck!.done(), error);
  await fine!.done();
  assert.throws(() => stuck!.submit(), error);
  fine!.submit(2);
  await link.detach();
  await fine!.done();
  assert.deepEqual([...fine!.verdicts], [2, 2, 2, 2]);
});

test("detaching waits for nobody who is stuck for longer than patience", async () => {
  await using engine = openEmbedded({ memory: 8 << 20, cpus: 2, threads: nodeThreads({ patience: 100 }), verify: () => null });
  const device = engine.addDevice("net0");
  const collection = await engine.load(specOf(COUNTERS, { spin: "r1 += 1\ngoto -2\nexit" }));
  const link = await collection.programs["spin"]!.attach({ interface: "net0" });
  const [ring] = ringsOf(device, [1], 4);
  ring!.submit();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await link.detach();
  await collection[Symbol.asyncDispose]();
  await assert.rejects(ring!.done(), { name: "CpuError", reason: "stuck" });
  const before = engine.memory.used;
  await ring!.close();
  assert.ok(engine.memory.used < before, "a thread that has ended holds nothing");
});

test("whatever its CPUs do, a process with nothing else to do ends, and so it does by Ctrl-C", async () => {
  const source = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { openEmbedded } from ${source("../engine/embedded/engine.ts")};
    import { nodeThreads } from ${source("./node.ts")};
    import { specOf } from ${source("../../test/contract/specs.ts")};
    const engine = openEmbedded({ cpus: 3, threads: nodeThreads(), verify: () => null });
    const device = engine.addDevice("net0");
    const { programs } = await engine.load(specOf({}, { spin: "r1 += 1\\ngoto -2\\nexit" }));
    await programs.spin.attach({ interface: "net0" });
    for (const cpu of [1, 2]) {
      const ring = device.openRing({ cpu });
      ring.lengths[0] = 60;
      ring.submit(1);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    console.log("working");
    if (process.argv[1] === "stay") setInterval(() => {}, 1000);`;
  for (const [what, expected] of [
    ["end", { code: 0, signal: null }],
    ["stay", { code: null, signal: "SIGINT" }],
  ] as const) {
    const child = spawn(process.execPath, ["--no-warnings", "--input-type=module", "-e", script, what]);
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    const start = performance.now();
    if (what === "stay") child.kill("SIGINT");
    const [code, signal] = await ended;
    assert.deepEqual({ code, signal }, expected);
    assert.ok(performance.now() - start < 5_000);
  }
});

/** Threads of this process. */
const threads = (): number => readdirSync("/proc/self/task").length;

test("disposed in the middle of traffic, nothing is left: no thread, nobody who waits for ever", async () => {
  const before = threads();
  const engine = open(4);
  const device = engine.addDevice("net0");
  const { programs } = await engine.load(specOf(COUNTERS, { main: COUNT }));
  await programs["main"]!.attach({ interface: "net0" });
  const rings = ringsOf(device, [1, 2, 3], 1024);
  assert.ok(threads() >= before + 3);
  for (const ring of rings) ring.submit(1024);
  const ends = rings.map((ring) =>
    ring.done().then(
      () => null,
      (error: unknown) => error,
    ),
  );
  const start = performance.now();
  await engine[Symbol.asyncDispose]();
  assert.ok(performance.now() - start < 2_000);
  for (const error of await Promise.all(ends)) assert.ok(error === null || (error as Error).name === "CpuError", String(error));
  assert.throws(() => rings[0]!.submit(0), { name: "CpuError", reason: "closed" });
  assert.equal(threads(), before);
});

test("opened and closed again and again, no thread and no memory is left", async () => {
  const cycle = async (): Promise<void> => {
    await using engine = openEmbedded({ memory: 1 << 20, cpus: 2, threads: nodeThreads(), unsafe: true });
    engine.addDevice("net0").openRing({ cpu: 1, frames: 4 });
  };
  for (let round = 0; round < 30; round++) await cycle();
  const before = { threads: threads(), rss: process.memoryUsage.rss() };
  for (let round = 0; round < 100; round++) await cycle();
  assert.equal(threads(), before.threads);
  const grown = (process.memoryUsage.rss() - before.rss) / (1 << 20);
  assert.ok(grown < 60, `grew by ${grown.toFixed(0)} MiB in 100 rounds`);
});

test("a ring that is closed leaves its CPU, and gives its memory back", async () => {
  await using engine = open(2);
  const device = engine.addDevice("net0");
  const before = engine.memory.used;
  const [ring] = ringsOf(device, [1]);
  ring!.submit(64);
  await ring!.close();
  assert.equal(engine.memory.used, before);
});

test("one CPU with threads is this thread alone; what makes no sense is refused", async () => {
  await using engine = open(1);
  const [ring] = ringsOf(engine.addDevice("net0"), [0], 1);
  ring!.submit();
  assert.equal(ring!.verdicts[0], 2);
  assert.throws(() => engine.addDevice("net1").openRing({ cpu: 1 }), {
    name: "RangeError",
    message: /cpu: expected 0 to 0, found 1/,
  });
  assert.throws(() => nodeThreads({ patience: 0 }), { name: "RangeError", message: /patience/ });
  const clock = { read: () => {} };
  assert.throws(() => openEmbedded({ clock, cpus: 2, threads: nodeThreads() }), { name: "RangeError", message: /clock/ });
});

test("a CPU that is a thread takes no redirected packets, and a cpumap says so", async () => {
  await using engine = open(2);
  const shape: MapShape = { type: "cpumap", maxEntries: 2, key: "u32", value: "u32" };
  const { maps } = await engine.load(specOf({ cpus: shape }, {}));
  maps["cpus"]!.set(0, 64);
  assert.throws(() => maps["cpus"]!.set(1, 64), { name: "MapError", message: /CPU 1 is a thread/ });
});

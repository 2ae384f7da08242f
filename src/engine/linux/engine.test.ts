import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ProgramSpec, Spec } from "../../object/spec.ts";
import { LinuxEngine } from "./engine.ts";
import { FakeKernel, fakeFacts } from "./fixtures/fake-kernel.ts";
import { shape } from "./fixtures/maps.ts";
import { ERRNO } from "./sys/system-error.ts";

const map = (name: string) => shape({ name });
/** `r1 = map ll; r0 = 2; exit` */
const program = (name: string, uses: string): ProgramSpec => ({
  name,
  section: "xdp",
  type: "xdp",
  attachType: "xdp",
  code: new Uint8Array([0x18, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb7, 0, 0, 0, 2, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]),
  relocations: [{ slot: 0, kind: "map", map: uses, offset: 0 }],
  functions: [],
  lines: [],
});
const SPEC: Spec = {
  name: "house",
  license: "GPL",
  types: null,
  maps: [map("one"), map("two")],
  programs: [program("first", "one"), program("second", "two")],
};

describe("an engine", () => {
  test("makes the maps, then the programs that refer to them", async () => {
    const kernel = new FakeKernel();
    await using engine = new LinuxEngine(kernel, fakeFacts());
    assert.equal(engine.kind, "linux");
    assert.equal(engine.cpus, 4);
    await using collection = await engine.load(SPEC);
    assert.deepEqual(
      kernel.calls.map((call) => call.command),
      ["map_create", "map_create", "prog_load", "prog_load"],
    );
    const [first, second] = kernel.callsOf("prog_load").map((call) => call.memory("insns")!);
    assert.deepEqual([first![4], second![4]], [100, 101], "each with the descriptor of its own map");
    assert.deepEqual(Object.keys(collection.maps), ["one", "two"]);
    assert.deepEqual(Object.keys(collection.programs), ["first", "second"]);
    assert.deepEqual(engine.descriptors, ["100: map one", "101: map two", "102: program first", "103: program second"]);
  });

  test("objects that are for another machine, or one half of a program, are refused before the kernel hears of them", async () => {
    const kernel = new FakeKernel();
    await using engine = new LinuxEngine(kernel, fakeFacts());
    await assert.rejects(engine.load({ ...SPEC, byteOrder: "big" }), {
      name: "FeatureError",
      message: /house was compiled for a big-endian machine/,
    });
    const half: Spec = { ...SPEC, externs: [{ kind: "unlinked", name: "shared", weak: false, type: 0 }] };
    await assert.rejects(engine.load(half), {
      name: "FeatureError",
      message: /house: shared is defined in another object; link them first/,
    });
    assert.deepEqual(kernel.calls, []);
    // Who names programs that do not use it does not need it.
    await using collection = await engine.load(half, { programs: ["first"] });
    assert.deepEqual(Object.keys(collection.programs), ["first"]);
  });

  test("disposed while it reads what it needs to load, it makes nothing", async () => {
    const kernel = new FakeKernel();
    const engine = new LinuxEngine(kernel, fakeFacts({}, "5.4.0"));
    const loading = engine.load(SPEC);
    await engine[Symbol.asyncDispose]();
    await assert.rejects(loading, { name: "FeatureError", message: "house: the engine was disposed" });
    assert.equal(kernel.descriptors.size, 0);
  });

  test("a Spec as a whole needs what its programs on request use of the kernel", async () => {
    const [first, second] = SPEC.programs;
    const onRequest: ProgramSpec = { ...second!, autoload: false, externs: [{ slot: 0, kind: "address", name: "jiffies" }] };
    const spec: Spec = {
      ...SPEC,
      programs: [first!, onRequest],
      externs: [{ kind: "ksym", name: "jiffies", weak: false, type: 0 }],
    };
    await using engine = new LinuxEngine(new FakeKernel(), fakeFacts());
    await assert.rejects(engine.load(spec), {
      name: "FeatureError",
      message: /program second: this kernel has no symbol jiffies/,
    });
    await using collection = await engine.load(spec, { programs: ["first"] });
    assert.deepEqual(Object.keys(collection.programs), ["first"]);
  });

  test("loads all or nothing: what was made before a failure is closed again", async () => {
    const kernel = new FakeKernel();
    await using engine = new LinuxEngine(kernel, fakeFacts());
    let loads = 0;
    kernel.on("prog_load", () => (loads++ === 0 ? 0 : -ERRNO.E2BIG));
    await assert.rejects(engine.load(SPEC), { name: "FeatureError" });
    assert.deepEqual(engine.descriptors, []);
    assert.equal(kernel.descriptors.size, 0);
  });

  test("loads only the programs asked for, with other sizes", async () => {
    const kernel = new FakeKernel();
    await using engine = new LinuxEngine(kernel, fakeFacts());
    const collection = await engine.load(SPEC, { programs: ["second"], maxEntries: { two: 1000 } });
    assert.deepEqual(Object.keys(collection.programs), ["second"]);
    assert.deepEqual(
      kernel.callsOf("map_create").map((call) => call.u32("max_entries")),
      [8, 1000],
    );
    await assert.rejects(engine.load(SPEC, { programs: ["third"] }), {
      name: "RangeError",
      message: "house has no program third; it has first, second",
    });
    await assert.rejects(engine.load(SPEC, { maxEntries: { three: 1 } }), {
      name: "MapError",
      code: "not-found",
      message: "house has no map three; it has one, two",
    });
    await assert.rejects(engine.load(SPEC, { maxEntries: { one: 0 } }), { name: "MapError", code: "invalid" });
    await assert.rejects(engine.load(SPEC, { maxEntries: { one: 1.5 } }), { name: "MapError", code: "invalid" });
  });

  test("disposing a collection detaches its links and closes its programs and maps", async () => {
    const kernel = new FakeKernel();
    await using engine = new LinuxEngine(kernel, fakeFacts());
    const collection = await engine.load(SPEC);
    await collection.programs["first"]!.attach({ interface: "eth0" });
    assert.equal(engine.descriptors.at(-1), "104: link of first to eth0");
    await collection[Symbol.asyncDispose]();
    assert.equal(kernel.descriptors.size, 0);
    assert.throws(() => collection.maps["one"]!.get(new Uint8Array(4)), { name: "MapError", code: "closed" });
    assert.throws(() => collection.programs["first"]!.run({ packet: new Uint8Array(64) }), {
      message: /closed with its collection/,
    });
    await assert.rejects(collection.programs["first"]!.attach({ interface: "eth0" }), { message: /closed with its collection/ });
  });

  test("disposing the engine closes everything that it made; it loads no more", async () => {
    const kernel = new FakeKernel();
    const engine = new LinuxEngine(kernel, fakeFacts());
    const collection = await engine.load(SPEC);
    await collection.programs["first"]!.attach({ interface: "eth0" });
    await engine[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
    assert.equal(kernel.descriptors.size, 0);
    await assert.rejects(engine.load(SPEC), { message: /engine was disposed/ });
  });
});

describe("running a program on a packet", () => {
  /** Runs as the kernel does: `step` changes the packet in place, again and again on the same one. */
  function running(step: (packet: Uint8Array) => number): FakeKernel {
    return new FakeKernel().on("prog_test_run", (call) => {
      const packet = call.memory("data_in")!.slice(0, call.u32("data_size_in"));
      let verdict = 0;
      for (let i = 0; i < call.u32("repeat"); i++) verdict = step(packet);
      call.memory("data_out")!.set(packet);
      call.answer("data_size_out", packet.length);
      call.answer("retval", verdict);
      call.answer("duration", 40);
      return 0;
    });
  }

  async function run(kernel: FakeKernel, packet: Uint8Array, repeat?: number) {
    await using engine = new LinuxEngine(kernel, fakeFacts());
    const collection = await engine.load(SPEC);
    return collection.programs["first"]!.run(repeat === undefined ? { packet } : { packet, repeat });
  }

  test("verdict, packet and time", async () => {
    const result = await run(
      running((packet) => packet[0]!++ + 2),
      new Uint8Array(60),
    );
    assert.equal(result.verdict, 2);
    assert.equal(result.packet.length, 60);
    assert.equal(result.packet[0], 1);
    assert.equal(result.duration, 40);
  });

  test("repeats in the kernel when the program leaves the packet alone", async () => {
    let runs = 0;
    const kernel = running(() => runs++);
    await run(kernel, new Uint8Array(60), 1000);
    assert.equal(runs, 1000);
    assert.equal(kernel.callsOf("prog_test_run").length, 2);
  });

  test("and one by one, each on a fresh copy, when it writes to the packet", async () => {
    const kernel = running((packet) => packet[0]!++);
    const { verdict, packet } = await run(kernel, new Uint8Array(60), 5);
    assert.equal(kernel.callsOf("prog_test_run").length, 5);
    assert.equal(verdict, 0, "every run saw a zero");
    assert.equal(packet[0], 1);
  });

  test("a packet must have an Ethernet header and fit a page", async () => {
    const kernel = running(() => 2);
    await assert.rejects(run(kernel, new Uint8Array(13)), {
      name: "RangeError",
      message: /at least an Ethernet header of 14 bytes, found 13/,
    });
    await assert.rejects(run(kernel, new Uint8Array(3521)), { name: "RangeError", message: /at most 3520 bytes, found 3521/ });
    assert.equal((await run(kernel, new Uint8Array(3520))).packet.length, 3520);
    await assert.rejects(run(kernel, new Uint8Array(60), 0), { name: "RangeError", message: /repeat/ });
  });

  test("a signal interrupts a run: it is run again", async () => {
    const kernel = new FakeKernel().failing("prog_test_run", "EINTR", "EINTR");
    assert.equal((await run(kernel, new Uint8Array(60))).packet.length, 60 + 4096);
    assert.equal(kernel.callsOf("prog_test_run").length, 3);
  });

  for (const [errno, name] of [
    ["EINVAL", "RangeError"],
    ["ENOTSUPP", "FeatureError"],
    ["EPERM", "SystemError"],
  ] as const) {
    test(`${errno}: ${name}`, async () => {
      await assert.rejects(
        run(
          new FakeKernel().on("prog_test_run", () => -ERRNO[errno]),
          new Uint8Array(60),
        ),
        { name },
      );
    });
  }
});

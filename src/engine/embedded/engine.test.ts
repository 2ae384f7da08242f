/** The embedded engine: opening, loading, packets through devices, helpers, faults, the end. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assemble } from "../../isa/assemble.ts";
import { encode } from "../../isa/encode.ts";
import { slots } from "../../isa/instruction.ts";
import type { MapSpec, ProgramSpec, Relocation, Spec } from "../../object/spec.ts";
import { HELPER, type HelperName } from "../../uapi/helpers.ts";
import type { Collection, Program } from "../engine.ts";
import { virtualClock } from "./clock.ts";
import { type EmbeddedOptions, openEmbedded } from "./engine.ts";

// ── Specs in assembler text: `r1 = map NAME`, `r1 = value NAME OFFSET`, `call HELPER` ───────────────────────────────

function programOf(name: string, text: string, more: Partial<ProgramSpec> = {}): ProgramSpec {
  const references: Omit<Relocation, "slot">[] = [];
  const plain = text
    .replace(/(r\d) = map (\w+)/g, (_, register: string, map: string) => {
      references.push({ kind: "map", map, offset: 0 });
      return `${register} = map[fd:0]`;
    })
    .replace(/(r\d) = value (\w+) (\d+)/g, (_, register: string, map: string, offset: string) => {
      references.push({ kind: "map-value", map, offset: Number(offset) });
      return `${register} = map[fd:0][0]+0`;
    })
    .replace(/call (bpf_\w+)/g, (_, helper: string) => `call ${HELPER[helper as HelperName]}`);
  const instructions = assemble(plain);
  const relocations: Relocation[] = [];
  let slot = 0;
  for (const instruction of instructions) {
    if (slots(instruction) === 2 && instruction.src !== 0) relocations.push({ ...references.shift()!, slot });
    slot += slots(instruction);
  }
  return {
    name,
    section: "xdp",
    type: "xdp",
    attachType: "xdp",
    code: encode(instructions),
    relocations,
    functions: [{ slot: 0, name, type: 0 }],
    lines: [],
    ...more,
  };
}

const mapOf = (name: string, more: Partial<MapSpec> = {}): MapSpec => ({
  name,
  type: "array",
  keySize: 4,
  valueSize: 8,
  maxEntries: 1,
  flags: 0,
  keyType: 0,
  valueType: 0,
  ...more,
});

const specOf = (programs: readonly ProgramSpec[], maps: readonly MapSpec[] = []): Spec => ({
  name: "test",
  license: "GPL",
  types: null,
  maps,
  programs,
});

/** Loads one program; its engine is disposed with the test's process. */
async function load(text: string, maps: readonly MapSpec[] = [], options: EmbeddedOptions = {}) {
  const engine = openEmbedded({ unsafe: true, execution: "interpreter", memory: 4 << 20, ...options });
  const collection = await engine.load(specOf([programOf("main", text)], maps));
  return { engine, collection, main: programIn(collection, "main") };
}

function programIn(collection: Collection, name: string): Program {
  const program = collection.programs[name];
  assert.ok(program);
  return program;
}

const packet = Uint8Array.from({ length: 60 }, (_, at) => at);

// ── tests ───────────────────────────────────────────────────────────────────────────────────────────────────────────

describe("packet devices", () => {
  test("a device lets everything pass until a program is attached, and again after", async () => {
    const { engine, main } = await load("r0 = 1\nexit");
    const eth0 = engine.addDevice("eth0");
    assert.equal(eth0.receive(packet), 2);
    assert.deepEqual(eth0.packet, packet);
    const link = await main.attach({ interface: "eth0" });
    assert.equal(link.description, "xdp on eth0 (embedded)");
    assert.equal(eth0.attached, "xdp program main");
    assert.equal(eth0.receive(packet), 1);
    await link.detach();
    await link.detach();
    assert.equal(eth0.receive(packet), 2);
    assert.equal(eth0.attached, null);
  });

  test("an unknown device is named, with those that there are", async () => {
    const { engine, main } = await load("r0 = 1\nexit");
    await assert.rejects(main.attach({ interface: "eth0" }), { name: "AttachError", message: /eth0: the engine has none/ });
    engine.addDevice("left");
    engine.addDevice("right");
    await assert.rejects(main.attach({ interface: "eth0" }), { name: "AttachError", message: /eth0: there are left, right/ });
    assert.throws(() => engine.addDevice("left"), { name: "AttachError" });
  });

  test("one program to a device", async () => {
    const { engine, main } = await load("r0 = 1\nexit");
    engine.addDevice("eth0");
    await main.attach({ interface: "eth0" });
    await assert.rejects(main.attach({ interface: "eth0" }), { name: "AttachError", message: /xdp program main is attached/ });
  });

  test("the context says where the packet is and where it came in", async () => {
    const { engine, main } = await load("r0 = *(u32 *)(r1 + 12)\nr2 = *(u32 *)(r1 + 16)\nr0 <<= 8\nr0 |= r2\nexit");
    engine.addDevice("first");
    const second = engine.addDevice("second");
    await main.attach({ interface: "second" });
    assert.equal(second.receive(packet, { queue: 7 }), (2 << 8) | 7);
  });

  test("a packet's time is the program's time, when the clock is virtual", async () => {
    const { engine, main } = await load("call bpf_ktime_get_ns\nr0 /= 1000000\nexit", [], { clock: virtualClock() });
    const eth0 = engine.addDevice("eth0");
    await main.attach({ interface: "eth0" });
    assert.equal(eth0.receive(packet, { seconds: 3, nanoseconds: 500_000_000 }), 3500);
    assert.equal(eth0.receive(packet), 3500);
  });

  test("packets that are none are refused", async () => {
    const { engine, main } = await load("r0 = 1\nexit");
    const eth0 = engine.addDevice("eth0");
    await main.attach({ interface: "eth0" });
    assert.throws(() => eth0.receive(new Uint8Array(13)), { name: "RangeError", message: /14 to 65535 bytes, found 13/ });
    assert.throws(() => eth0.receive(new Uint8Array(65_536)), { name: "RangeError" });
    assert.equal(eth0.receive(new Uint8Array(65_535)), 1);
    assert.throws(() => eth0.receive(packet, { cpu: 1 }), { name: "RangeError", message: /cpu: expected 0 to 0, found 1/ });
  });

  test("a fault reaches whoever pushed the packet, and the next packet is fine", async () => {
    const { engine, main } = await load("r2 = *(u32 *)(r1 + 0)\nr0 = *(u8 *)(r2 + 40)\nexit");
    const eth0 = engine.addDevice("eth0");
    await main.attach({ interface: "eth0" });
    assert.throws(() => eth0.receive(packet.subarray(0, 20)), {
      name: "FaultError",
      program: "main",
      slot: 1,
      message: /main, slot 1, r0 = \*\(u8 \*\)\(r2 \+\s?40\): reads 1 byte at packet\+40: the packet has 20/,
    });
    assert.equal(eth0.receive(packet), 40);
  });
});

describe("helpers", () => {
  const adjust = (helper: string, delta: number, then = "exit") =>
    `r6 = r1\nr2 = ${delta}\ncall ${helper}\nr0 = -r0\nif r0 != 0 goto done\n${then}\ndone:\nexit`;
  const ends = "r2 = *(u32 *)(r6 + 0)\nr3 = *(u32 *)(r6 + 4)\nr0 = r3\nr0 -= r2";

  test("xdp_adjust_head moves the start of the packet", async () => {
    const { main } = await load(adjust("bpf_xdp_adjust_head", 14, ends));
    const result = main.run({ packet });
    assert.equal(result.verdict, 46);
    assert.deepEqual(result.packet, packet.subarray(14));
    for (const [delta, verdict] of [
      [-216, 276],
      [-217, 22],
      [46, 14],
      [47, 22],
    ] as const) {
      assert.equal((await load(adjust("bpf_xdp_adjust_head", delta, ends))).main.run({ packet }).verdict, verdict, `${delta}`);
    }
  });

  test("xdp_adjust_tail moves the end, and what is added is zero", async () => {
    const { main } = await load(adjust("bpf_xdp_adjust_tail", 4, ends));
    main.run({ packet: new Uint8Array(200).fill(0xff) });
    const result = main.run({ packet });
    assert.equal(result.verdict, 64);
    assert.deepEqual(result.packet, Uint8Array.of(...packet, 0, 0, 0, 0));
    assert.equal((await load(adjust("bpf_xdp_adjust_tail", -47, ends))).main.run({ packet }).verdict, 22);
    assert.equal((await load(adjust("bpf_xdp_adjust_tail", 100_000, ends))).main.run({ packet }).verdict, 22);
  });

  test("xdp_adjust_meta makes room before the packet, in multiples of 4", async () => {
    const write = "r2 = *(u32 *)(r6 + 8)\nr3 = 5\n*(u32 *)(r2 + 0) = r3\nr0 = *(u32 *)(r6 + 0)\nr0 -= r2";
    const { main } = await load(adjust("bpf_xdp_adjust_meta", -8, write));
    assert.equal(main.run({ packet }).verdict, 8);
    assert.equal((await load(adjust("bpf_xdp_adjust_meta", -6))).main.run({ packet }).verdict, 13);
    assert.equal((await load(adjust("bpf_xdp_adjust_meta", 4))).main.run({ packet }).verdict, 22);
  });

  test("xdp_load_bytes, xdp_store_bytes and xdp_get_buff_len", async () => {
    const copy = (offset: number, size: number) => `
      r6 = r1
      r2 = ${offset}
      r3 = r10
      r3 += -16
      r4 = ${size}
      call bpf_xdp_load_bytes
      r7 = r0
      if r7 != 0 goto done
      r1 = r6
      r2 = 0
      r3 = r10
      r3 += -16
      r4 = ${size}
      call bpf_xdp_store_bytes
      r1 = r6
      call bpf_xdp_get_buff_len
      r7 = r0
    done:
      r0 = r7
      exit`;
    const result = (await load(copy(50, 8))).main.run({ packet });
    assert.equal(result.verdict, 60);
    assert.deepEqual(result.packet.subarray(0, 9), Uint8Array.of(50, 51, 52, 53, 54, 55, 56, 57, 8));
    assert.equal((await load(copy(56, 8))).main.run({ packet }).verdict, -22 >>> 0);
    assert.equal((await load(copy(0x1_0000, 8))).main.run({ packet }).verdict, -14 >>> 0);
  });

  test("csum_diff: the sum of what comes minus the sum of what goes", async () => {
    const { main } = await load(`
      r1 = 0
      r2 = 0
      r3 = 0x0a0b0c0d
      *(u32 *)(r10 - 8) = r3
      r3 = r10
      r3 += -8
      r4 = 4
      r5 = 0
      call bpf_csum_diff
      exit`);
    assert.equal(main.run({ packet }).verdict, 0x0a0b + 0x0c0d);
  });

  test("trace_printk formats as the kernel does, for the host", async () => {
    const printed: string[] = [];
    const bytes = new TextEncoder().encode("n=%d x=%llx %s\0");
    const { main } = await load(
      `r1 = value format 0\nr2 = ${bytes.length}\nr3 = -5\nr4 = 0x1122334455 ll\nr5 = value name 0\ncall bpf_trace_printk\nexit`,
      [
        mapOf("format", { valueSize: 16, contents: { kind: "bytes", bytes }, flags: 0x80 }),
        mapOf("name", { contents: { kind: "bytes", bytes: new TextEncoder().encode("skep") } }),
      ],
      { onPrint: (text, cpu) => printed.push(`${cpu}: ${text}`) },
    );
    assert.equal(main.run({ packet }).verdict, "n=-5 x=1122334455 skep".length);
    assert.deepEqual(printed, ["0: n=-5 x=1122334455 skep"]);
  });

  test("trace_printk makes no more text than the kernel: 1,023 characters, and says how long all would be", async () => {
    const format = new TextEncoder().encode("%1000000000d|%-1000000000d|\0");
    const printed: string[] = [];
    const { main } = await load(
      `r1 = value format 0\nr2 = ${format.length}\nr3 = 1\nr4 = 2\ncall bpf_trace_printk\nexit`,
      [mapOf("format", { valueSize: 32, contents: { kind: "bytes", bytes: format } })],
      { onPrint: (text) => printed.push(text) },
    );
    assert.equal(main.run({ packet }).verdict, 2_000_000_002);
    assert.deepEqual(printed, [" ".repeat(1023)]);
  });

  test("what helpers do is paid for: memory that they work through counts as instructions", async () => {
    const loop = `
      r6 = r1
      r8 = 1000000000
    top:
      r1 = r6
      r2 = 0
      r3 = value buffer 0
      r4 = 60000
      call bpf_xdp_load_bytes
      r8 -= 1
      if r8 != 0 goto top
      r0 = 0
      exit`;
    const { main } = await load(loop, [mapOf("buffer", { valueSize: 60_000 })], { fuel: 1_000_000 });
    assert.throws(() => main.run({ packet: new Uint8Array(65_535) }), {
      name: "FaultError",
      message: /stopped after 1000000 instructions, of which helpers' work is worth 99/,
    });
  });

  test("random numbers repeat with the seed", async () => {
    const draw = async (seed: number) => {
      const { main } = await load("call bpf_get_prandom_u32\nexit", [], { seed });
      return [1, 2, 3].map(() => main.run({ packet }).verdict);
    };
    assert.deepEqual(await draw(1), await draw(1));
    assert.notDeepEqual(await draw(1), await draw(2));
  });

  test("per-CPU values: each CPU has its own, and can be asked for", async () => {
    const engine = openEmbedded({ unsafe: true, cpus: 3, memory: 4 << 20 });
    const text = `
      r2 = 0
      *(u32 *)(r10 - 4) = r2
      r1 = map counts
      r2 = r10
      r2 += -4
      call bpf_map_lookup_elem
      if r0 == 0 goto none
      r1 = 1
      lock *(u64 *)(r0 + 0) += r1
      call bpf_get_smp_processor_id
      exit
    none:
      r0 = 99
      exit`;
    await using collection = await engine.load(specOf([programOf("main", text)], [mapOf("counts", { type: "percpu_array" })]));
    const eth0 = engine.addDevice("eth0");
    await using _link = await programIn(collection, "main").attach({ interface: "eth0" });
    for (const cpu of [0, 1, 1, 2, 1]) assert.equal(eth0.receive(packet, { cpu }), cpu);
    const values = collection.maps["counts"]?.get(0);
    assert.deepEqual(
      values,
      [1, 3, 1].map((count) => Uint8Array.of(count, 0, 0, 0, 0, 0, 0, 0)),
    );
  });

  for (const [what, text, message] of [
    [
      "a map that is none",
      "r1 = 5\nr2 = r10\nr2 += -4\ncall bpf_map_lookup_elem\nexit",
      /argument 1 of bpf_map_lookup_elem \(map\): expected a map/,
    ],
    [
      "a key that lies outside",
      "r1 = map m\nr2 = r10\nr2 += -2\ncall bpf_map_lookup_elem\nexit",
      /argument 2 of .* \(key\): reads 4 bytes at r10-2/,
    ],
    ["a null context", "r1 = 0\nr2 = 0\ncall bpf_xdp_adjust_head\nexit", /argument 1 .*expected the program's context/],
    ["a size beyond reason", "r2 = 0\nr3 = r10\nr4 = -1\ncall bpf_xdp_load_bytes\nexit", /argument [34] of bpf_xdp_load_bytes/],
  ] as const) {
    test(`an argument is checked: ${what}`, async () => {
      const { main } = await load(text, [mapOf("m")]);
      assert.throws(() => main.run({ packet }), { name: "FaultError", message });
    });
  }
});

describe("what a program may touch", () => {
  for (const [what, text, message] of [
    ["its context, but not write it", "*(u32 *)(r1 + 0) = r1\nexit", /writes 4 bytes at context\+0: programs may only read it/],
    ["its context, but not beyond", "r0 = *(u32 *)(r1 + 24)\nexit", /reads 4 bytes at context\+24/],
    ["a value, but not beyond its end", "r1 = value m 0\nr0 = *(u64 *)(r1 + 6)\nexit", /a value of m\+6: the value has 9 bytes/],
    [
      "a value, but not the padding behind it",
      "r1 = value m 0\nr0 = *(u8 *)(r1 + 9)\nexit",
      /a value of m\+9: the value has 9 bytes/,
    ],
    ["a read-only map", "r1 = value ro 0\n*(u8 *)(r1 + 0) = r1\nexit", /a value of ro\+0: programs may only read this map/],
    ["not the map itself", "r1 = map m\nr0 = *(u32 *)(r1 + 0)\nexit", /that is a map, which has no bytes to read/],
    ["not another program's maps", "r1 = 0x40000 ll\nr0 = *(u32 *)(r1 + 0)\nexit", /0x40000/],
  ] as const) {
    test(what, async () => {
      const { main } = await load(text, [mapOf("m", { valueSize: 9 }), mapOf("ro", { flags: 0x80 })]);
      assert.throws(() => main.run({ packet }), { name: "FaultError", message });
    });
  }

  test("a program that never ends is stopped", async () => {
    const { main } = await load("top:\ngoto top\nexit", [], { fuel: 10_000 });
    assert.throws(() => main.run({ packet }), { name: "FaultError", message: /stopped after 10000 instructions/ });
  });

  test("a fault names the source line", async () => {
    const lines = [{ slot: 0, file: "firewall.bpf.ts", line: 12, column: 3, text: "" }];
    const collection = await openEmbedded({ unsafe: true, memory: 4 << 20 }).load(
      specOf([programOf("main", "r1 = 0\nr0 = *(u8 *)(r1 + 0)\nexit", { lines })]),
    );
    assert.throws(() => programIn(collection, "main").run({ packet }), { message: /main, slot 1 \(firewall\.bpf\.ts:12\)/ });
  });
});

describe("loading is all or nothing", () => {
  for (const [what, program, maps, expected] of [
    [
      "a helper that is not offered, by name",
      programOf("main", "call bpf_get_current_pid_tgid\nexit"),
      [],
      {
        name: "FeatureError",
        feature: "bpf_get_current_pid_tgid",
        message: /bpf_get_current_pid_tgid is not offered by the embedded engine/,
      },
    ],
    [
      "a helper that does not exist",
      programOf("main", "call 9999\nexit"),
      [],
      { name: "VerifierError", message: /helper 9999, which does not exist/ },
    ],
    [
      "a program type that it does not run",
      programOf("main", "exit", { type: "lirc_mode2" }),
      [],
      { name: "FeatureError", feature: "BPF_PROG_TYPE_LIRC_MODE2" },
    ],
    ["code that is none", programOf("main", "exit", { code: Uint8Array.of(1, 2, 3) }), [], { name: "VerifierError" }],
    [
      "a map value beyond its end",
      programOf("main", "r1 = value m 8\nexit"),
      [mapOf("m")],
      { name: "VerifierError", message: /byte 8 of m/ },
    ],
    ["a legacy packet load", programOf("main", "r0 = *(u8 *)skb[0]\nexit"), [], { name: "FeatureError" }],
    [
      "a kernel function",
      programOf("main", "exit", { externs: [{ slot: 0, kind: "call", name: "bpf_cpumask_create" }] }),
      [],
      { name: "FeatureError", feature: "bpf_cpumask_create" },
    ],
    [
      "a map that does not fit",
      programOf("main", "r0 = 0\nexit"),
      [mapOf("m"), mapOf("large", { maxEntries: 1_000_000 })],
      { name: "MapError", code: "memory", map: "large" },
    ],
  ] as const) {
    test(what, async () => {
      const engine = openEmbedded({ unsafe: true, memory: 1 << 20 });
      const { used } = engine.memory;
      await assert.rejects(engine.load(specOf([program], [mapOf("spare"), ...maps])), expected);
      assert.equal(engine.memory.used, used, "nothing is left behind");
    });
  }
});

describe("lifetimes", () => {
  test("disposing an engine disposes collections, detaches links, gives the memory back", async () => {
    const { engine, collection, main } = await load("r0 = 1\nexit", [mapOf("m")]);
    const eth0 = engine.addDevice("eth0");
    await main.attach({ interface: "eth0" });
    await engine[Symbol.asyncDispose]();
    assert.equal(eth0.receive(packet), 2);
    assert.throws(() => collection.maps["m"]?.get(new Uint8Array(4)), { name: "MapError", code: "closed" });
    assert.throws(() => main.run({ packet }), { name: "MapError", code: "closed" });
    await assert.rejects(main.attach({ interface: "eth0" }), { name: "MapError", code: "closed" });
    await assert.rejects(engine.load(specOf([])), { name: "MapError", code: "closed" });
  });

  test("maps hold from the start what the Spec says, and frozen ones stay so", async () => {
    const contents = { kind: "bytes", bytes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) } as const;
    const { collection, main } = await load("r1 = value m 4\nr0 = *(u32 *)(r1 + 0)\nexit", [
      mapOf("m", { contents, frozen: true }),
    ]);
    assert.equal(main.run({ packet }).verdict, 0x0807_0605);
    assert.throws(() => collection.maps["m"]?.set(new Uint8Array(4), new Uint8Array(8)), {
      name: "MapError",
      code: "unsupported",
    });
  });

  test("contents that a map cannot hold are refused, and two of one name", async () => {
    const contents = { kind: "bytes", bytes: new Uint8Array(64) } as const;
    const hash = load("r0 = 2\nexit", [mapOf("m", { type: "hash", contents })]);
    await assert.rejects(hash, { name: "MapError", code: "unsupported", message: /cannot fill a hash/ });
    const small = load("r0 = 2\nexit", [mapOf("m", { contents })]);
    await assert.rejects(small, { name: "MapError", code: "invalid", message: /64 bytes, but its entries take 8/ });
    await assert.rejects(load("r0 = 2\nexit", [mapOf("m"), mapOf("m")]), {
      name: "RangeError",
      message: /two of the Spec's maps/,
    });
  });

  test("a print callback that runs a program on the same CPU is stopped", async () => {
    const bytes = Uint8Array.of(104, 105, 0);
    const again: { main?: Program } = {};
    const { main } = await load(
      "r1 = value format 0\nr2 = 3\ncall bpf_trace_printk\nexit",
      [mapOf("format", { contents: { kind: "bytes", bytes } })],
      {
        onPrint: () => again.main?.run({ packet }),
      },
    );
    again.main = main;
    assert.throws(() => main.run({ packet }), { name: "TypeError", message: /may not run another/ });
    delete again.main;
    assert.equal(main.run({ packet }).verdict, 2);
  });

  test("options that make no sense are refused", () => {
    for (const options of [{ cpus: 0 }, { cpus: 1.5 }, { memory: -1 }, { fuel: 0 }, { fuel: Number.NaN }])
      assert.throws(() => openEmbedded(options), RangeError);
  });
});

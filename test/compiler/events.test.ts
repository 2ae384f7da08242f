/** Ring buffers, perf event arrays and print: programs run in the embedded engine, and what the compiler refuses of them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { compileSource, renderDiagnostic } from "../../src/compiler/compile.ts";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import type { AnyMap, Program } from "../../src/engine/engine.ts";
import { readObject } from "../../src/object/read.ts";
import { writeObject } from "../../src/object/write/write.ts";
import { counted } from "./program.ts";
import { diagnose } from "./refusals.ts";

const IMPORTS = `import { bpf_ktime_get_ns, perfEventArray, print, ringBuffer, array, hash, BPF_F_CURRENT_CPU, BPF_RB_AVAIL_DATA, bool,
  i8, i16, i32, i64, u8, u16, u32, u64, type be16, type FixedArray, xdp, XDP_DROP, XDP_PASS } from "skep/bpf";
import { Ethernet, Ipv4, Ipv6, ipv4, ipv6, mac, type Ipv4Address, type Ipv6Address, type MacAddress } from "skep/bpf/net";
interface Event { kind: u8; size: u32; time: u64 }
export const events = ringBuffer<Event>({ maxEntries: 4096 });
`;
const FIRST_LINE = IMPORTS.split("\n").length;

interface Ran {
  readonly verdicts: readonly number[];
  /** What the ring buffer `events` holds in the end. */
  readonly records: readonly unknown[];
  readonly printed: readonly string[];
  readonly maps: Readonly<Record<string, AnyMap>>;
}

/** Runs each program of a source once on each packet, before `ready` was called with its maps. */
async function run(source: string, packets = [counted()], ready?: (maps: Ran["maps"]) => void): Promise<Ran> {
  const printed: string[] = [];
  const engine = await openEmbedded({ onPrint: (text) => printed.push(text) });
  const { maps, programs } = await engine.load(compileSource(source, { file: "test.bpf.ts" }));
  ready?.(maps);
  const verdicts = Object.values(programs as Record<string, Program>).flatMap((program) =>
    packets.map((packet) => program.run({ packet }).verdict),
  );
  const records: unknown[] = [];
  maps["events"]?.drain((record) => void records.push(record));
  return { verdicts, records, printed, maps };
}

/** A program whose body is given. */
function program(body: string): string {
  return `${IMPORTS}export const p = xdp((ctx) => {\n${body}\n});`;
}

describe("ring buffers", () => {
  test("a reservation is filled in place and submitted", async () => {
    const { records } = await run(
      program(`
      const e = events.reserve();
      if (e === null) return XDP_DROP;
      e.kind = 7;
      e.size = ctx.packet.length;
      e.time = 1n << 40n;
      e.size += 1;
      events.submit(e);
      return XDP_PASS;`),
      [counted(), counted(80)],
    );
    assert.deepEqual(records, [
      { kind: 7, size: 65, time: 1n << 40n },
      { kind: 7, size: 81, time: 1n << 40n },
    ]);
  });

  test("what is discarded is not seen; when the buffer is full there is null", async () => {
    const { records, verdicts } = await run(
      program(`
      const e = events.reserve();
      if (!e) return XDP_DROP;
      e.kind = 1;
      e.size = ctx.packet.length;
      e.time = 0;
      if (e.size > 70) events.discard(e);
      else events.submit(e);
      return XDP_PASS;`),
      [...Array.from({ length: 100 }, () => counted()), counted(80), ...Array.from({ length: 80 }, () => counted())],
    );
    // A record takes 8 + 16 bytes of 4,096.
    assert.equal(records.length, 169);
    assert.equal(verdicts.filter((verdict) => verdict === 1).length, 181 - 170);
  });

  test("padding is zeroes, whatever an earlier record left there", async () => {
    const spec = compileSource(
      `${IMPORTS}
      interface Pair { x: u16; y: u8 }
      interface Padded { a: u8; b: u32; inner: FixedArray<Pair, 2>; c: u64 }
      export const padded = ringBuffer<Padded>({ maxEntries: 4096 });
      export const p = xdp((ctx) => {
        const e = padded.reserve();
        if (e === null) return XDP_DROP;
        e.a = 255;
        e.b = 0xffffffff;
        e.c = 0xffffffffffffffffn;
        for (let i = 0; i < 2; i++) { const pair = e.inner[i]; pair.x = 0xffff; pair.y = 0xff; }
        if (ctx.packet.length > 64) padded.discard(e); else padded.submit(e);
        return XDP_PASS;
      });`,
      { file: "test.bpf.ts" },
    );
    // Without their type records are bytes.
    const maps = spec.maps.map((map) => ({ ...map, valueType: 0 }));
    const engine = await openEmbedded();
    const collection = await engine.load({ ...spec, maps });
    const ring = collection.maps["padded"] as AnyMap;
    const records: Uint8Array[] = [];
    // The buffer goes round: records lie where others were, and the discarded ones shift them.
    for (let turn = 0; turn < 200; turn++) {
      (collection.programs["p"] as Program).run({ packet: counted(turn % 3 === 0 ? 80 : 64) });
      ring.drain((record) => void records.push(record as Uint8Array));
    }
    assert.equal(records.length, 133);
    const expected = [255, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 0, 255, 255, 255, 0, ...Array(8).fill(255)];
    for (const record of records) assert.deepEqual([...record], expected);
  });

  test("numbers and structs made elsewhere are copied in", async () => {
    const { maps } = await run(
      `${IMPORTS}
      export const numbers = ringBuffer<u16>({ maxEntries: 4096 });
      export const seen = hash<u32, Event>({ maxEntries: 4 });
      export const p = xdp((ctx) => {
        numbers.output(u16(ctx.packet.length));
        seen.set(1, { kind: 1, size: 2, time: 3 });
        const there = seen.get(1);
        if (there === null || !events.output(there)) return XDP_DROP;
        events.output({ kind: 4, size: 5, time: 6 });
        return events.query(BPF_RB_AVAIL_DATA) === 0 ? XDP_DROP : XDP_PASS;
      });`,
    );
    const numbers: unknown[] = [];
    maps["numbers"]?.drain((record) => void numbers.push(record));
    assert.deepEqual(numbers, [64]);
  });

  test("a function may begin a record, and another one end it", async () => {
    const { records } = await run(
      `${IMPORTS}
      function begin(kind: u8): Event | null {
        const e = events.reserve();
        if (e === null) return null;
        e.kind = kind;
        return e;
      }
      function end(e: Event, size: u32): void { e.size = size; e.time = 0; events.submit(e); }
      export const p = xdp((ctx) => {
        const e = begin(3);
        if (e === null) return XDP_DROP;
        end(e, 9);
        return XDP_PASS;
      });`,
    );
    assert.deepEqual(records, [{ kind: 3, size: 9, time: 0n }]);
  });

  test("every path hands back what it reserved, in loops, too", async () => {
    const { records } = await run(
      program(`
      for (let i = 0; i < 5; i++) {
        const e = events.reserve();
        if (e === null) break;
        e.kind = u8(i); e.size = 0; e.time = 0;
        if (i === 1) { events.discard(e); continue; }
        switch (i) { case 3: events.discard(e); break; default: events.submit(e); }
      }
      return XDP_PASS;`),
    );
    assert.deepEqual(
      records.map((record) => (record as { kind: number }).kind),
      [0, 2, 4],
    );
  });
});

describe("what a reservation must not do", () => {
  const reserve = "const e = events.reserve();\nif (e === null) return XDP_DROP;\n";
  /** The code, the line of the body that is blamed, and what message and hint say. */
  const cases: readonly (readonly [string, string, number, RegExp])[] = [
    [
      `${reserve}return XDP_PASS;`,
      "SK3103",
      3,
      /e, reserved in line 7, is neither submitted nor discarded where it returns here/,
    ],
    [
      `${reserve}if (ctx.packet.length > 5)\nreturn XDP_PASS;\nevents.submit(e);\nreturn XDP_DROP;`,
      "SK3103",
      4,
      /the condition in line 9 is true; .*events\.submit\(e\)/,
    ],
    [`${reserve}events.submit(e);\ne.kind = 1;\nreturn XDP_PASS;`, "SK3104", 4, /handed back in line 9/],
    [`${reserve}events.submit(e);\nevents.discard(e);\nreturn XDP_PASS;`, "SK3104", 4, /once/],
    [`${reserve}if (ctx.packet.length > 5) events.submit(e);\nreturn XDP_PASS;`, "SK3103", 4, /condition in line 9 is false/],
    ["if (events.reserve() !== null) return XDP_PASS;\nreturn XDP_DROP;", "SK3105", 1, /const e = events.reserve/],
    [
      `for (let i = 0; i < 4; i++) {\n${reserve}if (i === 2) continue;\nevents.submit(e);\n}\nreturn XDP_PASS;`,
      "SK3103",
      4,
      /at this continue, when the condition in line 10 is true/,
    ],
    ["const e: Event = { kind: 1, size: 2, time: 3 };\nevents.submit(e);\nreturn XDP_PASS;", "SK3101", 2, /events.output/],
    ["const e = events.reserve();\nevents.submit(e);\nreturn XDP_PASS;", "SK2301", 2, /null/],
    ["events.reserve();\nreturn XDP_PASS;", "SK1105", 1, /result/],
  ];
  for (const [body, code, line, says] of cases) {
    test(body.replaceAll("\n", " "), () => {
      const found = diagnose(program(body));
      const told = found.map((d) => renderDiagnostic(d, { color: false })).join("\n");
      assert.equal(found.length, 1, told);
      assert.equal(found[0]?.code, code, told);
      assert.equal(found[0]?.line, FIRST_LINE + line, told);
      assert.match(`${found[0]?.message}; ${found[0]?.hint}`, says);
    });
  }

  test("a callback hands back nothing but its own", () => {
    const source = `import { bpf_loop } from "skep/bpf";\n${program(`${reserve}bpf_loop(3, () => { events.submit(e); });\nreturn XDP_PASS;`)}`;
    assert.deepEqual(
      diagnose(source).map(({ code }) => code),
      ["SK3109"],
    );
    const own = "bpf_loop(3, () => { const f = events.reserve(); if (f === null) return true; f.kind = 1; return false; });";
    const forgets = `import { bpf_loop } from "skep/bpf";\n${program(`${own}\nreturn XDP_PASS;`)}`;
    assert.deepEqual(
      diagnose(forgets).map(({ code }) => code),
      ["SK3103"],
    );
  });

  test("a function that hands a parameter back does so on every path", () => {
    const [d] = diagnose(`${IMPORTS}function end(e: Event): void { if (e.kind > 1) events.submit(e); }
      export const p = xdp((ctx) => { const e = events.reserve(); if (!e) return XDP_DROP; end(e); return XDP_PASS; });`);
    assert.equal(d?.code, "SK3103");
    assert.match(d.message, /every path of the function/);
  });

  test("sizes are powers of two of pages; records have a type", () => {
    const codes = (source: string) =>
      diagnose(`${IMPORTS}${source}\nexport const p = xdp(() => XDP_PASS);`).map(({ code }) => code);
    assert.deepEqual(codes("export const r = ringBuffer<Event>({ maxEntries: 100 });"), ["SK3002"]);
    assert.deepEqual(codes("export const r = ringBuffer<Event>();"), ["SK3002"]);
    assert.deepEqual(codes("export const r = ringBuffer({ maxEntries: 4096 });"), ["SK3003"]);
    assert.deepEqual(codes("export const r = perfEventArray<u32>();"), ["SK3003"]);
    assert.deepEqual(codes('export const r = hash<u32, u32>({ maxEntries: 1, pinning: "here" });'), ["SK3002"]);
  });
});

describe("perf event arrays", () => {
  test("records go to the buffer of the CPU", async () => {
    const { maps, verdicts } = await run(
      `${IMPORTS}
      export const perf = perfEventArray<Event>();
      export const p = xdp((ctx) => perf.output(ctx, { kind: 1, size: ctx.packet.length, time: 5 }) ? XDP_PASS : XDP_DROP);`,
      [counted()],
      (all) => all["perf"]?.open(),
    );
    const found: unknown[] = [];
    (maps["perf"] as unknown as { drain(each: (record: unknown) => void): void }).drain((record) => found.push(record));
    assert.deepEqual(verdicts, [2]);
    assert.deepEqual(found, [{ cpu: 0, data: { kind: 1, size: 64, time: 5n } }]);
  });
});

describe("print", () => {
  test("numbers, addresses and bools become text", async () => {
    const { printed } = await run(
      program(`
      const eth = ctx.packet.at(Ethernet, 0);
      const six = ctx.packet.at(Ipv6, 0);
      const ip = ctx.packet.at(Ipv4, 14);
      if (!eth || !ip || !six) return XDP_DROP;
      const minus: i8 = i8(ctx.packet.length - 65);
      const wide: i64 = i64(minus) * 10_000_000_000;
      print("plain, 100%");
      print(\`\${ctx.packet.length} \${minus} \${wide}\`);
      print(\`\${u64(ctx.packet.length) << 40} 0x\${eth.type.toString(16)} \${1 + 1}\`);
      print(\`\${ip.source} \${ip.destination}\`);
      print(\`\${eth.source}\`);
      print(\`\${six.source}\`);
      print(\`\${ctx.packet.length > 3} \${ctx.packet.length} \${u8(ctx.packet.length)} \${minus} \${wide}\`);
      return XDP_PASS;`),
    );
    assert.deepEqual(printed, [
      "plain, 100%",
      "64 -1 -10000000000",
      "70368744177664 0xc0d 2",
      "26.27.28.29 30.31.32.33",
      "06:07:08:09:0a:0b",
      "0809:0a0b:0c0d:0e0f:1011:1213:1415:1617",
      "1 64 64 -1 -10000000000",
    ]);
  });

  test("what has no text, or too much of it, is refused", () => {
    const code = (body: string) => diagnose(program(`${body}\nreturn XDP_PASS;`)).map(({ code }) => code);
    assert.deepEqual(code("const e: Event = { kind: 1, size: 2, time: 3 }; print(`$" + "{e}`);"), ["SK3102"]);
    assert.deepEqual(code('print("grüß");'), ["SK3102"]);
    assert.deepEqual(code(`print(\`${("$" + "{ctx.packet.length}").repeat(13)}\`);`), ["SK3102"]);
    assert.deepEqual(code("print(`$" + "{ctx.packet.u8(0)}`);"), ["SK2301"]);
    assert.deepEqual(code("print(5);"), ["SK2101"]);
    assert.deepEqual(code("console.log(5);"), ["SK2001"]);
  });

  test("formats lie in .rodata, each once", () => {
    const spec = compileSource(program('print("a"); print("a"); print("b"); return XDP_PASS;'), { file: "x/named.bpf.ts" });
    const rodata = spec.maps.find(({ name }) => name === "named.rodata");
    assert.deepEqual(rodata?.contents, { kind: "bytes", bytes: new TextEncoder().encode("a\0b\0") });
    assert.equal(rodata.frozen, true);
    assert.deepEqual(
      spec.globals?.map(({ name, offset, size, linkage }) => ({ name, offset, size, linkage })),
      [
        { name: "____fmt", offset: 0, size: 2, linkage: "static" },
        { name: "____fmt.1", offset: 2, size: 2, linkage: "static" },
      ],
    );
  });
});

test("objects of such programs read back as they were written", () => {
  const file = new URL("./programs/events.bpf.ts", import.meta.url);
  const spec = compileSource(readFileSync(file, "utf8"), { file: "events.bpf.ts" });
  const read = readObject(writeObject(spec), { name: "events" });
  const shapes = (maps: typeof spec.maps) =>
    maps.map(({ name, type, keySize, valueSize, maxEntries, flags }) => ({ name, type, keySize, valueSize, maxEntries, flags }));
  const byName = (maps: typeof spec.maps) => [...maps].sort((a, b) => a.name.localeCompare(b.name));
  assert.deepEqual(shapes(byName(read.maps)), shapes(byName(spec.maps)));
});

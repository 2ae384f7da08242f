/** Maps of every kind: programs run in the embedded engine, their user side, and what the compiler refuses. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { compileSource } from "../../src/compiler/compile.ts";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import type { Collection, MapOfMaps, MapsOf, ProgramArray, QueueMap, RingBuffer } from "../../src/engine/engine.ts";
import { readObject } from "../../src/object/read.ts";
import { writeObject } from "../../src/object/write/write.ts";
import { counted } from "./program.ts";
import type * as kinds from "./programs/map-kinds.bpf.ts";
import { check, row } from "./refusals.ts";

const FILE = new URL("./programs/map-kinds.bpf.ts", import.meta.url);
const compiled = () => compileSource(readFileSync(FILE, "utf8"), { file: "map-kinds.bpf.ts" });

async function load(): Promise<Collection<typeof kinds>> {
  const engine = await openEmbedded();
  return engine.load<typeof kinds>(compiled());
}

describe("programs", () => {
  test("push, pop and peek", async () => {
    const { programs, maps } = await load();
    assert.equal(programs.queues.run({ packet: counted() }).verdict, 2);
    assert.deepEqual(maps.jobs.pop(), { id: 2, name: "second" });
    assert.equal(maps.numbers.pop(), 65n);
  });

  test("ask a filter", async () => {
    const { programs, maps } = await load();
    assert.equal(programs.filters.run({ packet: counted() }).verdict, 2);
    assert.equal(programs.filters.run({ packet: counted() }).verdict, 1);
    assert.equal(maps.seen.has(64), true);
  });

  test("go on with another program", async () => {
    const { programs, maps } = await load();
    assert.equal(programs.tails.run({ packet: counted() }).verdict, 1);
    maps.next.set(1, programs.filters);
    assert.equal(programs.tails.run({ packet: counted() }).verdict, 2);
  });

  test("and maps are where the source puts them", async () => {
    const { programs, maps } = await load();
    assert.equal(programs.begin.run({ packet: counted() }).verdict, 2);
    assert.equal(maps.others.get(64), 1n);
    assert.equal(maps.seen.has(64), true);
  });

  test("reach the maps in maps", async () => {
    const { programs, maps } = await load();
    assert.equal(programs.nested.run({ packet: counted() }).verdict, 1);
    for (let index = 0; index < 4; index++) maps.perInterface.set(index, maps.counts);
    assert.equal(programs.nested.run({ packet: counted() }).verdict, 2);
    assert.equal(programs.nested.run({ packet: counted() }).verdict, 2);
    assert.equal(maps.counts.get(64), 2n);
  });

  test("update with flags, and look at other CPUs", async () => {
    const { programs, maps } = await load();
    assert.equal(programs.flags.run({ packet: counted() }).verdict, 2);
    assert.equal(maps.counts.get(7), 3n);
  });

  test("take out what user space put in", async () => {
    const { programs, maps } = await load();
    maps.commands.submit({ id: 5, name: "go" });
    maps.commands.submit(new Uint8Array(3));
    maps.commands.submit({ id: 6, name: "stop" });
    maps.commands.submit({ id: 7, name: "late" });
    maps.bare.submit(9);
    assert.equal(programs.obey.run({ packet: counted() }).verdict, 1);
    assert.deepEqual(
      [...maps.counts].sort(([a], [b]) => a - b),
      [
        [5, 64n],
        [6, 64n],
        [1000, 20n],
      ],
    );
    maps.commands.submit({ id: 8, name: "stop" });
    assert.equal(programs.obey.run({ packet: counted() }).verdict, 2);
    assert.equal(maps.counts.get(1000), 15n);
  });

  test("redirect, or do what the flags say where there is nothing", async () => {
    const { programs } = await load();
    assert.equal(programs.redirects.run({ packet: counted(100) }).verdict, 2);
    assert.equal(programs.redirects.run({ packet: counted(101) }).verdict, 1);
    assert.equal(programs.redirects.run({ packet: counted(102) }).verdict, 2);
  });
});

describe("the user side", () => {
  test("is typed from the source", () => {
    type Maps = MapsOf<typeof kinds>;
    const same = <A, B>(_same: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false) => {};
    same<Maps["jobs"], QueueMap<{ id: number; name: string }>>(true);
    same<Maps["next"], ProgramArray>(true);
    same<Maps["rings"], MapOfMaps<number, RingBuffer<{ id: number; name: string }>>>(true);
  });

  test("maps keep their shape in objects", () => {
    const spec = compiled();
    const read = readObject(writeObject(spec), { name: "map_kinds" });
    const shape = (map: (typeof spec.maps)[number]): unknown => {
      const { name, type, keySize, valueSize, maxEntries, flags, extra = 0n, inner } = map;
      return { name, type, keySize, valueSize, maxEntries, flags, extra, inner: inner === undefined ? null : shape(inner) };
    };
    const byName = (maps: typeof spec.maps) => new Map(maps.map((map) => [map.name, shape(map)]));
    assert.deepEqual(byName(read.maps), byName(spec.maps));
  });
});

describe("what is refused", () => {
  const IMPORT =
    'import { arrayOfMaps, bloomFilter, hashOfMaps, programArray, queue, ringBuffer, sockMap, stack, stackTrace, taskStorage } from "skep/bpf";\n';
  const top = (declaration: string) => `${IMPORT}${declaration}\nexport const p = xdp(() => XDP_PASS);`;
  const body = (declaration: string, statement: string) =>
    `${IMPORT}${declaration}\nexport const p = xdp((ctx) => {\n  ${statement}\n  return XDP_PASS;\n});`;

  test("declarations", () =>
    check([
      row("SK3003", top("export const q = queue({ maxEntries: 1 });"), "queue", /queue<Value>/),
      row("SK3002", top("export const t = programArray({ maxEntries: 4, programs: [p] });"), "[p]", /\(\) => \[/),
      row(
        "SK3002",
        top("export const t = programArray({ maxEntries: 1, programs: () => [p, p] });"),
        "{ maxEntries: 1, programs: () => [p, p] }",
      ),
      row("SK3002", top("export const t = programArray({ maxEntries: 4, programs: () => [q] });"), "q"),
      row("SK3002", top("export const q = queue<u32>();"), "queue<u32>()", /maxEntries/),
      row("SK3003", top("export const t = programArray<u32>({ maxEntries: 1 });"), "<u32>"),
      row("SK3002", top("export const s = stackTrace({ maxEntries: 4, depth: 200 });"), "200", /depth/),
      row("SK3002", top("export const q = queue<u32>({ maxEntries: 4, depth: 2 });"), "depth: 2"),
      row(
        "SK3002",
        top("export const t = taskStorage<{}>({ maxEntries: 4 });")
          .replace("<{}>", "<S>")
          .replace("export", "interface S { a: u32 } export"),
        "maxEntries: 4",
      ),
      row("SK3003", top("export const t = taskStorage<u32>();"), "u32"),
      row("SK3002", top("export const m = arrayOfMaps({ maxEntries: 1 });"), "{ maxEntries: 1 }", /after export const counts/),
      row(
        "SK3003",
        top("export const c = hash<u32, u32>({ maxEntries: 1 }); export const m = hashOfMaps(c, { maxEntries: 1 });"),
        "hashOfMaps",
      ),
    ]));

  test("what a hook does not have", () =>
    check([
      row(
        "SK3201",
        body("export const s = stackTrace({ maxEntries: 1 });", "s.id(ctx) === 1 ? 1 : 2;").replace(
          "s.id(ctx) === 1 ? 1 : 2",
          "const x = s.id(ctx)",
        ),
        "s.id(ctx)",
        /tracepoint/,
      ),
      row(
        "SK3201",
        body("export const q = cgroupArray({ maxEntries: 1 });", "const x = q.hasPacket(ctx, 1);")
          .replace("arrayOfMaps,", "arrayOfMaps, cgroupArray, socketFilter,")
          .replace("= xdp(", "= socketFilter(")
          .replace("return XDP_PASS", "return 0"),
        "q.hasPacket(ctx, 1)",
        /tc/,
      ),
    ]));

  test("uses", () =>
    check([
      row("SK2301", body("export const q = queue<u32>({ maxEntries: 1 });", "const x = q.pop() + 1;"), "q.pop()"),
      row("SK3004", body("export const q = queue<u32>({ maxEntries: 1 });", "q.get(1);"), "get", /push/),
      row("SK3004", body("export const s = sockMap({ maxEntries: 1 });", "s.redirect(ctx, 1);"), "redirect", /SkMsgContext/),
      row("SK2101", body("export const t = programArray({ maxEntries: 1 });", "t.tailCall(5, 1);"), "5", /ctx/),
      row(
        "SK2301",
        body("export const m = arrayOfMaps(hash<u32, u32>({ maxEntries: 1 }), { maxEntries: 1 });", "m.get(1).set(1, 2);"),
        "m.get(1)",
      ),
      row(
        "SK3004",
        body("export const h = hash<u32, u32>({ maxEntries: 1 });", "const x = h.getOn(1, 2) ?? 0;"),
        "getOn",
        /get\(key\)/,
      ),
      row("SK1105", body("export const q = queue<u32>({ maxEntries: 1 });", "q.peek();"), "q.peek()"),
    ]));
});

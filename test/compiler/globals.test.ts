/** Variables of the file, tables, `config` and atomic operations, as programs see them and as their user side does. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { openBtf } from "../../src/btf/btf.ts";
import { compileSource } from "../../src/compiler/compile.ts";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import type { Collection, LoadOptions, VariablesOf, VariableValues } from "../../src/engine/engine.ts";
import { MapError } from "../../src/engine/errors.ts";
import type { Variable } from "../../src/engine/maps.ts";
import { readObject } from "../../src/object/read.ts";
import { writeObject } from "../../src/object/write/write.ts";
import { counted, withImports } from "./program.ts";
import type * as globals from "./programs/globals.bpf.ts";
import { check, diagnose, IMPORTS, row } from "./refusals.ts";

const MORE = 'import { atomicAdd, atomicAnd, atomicOr, atomicXor, compareExchange, config, exchange } from "skep/bpf";\n';

async function load(source: string, options: LoadOptions = {}): Promise<Collection> {
  const engine = await openEmbedded();
  return engine.load(compileSource(source, { file: "some/where.bpf.ts" }), options);
}

function play(collection: Collection, packet = counted()): number {
  const [program] = Object.values(collection.programs);
  assert.ok(program);
  return program.run({ packet }).verdict;
}

function values({ variables }: Collection): Record<string, unknown> {
  return Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, variable.get()]));
}

const FILE = new URL("./programs/globals.bpf.ts", import.meta.url);
const compiled = () => compileSource(readFileSync(FILE, "utf8"), { file: "globals.bpf.ts" });

describe("variables", () => {
  test("of every type begin as the source says and keep what programs write", async () => {
    const source = withImports(`${MORE}
      interface Pair { a: u8; b: u32 }
      export let zero: u64 = 0;
      export let small: i8 = -3;
      export let inferred = 5;
      export let yes: bool = true;
      export let port: be16 = 443;
      export let gateway: Ipv4Address = ipv4("10.0.0.1");
      export let hardware: MacAddress = mac("02:00:00:00:00:01");
      export let pair: Pair = { a: 1, b: 2 };
      export let pairs: FixedArray<Pair, 2>;
      let hidden: u32 = 40;
      export const program = xdp((ctx) => {
        const eth = ctx.packet.at(Ethernet, 0);
        if (eth === null) return XDP_ABORTED;
        zero += ctx.packet.length;
        small -= 1;
        inferred = hidden;
        hidden++;
        yes = !yes;
        port += 1;
        hardware = eth.source;
        pairs[1] = pair;
        pair.a += 1;
        pair = { a: pair.a, b: 7 };
        return gateway === ipv4("10.0.0.1") ? XDP_PASS : XDP_DROP;
      });`);
    const collection = await load(source);
    assert.equal(play(collection), 2);
    assert.deepEqual(values(collection), {
      zero: 64n,
      small: -4,
      inferred: 40,
      yes: false,
      port: 444,
      gateway: "10.0.0.1",
      hardware: "06:07:08:09:0a:0b",
      pair: { a: 2, b: 7 },
      pairs: [
        { a: 0, b: 0 },
        { a: 1, b: 2 },
      ],
      hidden: 41,
    });
    collection.variables["gateway"]?.set("10.0.0.2");
    assert.equal(play(collection), 1);
    assert.equal(collection.variables["zero"]?.get(), 128n);
  });

  test("may begin with other values, when loaded; only so what config declares", async () => {
    const source = withImports(`${MORE}
      export const target = config<u16>(80);
      export let start: u64 = 1;
      export const program = xdp((ctx) => { start += target; return XDP_PASS; });`);
    const collection = await load(source, { variables: { target: 443, start: 1000n } });
    play(collection);
    assert.equal(collection.variables["start"]?.get(), 1443n);
    assert.throws(() => collection.variables["target"]?.set(5), MapError);
    await assert.rejects(load(source, { variables: { tarket: 1 } }), /did you mean target/);
    await assert.rejects(load(source, { variables: { target: 70_000 } }), /target/);
  });

  test("of loads that share a Spec are their own", async () => {
    const spec = compileSource(withImports("export let n: u32 = 1;\nexport const p = xdp(() => { n += 1; return XDP_PASS; });"), {
      file: "a.bpf.ts",
    });
    const engine = await openEmbedded();
    const one = await engine.load(spec, { variables: { n: 10 } });
    const two = await engine.load(spec);
    play(one);
    play(two);
    assert.deepEqual([one, two].map(values), [{ n: 11 }, { n: 2 }]);
  });

  test("lie where libbpf expects them, described as clang describes them", () => {
    const spec = compiled();
    assert.deepEqual(
      spec.maps.map(({ name, type, keySize, maxEntries, flags, frozen = false }) => [
        name,
        type,
        keySize,
        maxEntries,
        flags,
        frozen,
      ]),
      [
        ["globals.data", "array", 4, 1, 0x400, false],
        ["globals.bss", "array", 4, 1, 0x400, false],
        ["globals.rodata", "array", 4, 1, 0x480, true],
      ],
    );
    const types = openBtf(spec.types ?? new Uint8Array());
    const section = types.type(types.find(".bss", "section") ?? 0);
    assert.ok(section.kind === "section");
    const names = section.variables.map(({ type }) => {
      const variable = types.type(type);
      return variable.kind === "variable" ? [variable.name, variable.linkage] : [];
    });
    assert.deepEqual(names, [
      ["total", "global"],
      ["last", "global"],
      ["lengths", "global"],
    ]);
    const read = readObject(writeObject(spec), { name: "globals" });
    const plain = (globals: typeof spec.globals) =>
      (globals ?? []).map(({ name, map, offset, size, linkage }) => [name, map, offset, size, linkage].join()).sort();
    assert.deepEqual(plain(read.globals), plain(spec.globals));
    const contents = (maps: typeof spec.maps) => new Map(maps.map(({ name, contents }) => [name, contents]));
    assert.deepEqual(contents(read.maps), contents(spec.maps));
  });

  test("that are private and unused are not there", () => {
    const { maps } = compileSource(
      withImports("let unused: u64 = 0;\nconst none: FixedArray<u8, 2> = [1, 2];\nexport const p = xdp(() => XDP_PASS);"),
      {
        file: "a.bpf.ts",
      },
    );
    assert.deepEqual(maps, []);
  });

  test("have the types that the source gives them", () => {
    type Variables = VariablesOf<typeof globals>;
    const same = <A, B>(_same: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false) => {};
    same<Variables["total"], Variable<bigint>>(true);
    same<Variables["next"], Variable<number>>(true);
    same<Variables["running"], Variable<boolean>>(true);
    same<Variables["address"], Variable<string>>(true);
    same<Variables["last"], Variable<{ packets: bigint; bytes: bigint; ports: number[] }>>(true);
    same<VariableValues<typeof globals>["target"], number | undefined>(true);
    same<"count" extends keyof Variables ? true : false, false>(true);
  });
});

describe("tables", () => {
  test("are read at run time, and folded where the index is known", async () => {
    const source = withImports(`
      interface Limit { port: be16; rate: u32; parts: FixedArray<u8, 2> }
      const limits: FixedArray<Limit, 2> = [{ port: 53, rate: 5, parts: [1, 2] }, { port: 443, rate: 7, parts: [3, 4] }];
      const signed: FixedArray<i16, 3> = [-1, 0, 1];
      const one: Limit = { port: 80, rate: 9, parts: [5, 6] };
      const macs: FixedArray<MacAddress, 2> = [mac("00:00:00:00:00:01"), mac("06:07:08:09:0a:0b")];
      export let sum: i64 = 0;
      export const program = xdp((ctx) => {
        const eth = ctx.packet.at(Ethernet, 0);
        if (eth === null) return XDP_ABORTED;
        const i = ctx.packet.length & 1;
        sum = i64(limits[i].port) + limits[i + 0 & 1].rate + limits[i].parts[1] + signed[i] + one.parts[i] + one.rate;
        return eth.source === macs[1] ? XDP_PASS : XDP_DROP;
      });`);
    const collection = await load(source);
    assert.equal(play(collection, counted(65)), 2);
    assert.equal(collection.variables["sum"]?.get(), 443n + 7n + 4n + 0n + 6n + 9n);
  });

  test("whose parts are all known are not stored", () => {
    const source = withImports(`
      const table: FixedArray<u32, 3> = [1, 2, 3];
      export const program = xdp((ctx) => table[2] + table[0] === 4 ? XDP_PASS : XDP_DROP);`);
    assert.deepEqual(compileSource(source, { file: "a.bpf.ts" }).maps, []);
  });
});

describe("atomic operations", () => {
  test("change what CPUs share in one step, and give what was there before", async () => {
    const source = withImports(`${MORE}
      interface Counts { n: u32; wide: u64 }
      export let total: u64 = 5;
      export let small: i32 = -1;
      export let counts: FixedArray<u64, 4>;
      export let result: FixedArray<u64, 8>;
      export const map = hash<u32, Counts>({ maxEntries: 4 });
      export const program = xdp((ctx) => {
        map.set(1, { n: 0xf0, wide: 1 });
        const there = map.get(1);
        if (there === null) return XDP_ABORTED;
        result[0] = atomicAdd(total, 10);
        result[1] = atomicOr(there.n, 0x0f);
        result[2] = atomicAnd(there.n, 0x3c);
        result[3] = atomicXor(there.n, 1);
        result[4] = exchange(there.wide, 9);
        result[5] = compareExchange(total, 15, 16);
        result[6] = compareExchange(total, 15, 17);
        result[7] = u64(u32(atomicAdd(small, -1)));
        atomicAdd(counts[ctx.packet.length & 3], 1);
        atomicAdd(there.wide, ctx.packet.length);
        return XDP_PASS;
      });`);
    const collection = await load(source);
    assert.equal(play(collection), 2);
    const { result, total, small, counts } = values(collection);
    assert.deepEqual(result, [5n, 0xf0n, 0xffn, 0x3cn, 1n, 15n, 16n, 0xffff_ffffn]);
    assert.deepEqual([total, small, counts], [16n, -2, [1n, 0n, 0n, 0n]]);
    assert.deepEqual(collection.maps["map"]?.get(1), { n: 0x3d, wide: 73n });
  });
});

describe("what is refused", () => {
  const program = "\nexport const p = xdp((ctx) => XDP_PASS);";
  const body = (top: string, statement: string) =>
    `${MORE}${top}\nexport const p = xdp((ctx) => {\n  ${statement}\n  return XDP_PASS;\n});`;

  test("declarations", () =>
    check([
      row("SK2105", `let x;${program}`, "x", /let x: u64/),
      row("SK1101", `const x = [1, 2];${program}`, "[1, 2]", /FixedArray/),
      row("SK2206", `let x: u64 = bpf_ktime_get_ns();${program}`, "bpf_ktime_get_ns()"),
      row("SK2201", `let x: u8 = 256;${program}`, "256"),
      row("SK2109", `const x: FixedArray<u8, 3> = [1, 2];${program}`, "[1, 2]"),
      row("SK1101", `var x: u32 = 1;${program}`, "var x: u32 = 1;", /let/),
      row("SK3106", `${MORE}const x = config<u32>(0);${program}`, "x", /export const/),
      row("SK3106", `${MORE}export const x = config<u32>();${program}`, "config<u32>()"),
      row("SK3106", `${MORE}export const x = config(5);${program}`, "config(5)", /config<u32>/),
      row("SK2101", `${MORE}export const x = config<bool>(5);${program}`, "5"),
    ]));

  test("uses", () =>
    check([
      row("SK2114", body("const t: FixedArray<u8, 2> = [1, 2];", "t[0] = 1;"), "t[0]", /let/),
      row(
        "SK2114",
        body("const t: FixedArray<u8, 2> = [1, 2];", "t[ctx.packet.length & 1] = 1;"),
        "t[ctx.packet.length & 1]",
        /let/,
      ),
      row("SK2114", body("export const c = config<u32>(1);", "c = 2;"), "c", /let/),
      row("SK2113", body("let t: FixedArray<u8, 2>;", "t[2] = 1;"), "2"),
      row("SK3107", body("let n: u16 = 0;", "atomicAdd(n, 1);"), "n", /u32/),
      row("SK3107", body("", "let n: u32 = 0; atomicAdd(n, 1);"), "n", /x \+= 1/),
      row("SK2201", body("let n: u32 = 0;", "atomicAdd(n, -1);"), "-1"),
      row("SK2106", body("let n: u32 = 0;", "compareExchange(n, 1);"), "compareExchange(n, 1)", /expected/),
    ]));

  test("two files cannot export one name", () => {
    assert.deepEqual(
      diagnose(`${IMPORTS}export let x: u32 = 1;\nexport let x: u32 = 2;${program}`).map(({ code }) => code),
      ["SK2002"],
    );
  });
});

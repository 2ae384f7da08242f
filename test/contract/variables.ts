/** Variables of a program, which it and user space share while it is loaded. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { compileSource } from "../../src/compiler/compile.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { ethernet, ipv4, packet, padding, udp } from "../../src/packets/index.ts";

const PACKET = packet(ethernet(), ipv4(), udp(), padding());

const SOURCE = `
import { config, xdp, XDP_PASS, type bool, type FixedArray, type i16, type u16, type u32, type u64, type u8 } from "skep/bpf";
interface Pair { port: u16; total: u64 }
export let small: u8 = 250;
export let signed: i16 = -3;
export let count: u32 = 7;
export let total: u64 = 18446744073709551610n;
export let on: bool = false;
export let pair: Pair = { port: 443, total: 5 };
export let row: FixedArray<u32, 3>;
export const step = config<u32>(1);
export const counts = xdp(() => {
  small += 1;
  signed -= 1;
  count += step;
  total += 1;
  on = !on;
  pair.total += 1;
  row[1] += 2;
  return XDP_PASS;
});
`;

export function variables(engine: () => Engine): void {
  const load = (step?: number) =>
    engine().load(compileSource(SOURCE, { file: "variables.bpf.ts" }), step === undefined ? {} : { variables: { step } });

  test("variables of every type are live: what programs write is read, and what is set they find", async () => {
    await using collection = await load(10);
    const { variables: named, programs } = collection;
    const all = () => Object.fromEntries(Object.entries(named).map(([name, variable]) => [name, variable.get()]));
    const before = { small: 250, signed: -3, count: 7, total: 2n ** 64n - 6n, on: false, pair: { port: 443, total: 5n } };
    assert.deepEqual(all(), { ...before, row: [0, 0, 0], step: 10 });
    for (let round = 0; round < 3; round++) programs["counts"]?.run({ packet: PACKET });
    const after = { small: 253, signed: -6, count: 37, total: 2n ** 64n - 3n, on: true, pair: { port: 443, total: 8n } };
    assert.deepEqual(all(), { ...after, row: [0, 6, 0], step: 10 });
    for (const [name, value] of Object.entries({ ...before, signed: 32_767, row: [4, 5, 6] })) named[name]?.set(value);
    programs["counts"]?.run({ packet: PACKET });
    assert.deepEqual(all(), {
      ...{ small: 251, signed: 32_766, count: 17, total: 2n ** 64n - 5n, on: true, pair: { port: 443, total: 6n } },
      row: [4, 7, 6],
      step: 10,
    });
  });

  test("a value that does not fit a variable changes nothing, and constants stay", async () => {
    await using collection = await load();
    const { variables: named } = collection;
    for (const [name, value] of [
      ["small", 256],
      ["signed", 40_000],
      ["count", -1],
      ["count", 1.5],
      ["total", -1n],
      ["total", 2n ** 64n],
      ["on", 2],
      ["pair", { port: 1 }],
      ["row", [1, 2]],
    ] as const)
      assert.throws(() => named[name]?.set(value), { name: "ValueError" });
    assert.throws(() => named["step"]?.set(5), { name: "MapError", code: "unsupported", message: /variables: \{ step/ });
    assert.deepEqual([named["small"]?.get(), named["count"]?.get(), named["step"]?.get()], [250, 7, 1]);
  });

  test("variables of a collection that was disposed are closed", async () => {
    const collection = await load();
    const { count, pair, step } = collection.variables;
    for (const variable of [count, pair, step]) variable?.get();
    await collection[Symbol.asyncDispose]();
    for (const variable of [count, pair, step]) assert.throws(() => variable?.get(), { name: "MapError", code: "closed" });
    assert.throws(() => count?.set(1), { name: "MapError", code: "closed" });
  });
}

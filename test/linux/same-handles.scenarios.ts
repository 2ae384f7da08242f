/**
 * Maps of both engines as user space has them, asked the same: random operations, whose answers and refusals (by code) must be the same. What
 * is asked of commands and bytes, ../kernel/same-maps.ts asks. See scenario.ts.
 */

import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import type { AnyMap, Engine } from "../../src/engine/engine.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { type MapShape, specOf } from "../contract/specs.ts";
import { Random } from "../support/random.ts";
import { main } from "./scenario.ts";

const PREFIX = { prefixLength: "u32", address: "u32" } as const;
const ROW = { low: "u16", high: "u64", last: "u8" } as const;
const SHAPES: readonly MapShape[] = [
  { type: "hash", maxEntries: 6, key: "u32", value: "u64" },
  { type: "hash", maxEntries: 6, key: { port: "u16", address: "u32" }, value: ROW, flags: 1 },
  { type: "hash", maxEntries: 6, key: 5, value: 3 },
  { type: "lru_hash", maxEntries: 4096, key: "u32", value: ROW },
  { type: "percpu_hash", maxEntries: 6, key: "u32", value: "u32" },
  { type: "array", maxEntries: 6, key: "u32", value: ROW },
  { type: "array", maxEntries: 6, key: "u32", value: "u64", flags: 0x400 },
  { type: "array", maxEntries: 6, key: "u32", value: ROW, flags: 0x400 },
  { type: "percpu_array", maxEntries: 6, key: "u32", value: "u32" },
  { type: "lpm_trie", maxEntries: 6, key: PREFIX, value: "u32", flags: 1 },
  { type: "queue", maxEntries: 3, key: 0, value: "u32" },
  { type: "stack", maxEntries: 3, key: 0, value: "u32" },
];

const ROUNDS = 250;
const MOST_DIFFERENCES = 5;

/** What an operation gives, or the code of what it throws, as text. */
function answer(operation: () => unknown): string {
  const text = (value: unknown) =>
    JSON.stringify(value, (_, part) =>
      typeof part === "bigint" ? `${part}n` : part instanceof Uint8Array ? `bytes ${part.join(" ")}` : part,
    ) ?? "undefined";
  try {
    return text(operation());
  } catch (error) {
    const { name, code, count } = error as { name: string; code?: string; count?: number };
    return name === "ValueError" || name === "RangeError" ? name : `${name} ${code} after ${count}`;
  }
}

/** Entries in an order of their own: that in which an engine walks is nobody's promise. */
const sorted = (entries: Iterable<unknown>): string[] => Array.from(entries, (entry) => answer(() => entry)).sort();

interface Operation {
  readonly what: string;
  run(map: AnyMap): unknown;
}

function operationFor(random: Random, { type, key, value }: MapShape, cpus: number): Operation {
  const small = () => random.next() % 9;
  const keyFor = (): unknown => {
    if (key === PREFIX) return { prefixLength: random.next() % 34, address: random.pick<unknown>([0, 0x80, 0xc0, 0xffff, 1]) };
    if (typeof key === "object") return { port: small(), address: small() };
    if (typeof key === "number") return new Uint8Array(random.next() % 20 === 0 ? 4 : 5).fill(small());
    return random.next() % 30 === 0 ? random.pick<unknown>([-1, 0.5, 2 ** 32, "x"]) : small();
  };
  const one = (): unknown => {
    if (value === ROW) return { low: random.next() & 0xffff, high: BigInt(random.next()), last: random.next() % 260 };
    if (typeof value === "number") return new Uint8Array(value).fill(small());
    if (value === "u64") return BigInt(random.next());
    return random.next() % 30 === 0 ? -1 : random.next() >>> 0;
  };
  const valueFor = (): unknown =>
    type.includes("percpu") && random.next() % 2 === 0 ? Array.from({ length: cpus }, () => random.next() & 255) : one();
  if (type === "queue" || type === "stack") {
    const put = one();
    const replace = random.next() % 4 === 0;
    return random.pick<Operation>([
      { what: `push ${put} ${replace}`, run: (map) => map.push(put, { replace }) },
      { what: `push ${put} ${replace}`, run: (map) => map.push(put, { replace }) },
      { what: "pop", run: (map) => map.pop() },
      { what: "peek", run: (map) => map.peek() },
      { what: "pop", run: (map) => map.pop() },
      ...(random.once(4) ? [{ what: "clear", run: (map: AnyMap) => map.clear() }] : []),
      { what: "get", run: (map) => map.get(1) },
    ]);
  }
  const k = keyFor();
  const v = valueFor();
  const mode = random.pick(["any", "any", "create", "replace"] as const);
  const many = Array.from({ length: 1 + (random.next() % 5) }, () => [keyFor(), valueFor()] as const);
  const keys = many.map(([each]) => each);
  const often: Operation[] = [
    { what: `set ${answer(() => [k, v])} ${mode}`, run: (map) => map.set(k, v, mode) },
    { what: `get ${answer(() => k)}`, run: (map) => map.get(k) },
    { what: `has ${answer(() => k)}`, run: (map) => map.has(k) },
    { what: `delete ${answer(() => k)}`, run: (map) => map.delete(k) },
    { what: `take ${answer(() => k)}`, run: (map) => map.take(k) },
    { what: `set ${answer(() => k)} locked`, run: (map) => map.set(k, v, { lock: true }) },
    { what: `setAll ${answer(() => many)} ${mode}`, run: (map) => map.setAll(many, mode) },
    { what: `deleteAll ${answer(() => keys)}`, run: (map) => map.deleteAll(keys) },
    { what: "entries", run: (map) => sorted(map) },
    { what: "keys", run: (map) => sorted(map.keys()) },
    { what: "values", run: (map) => sorted(map.values()) },
  ];
  const seldom: Operation[] = [
    { what: "clear", run: (map) => map.clear() },
    { what: "takeAll", run: (map) => sorted(map.takeAll()) },
    { what: "push", run: (map) => map.push(v) },
    { what: "column", run: (map) => map.column("low").get(1) },
  ];
  return random.next() % 12 === 0 ? random.pick(seldom) : random.pick(often);
}

await main({
  "the same answers": async () => {
    await using linux = await openLinux();
    await using embedded = openEmbedded({ cpus: linux.cpus });
    const random = new Random(11);
    const differences: string[] = [];
    let compared = 0;
    for (const shape of SHAPES) {
      const open = (engine: Engine) => engine.load(specOf({ table: shape }, {}));
      await using ours = await open(embedded);
      await using theirs = await open(linux);
      const [here, there] = [ours.maps["table"], theirs.maps["table"]];
      if (here === undefined || there === undefined) throw new RangeError("no map");
      for (let round = 0; round < ROUNDS; round++) {
        const { what, run } = operationFor(random, shape, linux.cpus);
        const [one, other] = [there, here].map((map) => answer(() => run(map)));
        compared++;
        if (one === other || differences.length >= MOST_DIFFERENCES) continue;
        differences.push(`${shape.type} ${answer(() => shape.value)}: ${what}: kernel ${one}, embedded ${other}`);
      }
    }
    return { compared, differences };
  },
});

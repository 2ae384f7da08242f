/**
 * A checked program may spoil the maps of its own engine: it writes wherever it likes above the null page. What works on maps then still
 * ends, and says what is documented: FaultError of the program, MapError of the host's operations.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { Random } from "../../src/engine/embedded/random.ts";
import { FaultError, MapError } from "../../src/engine/errors.ts";
import { type MapShape, specOf } from "../contract/specs.ts";

const ROUNDS = Number(process.env["SKEP_SPOILT"] ?? 25);

/** Writes each pair of address and word that is in the packet. */
const SPOIL = `
  r6 = *(u32 *)(r1 + 0)
  r7 = *(u32 *)(r1 + 4)
again:
  r2 = r6
  r2 += 8
  if r2 > r7 goto done
  r3 = *(u32 *)(r6 + 0)
  r4 = *(u32 *)(r6 + 4)
  *(u32 *)(r3 + 0) = r4
  r6 += 8
  goto again
done:
  r0 = 2
  exit`;

const KEYED = (map: string, helper: number): string => `
  r6 = *(u32 *)(r1 + 0)
  r2 = *(u32 *)(r6 + 0)
  *(u64 *)(r10 - 8) = r2
  *(u32 *)(r10 - 8) = 32
  *(u64 *)(r10 - 16) = r2
  r1 = map ${map}
  r2 = r10
  r2 += -8
  r3 = r10
  r3 += -16
  r4 = 0
  call ${helper}
  r0 = 2
  exit`;

const QUEUED = (map: string, helper: number): string => `
  *(u64 *)(r10 - 8) = 7
  r1 = map ${map}
  r2 = r10
  r2 += -8
  r3 = 0
  call ${helper}
  r0 = 2
  exit`;

const RECORD = "*(u64 *)(r10 - 8) = 7\nr1 = map m\nr2 = r10\nr2 += -8\nr3 = 8\nr4 = 0\ncall 130\nr0 = 2\nexit";

const keyed = { read: KEYED("m", 1), write: KEYED("m", 2), remove: KEYED("m", 3) };
const queued = { push: QUEUED("m", 87), pop: QUEUED("m", 88), peek: QUEUED("m", 89) };

const KINDS: readonly { readonly shape: MapShape; readonly programs: Readonly<Record<string, string>> }[] = [
  { shape: { type: "hash", key: "u64", value: "u64", maxEntries: 32 }, programs: keyed },
  { shape: { type: "hash", key: "u32", value: 100, maxEntries: 32 }, programs: keyed },
  { shape: { type: "percpu_hash", key: "u64", value: "u64", maxEntries: 32 }, programs: keyed },
  { shape: { type: "lru_hash", key: "u64", value: "u64", maxEntries: 32 }, programs: keyed },
  { shape: { type: "lru_hash", key: "u64", value: "u64", maxEntries: 32, flags: 2 }, programs: keyed },
  { shape: { type: "array", key: "u32", value: "u64", maxEntries: 32 }, programs: keyed },
  { shape: { type: "lpm_trie", key: 8, value: "u64", maxEntries: 32, flags: 1 }, programs: keyed },
  { shape: { type: "queue", key: 0, value: "u64", maxEntries: 32 }, programs: queued },
  { shape: { type: "stack", key: 0, value: "u64", maxEntries: 32 }, programs: queued },
  { shape: { type: "bloom_filter", key: 0, value: "u64", maxEntries: 32 }, programs: { push: queued.push, peek: queued.peek } },
  { shape: { type: "ringbuf", key: 0, value: 0, maxEntries: 4096 }, programs: { record: RECORD } },
];

/** What the host can do with a map, by name, with no more arguments than there are. */
function operate(map: object, random: Random): void {
  const key = (random.next() & 1) === 0 ? 32 : new Uint8Array(8);
  const calls: [string, ...unknown[]][] = [
    ["get", key],
    ["set", key, 5],
    ["delete", key],
    ["take", key],
    ["push", 3],
    ["pop"],
    ["peek"],
    ["add", 3],
    ["has", 3],
    ["entries"],
    ["keys"],
    ["values"],
    ["drain", () => {}],
    ["clear"],
  ];
  for (const [name, ...args] of calls) {
    const method: unknown = Reflect.get(map, name);
    if (typeof method !== "function") continue;
    mayFail(() => {
      const result: unknown = method.apply(map, args);
      if (typeof result !== "object" || result === null || !(Symbol.iterator in result)) return;
      let left = 100_000;
      for (const _ of result as Iterable<unknown>) if (--left === 0) assert.fail(`${name} gives more than a map can hold`);
    });
  }
}

/** RangeError of arguments that are no key of this map is the host's mistake, which this test makes on purpose. */
function mayFail(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (error instanceof FaultError || error instanceof MapError) return;
    if (
      error instanceof Error &&
      /expected|key|value/.test(error.message) &&
      !/DataView|typed array|offset|Invalid/i.test(error.message)
    )
      return;
    throw error;
  }
}

const packetOf = (words: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(words).buffer);

describe("what a wrong program spoils", () => {
  for (const { shape, programs } of KINDS) {
    test(`${shape.type}, keys of ${JSON.stringify(shape.key)}, flags ${shape.flags ?? 0}`, async () => {
      for (let seed = 1; seed <= ROUNDS; seed++) {
        const random = new Random(seed);
        const engine = openEmbedded({ unsafe: true, memory: 1 << 20, seed, cpus: 2, fuel: 1 << 20 });
        const before = engine.memory.used;
        const collection = await engine.load(specOf({ m: shape }, { spoil: SPOIL, ...programs }));
        const map = collection.maps["m"]!;
        operate(map, random);
        for (let round = 0; round < 20; round++) mayFail(() => run(programs, round));
        const wild = [0, 1, 2, 31, 33, 0xffff_ffff, 0x8000_0000, 0x7fff_ffff, 0x4000_0000];
        const words: number[] = [];
        const start = 65_536 + before;
        for (let count = 40; count > 0; count--) {
          const address = start + (random.next() % Math.max(engine.memory.used - before, 4096));
          words.push(address & ~3, (random.next() & 1) === 0 ? wild[random.next() % wild.length]! : random.next() % 64);
        }
        mayFail(() => collection.programs["spoil"]!.run({ packet: packetOf(words) }));
        for (let round = 0; round < 6; round++) {
          for (const name of Object.keys(programs))
            mayFail(() => collection.programs[name]!.run({ packet: packetOf([random.next() % 40, 0, 0, 0, 0]) }));
          if ((round & 1) === 1) operate(map, random);
        }
        await collection[Symbol.asyncDispose]();
        assert.equal(engine.memory.used, before, `seed ${seed}`);
        await engine[Symbol.asyncDispose]();

        function run(all: Readonly<Record<string, string>>, number: number): void {
          for (const name of Object.keys(all)) collection.programs[name]!.run({ packet: packetOf([number, 0, 0, 0, 0]) });
        }
      }
    });
  }
});

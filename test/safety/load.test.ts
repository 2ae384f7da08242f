/** Whatever a Spec says, `load` gives a collection or says what is wrong with it in one of its documented errors, soon. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BtfError } from "../../src/btf/errors.ts";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { FaultError, FeatureError, MapError, VerifierError } from "../../src/engine/errors.ts";
import { IsaError } from "../../src/isa/errors.ts";
import type { Spec } from "../../src/object/spec.ts";
import { objectSpec } from "../calls/objects.ts";
import { specOf } from "../contract/specs.ts";

const RUNS = Number(process.env["SKEP_SPECS"] ?? 400);

const SPECS: readonly Spec[] = [
  specOf(
    {
      hash: { type: "hash", key: "u32", value: "u64", maxEntries: 8 },
      array: { type: "percpu_array", key: "u32", value: { a: "u32", b: "u64" }, maxEntries: 4 },
      ring: { type: "ringbuf", key: 0, value: 0, maxEntries: 4096 },
      trie: { type: "lpm_trie", key: 8, value: "u64", maxEntries: 8, flags: 1 },
      queue: { type: "queue", key: 0, value: "u64", maxEntries: 8 },
    },
    { main: "r1 = map hash\nr2 = r10\nr2 += -4\n*(u32 *)(r10 - 4) = 1\ncall 1\nr0 = 2\nexit" },
  ),
  objectSpec("locks"),
  objectSpec("allocated"),
  objectSpec("tail-calls"),
];

const TYPES = [
  "hash",
  "array",
  "lru_hash",
  "percpu_hash",
  "lpm_trie",
  "ringbuf",
  "queue",
  "bloom_filter",
  "prog_array",
  "hash_of_maps",
  "stack_trace",
  "perf_event_array",
  "user_ringbuf",
  "devmap",
  "xskmap",
  "task_storage",
  "arena",
  "cgroup_storage",
  "struct_ops",
];

const number = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 7, 8, 4096, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, -1, 1.5),
  fc.nat(300),
);

/** One change: where (of all places in the order in which they are met, by remainder), and what stands there then. */
const change = fc.record({ place: fc.nat(100_000), number, type: fc.constantFrom(...TYPES), flip: fc.nat(255) });

/** A copy in which the numbers, texts and bytes of `places` are others. */
function changed(spec: Spec, changes: readonly { place: number; number: number; type: string; flip: number }[]): Spec {
  const copy = structuredClone(spec);
  for (const { place, number, type, flip } of changes) {
    const places: (() => void)[] = [];
    const visit = (value: unknown, depth: number): void => {
      if (typeof value !== "object" || value === null || depth > 5) return;
      if (value instanceof Uint8Array) {
        for (let copies = 0; copies < 8; copies++)
          places.push(() => {
            if (value.length > 0) value[(place * 31 + copies * 7) % value.length]! ^= flip;
          });
        return;
      }
      for (const [key, inner] of Object.entries(value)) {
        if (typeof inner === "number") places.push(() => Reflect.set(value, key, number));
        else if (key === "type" && typeof inner === "string") places.push(() => Reflect.set(value, key, type));
        else if (inner === null || typeof inner === "object") visit(inner, depth + 1);
      }
    };
    visit(copy, 0);
    places[place % places.length]!();
  }
  return copy;
}

test("a damaged Spec is refused, or what it says is done", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(SPECS.length - 1), fc.array(change, { minLength: 1, maxLength: 3 }), async (index, changes) => {
      const engine = openEmbedded({ unsafe: true, memory: 4 << 20, seed: 1, fuel: 10_000 });
      const before = engine.memory.used;
      try {
        const collection = await engine.load(changed(SPECS[index]!, changes));
        for (const program of Object.values(collection.programs)) {
          try {
            program.run({ packet: new Uint8Array(128) });
          } catch (error) {
            assert.ok(
              error instanceof FaultError || error instanceof FeatureError,
              String(error instanceof Error ? error.stack : error),
            );
          }
        }
        await collection[Symbol.asyncDispose]();
      } catch (error) {
        const documented = [MapError, VerifierError, FeatureError, IsaError, BtfError, FaultError];
        assert.ok(
          documented.some((kind) => error instanceof kind),
          String(error instanceof Error ? error.stack : error),
        );
      }
      // What programs allocate comes from pieces of 64 KiB and 64 bytes between them, which stay the engine's.
      assert.equal((engine.memory.used - before) % 65_600, 0);
      await engine[Symbol.asyncDispose]();
    }),
    { numRuns: RUNS, seed: Number(process.env["SKEP_SEED"] ?? 4) },
  );
});

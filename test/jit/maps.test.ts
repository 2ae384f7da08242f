/** Maps behave alike under both: generated lookups find what the map's class put there, and the other operations go through. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { Random } from "../../src/engine/embedded/random.ts";
import type { MapShape } from "../contract/specs.ts";
import { specOf } from "../contract/specs.ts";

const PACKET = 120;
/** Where the key begins in a packet; before it, at 14, what to do. */
const KEY = 16;

/** Looks up the key in the packet and counts in its value; or updates, or deletes. */
const PROGRAM = `
  r6 = *(u32 *)(r1 + 0)
  r2 = *(u32 *)(r1 + 4)
  r3 = r6
  r3 += ${PACKET}
  r0 = 99
  if r3 > r2 goto done
  r7 = *(u8 *)(r6 + 14)
  r2 = r6
  r2 += ${KEY}
  r1 = map m
  if r7 == 1 goto update
  if r7 == 2 goto delete
  call 1
  if r0 == 0 goto done
  r1 = *(u64 *)(r0 + 0)
  r1 += 1
  *(u64 *)(r0 + 0) = r1
  r0 = r1
  goto done
update:
  r3 = r6
  r3 += 0
  r4 = 0
  call 2
  goto done
delete:
  call 3
done:
  exit`;

const SHAPES: readonly MapShape[] = [
  { type: "array", key: "u32", value: 14, maxEntries: 40 },
  { type: "percpu_array", key: "u32", value: 8, maxEntries: 40 },
  ...[1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 20, 40, 64, 65].map(
    (key): MapShape => ({ type: "hash", key, value: 14, maxEntries: 40 }),
  ),
  ...[4, 8, 20].map((key): MapShape => ({ type: "percpu_hash", key, value: 8, maxEntries: 40 })),
  ...[4, 12].map((key): MapShape => ({ type: "lru_hash", key, value: 8, maxEntries: 20 })),
  { type: "lru_percpu_hash", key: 4, value: 8, maxEntries: 20 },
  { type: "lpm_trie", key: 8, value: 8, maxEntries: 40, flags: 1 },
];

describe("a map that a program looks up in, updates and deletes from", () => {
  for (const shape of SHAPES) {
    test(`${shape.type}, key ${shape.key}, value ${shape.value}`, async () => {
      const [reference, ...others] = await Promise.all(
        (["interpreter", "jit"] as const).map(async (execution) => {
          const random = new Random(7);
          await using engine = openEmbedded({ unsafe: true, memory: 4 << 20, cpus: 2, seed: 3, execution });
          await using collection = await engine.load(specOf({ m: shape }, { main: PROGRAM }));
          const device = engine.addDevice("eth0");
          await collection.programs["main"]!.attach({ interface: "eth0" });
          const packet = new Uint8Array(PACKET);
          const verdicts: number[] = [];
          for (let round = 0; round < 1_500; round++) {
            packet.fill(round, 0, 14);
            packet[14] = random.next() % 4;
            packet.fill(0, KEY);
            packet[KEY] = random.next() % 45;
            if (shape.type === "lpm_trie") packet.set([random.next() % 33, 0, 0, 0, random.next() % 5, random.next() % 3], KEY);
            // The last byte counts, too.
            else if (shape.type.includes("hash") && typeof shape.key === "number" && shape.key > 4)
              packet[KEY + shape.key - 1] = 1 + (random.next() % 2);
            verdicts.push(device.receive(packet, { cpu: round & 1 }) | 0);
          }
          const entries = [...collection.maps["m"]!.entries()].map((entry) =>
            JSON.stringify(entry, (_, value) => (typeof value === "bigint" ? `${value}` : value)),
          );
          return { verdicts, entries: entries.sort() };
        }),
      );
      for (const other of others) assert.deepEqual(other, reference);
      assert.ok(
        reference!.verdicts.some((verdict) => verdict > 1),
        "something was counted",
      );
    });
  }
});

for (const type of ["hash", "lru_hash", "array"] as const) {
  test(`a key of ${type} that is no address ends the program with a fault`, async () => {
    await using engine = openEmbedded({ unsafe: true, memory: 4 << 20, execution: "jit" });
    const programs = Object.fromEntries(
      ["r2 = 0", "r2 = 0x400000", "r2 = 0x100000000 ll", "r2 = 0x3fffff"].map((load, index) => [
        `p${index}`,
        `${load}\nr1 = map m\ncall 1\nr0 = 2\nexit`,
      ]),
    );
    await using collection = await engine.load(specOf({ m: { type, key: "u32", value: "u64", maxEntries: 8 } }, programs));
    for (const program of Object.values(collection.programs)) {
      assert.throws(
        () => program.run({ packet: new Uint8Array(60) }),
        { name: "FaultError", message: /call bpf_map_lookup_elem/ },
        program.name,
      );
    }
  });
}

for (const execution of ["interpreter", "jit"] as const) {
  test(`${execution}: a map has no bytes to read or write`, async () => {
    await using engine = openEmbedded({ unsafe: true, memory: 4 << 20, execution });
    const programs = {
      read: "r1 = map m\nr0 = *(u64 *)(r1 + 0)\nexit",
      write: "r1 = map m\nr1 += 4\n*(u32 *)(r1 + 0) = 7\nr0 = 2\nexit",
    };
    const shape: MapShape = { type: "hash", key: "u32", value: "u64", maxEntries: 8 };
    await using collection = await engine.load(specOf({ m: shape }, programs));
    const packet = new Uint8Array(60);
    assert.throws(
      () => collection.programs["read"]!.run({ packet }),
      /reads 8 bytes at m\+0: that is a map, which has no bytes to read/,
    );
    if (execution === "interpreter")
      assert.throws(() => collection.programs["write"]!.run({ packet }), /writes 4 bytes at m\+4: that is a map/);
  });
}

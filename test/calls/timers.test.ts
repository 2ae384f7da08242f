/** Timers and work queues: when they fire, with which clock, and when they no longer do. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { virtualClock } from "../../src/engine/embedded/clock.ts";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import type { AnyMap } from "../../src/engine/engine.ts";
import type { FaultError } from "../../src/engine/errors.ts";
import { objectSpec, PACKET, WAYS } from "./objects.ts";

const counts = (map: AnyMap | undefined): number[] =>
  [...(map?.values() ?? [])].map((value) => Number((value as { count: bigint }).count));

for (const { way, options } of WAYS) {
  describe(way, () => {
    test("with a virtual clock they fire when it is moved, in order of time", async () => {
      const clock = virtualClock();
      await using engine = openEmbedded({ ...options, clock, memory: 16 << 20 });
      await using collection = await engine.load(objectSpec("locks"));
      const { begin } = collection.programs;
      const { timers, later } = collection.maps;
      begin!.run({ packet: PACKET });
      assert.deepEqual([counts(timers), counts(later)], [[0, 0], [0]]);
      clock.advance(4_999);
      assert.deepEqual(counts(timers), [0, 0]);
      clock.advance(1);
      assert.deepEqual(counts(timers), [1, 0]);
      // Each starts itself anew, 1,000 ns after it fired: at 6,000 and 7,000. The other one, with key 4, fires once.
      clock.advance(10_000);
      assert.deepEqual([counts(timers), counts(later)], [[3, 0], [5]]);
    });

    test("an entry that is deleted takes its timer along", async () => {
      const clock = virtualClock();
      await using engine = openEmbedded({ ...options, clock, memory: 16 << 20 });
      await using collection = await engine.load(objectSpec("locks"));
      collection.programs["begin"]!.run({ packet: PACKET });
      const later = collection.maps["later"]!;
      later.delete(4);
      later.set(4, { count: 0n, timer: {}, queue: { opaque: [0n, 0n] } });
      clock.advance(100_000);
      assert.deepEqual(counts(later), [0]);
    });

    test("a work queue runs when no program does", async () => {
      const clock = virtualClock();
      await using engine = openEmbedded({ ...options, clock, memory: 16 << 20 });
      await using collection = await engine.load(objectSpec("locks"));
      collection.programs["queue"]!.run({ packet: PACKET });
      assert.deepEqual(counts(collection.maps["timers"]), [0, 0]);
      clock.advance(0);
      assert.deepEqual(counts(collection.maps["timers"]), [0, 100]);
    });

    test("with the real clock they fire by themselves", async () => {
      await using engine = openEmbedded({ ...options, memory: 16 << 20 });
      await using collection = await engine.load(objectSpec("locks"));
      collection.programs["begin"]!.run({ packet: PACKET });
      for (let tries = 0; tries < 200 && counts(collection.maps["timers"])[0] !== 3; tries++)
        await new Promise((resolve) => setTimeout(resolve, 5));
      assert.deepEqual([counts(collection.maps["timers"]), counts(collection.maps["later"])], [[3, 0], [5]]);
    });

    test("with the real clock a fault is reported, and the others fire", async () => {
      const faults: string[] = [];
      const onFault = ({ message }: FaultError): number => faults.push(message);
      await using engine = openEmbedded({ ...options, unsafe: true, memory: 16 << 20, onFault });
      await using collection = await engine.load(objectSpec("contended"));
      collection.programs["begin"]!.run({ packet: PACKET });
      const fired = (): number => Number((collection.maps["timers"]!.get(1) as { fired: bigint }).fired);
      for (let tries = 0; tries < 200 && fired() === 0; tries++) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(fired(), 1);
      assert.equal(faults.length, 1);
      assert.match(faults[0]!, /^begin, slot \d+.*null/);
    });

    test("none fires when its collection is disposed", async () => {
      const clock = virtualClock();
      await using engine = openEmbedded({ ...options, clock, memory: 16 << 20 });
      const collection = await engine.load(objectSpec("locks"));
      collection.programs["begin"]!.run({ packet: PACKET });
      await collection[Symbol.asyncDispose]();
      clock.advance(100_000);
    });
  });
}

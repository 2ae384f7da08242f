/** Locks of programs between CPUs that are threads: no update is lost, and nobody waits for a program that was stopped. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { nodeThreads } from "../../src/threads/node.ts";
import { objectSpec, WAYS } from "./objects.ts";

const FRAMES = 64;
const ROUNDS = 100;
const LENGTH = 64;
const STOPPED = 255;

/** It is stopped on purpose, so no verifier takes it. */
const BELIEVED = { verify: () => null };

for (const { way, options } of WAYS) {
  const isBare = way === "generated, bare";
  test(`${way}: two CPUs add under one lock`, async () => {
    await using engine = openEmbedded({
      ...options,
      ...(isBare ? BELIEVED : {}),
      memory: 16 << 20,
      cpus: 3,
      threads: nodeThreads(),
    });
    const device = engine.addDevice("net0");
    const { maps, programs } = await engine.load(objectSpec("contended"), { programs: ["add"] });
    await programs["add"]!.attach({ interface: "net0" });
    const rings = [1, 2].map((cpu) => device.openRing({ frames: FRAMES, cpu }));
    for (const ring of rings) {
      ring.lengths.fill(LENGTH);
      // What nobody proved may be stopped while it holds the lock: one packet of each round.
      ring.frame(5)[0] = isBare ? 0 : STOPPED;
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const ring of rings) ring.submit(FRAMES);
      await Promise.all(rings.map((ring) => ring.done()));
    }
    const stopped = isBare ? 0 : ROUNDS;
    assert.deepEqual(
      rings.map(({ faults }) => faults.packets),
      [stopped, stopped],
    );
    const added = BigInt(2 * (FRAMES * ROUNDS - stopped));
    const { count, twice } = maps["entries"]!.get(0) as { count: bigint; twice: bigint };
    assert.deepEqual([count, twice], [added, added * 2n]);
    maps["entries"]!.set(0, { lock: { val: 0 }, rounds: 0, count: 0n, twice: 0n }, { lock: true });
  });
}

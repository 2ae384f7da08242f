/** What user space submits reaches a callback, sample by sample, until it has had enough. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { answersIn, objectSpec, PACKET, WAYS } from "./objects.ts";

for (const { way, options } of WAYS) {
  test(way, async () => {
    await using engine = openEmbedded({ ...options, memory: 16 << 20 });
    await using collection = await engine.load(objectSpec("user-ring"));
    const { ring } = collection.maps;
    for (const number of [1n, 2n, 3n, 4n]) ring!.submit(new Uint8Array(BigUint64Array.of(number).buffer));
    const run = () => {
      const { verdict, packet } = collection.programs["drain"]!.run({ packet: PACKET });
      return answersIn(verdict, packet!).slice(1, 4);
    };
    assert.deepEqual(run(), [3n, 3n, 6n], "the callback stops at 3");
    assert.deepEqual(run(), [1n, 1n, 4n]);
    assert.deepEqual(run(), [0n, 0n, 0n]);
  });
}

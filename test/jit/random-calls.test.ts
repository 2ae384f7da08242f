/** Random programs that call are the same in the interpreter and in generated code: verdicts, faults, maps. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { CALLING, randomCalls } from "./random-calls.ts";

const COUNT = Number(process.env["SKEP_RUNS"] ?? 150);

async function outcome(seed: number, execution: "interpreter" | "jit"): Promise<unknown> {
  await using engine = openEmbedded({ execution, unsafe: true, memory: 4 << 20, seed: 1, fuel: 1_000_000 });
  await using collection = await engine.load(randomCalls(seed));
  for (const [index, name] of CALLING.entries()) collection.maps["programs"]!.set(index, collection.programs[name]);
  return CALLING.map((name) => {
    try {
      return { verdict: collection.programs[name]!.run({ packet: new Uint8Array(64) }).verdict };
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "FaultError") throw error;
      // Fuel counts whole rounds in generated code.
      return error.message.includes("stopped after") ? "fuel" : error.message.replace(/0x[0-9a-f]+/g, "N");
    }
  });
}

test(`${COUNT} random programs that call`, async () => {
  let ended = 0;
  for (let seed = 1; seed <= COUNT; seed++) {
    const expected = await outcome(seed, "interpreter");
    if (JSON.stringify(expected).includes("fuel")) continue;
    if (JSON.stringify(expected).includes("verdict")) ended++;
    assert.deepEqual(await outcome(seed, "jit"), expected, `seed ${seed}`);
  }
  assert.ok(ended > COUNT / 4, `${ended} came to an end`);
});

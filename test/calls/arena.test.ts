/** Arenas in the embedded engine; test/kernel/calls.test.ts holds the same programs against the kernel. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import type { Arena } from "../../src/engine/engine.ts";
import { type ARENA_PROGRAMS, runOnArena } from "./arenas.ts";
import { objectSpec, WAYS } from "./objects.ts";

/** Verdict and numbers, without the zeroes behind them. */
const ANSWERS: Readonly<Record<(typeof ARENA_PROGRAMS)[number], readonly bigint[]>> = {
  pages_of: [0n, 1n, 4n, 1n, -1n, -1n, 3n, -1n, -1n, -1n, -1n, 9n],
  reserved: [0n, -16n, -16n, -22n, 0n, -1n, -1n, 1n],
  list: [8_955_050n, 300n, 1n, 1n, 54n],
  freed: [23n, 0n, 0n, 1n, 0n, 13n],
};

describe("a program on an arena", () => {
  for (const [program, numbers] of Object.entries(ANSWERS)) {
    for (const way of WAYS) {
      test(`${program}, ${way.way}`, async () => {
        const answers = await runOnArena(program, way);
        assert.deepEqual(answers, [0, ...numbers, ...Array(16 - numbers.length).fill(0n)]);
      });
    }
  }
});

describe("variables of an arena", () => {
  for (const { way, options } of WAYS) {
    test(`${way}: programs and user space find them at its start, and pointers lead into the view`, async () => {
      await using engine = openEmbedded({ ...options, memory: 16 << 20 });
      const spec = objectSpec("arena-variables");
      const { maps, programs } = await engine.load(spec);
      const memory = maps["memory"] as Arena;
      const offsetOf = (variable: string): number => spec.globals!.find(({ name }) => name === variable)!.offset;
      assert.equal(memory.pages, 1, "the variables' page is taken");
      const bytes = memory.view();
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      assert.equal(view.getBigUint64(offsetOf("shared"), true), 11n);

      assert.equal(programs["variables"]!.run({ context: new Uint8Array(0) }).verdict, 3);
      assert.equal(view.getBigUint64(offsetOf("shared"), true), 13n, "shared += numbers[1]");
      assert.equal(memory.pages, 2);
      const page = Number(view.getBigUint64(offsetOf("place"), true) - memory.address);
      assert.equal(page, 4096);
      assert.equal(view.getUint32(page + 5 * 4, true), 77);
    });
  }
});

/** Damaged objects are read or refused: never a crash, never a hang. `scripts/fuzz-object.ts` tries many more. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FIXTURES, fixture } from "./fixtures.ts";
import { attempt, mutate } from "./mutate.ts";

const EACH = 250;

describe("a damaged object is read, or refused with an error that says where", () => {
  for (const name of Object.keys(FIXTURES)) {
    if (name === "sections") continue;
    it(name, () => {
      const original = fixture(name);
      let refused = 0;
      for (let seed = 0; seed < EACH; seed++) {
        const { outcome, error, time } = attempt(mutate(original, seed));
        assert.notEqual(outcome, "wrong", `seed ${seed}: ${error instanceof Error ? error.stack : error}`);
        assert.ok(time < 2000, `seed ${seed} took ${time} ms`);
        if (outcome === "refused") refused++;
      }
      assert.ok(refused > 0, "some damage must be noticed");
    });
  }

  it("cut off after any number of bytes", () => {
    const original = fixture("legacy");
    for (let length = 0; length < original.length; length += 7) {
      const { outcome, error } = attempt(original.subarray(0, length));
      assert.equal(outcome, "refused", `${length} bytes: ${error instanceof Error ? error.stack : error}`);
    }
  });
});

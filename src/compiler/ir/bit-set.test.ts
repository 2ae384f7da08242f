import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BitSet } from "./bit-set.ts";

describe("BitSet", () => {
  it("adds and takes away ranges as it does their elements", () => {
    const size = 100;
    for (let from = 0; from <= size; from++) {
      for (let to = 0; to <= size; to++) {
        const range = Array.from({ length: Math.max(to - from, 0) }, (_, index) => from + index);
        const set = new BitSet(size);
        set.addRange(from, to);
        assert.deepEqual(set.toArray(), range);
        set.addRange(0, size);
        set.deleteRange(from, to);
        assert.equal(set.toArray().length, size - range.length);
        assert.ok(range.every((element) => !set.has(element)));
      }
    }
  });
});

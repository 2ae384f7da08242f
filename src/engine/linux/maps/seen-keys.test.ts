import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import { SeenKeys } from "./seen-keys.ts";

for (const size of [1, 4, 5, 8, 20]) {
  test(`keys of ${size} bytes are new once`, () => {
    const random = new Random(size);
    const seen = new SeenKeys(size);
    const known = new Set<string>();
    let again = 0;
    const bytes = new Uint8Array(size + 3);
    for (let round = 0; round < 20_000; round++) {
      for (let at = 0; at < bytes.length; at++) bytes[at] = random.below(at % 3 === 0 ? 256 : 3);
      const text = bytes.slice(3).join();
      assert.equal(seen.isNew(bytes, 3), !known.has(text));
      if (known.has(text)) again++;
      known.add(text);
    }
    assert.deepEqual([seen.count, seen.again], [known.size, again]);
  });
}

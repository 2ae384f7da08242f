/** Objects that clang made of programs that call: generated code answers what the interpreter does. (The kernel: test/kernel/calls.test.ts) */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PROGRAMS, runObject, WAYS } from "../calls/objects.ts";

for (const [object, programs] of Object.entries(PROGRAMS)) {
  describe(object, () => {
    for (const program of programs) {
      test(program, async () => {
        const [interpreted, ...generated] = WAYS;
        const expected = await runObject(object, program, interpreted);
        assert.notEqual(expected[0], 0, "XDP_ABORTED: no answers");
        for (const way of generated) assert.deepEqual(await runObject(object, program, way), expected, way.way);
      });
    }
  });
}

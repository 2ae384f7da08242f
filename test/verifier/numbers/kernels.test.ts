/**
 * What kernels 6.1, 6.12 and 6.18 know of a number after each instruction, we know: not less, not more. Their answers are
 * recorded (record.ts); `record.ts … all` compares with fifty times as many.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { differences } from "./compare.ts";
import { programs } from "./programs.ts";
import { ERAS, readObserved } from "./recorded.ts";

for (const [kernel, era] of Object.entries(ERAS)) {
  describe(`kernel ${kernel}`, () => {
    const observed = readObserved(kernel);
    const groups = Map.groupBy(programs(era, false), ([name]) => name.replace(/[ :].*/, ""));
    for (const [group, all] of groups) {
      test(`${all.length} programs: ${group}`, () => {
        for (const [name, program] of all) {
          const found = differences(program, observed.get(name) ?? { after: [], jumped: [], either: [] }, era);
          assert.deepEqual(found, [], name);
        }
      });
    }
    test("every program of the table has an answer", () => {
      assert.equal(observed.size, [...groups.values()].flat().length);
    });
  });
}

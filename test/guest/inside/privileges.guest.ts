/** Types of programs that the machine's own kernel may not have or take: with which capabilities they load. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkLeastOfTypes } from "../../linux/least-types.ts";

test("types of programs load with the capabilities of the table, and with no fewer", () => {
  const types = checkLeastOfTypes();
  for (const type of ["fentry", "lsm", "struct_ops", "kprobe", "xdp"]) assert.ok(types.includes(type), type);
});

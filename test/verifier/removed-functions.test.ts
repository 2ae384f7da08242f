/** Addresses of functions that no path comes to: what the kernel does after it has verified a program. Verdicts of 6.12 and 6.18. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { BtfBuilder } from "../../src/btf/builder.ts";
import { kernelTarget } from "../../src/verifier/targets/index.ts";
import { verify } from "../../src/verifier/verify.ts";
import { buildSpec } from "./suite/build.ts";

function functions(types: BtfBuilder): Record<string, number> {
  const int = types.int("int", 4, { signed: true });
  const prototype = types.prototype(int, [{ name: "a", type: int }]);
  const main = types.function("main", types.prototype(int, [{ name: "ctx", type: types.pointer(0) }]), "global");
  return { main, used: types.function("used", prototype, "static"), unused: types.function("unused", prototype, "static") };
}

const USED = "used: r0 = 0; exit";
const UNUSED = "unused: r0 = 0; exit";
const END = "r0 = 0; exit";

for (const [what, text, accepted] of [
  ["behind all that stay", `call used; r2 = func unused; ${END}; ${USED}; ${UNUSED}`, false],
  ["called no times", `call used; r1 = 0; r2 = func unused; r3 = 0; r4 = 0; call bpf_loop; ${END}; ${USED}; ${UNUSED}`, false],
  ["before one that stays, whose address it becomes", `call used; r2 = func unused; ${END}; ${UNUSED}; ${USED}`, true],
  ["where no other function stays", `r2 = func unused; ${END}; ${UNUSED}`, true],
  [
    "where no path comes to the address",
    `r1 = 0; if r1 == 0 goto over; r2 = func unused; over: r2 = 0; call used; ${END}; ${USED}; ${UNUSED}`,
    true,
  ],
] as const) {
  test(`a function that nobody calls, ${what}: ${accepted ? "accepted" : "EFAULT"}`, () => {
    const spec = buildSpec({ name: what, category: "calls", accepted, text, type: "sched_cls", functions });
    for (const kernel of ["6.12", "6.18"] as const) {
      const { refusal } = verify(spec, spec.programs[0]!, kernelTarget(kernel, null));
      assert.equal(refusal?.code, accepted ? undefined : "EFAULT", kernel);
    }
  });
}

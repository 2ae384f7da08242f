/** What malformed programs are refused with, beside what kernels 6.1, 6.12 and 6.18 said of the same bytes. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { kernelTypes } from "../../src/kernels/types.ts";
import { kernelTarget } from "../../src/verifier/targets/index.ts";
import { verify } from "../../src/verifier/verify.ts";
import { EARLIER, SHAPE_CASES } from "./shape-cases.ts";
import { buildSpec } from "./suite/build.ts";

/** 6.1 has no `bpf_rcu_read_lock`: a loader refuses it before the kernel is asked. */
const NOT_ASKED = "a kernel function in a program that is not free";

for (const kernel of ["6.18", "6.12", "6.1"] as const) {
  describe(kernel, () => {
    const target = kernelTarget(kernel, kernelTypes(kernel));
    const earlier = kernel === "6.18" ? {} : EARLIER[kernel];
    for (const { name, refused, text, raw, ...setting } of SHAPE_CASES) {
      if (kernel === "6.1" && name === NOT_ASKED) continue;
      const expected = name in earlier ? (earlier[name] ?? null) : refused;
      test(name, () => {
        const source = { name, category: "core" as const, accepted: expected === null, ...setting };
        const spec = buildSpec({ ...source, ...(text === undefined ? { raw: raw ?? [] } : { text }) });
        const verdict = verify(spec, spec.programs[0]!, target);
        assert.equal(verdict.refusal?.text.split("\ncur state:")[0] ?? null, expected);
      });
    }
  });
}

/** What malformed programs are refused with, beside what kernel 6.18 said of the same bytes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { kernelTypes } from "../../src/kernels/types.ts";
import { kernelTarget } from "../../src/verifier/targets/index.ts";
import { verify } from "../../src/verifier/verify.ts";
import { SHAPE_CASES } from "./shape-cases.ts";
import { buildSpec } from "./suite/build.ts";

const types = kernelTypes("6.18");
const target = kernelTarget("6.18", types);

for (const { name, refused, text, raw, ...setting } of SHAPE_CASES) {
  const needsTypes = text?.includes("kfunc") === true || /kernel function|typed address/.test(name);
  test(name, { skip: needsTypes && types === null ? "no types of kernel 6.18 here" : false }, () => {
    const source = { name, category: "core" as const, accepted: refused === null, ...setting };
    const spec = buildSpec({ ...source, ...(text === undefined ? { raw: raw ?? [] } : { text }) });
    const verdict = verify(spec, spec.programs[0]!, target);
    assert.equal(verdict.refusal?.text.split("\ncur state:")[0] ?? null, refused);
  });
}

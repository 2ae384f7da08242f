/** Paths are only taken for walked when what mattered on the walked one is the same, wherever it was kept meanwhile. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { kernelTypes } from "../../src/kernels/types.ts";
import { kernelTarget } from "../../src/verifier/targets/index.ts";
import { verify } from "../../src/verifier/verify.ts";
import { buildSpec } from "./suite/build.ts";

const THROUGH_THE_STACK = `
  r6 = *(u32 *)(r1 +0)
  r7 = 1
  if r6 == 0 goto either
  r7 = 60
either:
  *(u64 *)(r10 -16) = r7
  call bpf_get_prandom_u32
  *(u32 *)(r10 -4) = r0
  r2 = r10
  r2 += -4
  r1 = map array64
  call bpf_map_lookup_elem
  if r0 == 0 goto out
  r7 = *(u64 *)(r10 -16)
  r0 += r7
  r1 = *(u8 *)(r0 -4)
out:
  r0 = 0
  exit`;

for (const kernel of ["6.1", "6.12", "6.18"] as const) {
  test(`an offset that was spilled on two paths (${kernel})`, () => {
    const spec = buildSpec({ name: "precision", category: "core", accepted: false, text: THROUGH_THE_STACK });
    const verdict = verify(spec, spec.programs[0]!, kernelTarget(kernel, kernelTypes(kernel)));
    assert.equal(
      verdict.refusal?.text,
      "invalid access to map value, value_size=64 off=-3 size=1\nR0 min value is outside of the allowed memory range",
    );
  });
}

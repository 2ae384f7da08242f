/** Loops over the kernel's open-coded iterators: kernels take them, and they are destroyed on every way out. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openKernelTarget } from "../../../src/kernels/types.ts";
import { check } from "../../../src/verifier/index.ts";
import { compileFor, refusalsOf } from "../vmlinux/kernel-source.ts";
import { ITERATORS } from "./iterators.ts";

describe("kernels take a loop over", () => {
  for (const { name, source } of ITERATORS) {
    for (const kernel of ["6.12", "6.18"] as const) {
      test(`${kernel}: ${name}`, async () => {
        const spec = compileFor(source);
        const { verdict, unfit, explanation } = await check(spec, spec.programs[0]!, openKernelTarget(kernel));
        assert.ok(verdict?.accepted, `${unfit ?? explanation?.reason}: ${verdict?.refusal?.text}`);
      });
    }
  }
});

test("it asks the kernel for the iterator's three functions", () => {
  const { externs = [] } = compileFor(ITERATORS[0]?.source ?? "");
  assert.deepEqual(externs.map(({ name }) => name).sort(), ["bpf_iter_task_destroy", "bpf_iter_task_new", "bpf_iter_task_next"]);
});

describe("what is refused", () => {
  const source = (body: string) => (ITERATORS[0]?.source ?? "").replace(/=> \{\n[\s\S]*$/, `=> {\n${body}\n});`);
  const cases = [
    { body: "for (const t of bpf_iter_task(5, 0)) out.set(0, 1);", code: "SK2101" },
    { body: "for (const t of bpf_iter_task(next)) out.set(0, 1);", code: "SK2106" },
    { body: "const t = bpf_iter_task(next, 0);", code: "SK2010" },
    { body: "const t = bpf_task_from_pid(1); for (const v of bpf_iter_task_vma(t, 0)) out.set(0, 1);", code: "SK2301" },
    { body: "for (const t of bpf_iter_task(null, 0)) { out.set(0, t.nothing); }", code: "SK2009" },
  ] as const;
  for (const { body, code } of cases) {
    test(body, () => {
      const found = refusalsOf(source(body));
      assert.equal(found[0]?.code, code, found.map(({ message }) => message).join("\n"));
    });
  }
});

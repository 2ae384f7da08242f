/** Pointers that map values own: kernels take them, and what they would not is refused. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openKernelTarget } from "../../../src/kernels/types.ts";
import { check } from "../../../src/verifier/index.ts";
import { compileFor, refusalsOf } from "../vmlinux/kernel-source.ts";
import { KPTRS, program } from "./kptrs.ts";

describe("kernels take a program that", () => {
  for (const { name, source } of KPTRS) {
    for (const kernel of ["6.12", "6.18"] as const) {
      test(`${kernel}: ${name}`, async () => {
        const spec = compileFor(source);
        const { verdict, unfit, explanation } = await check(spec, spec.programs[0]!, openKernelTarget(kernel));
        assert.ok(verdict?.accepted, `${unfit ?? explanation?.reason}: ${verdict?.refusal?.text}`);
      });
    }
  }
});

describe("what is refused", () => {
  const value = "const value = held.get(0); if (value === null) return;";
  const cases = [
    { body: `${value} out.set(0, u64(value.task.pid));`, code: "SK2301" },
    { body: `${value} bpf_kptr_xchg(value.task, null);`, code: "SK1105" },
    { body: `${value} const old = bpf_kptr_xchg(value.n, null);`, code: "SK2101" },
    { body: `${value} const old = bpf_kptr_xchg(value.task, 5);`, code: "SK2101" },
    { body: `${value} value.task = next;`, code: "SK2114" },
    { body: `${value} others.set(1, value);`, code: "SK2406" },
    { body: "const r = bpf_find_vma(5, 0, (task, vma) => {});", code: "SK2101" },
  ] as const;
  for (const { body, code } of cases) {
    test(body, () => {
      const found = refusalsOf(program(body));
      assert.equal(found[0]?.code, code, found.map(({ message, hint }) => `${message}; ${hint}`).join("\n"));
    });
  }
  test("a pointer to what is no struct of the kernel's", () => {
    assert.equal(
      refusalsOf(program("", "interface Bad { n: Kptr<u32> }\nexport const bad = array<Bad>({ maxEntries: 1 });"))[0]?.code,
      "SK3003",
    );
  });
});

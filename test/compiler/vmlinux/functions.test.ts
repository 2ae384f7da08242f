/** Functions of the kernel: typed by its BTF, called by name, asked for before they are called. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBtf } from "../../../src/btf/index.ts";
import { openKernelTarget } from "../../../src/kernels/types.ts";
import type { KsymExtern } from "../../../src/object/spec.ts";
import { check } from "../../../src/verifier/index.ts";
import { compileFor, refusalsOf } from "./kernel-source.ts";

const HEAD = `import { exists, hash, i32, print, tpBtf, u64, cast, type bool, type u32 } from "skep/bpf";
import { bpf_cpumask_create, bpf_cpumask_release, bpf_cpumask_set_cpu, bpf_get_kmem_cache, bpf_task_acquire, bpf_task_from_pid, bpf_task_release, type task_struct } from "skep/vmlinux";
export const seen = hash<u64, i32>({ maxEntries: 16 });
`;

function program(body: string): string {
  return `${HEAD}export const program = tpBtf("sched_switch", (preempt: bool, prev: task_struct, next: task_struct) => {\n${body}\n});`;
}

async function verdict(body: string, kernel: "6.12" | "6.18"): Promise<string> {
  const spec = compileFor(program(body));
  const { verdict, unfit } = await check(spec, spec.programs[0]!, openKernelTarget(kernel));
  return unfit ?? verdict?.refusal?.text ?? "accepted";
}

describe("a function of the kernel", () => {
  for (const kernel of ["6.12", "6.18"] as const) {
    test(`${kernel}: gives a pointer that may be null, and takes it back`, async () => {
      const body = "const task = bpf_task_from_pid(1); if (task !== null) { seen.set(1, task.pid); bpf_task_release(task); }";
      assert.equal(await verdict(body, kernel), "accepted");
    });

    test(`${kernel}: takes parameters of the hook, as trusted as they are`, async () => {
      assert.equal(
        await verdict(
          "const task = bpf_task_acquire(prev); if (task !== null) { seen.set(2, task.tgid); bpf_task_release(task); }",
          kernel,
        ),
        "accepted",
      );
      assert.equal(
        await verdict(
          "const mask = bpf_cpumask_create(); if (mask !== null) { bpf_cpumask_set_cpu(0, mask); bpf_cpumask_release(mask); }",
          kernel,
        ),
        "accepted",
      );
    });

    test(`${kernel}: is asked for where only some kernels have it`, async () => {
      const body =
        "if (exists(bpf_get_kmem_cache)) { const cache = bpf_get_kmem_cache(1n); if (cache !== null) seen.set(2, i32(cache.object_size)); }";
      assert.equal(await verdict(body, kernel), "accepted");
    });
  }

  test("is an extern with the kernel's prototype, weak when it was asked for", () => {
    const spec = compileFor(
      program(
        "if (exists(bpf_get_kmem_cache)) { const c = bpf_get_kmem_cache(1n); if (c !== null) seen.delete(1); } const t = bpf_task_from_pid(1); if (t !== null) bpf_task_release(t);",
      ),
    );
    const externs = (spec.externs ?? []).filter((extern): extern is KsymExtern => extern.kind === "kfunc");
    assert.deepEqual(externs.map(({ name, weak }) => `${name} ${weak}`).sort(), [
      "bpf_get_kmem_cache true",
      "bpf_task_from_pid false",
      "bpf_task_release false",
    ]);
    const btf = openBtf(spec.types ?? new Uint8Array());
    const prototype = btf.type(externs.find(({ name }) => name === "bpf_task_release")?.type ?? 0);
    assert.ok(prototype.kind === "prototype" && prototype.parameters.length === 1);
    const pointer = btf.type(prototype.parameters[0]?.type ?? 0);
    assert.equal(pointer.kind === "pointer" && btf.name(pointer.type), "task_struct");
  });
});

describe("what is refused", () => {
  const cases = [
    { body: "const t = bpf_task_from_pid(1); seen.set(1, t.pid);", code: "SK2301", hint: /=== null/ },
    { body: "bpf_task_from_pid(1);", code: "SK1105", hint: /./ },
    { body: "bpf_task_release(cast<task_struct>(5n));", code: "SK2504", hint: /typed hook/ },
    { body: "const t = bpf_task_from_pid(prev);", code: "SK2101", hint: /i32/ },
    { body: "const t = bpf_task_from_pid();", code: "SK2106", hint: /bpf_task_from_pid\(pid: i32\)/ },
  ];
  for (const { body, code, hint } of cases) {
    test(body, () => {
      const found = refusalsOf(program(body));
      assert.equal(found[0]?.code, code);
      assert.match(found[0]?.hint ?? "", hint);
      assert.equal(found.length, 1);
    });
  }
});

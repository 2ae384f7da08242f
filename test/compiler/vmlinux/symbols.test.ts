/** Variables of the kernel and its configuration. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openKernelTarget } from "../../../src/kernels/types.ts";
import { readObject } from "../../../src/object/read.ts";
import { writeObject } from "../../../src/object/write/write.ts";
import { check } from "../../../src/verifier/index.ts";
import { KERNELS } from "../../../src/verifier/targets/index.ts";
import { compileFor, refusalsOf } from "./kernel-source.ts";

const HEAD = `import { bpf_per_cpu_ptr, bpf_this_cpu_ptr, hash, kconfig, ksym, tpBtf, u64, type bool, type i32, type u32 } from "skep/bpf";
import { bpf_prog_active, runqueues, type task_struct } from "skep/vmlinux";
export const seen = hash<u64, u64>({ maxEntries: 16 });
const jiffies = ksym<u64>("jiffies_64");
const init = ksym<task_struct>("init_task");
`;

function program(body: string): string {
  return `${HEAD}export const program = tpBtf("sched_switch", () => {\n${body}\n});`;
}

const PROGRAMS = {
  "this CPU's of a struct, and of a number":
    "seen.set(u64(bpf_this_cpu_ptr(runqueues).nr_running), u64(bpf_this_cpu_ptr(bpf_prog_active)));",
  "another CPU's, which may not be there":
    "const queue = bpf_per_cpu_ptr(runqueues, 3); if (queue !== null) seen.set(1, u64(queue.nr_running) + u64(bpf_per_cpu_ptr(bpf_prog_active, 3) ?? 0));",
  "a variable that only has an address": "seen.set(jiffies, u64(init.pid));",
  "options of the kernel": 'seen.set(u64(kconfig<u32>("CONFIG_HZ")), kconfig<bool>("CONFIG_BPF_JIT") ? 1 : 0);',
};

for (const [what, body] of Object.entries(PROGRAMS)) {
  test(`${what}: three kernels accept it`, async () => {
    const spec = compileFor(program(body));
    for (const kernel of KERNELS) {
      const { verdict, unfit } = await check(spec, spec.programs[0]!, openKernelTarget(kernel));
      assert.equal(unfit ?? verdict?.refusal?.text ?? "accepted", "accepted", kernel);
    }
  });
}

describe("externs", () => {
  test("are as in an object: written, and read again", () => {
    const spec = compileFor(program(Object.values(PROGRAMS).join("\n")));
    const read = readObject(writeObject(spec), { name: spec.name });
    const plain = (externs: typeof spec.externs) =>
      (externs ?? []).map(({ type: _, ...extern }) => JSON.stringify(extern, Object.keys(extern).sort())).sort();
    assert.deepEqual(plain(read.externs), plain(spec.externs));
    const map = (maps: typeof spec.maps) => {
      const { valueType: _, ...found } = maps.find(({ section }) => section === ".kconfig") ?? { valueType: 0 };
      return found;
    };
    assert.deepEqual(map(read.maps), map(spec.maps));
  });
});

describe("what is refused", () => {
  const cases = [
    { body: "seen.set(1, u64(bpf_prog_active));", hint: /bpf_this_cpu_ptr\(bpf_prog_active\)/ },
    { body: "seen.set(1, u64(bpf_this_cpu_ptr(jiffies)));", hint: /import one/ },
    { body: 'seen.set(1, kconfig<u64>("HZ"));', hint: /CONFIG_HZ/ },
    { body: 'seen.set(u64(kconfig<u32>("CONFIG_HZ")), kconfig<u64>("CONFIG_HZ"));', hint: /CONFIG_HZ/ },
  ];
  for (const { body, hint } of cases) {
    test(body, () => {
      const found = refusalsOf(program(body));
      assert.deepEqual(
        found.map(({ code }) => code),
        ["SK2503"],
      );
      assert.match(found[0]?.hint ?? "", hint);
    });
  }
});

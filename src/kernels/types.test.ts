import assert from "node:assert/strict";
import { test } from "node:test";
import { KERNELS } from "../verifier/targets/index.ts";
import { kernelTypes, openKernelTarget } from "./types.ts";

test("each kernel's types come with the package, whole", () => {
  for (const name of KERNELS) {
    const types = kernelTypes(name);
    const task = types.find("task_struct", "struct");
    assert.ok(task !== undefined && types.sizeOf(task) > 1024, name);
    assert.notEqual(types.find("bpf_lsm_file_open", "function"), undefined, name);
    assert.notEqual(types.find("btf_trace_sched_switch", "typedef"), undefined, name);
  }
});

test("a kernel's types say which kernel functions it was built with", () => {
  const target = openKernelTarget("6.12");
  const acquire = target.kfunc("bpf_task_acquire");
  assert.ok(acquire !== null && target.types?.name(acquire.btfId) === "bpf_task_acquire");
  assert.equal(target.kfunc("bpf_skb_ct_lookup"), null, "a module's there");
  assert.ok(openKernelTarget("6.18").kfunc("bpf_skb_ct_lookup"));
});

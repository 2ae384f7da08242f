import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

test("types are kept unpacked, and unpacked again when what is kept is damaged or cannot be", () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-cache-"));
  const open = (cache: string) =>
    spawnSync(
      process.execPath,
      [
        "--no-warnings",
        "-e",
        `import("${new URL("./btf.ts", import.meta.url)}").then(({ kernelTypes }) => console.log(kernelTypes("6.18").count))`,
      ],
      { env: { ...process.env, SKEP_CACHE: cache }, encoding: "utf8" },
    ).stdout.trim();
  try {
    const count = `${kernelTypes("6.18").count}`;
    assert.equal(open(folder), count);
    const [kept = ""] = readdirSync(join(folder, "btf"));
    assert.equal(open(folder), count);
    writeFileSync(join(folder, "btf", kept), "damaged");
    assert.equal(open(folder), count);
    assert.equal(open("/dev/null/nowhere"), count);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

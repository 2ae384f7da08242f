/** Programs on kernels' own types: relocations as clang's, accepted by verifiers of three kernels, loaded by this one. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { compileC } from "../../../src/clang/compile-c.ts";
import { probeLinux } from "../../../src/engine/linux/engine.ts";
import { kernelTypes, openKernelTarget } from "../../../src/kernels/types.ts";
import { checkRelocations } from "../../../src/object/core/relocate.ts";
import type { Spec } from "../../../src/object/spec.ts";
import { check } from "../../../src/verifier/index.ts";
import { KERNELS, type KernelName } from "../../../src/verifier/targets/index.ts";
import { startScript } from "../../kernel/child.ts";
import "../../kernel/leaks.ts";
import { compileFor } from "./kernel-source.ts";
import { C_HEAD, PAIRS } from "./pairs.ts";

/** What is read where, on a kernel; each once. Whether a bit-field is signed is a matter of types here, and no relocation. */
function meaning(spec: Spec, kernel: KernelName, program = "program"): readonly string[] {
  const told = checkRelocations(spec, kernelTypes(kernel), { programs: ({ name }) => name === program })
    .filter(({ kind }) => kind !== "field_signed")
    .map(({ kind, subject, result, after }) => `${kind} ${subject} ${result === "found" ? after : result}`);
  return [...new Set(told)].sort();
}

const clang = spawnSync("clang-19", ["--version"]).status === 0;

describe("relocations are those of clang for the same program in C", { skip: clang ? false : "needs clang-19" }, () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-core-"));
  after(() => rmSync(folder, { recursive: true }));
  // One file of all: clang takes a second for the kernel's types.
  let theirs: Spec | null = null;
  before(async () => {
    const path = join(folder, "pairs.bpf.c");
    writeFileSync(path, [C_HEAD, ...PAIRS.map(({ c }, index) => c.replace("PROGRAM", `program${index}`))].join("\n"));
    theirs = await compileC(path, { clang: "clang-19", vmlinux: "6.18" });
  });
  for (const [index, { name, typescript }] of PAIRS.entries()) {
    test(name, () => {
      assert.ok(theirs);
      const ours = compileFor(typescript);
      for (const kernel of KERNELS) assert.deepEqual(meaning(ours, kernel), meaning(theirs, kernel, `program${index}`), kernel);
    });
  }
});

describe("verifiers accept them", () => {
  for (const { name, typescript } of PAIRS) {
    for (const kernel of KERNELS) {
      test(`${kernel}: ${name}`, async () => {
        const spec = compileFor(typescript);
        const [program] = spec.programs;
        assert.ok(program);
        const { verdict, unfit } = await check(spec, program, openKernelTarget(kernel));
        assert.equal(unfit ?? verdict?.refusal?.text ?? "accepted", "accepted");
      });
    }
  }
});

test("pointers go through functions, inlined or not, and through variables that change", async () => {
  const source = `import { bpf_probe_read_kernel_str, hash, tpBtf, tracepoint, u64, zeroed, type bool, type FixedString, type i32, type u32 } from "skep/bpf";
import type { task_struct, trace_event_raw_sched_process_exec } from "skep/vmlinux";
export const seen = hash<u64, i32>({ maxEntries: 16 });
export const names = hash<u64, FixedString<32>>({ maxEntries: 16 });
/** @noinline */
function ancestor(task: task_struct, levels: u32): i32 {
  let at = task;
  for (let i: u32 = 0; i < 4; i++) { if (i >= levels) break; at = at.real_parent; }
  return at.pid;
}
function leader(task: task_struct): task_struct { return task.group_leader; }
function last(task: task_struct): task_struct { task = task.real_parent; return task; }
export const switches = tpBtf("sched_switch", (preempt: bool, prev: task_struct, next: task_struct) => {
  seen.set(u64(next), ancestor(leader(next), 3));
  let at = preempt ? prev : next;
  for (let i = 0; i < 3; i++) at = at.real_parent;
  seen.set(1, at === next ? at.tgid : leader(at).pid);
  let best: task_struct | null = null;
  if (prev.pid > 5) best = prev;
  if (best !== null) seen.set(2, last(best).pid);
});
export const executions = tracepoint<trace_event_raw_sched_process_exec>("sched/sched_process_exec", (ctx) => {
  const name = zeroed<FixedString<32>>();
  bpf_probe_read_kernel_str(name, u64(ctx) + u64(ctx.__data_loc_filename & 0xffff));
  names.set(u64(ctx.pid), name);
});`;
  const spec = compileFor(source);
  for (const kernel of KERNELS) {
    for (const program of spec.programs) {
      const { verdict, unfit } = await check(spec, program, openKernelTarget(kernel));
      assert.equal(unfit ?? verdict?.refusal?.text ?? "accepted", "accepted", `${kernel} ${program.name}`);
    }
  }
});

test("types of another kernel give the same program where it runs", () => {
  for (const { name, typescript } of PAIRS) {
    if (typescript.includes("enumValue(")) continue;
    // 6.1 has no arenas.
    const source = typescript.replace("BPF_MAP_TYPE_ARENA, ", "");
    const [at618, at61] = [compileFor(source, "6.18"), compileFor(source, "6.1")];
    assert.deepEqual(meaning(at61, "6.12"), meaning(at618, "6.12"), name);
  }
});

const probe = probeLinux();

test("this kernel loads those that it permits", { skip: probe.available ? false : probe.reason }, async () => {
  const loading = startScript(new URL("./load-pairs.ts", import.meta.url), [], { timeout: 60_000 });
  const { loaded, refused } = (await loading.hear()) as { loaded: string[]; refused: string[] };
  assert.deepEqual(refused, []);
  assert.ok(loaded.length > 0);
});

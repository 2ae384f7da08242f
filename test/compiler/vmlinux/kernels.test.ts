/** Programs on kernels' own types: relocations as clang's, accepted by verifiers of three kernels, loaded by this one. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { compileC } from "../../../src/clang/compile-c.ts";
import { probeLinux } from "../../../src/engine/linux/engine.ts";
import { kernelTypes, openKernelTarget } from "../../../src/kernels/types.ts";
import { checkRelocations } from "../../../src/object/core/relocate.ts";
import type { Spec } from "../../../src/object/spec.ts";
import { check } from "../../../src/verifier/index.ts";
import { KERNELS, type KernelName } from "../../../src/verifier/targets/index.ts";
import { Conversation } from "../../kernel/child.ts";
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
  const path = fileURLToPath(new URL("./load-pairs.ts", import.meta.url));
  const child = spawn(process.execPath, ["--no-warnings", path], { stdio: ["pipe", "pipe", "pipe"], timeout: 60_000 });
  const { loaded, refused } = (await new Conversation(child).hear()) as { loaded: string[]; refused: string[] };
  assert.deepEqual(refused, []);
  assert.ok(loaded.length > 0);
});

/**
 * Programs of several functions, written as objects: read back they are the same; llvm-objdump reads them; bpftool (libbpf) relocates and loads
 * them, and they compute in the kernel, and in the embedded engine, what they should. The kernel runs them in a child process.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import type { CpuVersion } from "../../src/isa/opcodes.ts";
import { readObject } from "../../src/object/read.ts";
import type { Spec } from "../../src/object/spec.ts";
import { writeObject } from "../../src/object/write/write.ts";
import { noKernel } from "../object/load-with-bpftool.ts";
import { specOf } from "./spec-of-ir.ts";
import { type NamedProgram, SUBPROGRAMS } from "./subprograms.ts";

const folder = mkdtempSync(join(tmpdir(), "skep-subprograms-"));
after(() => rmSync(folder, { recursive: true }));

// cpu v4 came with Linux 6.6.
const [major, minor] = release().split(".").map(Number) as [number, number];
const VERSIONS: readonly CpuVersion[] = major > 6 || (major === 6 && minor >= 6) ? [1, 2, 3, 4] : [1, 2, 3];
const PACKET = new Uint8Array(64);

interface Variant {
  readonly program: NamedProgram;
  readonly what: string;
  readonly spec: Spec;
}

/** Every version, optimized or not; compare-exchange needs v3. */
const VARIANTS: readonly Variant[] = SUBPROGRAMS.flatMap((program) =>
  VERSIONS.filter((cpu) => cpu >= 3 || !program.functions.join().includes("compare-exchange")).flatMap((cpu) =>
    [false, true].map((optimized) => ({
      program,
      what: `${program.name}, cpu v${cpu}${optimized ? ", optimized" : ""}`,
      spec: specOf(program, cpu, optimized),
    })),
  ),
);

describe("a program of several functions", () => {
  it("is the same when it was written as an object and read", () => {
    for (const { what, spec } of VARIANTS) {
      const [read] = readObject(writeObject(spec), { name: "test" }).programs;
      const [made] = spec.programs;
      assert.deepEqual(
        read?.functions.map(({ name, slot }) => ({ name, slot })),
        made?.functions.map(({ name, slot }) => ({ name, slot })),
        what,
      );
      assert.deepEqual(read?.code, made?.code, what);
      assert.deepEqual(read?.lines, made?.lines, what);
      const places = (program: typeof read): unknown => [
        program?.externs?.map(({ slot, kind, name }) => [slot, kind, name]),
        program?.core?.map(({ slot, kind, access }) => [slot, kind, access]),
      ];
      assert.deepEqual(places(read), places(made), what);
    }
  });

  const objdump = "llvm-objdump-19";
  it(`is read by ${objdump}`, { skip: spawnSync(objdump, ["--version"]).status === 0 ? false : `needs ${objdump}` }, () => {
    for (const { what, spec, program } of VARIANTS) {
      const path = join(folder, "objdump.o");
      writeFileSync(path, writeObject(spec));
      const { stdout, status } = spawnSync(objdump, ["-d", "-l", "-r", path], { encoding: "utf8" });
      assert.equal(status, 0, what);
      for (const { name } of spec.programs[0]!.functions) assert.ok(stdout.includes(`<${name}>:`), `${what}\n${stdout}`);
      assert.ok(!stdout.includes("<unknown>"), `${what}\n${stdout}`);
      for (const { kind } of spec.programs[0]!.core ?? []) {
        const printed = kind === "field_exists" ? "<field_exists>" : kind === "enumval_value" ? "<enumval_value>" : "<byte_sz>";
        assert.ok(stdout.includes(`CO-RE ${printed}`), `${program.name}\n${stdout}`);
      }
    }
  });

  it("is loaded by bpftool, and runs in the kernel", { skip: noKernel() }, () => {
    writeFileSync(join(folder, "packet"), PACKET);
    // Kernels without CONFIG_KALLSYMS_ALL do not say where their variables are.
    const symbols = readFileSync("/proc/kallsyms", "utf8");
    for (const { what, spec, program } of VARIANTS) {
      if (program.ksyms?.some((name) => !symbols.includes(` ${name}\n`))) continue;
      const path = join(folder, "kernel.o");
      writeFileSync(path, writeObject(spec));
      const script = `mount -t bpf none /sys/fs/bpf; bpftool prog loadall "$1" /sys/fs/bpf/written
        bpftool -j prog run pinned /sys/fs/bpf/written/main data_in "$2"`;
      const arguments_ = ["-m", "--propagation", "private", "sh", "-e", "-c", script, "sh", path, join(folder, "packet")];
      const { stdout, stderr, status } = spawnSync("unshare", arguments_, { encoding: "utf8" });
      assert.equal(status, 0, `${what}\n${stderr}`);
      assert.equal((JSON.parse(stdout) as { retval: number }).retval, program.verdict, what);
    }
  });

  it("runs in the embedded engine, which has no kernel's functions", async () => {
    await using engine = await openEmbedded();
    for (const { what, spec, program } of VARIANTS) {
      if (program.kfuncs !== undefined || program.ksyms !== undefined) continue;
      await using collection = await engine.load(spec);
      assert.equal(collection.programs["main"]?.run({ packet: PACKET }).verdict, program.verdict, what);
    }
  });
});

/** Objects of the examples, ours beside clang's: tools read them, and they are fitted to other kernels in the same way. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { kernelTypes } from "../../src/kernels/types.ts";
import { checkRelocations } from "../../src/object/core/relocate.ts";
import { readObject } from "../../src/object/read.ts";
import type { Spec } from "../../src/object/spec.ts";
import { writeObject } from "../../src/object/write/write.ts";
import { noClang } from "./clang.ts";
import { EXAMPLES, type ExampleName } from "./plays.ts";
import { fromC, fromTypeScript, isWritten } from "./sources.ts";

const OBJDUMP = "llvm-objdump-19";
const noObjdump = spawnSync(OBJDUMP, ["--version"]).status === 0 ? false : `needs ${OBJDUMP}`;

const folder = mkdtempSync(join(tmpdir(), "skep-examples-"));
after(() => rmSync(folder, { recursive: true }));

/** What a kernel's types make of what a program asks of them: offsets of fields, whether they exist …, by what is meant. */
function fitted(spec: Spec, kernel: "6.1" | "6.12"): ReadonlyMap<string, bigint | string> {
  const reports = checkRelocations(spec, kernelTypes(kernel));
  return new Map(reports.map(({ subject, kind, result, after }) => [`${kind} of ${subject}`, after ?? result]));
}

/** Those that read structs of the kernel. (Registers of a uprobe are such to clang alone.) */
const READ_THE_KERNEL: ReadonlySet<ExampleName> = new Set(["tcp-latency", "open-exec", "runqueue-latency", "task-iterator"]);

for (const name of EXAMPLES.filter(isWritten)) {
  describe(name, () => {
    test("llvm-objdump prints its code under its source", { skip: noObjdump }, async () => {
      const spec = await fromTypeScript(name);
      const path = join(folder, `${name}.o`);
      writeFileSync(path, writeObject(spec));
      const { status, stdout, stderr } = spawnSync(OBJDUMP, ["-d", "-r", "-S", path], { encoding: "utf8" });
      assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
      for (const program of spec.programs) assert.match(stdout, new RegExp(`<${program.name}>:`));
      assert.doesNotMatch(stdout, /<unknown>/);
      assert.match(stdout, /; .*(return|if|===)/, "lines of the source");
    });

    test("is what was compiled when it is read again", async () => {
      const spec = await fromTypeScript(name);
      const again = readObject(writeObject(spec), { name: spec.name });
      const shape = ({ maps, programs }: Spec) => ({
        maps: maps.map(({ name, type, keySize, valueSize, maxEntries }) => ({ name, type, keySize, valueSize, maxEntries })),
        programs: programs.map(({ name, section, type, code }) => ({ name, section, type, slots: code.length / 8 })),
      });
      assert.deepEqual(shape(again), shape(spec));
    });

    for (const kernel of ["6.1", "6.12"] as const) {
      test(`finds the fields of ${kernel} where clang's does`, { skip: noClang() }, async () => {
        const [ours, theirs] = [fitted(await fromTypeScript(name), kernel), fitted(await fromC(name), kernel)];
        // Clang may read two fields through one relocation, or fold one away: what both ask must be answered alike.
        for (const [what, value] of ours) if (theirs.has(what)) assert.equal(value, theirs.get(what), what);
        if (READ_THE_KERNEL.has(name))
          assert.ok(
            [...ours.keys()].some((what) => theirs.has(what)),
            "they ask for some of the same",
          );
        assert.deepEqual(
          [...ours].filter(([, value]) => value === "failed"),
          [],
        );
      });
    }
  });
}

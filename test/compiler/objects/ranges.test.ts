/** Loops over `range()` for kernels before 6.4 compute what they do for later ones, and those kernels take them. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { compileSource } from "../../../src/compiler/compile.ts";
import { openEmbedded } from "../../../src/engine/embedded/engine.ts";
import { probeLinux } from "../../../src/engine/linux/engine.ts";
import { openKernelTarget } from "../../../src/kernels/types.ts";
import { check } from "../../../src/verifier/index.ts";
import { computing, counted, evaluate } from "../program.ts";
import { RANGES } from "./ranges.ts";
import "../../kernel/leaks.ts";

const compiled = (body: string, top = "", since = "6.1") => compileSource(computing(body, top), { file: "range.bpf.ts", since });

describe("a loop over range() before Linux 6.4", () => {
  for (const { name, body, top = "", expected } of RANGES) {
    test(name, async () => {
      assert.equal(await evaluate(body, { top }), expected, "with the iterator");
      const spec = compiled(body, top);
      assert.deepEqual(spec.externs ?? [], [], "no function that only later kernels have");
      await using engine = await openEmbedded({ execution: "interpreter" });
      const { programs, maps } = await engine.load(spec);
      programs["program"]?.run({ packet: counted() });
      assert.equal(maps["out"]?.get(0), expected, "with bpf_loop");
      for (const kernel of ["6.1", "6.12", "6.18"] as const) {
        const { verdict, explanation } = await check(spec, spec.programs[0]!, openKernelTarget(kernel));
        assert.ok(verdict?.accepted, `${kernel}: ${explanation?.reason}`);
      }
    });
  }

  test("is one of later kernels where those are meant", () => {
    const body = "let sum: u64 = 0; for (const i of range(ctx.packet.length)) sum += i; return sum;";
    assert.equal(compiled(body, "", "6.4").externs?.length, 3);
    assert.equal(compiled(body, "", "5.17").externs, undefined);
    assert.throws(() => compiled(body, "", "six"), /"six" is no version of Linux/);
  });
});

const probe = probeLinux();

test("the kernel of this machine takes them, and the rest of this folder", {
  skip: probe.available ? false : probe.reason,
}, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "load.ts")], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), []);
});

/**
 * The twelve examples: in TypeScript and in C they compile, kernels' verifiers take them, and in the embedded engine both do the same
 * with the same input. `kernel.test.ts` loads them into this machine's kernel.
 */

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { openKernelTarget } from "../../src/kernels/types.ts";
import type { Spec } from "../../src/object/spec.ts";
import { check } from "../../src/verifier/index.ts";
import { noClang } from "./clang.ts";
import { perform } from "./perform.ts";
import { EXAMPLES, playOf } from "./plays.ts";
import { RESULTS } from "./results.ts";
import { fromC, fromTypeScript, isWritten } from "./sources.ts";

const KERNELS = ["6.1", "6.12", "6.18"] as const;

async function assertVerified(spec: Spec): Promise<void> {
  for (const name of KERNELS) {
    const target = openKernelTarget(name);
    for (const program of spec.programs) {
      const { verdict, unfit } = await check(spec, program, target);
      assert.ok(verdict?.accepted, `${program.name} on ${name}: ${unfit ?? verdict?.refusal?.text}`);
    }
  }
}

test("every example in C has a play, and a source in TypeScript", () => {
  const names = (folder: string, ending: string) =>
    readdirSync(new URL(`../../examples/${folder}`, import.meta.url))
      .filter((file) => file.endsWith(ending))
      .map((file) => file.slice(0, -ending.length))
      .sort();
  assert.deepEqual(names("c", ".bpf.c"), [...EXAMPLES].sort());
});

for (const name of EXAMPLES) {
  const play = playOf(name);
  describe(name, () => {
    const written = isWritten(name) ? false : "not written in TypeScript yet";

    test("in C: verifiers of 6.1, 6.12 and 6.18 take it", { skip: noClang() }, async () => assertVerified(await fromC(name)));

    test("in TypeScript: verifiers of 6.1, 6.12 and 6.18 take it", { skip: written }, async () =>
      assertVerified(await fromTypeScript(name)),
    );

    test("in TypeScript: interpreted and as generated code it does what it should", { skip: written }, async () => {
      const spec = await fromTypeScript(name);
      const interpreted = await perform(spec, spec, play);
      RESULTS[name](interpreted);
      assert.deepEqual(await perform(spec, spec, play, { execution: "jit" }), interpreted);
    });

    test("in C and in TypeScript it does the same", { skip: written || noClang() }, async () => {
      const [ours, theirs] = await Promise.all([fromTypeScript(name), fromC(name)]);
      assert.deepEqual(await perform(theirs, ours, play), await perform(ours, ours, play));
    });
  });
}

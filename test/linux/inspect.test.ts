/** What is told of what is in this kernel is what bpftool tells of it, field by field. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { runScenario } from "./scenario.ts";

const { available, reason } = probeLinux();
const bpftool = spawnSync("bpftool", ["version"]).status === 0;
const skip = available ? (bpftool ? false : "no bpftool") : reason;

async function run(name: string): Promise<Record<string, unknown>> {
  const { result, left } = await runScenario("./inspect.scenarios.ts", name);
  assert.deepEqual(left, [], "everything was closed");
  return result as Record<string, unknown>;
}

describe("programs and maps", { skip }, () => {
  for (const [name, programs, maps] of [
    ["maps", 5, 10],
    ["network", 25, 2],
    ["tracing", 8, 6],
  ] as const)
    test(`of ${name}.bpf.c: what is told of them`, async () => {
      assert.deepEqual(await run(`infos of ${name}`), { programs, maps, found: [] });
    });

  for (const [name, programs] of [
    ["maps", 5],
    ["tracing", 8],
  ] as const)
    test(`of ${name}.bpf.c: their code`, async () => {
      assert.deepEqual(await run(`code of ${name}`), { programs, found: [] });
    });
});

test("types", { skip }, async () => {
  const { types, found } = await run("types");
  assert.deepEqual(found, []);
  assert.ok(Number(types) > 20);
});

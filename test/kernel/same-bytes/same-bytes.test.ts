/**
 * The same bytes in both engines: programs that clang compiled run on hundreds of packets here and in the kernel, and verdicts,
 * packets, contexts and maps must be the same to the bit.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openEmbedded } from "../../../src/engine/embedded/engine.ts";
import { probeLinux } from "../../../src/engine/linux/engine.ts";
import { startScript } from "../child.ts";
import { corpus } from "./corpus.ts";
import { compileScenario, missingCompiler, SCENARIOS } from "./objects.ts";
import { type Observation, observe, type Run } from "./observe.ts";
import "../leaks.ts";

const PACKETS = 300;
const probe = probeLinux();
const skip = missingCompiler() ?? (probe.available ? false : probe.reason);
const CHILD = new URL("./in-kernel.ts", import.meta.url);

async function inKernel(name: string, cpu: string): Promise<Observation> {
  return (await startScript(CHILD, [name, cpu, String(PACKETS)], { timeout: 60_000 }).hear()) as Observation;
}

/** The first difference, with the packet that made it: a list of hundreds says nothing. */
function compareRuns(program: string, ours: readonly Run[], theirs: readonly Run[], packets: readonly Uint8Array[]): void {
  assert.equal(ours.length, theirs.length);
  ours.forEach((run, at) => {
    assert.deepEqual(run, theirs[at], `${program}, packet ${at}: ${Buffer.from(packets[at]!).toString("hex")}`);
  });
}

describe("the same bytes, here and in the kernel", { skip, concurrency: 2 }, () => {
  const packets = corpus(PACKETS);
  for (const scenario of SCENARIOS) {
    for (const cpu of scenario.contexts !== undefined ? ["v3"] : ["v2", "v3"]) {
      describe(`${scenario.name}, -mcpu=${cpu}`, () => {
        let kernel: Promise<Observation> | undefined;
        for (const execution of ["interpreter", "jit"] as const) {
          test(`${execution} = kernel`, async () => {
            kernel ??= inKernel(scenario.name, cpu);
            const theirs = await kernel;
            await using engine = openEmbedded({ execution, seed: 1 });
            const ours = await observe(engine, compileScenario(scenario.name, cpu), scenario, packets);
            assert.deepEqual(Object.keys(ours.programs).sort(), Object.keys(theirs.programs).sort());
            for (const [program, runs] of Object.entries(ours.programs))
              compareRuns(program, runs, theirs.programs[program] ?? [], packets);
            assert.deepEqual(ours.maps, theirs.maps);
          });
        }
      });
    }
  }
});

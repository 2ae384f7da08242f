/** Programs by the time that they take: what is counted, when counting is on, and why not. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeKernel, fakeFacts } from "../fixtures/fake-kernel.ts";
import { type FakeObject, FakeObjects } from "../fixtures/fake-objects.ts";
import { ERRNO } from "../sys/system-error.ts";
import { KernelInspector } from "./inspector.ts";

const program = (id: number, runTime: bigint, runs: bigint, misses = 0n): FakeObject => ({
  kind: "program",
  id,
  u32: { type: 6 },
  u64: { run_time_ns: runTime, run_cnt: runs, recursion_misses: misses },
  text: { name: `p${id}` },
});

function machine(...objects: readonly FakeObject[]) {
  const kernel = new FakeKernel();
  const fake = new FakeObjects(kernel, objects);
  return { kernel, fake, inspector: new KernelInspector(kernel, fakeFacts()) };
}

const isCounting = (kernel: FakeKernel): boolean => [...kernel.descriptors.values()].includes("enable_stats");

test("counting is on until it is disposed", () => {
  const { kernel, inspector } = machine();
  const statistics = inspector.enableStatistics();
  assert.equal(kernel.callsOf("enable_stats")[0]?.u32("type"), 0);
  assert.ok(isCounting(kernel));
  statistics[Symbol.dispose]();
  assert.ok(!isCounting(kernel));
});

describe("programs by their load", () => {
  test("what each did since the last look, the busiest first; those that come and go", async () => {
    const { kernel, fake, inspector } = machine(program(1, 1000n, 10n), program(2, 5n, 1n), program(3, 0n, 0n));
    const looks = [
      [program(1, 1500n, 15n), program(2, 4005n, 3n, 2n), program(4, 9n, 9n)],
      [program(1, 1500n, 15n), program(2, 4005n, 3n, 2n), program(4, 109n, 10n)],
    ];
    const seen: unknown[] = [];
    for await (const { programs, time } of inspector.loads({ interval: 1 })) {
      assert.ok(isCounting(kernel));
      assert.ok(time instanceof Date);
      for (const { interval, runTime, cpu } of programs) assert.equal(cpu, runTime / interval);
      seen.push(
        programs.map(({ program: { name }, runTime, runCount, recursionMisses }) => [name, runTime, runCount, recursionMisses]),
      );
      const next = looks.shift();
      if (next === undefined) break;
      fake.objects.splice(0, 9, ...next);
    }
    assert.deepEqual(seen, [
      [
        ["p1", 0, 0, 0],
        ["p2", 0, 0, 0],
        ["p3", 0, 0, 0],
      ],
      [
        ["p2", 4000, 2, 2],
        ["p1", 500, 5, 0],
      ],
      [
        ["p4", 100, 1, 0],
        ["p1", 0, 0, 0],
        ["p2", 0, 0, 0],
      ],
    ]);
    assert.deepEqual([...kernel.descriptors], [], "nothing counts any more");
  });

  test("until it is aborted", async () => {
    const { kernel, inspector } = machine(program(1, 0n, 0n));
    const abort = new AbortController();
    let samples = 0;
    for await (const _ of inspector.loads({ interval: 1, signal: abort.signal })) if (++samples === 2) abort.abort();
    assert.equal(samples, 2);
    for await (const _ of inspector.loads({ interval: 60_000, signal: AbortSignal.timeout(1) })) samples++;
    assert.equal(samples, 2);
    assert.deepEqual([...kernel.descriptors], []);
  });
});

describe("a kernel that does not count", () => {
  for (const [errno, expected] of [
    [ERRNO.EPERM, { name: "PrivilegeError", message: /^switching on the statistics of programs: not permitted: / }],
    [ERRNO.EINVAL, { name: "FeatureError", since: "5.8", message: /needs Linux 5\.8, .* sysctl kernel\.bpf_stats_enabled=1/ }],
  ] as const)
    test(expected.name, async () => {
      const { kernel, inspector } = machine();
      kernel.on("enable_stats", () => -errno);
      assert.throws(() => inspector.enableStatistics(), expected);
      await assert.rejects(inspector.loads().next(), expected);
    });
});

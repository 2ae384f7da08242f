/** Locks, timers and work in map values: what kernels take, and what is refused before they see it. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compileSource } from "../../src/compiler/compile.ts";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { openKernelTarget } from "../../src/kernels/types.ts";
import { check as checkProgram, type KernelName } from "../../src/verifier/index.ts";
import { counted } from "./program.ts";
import { check, row } from "./refusals.ts";

const TOP = `import { bpf_spin_lock, bpf_spin_unlock, bpf_timer_cancel, bpf_timer_init, bpf_timer_set_callback, bpf_timer_start, bpf_wq_init, bpf_wq_set_callback, bpf_wq_start, type SpinLock, type Timer, type Workqueue } from "skep/bpf";
interface Value { lock: SpinLock; n: u32; timer: Timer }
export const values = array<Value>({ maxEntries: 1 });
`;

function program(body: string, top = TOP): string {
  return `${top}export const p = xdp((ctx) => {
  const v = values.get(0);
  if (v === null) return XDP_PASS;
  ${body}
  return XDP_PASS;
});`;
}

const IMPORTS = 'import { array, type u32, type u64, xdp, XDP_PASS } from "skep/bpf";\n';

async function taken(source: string, kernels: readonly KernelName[]): Promise<void> {
  const spec = compileSource(IMPORTS + source, { file: "special.bpf.ts" });
  for (const kernel of kernels) {
    const { verdict, explanation } = await checkProgram(spec, spec.programs[0]!, openKernelTarget(kernel));
    assert.ok(verdict?.accepted, `${kernel}: ${explanation?.reason}`);
  }
}

describe("kernels take", () => {
  test("a lock around fields, on every way out", () =>
    taken(
      program(
        "bpf_spin_lock(v.lock); if (v.n > 5) { bpf_spin_unlock(v.lock); return XDP_PASS; } v.n += 1; bpf_spin_unlock(v.lock);",
      ),
      ["6.1", "6.12", "6.18"],
    ));

  test("a timer that calls back with its entry", () =>
    taken(
      program(
        "bpf_timer_init(v.timer, values, 1); bpf_timer_set_callback(v.timer, (map, key: u32, value: Value) => { value.n = key; bpf_timer_start(value.timer, 5); }); bpf_timer_start(v.timer, 1000); bpf_timer_cancel(v.timer);",
      ),
      ["6.1", "6.12", "6.18"],
    ));

  test("work that is done later", () =>
    taken(
      program(
        "if (bpf_wq_init(v.work, values) !== 0) return XDP_PASS; bpf_wq_set_callback(v.work, (map, key, value) => { value.n += key; }); bpf_wq_start(v.work);",
        'import { bpf_wq_init, bpf_wq_set_callback, bpf_wq_start, type Workqueue } from "skep/bpf";\ninterface Value { n: u32; work: Workqueue }\nexport const values = array<Value>({ maxEntries: 1 });\n',
      ),
      ["6.12", "6.18"],
    ));
});

test("the lock is taken and given back in the embedded engine, and a timer's callback changes its entry", async () => {
  const source = program(
    "bpf_spin_lock(v.lock); v.n += 2; bpf_spin_unlock(v.lock); bpf_timer_init(v.timer, values, 1); bpf_timer_set_callback(v.timer, (map, key: u32, value: Value) => { value.n += 10; }); bpf_timer_start(v.timer, 1000);",
  );
  await using engine = await openEmbedded({ execution: "interpreter" });
  const { programs, maps } = await engine.load(compileSource(IMPORTS + source, { file: "special.bpf.ts" }));
  programs["p"]?.run({ packet: counted() });
  assert.equal((maps["values"]?.get(0) as { n: number }).n, 2);
});

describe("what is refused", () => {
  const inside = (
    code: "SK2101" | "SK2106" | "SK2404" | "SK2406" | "SK2407" | "SK2009",
    body: string,
    place: string,
    hint?: RegExp,
  ) => row(code, program(body), place, hint);

  test("a lock that is not given back, or not held, or held twice", () =>
    check([
      inside(
        "SK2407",
        "bpf_spin_lock(v.lock); if (v.n > 5) return XDP_PASS; bpf_spin_unlock(v.lock);",
        "return XDP_PASS;",
        /every path/,
      ),
      inside("SK2407", "bpf_spin_unlock(v.lock);", "bpf_spin_unlock(v.lock)", /take it first/),
      inside("SK2407", "if (v.n > 1) bpf_spin_lock(v.lock); bpf_spin_unlock(v.lock);", "bpf_spin_unlock(v.lock)", /every path/),
      inside(
        "SK2407",
        "bpf_spin_lock(v.lock); bpf_spin_lock(v.lock); bpf_spin_unlock(v.lock);",
        "bpf_spin_lock(v.lock)",
        /first/,
      ),
      inside(
        "SK2407",
        "bpf_spin_lock(v.lock); const w = values.get(0); bpf_spin_unlock(v.lock); if (w) w.n = 1;",
        "values.get(0)",
        /before or after/,
      ),
      inside(
        "SK2407",
        "for (let i = 0; i < 3; i++) { bpf_spin_lock(v.lock); if (i === 1) break; bpf_spin_unlock(v.lock); }",
        "return XDP_PASS;",
      ),
    ]));

  test("what is no field of a map's value, or not its map", () =>
    check([
      inside("SK2101", "const own: Value = { lock: {}, n: 1, timer: {} }; bpf_spin_lock(own.lock);", "own.lock", /SpinLock/),
      inside("SK2101", "bpf_spin_lock(v.timer);", "v.timer", /SpinLock/),
      inside("SK2101", "bpf_spin_lock(v);", "v"),
      inside("SK2106", "bpf_timer_start(v.timer);", "bpf_timer_start(v.timer)", /nanoseconds/),
      inside("SK2101", "bpf_timer_init(v.timer, v, 1);", "v", /values are Value/),
      inside("SK2009", "v.timer.expires = 1;", "expires"),
    ]));

  test("hooks that do not have them", () =>
    check([
      row(
        "SK3201",
        `import { kprobe } from "skep/bpf"; ${TOP}export const p = kprobe("do_unlinkat", () => { const v = values.get(0); if (v) bpf_timer_cancel(v.timer); });`,
        "bpf_timer_cancel(v.timer)",
        /per-CPU/,
      ),
    ]));

  test("copies, and variables that are gone", () =>
    check([
      inside("SK2406", "values.set(0, v);", "v", /fields that you need/),
      inside(
        "SK2404",
        "let n: u32 = 0; bpf_timer_set_callback(v.timer, (map, key: u32, value: Value) => { n += 1; });",
        "(map, key: u32, value: Value) => { n += 1; }",
        /map's value/,
      ),
      row(
        "SK2406",
        `export const others = array<Value>({ maxEntries: 1 });\n${program("bpf_timer_set_callback(v.timer, (map, key: u32, value: Value) => {});")}`,
        "bpf_timer_set_callback(v.timer, (map, key: u32, value: Value) => {})",
        /no other map/,
      ),
    ]));
});

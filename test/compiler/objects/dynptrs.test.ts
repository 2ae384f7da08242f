/** Dynptrs and sections: what they compute, which kernels take them, and what is refused before a kernel sees it. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compileSource } from "../../../src/compiler/compile.ts";
import { openEmbedded } from "../../../src/engine/embedded/engine.ts";
import { openKernelTarget } from "../../../src/kernels/types.ts";
import { check as verify } from "../../../src/verifier/index.ts";
import { counted } from "../program.ts";
import { check, row } from "../refusals.ts";
import { DYNPTRS } from "./dynptrs.ts";

describe("kernels take, and it computes", () => {
  for (const { name, source, kernels, out } of DYNPTRS) {
    test(name, async () => {
      const spec = compileSource(source, { file: "dynptr.bpf.ts" });
      for (const kernel of kernels) {
        const { verdict, unfit, explanation } = await verify(spec, spec.programs[0]!, openKernelTarget(kernel));
        assert.ok(verdict?.accepted, `${kernel}: ${unfit ?? explanation?.reason}`);
      }
      if (out === null) return;
      await using engine = await openEmbedded({ execution: "interpreter" });
      const { programs, maps } = await engine.load(spec);
      programs["program"]?.run({ packet: counted() });
      assert.deepEqual(
        out.map((_, index) => maps["out"]?.get(index)),
        out,
      );
    });
  }
});

const TOP = `import { bpf_dynptr_data, bpf_dynptr_from_mem, bpf_dynptr_from_xdp, bpf_dynptr_read, bpf_dynptr_slice, bpf_dynptr_write, bpf_rcu_read_lock, bpf_rcu_read_unlock, bpf_ringbuf_discard_dynptr, bpf_ringbuf_reserve_dynptr, bpf_ringbuf_submit_dynptr, ringBuffer, type Dynptr, zeroed } from "skep/bpf";
export const events = ringBuffer<Event>({ maxEntries: 4096 });
interface Event { a: u32 }
export const counts = hash<u32, u64>({ maxEntries: 1 });
`;

describe("what is refused", () => {
  const inside = (code: Parameters<typeof row>[0], body: string, place: string, hint?: RegExp) =>
    row(code, `${TOP}export const p = xdp((ctx) => {\n${body}\nreturn XDP_PASS;\n});`, place, hint);
  const made = "const d = zeroed<Dynptr>();";

  test("what was reserved and is not handed back, or twice, or never was", () =>
    check([
      inside(
        "SK2408",
        `${made} if (bpf_ringbuf_reserve_dynptr(events, 8, 0, d) !== 0) return XDP_DROP;\nbpf_ringbuf_submit_dynptr(d);`,
        "return XDP_DROP;",
        /every path/,
      ),
      inside("SK2408", `${made} bpf_ringbuf_submit_dynptr(d);`, "bpf_ringbuf_submit_dynptr(d)", /reserve it first/),
      inside(
        "SK2408",
        `${made} bpf_ringbuf_reserve_dynptr(events, 8, 0, d); bpf_ringbuf_discard_dynptr(d);\nbpf_ringbuf_submit_dynptr(d);`,
        "bpf_ringbuf_submit_dynptr(d)",
      ),
    ]));

  test("a section that stays open, or is opened twice", () =>
    check([
      inside(
        "SK2408",
        "bpf_rcu_read_lock(); if (ctx.packet.length > 5) return XDP_DROP; bpf_rcu_read_unlock();",
        "return XDP_DROP;",
      ),
      inside("SK2408", "bpf_rcu_read_lock();\nbpf_rcu_read_lock(); bpf_rcu_read_unlock();", "bpf_rcu_read_lock()"),
      inside("SK2408", "bpf_rcu_read_unlock();", "bpf_rcu_read_unlock()"),
    ]));

  test("what is no dynptr, has no type, may be null, or does not fit", () =>
    check([
      inside("SK2101", "const e: Event = { a: 1 }; bpf_dynptr_from_xdp(ctx, 0, e);", "e"),
      inside("SK2405", `${made} const x = bpf_dynptr_data(d, 0);`, "bpf_dynptr_data(d, 0)", /<Type>/),
      inside(
        "SK2301",
        `${made} bpf_dynptr_from_xdp(ctx, 0, d); const e = bpf_dynptr_slice<Event>(d, 0, null); counts.set(1, e.a);`,
        "e",
      ),
      inside("SK2114", `${made} const e = bpf_dynptr_slice<Event>(d, 0, null); if (e !== null) e.a = 5;`, "e.a"),
      inside("SK2101", `${made} const e: Event = { a: 1 }; bpf_dynptr_write(d, 0, e, 5, 0);`, "5", /has 4 bytes/),
      inside("SK2101", `${made} bpf_dynptr_from_mem(zeroed<Event>(), 0, d);`, "zeroed<Event>()", /map/),
      inside("SK2106", `${made} bpf_dynptr_read(d);`, "bpf_dynptr_read(d)"),
    ]));

  test("dynptrs in memory", () =>
    check([
      row(
        "SK2008",
        `${TOP}interface Held { d: Dynptr }\nexport const held = hash<u32, Held>({ maxEntries: 1 });\nexport const p = xdp(() => XDP_PASS);`,
        "Dynptr",
      ),
    ]));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { compileSource } from "../compiler/compile.ts";
import { kernelTypes } from "../kernels/types.ts";
import { type PlaceOptions, planPrograms } from "./attach-plan.ts";

const NOWHERE: PlaceOptions = {
  interface: undefined,
  mode: undefined,
  direction: undefined,
  cgroup: undefined,
  pid: undefined,
  cpu: undefined,
  frequency: undefined,
  library: undefined,
};

test("programs that others call or that run for entries of maps wait to be called", () => {
  const spec = compileSource(
    `import { programArray, rawTracepoint, xdp, xdpDevmap, XDP_PASS } from "skep/bpf";
export const leaf = xdp(() => XDP_PASS);
export const calls = programArray({ maxEntries: 1, programs: () => [leaf] });
export const root = xdp((ctx) => { calls.tailCall(ctx, 0); return XDP_PASS; });
export const forEntries = xdpDevmap(() => XDP_PASS);
export const traced = rawTracepoint("sched_switch", () => {});
`,
    { file: "all.bpf.ts" },
  );
  const plan = planPrograms(spec, undefined, { ...NOWHERE, interface: "lo", mode: "generic" });
  assert.deepEqual(
    plan.map(({ program: { name }, how, options }) => ({ name, how, options })),
    [
      { name: "root", how: "attach", options: { interface: "lo", mode: "generic" } },
      { name: "traced", how: "attach", options: {} },
    ],
  );
});

test("programs of an interface of the kernel are planned: it is attached by them", () => {
  const spec = compileSource(
    `import { structOps } from "skep/bpf";
import { type tcp_congestion_ops, type tcp_sock } from "skep/vmlinux";
export const mine = structOps<tcp_congestion_ops>({ ssthresh: (tp: tcp_sock) => tp.snd_cwnd, cong_avoid: () => {}, name: "mine" });
`,
    { file: "mine.bpf.ts", kernel: () => kernelTypes("6.18") },
  );
  assert.deepEqual(
    planPrograms(spec, undefined, NOWHERE).map(({ program: { name }, how }) => [name, how]),
    [
      ["mine_ssthresh", "attach"],
      ["mine_cong_avoid", "attach"],
    ],
  );
});

/** Links: what the kernel tells of them, names that outlive the process, exchanging programs, places among others. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Lab, openLab, probeLab } from "../support/netns.ts";
import { scenariosOf } from "./scenario.ts";
import "../kernel/leaks.ts";
import { needs, noBpftool, noEngine, noGroups, PRIVATE_MOUNTS } from "./this-kernel.ts";

const scenario = scenariosOf("./links.scenarios.ts");

const skip = noEngine || (await probeLab()) || needs("6.6");
const noOrder = noGroups || needs("6.17");
const noTool = noBpftool();

describe("links", { skip }, () => {
  let lab: Lab;
  before(async () => {
    lab = await openLab();
  });
  after(() => lab[Symbol.asyncDispose]());

  /** In host `a`, with a bpf file system of its own. */
  async function run(name: string): Promise<unknown> {
    const prefix = ["nsenter", `--net=/run/netns/${lab.namespace("a")}`, ...PRIVATE_MOUNTS];
    return scenario(name, prefix);
  }

  test("the kernel tells where each is attached, and bpftool the same", { skip: noTool }, async () => {
    const { results, namespace } = (await run("info")) as {
      results: Record<string, { info: Record<string, unknown>; sameProgram: boolean; theirs: string }>;
      namespace: number;
    };
    const found = Object.entries(results).map(([name, { info, sameProgram, theirs }]) => {
      const { id, program, ...rest } = info;
      assert.ok(Number(id) > 0 && Number(program) > 0 && sameProgram, name);
      // bpftool of Debian 12 knows later types by number.
      assert.ok(theirs === rest["type"] || /^\d+$/.test(String(theirs)) || theirs === undefined, `${name}: ${theirs}`);
      return [name, rest] as const;
    });
    const { tcx, raw, btf, uprobe, many, ...rest } = Object.fromEntries(found) as Record<string, Record<string, unknown>>;
    assert.deepEqual(rest, {
      netfilter: { type: "netfilter", family: "ipv4", hook: "output", priority: -10, defragment: false },
      netns: { type: "netns", attachType: "sk_lookup", namespace },
      tracepoint: { type: "perf_event", event: { kind: "tracepoint", name: "sys_enter_getppid", cookie: 7 } },
      sample: { type: "perf_event", event: { kind: "event", event: 1, config: 3, cookie: 0 } },
    });
    assert.deepEqual([tcx?.["type"], tcx?.["attachType"], Number(tcx?.["interface"]) > 0], ["tcx", "tcx_egress", true]);
    // tp_btf programs have links of raw tracepoints.
    assert.deepEqual([raw, btf], Array(2).fill({ type: "raw_tracepoint", tracepoint: "sys_enter", cookie: 0 }));
    const event = uprobe?.["event"] as { kind: string; file: string; offset: number; cookie: number };
    assert.ok(
      event.kind === "uprobe" && /libc/.test(event.file) && event.offset > 0 && event.cookie === 8,
      JSON.stringify(event),
    );
    const { file, offsets, cookies } = many as unknown as { file: string; offsets: number[]; cookies: number[] };
    assert.ok(/libc/.test(file) && (offsets[0] ?? 0) > 0);
    assert.deepEqual(cookies, [9]);
  });

  test("one that is pinned outlives its engine, is opened again, exchanges its program, and is detached with its name", async () => {
    assert.deepEqual(await run("pin"), [
      "tcx_egress on interface N",
      "tcx",
      false,
      true,
      "tcx_egress on interface N: putting on_tc in its place: another program is there than on_tc",
      true,
      0,
      "not-found",
      0,
    ]);
  });

  test("one of a tracing program is pinned, and gone with its name", async () => {
    assert.deepEqual(await run("pin of a tracing program"), ["raw_tp sys_enter", true, 0]);
  });

  test("programs of a control group have an order", { skip: noOrder }, async () => {
    assert.deepEqual(await run("order in a control group"), { same: true, count: 3, after: 0 });
  });

  test("a program takes its place only at the revision that was looked at", async () => {
    const stale =
      "attaching on_tc to tc egress on veth0 (tcx): the programs there are no longer those of that revision; look again";
    assert.deepEqual(await run("revision"), { moved: 1, stale });
  });
});

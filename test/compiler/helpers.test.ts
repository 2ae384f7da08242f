/** Calls of helpers: how their arguments are passed, which programs have them, and that verifiers take what comes out. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HELPER_DOCS } from "../../scripts/bpf-library/helper-docs.ts";
import { compileSource } from "../../src/compiler/compile.ts";
import { HELPER_LIST, helperNamed } from "../../src/compiler/typescript/library/helpers.ts";
import { HOOKS } from "../../src/compiler/typescript/library/hooks.ts";
import { hookHas } from "../../src/compiler/typescript/library/offers.ts";
import { kernelTypes, openKernelTarget } from "../../src/kernels/types.ts";
import type { HelperName } from "../../src/uapi/helpers.ts";
import { check as verified } from "../../src/verifier/index.ts";
import { helperProgram } from "./helpers.ts";
import { check, diagnose, row } from "./refusals.ts";

const target = openKernelTarget("6.18");

async function verdict(source: string): Promise<string> {
  const spec = compileSource(source, { file: "test.bpf.ts", kernel: () => kernelTypes("6.18") });
  for (const program of spec.programs) {
    const { verdict, unfit } = await verified(spec, program, target);
    if (verdict === null || !verdict.accepted) return `${program.name}: ${unfit ?? verdict?.refusal?.text}`;
  }
  return "accepted";
}

describe("every helper", () => {
  test("has words of its own for editors", () => {
    assert.deepEqual(Object.keys(HELPER_DOCS).sort(), [...HELPER_LIST].sort());
  });

  test("is called as its prototype says, at a hook that has it", async () => {
    let count = 0;
    const failed: string[] = [];
    for (const name of HELPER_LIST) {
      const source = helperProgram(name);
      if (source === null) continue;
      count++;
      const found = await verdict(source);
      if (found !== "accepted") failed.push(`${name}: ${found}\n${source}`);
    }
    assert.deepEqual(failed, []);
    assert.ok(count > 120, `${count}`);
  });

  test("of a form that only some hooks have is known by it", () => {
    const classid = helperNamed("bpf_get_cgroup_classid");
    assert.equal(classid.parameters[0]?.optional, true);
    assert.ok(helperNamed("bpf_skb_pull_data").moves);
    assert.ok(helperNamed("bpf_probe_read_kernel").gpl);
    const having = (name: HelperName) => [...HOOKS.values()].filter((hook) => hookHas(hook, null, name)).map((hook) => hook.name);
    assert.ok(having("bpf_get_stackid").includes("kprobe"));
    assert.ok(having("bpf_copy_from_user").every((name) => name.endsWith("Sleepable") || name === "syscall"));
  });
});

test("a text that is known when compiling is passed where it lies among the constants", async () => {
  const source = `import { bpf_seq_printf, type FixedString, iterator } from "skep/bpf";
    const TITLE: FixedString<32> = "all that runs\\n";
    export const tasks = iterator("task", (ctx) => {
      bpf_seq_printf(ctx.meta.seq, TITLE, null);
      bpf_seq_printf(ctx.meta.seq, TITLE, null);
    });`;
  assert.equal(await verdict(source), "accepted");
  const spec = compileSource(source, { file: "test.bpf.ts", kernel: () => kernelTypes("6.18") });
  const data = spec.maps.find(({ name }) => name.endsWith(".rodata"));
  assert.equal(data?.valueSize, 32, "once");
});

const HEAD = `import { array, bpf_get_current_comm, bpf_probe_read_kernel, bpf_redirect, bpf_skb_load_bytes, bpf_sk_release, bpf_strncmp, kprobe, tc, tracepoint, zeroed, context } from "skep/bpf";
interface Name { bytes: FixedArray<u8, 16> }
export const out = array<u64>({ maxEntries: 1 });
`;
const one = (code: Parameters<typeof row>[0], line: string, place: string, hint?: RegExp) =>
  row(code, `${HEAD.replace("array, ", "")}${line}`, place, hint);

describe("what is refused", () => {
  test("a helper that the hook does not have: which do, and since when", () =>
    check([
      one(
        "SK3201",
        'export const p = kprobe("do_unlinkat", () => { bpf_redirect(1, 0); });',
        "bpf_redirect(1, 0)",
        /since Linux 4\.4: xdp, .*tc/,
      ),
      one(
        "SK3201",
        'function go(): i64 { return bpf_redirect(1, 0); }\nexport const p = kprobe("do_unlinkat", () => { if (go() < 0) return; });',
        "bpf_redirect(1, 0)",
      ),
    ]));

  test("a helper for programs under the GPL, under another licence", () => {
    const source = "const n = zeroed<Name>(); bpf_probe_read_kernel(n, ctx.argument(0));";
    check([
      one(
        "SK3202",
        `export const license = "Apache-2.0";\nexport const p = kprobe("f", (ctx) => { ${source} });`,
        "bpf_probe_read_kernel(n, ctx.argument(0))",
        /Dual MIT\/GPL/,
      ),
    ]);
    const free = `import { bpf_probe_read_kernel, kprobe, zeroed, type FixedArray, type u8 } from "skep/bpf";\ninterface Name { bytes: FixedArray<u8, 16> }\nexport const license = "Dual BSD/GPL";\nexport const p = kprobe("f", (ctx) => { ${source} });`;
    assert.deepEqual(diagnose(free), []);
  });

  test("arguments of another kind", () =>
    check([
      one("SK2106", "export const p = tc((ctx) => { bpf_redirect(1); return 0; });", "bpf_redirect(1)"),
      one("SK2101", "export const p = tc((ctx) => { bpf_skb_load_bytes(ctx, 0, 5); return 0; });", "5", /struct or an array/),
      one(
        "SK2101",
        "export const p = tc((ctx) => { const n = zeroed<Name>(); bpf_skb_load_bytes(n, 0, n); return 0; });",
        "n",
        /ctx/,
      ),
      one(
        "SK2101",
        "export const p = tc((ctx) => { const n = zeroed<Name>(); bpf_skb_load_bytes(ctx, 0, n, 17); return 0; });",
        "17",
        /16 bytes/,
      ),
      one("SK2301", "export const p = tc((ctx) => { bpf_sk_release(ctx.sk); return 0; });", "ctx.sk"),
      one(
        "SK2101",
        'export const p = kprobe("f", () => { const n = zeroed<Name>(); const s = bpf_strncmp(n, n); });',
        "n",
        /"…"/,
      ),
      one("SK1101", 'export const p = kprobe("f", () => { const c = context(); });', "context()", /parameter/),
      one(
        "SK2114",
        "export const p = tc((ctx) => { const eth = ctx.packet.at(Ethernet, 0); if (eth === null) return 0; bpf_skb_load_bytes(ctx, 0, eth); return 0; });",
        "eth",
      ),
    ]));
});

describe("views of the packet", () => {
  const views = (body: string, top = "") =>
    `import { array, bpf_skb_pull_data, cgroupSkbIngress, tc, type TcContext, type u32, type u64 } from "skep/bpf";
import { Ethernet, Ipv4, Udp } from "skep/bpf/net";
export const out = array<u64>({ maxEntries: 1 });
${top}
export const p = tc((ctx) => {
  let eth = ctx.packet.at(Ethernet, 0);
  if (eth === null) return 0;
  ${body}
  return 0;
});`;
  const stale = (body: string, top = "") =>
    diagnose(views(body, top)).map(({ code, text, column }) => `${code} ${text.slice(column - 1).match(/^\w+/)?.[0]}`);

  test("are void after a helper that moves it, by whatever way", () => {
    assert.deepEqual(stale("bpf_skb_pull_data(ctx, 64); eth.type = 5;"), ["SK3203 eth"]);
    assert.deepEqual(stale("if (eth.type === 5) bpf_skb_pull_data(ctx, 64); out.set(0, eth.type);"), ["SK3203 eth"]);
    assert.deepEqual(stale("for (let i: u32 = 0; i < 3; i++) { out.set(0, eth.type); bpf_skb_pull_data(ctx, i); }"), [
      "SK3203 eth",
    ]);
    const pull = "function pull(ctx: TcContext): void { bpf_skb_pull_data(ctx, 64); }";
    assert.deepEqual(stale("pull(ctx); out.set(0, eth.type);", pull), ["SK3203 eth"]);
  });

  test("are good when they are made again, before it, or on another path", async () => {
    const again = "bpf_skb_pull_data(ctx, 64); eth = ctx.packet.at(Ethernet, 0); if (eth === null) return 0; eth.type = 5;";
    for (const body of [
      again,
      "const type = eth.type; bpf_skb_pull_data(ctx, 64); out.set(0, type);",
      "if (eth.type === 5) { bpf_skb_pull_data(ctx, 64); return 0; } out.set(0, eth.type);",
      "for (let i: u32 = 0; i < 3; i++) { const udp = ctx.packet.at(Udp, 34); if (udp === null) break; out.set(0, udp.length); bpf_skb_pull_data(ctx, i); }",
    ]) {
      assert.deepEqual(stale(body), [], body);
      assert.equal(await verdict(views(body)), "accepted", body);
    }
  });

  test("are only read where the hook says so, in functions too", () => {
    const read = (body: string, top = "") =>
      diagnose(
        `import { cgroupSkbIngress } from "skep/bpf";\nimport { Ipv4 } from "skep/bpf/net";\n${top}\nexport const p = cgroupSkbIngress((ctx) => { const ip = ctx.packet.at(Ipv4, 0); if (ip === null) return 1; ${body} return 1; });`,
      ).map(({ code }) => code);
    assert.deepEqual(read("ip.ttl = 5;"), ["SK2114"]);
    assert.deepEqual(read("ip.ttl -= 1;"), ["SK2114"]);
    assert.deepEqual(read("lower(ip);", "function lower(ip: Ipv4): void { ip.ttl = 1; }"), ["SK2114"]);
    assert.deepEqual(read("if (ip.ttl === 1) return 0;"), []);
  });
});

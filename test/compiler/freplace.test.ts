/** Programs that take the place of another program's function: what they are given is that one's context. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBtf } from "../../src/btf/index.ts";
import { CompileError, compileSource } from "../../src/compiler/compile.ts";
import { LinuxEngine } from "../../src/engine/linux/engine.ts";
import { FakeKernel, fakeFacts } from "../../src/engine/linux/fixtures/fake-kernel.ts";
import { openKernelTarget } from "../../src/kernels/types.ts";
import { check } from "../../src/verifier/index.ts";
import { KERNELS } from "../../src/verifier/targets/index.ts";

const HEAD = `import { freplace, hash, xdp, XDP_DROP, XDP_PASS, TC_ACT_SHOT, type i32, type TcContext, type u16, type u32, type u64, type XdpContext } from "skep/bpf";
import { Ethernet } from "skep/bpf/net";
export const seen = hash<u16, u64>({ maxEntries: 16 });
`;

const REPLACES = `${HEAD}export const replaces = freplace("firewall", (ctx: XdpContext) => {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null) return XDP_PASS;
  seen.increment(eth.type);
  return XDP_DROP;
});`;

const compiled = (source: string) => compileSource(source, { file: "test.bpf.ts" });

describe("freplace", () => {
  test("has the prototype of what it replaces, which the kernel compares", () => {
    for (const [source, context] of [
      [REPLACES, "xdp_md"],
      [
        `${HEAD}export const replaces = freplace("classify", (ctx: TcContext) => (ctx.mark === 5 ? TC_ACT_SHOT : 0));`,
        "__sk_buff",
      ],
      [
        `${HEAD}function body(ctx: XdpContext): i32 { return ctx.ingress_ifindex === 1 ? XDP_DROP : XDP_PASS; } export const replaces = freplace("firewall", body);`,
        "xdp_md",
      ],
    ] as const) {
      const spec = compiled(source);
      const [program] = spec.programs;
      assert.match(program?.section ?? "", /^freplace\/(firewall|classify)$/);
      const btf = openBtf(spec.types ?? new Uint8Array());
      const fn = btf.type(program?.functions[0]?.type ?? 0);
      const prototype = fn.kind === "function" && fn.linkage === "global" ? btf.type(fn.type) : null;
      assert.ok(prototype?.kind === "prototype" && prototype.parameters.length === 1);
      const pointer = btf.type(prototype.parameters[0]?.type ?? 0);
      assert.equal(pointer.kind === "pointer" ? btf.name(pointer.type) : pointer.kind, context);
    }
  });

  for (const kernel of KERNELS) {
    test(`${kernel}: is accepted as what its context says it is`, async () => {
      const spec = compiled(REPLACES);
      const [program] = spec.programs;
      assert.ok(program);
      const { verdict, unfit } = await check(spec, program, openKernelTarget(kernel));
      assert.equal(unfit ?? verdict?.refusal?.text ?? "accepted", "accepted");
    });
  }

  test("is loaded for a function of the other program, by its number", async () => {
    const kernel = new FakeKernel();
    await using engine = new LinuxEngine(kernel, fakeFacts());
    const target = compiled(`${HEAD}export const firewall = xdp(() => XDP_PASS);`);
    const other = await engine.load(target);
    const { firewall } = other.programs;
    assert.ok(firewall);
    await engine.load(compiled(REPLACES), { replaces: { replaces: firewall } });
    const call = kernel.callsOf("prog_load").at(-1);
    assert.equal(call?.u32("prog_type"), 28);
    assert.equal(call?.u32("attach_prog_fd"), (firewall as unknown as { fd: number }).fd);
    assert.equal(call?.u32("attach_btf_id"), target.programs[0]?.functions[0]?.type);
    await assert.rejects(engine.load(compiled(REPLACES)), /say of which when it is loaded/);
  });

  for (const [what, text] of [
    ["a context that nobody annotates", `freplace("firewall", (ctx) => 0)`],
    ["no parameter", `freplace("firewall", () => 0)`],
    ["what is no context", `freplace("firewall", (ctx: u32) => 0)`],
    ["more than the context", `freplace("firewall", (ctx: XdpContext, more: u32) => 0)`],
    ["a type argument", `freplace<XdpContext>("firewall", (ctx: XdpContext) => 0)`],
  ] as const) {
    test(`refuses ${what}`, () => {
      assert.throws(
        () => compiled(`${HEAD}export const program = ${text};`),
        (error) => error instanceof CompileError && error.diagnostics.length === 1 && error.diagnostics[0]?.code === "SK3005",
      );
    });
  }
});

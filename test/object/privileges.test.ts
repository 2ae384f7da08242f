import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileSource } from "../../src/compiler/compile.ts";
import { privilegesOf } from "../../src/object/requirements/privileges.ts";
import type { Spec } from "../../src/object/spec.ts";

function spec(...lines: readonly string[]): Spec {
  return compileSource(
    `import { cgroupSkbEgress, hash, print, socketFilter, sockMap, tracepoint, xdp, XDP_PASS, type u32 } from "skep/bpf";\n${lines.join("\n")}`,
    {
      file: "p.bpf.ts",
    },
  );
}

const XDP = "export const x = xdp(() => XDP_PASS);";

describe("the capabilities that a Spec needs", () => {
  it("to load and attach a program", () => {
    assert.deepEqual(privilegesOf(spec(XDP)).capabilities, ["CAP_BPF", "CAP_NET_ADMIN"]);
  });

  it("say what each is for, and where", () => {
    const { reasons } = privilegesOf(spec("export const seen = hash<u32, u32>({ maxEntries: 8 });", XDP));
    assert.deepEqual(reasons, [
      { capability: "CAP_BPF", what: "making maps", where: [{ map: "seen" }] },
      { capability: "CAP_BPF", what: "loading xdp programs", where: [{ program: "x" }] },
      { capability: "CAP_NET_ADMIN", what: "loading xdp programs", where: [{ program: "x" }] },
    ]);
  });

  it("include what its calls need, at their line", () => {
    const { capabilities, reasons } = privilegesOf(
      spec('export const x = xdp(() => {\n  print("hello");\n  return XDP_PASS;\n});'),
    );
    assert.deepEqual(capabilities, ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"]);
    const call = reasons.find(({ what }) => what === "calling bpf_trace_printk");
    assert.deepEqual([call?.where[0]?.program, call?.where[0]?.line], ["x", 3]);
  });

  it("are fewer when it is only loaded", () => {
    const source = spec("export const c = cgroupSkbEgress(() => 1);");
    assert.deepEqual(privilegesOf(source).capabilities, ["CAP_BPF", "CAP_NET_ADMIN"]);
    assert.deepEqual(privilegesOf(source, { attach: false }).capabilities, ["CAP_BPF"]);
  });

  it("are those of the programs that are wanted", () => {
    const source = spec(XDP, 'export const t = tracepoint("syscalls/sys_enter_getppid", () => {});');
    assert.deepEqual(privilegesOf(source).capabilities, ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"]);
    assert.deepEqual(privilegesOf(source, { programs: ["x"] }).capabilities, ["CAP_BPF", "CAP_NET_ADMIN"]);
  });

  it("that only some places ask for are told apart, with the condition", () => {
    const { capabilities, perhaps, reasons } = privilegesOf(spec("export const s = socketFilter(() => 0);"));
    assert.deepEqual([capabilities, perhaps], [["CAP_BPF"], ["CAP_NET_RAW"]]);
    assert.match(reasons.at(-1)?.unless ?? "", /socket of one's own/);
  });

  it("are CAP_SYS_ADMIN alone where that is one of them", () => {
    const source = spec('export const t = tracepoint("syscalls/sys_enter_getppid", () => {});');
    const [program] = source.programs;
    assert.ok(program !== undefined);
    const uprobe = { ...program, type: "kprobe" as const, section: "uprobe/libc.so.6:getppid" };
    assert.deepEqual(privilegesOf({ ...source, programs: [uprobe] }).capabilities, ["CAP_SYS_ADMIN"]);
    const many = { ...uprobe, section: "uprobe.multi/libc.so.6:getp*", attachType: "trace_uprobe_multi" as const };
    assert.deepEqual(privilegesOf({ ...source, programs: [many] }).capabilities, ["CAP_BPF", "CAP_PERFMON"]);
  });
});

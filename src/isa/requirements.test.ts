import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assemble } from "./assemble.ts";
import type { ConformanceGroup } from "./opcodes.ts";
import { cpuVersion, requirements } from "./requirements.ts";

describe("requirements", () => {
  const table: [text: string, cpu: number, linux: string | null, groups: ConformanceGroup[]][] = [
    ["exit", 1, "3.18", ["base32"]],
    ["r0 = 1", 1, "3.18", ["base64"]],
    ["w0 *= w1", 1, "3.18", ["divmul32"]],
    ["r0 %= 3", 1, "3.18", ["divmul64"]],
    ["lock *(u32 *)(r1 +0) += r2", 1, "3.18", ["atomic32"]],
    ["r0 = *(u8 *)skb[0]", 1, "3.18", ["packet"]],
    ["if r1 < r2 goto pc+0", 2, "4.14", ["base64"]],
    ["call pc+0", 1, "4.16", ["base32"]],
    ["if w1 == w2 goto pc+0", 3, "5.1", ["base32"]],
    ["r1 = map[fd:1][0]+0", 1, "5.2", ["base64"]],
    ["r2 = atomic64_xchg((u64 *)(r1 +0), r2)", 3, "5.12", ["atomic64"]],
    ["call kernel-function#1", 1, "5.13", ["base32"]],
    ["r0 s/= 3", 4, "6.6", ["divmul64"]],
    ["r0 = (s8)r1", 4, "6.6", ["base64"]],
    ["r0 = bswap16 r0", 4, "6.6", ["base32"]],
    ["gotol pc+0", 4, "6.6", ["base32"]],
    ["may_goto pc+0", 1, "6.9", []],
    ["r0 = load_acquire((u8 *)(r1 +0))", 4, "6.15", []],
    ["callx r1", 1, null, []],
  ];
  for (const [text, cpu, linux, groups] of table) {
    it(text, () => assert.deepEqual(requirements(assemble(text)), { cpu, linux, groups: new Set(groups) }));
  }

  it("of a program are those of its most demanding instructions", () => {
    const program = assemble("if r1 < r2 goto pc+0\n r0 = (s8)r1\n if w1 < w2 goto pc+0\n w1 /= w2\n exit");
    assert.deepEqual(requirements(program), { cpu: 4, linux: "6.6", groups: new Set(["base64", "divmul32"]) });
    assert.equal(cpuVersion(program), 4);
  });

  it("need well-formed instructions", () => {
    const wrong = { opcode: 0xff, dst: 0, src: 0, offset: 0, imm: 0, high: 0 };
    assert.throws(() => requirements([wrong]), { name: "IsaError", rule: "opcode", index: 0 });
  });
});

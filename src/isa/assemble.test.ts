import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { assemble } from "./assemble.ts";
import { encode } from "./encode.ts";
import { AssembleError } from "./errors.ts";
import { anyInstruction, fromHex, toHex } from "./fixtures/instructions.ts";
import { print } from "./print.ts";

function hexOf(text: string): string {
  return toHex(encode(assemble(text)));
}

describe("assemble", () => {
  it("reads a program with labels and comments", () => {
    const program = assemble(`
      ; counts down from three
      start:  r0 = 3          # a comment behind a space
      again:
              r0 -= 1         // one less
              if r0 != 0 goto again
              call double
              exit
      double: w0 += w0
              exit
    `);
    assert.deepEqual(
      program.map((instruction) => print(instruction)),
      ["r0 = 3", "r0 -= 1", "if r0 != 0x0 goto pc-2", "call pc+1", "exit", "w0 += w0", "exit"],
    );
  });

  it("counts the two slots of a wide load in distances", () => {
    const program = assemble("goto end\n r1 = 0x1 ll\n end: exit");
    assert.equal(program[0]?.offset, 2);
  });

  it("takes the address of a function by its label", () => {
    const [load] = assemble("r2 = subprog[callback]\n exit\n callback: exit");
    assert.deepEqual([load?.src, load?.imm], [4, 2]);
  });

  it("calls helpers by number, by name and number, or by a name that the caller knows", () => {
    const helperId = (name: string) => (name === "bpf_ktime_get_ns" ? 5 : null);
    for (const call of ["call 5", "call bpf_ktime_get_ns#5", "call bpf_ktime_get_ns"]) {
      assert.equal(assemble(call, { helperId })[0]?.imm, 5, call);
    }
  });

  it("reads numbers in decimal and hexadecimal, unsigned where 32 bits are meant", () => {
    assert.equal(assemble("r1 = -0x10")[0]?.imm, -16);
    assert.equal(assemble("w1 = 0xffffffff")[0]?.imm, -1);
    assert.equal(assemble("*(u32 *)(r1 +0) = 0xfffffffe")[0]?.imm, -2);
    assert.equal(assemble("if r1 == 0xffffffff goto +1")[0]?.imm, -1);
    assert.deepEqual(assemble("r1 = -2 ll"), assemble("r1 = 0xfffffffffffffffe ll"));
  });

  it("does without spaces", () => {
    assert.equal(hexOf("r1=*(u64*)(r2-8)"), "7921f8ff00000000");
    assert.equal(hexOf("if r1 s>=r2 goto+1"), "7d21010000000000");
    assert.equal(hexOf("r1=-r1"), "8701000000000000");
  });

  it("does with Windows line ends", () => {
    assert.equal(assemble("r0 = 0\r\nexit\r\n").length, 2);
  });

  it("reads a dump of bpftool as it is", () => {
    const dump = `
   0: (61) r2 = *(u32 *)(r1 +80)
   1: (18) r3 = 0x1122334455667788
   3: (0f) r2 += r3
   4: (85) call bpf_ktime_get_ns#5
   5: (e5) may_goto pc+0
   6: (95) exit
`;
    assert.equal(
      hexOf(dump),
      toHex(
        fromHex(
          "6112500000000000 1803000088776655 0000000044332211 0f32000000000000 8500000005000000 e500000000000000 9500000000000000",
        ),
      ),
    );
  });
});

describe("what assemble refuses", () => {
  const refused: [text: string, column: number, message: RegExp][] = [
    ["frobnicate r1", 1, /'frobnicate' stands where an instruction, such as/],
    ["r11 = 1", 1, /there is no register 'r11'; they are r0 to r10/],
    ["r01 = 1", 1, /there is no register 'r01'/],
    ["r1", 3, /'' is no operator; write = or one of \+=/],
    ["r1 ** 2", 4, /'\*' is no operator/],
    ["r1 =", 5, /the line ends where a number is expected/],
    ["r1 = w2", 6, /write r2 beside r1/],
    ["r1 = -r2", 7, /write -r1/],
    ["r1 = be16 r2", 11, /in place/],
    ["w1 = (s32)w2", 7, /not from 's32'/],
    ["r1 += 0xffffffff", 7, /write -1 if that is meant/],
    ["r1 = 0x100000000", 6, /does not fit into 32 bits; load it with/],
    ["r1 = 0x10000000000000000 ll", 6, /does not fit into 64 bits/],
    ["w1 = 0x1 ll", 1, /needs an r register/],
    ["r1 = foo(r2)", 6, /'foo' is no function/],
    ["r1 = *(u128 *)(r2 +0)", 8, /'u128' is no type of memory/],
    ["r1 = *(s64 *)(r2 +0)", 7, /write u64/],
    ["r1 = *(u32 *)(w2 +0)", 15, /write r2/],
    ["r1 = *(u32 *)(r2 +40000)", 18, /40000 does not fit into an offset of 16 bits/],
    ["r1 = *(u8 *)skb[0]", 1, /packet loads go to r0/],
    ["*(s8 *)(r1 +0) = 1", 2, /only a load extends a sign/],
    ["r1 = atomic_xchg((s32 *)(r2 +0), r1)", 18, /only a load extends a sign/],
    ["w1 = *(u64 *)(r2 +0)", 1, /64 bits of memory need the whole register: write r1/],
    ["*(u64 *)(r2 +0) = w1", 19, /write r1/],
    ["w1 = *(s8 *)(r2 +0)", 1, /the sign is extended to 64 bits: write r1/],
    ["w1 = addr_space_cast(r2, 0, 1)", 1, /needs an r register/],
    ["lock *(u16 *)(r1 +0) += r2", 6, /u32 or u64/],
    ["lock *(u32 *)(r1 +0) -= r2", 22, /'-=' is not an atomic operator/],
    ["r1 = atomic_xchg((u32 *)(r2 +0), r3)", 34, /write r1 here, or r3 = …/],
    ["r1 = atomic_cmpxchg((u32 *)(r2 +0), r0, r3)", 1, /r0 = atomic_cmpxchg/],
    ["r1 = atomic64_xchg((u32 *)(r2 +0), r1)", 6, /on u32 it is 'atomic_xchg'/],
    ["r1 = addr_space_cast(r2, 1, 1)", 6, /between address spaces 0 and 1/],
    ["if r1 = 2 goto +1", 7, /'=' is no condition; write one of ==/],
    ["if r1 == 2 +1", 12, /where 'goto' is expected/],
    ["goto 5", 6, /a label or a distance with its sign/],
    ["goto nowhere", 6, /there is no label 'nowhere'; write 'nowhere:' before/],
    ["call nowhere", 6, /there is no label 'nowhere'/],
    ["exit 0", 6, /where the end of the line is expected/],
    ["(b7) r1 = r2", 6, /says opcode 0xb7, but this is 0xbf/],
    ["r1 = 'a'", 6, /the character ''' has no meaning here/],
  ];
  for (const [text, column, message] of refused) {
    it(text, () => {
      assert.throws(() => assemble(`r0 = 0\n${text}`), { name: "AssembleError", line: 2, column, message });
    });
  }

  it("a label that is defined twice", () => {
    assert.throws(() => assemble("a: exit\na: exit"), { name: "AssembleError", line: 2, column: 1 });
  });

  it("a label too far for 16 bits, and says what reaches it", () => {
    const far = `${"r0 = 0\n".repeat(40_000)}end: exit`;
    assert.throws(() => assemble(`goto end\n${far}`), { name: "AssembleError", line: 1, message: /go there with gotol/ });
    assert.equal(assemble(`gotol end\n${far}`)[0]?.imm, 40_000);
  });
});

describe("any text", () => {
  const alphabet = fc.constantFrom(..."rw0123456789xabs+-*/%&|^=<>()[],:;#@ .pcgotul'\n\t€");

  it("assembles to well-formed instructions, or is refused with its place", () => {
    const spoilt = fc
      .tuple(anyInstruction(), fc.nat(60), fc.nat(3), fc.string({ unit: alphabet, maxLength: 3 }))
      .map(([instruction, at, removed, inserted]) => {
        const text = print(instruction);
        return text.slice(0, at) + inserted + text.slice(at + removed);
      });
    fc.assert(
      fc.property(fc.oneof(spoilt, fc.string({ unit: alphabet, maxLength: 30 })), (text) => {
        try {
          encode(assemble(text));
        } catch (error) {
          assert.ok(error instanceof AssembleError, `${text}: ${error}`);
          const line = text.split("\n")[error.line - 1];
          assert.ok(line !== undefined && error.column >= 1 && error.column <= line.length + 1, text);
        }
      }),
      { numRuns: 20_000 },
    );
  });
});

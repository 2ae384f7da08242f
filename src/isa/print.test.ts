import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { assemble } from "./assemble.ts";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { anyInstruction, fromHex, toHex } from "./fixtures/instructions.ts";
import { print, printProgram } from "./print.ts";

const helperName = (id: number) => (id === 5 ? "bpf_ktime_get_ns" : null);

// From the verifier's log of Linux 6.18 (`bpftool -d prog load`), for a program written for this purpose.
const KERNEL: [hex: string, text: string][] = [
  ["bf16000000000000", "r6 = r1"],
  ["b700000000000000", "r0 = 0"],
  ["7a0af8ff00000000", "*(u64 *)(r10 -8) = 0"],
  ["620af0ff07000000", "*(u32 *)(r10 -16) = 7"],
  ["630af4ff00000000", "*(u32 *)(r10 -12) = r0"],
  ["61a1f0ff00000000", "r1 = *(u32 *)(r10 -16)"],
  ["91a2f8ff00000000", "r2 = *(s8 *)(r10 -8)"],
  ["b4030000fbffffff", "w3 = -5"],
  ["b7030000fbffffff", "r3 = -5"],
  ["0c13000000000000", "w3 += w1"],
  ["3703010003000000", "r3 s/= 3"],
  ["9c13010000000000", "w3 s%= w1"],
  ["bf34080000000000", "r4 = (s8)r3"],
  ["bc34100000000000", "w4 = (s16)w3"],
  ["dc04000010000000", "r4 = be16 r4"],
  ["d404000020000000", "r4 = le32 r4"],
  ["d704000040000000", "r4 = bswap64 r4"],
  ["8704000000000000", "r4 = -r4"],
  ["8404000000000000", "w4 = -w4"],
  ["c704000003000000", "r4 s>>= 3"],
  ["5704000007000000", "r4 &= 7"],
  ["db3af8ff00000000", "lock *(u64 *)(r10 -8) += r3"],
  ["c33af8ff40000000", "lock *(u32 *)(r10 -8) |= r3"],
  ["db3af8ff01000000", "r3 = atomic64_fetch_add((u64 *)(r10 -8), r3)"],
  ["c33af8ff51000000", "r3 = atomic_fetch_and((u32 *)(r10 -8), r3)"],
  ["db3af8ffe1000000", "r3 = atomic64_xchg((u64 *)(r10 -8), r3)"],
  ["c33af8ffe1000000", "r3 = atomic_xchg((u32 *)(r10 -8), r3)"],
  ["db3af8fff1000000", "r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r3)"],
  ["c33af8fff1000000", "r0 = atomic_cmpxchg((u32 *)(r10 -8), r0, r3)"],
  ["280000000c000000", "r0 = *(u16 *)skb[12]"],
  ["b707000002000000", "r7 = 2"],
  ["50700000feffffff", "r0 = *(u8 *)skb[r7 + -2]"],
  ["c600010005000000", "if w0 s< 0x5 goto pc+1"],
  ["b700000001000000", "r0 = 1"],
  ["55000100ffffffff", "if r0 != 0xffffffff goto pc+1"],
  ["4500000004000000", "if r0 & 0x4 goto pc+0"],
  ["0600000000000000", "gotol pc+0"],
  ["0500000000000000", "goto pc+0"],
  ["e500000000000000", "may_goto pc+0"],
  ["8500000005000000", "call bpf_ktime_get_ns#5"],
  ["9500000000000000", "exit"],
  ["b700000002000000", "r0 = 2"],
];

// What the kernel's text leaves out, and instructions it does not accept.
const OURS: [hex: string, text: string][] = [
  ["18010000ffffffff 00000000ffffffff", "r1 = 0xffffffffffffffff ll"],
  ["1801000005000000 0000000000000000", "r1 = 0x5 ll"],
  ["1811000003000000 0000000000000000", "r1 = map[fd:3]"],
  ["1821000003000000 0000000008000000", "r1 = map[fd:3][0]+8"],
  ["1831000007000000 0000000000000000", "r1 = btf[id:7]"],
  ["1831000007000000 0000000003000000", "r1 = btf[id:7,fd:3]"],
  ["1841000004000000 0000000000000000", "r1 = subprog[+4]"],
  ["1851000000000000 0000000000000000", "r1 = map[idx:0]"],
  ["1861000000000000 0000000008000000", "r1 = map[idx:0][0]+8"],
  ["8500000002000000", "call unknown#2"],
  ["8510000002000000", "call pc+2"],
  ["85100000feffffff", "call pc-2"],
  ["8520000007000000", "call kernel-function#7"],
  ["8520010007000000", "call kernel-function#7@1"],
  ["8d03000000000000", "callx r3"],
  ["bf21010001000000", "r1 = addr_space_cast(r2, 0, 1)"],
  ["bf21010000000100", "r1 = addr_space_cast(r2, 1, 0)"],
  ["d312040000010000", "r2 = load_acquire((u8 *)(r1 +4))"],
  ["db21040010010000", "store_release((u64 *)(r1 +4), r2)"],
  ["b7010000ffffff7f", "r1 = 2147483647"],
  ["5e210000 00000000", "if w1 != w2 goto pc+0"],
];

describe("print", () => {
  for (const [hex, text] of [...KERNEL, ...OURS]) {
    it(text, () => {
      const [instruction] = decode(fromHex(hex));
      assert.equal(print(instruction!, { helperName }), text);
    });
  }

  it("shows what is no instruction as it is", () => {
    const text = print({ opcode: 0xff, dst: 1, src: 2, offset: 3, imm: 4, high: 0 });
    assert.equal(text, "invalid opcode=0xff dst=1 src=2 offset=3 imm=4 high=0");
    assert.throws(() => assemble(text), { name: "AssembleError" });
  });
});

describe("printProgram", () => {
  it("numbers slots and says where jumps and calls lead", () => {
    const program = assemble(`
      r1 = 0x5 ll
      if r1 == 0 goto done
      call next
    done:
      exit
    next:
      goto done
    `);
    assert.equal(
      printProgram(program),
      [
        "   0: r1 = 0x5 ll",
        "   2: if r1 == 0x0 goto pc+1                 ; 4",
        "   3: call pc+1                              ; 5",
        "   4: exit",
        "   5: goto pc-2                              ; 4",
        "",
      ].join("\n"),
    );
  });
});

describe("instructions that the kernel rewrote", () => {
  const rewritten: [hex: string, text: string][] = [
    ["bf2b000000000000", "r11 = r2"],
    ["b40b000007000000", "w11 = 7"],
    ["ada1020000000000", "if r1 < r10 goto pc+2"],
    ["ad1b020000000000", "if r11 < r1 goto pc+2"],
    ["bf00ffff00000000", "r0 = &(void __percpu *)(r0)"],
    ["c000000000000000", "nospec"],
  ];
  for (const [hex, text] of rewritten)
    it(text, () => {
      const [, ...bytes] = /^(..)(.)(.)(....)(........)$/.exec(hex) ?? [];
      const [opcode = "", src = "", dst = "", offset = "", imm = ""] = bytes;
      const number = (hex: string, bits: 16 | 32) => {
        const view = new DataView(fromHex(hex).buffer);
        return bits === 16 ? view.getInt16(0, true) : view.getInt32(0, true);
      };
      const instruction = {
        opcode: Number.parseInt(opcode, 16),
        dst: Number.parseInt(dst, 16),
        src: Number.parseInt(src, 16),
        offset: number(offset, 16),
        imm: number(imm, 32),
        high: 0,
      };
      assert.equal(print(instruction, { translated: true }), text);
    });

  it("are none of a program's", () => {
    assert.match(print({ opcode: 0xbf, dst: 11, src: 2, offset: 0, imm: 0, high: 0 }), /^invalid /);
    assert.match(print({ opcode: 0xbf, dst: 12, src: 2, offset: 0, imm: 0, high: 0 }, { translated: true }), /^invalid /);
  });
});

describe("print and assemble", () => {
  it("are inverse, for every instruction", () => {
    fc.assert(
      fc.property(anyInstruction(), (instruction) => {
        assert.deepEqual(assemble(print(instruction, { helperName })), [instruction]);
      }),
      { numRuns: 5000 },
    );
  });

  it("are inverse, for programs with slot numbers and comments", () => {
    fc.assert(
      fc.property(fc.array(anyInstruction(), { maxLength: 20 }), (program) => {
        assert.deepEqual(assemble(printProgram(program)), program);
      }),
    );
  });

  it("agree on the kernel's lines, which carry the opcode", () => {
    for (const [hex, text] of [...KERNEL, ["18010000050000000000000000000000", "r1 = 0x5"] as const]) {
      const line = `7: (${hex.slice(0, 2)}) ${text}         ; R0=0`;
      assert.equal(toHex(encode(assemble(line))), hex, line);
    }
  });
});

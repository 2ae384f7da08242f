/** The assembler's words for where a probe's arguments are. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { usdtArguments } from "./usdt-arguments.ts";

const RAX = 80;
const RBP = 32;
const RSP = 152;

describe("x86-64", () => {
  for (const [text, expected] of [
    ["", []],
    ["-4@%eax", [{ size: 4, signed: true, place: { kind: "register", register: RAX } }]],
    ["1@%al", [{ size: 1, signed: false, place: { kind: "register", register: RAX } }]],
    ["8@%r15", [{ size: 8, signed: false, place: { kind: "register", register: 0 } }]],
    ["2@%r8w", [{ size: 2, signed: false, place: { kind: "register", register: 72 } }]],
    ["1@%sil", [{ size: 1, signed: false, place: { kind: "register", register: 104 } }]],
    ["4@$71", [{ size: 4, signed: false, place: { kind: "constant", value: 71n } }]],
    ["-8@$-9", [{ size: 8, signed: true, place: { kind: "constant", value: -9n } }]],
    ["-4@-20(%rbp)", [{ size: 4, signed: true, place: { kind: "memory", register: RBP, offset: -20n } }]],
    ["8@(%rsp)", [{ size: 8, signed: false, place: { kind: "memory", register: RSP, offset: 0n } }]],
    [
      "1@-96(%rbp,%rax,8)",
      [
        {
          size: 1,
          signed: false,
          place: { kind: "memory", register: RBP, offset: -96n, index: { register: RAX, shift: 3 } },
        },
      ],
    ],
    [
      "4@(%rbp, %rax) 8@%rax",
      [
        { size: 4, signed: false, place: { kind: "memory", register: RBP, offset: 0n, index: { register: RAX, shift: 0 } } },
        { size: 8, signed: false, place: { kind: "register", register: RAX } },
      ],
    ],
  ] as const) {
    test(JSON.stringify(text), () => assert.deepEqual(usdtArguments(text, "x64"), expected));
  }
});

describe("arm64", () => {
  for (const [text, expected] of [
    ["-4@x4", [{ size: 4, signed: true, place: { kind: "register", register: 32 } }]],
    ["8@x30", [{ size: 8, signed: false, place: { kind: "register", register: 240 } }]],
    ["4@5", [{ size: 4, signed: false, place: { kind: "constant", value: 5n } }]],
    ["-4@[sp, 96]", [{ size: 4, signed: true, place: { kind: "memory", register: 248, offset: 96n } }]],
    [
      "8@[x29] -1@[x0, -8]",
      [
        { size: 8, signed: false, place: { kind: "memory", register: 232, offset: 0n } },
        { size: 1, signed: true, place: { kind: "memory", register: 0, offset: -8n } },
      ],
    ],
  ] as const) {
    test(JSON.stringify(text), () => assert.deepEqual(usdtArguments(text, "arm64"), expected));
  }
});

describe("what no program can read", () => {
  for (const [text, machine, message] of [
    ["8@foo(%rip)", "x64", "argument 0 (8@foo(%rip)) is in no place that a program can read"],
    ["4@%eax 16@%xmm0", "x64", "argument 1 (16@%xmm0) has no size of 1, 2, 4 or 8 bytes"],
    ["8@%xmm0", "x64", "argument 0 (8@%xmm0) is in no place that a program can read"],
    ["8@x31", "arm64", "argument 0 (8@x31) is in no place that a program can read"],
    ["%eax", "x64", "argument 0 (%eax) begins with no size"],
    ["4@%eax ".repeat(13), "x64", "has 13 arguments, and 12 can be read"],
    ["4@a0", "riscv64", "has arguments in the registers of riscv64, which are not known here"],
  ] as const) {
    test(JSON.stringify(text), () => {
      assert.throws(() => usdtArguments(text, machine), { name: "UsdtArgumentError", message });
    });
  }
});

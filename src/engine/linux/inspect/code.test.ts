/** Code of a made-up program: names in the place of numbers, functions, source lines, machine code. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BtfBuilder } from "../../../btf/builder.ts";
import type { Instruction } from "../../../isa/instruction.ts";
import { FakeKernel, fakeFacts } from "../fixtures/fake-kernel.ts";
import { type FakeObject, FakeObjects } from "../fixtures/fake-objects.ts";
import { ERRNO } from "../sys/system-error.ts";
import { KernelInspector } from "./inspector.ts";

const at = (opcode: number, dst = 0, src = 0, offset = 0, imm = 0, high = 0): Instruction => ({
  opcode,
  dst,
  src,
  offset,
  imm,
  high,
});
const bytesOf = (code: readonly Instruction[]): Uint8Array => {
  const bytes: number[] = [];
  for (const { opcode, dst, src, offset, imm, high } of code) {
    const slot = new Uint8Array(opcode === 0x18 ? 16 : 8);
    const view = new DataView(slot.buffer);
    slot[0] = opcode;
    slot[1] = (src << 4) | dst;
    view.setInt16(2, offset, true);
    view.setInt32(4, imm, true);
    if (opcode === 0x18) view.setInt32(12, high, true);
    bytes.push(...slot);
  }
  return Uint8Array.from(bytes);
};

const KALLSYMS = [
  "ffffffff81000000 T _text",
  "ffffffff81200000 T __bpf_call_base",
  "ffffffff81200100 T bpf_map_lookup",
  "ffffffff81200100 t alias",
  "ffffffff90000000 D runqueues",
  "ffffffffc0000010 t in_module\t[net]",
  "",
].join("\n");

const builder = new BtfBuilder();
const prototype = builder.prototype(builder.int("int", 4, { signed: true }), []);
const MAIN = builder.function("main_function", prototype, "global");
const HELPER = builder.function("helper", prototype, "static");
const FILE = builder.string("a.bpf.c");
const FIRST = builder.string("  int x = 1;");
const SECOND = builder.string("return x;");
const TYPES = builder.encode();

const CODE = [
  at(0x18, 1, 1, 0, 11), // 0: map
  at(0x18, 2, 2, 0, 12, 8), // 2: value of a map without a name
  at(0x85, 0, 0, 0, 0x100), // 4: a helper
  at(0x85, 0, 1, 4, 1), // 5: function 1
  at(0x85, 0, 0, 0, 12), // 6: tail call
  at(0x85, 0, 0, 0, 0x7000_0000), // 7: nobody knows
  at(0x85), // 8: hidden
  at(0x95), // 9
  at(0x18, 3, 4, 0, -1), // 10: function 1
  at(0x18, 4, 0, 0, 0x9000_0000 | 0, -1), // 12: a variable
  at(0x18, 5, 0, 0, 7), // 14: a number
  at(0xbf, 11, 1), // 16
  at(0x95), // 17
];

const TEXT = [
  "r1 = map drops (id 11)",
  "r2 = map ? (id 12)[0]+8",
  "call bpf_map_lookup",
  "call pc+4 helper",
  "call bpf_tail_call",
  "call unknown#1879048192",
  "call hidden",
  "exit",
  "r3 = subprog[-1] helper",
  "r4 = 0xffffffff90000000 ll (runqueues)",
  "r5 = 0x7 ll",
  "r11 = r1",
  "exit",
];

const words = (...numbers: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(numbers).buffer);
const longs = (...numbers: readonly bigint[]): Uint8Array => new Uint8Array(BigUint64Array.from(numbers).buffer);
const START = 0xffff_ffff_c000_1000n;

const PROGRAM: FakeObject = {
  kind: "program",
  id: 7,
  tag: Uint8Array.of(0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11),
  u32: { type: 6, btf_id: 3 },
  text: { name: "main_function" },
  arrays: {
    xlated_prog_insns: bytesOf(CODE),
    jited_prog_insns: Uint8Array.from({ length: 30 }, (_, byte) => byte),
    jited_func_lens: words(20, 10),
    jited_ksyms: longs(START, START + 0x100n),
    func_info: words(0, MAIN, 10, HELPER),
    line_info: words(0, FILE, FIRST, (3 << 10) | 5, 10, FILE, SECOND, 9 << 10),
    jited_line_info: longs(START + 4n, START + 0x103n),
    prog_tags: new Uint8Array(16).fill(0x22),
  },
};
const PLAIN: FakeObject = {
  ...PROGRAM,
  id: 8,
  u32: { type: 6 },
  arrays: { xlated_prog_insns: bytesOf(CODE), jited_prog_insns: Uint8Array.of(0xc3) },
};
const DROPS: FakeObject = { kind: "map", id: 11, u32: { type: 1 }, text: { name: "drops" } };
const OWN: FakeObject = { kind: "btf", id: 3, arrays: { btf: TYPES } };

function machine(program = PROGRAM, kallsyms = KALLSYMS) {
  const kernel = new FakeKernel();
  const fake = new FakeObjects(kernel, [program, DROPS, OWN]);
  const facts = {
    ...fakeFacts(),
    bytes: (path: string) => (path === "/proc/kallsyms" ? new TextEncoder().encode(kallsyms) : null),
  };
  return { kernel, fake, inspector: new KernelInspector(kernel, facts) };
}

describe("instructions as the verifier left them", () => {
  test("with names of maps, functions, variables", () => {
    const code = machine().inspector.translated("main_function");
    assert.deepEqual(
      code?.instructions.map(({ text }) => text),
      TEXT,
    );
    assert.deepEqual(code?.bytes, bytesOf(CODE));
  });

  test("where functions and lines begin", () => {
    const code = machine().inspector.translated(7);
    const first = { slot: 0, file: "a.bpf.c", line: 3, column: 5, text: "int x = 1;" };
    const second = { slot: 10, file: "a.bpf.c", line: 9, column: 0, text: "return x;" };
    assert.deepEqual(code?.lines, [first, second]);
    assert.deepEqual(
      code?.instructions.flatMap(({ slot, function: name, line }) =>
        name === null && line === null ? [] : [[slot, name, line]],
      ),
      [
        [0, "main_function", first],
        [10, "helper", second],
      ],
    );
  });

  test("without types, and where addresses are hidden", () => {
    const hidden = KALLSYMS.replace(/^\w+/gm, "0000000000000000");
    const code = machine(PLAIN, hidden).inspector.translated(8);
    assert.deepEqual(code?.functions, []);
    const texts = code?.instructions.map(({ text }) => text) ?? [];
    assert.deepEqual([texts[2], texts[3], texts[9]], ["call unknown#256", "call pc+4", "r4 = 0xffffffff90000000 ll"]);
  });

  test("of an interpreted program, whose calls are distances", () => {
    const { jited_prog_insns: _, jited_func_lens: __, ...arrays } = PROGRAM.arrays ?? {};
    const texts = machine({ ...PROGRAM, arrays })
      .inspector.translated(7)
      ?.instructions.map(({ text }) => text);
    assert.equal(texts?.[3], "call pc+4 helper");
  });

  test("not for this process", () => {
    const nothing = { ...PROGRAM, arrays: {} };
    assert.equal(machine(nothing).inspector.translated(7), null);
    assert.equal(machine(nothing).inspector.machineCode(7), null);
    const { kernel, fake, inspector } = machine();
    for (const command of ["prog_get_fd_by_id", "map_get_fd_by_id", "btf_get_fd_by_id"] as const)
      kernel.on(command, () => -ERRNO.EPERM);
    const own = inspector.translated({ fd: fake.open(PROGRAM, "prog_load") });
    assert.deepEqual([own?.instructions[0]?.text, own?.lines], ["r1 = map ? (id 11)", []]);
    assert.throws(() => inspector.translated(7), { name: "PrivilegeError" });
  });
});

describe("machine code", () => {
  test("function by function, with symbols and lines", () => {
    const { functions } = machine().inspector.machineCode(7) ?? { functions: [] };
    assert.deepEqual(
      functions.map(({ lines, bytes, ...rest }) => ({
        ...rest,
        bytes: bytes.length,
        lines: lines.map(({ offset, line }) => [offset, line.line]),
      })),
      [
        { name: "main_function", symbol: "bpf_prog_1111111111111111_main_function", address: START, bytes: 20, lines: [[4, 3]] },
        { name: "helper", symbol: "bpf_prog_2222222222222222_helper", address: START + 0x100n, bytes: 10, lines: [[3, 9]] },
      ],
    );
  });

  test("of a kernel that shows no addresses", () => {
    const hidden = { ...PROGRAM, arrays: { ...PROGRAM.arrays, jited_ksyms: longs(0n, 0n), jited_line_info: longs(0n, 0n) } };
    const [main] = machine(hidden).inspector.machineCode(7)?.functions ?? [];
    assert.deepEqual([main?.address, main?.lines], [null, []]);
  });

  test("of a kernel before 4.18", () => {
    const [main, ...others] = machine(PLAIN).inspector.machineCode(8)?.functions ?? [];
    assert.deepEqual([main?.bytes, others], [Uint8Array.of(0xc3), []]);
  });
});

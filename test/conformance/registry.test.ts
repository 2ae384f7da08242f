/**
 * The table of instructions against IANA's registry of BPF instructions (iana.org/assignments/bpf-instructions, which RFC
 * 9669 §7.2 begins): the same encodings, in the same conformance groups, and nothing besides but what Linux added.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instruction } from "../../src/isa/instruction.ts";
import { OPERATIONS } from "../../src/isa/opcodes.ts";
import { operationOf } from "../../src/isa/operation.ts";

/** What the fields of an opcode hold: the source register, the offset, the immediate; `*` is any value. */
const FORMS = {
  immediate: ["0 0 *"],
  register: ["* 0 0"],
  "immediate or signed": ["0 0 *", "0 1 *"],
  "register or signed": ["* 0 0", "* 1 0"],
  "register or sign extension in 32 bits": ["* 0 0", "* 8 0", "* 16 0"],
  "register or sign extension in 64 bits": ["* 0 0", "* 8 0", "* 16 0", "* 32 0"],
  nothing: ["0 0 0"],
  "16, 32 bits": ["0 0 16", "0 0 32"],
  "64 bits": ["0 0 64"],
  "jump on immediate": ["0 * *"],
  "jump on register": ["* * 0"],
  "jump by offset": ["0 * 0"],
  "jump by immediate": ["0 0 *"],
  call: ["0 0 *", "1 0 *", "2 0 *"],
  load: ["* * 0"],
  "store of immediate": ["0 * *"],
  "store of register": ["* * 0"],
  atomic: [0x00, 0x01, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe1, 0xf1].map((imm) => `* * ${imm}`),
  wide: ["0 0 *", "1 0 *", "2 0 *", "3 0 *", "4 0 *", "5 0 *", "6 0 *"],
  "absolute packet load": ["0 0 *"],
  "indirect packet load": ["* 0 *"],
} as const satisfies Record<string, readonly string[]>;

/** Opcodes of the registry by what they hold and by group. */
const REGISTRY: readonly (readonly [keyof typeof FORMS, string, string])[] = [
  ["immediate", "base32", "04 14 44 54 64 74 a4 b4 c4"],
  ["register", "base32", "0c 1c 4c 5c 6c 7c ac cc"],
  ["immediate", "base64", "07 17 47 57 67 77 a7 b7 c7"],
  ["register", "base64", "0f 1f 4f 5f 6f 7f af cf"],
  ["immediate", "divmul32", "24"],
  ["register", "divmul32", "2c"],
  ["immediate", "divmul64", "27"],
  ["register", "divmul64", "2f"],
  ["immediate or signed", "divmul32", "34 94"],
  ["register or signed", "divmul32", "3c 9c"],
  ["immediate or signed", "divmul64", "37 97"],
  ["register or signed", "divmul64", "3f 9f"],
  ["register or sign extension in 32 bits", "base32", "bc"],
  ["register or sign extension in 64 bits", "base64", "bf"],
  ["nothing", "base32", "84 95"],
  ["nothing", "base64", "87"],
  ["16, 32 bits", "base32", "d4 d7 dc"],
  ["64 bits", "base64", "d4 d7 dc"],
  ["jump by offset", "base32", "05"],
  ["jump by immediate", "base32", "06"],
  ["jump on immediate", "base64", "15 25 35 45 55 65 75 a5 b5 c5 d5"],
  ["jump on immediate", "base32", "16 26 36 46 56 66 76 a6 b6 c6 d6"],
  ["jump on register", "base64", "1d 2d 3d 4d 5d 6d 7d ad bd cd dd"],
  ["jump on register", "base32", "1e 2e 3e 4e 5e 6e 7e ae be ce de"],
  ["call", "base32", "85"],
  ["load", "base32", "61 69 71 81 89 91"],
  ["load", "base64", "79"],
  ["store of immediate", "base32", "62 6a 72"],
  ["store of immediate", "base64", "7a"],
  ["store of register", "base32", "63 6b 73"],
  ["store of register", "base64", "7b"],
  ["atomic", "atomic32", "c3"],
  ["atomic", "atomic64", "db"],
  ["wide", "base64", "18"],
  ["absolute packet load", "packet", "20 28 30"],
  ["indirect packet load", "packet", "40 48 50"],
];

/** By opcode: the fields and the group of its encodings. */
const ENCODINGS = new Map<number, { readonly fields: readonly (number | null)[]; readonly group: string }[]>();
for (const [form, group, opcodes] of REGISTRY) {
  for (const opcode of opcodes.split(" ").map((digits) => Number.parseInt(digits, 16))) {
    const rows = FORMS[form].map((text) => ({
      fields: text.split(" ").map((field) => (field === "*" ? null : Number(field))),
      group,
    }));
    ENCODINGS.set(opcode, [...(ENCODINGS.get(opcode) ?? []), ...rows]);
  }
}

/** The conformance group of an encoding in the registry, or null when it is not there. */
function groupOf({ opcode, src, offset, imm }: Instruction): string | null {
  const found = [src, offset, imm];
  const row = ENCODINGS.get(opcode)?.find(({ fields }) => fields.every((wanted, at) => wanted === null || wanted === found[at]));
  return row?.group ?? null;
}

/** May what Linux added be there: a kfunc of a module has an offset, an atomic a new immediate, a move another offset. */
const isOfLinux = ({ opcode, src, offset, imm }: Instruction): boolean =>
  (opcode === 0x85 && src === 2 && offset > 0) ||
  opcode === 0x8d ||
  (opcode === 0xe5 && src === 0 && imm === 0) ||
  (opcode === 0xbf && offset === 1 && (imm === 1 || imm === 0x10000)) ||
  ([0xc3, 0xcb, 0xd3, 0xdb].includes(opcode) && (imm === 0x100 || imm === 0x110));

test("every encoding is in IANA's registry, in the same group, or is known to be an addition of Linux", () => {
  const immediates = [
    0, 1, 2, 16, 24, 32, 64, 0x10, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe0, 0xe1, 0xf0, 0xf1, 0x100, 0x110, 0x10000, -1,
  ];
  let known = 0;
  for (let opcode = 0; opcode < 256; opcode++) {
    for (let src = 0; src <= 10; src++) {
      for (const offset of [0, 1, 2, 8, 16, 24, 32, 64, -1, -32768, 32767]) {
        for (const imm of immediates) {
          const instruction = { opcode, dst: 0, src, offset, imm, high: 0 };
          const operation = operationOf(instruction);
          const group = groupOf(instruction);
          if (group !== null) known++;
          if (operation === null ? group === null : operation.group === group || (group === null && isOfLinux(instruction)))
            continue;
          assert.fail(
            `${JSON.stringify(instruction)}: expected ${group}, found ${operation?.kind ?? "nothing"} ${operation?.group}`,
          );
        }
      }
    }
  }
  assert.ok(known > 10_000, "the registry was met");
});

test("every opcode of the registry is in the table", () => {
  const opcodes = new Set(OPERATIONS.filter(({ group }) => group !== null).map(({ opcode }) => opcode));
  assert.deepEqual(
    [...opcodes],
    [...ENCODINGS.keys()].sort((a, b) => a - b),
  );
});

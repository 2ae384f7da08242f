import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { explain } from "../explain.ts";
import { readLog } from "./read.ts";

const kinds = (lines: readonly string[]) => readLog(lines).events.map(({ kind }) => kind);

describe("logs of older kernels", () => {
  test("5.x: states on lines of their own; those that precision is traced back through are of instructions before", () => {
    const log = [
      "0: (79) r1 = *(u64 *)(r1 +112)",
      "1: (15) if r1 == 0x0 goto pc+2",
      " R1_w=inv(id=0) R10=fp0",
      "2: (57) r1 &= 255",
      "3: (0f) r2 += r1",
      "last_idx 3 first_idx 0",
      "regs=2 stack=0 before 2: (57) r1 &= 255",
      " R1_rw=invP(id=0,umax_value=7) R10=fp0",
      "parent didn't have regs=2 stack=0 marks",
      " R1_w=invP(id=0,umax_value=255,var_off=(0x0; 0xff)) R10=fp0",
      "4: (71) r0 = *(u8 *)(r1 +0)",
      "R1 invalid mem access 'inv'",
      "processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0",
    ];
    assert.deepEqual(kinds(log), ["instruction", "instruction", "state", "instruction", "instruction", "state", "instruction"]);
    const found = explain(log);
    assert.equal(found.problem, "this read goes through a number, not a pointer");
    assert.match(found.reason, /^r1 is a number from 0 to 255 here\./);
  });

  test("4.x: imm for constants, frames with their call", () => {
    const found = explain([
      "2: (7b) *(u64 *)(r10 -8) = r1",
      "3: (b7) r1 = 0",
      " R1=imm0 R8=fp-8,call_-1 R10=fp0,call_-1",
      "4: (61) r3 = *(u32 *)(r1 +0)",
      "R1 invalid mem access 'imm'",
    ]);
    assert.equal(found.code, "dereference");
    assert.deepEqual([found.at.slot, found.path.map(({ text }) => text)], [4, ["set to 0"]]);
  });
});

test("a log within another: indented, with lines left out", () => {
  const found = explain([
    "    verifier_test.go:245: load program: permission denied:",
    "        \t(638 line(s) omitted)",
    "        \t; if (tunnel) {",
    "        \t1027: (54) w1 &= 1",
    "        \t1028: (56) if w1 != 0x0 goto pc+178",
    "        \t R1_w=inv0 R9=inv(id=0,umax_value=7) R10=fp0",
    "        \t1029: (71) r1 = *(u8 *)(r9 +23)",
    "        \tR9 invalid mem access 'inv'",
  ]);
  assert.deepEqual([found.code, found.at.slot, found.at.text], ["dereference", 1029, "if (tunnel) {"]);
  assert.match(found.reason, /^r9 is a number from 0 to 7/);
});

test("level 1: a branch that is taken up again has its state on its own line", () => {
  assert.deepEqual(kinds(["12: (25) if r1 > 0xa goto pc+4 17: R1=scalar(umin=11) R10=fp0", "17: (b4) w0 = 0  ; R0=0"]), [
    "instruction",
    "state",
    "instruction",
  ]);
});

test("statistics may follow a text that has no line end", () => {
  assert.deepEqual(
    readLog(["expected prog array map for tail callprocessed 3 insns (limit 1000000) max_states_per_insn 0"]).verdict,
    ["expected prog array map for tail call"],
  );
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ProgramSpec } from "../../../object/spec.ts";
import { SystemError } from "../sys/system-error.ts";
import { logLines, readLog, verifierError } from "./refusal.ts";

const STATISTICS = "processed 12 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0";

describe("the decisive line of a log", () => {
  for (const { what, log, reason, slot, instruction } of [
    {
      what: "the last one before the statistics",
      log: [
        "0: R1=ctx() R10=fp0",
        "; const x = ctx.data @ firewall.bpf.ts:7",
        "0: (61) r1 = *(u32 *)(r1 +0)          ; R1_w=pkt(r=0)",
        "1: (71) r0 = *(u8 *)(r1 +12)",
        "invalid access to packet, off=12 size=1, R1(id=0,off=12,r=0)",
        "R1 offset is outside of the packet",
        STATISTICS,
      ],
      reason: "invalid access to packet, off=12 size=1, R1(id=0,off=12,r=0); R1 offset is outside of the packet",
      slot: 1,
      instruction: "r0 = *(u8 *)(r1 +12)",
    },
    {
      what: "with the times that newer kernels add",
      log: ["3: (95) exit", "R0 !read_ok", "verification time 88 usec", "stack depth 0", STATISTICS],
      reason: "R0 !read_ok",
      slot: 3,
      instruction: "exit",
    },
    {
      what: "after a branch, whose register states say nothing",
      log: [
        "5: (15) if r0 == 0x0 goto pc+1",
        "6: (79) r1 = *(u64 *)(r0 +0)",
        "",
        "from 5 to 7: R0=0 R10=fp0",
        "7: R0=0 R10=fp0",
        "7: (79) r1 = *(u64 *)(r0 +0)",
        "R0 invalid mem access 'scalar'",
        STATISTICS,
      ],
      reason: "R0 invalid mem access 'scalar'",
      slot: 7,
      instruction: "r1 = *(u64 *)(r0 +0)",
    },
    {
      what: "of a pass that names the instruction itself",
      log: ["arg#0 reference type('UNKNOWN ') size cannot be determined: -22", "unreachable insn 17", STATISTICS],
      reason: "unreachable insn 17",
      slot: 17,
      instruction: null,
    },
    {
      what: "about a jump",
      log: ["jump out of range from insn 4 to 99", STATISTICS],
      reason: "jump out of range from insn 4 to 99",
      slot: 4,
      instruction: null,
    },
    {
      what: "about the program as a whole",
      log: ["100: (05) goto pc-1", "BPF program is too large. Processed 1000001 insn", STATISTICS],
      reason: "BPF program is too large. Processed 1000001 insn",
      slot: 100,
      instruction: "goto pc-1",
    },
    {
      what: "about a loop without end, before the states that show it",
      log: [
        "1: (15) if r0 == 0x0 goto pc-1        ; R0=0",
        "infinite loop detected at insn 1",
        "cur state: R0=0 R1=ctx() R10=fp0",
        "old state: R0=P0 R1=ctx() R10=fp0",
        STATISTICS,
      ],
      reason: "infinite loop detected at insn 1",
      slot: 1,
      instruction: "if r0 == 0x0 goto pc-1",
    },
    {
      what: "about calls that go too deep, after the frames",
      log: [
        "callee:",
        " frame7: R1=ctx() R10=fp0",
        "2: frame7: R1=ctx() R10=fp0",
        "2: (85) call pc-1",
        "the call stack of 9 frames is too deep",
        STATISTICS,
      ],
      reason: "the call stack of 9 frames is too deep",
      slot: 2,
      instruction: "call pc-1",
    },
    {
      what: "about records that do not fit",
      log: ["number of funcs in func_info doesn't match number of subprogs", STATISTICS],
      reason: "number of funcs in func_info doesn't match number of subprogs",
      slot: null,
      instruction: null,
    },
  ]) {
    test(what, () => assert.deepEqual(readLog(log), { reason, slot, instruction }));
  }

  test("a log that says nothing", () => {
    assert.equal(readLog([]), null);
    assert.equal(readLog([STATISTICS]), null);
    assert.equal(readLog(["0: (b7) r0 = 0", STATISTICS]), null);
  });
});

test("a log ends at its NUL, without the empty line after the last newline", () => {
  assert.deepEqual(logLines("one\ntwo\n\0garbage"), ["one", "two"]);
  assert.deepEqual(logLines(""), []);
});

describe("the message: one line, with the source", () => {
  const program: ProgramSpec = {
    name: "firewall",
    section: "xdp",
    type: "xdp",
    attachType: "xdp",
    code: new Uint8Array(80),
    relocations: [],
    functions: [{ slot: 0, name: "firewall", type: 1 }],
    lines: [
      { slot: 0, file: "firewall.bpf.ts", line: 3, column: 5, text: "const a = 1;" },
      { slot: 2, file: "firewall.bpf.ts", line: 9, column: 0, text: "return view[12];" },
    ],
  };
  const cause = new SystemError("bpf(prog_load)", 13);

  test("what, where, why, in which words", () => {
    const error = verifierError(program, ["3: (95) exit", "R0 !read_ok", STATISTICS], cause);
    assert.equal(
      error.message,
      "program firewall: refused by the kernel's verifier at firewall.bpf.ts:9: R0 !read_ok, in `return view[12];` (instruction 3: exit)",
    );
    assert.equal(error.program, "firewall");
    assert.equal(error.log.length, 3);
    assert.equal(error.cause, cause);
  });

  test("with the column where it is known", () => {
    assert.match(
      verifierError(program, ["unreachable insn 1"], cause).message,
      /at firewall\.bpf\.ts:3:5: unreachable insn 1, in `const a = 1;`/,
    );
  });

  test("without source lines, the instruction alone", () => {
    const error = verifierError({ ...program, lines: [] }, ["3: (95) exit", "R0 !read_ok"], cause);
    assert.equal(error.message, "program firewall: refused by the kernel's verifier: R0 !read_ok (instruction 3: exit)");
  });
});

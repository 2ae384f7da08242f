import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ProgramSpec, Spec } from "../../../object/spec.ts";
import { explain } from "../../../verifier/explain/explain.ts";
import { SystemError } from "../sys/system-error.ts";
import { verifierError } from "./refusal.ts";
import { logLines, RefusedProgram } from "./refused.ts";

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
    test(what, () => {
      const { kernelText, at } = explain(log);
      assert.deepEqual(
        { reason: kernelText.replaceAll("\n", "; "), slot: at.slot, instruction: at.instruction },
        { reason, slot, instruction },
      );
    });
  }

  test("a log that says nothing", () => {
    for (const log of [[], [STATISTICS], ["0: (b7) r0 = 0", STATISTICS]]) assert.equal(explain(log).kernelText, "");
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

  const spec: Spec = { name: "firewall", license: "GPL", types: null, maps: [], programs: [program] };
  const refused = (log: readonly string[], one = program) => verifierError(new RefusedProgram(spec, one, log, cause));

  test("where, what is wrong, what to write instead, and the kernel's words to search for", () => {
    const error = refused(["3: (95) exit", "R0 !read_ok", STATISTICS]);
    assert.equal(
      error.message,
      "program firewall: refused by the kernel's verifier at firewall.bpf.ts:9: the program can end without a return value, in `return view[12];`; return a value on every path (R0 !read_ok; instruction 3: exit)",
    );
    assert.equal(error.program, "firewall");
    assert.equal(error.log.length, 3);
    assert.equal(error.cause, cause);
    assert.equal(error.explanation?.code, "unreadable");
    assert.deepEqual([error.explanation?.at.line, error.explanation?.at.slot], [9, 3]);
  });

  test("with the column where it is known", () => {
    assert.match(
      refused(["unreachable insn 1"]).message,
      /at firewall\.bpf\.ts:3:5: instruction 1 is never reached, in `const a = 1;`/,
    );
  });

  test("without source lines, the instruction alone", () => {
    assert.match(
      refused(["3: (95) exit", "R0 !read_ok"], { ...program, lines: [] }).message,
      /^program firewall: refused by the kernel's verifier: the program can end .* \(R0 !read_ok; instruction 3: exit\)$/,
    );
  });

  test("a log without a verdict: what the error number may mean", () => {
    const error = refused(["0: (b7) r0 = 0", STATISTICS]);
    assert.match(error.message, /the program was refused, and the log is empty; load it again with log_level 1 .*\(EACCES\)$/);
    assert.equal(error.explanation?.category, "Policy");
  });
});

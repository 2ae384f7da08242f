import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { explain } from "./explain.ts";

/** As kernel/bpf/diagnostics.c prints it: wrapped at 100 columns, two lines of context. */
const BOUNDS = `func#0 @0
0: R1=ctx() R10=fp0
11: (71) r1 = *(u8 *)(r1 +23)
invalid access to packet, off=23 size=1, R1(id=0,off=23,r=14)
R1 offset is outside of the packet

Verification failed: Memory Safety: Access outside bounds

Reason:
  The verifier cannot prove offset + access_size <= object_size. Here, the packet range is 14. R1 is
  pkt; offset is constant 23; access_size is 1; object_size is 14.

At:
  main @ prog.bpf.c:116:13
  Source context:
      114 | \tif (eth->type != 8)
      115 | \t\treturn 2;
  >>> 116 | \treturn ip->protocol == 17 ? 1 : 2;
          |         ^-- error: access may be outside object bounds
  Instruction context:
      10 | (56) if w3 != 0x8 goto pc+4
  >>> 11 | (71) r1 = *(u8 *)(r1 +23)
      12 | (b4) w0 = 1

Causal path:
  main @ prog.bpf.c:108:30
  Source context:
  >>> 108 | \tvoid *data = (void *)(long)ctx->data;
          |         ^-- update: R1 changed from context pointer at offset 0 to pkt at offset 0, which is
          |             a long text
  Instruction context:
  >>>  2 | (61) r1 = *(u32 *)(r1 +0)

  main @ prog.bpf.c:112:6
  Source context:
  >>> 112 | \tif (data + 14 > end)
          |         ^-- branch: took the false branch of this conditional, goto not followed
  Instruction context:
  >>>  5 | (2d) if r3 > r2 goto pc+9

Suggestion:
  Add or adjust a bounds check that proves offset + access_size stays within the object.

processed 12 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0`.split("\n");

describe("the newer form of the kernel's log", () => {
  test("category, reason, place and path are the kernel's; the classic text is still the one to search for", () => {
    const found = explain(BOUNDS);
    assert.equal(found.category, "Memory");
    assert.equal(found.code, "packet-bounds");
    assert.match(found.problem, /may lie behind the end of the packet/);
    assert.match(found.reason, /^The verifier cannot prove offset \+ access_size <= object_size\. .* object_size is 14\.$/);
    assert.deepEqual(found.at, {
      slot: 11,
      instruction: "r1 = *(u8 *)(r1 +23)",
      file: "prog.bpf.c",
      line: 116,
      column: 13,
      text: "return ip->protocol == 17 ? 1 : 2;",
      function: "main",
    });
    assert.deepEqual(
      found.path.map(({ kind, at, text }) => [kind, at.line, at.slot, text]),
      [
        ["change", 108, 2, "R1 changed from context pointer at offset 0 to pkt at offset 0, which is a long text"],
        ["branch", 112, 5, "took the false branch of this conditional, goto not followed"],
      ],
    );
    assert.ok(found.suggestions.some(({ text }) => /^Add or adjust a bounds check/.test(text)));
    assert.equal(found.kernelText.split("\n")[0], "invalid access to packet, off=23 size=1, R1(id=0,off=23,r=14)");
  });

  test("without a classic text, and without source lines", () => {
    const found = explain([
      "",
      "Verification failed: Resource Lifetime Safety: Unreleased resource",
      "",
      "Reason:",
      "  Owned resource (id=2) was acquired at instruction 6 and still needs to be released before this",
      "  exit path.",
      "",
      "At:",
      "  insn 17",
      "      | ^-- error: owned resource (id=2) still needs release",
      "  Instruction context:",
      "      16 | (b4) w0 = 2",
      "  >>> 17 | (95) exit",
      "",
      "Suggestion:",
      "  Release or transfer ownership of the acquired resource on every path before the program exits.",
      "",
    ]);
    assert.equal(found.category, "Resource Lifetime");
    assert.equal(found.problem, "unreleased resource");
    assert.deepEqual([found.at.slot, found.at.instruction], [17, "exit"]);
    assert.match(found.reason, /before this exit path\.$/);
    assert.equal(found.kernelText, "Resource Lifetime Safety: unreleased resource");
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assemble } from "./assemble.ts";
import type { IsaRule } from "./errors.ts";
import { checkJumps, functionStarts, targetOf } from "./jumps.ts";

describe("checkJumps", () => {
  it("accepts jumps to instructions of the same function", () => {
    checkJumps(
      assemble(`
        r1 = 0x1 ll
        if r1 == 0 goto out
        call sub
        gotol out
      out:
        exit
      sub:
        may_goto done
        goto sub
      done:
        exit
      `),
    );
  });

  const refused: [rule: IsaRule, index: number, what: string, program: string][] = [
    ["empty", 0, "nothing", ""],
    ["jump", 0, "a jump before the beginning", "goto pc-2\n exit"],
    ["jump", 0, "a jump behind the end", "if r1 == 0 goto pc+1\n exit"],
    ["jump", 1, "a long jump behind the end", "r0 = 0\n gotol pc+1000000\n exit"],
    ["jump-wide", 0, "a jump into a wide instruction", "goto pc+1\n r1 = 0x1 ll\n exit"],
    ["jump-wide", 1, "a jump back into a wide instruction", "r1 = 0x1 ll\n if r1 == 0 goto pc-2\n exit"],
    ["jump-function", 1, "a jump into another function", "call sub\n if r0 == 0 goto sub\n exit\n sub: exit"],
    ["jump-function", 3, "a jump back into the caller", "call sub\n out: exit\n sub: r0 = 0\n if r0 == 0 goto out\n exit"],
    ["call", 0, "a call behind the end", "call pc+1\n exit"],
    ["call", 0, "a call into a wide instruction", "call pc+1\n r1 = 0x1 ll\n exit"],
    ["call", 0, "the address of a function outside", "r1 = subprog[+9]\n exit"],
    ["end", 0, "a program that runs out", "r0 = 0"],
    ["end", 1, "a last instruction that may go on", "r0 = 0\n if r0 == 0 goto pc-1"],
    ["end", 1, "a function that runs into the next", "call sub\n r0 = 0\n sub: exit"],
    ["end", 0, "a wide instruction at the end", "r0 = 0x1 ll"],
  ];
  for (const [rule, index, what, program] of refused) {
    it(`refuses ${what}: ${rule}`, () => {
      assert.throws(() => checkJumps(assemble(program)), { name: "IsaError", rule, index });
    });
  }

  it("says where the program ends", () => {
    assert.throws(() => checkJumps(assemble("r1 = 0x1 ll\n goto pc+5\n exit")), {
      message: "instruction 1 (slot 2): jumps to slot 8, but the program has slots 0 to 3",
    });
  });
});

describe("functionStarts", () => {
  it("is where calls and function loads lead, in slots", () => {
    const program = assemble("r1 = subprog[b]\n call a\n exit\n a: exit\n b: exit");
    assert.deepEqual(functionStarts(program), [0, 4, 5]);
  });
});

describe("targetOf", () => {
  it("is null for what refers to no instruction", () => {
    for (const text of ["r0 = 1", "exit", "call 5", "call kernel-function#5", "r1 = map[fd:5]", "r1 = 0x5 ll"]) {
      assert.equal(targetOf(assemble(text)[0]!, 10), null, text);
    }
    for (const text of ["goto pc+3", "gotol pc+3", "may_goto pc+3", "call pc+3", "r1 = subprog[+3]", "if w1 < w2 goto pc+3"]) {
      assert.equal(targetOf(assemble(text)[0]!, 10), 14, text);
    }
  });
});

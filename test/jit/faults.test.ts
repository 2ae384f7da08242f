/** What generated code does with programs that are wrong: it stops them, and says where in the words of the interpreter. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runRaw } from "../../src/engine/embedded/raw.ts";
import { FaultError } from "../../src/engine/errors.ts";
import { assemble } from "../../src/isa/assemble.ts";
import * as make from "../../src/isa/make.ts";
import { runJit } from "./run-jit.ts";

const memory = new Uint8Array(60);

function fault(run: () => unknown): FaultError {
  try {
    run();
  } catch (error) {
    if (error instanceof FaultError) return error;
    throw error;
  }
  return assert.fail("it came to an end");
}

describe("checked code and the interpreter stop a program at the same slot, with the same words", () => {
  const nested = Array.from({ length: 9 }, (_, level) => `f${level}:\n${level < 8 ? `call f${level + 1}` : "r0 = 1"}\nexit`).join(
    "\n",
  );
  for (const { what, text } of [
    { what: "the null pointer", text: "r1 = 0\nr0 = *(u8 *)(r1 + 0)\nexit" },
    { what: "near the null pointer", text: "r1 = 0\nr0 = *(u64 *)(r1 + 16)\nexit" },
    { what: "just below the null pointer", text: "r1 = 0\nr0 = 0\n*(u64 *)(r1 - 16) = r0\nexit" },
    { what: "a number of more than 32 bits", text: "r1 = 0x100000000000 ll\nr0 = *(u8 *)(r1 + 0)\nexit" },
    { what: "an alias of a good address", text: "r3 = 0x10000000000000 ll\nr1 += r3\nr0 = *(u8 *)(r1 + 0)\nexit" },
    { what: "an address in no memory", text: "r1 = 0x0f000000 ll\nr0 = *(u8 *)(r1 + 0)\nexit" },
    { what: "the end of the address space", text: "r1 = 0xffffffff ll\nr0 = *(u64 *)(r1 + 0)\nexit" },
    { what: "below the stack", text: "*(u64 *)(r10 - 520) = r1\nexit" },
    { what: "behind the stack", text: "*(u64 *)(r10 + 0) = r1\nexit" },
    { what: "an atomic access that is not aligned", text: "r2 = 1\nlock *(u64 *)(r10 - 12) += r2\nr0 = 0\nexit" },
    { what: "calls nested too deep", text: nested },
    {
      what: "in a function, in a loop",
      text: "r6 = 9\ncall f\nexit\nf:\nr7 = 3\ntop:\nr7 -= 1\nif r7 != 0 goto top\nr0 = *(u8 *)(r7 + 0)\nexit",
    },
  ]) {
    test(what, () => {
      const code = assemble(text);
      const expected = fault(() => runRaw(code, { memory }));
      for (const dispatch of [false, true]) {
        const found = fault(() => runJit(code, { mode: "checked", dispatch }, { memory }));
        assert.equal(found.slot, expected.slot);
        assert.equal(found.message.replace(/\d{4,}/g, "N"), expected.message.replace(/\d{4,}/g, "N"));
      }
    });
  }

  test("a register that holds no function", () => {
    const code = [make.movImm(64, 2, 77), make.callRegister(2), make.exit()];
    assert.equal(fault(() => runJit(code, { mode: "checked" })).message, fault(() => runRaw(code)).message);
  });
});

describe("nothing hangs", () => {
  for (const { what, text } of [
    { what: "a loop without end", text: "r0 = 0\ntop:\nr0 += 1\ngoto top\nexit" },
    { what: "a loop with two entries", text: "r0 = 1\nif r1 == 0 goto b\na:\nr0 += 1\nb:\nr0 += 2\nif r0 != 0 goto a\nexit" },
    { what: "a loop in a function", text: "call f\nexit\nf:\ntop:\ngoto top\nr0 = 0\nexit" },
    { what: "loops in loops", text: "a:\nr1 = 1\nb:\nr1 += 1\nif r1 != 100 goto b\ngoto a\nr0 = 0\nexit" },
  ]) {
    test(what, () => {
      const { message } = fault(() => runJit(assemble(text), { mode: "checked" }, { fuel: 10_000 }));
      assert.match(message, /stopped after 10000 instructions/);
    });
  }
});

test("bare code faults where the engine's memory ends, and says where", () => {
  const { slot, program } = fault(() =>
    runJit(assemble("r0 = 0\nr1 = 0x7f000000\nr0 = *(u8 *)(r1 + 4)\nexit"), { mode: "bare" }),
  );
  assert.deepEqual({ slot, program }, { slot: 2, program: "raw" });
});

test("an error that a helper throws comes out as it is", () => {
  const helpers = {
    1: () => {
      throw new RangeError("mine");
    },
  };
  assert.throws(() => runJit(assemble("call 1\nexit"), { mode: "checked" }, { helpers }), {
    name: "RangeError",
    message: "mine",
  });
});

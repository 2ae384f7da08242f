import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { assemble } from "../../isa/assemble.ts";
import { encode } from "../../isa/encode.ts";
import { type Flow, followCode } from "./flow.ts";
import type { Value } from "./values.ts";

/** Follows assembler text; `known` says what instructions give that a loader patches. */
function follow(text: string, known: Readonly<Record<number, Value>> = {}, functions: readonly number[] = [0]): Flow {
  return followCode(encode(assemble(text)), { known: (slot) => known[slot], functions });
}

/** Slots as text: `.` not reached, `r` reached, `g` guarded. */
function picture({ reached, guarded }: Flow): string {
  return [...reached].map((is, slot) => (is === 0 ? "." : guarded[slot] === 1 ? "g" : "r")).join("");
}

describe("what a program reaches", () => {
  it("both sides of a condition on what it is given", () => {
    assert.equal(picture(follow("if r1 == 0 goto end\n r0 = 1\n end: r0 = 2\n exit")), "rrrr");
  });

  it("one side of a condition on constants", () => {
    assert.equal(picture(follow("r2 = 3\n if r2 == 3 goto end\n r0 = 1\n end: r0 = 2\n exit")), "rr.rr");
    assert.equal(picture(follow("w2 = -1\n if r2 s> 0 goto end\n r0 = 1\n end: r0 = 2\n exit")), "rr.rr");
    assert.equal(picture(follow("w2 = -1\n if w2 s> 0 goto end\n r0 = 1\n end: r0 = 2\n exit")), "rrrrr");
  });

  it("constants through arithmetic and copies", () => {
    assert.equal(picture(follow("r2 = 3\n r3 = r2\n r3 <<= 4\n r3 |= 1\n if r3 == 49 goto end\n r0 = 1\n end: exit")), "rrrrr.r");
  });

  it("both sides where paths bring different constants", () => {
    const text = "r2 = 1\n if r1 == 0 goto join\n r2 = 2\n join: if r2 == 1 goto end\n r0 = 1\n end: exit";
    assert.equal(picture(follow(text)), "rrrrrr");
  });

  it("functions that are called, and those that only the kernel calls", () => {
    assert.equal(picture(follow("call one\n exit\n one: r0 = 1\n exit\n two: r0 = 2\n exit", {}, [0, 2])), "rrrr..");
    assert.equal(picture(follow("call one\n exit\n one: r0 = 1\n exit\n two: r0 = 2\n exit", {}, [0, 2, 4])), "rrrrrr");
  });

  it("nothing is known after a call but what is kept in r6 to r9", () => {
    assert.equal(
      picture(follow("r1 = 1\n r6 = 1\n call 5\n if r6 == 1 goto a\n exit\n a: if r1 == 1 goto b\n exit\n b: exit")),
      "rrrr.rrr",
    );
  });
});

describe("questions to the kernel", () => {
  /** Slot 0 asks whether something exists. */
  const asks = { 0: "kernel" } as const;

  it("guard both sides, until they meet again", () => {
    const text = "r1 = 1\n if r1 == 0 goto old\n r0 = 1\n goto end\n old: r0 = 2\n end: exit";
    assert.equal(picture(follow(text, asks)), "rrgggr");
  });

  it("guard all that follows when one side leaves", () => {
    assert.equal(picture(follow("r1 = 1\n if r1 != 0 goto new\n exit\n new: r0 = 1\n exit", asks)), "rrggg");
  });

  it("that are answered leave one side", () => {
    assert.equal(picture(follow("r1 = 1\n if r1 != 0 goto new\n exit\n new: r0 = 1\n exit", { 0: 0n })), "rrr..");
    assert.equal(picture(follow("r1 = 1\n if r1 != 0 goto new\n exit\n new: r0 = 1\n exit", { 0: 1n })), "rr.rr");
  });

  it("guard a function that is called on one side only", () => {
    const text = "r1 = 1\n if r1 == 0 goto end\n call new\n end: exit\n new: r0 = 1\n exit";
    assert.equal(picture(follow(text, asks, [0, 4])), "rrgrgg");
    const twice = "r1 = 1\n if r1 == 0 goto end\n call new\n end: call new\n exit\n new: r0 = 1\n exit";
    assert.equal(picture(follow(twice, asks, [0, 5])), "rrgrrrr");
  });

  it("may be about memory: the kernel's configuration", () => {
    const version = (value: Value): Value => ({ kind: "memory", offset: 0n, read: (offset) => (offset === 4 ? value : "any") });
    const text = "r1 = 0 ll\n r1 = *(u32 *)(r1 + 4)\n if r1 > 5 goto new\n exit\n new: exit";
    assert.equal(picture(follow(text, { 0: version("kernel") })), "r.rrgg");
    assert.equal(picture(follow(text, { 0: version(6n) })), "r.rr.r");
    assert.equal(picture(follow(text.replace("+ 4", "+ 8"), { 0: version(6n) })), "r.rrrr");
  });

  it("a value that other things decide, too, is no question", () => {
    assert.equal(picture(follow("r1 = 1\n r1 += r2\n if r1 == 0 goto end\n r0 = 1\n end: exit", asks)), "rrrrr");
  });
});

describe("loops", () => {
  it("are closed by a jump back on the way", () => {
    assert.equal(follow("r1 = 5\n again: r1 += -1\n if r2 != 0 goto again\n exit").loop, 2);
  });

  it("a jump back to where no path leads forward again is none", () => {
    assert.equal(follow("goto second\n first: exit\n second: goto first").loop, -1);
  });
});

it("a wide instruction that is cut off ends its path", () => {
  const code = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x18, 0, 0, 0, 0, 0, 0, 0);
  assert.deepEqual([...followCode(code, { known: () => undefined, functions: [0] }).reached], [1, 1]);
});

it("any bytes are followed to an end, and quickly", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 400 }), (bytes) => {
      const code = bytes.subarray(0, bytes.length - (bytes.length % 8));
      const { reached, guarded } = followCode(code, {
        known: (slot) => (slot % 3 === 0 ? "kernel" : undefined),
        functions: [0, 7],
      });
      assert.ok(guarded.every((is, slot) => is <= reached[slot]!));
    }),
    { numRuns: 2000 },
  );
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { assemble } from "../../isa/assemble.ts";
import { decode } from "../../isa/decode.ts";
import { encode } from "../../isa/encode.ts";
import { print } from "../../isa/print.ts";
import type { ProgramSpec } from "../../object/spec.ts";
import { insertInstructions } from "./insert.ts";

const program = (text: string, more: Partial<ProgramSpec> = {}): ProgramSpec => ({
  name: "main",
  section: "xdp",
  type: "xdp",
  attachType: null,
  code: encode(assemble(text)),
  relocations: [],
  functions: [],
  lines: [],
  ...more,
});

const put = (text: string, slot: number, code = "r9 = 7") => insertInstructions(program(text), slot, encode(assemble(code)));
const shown = (found: ProgramSpec | null) => (found === null ? null : decode(found.code).map((one) => print(one)));

describe("putting instructions into a program", () => {
  test("jumps over the place reach further, in both directions", () => {
    assert.deepEqual(shown(put("if r1 == 0 goto pc+1\nr0 = 1\nexit", 1)), ["if r1 == 0x0 goto pc+2", "r9 = 7", "r0 = 1", "exit"]);
    assert.deepEqual(shown(put("r0 = 1\nr0 += 1\nif r0 < 9 goto pc-2\nexit", 2)), [
      "r0 = 1",
      "r0 += 1",
      "r9 = 7",
      "if r0 < 0x9 goto pc-3",
      "exit",
    ]);
  });

  test("jumps to the place come to the new code first", () => {
    assert.deepEqual(shown(put("if r1 == 0 goto pc+1\nr0 = 1\nexit", 2)), ["if r1 == 0x0 goto pc+1", "r0 = 1", "r9 = 7", "exit"]);
  });

  test("jumps that do not pass it stay", () => {
    assert.deepEqual(shown(put("r0 = 0\nif r0 == 0 goto pc+1\nr0 = 1\nexit", 0))?.slice(1), [
      "r0 = 0",
      "if r0 == 0x0 goto pc+1",
      "r0 = 1",
      "exit",
    ]);
  });

  test("calls of functions, long jumps and addresses of functions, too; a wide load is one instruction", () => {
    assert.deepEqual(shown(put("r1 = subprog[+4]\ncall pc+2\ngotol pc+0\nexit\nr0 = 1\nexit", 3, "r9 = 7\nr8 = 7")), [
      "r1 = subprog[+6]",
      "call pc+4",
      "r9 = 7",
      "r8 = 7",
      "gotol pc+0",
      "exit",
      "r0 = 1",
      "exit",
    ]);
  });

  test("functions, lines and relocations move with what they are about", () => {
    const before = program("r1 = map[fd:0]\nr0 = 0\nexit\nr0 = 1\nexit", {
      relocations: [{ slot: 0, kind: "map", map: "m", offset: 0 }],
      functions: [
        { slot: 0, name: "main", type: 1 },
        { slot: 4, name: "other", type: 2 },
      ],
      lines: [
        { slot: 0, file: "a.c", line: 1, column: 1, text: "a" },
        { slot: 2, file: "a.c", line: 2, column: 1, text: "b" },
        { slot: 4, file: "a.c", line: 3, column: 1, text: "c" },
      ],
    });
    const one = encode(assemble("r9 = 7"));
    const atStart = insertInstructions(before, 0, one);
    assert.deepEqual(atStart?.relocations[0]?.slot, 1, "the load itself moved");
    assert.deepEqual(
      atStart?.functions.map(({ slot }) => slot),
      [0, 5],
      "the program begins with the new code",
    );
    const between = insertInstructions(before, 2, one);
    assert.deepEqual(between?.relocations[0]?.slot, 0);
    assert.deepEqual(
      between?.lines.map(({ slot }) => slot),
      [0, 2, 5],
      "the new code belongs to the line of its place",
    );
  });

  test("a jump that would become too long, or a place outside, is refused", () => {
    const far = `if r1 == 0 goto pc+32767\n${"r0 = 0\n".repeat(32767)}exit`;
    assert.equal(put(far, 5), null);
    assert.equal(put("exit", 1), null);
    assert.equal(put("exit", -1), null);
  });

  test("whatever is put in where: each jump reaches the instruction that it reached before", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 12 }),
        fc.nat(),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 4 }),
        (size, a, b, c, count) => {
          const from = a % size;
          const to = b % size;
          const slot = c % size;
          // Each instruction is told from the others by its constant; the one at `from` is a jump.
          const lines = Array.from({ length: size }, (_, at) =>
            at === from ? `goto pc${to - from - 1 < 0 ? "" : "+"}${to - from - 1}` : `r1 = ${at}`,
          );
          const found = put(lines.join("\n"), slot, Array.from({ length: count }, () => "r9 = 99").join("\n"));
          const after = shown(found)!;
          const jump = after.findIndex((line) => line.startsWith("goto"));
          const target = jump + 1 + Number(/pc([+-]\d+)/.exec(after[jump]!)![1]);
          const reached = after.slice(target).find((line) => line !== "r9 = 99");
          assert.equal(reached, to === from ? after[jump] : `r1 = ${to}`);
          assert.equal(target, to > slot ? to + count : to);
        },
      ),
    );
  });
});

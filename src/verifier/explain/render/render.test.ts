import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Explanation } from "../explanation.ts";
import { toDiagnostic } from "./editor.ts";
import { errorLine, githubLine, messageOf } from "./line.ts";
import { renderExplanation } from "./terminal.ts";

const place = {
  slot: 16,
  instruction: "*(u8 *)(r0 +8) = r1",
  file: "a.c",
  line: 2,
  column: 3,
  text: "stats[i] = 1;",
  function: "main",
};

const EXPLANATION: Explanation = {
  category: "Memory",
  code: "value-bounds",
  problem: "`stats[i]`: the index may be up to 255",
  reason: "It was read from the packet.",
  at: place,
  path: [{ kind: "origin", at: { ...place, line: 1, column: 0, text: "i = data[0];" }, text: "read from the packet" }],
  suggestions: [
    { text: "limit it", checked: true },
    { text: "or mask it", checked: null },
  ],
  kernelText: "invalid access to map value\nR0 max value is outside",
};
const source = () => ["  i = data[0];", "  stats[i] = 1;"];

describe("on a terminal", () => {
  test("the line with a caret under the word, why, how, what instead, the kernel's words", () => {
    assert.equal(
      renderExplanation(EXPLANATION, { color: false, source }),
      [
        "a.c:2:3: refused [value-bounds]: `stats[i]`: the index may be up to 255",
        "  2 |   stats[i] = 1;",
        "    |   ^^^^^",
        "  It was read from the packet.",
        "",
        "  How it comes to that:",
        "       1  i = data[0];",
        "          → read from the packet",
        "",
        "  Instead:",
        "    - limit it",
        "      checked: passes with this",
        "    - or mask it",
        "",
        "  In the kernel's words: invalid access to map value; R0 max value is outside",
      ].join("\n"),
    );
  });

  test("a source that is not there, or has changed since, is quoted from the program, without a caret", () => {
    for (const other of [undefined, () => null, () => ["", "something else"]]) {
      const text = renderExplanation(EXPLANATION, { color: false, ...(other === undefined ? {} : { source: other }) });
      assert.match(text, /\n {2}2 \| stats\[i\] = 1;\n {2}It was/);
    }
  });

  test("without lines, the instruction", () => {
    const at = { ...place, file: null, line: 0, column: 0, text: "" };
    assert.match(
      renderExplanation({ ...EXPLANATION, at }, { color: false }),
      /^main, instruction 16: refused .*\n {2}16 \| \*\(u8 \*\)\(r0 \+8\) = r1\n/,
    );
  });

  test("colours when they are wanted; nothing that the source says is obeyed", () => {
    const text = renderExplanation({ ...EXPLANATION, problem: "bad \x1b[2J" }, { color: true, source });
    assert.ok(text.includes("\x1b[1;31mrefused"));
    assert.ok(!text.includes("\x1b[2J"));
  });

  test("long sentences are wrapped", () => {
    const text = renderExplanation({ ...EXPLANATION, reason: "word ".repeat(60).trim() }, { color: false, width: 60 });
    assert.ok(text.split("\n").every((line) => line.length <= 80));
  });
});

test("for an editor: lines and characters from 0, the word at the column, the path as related information", () => {
  const found = toDiagnostic(EXPLANATION, source);
  assert.deepEqual(found.range, { start: { line: 1, character: 2 }, end: { line: 1, character: 7 } });
  assert.equal(found.code, "value-bounds");
  assert.match(found.message, /\nInstead: limit it \(checked: passes with this\)$/);
  assert.deepEqual(found.relatedInformation, [
    {
      location: { file: "a.c", range: { start: { line: 0, character: 2 }, end: { line: 0, character: 14 } } },
      message: "read from the packet",
    },
  ]);
});

describe("in one line", () => {
  test("as compilers print errors", () => {
    assert.equal(errorLine(EXPLANATION), "a.c:2:3: error: `stats[i]`: the index may be up to 255 [value-bounds]");
  });

  test("as GitHub Actions take them: what would end a value is escaped", () => {
    assert.equal(
      githubLine({ ...EXPLANATION, reason: "50 %\nof it", at: { ...place, file: "a,b.c" } }),
      "::error file=a%2Cb.c,line=2,col=3,title=refused [value-bounds]::`stats[i]`: the index may be up to 255. 50 %25%0Aof it",
    );
  });

  test("as an error's message: who, where, what, and what to do", () => {
    assert.equal(
      messageOf("the kernel's verifier", "main", EXPLANATION),
      "program main: refused by the kernel's verifier at a.c:2:3: `stats[i]`: the index may be up to 255, in `stats[i] = 1;`; limit it (checked: passes with this) (invalid access to map value; R0 max value is outside; instruction 16: *(u8 *)(r0 +8) = r1)",
    );
    const long = messageOf("x", "main", { ...EXPLANATION, kernelText: `${"y".repeat(5000)} the end` });
    assert.ok(long.length < 600 && long.includes("the end"));
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { excerpt, printable, shortened } from "./excerpt.ts";

describe("an excerpt of the source", () => {
  test("has a mark under its place", () => {
    assert.deepEqual(excerpt("const x = y;", 10, 11), { line: "const x = y;", mark: "          ^" });
    assert.deepEqual(excerpt("", 0, 1), { line: "", mark: "^" });
  });

  test("keeps tabs, and counts what is wide", () => {
    assert.equal(excerpt("\tx = y;", 5, 6).mark, "\t    ^");
    assert.equal(excerpt("/* 漢字 */ y;", 9, 10).mark, "           ^");
    assert.equal(excerpt("/* 🐝 */ y;", 9, 10).mark, "         ^");
  });

  test("of a long line shows what is around the place", () => {
    const { line, mark } = excerpt(`${"a".repeat(5000)} here ${"b".repeat(5000)}`, 5001, 5005);
    assert.ok(line.length <= 122 && line.startsWith("…aaa") && line.endsWith("bbb…"), line);
    assert.equal(line.slice(mark.indexOf("^"), mark.length), "here");
    const end = excerpt(`${"a".repeat(5000)} here`, 5001, 5005);
    assert.equal(end.line.slice(end.mark.indexOf("^")), "here");
    const all = excerpt("a".repeat(5000), 0, 5000);
    assert.equal(all.mark, "^".repeat(120));
  });

  test("obeys nothing that the source holds", () => {
    assert.equal(printable("a\x1b[2J\x07\x7f\x9b\u202eb\tc"), "a␛[2J␇␡��b\tc");
    assert.equal(shortened("\x1b".repeat(200)), `${"␛".repeat(120)}…`);
  });
});

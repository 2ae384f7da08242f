/** What clang prints becomes diagnostics with a place, and a way out where one is known. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { renderDiagnostic } from "../typescript/diagnostics.ts";
import { readClangOutput } from "./diagnostics.ts";

const SOURCE = ["int f(void *ctx) {", "\treturn unknown + 1;", '\tconst char *ä = "é" + nothing;', "}"];
const read = (text: string) => readClangOutput(text, "a.c", (file, line) => (file === "a.c" ? (SOURCE[line - 1] ?? "") : ""));

test("an error has its place, and the word that stands there", () => {
  const { errors, warnings } = read("a.c:2:9: error: use of undeclared identifier 'unknown'\n1 error generated.\n");
  assert.deepEqual(warnings, []);
  assert.equal(errors.length, 1);
  assert.equal(
    errors.map((error) => renderDiagnostic(error, { color: false })).join(""),
    "a.c:2:9: error SK5001: use of undeclared identifier 'unknown'\n2 | \treturn unknown + 1;\n  | \t       ^^^^^^^",
  );
});

test("columns are counted in characters, whatever they are in bytes", () => {
  const [error] = read("a.c:3:26: error: use of undeclared identifier 'nothing'").errors;
  assert.deepEqual([error?.column, SOURCE[2]?.slice((error?.column ?? 0) - 1, (error?.endColumn ?? 0) - 1)], [24, "nothing"]);
});

test("a range that clang names is marked", () => {
  const [error] = read("a.c:2:9:{2:9-2:20}: error: invalid operands").errors;
  assert.deepEqual([error?.column, error?.endColumn], [9, 20]);
});

test("notes belong to the error before them", () => {
  const { errors } = read(
    "a.c:1:1: error: first\na.c:2:3:{2:3-2:4}: note: expanded from macro 'M'\nIn file included from x.c:1:\na.c:2:1: error: second\n",
  );
  assert.deepEqual(
    errors.map(({ message }) => message),
    ["first; expanded from macro 'M' (a.c:2)", "second"],
  );
});

test("a warning is none of the errors", () => {
  const { errors, warnings } = read("a.c:1:1: warning: unused variable 'x' [-Wunused-variable]");
  assert.deepEqual(errors, []);
  assert.match(renderDiagnostic(warnings[0]!, { color: false }), /^a\.c:1:1: warning SK5002: unused/);
});

test("the backend's words, of any clang, come with a way out, once for each function", () => {
  for (const [text, way] of [
    [
      "a.c:1:5: error: Looks like the BPF stack limit of 512 bytes is exceeded. Please move large on stack variables into BPF per-cpu array map.\n",
      /PERCPU_ARRAY/,
    ],
    ["a.c:1:5: error: Looks like the BPF stack limit is exceeded. Please move large on stack variables\n\n", /PERCPU_ARRAY/],
    ["a.c:4:24: error: too many args to 0x34150c90: i64 = GlobalAddress<i32 (i32)* @h> 0, a.c:4:24", /pointer to a struct/],
    ["a.c:4:24: error: 0x55fb0a79f480: i64 = GlobalAddress<ptr @h> 0, a.c:4:24 too many arguments", /pointer to a struct/],
    ["a.c:5:40: error: A call to built-in function '__muldf3' is not supported.", /smaller units/],
    ["error: unsupported signed division, please convert to unsigned div/mod.", /v4/],
    ["fatal error: error in backend: Unsupport signed division for DAG: 0x1: i64 = sdiv", /v4/],
    [
      "<unknown>:0: error: license changed binding to STB_GLOBAL\n<unknown>:0: error: symbol 'license' is already defined",
      /_license/,
    ],
    ["a.c:1:10: fatal error: 'asm/types.h' file not found", /vmlinux\.h/],
  ] as const) {
    const { errors } = read(`${text}\n${text}`);
    assert.equal(errors.length, 1, text);
    assert.match(errors[0]?.hint ?? "", way);
    assert.doesNotMatch(errors[0]?.message ?? "", /0x[0-9a-f]{6}/);
  }
});

test("what is no message is no error", () => {
  assert.deepEqual(read("In file included from a.c:1:\n4 errors generated.\n    5 | #include <x.h>\n").errors, []);
});

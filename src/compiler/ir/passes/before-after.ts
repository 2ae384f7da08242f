/** For tests of passes: text before, text after. */

import assert from "node:assert/strict";
import { canonical } from "../canonical.ts";
import type { IrFunction } from "../ir.ts";
import { parseFunction } from "../parse.ts";
import { printFunction } from "../print.ts";
import { findProblems } from "../verify.ts";

/** Asserts that the pass makes `after` of `before`, both without the enclosing `function … { }`; numbering and indentation do not matter. */
export function assertPass(pass: (fn: IrFunction) => boolean, before: string, after: string, signature = DEFAULT): void {
  const fn = parse(before, signature);
  assert.deepEqual(findProblems(canonical(fn)), [], "before");
  const changed = pass(fn);
  const found = canonical(fn);
  assert.deepEqual(findProblems(found), [], printFunction(found));
  assert.equal(printFunction(found), printFunction(canonical(parse(after, signature))));
  assert.equal(
    changed,
    printFunction(found) !== printFunction(canonical(parse(before, signature))),
    "says whether it changed something",
  );
}

/** v0 is a context, v1 and v2 numbers. */
const DEFAULT = "(v0: ptr, v1: i64, v2: i32) -> i64";

function parse(body: string, signature: string): IrFunction {
  return parseFunction(`function f${signature} {\n${body}\n}`);
}

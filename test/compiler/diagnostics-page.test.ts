/** docs/diagnostics.md: every code, with an example that is refused for exactly that. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DIAGNOSTICS } from "../../src/compiler/compile.ts";
import { DIAGNOSTIC_EXAMPLES } from "./diagnostic-examples.ts";
import { PAGE, page, told } from "./diagnostics-page.ts";

test("each example is refused for its reason alone", () => {
  for (const [code, example] of Object.entries(DIAGNOSTIC_EXAMPLES)) {
    if (example.source === null) continue;
    const codes = new Set(told(example).map((diagnostic) => diagnostic.code));
    assert.deepEqual([...codes], [code], example.source);
  }
});

test("every code has its reason", () => {
  for (const code of Object.keys(DIAGNOSTICS))
    assert.ok(code in DIAGNOSTIC_EXAMPLES, `${code}: add it to diagnostic-examples.ts`);
});

test("the page is what the table says", () => {
  assert.equal(readFileSync(PAGE, "utf8"), page(), "run node test/compiler/diagnostics-page.ts");
});

/** The language's own page leads to it. */
test("docs/language.md names the page", () => {
  assert.match(readFileSync(new URL("../../docs/language.md", import.meta.url), "utf8"), /\(diagnostics\.md\)/);
});

/** The tables of docs/embedded.md are those of the engine. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PAGE, pageWithTables } from "../../scripts/list-calls.ts";

test("docs/embedded.md lists what programs may call; `node scripts/list-calls.ts` writes it anew", async () => {
  const page = readFileSync(PAGE, "utf8");
  assert.equal(page, await pageWithTables(page));
});

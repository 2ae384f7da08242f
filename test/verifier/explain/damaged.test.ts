/** Logs are cut, edited, pasted twice: whatever comes in, an explanation comes out. `SKEP_RUNS` sets how many are tried. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { readObject } from "../../../src/object/read.ts";
import { explain } from "../../../src/verifier/explain/explain.ts";
import { toDiagnostic } from "../../../src/verifier/explain/render/editor.ts";
import { messageOf } from "../../../src/verifier/explain/render/line.ts";
import { renderExplanation } from "../../../src/verifier/explain/render/terminal.ts";

const FOLDER = new URL("fixtures/", import.meta.url);
const OBJECT = readObject(readFileSync(new URL("refused.o", FOLDER)), { name: "refused.o" });
const LOGS = ["6.1", "6.12", "6.18"].flatMap((kernel) =>
  Object.entries(
    JSON.parse(readFileSync(new URL(`logs-${kernel}.json`, FOLDER), "utf8")) as Record<string, { log: string[] }>,
  ).map(([name, { log }]) => ({ program: OBJECT.programs.find((one) => one.name === name), log })),
);

/** What may happen to a log, by position. */
const damage = fc.record({
  what: fc.constantFrom("drop", "twice", "cut line", "swap", "character", "only end"),
  at: fc.nat(),
  other: fc.nat(),
});

function damaged(log: readonly string[], { what, at, other }: { what: string; at: number; other: number }): string[] {
  const lines = [...log];
  const line = at % Math.max(1, lines.length);
  const text = lines[line] ?? "";
  switch (what) {
    case "drop":
      lines.splice(line, 1 + (other % 5));
      return lines;
    case "twice":
      lines.splice(line, 0, ...lines.slice(line, line + 1 + (other % 5)));
      return lines;
    case "cut line":
      lines[line] = text.slice(0, other % (text.length + 1));
      return lines;
    case "swap":
      lines[line] = lines[other % lines.length] ?? "";
      return lines;
    case "character":
      lines[line] = `${text.slice(0, other % (text.length + 1))}${"(=,)9R-:"[other % 8]}${text.slice(other % (text.length + 1))}`;
      return lines;
    default:
      return lines.slice(line);
  }
}

test("damaged logs are explained all the same", () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(damage, { minLength: 1, maxLength: 4 }), (which, damages) => {
      const { log, program } = LOGS[which % LOGS.length]!;
      const lines = damages.reduce<readonly string[]>(damaged, log);
      const found = explain(lines, program === undefined ? {} : { program, spec: OBJECT });
      assert.ok(found.problem !== "" && found.reason !== "");
      renderExplanation(found, { color: true });
      toDiagnostic(found);
      assert.doesNotMatch(messageOf("a verifier", "main", found), /\n/);
    }),
    { numRuns: Number(process.env["SKEP_RUNS"] ?? 300) },
  );
});
